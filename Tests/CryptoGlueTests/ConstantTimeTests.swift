// ConstantTimeTests.swift — the one routine that compares secrets.
// RFC 8446 §4.4.4.
// Next: SecretBytesTests.swift.

import CryptoGlue
import Testing

/// `#expect` cannot take a span apart, so it is handed arrays.
private func equal(_ a: [UInt8], _ b: [UInt8]) -> Bool { ConstantTime.equal(a.span, b.span) }
private func isZero(_ a: [UInt8]) -> Bool { ConstantTime.isZero(a.span) }

@Suite("ConstantTime")
struct ConstantTimeTests {
    @Test("T-49: equal octets are equal, and one bit anywhere makes them unequal")
    func singleBits() {
        for length in [1, 2, 16, 31, 32, 48, 64, 100] {
            let first = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
            let copy = first.map { $0 }
            #expect(equal(first, copy))
            for bit in 0..<(length * 8) {
                var second = first
                second[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(!equal(first, second))
                #expect(!equal(second, first))
            }
        }
    }

    @Test("T-49: octet strings of differing lengths are unequal, also when one begins with the other")
    func lengths() {
        let bytes = [UInt8](repeating: 0, count: 64)
        for first in 0...64 {
            for second in 0...64 {
                let equal = ConstantTime.equal(
                    bytes.span.extracting(first: first), bytes.span.extracting(first: second))
                #expect(equal == (first == second))
            }
        }
    }

    @Test("All-zero is seen, and any bit set is seen")
    func zero() {
        #expect(isZero([]))
        for length in [1, 32, 56] {
            var bytes = [UInt8](repeating: 0, count: length)
            #expect(isZero(bytes))
            for bit in 0..<(length * 8) {
                bytes[bit / 8] = 1 << UInt8(bit % 8)
                #expect(!isZero(bytes))
                bytes[bit / 8] = 0
            }
        }
    }
}
