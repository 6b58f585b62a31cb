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
public struct SendBuffer: ~Copyable, Sendable {
    private var storage = AlignedBuffer()
    private var start = 0
    private var end = 0

    /// An empty buffer; memory is taken at the first use.
    public init() {}

    /// Octets to put on the wire, oldest first.
    public var pending: Span<UInt8> {
        @_lifetime(borrow self)
        get { storage.bytes(in: start..<end) }
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
        guard start == end else { return }
        storage = AlignedBuffer()
        start = 0
        end = 0
    }

    /// Adds `count` octets of room at the end, already counted as pending, and says where they are.
    @inline(__always)
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

    /// Wipes and takes back the octets reserved last: a record that could not be sealed would be plaintext on the wire.
    @inline(never)
    mutating func takeBack(_ range: Range<Int>) {
        var record = mutableBytes(in: range)
        record.wipe()
        unreserve(range.count)
    }

    /// The octets of `range`, for encryption in place.
    @inline(__always)
    @_lifetime(&self)
    package mutating func mutableBytes(in range: Range<Int>) -> MutableSpan<UInt8> {
        storage.mutableBytes(in: range)
    }

    /// Sees to it that the next `count` octets can be reserved without moving what is pending.
    @inline(__always)
    package mutating func makeRoom(_ count: Int) {
        if storage.capacity - end < count { moveOrGrow(count) }
    }

    @inline(never)
    private mutating func moveOrGrow(_ count: Int) {
        let pendingRange = start..<end
        if storage.capacity - pendingCount >= count {
            storage.moveToFront(pendingRange)
        } else {
            // Doubling bounds the copies; the first block holds a flight of the handshake.
            storage = storage.grown(
                to: max(pendingCount + count, 2 * storage.capacity, 1024), keeping: pendingRange)
        }
        end = pendingRange.count
        start = 0
    }
}
