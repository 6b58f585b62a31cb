// UnixTime.swift — wall-clock time as a value; nothing below SocketProvider asks the system for it.
// POSIX "Seconds Since the Epoch"; RFC 5280 §4.1.2.5 validity is compared in it.
// Next: UnixTime+Reading.swift.

/// Whole seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
public struct UnixTime: Hashable, Comparable, Sendable {
    /// Seconds since the epoch; negative before it.
    public let seconds: Int64
    /// The time so many seconds after the epoch.
    public init(seconds: Int64) { self.seconds = seconds }

    public static func < (left: UnixTime, right: UnixTime) -> Bool { left.seconds < right.seconds }
}

/// Tells the time of day. Injected, so that every handshake can be replayed.
public protocol WallClock: Sendable {
    /// The time of the call.
    func now() -> UnixTime
}

extension UnixTime: CustomStringConvertible {
    /// RFC 3339 in UTC, as `2026-01-31T23:59:59Z`.
    public var description: String {
        // Division rounds towards zero; a time before the epoch belongs to the day before that.
        var days = seconds / 86_400
        var inDay = seconds % 86_400
        if inDay < 0 {
            days -= 1
            inDay += 86_400
        }
        let (year, month, day) = UnixTime.civil(daysSinceEpoch: days)
        return "\(UnixTime.padded(year, 4))-\(UnixTime.padded(month, 2))-\(UnixTime.padded(day, 2))T"
            + "\(UnixTime.padded(inDay / 3600, 2)):\(UnixTime.padded(inDay / 60 % 60, 2)):\(UnixTime.padded(inDay % 60, 2))Z"
    }

    /// The time of a civil date in UTC, or nil when the date does not exist.
    public init?(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        guard (0...9999).contains(year), (1...12).contains(month), (0...23).contains(hour),
            (0...59).contains(minute), (0...59).contains(second)
        else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (1...lengths[month - 1]).contains(day) else { return nil }
        // Years counted from March put the leap day last, so a month's first day is a linear formula.
        let shiftedYear = Int64(month <= 2 ? year - 1 : year)
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = Int64((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1)
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        self.init(seconds: days * 86_400 + Int64(hour) * 3600 + Int64(minute) * 60 + Int64(second))
    }

    private static func civil(daysSinceEpoch: Int64) -> (Int64, Int64, Int64) {
        let shifted = daysSinceEpoch + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value.magnitude)
        return (value < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
