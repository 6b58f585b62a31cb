// LegacyCipher.swift — the ciphers of records before TLS 1.2.
// RFC 6101 §5.2.3, App. A.6; RFC 2246 §6.2.3; RFC 4346 §6.2.3; RFC 3268.
// Next: LegacyHash.swift.

/// A cipher of the record protection before TLS 1.2. Its MAC is another choice.
package enum LegacyCipher: String, Sendable, Hashable, CaseIterable {
    case rc4, tripleDES, aes128, aes256

    /// The length of the key, in bytes: 16, 24 or 32.
    package var keyLength: Int {
        switch self {
        case .rc4, .aes128: 16
        case .tripleDES: 24
        case .aes256: 32
        }
    }

    /// The length of a block in CBC mode, in bytes: 8 or 16; nil for the stream cipher.
    package var blockLength: Int? {
        switch self {
        case .rc4: nil
        case .tripleDES: 8
        case .aes128, .aes256: 16
        }
    }
}
