// TestCertificates.swift — the certificates and keys of TestVectors/certificates, and a clock at which they are valid.
// Next: ScriptedServer.swift.

public import Certificates
public import CryptoGlue
import Foundation
public import WireFormat

/// A clock that stands still.
public struct FixedClock: WallClock {
    private let time: UnixTime
    public init(_ time: UnixTime = UnixTime(seconds: 1_780_000_000)) { self.time = time }
    public func now() -> UnixTime { time }
}

/// A certificate of TestVectors/certificates with its key.
public struct TestIdentity: Sendable {
    public let certificates: [Certificate]
    public let key: SigningKey
    /// What the key signs a TLS 1.3 handshake with.
    public let scheme: SignatureScheme

    public init(certificates: [Certificate], key: SigningKey, scheme: SignatureScheme) {
        self.certificates = certificates
        self.key = key
        self.scheme = scheme
    }

    public static func named(_ name: String, _ scheme: SignatureScheme) throws -> TestIdentity {
        TestIdentity(
            certificates: try Certificate.parse(pem: try TestCertificates.file("\(name).pem")),
            key: try PrivateKeyFile.parse(pem: try TestCertificates.file("\(name).key.pem")), scheme: scheme)
    }

    public static func serverP256() throws -> TestIdentity { try named("server-p256", .ecdsaSecp256r1SHA256) }
    public static func serverP384() throws -> TestIdentity { try named("server-p384", .ecdsaSecp384r1SHA384) }
    public static func serverRSA() throws -> TestIdentity { try named("server-rsa2048", .rsaPSSRSAESHA256) }
    /// A key that may also encrypt, as static RSA key exchange needs it (RFC 5246 §7.4.2).
    public static func serverRSAEncipherment() throws -> TestIdentity {
        try named("server-rsa2048-encipherment", .rsaPSSRSAESHA256)
    }
    public static func serverEd25519() throws -> TestIdentity { try named("server-ed25519", .ed25519) }
    /// One of TestVectors/certificates/legacy.
    public static func legacy(_ name: String) throws -> TestIdentity { try named("legacy/\(name)", .rsaPKCS1SHA1) }
    public static func clientP256() throws -> TestIdentity { try named("client-p256", .ecdsaSecp256r1SHA256) }
    public static func clientRSA() throws -> TestIdentity { try named("client-rsa2048", .rsaPSSRSAESHA256) }
    public static func clientEd25519() throws -> TestIdentity { try named("client-ed25519", .ed25519) }
}

public enum TestCertificates {
    /// The trust anchor of every test certificate.
    public static func trust() throws -> TrustAnchors { try TrustAnchors(pem: try file("root.pem")) }

    /// The trust anchors of the certificates as they were made long ago.
    public static func legacyTrust() throws -> TrustAnchors {
        try TrustAnchors(pem: try file("legacy/root-rsa.pem") + file("legacy/root-ec.pem"))
    }

    /// The PKCS #8 file of a key, in DER.
    public static func octets(ofKey name: String) throws -> [UInt8] {
        let text = String(decoding: try file("\(name).key.pem"), as: UTF8.self)
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("-----") }
        return [UInt8](Data(base64Encoded: lines.joined()) ?? Data())
    }

    static func file(_ name: String) throws -> [UInt8] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("TestVectors/certificates")
        return [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
    }
}
