// WireReader.swift — a cursor over received bytes; every read is checked and throws DecodeError.
// RFC 8446 §3.
// Next: WireWriter.swift.

/// Reads RFC 8446 §3 structures from bytes it does not own and does not copy.
///
/// Members are inlinable: called once a byte from other modules, an opaque call would cost ten times the read.
package struct WireReader: ~Escapable {
    @usableFromInline var rest: Span<UInt8>

    @inlinable @_lifetime(copy bytes)
    package init(_ bytes: Span<UInt8>) { rest = bytes }

    @inlinable package var isEmpty: Bool { rest.isEmpty }

    /// Bytes not yet read.
    @inlinable package var remaining: Int { rest.count }

    @inlinable @_lifetime(copy self)
    package mutating func bytes(_ count: Int, _ field: String) throws(DecodeError) -> Span<UInt8> {
        guard count >= 0, rest.count >= count else { throw DecodeError(.truncated, field) }
        let taken = rest.extracting(first: count)
        rest = rest.extracting(droppingFirst: count)
        return taken
    }

    /// A copy of the next `count` bytes.
    @inlinable package mutating func array(_ count: Int, _ field: String) throws(DecodeError) -> [UInt8] {
        [UInt8](copying: try bytes(count, field))
    }

    @inlinable package mutating func uint8(_ field: String) throws(DecodeError) -> UInt8 {
        try bytes(1, field)[0]
    }

    @inlinable package mutating func uint16(_ field: String) throws(DecodeError) -> UInt16 {
        let taken = try bytes(2, field)
        return UInt16(taken[0]) << 8 | UInt16(taken[1])
    }

    @inlinable package mutating func uint24(_ field: String) throws(DecodeError) -> Int {
        let taken = try bytes(3, field)
        return Int(taken[0]) << 16 | Int(taken[1]) << 8 | Int(taken[2])
    }

    @inlinable package mutating func uint32(_ field: String) throws(DecodeError) -> UInt32 {
        let taken = try bytes(4, field)
        return UInt32(taken[0]) << 24 | UInt32(taken[1]) << 16 | UInt32(taken[2]) << 8 | UInt32(taken[3])
    }

    /// The contents of `opaque field<bounds>` with a one-byte length.
    @inlinable @_lifetime(copy self)
    package mutating func vector8(
        _ field: String, _ bounds: ClosedRange<Int> = 0...255
    ) throws(DecodeError) -> WireReader {
        let count = Int(try uint8(field))
        guard bounds.contains(count) else { throw DecodeError(.lengthOutOfRange, field) }
        return WireReader(try bytes(count, field))
    }

    /// The contents of `opaque field<bounds>` with a two-byte length.
    @inlinable @_lifetime(copy self)
    package mutating func vector16(
        _ field: String, _ bounds: ClosedRange<Int> = 0...65535
    ) throws(DecodeError) -> WireReader {
        let count = Int(try uint16(field))
        guard bounds.contains(count) else { throw DecodeError(.lengthOutOfRange, field) }
        return WireReader(try bytes(count, field))
    }

    /// The contents of `opaque field<bounds>` with a three-byte length.
    @inlinable @_lifetime(copy self)
    package mutating func vector24(
        _ field: String, _ bounds: ClosedRange<Int> = 0...0xff_ffff
    ) throws(DecodeError) -> WireReader {
        let count = try uint24(field)
        guard bounds.contains(count) else { throw DecodeError(.lengthOutOfRange, field) }
        return WireReader(try bytes(count, field))
    }

    /// All bytes not yet read, as a copy; the reader is empty afterwards.
    @inlinable package mutating func restAsArray() -> [UInt8] {
        let copy = [UInt8](copying: rest)
        rest = rest.extracting(droppingFirst: rest.count)
        return copy
    }

    /// Throws when bytes are left: a structure must fill its length exactly.
    @inlinable package func end(_ field: String) throws(DecodeError) {
        guard isEmpty else { throw DecodeError(.trailingBytes, field) }
    }
}
