// ServerSessionBinding.swift — what a server's sessions depend on, as one digest: any difference leads to a full handshake.
// RFC 8446 §4.2.11, §4.6.1, App. C.4.
// Next: ServerSessions.swift.

internal import Certificates
internal import CryptoGlue
internal import Synchronization
package import WireFormat

/// Who the server's clients have to be, as one digest, which stands in each session and each ticket: the mode of client
/// authentication, the trust anchors, the accepted raw public keys, what they may sign with, the verification policy and
/// the callback's identity.
///
/// A ring of keys or a cache may serve several servers, and a server may change while it runs. A client that resumes has
/// been accepted by the same rules that a full handshake would apply, or else it does not resume. What a session
/// negotiated is compared one by one instead (`ServerSession.refusal`): a server may get a new certificate, or one more
/// cipher suite, without all of its clients starting anew.
package struct ServerSessionBinding: Hashable, Sendable {
    /// SHA-256 over all of it: 32 octets.
    package let digest: [UInt8]

    package init(_ configuration: ServerConfiguration) throws(HandshakeError) {
        try self.init(
            configuration.clientAuthentication, signatureSchemes: configuration.signatureSchemes,
            certificateSignatureSchemes: configuration.certificateSignatureSchemes,
            process: ServerSessionBinding.processIdentity)
    }

    /// - Parameter process: octets that no other process has: they bind sessions to the process when the verification
    ///   callback has no name, because nobody could tell whether that of another process is the same.
    /// - Throws: `HandshakeError.crypto` or `.certificate` when a digest cannot be made.
    package init(
        _ authentication: ClientAuthentication, signatureSchemes: [SignatureScheme],
        certificateSignatureSchemes: [SignatureScheme], process: () throws(HandshakeError) -> [UInt8]
    ) throws(HandshakeError) {
        let mode =
            switch authentication {
            case .none: "none"
            case .optional: "optional"
            case .required: "required"
            }
        var writer = WireWriter()
        writer.vector8("mode") { $0.bytes(Array(mode.utf8)) }
        if let policy = authentication.policy {
            let anchors: [UInt8]
            do throws(CertificateError) { anchors = try policy.trust.digest } catch { throw .certificate(error) }
            let (verification, identity) = ServerSessionBinding.describe(policy.verification)
            let isStable = identity?.isStable ?? true
            let owner = isStable ? [] : try process()
            writer.vector8("trust") { $0.bytes(anchors) }
            writer.vector24("path_policy") { $0.bytes(Array(policy.pathPolicy.canonicalText.utf8)) }
            writer.vector24("raw_public_keys") { $0.bytes(policy.acceptedRawPublicKeys.octets.flatMap { $0 }) }
            writer.vector8("verification") { $0.bytes(Array(verification.utf8)) }
            writer.vector16("verifier") { $0.bytes(Array((identity?.text ?? "").utf8)) }
            writer.vector8("process") { $0.bytes(owner) }
            writer.vector16("signature_schemes") { $0.codePoints(signatureSchemes) }
            writer.vector16("certificate_schemes") { $0.codePoints(certificateSignatureSchemes) }
        }
        let encoded = try ServerSessionBinding.finish(writer)
        digest = try deriving("hashing what a session is bound to") { () throws(CryptoError) in
            try HashFunction.digest(.sha256, encoded.span)
        }
    }

    private static func finish(_ writer: consuming WireWriter) throws(HandshakeError) -> [UInt8] {
        do throws(DecodeError) { return try writer.finish() } catch {
            throw .configuration(
                "a verification callback's name has more than 65535 octets, or there are too many keys")
        }
    }

    private static func describe(_ verification: PeerVerification) -> (String, CallbackIdentity?) {
        switch verification {
        case .standard: ("standard", nil)
        case .additional(_, let identity): ("additional", identity)
        case .takeOver(_, let identity): ("takeOver", identity)
        }
    }

    /// 16 octets, drawn once in each process.
    package static func processIdentity() throws(HandshakeError) -> [UInt8] {
        try identity.withLock { (identity) throws(HandshakeError) in
            if let identity { return identity }
            var octets = [UInt8](repeating: 0, count: 16)
            do throws(CryptoError) {
                var bytes = octets.mutableSpan
                try SystemRandom().fill(&bytes)
            } catch { throw .crypto(error, during: "drawing the identity of the process") }
            identity = octets
            return octets
        }
    }

    private static let identity = Mutex<[UInt8]?>(nil)
}
