// TestIdentity.swift — a throw-away authority and what it issues, in memory.
// RFC 5280 §4.1, §4.2.
// Next: MakeCertificateCommand.swift.

import SocketProvider
import TLS

/// A certification authority for tests: its certificate and its key.
struct TestAuthority: ~Copyable {
    let certificate: Certificate
    let key: SigningKey
    /// The key as a file, in PEM; empty when it came from one.
    let keyFile: SecretBytes

    /// Makes a new one.
    init(_ kind: PrivateKeyKind, days: Int) throws(SocketError) {
        do throws(CertificateError) {
            let made = try MadePrivateKey(kind)
            certificate = try TestIdentity.maker(days: days).makeAuthority(
                commonName: "securesocket test authority", key: made.key)
            key = made.key
            keyFile = made.pem.copy()
        } catch {
            throw TestIdentity.failure(error)
        }
    }

    /// Reads one from its files.
    init(certificate certificatePath: String, key keyPath: String) throws(SocketError) {
        let certificateFile = try SystemFile.read(certificatePath)
        let secret = try SystemFile.readSecret(keyPath)
        do throws(CertificateError) {
            let certificates = try Certificate.parse(pem: certificateFile)
            let key = try PrivateKeyFile.parse(file: secret)
            guard let own = certificates.first, own.publicKey == key.publicKey else {
                throw CertificateError(
                    .privateKey, subject: keyPath, expected: "the key of \(certificatePath)", found: "another key")
            }
            certificate = own
            self.key = key
            keyFile = SecretBytes(count: 0)
        } catch {
            throw .fileContents(path: certificatePath, reason: "\(error)")
        }
    }
}

/// A certificate that a ``TestAuthority`` issued, and its key.
struct TestIdentity: ~Copyable {
    let certificate: Certificate
    let key: SigningKey
    /// The key as a file, in PEM.
    let keyFile: SecretBytes

    init(
        _ kind: PrivateKeyKind, names: [GeneralName], days: Int, issuedBy authority: borrowing TestAuthority
    ) throws(SocketError) {
        do throws(CertificateError) {
            let made = try MadePrivateKey(kind)
            certificate = try Self.maker(days: days).makeLeaf(
                names: names, key: made.key.publicKey, issuedBy: (authority.certificate, authority.key))
            key = made.key
            keyFile = made.pem.copy()
        } catch {
            throw Self.failure(error)
        }
    }

    /// What a machine calls itself.
    static let localNames = ["localhost", "127.0.0.1", "::1"]

    /// An address when it can be read as one, else a name.
    static func generalName(_ text: String) -> GeneralName {
        SocketAddress(text, port: 0).map { .ip($0.bytes) } ?? .dns(text)
    }

    /// From an hour ago, for clocks that differ, and for so many days.
    static func maker(days: Int) -> CertificateMaker {
        let now = SystemClock().now().seconds
        return CertificateMaker(
            validity: UnixTime(seconds: now - 3600)...UnixTime(seconds: now + Int64(days) * 86_400))
    }

    static func failure(_ error: CertificateError) -> SocketError { .package("make-cert", error.explanation) }
}
