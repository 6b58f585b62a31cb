// NamedGroup.swift — key exchange groups: IANA code points, nothing else.
// RFC 8446 §4.2.7.
// Next: SignatureScheme.swift.

/// A key exchange group's code point. An open set; `description` is the RFC's name.
public struct NamedGroup: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let secp256r1 = NamedGroup(rawValue: 0x0017)
    public static let secp384r1 = NamedGroup(rawValue: 0x0018)
    public static let secp521r1 = NamedGroup(rawValue: 0x0019)
    public static let x25519 = NamedGroup(rawValue: 0x001d)
    public static let x448 = NamedGroup(rawValue: 0x001e)
    public static let ffdhe2048 = NamedGroup(rawValue: 0x0100)
    public static let ffdhe3072 = NamedGroup(rawValue: 0x0101)
    public static let ffdhe4096 = NamedGroup(rawValue: 0x0102)

    /// Every group with a name here.
    public static let named: [NamedGroup] = [
        .x25519, .secp256r1, .secp384r1, .secp521r1, .x448, .ffdhe2048, .ffdhe3072, .ffdhe4096,
    ]

    /// The group with this name, in any case; the NIST curves answer to `P-256`, `P-384` and `P-521` too.
    public init?(name: String) {
        let lower = name.lowercased()
        switch lower {
        case "p-256": self = .secp256r1
        case "p-384": self = .secp384r1
        case "p-521": self = .secp521r1
        default:
            guard let found = NamedGroup.named.first(where: { $0.description == lower }) else { return nil }
            self = found
        }
    }
}

extension NamedGroup {
    /// RFC 7919 §2: a group of finite-field Diffie-Hellman, not a curve.
    package var isFiniteField: Bool { rawValue >> 8 == 1 }
}

extension NamedGroup: CustomStringConvertible {
    public var description: String {
        switch self {
        case .secp256r1: "secp256r1"
        case .secp384r1: "secp384r1"
        case .secp521r1: "secp521r1"
        case .x25519: "x25519"
        case .x448: "x448"
        case .ffdhe2048: "ffdhe2048"
        case .ffdhe3072: "ffdhe3072"
        case .ffdhe4096: "ffdhe4096"
        default: "group 0x" + String(rawValue, radix: 16)
        }
    }
}
