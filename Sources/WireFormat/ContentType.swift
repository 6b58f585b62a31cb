// ContentType.swift — what a record carries.
// RFC 8446 §5.1 (TLSPlaintext.type).
// Next: HandshakeType.swift.

/// TLSPlaintext.type. An open set: an unknown value survives, and is refused where the RFC says so.
///
/// The values are inlinable: every record is compared with them, from other modules, where a stored one costs a call.
public struct ContentType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    @inlinable public static var changeCipherSpec: ContentType { ContentType(rawValue: 20) }
    @inlinable public static var alert: ContentType { ContentType(rawValue: 21) }
    @inlinable public static var handshake: ContentType { ContentType(rawValue: 22) }
    @inlinable public static var applicationData: ContentType { ContentType(rawValue: 23) }
}

extension ContentType: CustomStringConvertible {
    public var description: String {
        switch self {
        case .changeCipherSpec: "change_cipher_spec"
        case .alert: "alert"
        case .handshake: "handshake"
        case .applicationData: "application_data"
        default: "content type \(rawValue)"
        }
    }
}
