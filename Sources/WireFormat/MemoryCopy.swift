// MemoryCopy.swift — the one file that copies and wipes memory in bulk.
// The standard library has no bulk copy between spans yet, and no wipe that the optimiser must keep.
// Next: ContentType.swift.

import Glibc

extension Array where Element == UInt8 {
    /// A copy of `bytes`.
    public init(copying bytes: Span<UInt8>) {
        self = unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) }
    }

    /// Appends a copy of `bytes`.
    public mutating func append(copying bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}

extension MutableSpan where Element == UInt8 {
    /// Copies all of `source` to `offset`. Traps when it does not fit: the caller has reserved the room.
    @inlinable @inline(__always)
    package mutating func copy(_ source: Span<UInt8>, at offset: Int) {
        precondition(offset >= 0 && source.count <= count - offset)
        unsafe withUnsafeMutableBufferPointer { target in
            unsafe source.withUnsafeBufferPointer { source in
                guard let from = source.baseAddress, let to = target.baseAddress else { return }
                unsafe (to + offset).update(from: from, count: source.count)
            }
        }
    }

    /// Moves `range` of this span to `offset`; the two may overlap.
    package mutating func move(_ range: Range<Int>, to offset: Int) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        precondition(offset >= 0 && range.count <= count - offset)
        unsafe withUnsafeMutableBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return }
            unsafe memmove(base + offset, base + range.lowerBound, range.count)
        }
    }

    /// Overwrites every byte with zero in a way the optimiser may not remove.
    package mutating func wipe() {
        unsafe withUnsafeMutableBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return }
            unsafe explicit_bzero(base, bytes.count)
        }
    }
}
