// SendBufferTests.swift — the send buffer against a plain array.
// RFC 8446 §5.1, §5.2.
// Next: RecordErrorTests.swift.

import RecordLayer
import Testing
import WireFormat

@Suite("SendBuffer")
struct SendBufferTests {
    @Test("T-47: any sequence of operations reads as an array does", arguments: 1...16)
    func model(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var buffer = SendBuffer()
        var model: [UInt8] = []
        for step in 0..<400 {
            switch Int.random(in: 0..<11, using: &random) {
            case 0...2:
                let bytes = random.bytes(Int.random(in: 0...size(&random), using: &random))
                buffer.append(bytes.span)
                model += bytes
            case 3...4:
                let bytes = random.bytes(Int.random(in: 0...size(&random), using: &random))
                let range = buffer.reserve(bytes.count)
                #expect(range.count == bytes.count)
                var room = buffer.mutableBytes(in: range)
                room.copy(bytes.span, at: 0)
                model += bytes
            case 5:
                // A record that could not be sealed.
                let count = Int.random(in: 0...size(&random), using: &random)
                _ = buffer.reserve(count)
                buffer.unreserve(count)
            case 6...8:
                let count = Int.random(in: 0...model.count, using: &random)
                buffer.discard(count)
                model.removeFirst(count)
            case 9:
                let count = Int.random(in: 0...size(&random), using: &random)
                buffer.makeRoom(count)
            default:
                buffer.releaseIfEmpty()
            }
            #expect(buffer.pendingCount == model.count, "seed \(seed), step \(step)")
            #expect([UInt8](copying: buffer.pending) == model, "seed \(seed), step \(step)")
        }
    }

    @Test("Taking everything back and giving the memory back leaves an empty buffer that works")
    func releaseAfterUnreserve() {
        var buffer = SendBuffer()
        let bytes = pattern(10)
        buffer.append(bytes.span)
        buffer.discard(4)
        buffer.unreserve(6)
        buffer.releaseIfEmpty()
        #expect(buffer.pendingCount == 0)
        #expect([UInt8](copying: buffer.pending).isEmpty)
        buffer.append(bytes.span)
        #expect([UInt8](copying: buffer.pending) == bytes)
    }

    @Test("An empty buffer holds nothing and gives back nothing")
    func empty() {
        var buffer = SendBuffer()
        buffer.releaseIfEmpty()
        buffer.discard(0)
        buffer.makeRoom(0)
        #expect(buffer.pendingCount == 0)
        #expect([UInt8](copying: buffer.pending).isEmpty)
        #expect(buffer.reserve(0) == 0..<0)
    }

    private func size(_ random: inout SeededGenerator) -> Int {
        [1, 5, 40, 1500, 20000].randomElement(using: &random) ?? 1
    }
}
