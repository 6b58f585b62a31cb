// AlignedBuffer.swift — the memory under the receive and the send buffer.
// RFC 8446 §5.1, §5.2.
// Next: ReceiveBuffer.swift.

internal import WireFormat

/// One block of memory, given back when its owner is done; the empty one takes none.
///
/// Index 5, where the content of a record at the front begins, lies on a cache line: ciphers work on blocks of 16 to 64
/// octets, and those that straddle two lines cost one part in twenty of the time of a full record.
@safe struct AlignedBuffer: ~Copyable, @unchecked Sendable {
    private static let line = 64
    private static let lead = line - RecordLimits.header
    private let storage: UnsafeMutableBufferPointer<UInt8>

    /// Takes `capacity` octets, all zero.
    init(capacity: Int = 0) {
        guard capacity > 0 else {
            unsafe storage = UnsafeMutableBufferPointer(start: nil, count: 0)
            return
        }
        let block = UnsafeMutableRawBufferPointer.allocate(
            byteCount: AlignedBuffer.lead + capacity, alignment: AlignedBuffer.line)
        let octets = unsafe block.initializeMemory(as: UInt8.self, repeating: 0)
        unsafe storage = UnsafeMutableBufferPointer(rebasing: octets[AlignedBuffer.lead...])
    }

    deinit {
        guard let base = unsafe storage.baseAddress else { return }
        unsafe UnsafeMutableRawPointer(base - AlignedBuffer.lead).deallocate()
    }

    var capacity: Int { unsafe storage.count }

    @inline(__always)
    @_lifetime(borrow self)
    func bytes(in range: Range<Int>) -> Span<UInt8> {
        precondition(range.lowerBound >= 0 && range.upperBound <= capacity)
        let slice = unsafe UnsafeBufferPointer(rebasing: storage[range])
        return unsafe _overrideLifetime(Span(_unsafeElements: slice), borrowing: self)
    }

    @inline(__always)
    @_lifetime(&self)
    mutating func mutableBytes(in range: Range<Int>) -> MutableSpan<UInt8> {
        precondition(range.lowerBound >= 0 && range.upperBound <= capacity)
        let slice = unsafe UnsafeMutableBufferPointer(rebasing: storage[range])
        return unsafe _overrideLifetime(MutableSpan(_unsafeElements: slice), mutating: &self)
    }

    /// Moves the octets of `range` to the front.
    mutating func moveToFront(_ range: Range<Int>) {
        var all = mutableBytes(in: 0..<capacity)
        all.move(range, to: 0)
    }

    /// A block of `capacity` octets that begins with a copy of `range` of this one.
    func grown(to capacity: Int, keeping range: Range<Int>) -> AlignedBuffer {
        var larger = AlignedBuffer(capacity: capacity)
        var front = larger.mutableBytes(in: 0..<range.count)
        front.copy(bytes(in: range), at: 0)
        return larger
    }
}
