// IPAddressName.swift — an IP address as a reference identity.
// RFC 9525 §6.4; RFC 4291 §2.2; RFC 5952 for the text.
// Next: PresentedIdentity.swift.

/// An IPv4 or IPv6 address. An IPv4-mapped IPv6 address is not the IPv4 address it holds.
public struct IPAddressName: Sendable, Hashable {
    /// The address in network order: 4 or 16 bytes.
    public let bytes: [UInt8]

    /// Takes an address in network order; nil unless there are 4 or 16 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// Reads dotted decimals, or an IPv6 address with or without brackets; nil when the text is neither.
    ///
    /// Dotted decimals are four numbers without leading zeros. A zone (`%eth0`) belongs to this machine, not to the peer,
    /// and is refused.
    public init?(_ text: String) {
        var bytes = Array(text.utf8)
        if bytes.first == UInt8(ascii: "["), bytes.last == UInt8(ascii: "]") {
            bytes = Array(bytes.dropFirst().dropLast())
            guard bytes.contains(UInt8(ascii: ":")) else { return nil }
        }
        let address =
            bytes.contains(UInt8(ascii: ":")) ? IPAddressName.version6(bytes[...]) : IPAddressName.version4(bytes[...])
        guard let address else { return nil }
        self.bytes = address
    }

    private static func version4(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: [UInt8] = []
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy({ (0x30...0x39).contains($0) }),
                part.count == 1 || part.first != UInt8(ascii: "0"),
                let number = UInt8(String(decoding: part, as: UTF8.self))
            else { return nil }
            address.append(number)
        }
        return address
    }

    /// RFC 4291 §2.2: eight groups; one run of zero groups may be `::`; the last two may be dotted decimals.
    private static func version6(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        let colon = UInt8(ascii: ":")
        var gap: Int?
        for index in text.indices.dropLast() where text[index] == colon && text[index + 1] == colon {
            // A second `::`, or `:::`.
            guard gap == nil else { return nil }
            gap = index
        }
        guard let gap else {
            guard let groups = groups(text), groups.count == 16 else { return nil }
            return groups
        }
        guard let before = groups(text[..<gap]), let after = groups(text[(gap + 2)...]),
            before.count + after.count <= 14
        else { return nil }
        // Dotted decimals are the end of an address only.
        guard !text[..<gap].contains(UInt8(ascii: ".")) else { return nil }
        return before + [UInt8](repeating: 0, count: 16 - before.count - after.count) + after
    }

    /// The bytes of groups with single colons between them; none for empty text.
    private static func groups(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count <= 8 else { return nil }
        var bytes: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, part.contains(UInt8(ascii: ".")) {
                guard let address = version4(part) else { return nil }
                bytes += address
            } else {
                guard (1...4).contains(part.count), part.allSatisfy(isHexadecimal),
                    let group = UInt16(String(decoding: part, as: UTF8.self), radix: 16)
                else { return nil }
                bytes += [UInt8(group >> 8), UInt8(truncatingIfNeeded: group)]
            }
        }
        return bytes
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }
}

extension IPAddressName: CustomStringConvertible {
    /// Dotted decimals, or IPv6 in the form of RFC 5952, without brackets.
    public var description: String {
        if bytes.count == 4 { return bytes.map { "\($0)" }.joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map { Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]) }
        // RFC 5952 §4.2: the longest run of at least two zero groups, the first of equals, becomes `::`.
        var longest = 0..<0
        var start = 0
        for index in 0...8 where index == 8 || groups[index] != 0 {
            if index - start > max(longest.count, 1) { longest = start..<index }
            start = index + 1
        }
        let text = { (part: ArraySlice<Int>) in part.map { String($0, radix: 16) }.joined(separator: ":") }
        if longest.isEmpty { return text(groups[...]) }
        return text(groups[..<longest.lowerBound]) + "::" + text(groups[longest.upperBound...])
    }
}
