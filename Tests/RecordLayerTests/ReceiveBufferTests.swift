// ReceiveBufferTests.swift — the receive buffer against a plain array.
// RFC 8446 §5.1, §5.2.
// Next: SendBufferTests.swift.

import RecordLayer
import Testing
import WireFormat

@Suite("ReceiveBuffer")
struct ReceiveBufferTests {
    private struct Stop: Error {}

    @Test("T-47: any sequence of operations reads as an array does", arguments: 1...16)
    func model(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var buffer = ReceiveBuffer()
        var model: [UInt8] = []
        /// Ranges consumed since the last fill, which stay readable, with what they held.
        var handedOut: [(Range<Int>, [UInt8])] = []
        for step in 0..<400 {
            switch Int.random(in: 0..<12, using: &random) {
            case 0...2:
                let bytes = random.bytes(Int.random(in: 0...size(&random), using: &random))
                buffer.append(bytes.span)
                model += bytes
                if !bytes.isEmpty { handedOut = [] }
            case 3...4:
                let minimum = Int.random(in: -1...size(&random), using: &random)
                let bytes = random.bytes(Int.random(in: 0...max(minimum, 1), using: &random))
                var room = 0
                let filled = buffer.fill(atLeast: minimum) { (free: inout MutableSpan<UInt8>) in
                    room = free.count
                    free.copy(bytes.span, at: 0)
                    return bytes.count
                }
                #expect(filled == bytes.count)
                #expect(room >= max(1, minimum))
                model += bytes
                handedOut = []
            case 5:
                // A transport that fails has filled nothing, whatever it wrote.
                do throws(Stop) {
                    try buffer.fill(atLeast: 8) { (free: inout MutableSpan<UInt8>) throws(Stop) in
                        free[0] = 0xee
                        throw Stop()
                    }
                } catch {}
                handedOut = []
            case 6...8:
                let count = Int.random(in: 0...model.count, using: &random)
                let range = buffer.unreadRange.lowerBound..<buffer.unreadRange.lowerBound + count
                buffer.consume(count)
                handedOut.append((range, Array(model[..<count])))
                model.removeFirst(count)
            case 9:
                // Decryption in place.
                guard !model.isEmpty else { break }
                let offset = Int.random(in: 0..<model.count, using: &random)
                let place = buffer.unreadRange.lowerBound + offset
                var octets = buffer.mutableBytes(in: place..<place + 1)
                octets[0] ^= 0x55
                model[offset] ^= 0x55
            case 10:
                buffer.releaseIfEmpty()
                if model.isEmpty { handedOut = [] }
            default:
                guard Int.random(in: 0..<4, using: &random) == 0 else { break }
                buffer.discardUnread()
                model = []
            }
            #expect(buffer.unread == model.count, "seed \(seed), step \(step)")
            #expect([UInt8](copying: buffer.bytes(in: buffer.unreadRange)) == model, "seed \(seed), step \(step)")
            for (range, octets) in handedOut {
                #expect([UInt8](copying: buffer.bytes(in: range)) == octets, "seed \(seed), step \(step)")
            }
        }
    }

    @Test("RFC 8446 §5.2: the buffer of a stream of the longest records does not grow")
    func steady() {
        var buffer = ReceiveBuffer()
        var largest = 0
        var smallest = Int.max
        for _ in 0..<200 {
            // What a socket loop does: ask for what is missing of the record, take what comes, consume whole records.
            var wanted = 5 + 16640 - buffer.unread
            while wanted > 0 {
                let got = buffer.fill(atLeast: wanted) { (free: inout MutableSpan<UInt8>) in
                    largest = max(largest, free.count)
                    smallest = min(smallest, free.count)
                    return min(free.count, 1448)
                }
                wanted -= got
            }
            buffer.consume(5 + 16640)
        }
        #expect(largest == RecordLimits.ciphertextRecord)
        #expect(smallest > 0)
    }

    @Test("An empty buffer holds nothing and gives back nothing")
    func empty() {
        var buffer = ReceiveBuffer()
        buffer.releaseIfEmpty()
        buffer.discardUnread()
        buffer.consume(0)
        let nothing: [UInt8] = []
        buffer.append(nothing.span)
        #expect(buffer.unread == 0)
        #expect([UInt8](copying: buffer.bytes(in: 0..<0)).isEmpty)
    }

    private func size(_ random: inout SeededGenerator) -> Int {
        [1, 5, 40, 1500, 20000].randomElement(using: &random) ?? 1
    }
}
