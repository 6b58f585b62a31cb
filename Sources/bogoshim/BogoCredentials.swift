// BogoCredentials.swift — the certificate and key of the flags, and who decides about the peer's.
// Next: BogoErrorMap.swift.

import Handshake
import SocketProvider
import TLS

/// The shim's own certificate and key; neither when the test gives none.
struct BogoCredentials: Sendable {
    private(set) var own: Credential?
    private let key: SigningKey?
    /// The same with the key in the process: only there it decrypts what static RSA sends.
    private var decrypting: Credential?

    /// As a server's list, the credential that signs first.
    var offered: [Credential] { [own, decrypting].compactMap { $0 } }

    init(_ flags: BogoFlags, _ provider: CryptoProvider) throws(BogoFailure) {
        guard let certificateFile = flags.certificateFile, let keyFile = flags.keyFile else {
            key = nil
            return
        }
        let certificates = try BogoCredentials.certificates(certificateFile)
        let key = try BogoCredentials.key(keyFile)
        do throws(HandshakeError) {
            // A key elsewhere, when the test is about waiting or about what a key may sign. What a server may verify is not
            // what it may sign with.
            if flags.isAsynchronous || !flags.signingSchemes.isEmpty || !flags.verifiedSchemes.isEmpty {
                let schemes = flags.signingSchemes.map { SignatureScheme(rawValue: UInt16(truncatingIfNeeded: $0)) }
                own = try Credential(
                    certificates: certificates,
                    externalSchemes: schemes.isEmpty
                        ? provider.signatureSchemes + [.rsaPKCS1MD5SHA1, .ecdsaSHA1] : schemes)
                if flags.isServer, case .rsa = key.publicKey {
                    decrypting = try Credential(certificates: certificates, key: key)
                }
            } else {
                own = try Credential(certificates: certificates, key: key)
            }
        } catch { throw .failed("\(error.explanation)") }
        self.key = key
        if !flags.declinesStaple { own?.ocspResponse = flags.staple }
    }

    /// Answers `PendingOperation.sign`.
    func sign(_ request: SigningRequest, _ info: ConnectionInfo) throws(BogoFailure) -> [UInt8] {
        guard let key else { throw .failed("a signature was asked for without a key") }
        if let use = info.legacyUse {
            do throws(CryptoError) {
                return try key.sign(md5AndSHA1: LegacySignature.hashes(of: request.message.span, use), use)
            } catch { throw .failed("signing: \(error)") }
        }
        let algorithm =
            info.version == .tls12
            ? SignatureNegotiation.tls12Algorithm(request.scheme, key: key.publicKey)
            : SignatureNegotiation.handshakeAlgorithm(request.scheme, key: key.publicKey)
        guard let algorithm else { throw .failed("the key cannot sign with \(request.scheme)") }
        do throws(CryptoError) { return try key.sign(request.message.span, using: algorithm) } catch {
            throw .failed("signing: \(error)")
        }
    }

    static func certificates(_ path: String) throws(BogoFailure) -> [Certificate] {
        let file = try read(path)
        do throws(CertificateError) { return try Certificate.parse(pem: file) } catch {
            throw .unimplemented("the certificate \(path): \(error)")
        }
    }

    private static func key(_ path: String) throws(BogoFailure) -> SigningKey {
        let file = try read(path)
        do throws(CertificateError) { return try PrivateKeyFile.parse(pem: file) } catch {
            throw .unimplemented("the key \(path): \(error)")
        }
    }

    private static func read(_ path: String) throws(BogoFailure) -> [UInt8] {
        do throws(SocketError) { return try SystemFile.read(path) } catch { throw .failed("\(error)") }
    }
}

/// The verification callback: the runner's certificates are nobody's, so that the flags decide.
enum BogoVerification {
    static func answer(
        _ flags: BogoFlags, _ request: PeerVerificationRequest, _ clock: BogoClock
    ) -> PeerVerificationAnswer {
        if flags.isAsynchronous { return .later }
        return accepts(flags, request, clock) ? .accept : .reject(reason: "-verify-fail", alert: flags.rejection)
    }

    static func accepts(_ flags: BogoFlags, _ request: PeerVerificationRequest, _ clock: BogoClock) -> Bool {
        clock.visit(request.certificates)
        return accepts(flags)
    }

    static func accepts(_ flags: BogoFlags) -> Bool {
        // Who does not verify does not refuse either.
        !(flags.refusesPeer && (flags.verifiesPeer || flags.requiresCertificate)) && !flags.refusesStaple
    }
}
