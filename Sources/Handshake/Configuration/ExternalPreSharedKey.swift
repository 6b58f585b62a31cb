// ExternalPreSharedKey.swift — a key that both sides know from elsewhere, by its name.
// RFC 8446 §4.2.11; RFC 9257; RFC 9258 §5 for importers.
// Next: PeerVerification.swift.

public import CryptoGlue
internal import WireFormat

/// A pre-shared key that was agreed on outside TLS. A server that takes it is authenticated by knowing it: there is no
/// certificate then, and `ConnectionInfo.externalPreSharedKeyIdentity` says which key it was.
///
///     let key = try ExternalPreSharedKey(identity: Array("sensor-7".utf8), secret: secret)
///     configuration.externalPreSharedKeys = [key]
///
/// - Important: A key needs 128 bits of entropy or more: a password is none (RFC 9257 §4.2, §6). A value holds the secret,
///   may be copied and shared between threads, and wipes it when the last copy goes. It belongs to one client and one
///   server; two clients with the same key can pose as each other's server.
public struct ExternalPreSharedKey: Sendable {
    private final class Key: Sendable {
        let secret: SecretBytes
        init(_ secret: consuming SecretBytes) { self.secret = secret }
    }

    /// The name that the server finds the key by: 1 to 16384 octets, any of them, also NUL; sent in the clear.
    public let identity: [UInt8]
    /// The hash of the cipher suites that the key can be used with: SHA-256 or SHA-384.
    public let hash: HashAlgorithm
    /// The key was derived by an importer (RFC 9258).
    public let isImported: Bool
    private let key: Key

    /// The longest identity that is offered: all of them together have to fit into one ClientHello.
    package static let longestIdentity = 16_384

    /// A key as it is. RFC 9258 §7 prefers imported ones.
    ///
    /// - Parameters:
    ///   - identity: 1 to 16384 octets.
    ///   - secret: the key, not empty; its copy here is wiped when it is done with.
    ///   - hash: the hash it is meant for; SHA-256 when nothing is said (RFC 8446 §4.2.11).
    /// - Throws: `HandshakeError.configuration` for an identity or secret of the wrong length, or SHA-512.
    public init(
        identity: [UInt8], secret: consuming SecretBytes, hash: HashAlgorithm = .sha256
    ) throws(HandshakeError) {
        let count = secret.count
        try ExternalPreSharedKey.check(identity, secretCount: count, hash)
        self.init(identity, Key(secret), hash, isImported: false)
    }

    private init(_ identity: [UInt8], _ key: Key, _ hash: HashAlgorithm, isImported: Bool) {
        self.identity = identity
        self.key = key
        self.hash = hash
        self.isImported = isImported
    }

    /// The keys for TLS 1.3 that an importer makes of one external key, one for each target hash (RFC 9258 §5.1).
    ///
    /// - Parameters:
    ///   - identity: the external identity, not empty.
    ///   - secret: the external key, not empty.
    ///   - context: what the key is bound to, as both peers' roles; may be empty.
    ///   - hash: the hash that belongs to the external key, SHA-256 when none does.
    ///   - targets: the hashes of the cipher suites to import for.
    /// - Throws: `HandshakeError.configuration` as ``init(identity:secret:hash:)``, `.crypto` when a derivation fails.
    public static func imported(
        identity: [UInt8], secret: borrowing SecretBytes, context: [UInt8] = [], hash: HashAlgorithm = .sha256,
        targets: [HashAlgorithm] = [.sha256, .sha384]
    ) throws(HandshakeError) -> [ExternalPreSharedKey] {
        guard !identity.isEmpty, secret.count > 0 else {
            throw .configuration("an external pre-shared key needs an identity and a secret")
        }
        var keys: [ExternalPreSharedKey] = []
        for target in targets {
            let imported = try importedIdentity(identity, context, target)
            try check(imported, secretCount: target.digestLength, target)
            let derived = try deriving("importing an external pre-shared key") { () throws(CryptoError) in
                try derive(imported, secret, hash, length: target.digestLength)
            }
            keys.append(ExternalPreSharedKey(imported, Key(derived), target, isImported: true))
        }
        return keys
    }

    /// A copy of the key.
    var secret: SecretBytes { key.secret.copy() }

    private static func check(_ identity: [UInt8], secretCount: Int, _ hash: HashAlgorithm) throws(HandshakeError) {
        guard (1...longestIdentity).contains(identity.count) else {
            throw .configuration("the identity of an external pre-shared key has 1 to \(longestIdentity) octets")
        }
        guard secretCount > 0 else { throw .configuration("an external pre-shared key needs a secret") }
        guard hash != .sha512 else { throw .configuration("no cipher suite of TLS 1.3 has SHA-512") }
    }

    /// ImportedIdentity (RFC 9258 §5.1).
    private static func importedIdentity(
        _ identity: [UInt8], _ context: [UInt8], _ target: HashAlgorithm
    ) throws(HandshakeError) -> [UInt8] {
        var writer = WireWriter()
        writer.vector16("external_identity", 1...65535) { $0.bytes(identity) }
        writer.vector16("context") { $0.bytes(context) }
        writer.uint16(ProtocolVersion.tls13.rawValue)
        switch target {
        case .sha256: writer.uint16(1)  // HKDF_SHA256, RFC 9258 §10
        case .sha384: writer.uint16(2)  // HKDF_SHA384
        case .sha512: throw .configuration("no cipher suite of TLS 1.3 has SHA-512")
        }
        do throws(DecodeError) { return try writer.finish() } catch {
            throw .configuration("an external identity or its context is longer than 65535 octets")
        }
    }

    /// ipskx = HKDF-Expand-Label(HKDF-Extract(0, epsk), "derived psk", Hash(ImportedIdentity), L), with the hash of the
    /// external key.
    private static func derive(
        _ imported: [UInt8], _ secret: borrowing SecretBytes, _ hash: HashAlgorithm, length: Int
    ) throws(CryptoError) -> SecretBytes {
        let zeros = SecretBytes(count: hash.digestLength)
        let extracted = try HKDF.extract(hash, salt: zeros.bytes, inputKeyMaterial: secret.bytes)
        let context = try HashFunction.digest(hash, imported.span)
        return try HKDFLabel.expand(
            hash, secret: extracted.bytes, label: "derived psk", context: context, length: length)
    }
}
