// DecodeError.swift — a field that does not follow the presentation language.
// RFC 8446 §3, §6.2: such a message is answered with decode_error.
// Next: WireReader.swift.

/// A peer's bytes do not have the form RFC 8446 §3 gives them. The alert is always `decode_error`.
public struct DecodeError: Error, Equatable, Sendable {
    /// What was wrong with the field.
    public enum Rule: String, Sendable {
        /// The field ends before its announced or fixed length.
        case truncated
        /// Bytes follow where the structure ends.
        case trailingBytes
        /// A length prefix is outside the bounds the RFC gives, or not a multiple of the element size.
        case lengthOutOfRange
        /// A value is outside the range the RFC gives.
        case valueOutOfRange
    }

    /// Which rule the field breaks.
    public let rule: Rule
    /// The RFC's name of the field, as `legacy_session_id`.
    public let field: String

    /// An error of `field`, by the RFC's name of it.
    public init(_ rule: Rule, _ field: String) {
        self.rule = rule
        self.field = field
    }
}

extension DecodeError: CustomStringConvertible {
    public var description: String {
        switch rule {
        case .truncated: "\(field) ends before its length says"
        case .trailingBytes: "bytes follow the end of \(field)"
        case .lengthOutOfRange: "the length of \(field) is outside its bounds"
        case .valueOutOfRange: "the value of \(field) is outside its range"
        }
    }
}
