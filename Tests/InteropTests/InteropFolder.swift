// InteropFolder.swift — a temporary folder for one run, and the certificates in it, made by the openssl command.
// Next: Peer.swift.

import Certificates
import CryptoGlue
import Foundation
import Glibc
import Handshake
import Synchronization
import TestSupport
import WireFormat

/// The folder of this run; removed when the process ends.
enum InteropFolder {
    private static let made: Result<String, any Error> = Result {
        let path = FileManager.default.temporaryDirectory.path + "/interop-\(getpid())"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        atexit { InteropFolder.remove() }
        return path
    }

    private static let files = Atomic<Int>(0)

    static var path: String { get throws { try made.get() } }

    /// The path of a new, empty file.
    static func newFile(_ kind: String) throws -> String {
        let number = files.add(1, ordering: .relaxed).newValue
        let file = try path + "/\(kind)-\(number)"
        guard FileManager.default.createFile(atPath: file, contents: nil) else {
            throw InteropFailure("\(file) cannot be written")
        }
        return file
    }

    private static func remove() {
        if let path = try? made.get() { try? FileManager.default.removeItem(atPath: path) }
    }

    /// Runs a command to its end and returns what it printed.
    static func run(
        _ command: [String], environment: [String: String] = [:], within limit: Duration = .seconds(120)
    ) throws -> String {
        let child = try ChildProcess(command, environment: environment, lifetime: 420)
        let status = try child.waitForEnd(within: limit)
        let output = child.output
        guard status == 0 else {
            throw InteropFailure("\(command.joined(separator: " ")) ended with status \(status): \(output)")
        }
        return output
    }
}

/// A kind of key, as scripts/interop-peers/make-certificates names its files.
enum KeyKind: String, Sendable, CaseIterable {
    case rsa2048, rsa3072, rsapss, p256, p384, p521, ed25519, ed448

    /// The schemes that TLS 1.3 signs handshakes with under such a key (RFC 8446 §4.2.3).
    var schemes: [SignatureScheme] {
        switch self {
        case .rsa2048, .rsa3072: [.rsaPSSRSAESHA256, .rsaPSSRSAESHA384, .rsaPSSRSAESHA512]
        case .rsapss: [.rsaPSSPSSSHA256, .rsaPSSPSSSHA384, .rsaPSSPSSSHA512]
        case .p256: [.ecdsaSecp256r1SHA256]
        case .p384: [.ecdsaSecp384r1SHA384]
        case .p521: [.ecdsaSecp521r1SHA512]
        case .ed25519: [.ed25519]
        case .ed448: [.ed448]
        }
    }

    /// The schemes that TLS 1.2 signs handshakes with under such a key: there a scheme says no curve (RFC 8446 §4.2.3).
    var tls12Schemes: [SignatureScheme] {
        switch self {
        case .p256, .p384, .p521: [.ecdsaSecp256r1SHA256, .ecdsaSecp384r1SHA384, .ecdsaSecp521r1SHA512]
        case .rsa2048, .rsa3072: schemes + [.rsaPKCS1SHA256, .rsaPKCS1SHA384, .rsaPKCS1SHA512]
        case .rsapss, .ed25519, .ed448: schemes
        }
    }

    /// Whether a server with such a key can use the suite.
    func fits(_ suite: TLS12Suite) -> Bool {
        switch self {
        case .rsa2048, .rsa3072: suite.keyExchange != .ecdheECDSA
        // id-RSASSA-PSS keys sign and do nothing else (RFC 8446 §4.2.3).
        case .rsapss: suite.keyExchange == .ecdheRSA || suite.keyExchange == .dheRSA
        case .p256, .p384, .p521, .ed25519, .ed448: suite.keyExchange == .ecdheECDSA
        }
    }
}

/// The certificates of this run.
enum InteropCertificates {
    private static let made: Result<String, any Error> = Result {
        let folder = try InteropFolder.path + "/certificates"
        let start = ContinuousClock.now
        _ = try InteropFolder.run([SharedFolder.checkout + "/scripts/interop-peers/make-certificates", folder])
        InteropSummary.prepared("certificates", ContinuousClock.now - start)
        return folder
    }

    /// The full path of a file of make-certificates.
    static func file(_ name: String) throws -> String { try made.get() + "/" + name }

    static func bytes(_ name: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: try file(name)) else {
            throw InteropFailure("there is no \(name)")
        }
        return Array(data)
    }

    /// The authority that signed the certificates, or another one.
    static func anchors(_ name: String = "ca.pem") throws -> TrustAnchors { try TrustAnchors(pem: bytes(name)) }

    /// A client's certificate and key.
    static func credential(_ kind: KeyKind) throws -> Credential {
        try Credential(
            certificates: Certificate.parse(pem: bytes("client-\(kind).pem")),
            key: PrivateKeyFile.parse(pem: bytes("\(kind).key")))
    }

    /// A PKCS #12 file with a certificate, what follows it in its file, and its key, under the password `interop`.
    static func archive(_ certificate: String, key: String, as name: String = "server") throws -> String {
        let file = try InteropFolder.newFile("archive")
        _ = try InteropFolder.run([
            "openssl", "pkcs12", "-export", "-inkey", self.file(key + ".key"), "-in", self.file(certificate + ".pem"),
            "-name", name, "-passout", "pass:interop", "-out", file,
        ])
        return file
    }

    /// The subject of a client's certificate.
    static func clientName(_ kind: KeyKind) -> String { "client with \(kind)" }
}
