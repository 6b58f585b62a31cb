// WireReaderTests.swift — every read of WireReader: its value, its bounds, its truncation.
// RFC 8446 §3.
// Next: WireWriterTests.swift.

import Testing
import WireFormat

@Suite("WireReader")
struct WireReaderTests {
    @Test("RFC 8446 §3.3: integers are big-endian and leave the rest")
    func integers() throws {
        let bytes: [UInt8] = [0x01, 0x02, 0x03, 0x84, 0x05, 0x06, 0x87, 0x08, 0x09, 0x0a, 0xff]
        var reader = WireReader(bytes.span)
        let values = (
            try reader.uint8("a"), try reader.uint16("b"), try reader.uint24("c"), try reader.uint32("d")
        )
        #expect(values == (0x01, 0x0203, 0x84_0506, 0x8708_090a))
        let remaining = reader.remaining
        #expect(remaining == 1)
        let last = try reader.uint8("e")
        #expect(last == 0xff)
        let isEmpty = reader.isEmpty
        #expect(isEmpty)
        try reader.end("f")
    }

    /// A read of a fixed size, by the number of octets it takes.
    enum FixedRead: Int, CaseIterable {
        case uint8 = 1
        case uint16 = 2
        case uint24 = 3
        case uint32 = 4
        case array = 5
        case bytes = 6

        func run(_ input: [UInt8]) throws(DecodeError) -> Int {
            var reader = WireReader(input.span)
            switch self {
            case .uint8: _ = try reader.uint8("field")
            case .uint16: _ = try reader.uint16("field")
            case .uint24: _ = try reader.uint24("field")
            case .uint32: _ = try reader.uint32("field")
            case .array: _ = try reader.array(5, "field")
            case .bytes: _ = try reader.bytes(6, "field").count
            }
            return reader.remaining
        }
    }

    @Test("A read of n octets succeeds with n and is refused as truncated with fewer", arguments: FixedRead.allCases)
    func truncation(_ read: FixedRead) throws {
        for available in 0..<read.rawValue {
            #expect(throws: DecodeError(.truncated, "field")) {
                try read.run([UInt8](repeating: 7, count: available))
            }
        }
        #expect(try read.run([UInt8](repeating: 7, count: read.rawValue)) == 0)
        #expect(try read.run([UInt8](repeating: 7, count: read.rawValue + 1)) == 1)
    }

    @Test("A negative count, or one beyond all memory, is refused, not trapped on", arguments: [-1, Int.min, Int.max])
    func impossibleCount(_ count: Int) {
        let bytes: [UInt8] = [1, 2, 3]
        #expect(throws: DecodeError(.truncated, "field")) {
            var reader = WireReader(bytes.span)
            _ = try reader.array(count, "field")
        }
    }

    /// A vector by the number of octets in its length prefix.
    enum Vector: Int, CaseIterable {
        case vector8 = 1
        case vector16 = 2
        case vector24 = 3

        func encode(_ contents: [UInt8], announcing length: Int) -> [UInt8] {
            (0..<rawValue).map { UInt8(truncatingIfNeeded: length >> (8 * (rawValue - 1 - $0))) } + contents
        }

        /// The contents, and how many octets follow the vector.
        func read(_ bytes: [UInt8], _ bounds: ClosedRange<Int>? = nil) throws(DecodeError) -> ([UInt8], Int) {
            var reader = WireReader(bytes.span)
            var inner: WireReader
            switch self {
            case .vector8: inner = try reader.vector8("field", bounds ?? 0...255)
            case .vector16: inner = try reader.vector16("field", bounds ?? 0...65535)
            case .vector24: inner = try reader.vector24("field", bounds ?? 0...0xff_ffff)
            }
            return (inner.restAsArray(), reader.remaining)
        }
    }

    @Test("RFC 8446 §3.4: a vector has as many octets as its prefix says", arguments: Vector.allCases)
    func vectors(_ vector: Vector) throws {
        #expect(try vector.read(vector.encode([], announcing: 0)) == ([], 0))
        #expect(try vector.read(vector.encode([9, 8, 7, 6], announcing: 3)) == ([9, 8, 7], 1))
        let long = [UInt8](repeating: 1, count: 255)
        #expect(try vector.read(vector.encode(long, announcing: 255)) == (long, 0))
    }

    @Test("A long vector uses all octets of its prefix")
    func longVectors() throws {
        let contents = [UInt8](repeating: 1, count: 0x1_0203)
        #expect(try Vector.vector24.read([1, 2, 3] + contents) == (contents, 0))
        #expect(try Vector.vector16.read([2, 3] + contents).0.count == 0x0203)
    }

    @Test("A vector that ends before its length, or within the prefix, is refused", arguments: Vector.allCases)
    func truncatedVectors(_ vector: Vector) {
        let whole = vector.encode([1, 2, 3, 4], announcing: 4)
        for count in 0..<whole.count {
            #expect(throws: DecodeError(.truncated, "field")) { try vector.read(Array(whole.prefix(count))) }
        }
    }

    @Test("RFC 8446 §3.4: a length outside the bounds is refused on either side", arguments: Vector.allCases)
    func bounds(_ vector: Vector) throws {
        for length in 0...6 {
            let bytes = vector.encode([UInt8](repeating: 1, count: length), announcing: length)
            if (2...4).contains(length) {
                #expect(try vector.read(bytes, 2...4).0.count == length)
            } else {
                #expect(throws: DecodeError(.lengthOutOfRange, "field")) { try vector.read(bytes, 2...4) }
            }
        }
    }

    @Test("Bytes after the end of a structure are refused")
    func end() throws {
        let bytes: [UInt8] = [1]
        #expect(throws: DecodeError(.trailingBytes, "field")) { try WireReader(bytes.span).end("field") }
        let none: [UInt8] = []
        try WireReader(none.span).end("field")
    }

    @Test("The rest is copied once and leaves the reader empty")
    func rest() throws {
        let bytes: [UInt8] = [1, 2, 3]
        var reader = WireReader(bytes.span)
        _ = try reader.uint8("field")
        let first = reader.restAsArray()
        let second = reader.restAsArray()
        #expect(first == [2, 3])
        #expect(second == [])
    }
}
