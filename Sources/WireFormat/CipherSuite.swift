// CipherSuite.swift — IANA code points, nothing else.
// RFC 8446 App. B.4.
// Next: NamedGroup.swift.

/// A cipher suite's code point. An open set; `description` is the IANA name.
public struct CipherSuite: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let tlsAES128GCMSHA256 = CipherSuite(rawValue: 0x1301)
    public static let tlsAES256GCMSHA384 = CipherSuite(rawValue: 0x1302)
    public static let tlsChaCha20Poly1305SHA256 = CipherSuite(rawValue: 0x1303)
    public static let tlsAES128CCMSHA256 = CipherSuite(rawValue: 0x1304)
    public static let tlsAES128CCM8SHA256 = CipherSuite(rawValue: 0x1305)

    /// Every suite with a name here.
    public static let named: [CipherSuite] = [
        .tlsAES128GCMSHA256, .tlsAES256GCMSHA384, .tlsChaCha20Poly1305SHA256, .tlsAES128CCMSHA256,
        .tlsAES128CCM8SHA256,
    ]

    /// The suite with this IANA name, in any case.
    public init?(name: String) {
        guard let found = CipherSuite.named.first(where: { $0.description == name.uppercased() }) else { return nil }
        self = found
    }
}

extension CipherSuite: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tlsAES128GCMSHA256: "TLS_AES_128_GCM_SHA256"
        case .tlsAES256GCMSHA384: "TLS_AES_256_GCM_SHA384"
        case .tlsChaCha20Poly1305SHA256: "TLS_CHACHA20_POLY1305_SHA256"
        case .tlsAES128CCMSHA256: "TLS_AES_128_CCM_SHA256"
        case .tlsAES128CCM8SHA256: "TLS_AES_128_CCM_8_SHA256"
        default: "cipher suite 0x" + String(rawValue, radix: 16)
        }
    }
}
