// ReceiveBuffer.swift — octets from the transport; records are opened in place and handed out as ranges.
// RFC 8446 §5.1, §5.2 (the lengths that bound it).
// Next: RecordHeader.swift.

internal import WireFormat

/// Octets received from the transport and not processed yet. The caller owns it and lends it to the connection.
///
///     capacity
///     ├─ handed out / consumed ─┼─ unread ─┼─ free ─┤
///     0                       start       end
///
/// Application data is decrypted in place and handed out as a range of this buffer, so nothing is copied on the way in.
/// Not thread-safe: one connection uses it at a time.
public struct ReceiveBuffer: ~Copyable, Sendable {
    private var storage = AlignedBuffer()
    private var start = 0
    private var end = 0

    /// An empty buffer; memory is taken at the first use.
    public init() {}

    /// Octets received and not processed yet.
    public var unread: Int { end - start }

    /// Lets `body` write up to the free room, at least `minimum` octets of it, and returns how many it said it wrote.
    ///
    /// - Important: Ranges handed out before are invalid afterwards.
    @discardableResult
    public mutating func fill<E: Error>(
        atLeast minimum: Int, _ body: (inout MutableSpan<UInt8>) throws(E) -> Int
    ) throws(E) -> Int {
        reserve(max(1, minimum))
        let count = try fillFree(body)
        end += count
        return count
    }

    /// Copies `bytes` in; for tests and for callers whose transport hands them octets.
    ///
    /// - Important: Ranges handed out before are invalid afterwards.
    public mutating func append(_ bytes: Span<UInt8>) {
        guard !bytes.isEmpty else { return }
        reserve(bytes.count)
        var room = mutableBytes(in: end..<end + bytes.count)
        room.copy(bytes, at: 0)
        end += bytes.count
    }

    /// The octets of a range that the connection handed out; valid until the next `fill`, `append` or `releaseIfEmpty`.
    @_lifetime(borrow self)
    public func bytes(in range: Range<Int>) -> Span<UInt8> {
        precondition(range.lowerBound >= 0 && range.upperBound <= end)
        return storage.bytes(in: range)
    }

    /// Gives the memory back when nothing is unread: an idle connection then holds no buffer.
    ///
    /// - Important: Ranges handed out before are invalid afterwards.
    public mutating func releaseIfEmpty() {
        guard start == end else { return }
        storage = AlignedBuffer()
        start = 0
        end = 0
    }

    /// Where the unread octets are.
    package var unreadRange: Range<Int> { start..<end }

    /// The octets of `range`, for decryption in place.
    @inline(__always)
    @_lifetime(&self)
    package mutating func mutableBytes(in range: Range<Int>) -> MutableSpan<UInt8> {
        storage.mutableBytes(in: range)
    }

    /// Marks the first `count` unread octets as processed; they stay readable until the next `fill`.
    package mutating func consume(_ count: Int) {
        precondition(count >= 0 && count <= unread)
        start += count
    }

    /// Discards everything unread, after close_notify (RFC 8446 §6.1: data after it is ignored).
    package mutating func discardUnread() { start = end }

    private mutating func fillFree<E: Error>(
        _ body: (inout MutableSpan<UInt8>) throws(E) -> Int
    ) throws(E) -> Int {
        let room = storage.capacity - end
        var free = mutableBytes(in: end..<end + room)
        let count = try body(&free)
        precondition(count >= 0 && count <= room)
        return count
    }

    /// Makes room for `count` more octets: first by moving the unread ones to the front, then by a larger block.
    private mutating func reserve(_ count: Int) {
        if start == end {
            start = 0
            end = 0
        }
        if storage.capacity - end >= count { return }
        let unreadRange = start..<end
        if storage.capacity - unread >= count {
            storage.moveToFront(unreadRange)
        } else {
            // Doubling bounds the copies; the smallest block holds one full record (RFC 8446 §5.2: 5 + 2^14 + 256).
            storage = storage.grown(
                to: max(unread + count, 2 * storage.capacity, RecordLimits.ciphertextRecord), keeping: unreadRange)
        }
        end = unreadRange.count
        start = 0
    }
}
