// HexDump.swift — hex to octets and back, and the first place where two octet strings part.
// Next: VectorFile.swift.

/// Hex as vectors write it: any case; blanks and colons between digits are skipped.
package enum Hex {
    /// The octets of `text`, or nil when a character is no hex digit or the number of digits is odd.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 2)
        var high: UInt8?
        for character in text.utf8 {
            let digit: UInt8
            switch character {
            case 0x30...0x39: digit = character - 0x30
            case 0x41...0x46: digit = character - 0x41 + 10
            case 0x61...0x66: digit = character - 0x61 + 10
            case 0x20, 0x09, 0x0a, 0x0d, 0x3a: continue
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return high == nil ? bytes : nil
    }

    /// Lower-case hex without blanks.
    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Sixteen octets a line, each line with its offset.
    package static func dump(_ bytes: [UInt8]) -> String {
        stride(from: 0, to: bytes.count, by: 16).map { start in
            let line = bytes[start..<min(start + 16, bytes.count)]
            let offset = String(start, radix: 16)
            return String(repeating: "0", count: max(0, 4 - offset.count)) + offset + "  "
                + line.map { encode(CollectionOfOne($0)) }.joined(separator: " ")
        }
        .joined(separator: "\n")
    }

    /// Where two octet strings part, with some octets around the place; nil when they are equal.
    package static func difference(expected: [UInt8], found: [UInt8]) -> String? {
        if expected == found { return nil }
        let common = zip(expected, found).prefix { $0 == $1 }.count
        let window = max(0, common - 4)..<(common + 12)
        return "octet \(common): expected …\(encode(expected[window.clamped(to: 0..<expected.count)]))…"
            + " of \(expected.count), found …\(encode(found[window.clamped(to: 0..<found.count)]))… of \(found.count)"
    }
}
