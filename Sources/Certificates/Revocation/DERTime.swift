// DERTime.swift — dates of revocation lists and OCSP responses, read in place.
// RFC 5280 §5.1.2.4, §5.1.2.6; RFC 6960 §4.2.2.1.
// Next: CertificateRevocationList.swift.

import SwiftASN1
import WireFormat

enum DERTime {
    /// RFC 5280 §5.1.2.4: UTCTime through 2049, GeneralizedTime later.
    static func read(
        _ cursor: inout DERCursor, _ bytes: Span<UInt8>, _ name: StaticString
    ) throws(Fault) -> UnixTime {
        guard let time = try readIf(&cursor, bytes, name) else {
            throw Fault(.structure, expected: "\(name) as a date", found: "something else")
        }
        return time
    }

    /// As `read`; nil when the next value is no date.
    static func readIf(
        _ cursor: inout DERCursor, _ bytes: Span<UInt8>, _ name: StaticString
    ) throws(Fault) -> UnixTime? {
        if let contents = try cursor.readIf(DERTag.utcTime, bytes) {
            guard contents.count == 13, let year = number(bytes, contents.lowerBound, 2) else { throw noDate(name) }
            // RFC 5280 §4.1.2.5.1: 50 to 99 are years of the twentieth century.
            return try time(bytes, contents.dropFirst(2), year: year < 50 ? 2000 + year : 1900 + year, name)
        }
        guard let contents = try cursor.readIf(DERTag.generalizedTime, bytes) else { return nil }
        let result = try generalizedTime(bytes, contents, name)
        guard result.seconds >= firstOf2050 else {
            throw Fault(.structure, expected: "\(name) through 2049 as UTCTime", found: "GeneralizedTime")
        }
        return result
    }

    /// A GeneralizedTime of any year, as RFC 6960 writes every date.
    static func generalizedTime(_ node: ASN1Node, _ name: StaticString) throws(Fault) -> UnixTime {
        let contents = Array(try node.primitive(.generalizedTime, "\(name)"))
        return try generalizedTime(contents.span, contents.indices, name)
    }

    /// 2050-01-01T00:00:00Z.
    private static let firstOf2050: Int64 = 2_524_608_000

    /// RFC 5280 §4.1.2.5.2: seconds are there, fractions are not, and the zone is Z.
    private static func generalizedTime(
        _ bytes: Span<UInt8>, _ contents: Range<Int>, _ name: StaticString
    ) throws(Fault) -> UnixTime {
        guard contents.count == 15, let year = number(bytes, contents.lowerBound, 4) else { throw noDate(name) }
        return try time(bytes, contents.dropFirst(4), year: year, name)
    }

    /// MMDDHHMMSSZ.
    private static func time(
        _ bytes: Span<UInt8>, _ contents: Range<Int>, year: Int, _ name: StaticString
    ) throws(Fault) -> UnixTime {
        let start = contents.lowerBound
        guard contents.count == 11, bytes[start + 10] == UInt8(ascii: "Z"), let month = number(bytes, start, 2),
            let day = number(bytes, start + 2, 2), let hour = number(bytes, start + 4, 2),
            let minute = number(bytes, start + 6, 2), let second = number(bytes, start + 8, 2),
            let time = UnixTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        else { throw noDate(name) }
        return time
    }

    /// So many decimal digits.
    private static func number(_ bytes: Span<UInt8>, _ start: Int, _ count: Int) -> Int? {
        var value = 0
        for index in start..<start + count {
            let digit = bytes[index]
            guard digit >= 0x30, digit <= 0x39 else { return nil }
            value = value * 10 + Int(digit - 0x30)
        }
        return value
    }

    private static func noDate(_ name: StaticString) -> Fault {
        Fault(.structure, expected: "\(name) as a date that exists, in seconds and UTC", found: "another")
    }
}
