// UnixTime+Reading.swift — a moment as people and JSON write it.
// RFC 3339 §5.6.
// Next: CryptoGlue, Provider/CryptoProvider.swift.

extension UnixTime {
    /// Reads `2026-01-31T23:59:59Z`, with an offset as `+01:00` in the place of `Z`, with a fraction of a second, which is
    /// dropped; or `2026-01-31` alone, which is midnight in UTC; or seconds since 1970, as `1769903999`.
    ///
    /// nil for anything else and for dates that do not exist; a leap second is the second before it.
    package init?(reading text: String) {
        let bytes = Array(text.utf8)
        if let seconds = Int64(text), !bytes.isEmpty, bytes.count <= 12, bytes[0] != UInt8(ascii: "+") {
            self.init(seconds: seconds)
            return
        }
        var reader = TextReader(bytes)
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
            let day = reader.number(2)
        else { return nil }
        if reader.isAtEnd {
            self.init(year: year, month: month, day: day)
            return
        }
        guard reader.take("T") || reader.take("t") || reader.take(" "), let hour = reader.number(2), reader.take(":"),
            let minute = reader.number(2), reader.take(":"), let second = reader.number(2), second <= 60
        else { return nil }
        if reader.take("."), !reader.skipDigits() { return nil }
        guard let offset = reader.offset(), reader.isAtEnd,
            let moment = UnixTime(
                year: year, month: month, day: day, hour: hour, minute: minute, second: min(second, 59))
        else { return nil }
        self.init(seconds: moment.seconds - Int64(offset))
    }
}

/// The characters of a date, first to last.
private struct TextReader {
    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { index == bytes.count }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    /// Exactly so many digits.
    mutating func number(_ digits: Int) -> Int? {
        guard bytes.count - index >= digits else { return nil }
        var value = 0
        for byte in bytes[index..<(index + digits)] {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        index += digits
        return value
    }

    /// One digit at the least.
    mutating func skipDigits() -> Bool {
        let start = index
        while index < bytes.count, (0x30...0x39).contains(bytes[index]) { index += 1 }
        return index > start
    }

    /// Seconds east of UTC.
    mutating func offset() -> Int? {
        if take("Z") || take("z") { return 0 }
        let isEast = take("+")
        guard isEast || take("-"), let hours = number(2), take(":"), let minutes = number(2), hours <= 23,
            minutes <= 59
        else { return nil }
        return (isEast ? 1 : -1) * (hours * 3600 + minutes * 60)
    }
}
