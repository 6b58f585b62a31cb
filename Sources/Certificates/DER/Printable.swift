// Printable.swift — text from certificates, made safe to print.
// RFC 4514 §2.4 for the escapes.
// Next: DistinguishedName.swift.

/// A certificate's strings are the peer's: they may hold line ends, terminal escapes or marks that reverse the text.
enum Printable {
    /// Text with everything that does not print written as `\XX` for each byte of its UTF-8, cut after `limit`
    /// characters.
    static func escaped(_ text: String, limit: Int = 128) -> String {
        var result = ""
        var count = 0
        for scalar in text.unicodeScalars {
            if count == limit { return result + "…" }
            count += 1
            if isPrintable(scalar) {
                result.unicodeScalars.append(scalar)
            } else {
                for byte in String(scalar).utf8 { result += "\\" + hexadecimal(byte) }
            }
        }
        return result
    }

    static func hexadecimal(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }

    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { hexadecimal($0) }.joined()
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return (0x20..<0x7f).contains(scalar.value) }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: return false
        default: return true
        }
    }
}
