// ContentType.swift — what a record carries.
// RFC 8446 §5.1 (TLSPlaintext.type).
// Next: HandshakeType.swift.

/// TLSPlaintext.type. An open set: an unknown value survives, and is refused where the RFC says so.
public struct ContentType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let changeCipherSpec = ContentType(rawValue: 20)
    public static let alert = ContentType(rawValue: 21)
    public static let handshake = ContentType(rawValue: 22)
    public static let applicationData = ContentType(rawValue: 23)
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
