// SessionBinding.swift — everything a resumption depends on, as one digest: any difference leads to a full handshake.
// RFC 8446 §4.2.11, §4.6.1; RFC 7627 §5.3.
// Next: SessionStore.swift.

package import Certificates
internal import CryptoGlue
internal import WireFormat

/// What a session is bound to: trust anchors, verification policy and callback, peer name, ALPN offer, client credential,
/// provider, versions, suites and groups. Two bindings are equal when all of these are.
///
/// A resumed connection never knows or trusts more than a full one would: under another binding it is not offered at all.
public struct SessionBinding: Hashable, Sendable {
    /// SHA-256 over all of it: 32 octets.
    public let digest: [UInt8]
    /// Whether sessions may outlive the process. False when a verification callback has no stable identity: nobody could
    /// tell whether the callback of another process is the same.
    public let isPersistable: Bool

    /// - Throws: `HandshakeError.crypto` or `.certificate` when a digest cannot be made.
    package init(_ configuration: ClientConfiguration, _ identity: ReferenceIdentity) throws(HandshakeError) {
        var writer = WireWriter()
        func text(_ values: [String]) {
            writer.vector24("list") { list in
                for value in values { list.vector16("text") { $0.bytes(Array(value.utf8)) } }
            }
        }
        do throws(CertificateError) { writer.bytes(try configuration.trust.digest) } catch { throw .certificate(error) }
        text([
            configuration.provider.name, configuration.provider.version, "\(identity)",
            "\(configuration.sendsServerName)", "\(configuration.versions)", "\(configuration.recordPadding)",
        ])
        text(configuration.alpnProtocols)
        writer.vector24("cipherSuites") { $0.codePoints(configuration.cipherSuites) }
        writer.vector24("groups") { $0.codePoints(configuration.groups) }
        writer.vector24("signatureSchemes") { $0.codePoints(configuration.signatureSchemes) }
        writer.vector24("certificateSignatureSchemes") { $0.codePoints(configuration.certificateSignatureSchemes) }
        text(configuration.acceptedTLS12Weaknesses.map(\.rawValue).sorted())
        var isPersistable = true
        switch configuration.verification {
        case .standard: text(["standard"])
        case .additional(_, let identity):
            text(["additional", identity.text])
            isPersistable = identity.isStable
        case .takeOver(_, let identity):
            text(["takeOver", identity.text])
            isPersistable = identity.isStable
        }
        writer.vector24("credential") { list in
            for certificate in configuration.credential?.certificates ?? [] {
                list.vector24("certificate") { $0.bytes(certificate.derEncoded) }
            }
        }
        let octets = try parsing(.clientHello, writer.finish)
        digest = try deriving("hashing what a session is bound to") { () throws(CryptoError) in
            try HashFunction.digest(.sha256, octets.span)
        }
        self.isPersistable = isPersistable
    }

    package init(digest: [UInt8], isPersistable: Bool) {
        self.digest = digest
        self.isPersistable = isPersistable
    }
}
