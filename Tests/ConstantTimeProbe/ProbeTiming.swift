// ProbeTiming.swift — does the time to judge a CBC record say how it is padded?
// RFC 5246 §6.2.3.2. The statistic is dudect's (Reparaz, Balasch, Verbauwhede): Welch's t between two classes.
// Next: ../../scripts/check-constant-time.

import CryptoGlue
import Glibc
import RecordLayer
import WireFormat

enum ProbeTiming {
    private static let macLength = 20

    /// A fourth of the time for each pair of classes, and for a control that is known to leak. No record has a right MAC.
    static func run(seconds: Double) throws {
        let none = record(padding: 0, isRight: true)
        let full = record(padding: 255, isRight: true)
        let pairs = [
            ("no padding against 255 octets of it", none, full),
            ("right padding against wrong", record(padding: 31, isRight: true), record(padding: 31, isRight: false)),
            ("right padding of 255 against wrong", full, record(padding: 255, isRight: false)),
        ]
        var worst = 0.0
        for (name, first, second) in pairs {
            let t = try compare(name, seconds: seconds / 4, first, second) { mac, record throws(CryptoError) in
                try TLS12PaddingCheck.verdict(on: record.span, 3, .applicationData, &mac, macLength: macLength).wrong
            }
            worst = max(worst, t)
        }
        let control = try compare("control, one MAC over the content", seconds: seconds / 4, none, full, naive)
        print("timing: worst |t| \(rounded(worst)), control \(rounded(control)); dudect's bound is 4.5")
    }

    /// 512 octets that end in padding, its first octet spoilt or not.
    private static func record(padding: UInt8, isRight: Bool) -> [UInt8] {
        var record = (0..<512).map { UInt8(truncatingIfNeeded: 3 * $0) }
        for index in 511 - Int(padding)..<512 { record[index] = padding }
        if !isRight { record[511 - Int(padding)] ^= 1 }
        return record
    }

    /// What Lucky Thirteen measures.
    private static func naive(_ mac: inout RecordMAC, _ record: [UInt8]) throws(CryptoError) -> UInt8 {
        let end = record.count - macLength - 1 - Int(record[record.count - 1])
        var code = [UInt8](repeating: 0, count: macLength)
        var span = code.mutableSpan
        mac.update(record.span.extracting(first: end))
        try mac.finalize(into: &span, at: 0)
        return code[0]
    }

    /// |t| between the times of `judge` over two records, in random order.
    private static func compare(
        _ name: String, seconds: Double, _ first: [UInt8], _ second: [UInt8],
        _ judge: (inout RecordMAC, [UInt8]) throws(CryptoError) -> UInt8
    ) throws -> Double {
        let key = [UInt8](repeating: 7, count: macLength)
        var mac = try RecordMAC(.aes128SHA1, key: key.span)
        var classes = [Moments(), Moments()]
        var warmUp: [UInt64] = []
        var cut = UInt64.max
        var (octets, sum) = (first, UInt8(0))
        let end = now() + UInt64(seconds * 1e9)
        while now() < end {
            let side = Int.random(in: 0...1)
            // Both are judged at the same place in memory.
            let source = side == 0 ? first : second
            for index in octets.indices { octets[index] = source[index] }
            let start = now()
            sum &+= try judge(&mac, octets)
            let time = now() - start
            if warmUp.count < 2000 {
                // What another process lengthened says nothing: times over the 90th percentile are left out.
                warmUp.append(time)
                if warmUp.count == 2000 { cut = warmUp.sorted()[1800] }
            } else if time <= cut {
                classes[side].add(Double(time))
            }
        }
        let t = abs(Moments.t(classes[0], classes[1]))
        let (count, mean) = (Int(classes[0].count + classes[1].count), Int(classes[0].mean))
        print("timing: \(name): |t| \(rounded(t)), \(count) records of \(mean) ns (\(sum))")
        return t
    }

    private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }

    private static func now() -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// Mean and variance as the values come (Welford).
private struct Moments {
    private(set) var count = 0.0
    private(set) var mean = 0.0
    private var squares = 0.0

    mutating func add(_ value: Double) {
        count += 1
        let difference = value - mean
        mean += difference / count
        squares += difference * (value - mean)
    }

    static func t(_ a: Moments, _ b: Moments) -> Double {
        let error = a.squares / (a.count - 1) / a.count + b.squares / (b.count - 1) / b.count
        return (a.mean - b.mean) / error.squareRoot()
    }
}
