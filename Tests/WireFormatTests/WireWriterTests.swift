// WireWriterTests.swift — what WireWriter writes, and what it refuses to write.
// RFC 8446 §3.
// Next: UnixTimeTests.swift.

import Testing
import WireFormat

@Suite("WireWriter")
struct WireWriterTests {
    private func written(_ body: (inout WireWriter) -> Void) throws -> [UInt8] {
        var writer = WireWriter()
        body(&writer)
        return try writer.finish()
    }

    /// One vector with a length prefix of `prefix` octets.
    private func vector(_ prefix: Int, _ bounds: ClosedRange<Int>? = nil, count: Int) throws -> [UInt8] {
        let contents = [UInt8](repeating: 1, count: count)
        return try written {
            switch prefix {
            case 1: $0.vector8("field", bounds ?? 0...255) { $0.bytes(contents) }
            case 2: $0.vector16("field", bounds ?? 0...65535) { $0.bytes(contents) }
            default: $0.vector24("field", bounds ?? 0...0xff_ffff) { $0.bytes(contents) }
            }
        }
    }

    @Test("RFC 8446 §3.3: integers are big-endian")
    func integers() throws {
        let bytes = try written {
            $0.uint8(1)
            $0.uint16(0x0203)
            $0.uint24(0x84_0506)
            $0.uint32(0x8708_090a)
        }
        #expect(bytes == [0x01, 0x02, 0x03, 0x84, 0x05, 0x06, 0x87, 0x08, 0x09, 0x0a])
    }

    @Test("A uint24 that does not fit is refused, not cut", arguments: [-1, 1 << 24, Int.max, Int.min])
    func uint24Overflow(_ value: Int) throws {
        #expect(throws: DecodeError(.lengthOutOfRange, "uint24")) { try written { $0.uint24(value) } }
        #expect(try written { $0.uint24(0xff_ffff) } == [0xff, 0xff, 0xff])
    }

    @Test("Octets are appended from arrays and from spans")
    func octets() throws {
        let source: [UInt8] = [4, 5]
        var count = 0
        let bytes = try written {
            $0.bytes([1, 2, 3])
            $0.bytes(source.span)
            count = $0.count
        }
        #expect(bytes == [1, 2, 3, 4, 5])
        #expect(count == 5)
    }

    @Test("RFC 8446 §3.4: the prefix counts what its scope wrote, nested scopes included")
    func nesting() throws {
        let bytes = try written {
            $0.vector24("outer") {
                $0.vector16("middle") {
                    $0.vector8("inner") { $0.uint8(7) }
                    $0.vector8("empty") { _ in }
                }
                $0.uint8(9)
            }
        }
        #expect(bytes == [0, 0, 6, 0, 3, 1, 7, 0, 9])
    }

    @Test("The longest vector of each prefix is written; one octet more is refused", arguments: [1, 2, 3])
    func overflow(_ prefix: Int) throws {
        let longest = (1 << (8 * prefix)) - 1
        let bytes = try vector(prefix, count: longest)
        #expect(bytes.count == prefix + longest)
        #expect(bytes.prefix(prefix).allSatisfy { $0 == 0xff })
        #expect(throws: DecodeError(.lengthOutOfRange, "field")) { try vector(prefix, count: longest + 1) }
    }

    @Test("A bound wider than the prefix does not let a longer vector through")
    func boundsWiderThanPrefix() {
        #expect(throws: DecodeError(.lengthOutOfRange, "field")) { try vector(1, 0...1000, count: 256) }
    }

    @Test("RFC 8446 §3.4: a vector outside its bounds is refused on either side", arguments: [1, 2, 3])
    func bounds(_ prefix: Int) throws {
        for count in 0...6 {
            if (2...4).contains(count) {
                #expect(try vector(prefix, 2...4, count: count).count == prefix + count)
            } else {
                #expect(throws: DecodeError(.lengthOutOfRange, "field")) {
                    try vector(prefix, 2...4, count: count)
                }
            }
        }
    }

    @Test("The first field that was refused is the one that is named")
    func firstRefusal() {
        #expect(throws: DecodeError(.lengthOutOfRange, "inner")) {
            try written {
                $0.vector8("outer", 9...9) { $0.vector8("inner", 9...9) { _ in } }
                $0.refuse("last")
            }
        }
    }
}
