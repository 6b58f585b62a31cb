// UnixTimeTests.swift — civil dates to seconds and back.
// Proleptic Gregorian calendar, UTC; the expected values are from `date -u -d … +%s`.
// Next: MemoryCopyTests.swift.

import Testing
import WireFormat

@Suite("UnixTime")
struct UnixTimeTests {
    /// A date, its seconds and its text.
    struct Known: Sendable, CustomTestStringConvertible {
        let date: [Int]
        let seconds: Int64
        let text: String
        var testDescription: String { text }

        init(_ date: [Int], _ seconds: Int64, _ text: String) {
            self.date = date
            self.seconds = seconds
            self.text = text
        }
    }

    private static func time(_ date: [Int]) -> UnixTime? {
        UnixTime(year: date[0], month: date[1], day: date[2], hour: date[3], minute: date[4], second: date[5])
    }

    static let known = [
        Known([1970, 1, 1, 0, 0, 0], 0, "1970-01-01T00:00:00Z"),
        Known([1969, 12, 31, 23, 59, 59], -1, "1969-12-31T23:59:59Z"),
        Known([1969, 12, 31, 0, 0, 0], -86_400, "1969-12-31T00:00:00Z"),
        Known([1969, 12, 30, 23, 59, 59], -86_401, "1969-12-30T23:59:59Z"),
        Known([1972, 2, 29, 12, 0, 0], 68_212_800, "1972-02-29T12:00:00Z"),
        Known([1900, 2, 28, 23, 59, 59], -2_203_891_201, "1900-02-28T23:59:59Z"),
        Known([1900, 3, 1, 0, 0, 0], -2_203_891_200, "1900-03-01T00:00:00Z"),
        Known([1950, 1, 1, 0, 0, 0], -631_152_000, "1950-01-01T00:00:00Z"),
        Known([2000, 2, 29, 0, 0, 0], 951_782_400, "2000-02-29T00:00:00Z"),
        Known([2000, 3, 1, 0, 0, 0], 951_868_800, "2000-03-01T00:00:00Z"),
        Known([2016, 7, 30, 1, 23, 59], 1_469_841_839, "2016-07-30T01:23:59Z"),
        Known([2038, 1, 19, 3, 14, 8], 2_147_483_648, "2038-01-19T03:14:08Z"),
        Known([2049, 12, 31, 23, 59, 59], 2_524_607_999, "2049-12-31T23:59:59Z"),
        Known([2100, 3, 1, 0, 0, 0], 4_107_542_400, "2100-03-01T00:00:00Z"),
        Known([2400, 2, 29, 0, 0, 0], 13_574_563_200, "2400-02-29T00:00:00Z"),
        Known([0, 1, 1, 0, 0, 0], -62_167_219_200, "0000-01-01T00:00:00Z"),
        Known([9999, 12, 31, 23, 59, 59], 253_402_300_799, "9999-12-31T23:59:59Z"),
    ]

    @Test("A civil date in UTC has its seconds and its text", arguments: known)
    func knownDates(_ known: Known) {
        #expect(UnixTimeTests.time(known.date)?.seconds == known.seconds)
        #expect(UnixTime(seconds: known.seconds).description == known.text)
    }

    @Test("Each month of the years 0 to 9999 begins where the one before ended")
    func everyMonth() throws {
        var days = try #require(UnixTime(year: 0, month: 1, day: 1)).seconds / 86_400
        for year in 0...9999 {
            let isLeap = year.isMultiple(of: 400) || (year.isMultiple(of: 4) && !year.isMultiple(of: 100))
            for (month, length) in zip(1..., [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
                guard UnixTime(year: year, month: month, day: 1)?.seconds == days * 86_400,
                    UnixTime(year: year, month: month, day: length)?.seconds == (days + Int64(length) - 1) * 86_400,
                    UnixTime(year: year, month: month, day: length + 1) == nil
                else {
                    Issue.record("month \(month) of \(year)")
                    return
                }
                days += Int64(length)
            }
        }
    }

    @Test("Seconds turn into the date they came from, across four centuries")
    func roundTrip() throws {
        for year in 1800...2200 {
            for (month, day) in [("01", "01"), ("02", "28"), ("03", "01"), ("12", "31")] {
                let time = UnixTimeTests.time([year, Int(month) ?? 0, Int(day) ?? 0, 23, 59, 59])
                #expect(time?.description == "\(year)-\(month)-\(day)T23:59:59Z")
            }
        }
    }

    @Test(
        "A date that does not exist is nil",
        arguments: [
            [2023, 2, 29, 0, 0, 0], [1900, 2, 29, 0, 0, 0], [2100, 2, 29, 0, 0, 0], [2024, 2, 30, 0, 0, 0],
            [2024, 4, 31, 0, 0, 0], [2024, 0, 1, 0, 0, 0], [2024, 13, 1, 0, 0, 0], [2024, 1, 0, 0, 0, 0],
            [2024, 1, 32, 0, 0, 0], [2024, 1, 1, 24, 0, 0], [2024, 1, 1, -1, 0, 0], [2024, 1, 1, 0, 60, 0],
            [2024, 1, 1, 0, -1, 0], [2024, 1, 1, 0, 0, 60], [2024, 1, 1, 0, 0, -1], [-1, 1, 1, 0, 0, 0],
            [10_000, 1, 1, 0, 0, 0], [Int.max, 1, 1, 0, 0, 0], [2024, Int.min, Int.max, 0, 0, 0],
        ])
    func impossible(_ date: [Int]) {
        #expect(UnixTimeTests.time(date) == nil)
    }

    @Test("The ends of the range have a text and do not trap")
    func extremes() {
        #expect(UnixTime(seconds: .max).description == "292277026596-12-04T15:30:07Z")
        #expect(UnixTime(seconds: .min).description == "-292277022657-01-27T08:29:52Z")
        #expect(UnixTime(seconds: -62_167_219_201).description == "-0001-12-31T23:59:59Z")
    }

    @Test("Times are ordered by their seconds")
    func order() {
        #expect(UnixTime(seconds: -1) < UnixTime(seconds: 0))
        #expect(UnixTime(seconds: 5) == UnixTime(seconds: 5))
    }
}
