// SendBuffer.swift — octets for the transport; records are sealed directly into it.
// RFC 8446 §5.1, §5.2.
// Next: SocketProvider, SecureSocket.swift.

internal import WireFormat

/// Octets that have to go out on the transport, oldest first. The caller owns it and lends it to the connection.
///
///     capacity
///     ├─ sent ─┼─ pending ─┼─ free ─┤
///     0      start        end
///
/// Application data is copied once, into this buffer, and encrypted there. Not thread-safe: one connection uses it at a
/// time.
@safe public struct SendBuffer: ~Copyable, @unchecked Sendable {
    private var storage: UnsafeMutableBufferPointer<UInt8>
    private var capacity = 0
    private var start = 0
    private var end = 0

    /// An empty buffer; memory is taken at the first use.
    public init() { unsafe storage = UnsafeMutableBufferPointer(start: nil, count: 0) }

    deinit { unsafe storage.deallocate() }

    /// Octets to put on the wire, oldest first.
    public var pending: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let slice = unsafe UnsafeBufferPointer(rebasing: storage[start..<end])
            return unsafe _overrideLifetime(Span(_unsafeElements: slice), borrowing: self)
        }
    }

    /// How many octets are pending.
    public var pendingCount: Int { end - start }

    /// Tells that the first `count` pending octets went out.
    public mutating func discard(_ count: Int) {
        precondition(count >= 0 && count <= pendingCount)
        start += count
        if start == end {
            start = 0
            end = 0
        }
    }

    /// Appends octets as they are.
    public mutating func append(_ bytes: Span<UInt8>) {
        guard !bytes.isEmpty else { return }
        let range = reserve(bytes.count)
        var room = mutableBytes(in: range)
        room.copy(bytes, at: 0)
    }

    /// Gives the memory back when nothing is pending.
    public mutating func releaseIfEmpty() {
        guard start == end, capacity > 0 else { return }
        unsafe storage.deallocate()
        unsafe storage = UnsafeMutableBufferPointer(start: nil, count: 0)
        capacity = 0
        start = 0
        end = 0
    }

    /// Adds `count` octets of room at the end, already counted as pending, and says where they are.
    package mutating func reserve(_ count: Int) -> Range<Int> {
        makeRoom(count)
        end += count
        return end - count..<end
    }

    /// Takes back the last `count` octets reserved, when a record could not be sealed.
    package mutating func unreserve(_ count: Int) {
        precondition(count >= 0 && count <= pendingCount)
        end -= count
    }

    /// The octets of `range`, for encryption in place.
    @_lifetime(&self)
    package mutating func mutableBytes(in range: Range<Int>) -> MutableSpan<UInt8> {
        precondition(range.lowerBound >= 0 && range.upperBound <= capacity)
        let slice = unsafe UnsafeMutableBufferPointer(rebasing: storage[range])
        return unsafe _overrideLifetime(MutableSpan(_unsafeElements: slice), mutating: &self)
    }

    /// Sees to it that the next `count` octets can be reserved without moving what is pending.
    package mutating func makeRoom(_ count: Int) {
        if capacity - end >= count { return }
        let pendingRange = start..<end
        if capacity - pendingCount >= count {
            var all = mutableBytes(in: 0..<capacity)
            all.move(pendingRange, to: 0)
        } else {
            let grown = max(pendingCount + count, 2 * capacity, 1024)
            let larger = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: grown)
            unsafe larger.initialize(repeating: 0)
            let old = unsafe storage
            var target = unsafe MutableSpan(_unsafeElements: larger)
            target.copy(pending, at: 0)
            unsafe storage = larger
            unsafe old.deallocate()
            capacity = grown
        }
        end = pendingRange.count
        start = 0
    }
}
