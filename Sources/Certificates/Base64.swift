// Base64.swift — base64 from a span into a span, so that secrets stay where they are put.
// RFC 4648 §4; RFC 7468 §3: white space may stand anywhere.
// Next: TrustAnchors.swift.

enum Base64 {
    /// Room that is enough for the bytes of `count` characters.
    static func longestResult(_ count: Int) -> Int { count / 4 * 3 + 3 }

    /// Decodes; white space is skipped, padding must be whole.
    ///
    /// - Returns: how many bytes were written, or nil when the text is not base64 or decodes to nothing.
    static func decode(_ text: Span<UInt8>, into bytes: inout MutableSpan<UInt8>) -> Int? {
        var group: UInt32 = 0
        var digits = 0
        var padding = 0
        var written = 0
        for index in text.indices {
            let character = text[index]
            if character == 0x0a || character == 0x0d || character == 0x20 || character == 0x09 { continue }
            // The group with padding in it is the last.
            guard padding == 0 || digits > 0 else { return nil }
            if character == UInt8(ascii: "=") {
                padding += 1
                group <<= 6
            } else {
                guard padding == 0, let value = value(character) else { return nil }
                group = group << 6 | UInt32(value)
            }
            digits += 1
            guard digits == 4 else { continue }
            guard padding <= 2, written + 3 <= bytes.count else { return nil }
            bytes[written] = UInt8(truncatingIfNeeded: group >> 16)
            bytes[written + 1] = UInt8(truncatingIfNeeded: group >> 8)
            bytes[written + 2] = UInt8(truncatingIfNeeded: group)
            written += 3 - padding
            group = 0
            digits = 0
        }
        return digits == 0 && written > 0 ? written : nil
    }

    /// Decodes into an array.
    static func decode(_ text: [UInt8]) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: longestResult(text.count))
        var span = bytes.mutableSpan
        guard let count = decode(text.span, into: &span) else { return nil }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// The digits in the order of their values.
    static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Four characters for each three octets, padded, without line ends.
    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let octets = bytes[start..<min(start + 3, bytes.count)]
            var group: UInt32 = 0
            for octet in octets { group = group << 8 | UInt32(octet) }
            group <<= 8 * UInt32(3 - octets.count)
            for position in 0..<4 {
                text.append(
                    position <= octets.count
                        ? digits[Int(group >> (18 - 6 * UInt32(position)) & 0x3f)] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func value(_ character: UInt8) -> UInt8? {
        switch character {
        case 0x41...0x5a: character - 0x41
        case 0x61...0x7a: character - 0x61 + 26
        case 0x30...0x39: character - 0x30 + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
