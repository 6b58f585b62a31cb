// MemoryCopyTests.swift — bulk copies, moves and wipes.
// Next: DecodeErrorTests.swift.

import Testing
import WireFormat

@Suite("MemoryCopy")
struct MemoryCopyTests {
    @Test("An array is made from a span and grows by one")
    func arrays() {
        let source: [UInt8] = [1, 2, 3]
        var copy = [UInt8](copying: source.span)
        #expect(copy == source)
        copy.append(copying: source.span.extracting(1..<3))
        #expect(copy == [1, 2, 3, 2, 3])
        let none: [UInt8] = []
        copy.append(copying: none.span)
        #expect(copy.count == 5)
        #expect([UInt8](copying: none.span) == [])
    }

    @Test("A copy lands at its offset and touches nothing else")
    func copy() {
        var target: [UInt8] = [9, 9, 9, 9, 9]
        let source: [UInt8] = [1, 2]
        do {
            var span = target.mutableSpan
            span.copy(source.span, at: 2)
        }
        #expect(target == [9, 9, 1, 2, 9])
        do {
            var span = target.mutableSpan
            span.copy(source.span, at: 3)
            span.copy(source.span.extracting(0..<0), at: 5)
        }
        #expect(target == [9, 9, 1, 1, 2])
    }

    @Test("A move may overlap in either direction")
    func move() {
        var bytes: [UInt8] = [1, 2, 3, 4, 5]
        do {
            var span = bytes.mutableSpan
            span.move(0..<3, to: 1)
        }
        #expect(bytes == [1, 1, 2, 3, 5])
        do {
            var span = bytes.mutableSpan
            span.move(2..<5, to: 0)
        }
        #expect(bytes == [2, 3, 5, 3, 5])
    }

    @Test("A wipe leaves zeroes in all of the span; an empty span is no trouble")
    func wipe() {
        var bytes: [UInt8] = [1, 2, 3, 4, 5]
        do {
            var span = bytes.mutableSpan
            span.wipe()
        }
        #expect(bytes == [0, 0, 0, 0, 0])
        var none: [UInt8] = []
        do {
            var span = none.mutableSpan
            span.wipe()
        }
        #expect(none == [])
    }

    @Test("A copy that does not fit stops the program instead of writing past the end")
    func copyOutOfRoom() async {
        await #expect(processExitsWith: .failure) {
            var target: [UInt8] = [0, 0, 0, 0]
            let source: [UInt8] = [1, 2, 3]
            var span = target.mutableSpan
            span.copy(source.span, at: 2)
        }
    }
}
