// WireWriter.swift — builds messages; a length prefix is written when its scope closes.
// RFC 8446 §3.
// Next: MemoryCopy.swift.

/// Appends RFC 8446 §3 structures. A vector outside its bounds, or longer than its prefix can say, is remembered and
/// refused by `finish()`: what `WireReader` would refuse is never sent.
package struct WireWriter {
    @usableFromInline var storage: [UInt8] = []
    @usableFromInline var refused: String?

    @inlinable package init(reservingCapacity capacity: Int = 0) { storage.reserveCapacity(capacity) }

    @inlinable package var count: Int { storage.count }

    @inlinable package mutating func uint8(_ value: UInt8) { storage.append(value) }

    @inlinable package mutating func uint16(_ value: UInt16) {
        storage.append(UInt8(truncatingIfNeeded: value >> 8))
        storage.append(UInt8(truncatingIfNeeded: value))
    }

    /// A value of 0 to 2^24-1; another makes `finish()` throw.
    @inlinable package mutating func uint24(_ value: Int) {
        if value >> 24 != 0 { refuse("uint24") }
        storage.append(UInt8(truncatingIfNeeded: value >> 16))
        storage.append(UInt8(truncatingIfNeeded: value >> 8))
        storage.append(UInt8(truncatingIfNeeded: value))
    }

    @inlinable package mutating func uint32(_ value: UInt32) {
        uint16(UInt16(truncatingIfNeeded: value >> 16))
        uint16(UInt16(truncatingIfNeeded: value))
    }

    @inlinable package mutating func bytes(_ value: [UInt8]) { storage.append(contentsOf: value) }

    @inlinable package mutating func bytes(_ value: Span<UInt8>) { storage.append(copying: value) }

    @inlinable package mutating func vector8(
        _ field: String, _ bounds: ClosedRange<Int> = 0...255, _ body: (inout WireWriter) -> Void
    ) {
        vector(prefix: 1, field, bounds, body)
    }

    @inlinable package mutating func vector16(
        _ field: String, _ bounds: ClosedRange<Int> = 0...65535, _ body: (inout WireWriter) -> Void
    ) {
        vector(prefix: 2, field, bounds, body)
    }

    @inlinable package mutating func vector24(
        _ field: String, _ bounds: ClosedRange<Int> = 0...0xff_ffff, _ body: (inout WireWriter) -> Void
    ) {
        vector(prefix: 3, field, bounds, body)
    }

    /// Makes `finish()` throw: `field` has a length that the presentation language does not allow.
    @inlinable package mutating func refuse(_ field: String) { refused = refused ?? field }

    /// The bytes written.
    ///
    /// - Throws: `DecodeError(.lengthOutOfRange)` naming the first field that was outside its bounds.
    package consuming func finish() throws(DecodeError) -> [UInt8] {
        if let refused { throw DecodeError(.lengthOutOfRange, refused) }
        return storage
    }

    @usableFromInline mutating func vector(
        prefix: Int, _ field: String, _ bounds: ClosedRange<Int>, _ body: (inout WireWriter) -> Void
    ) {
        let start = storage.count
        for _ in 0..<prefix { storage.append(0) }
        body(&self)
        let length = storage.count - start - prefix
        if length >= 1 << (8 * prefix) || !bounds.contains(length) { refuse(field) }
        for index in 0..<prefix {
            storage[start + index] = UInt8(truncatingIfNeeded: length >> (8 * (prefix - 1 - index)))
        }
    }
}
