// CBCAlgorithm.swift — the CBC record protections of TLS 1.2: AES with an HMAC.
// RFC 5246 §6.2.3.2, App. C; RFC 5289 §3.1; RFC 7366.
// Next: RecordCBC.swift.

/// AES in CBC mode with the HMAC of a cipher suite. The IV of each record is 16 octets.
public enum CBCAlgorithm: String, Sendable, Hashable, CaseIterable {
    case aes128SHA1, aes256SHA1, aes128SHA256, aes256SHA256, aes256SHA384

    /// The length of the encryption key, in bytes: 16 or 32.
    public var keyLength: Int {
        switch self {
        case .aes128SHA1, .aes128SHA256: 16
        case .aes256SHA1, .aes256SHA256, .aes256SHA384: 32
        }
    }

    /// The length of the MAC and of its key, in bytes: 20, 32 or 48.
    public var macLength: Int {
        switch self {
        case .aes128SHA1, .aes256SHA1: 20
        case .aes128SHA256, .aes256SHA256: 32
        case .aes256SHA384: 48
        }
    }
}
