// TestData.swift — much data with checksums.
// Next: TransferTests.swift.

import CryptoGlue
import Foundation

/// Octets that repeat only after a long time: a block of noise, with a number in front of every copy.
struct TestData {
    private var block: [UInt8]
    private var number: UInt64 = 0

    init(seed: UInt64) {
        var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
        // A length that no record has, so that the numbers wander through the records.
        block = (0..<61_441).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state >> 32)
        }
    }

    /// Hands out `count` octets in pieces and returns their SHA-256.
    mutating func hashed(_ count: Int, _ body: ([UInt8]) throws -> Void) throws -> [UInt8] {
        var hash = try HashFunction(.sha256)
        var rest = count
        while rest > 0 {
            for index in 0..<8 { block[index] = UInt8(truncatingIfNeeded: number >> (8 * UInt64(index))) }
            number += 1
            let piece = rest < block.count ? Array(block.prefix(rest)) : block
            hash.update(piece.span)
            try body(piece)
            rest -= piece.count
        }
        return try hash.snapshot()
    }

    /// SHA-256 of a file once it has `count` octets.
    static func hash(ofFile path: String, _ count: Int) throws -> [UInt8] {
        let end = ContinuousClock.now + .seconds(60)
        while try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0 < count {
            try holds(ContinuousClock.now < end, "the server did not write all it received")
            Thread.sleep(forTimeInterval: 0.01)
        }
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? file.close() }
        var hash = try HashFunction(.sha256)
        while let data = try file.read(upToCount: 1 << 20), !data.isEmpty { hash.update(Array(data).span) }
        return try hash.snapshot()
    }
}
