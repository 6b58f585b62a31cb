// VersionRules.swift — how the versions differ that the machine of TLS 1.2 speaks, as data.
// RFC 6101 §5.6; RFC 2246 §7.4, §8.1; RFC 4346 §7.4; RFC 5246 §7.4.
// Next: VersionDerivation.swift.

internal import CryptoGlue
internal import RecordLayer
package import WireFormat

/// The rules of one version and suite.
package struct VersionRules: Sendable {
    package let version: ProtocolVersion
    /// How secrets and verify_data are derived.
    let derivation: VersionDerivation
    /// How messages are written.
    let form: MessageForm
    /// The permission for a version before TLS 1.2.
    let use: LegacyUse?

    /// - Throws: `HandshakeError.internalError` for a version before TLS 1.2 without a permission.
    init(_ version: ProtocolVersion, _ suite: TLS12Suite, _ use: LegacyUse?) throws(HandshakeError) {
        self.version = version
        guard version < .tls12 else {
            (derivation, form, self.use) = (.tls12(suite.hash), .tls12, nil)
            return
        }
        guard let use else { throw .internalError("\(version) was chosen without a permission") }
        self.use = use
        (derivation, form) = version == .ssl30 ? (.ssl30(use), .ssl30) : (.tls10(use), .tls10)
    }

    /// RFC 6101 has no extensions: what came after it does not exist there.
    var hasExtensions: Bool { version > .ssl30 }

    /// RFC 7627 §5.3: a session without extended_master_secret is not resumed, but in SSL 3.0 there are no others.
    var resumesWithoutExtendedMasterSecret: Bool { !hasExtensions }

    /// How records are protected after ChangeCipherSpec.
    func protection(_ suite: TLS12Suite, encryptThenMAC: Bool) throws(HandshakeError) -> RecordKey.Protection {
        switch suite.protection {
        case .aead(let algorithm): return .tls12AEAD(algorithm)
        case .cbc(let algorithm): return .tls12CBC(algorithm, encryptThenMAC: encryptThenMAC)
        case .legacy(let cipher, let mac):
            guard let use else { throw .internalError("a suite of an old version was chosen without a permission") }
            return .legacy(
                LegacyProtection(version: version, cipher: cipher, mac: mac, encryptThenMAC: encryptThenMAC, use: use))
        }
    }
}
