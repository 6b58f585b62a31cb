// ProtocolVersion.swift — SSL 3.0 to TLS 1.3, ordered.
// RFC 8446 §4.1.2, §4.2.1.
// Next: CipherSuite.swift.

/// A protocol version as it stands on the wire. An open set; the order is that of the wire values.
public struct ProtocolVersion: RawRepresentable, Hashable, Comparable, Sendable {
    public let rawValue: UInt16
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    @inlinable public static var ssl30: ProtocolVersion { ProtocolVersion(rawValue: 0x0300) }
    @inlinable public static var tls10: ProtocolVersion { ProtocolVersion(rawValue: 0x0301) }
    @inlinable public static var tls11: ProtocolVersion { ProtocolVersion(rawValue: 0x0302) }
    @inlinable public static var tls12: ProtocolVersion { ProtocolVersion(rawValue: 0x0303) }
    @inlinable public static var tls13: ProtocolVersion { ProtocolVersion(rawValue: 0x0304) }

    public static func < (left: ProtocolVersion, right: ProtocolVersion) -> Bool { left.rawValue < right.rawValue }
}

extension ProtocolVersion: CustomStringConvertible {
    public var description: String {
        switch self {
        case .ssl30: "SSL 3.0"
        case .tls10: "TLS 1.0"
        case .tls11: "TLS 1.1"
        case .tls12: "TLS 1.2"
        case .tls13: "TLS 1.3"
        default: "version 0x" + String(rawValue, radix: 16)
        }
    }
}
