// RecordKey.swift — the keys of one direction and epoch, on their way into a RecordSealer or RecordOpener.
// RFC 8446 §7.3; RFC 5246 §6.3.
// Next: TLS13RecordProtection.swift.

package import CryptoGlue

/// The keys that protect one direction. Wiped when the last reference goes; the sealer or opener that takes them keeps no
/// reference.
package final class RecordKey: Sendable {
    /// How records are protected.
    package enum Protection: Sendable, Equatable {
        /// RFC 8446 §5.2.
        case tls13(AEADAlgorithm)
        /// RFC 5246 §6.2.3.3, RFC 5288, RFC 6655, RFC 7905.
        case tls12AEAD(AEADAlgorithm)
        /// RFC 5246 §6.2.3.2, RFC 7366.
        case tls12CBC(CBCAlgorithm, encryptThenMAC: Bool)
        /// Before TLS 1.2.
        case legacy(LegacyProtection)
    }

    package let protection: Protection
    package let key: SecretBytes
    /// Empty for CBC since TLS 1.1, where each record has an IV of its own.
    package let iv: SecretBytes
    /// Empty for an AEAD.
    package let macKey: SecretBytes

    /// A key of TLS 1.3; the IV has 12 octets.
    package init(algorithm: AEADAlgorithm, key: consuming SecretBytes, iv: consuming SecretBytes) {
        protection = .tls13(algorithm)
        self.key = key
        self.iv = iv
        macKey = SecretBytes(count: 0)
    }

    /// A key of TLS 1.2; the IV has 4 octets, with ChaCha20-Poly1305 12.
    package init(tls12 algorithm: AEADAlgorithm, key: consuming SecretBytes, iv: consuming SecretBytes) {
        protection = .tls12AEAD(algorithm)
        self.key = key
        self.iv = iv
        macKey = SecretBytes(count: 0)
    }

    /// The two keys of a CBC suite of TLS 1.2.
    package init(
        tls12 algorithm: CBCAlgorithm, encryptThenMAC: Bool, key: consuming SecretBytes, macKey: consuming SecretBytes
    ) {
        protection = .tls12CBC(algorithm, encryptThenMAC: encryptThenMAC)
        self.key = key
        iv = SecretBytes(count: 0)
        self.macKey = macKey
    }

    /// The keys of a version before TLS 1.2.
    package init(
        legacy protection: LegacyProtection, key: consuming SecretBytes, macKey: consuming SecretBytes,
        iv: consuming SecretBytes
    ) {
        self.protection = .legacy(protection)
        self.key = key
        self.iv = iv
        self.macKey = macKey
    }

    /// How many octets of the key block each direction takes (RFC 5246 §6.3); of TLS 1.3, how many are derived.
    package static func lengths(_ protection: Protection) -> (macKey: Int, key: Int, iv: Int) {
        switch protection {
        case .tls13(let algorithm): (0, algorithm.keyLength, 12)
        case .tls12AEAD(let algorithm): (0, algorithm.keyLength, algorithm.fixedIVLength)
        // RFC 5246 §6.3: since TLS 1.1 the key block has no IV for CBC.
        case .tls12CBC(let algorithm, _): (algorithm.macLength, algorithm.keyLength, 0)
        case .legacy(let protection): protection.lengths
        }
    }
}

extension AEADAlgorithm {
    /// The octets of a TLS 1.2 nonce that come from the key block: RFC 5288 §3 and RFC 6655 §3, RFC 7905 §2.
    var fixedIVLength: Int {
        switch self {
        case .aes128GCM, .aes256GCM, .aes128CCM, .aes128CCM8, .aes256CCM, .aes256CCM8: 4
        case .chaCha20Poly1305: 12
        }
    }
}
