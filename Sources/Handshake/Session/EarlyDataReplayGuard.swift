// EarlyDataReplayGuard.swift — early data is taken once: freshness, and a memory of what was taken.
// RFC 8446 §8.2, §8.3.
// Next: ServerSessionBinding.swift.

internal import Synchronization
package import WireFormat

/// Remembers the ClientHellos whose early data was taken, so that a copy of one is not taken again.
///
///     configuration.maxEarlyDataSize = 16_384
///     configuration.earlyDataReplayGuard = EarlyDataReplayGuard()
///
/// A ClientHello has to be fresh: what it says of its ticket's age agrees, within the window, with the time since the
/// ticket was made. Each is remembered for as long as a copy could pass for fresh. When there is no room to remember one
/// more, its early data is not taken, and the handshake goes on without it; nothing is forgotten early.
///
/// Thread-safe. All servers that accept the same tickets in one process share one guard: exactly one of them takes a given
/// ClientHello's early data. Between machines, and over restarts, there is nothing to share: a ticket names the guard of
/// the server that issued it, and other servers resume the session but do not take its early data.
public final class EarlyDataReplayGuard: Sendable {
    /// Seconds by which the age of a ticket may differ between what the client says and what the server knows.
    public let windowSeconds: UInt32
    /// The most ClientHellos that are remembered, about 40 octets each.
    public let entries: Int
    /// Tells this guard from those of other processes: random, never 0.
    package let identity: UInt64
    private let shards: [Shard]

    private static let shardCount = 16

    /// A guard that has seen nothing.
    ///
    /// - Parameters:
    ///   - windowSeconds: how exact the age has to be. RFC 8446 §8.3 names 10 seconds for clients on the Internet.
    ///   - entries: how many ClientHellos are remembered at most, each for twice the window and two seconds. By default
    ///     65,536: about 3,000 connections with early data a second.
    public init(windowSeconds: UInt32 = 10, entries: Int = 65_536) {
        self.windowSeconds = windowSeconds
        self.entries = max(entries, 0)
        identity = UInt64.random(in: 1...UInt64.max)
        let count = self.entries < 64 * EarlyDataReplayGuard.shardCount ? 1 : EarlyDataReplayGuard.shardCount
        // A ClientHello may be early by the whole window when it is first seen, and late by the whole window when a copy is
        // last fresh; the clocks tell whole seconds.
        let memory = 2 * Int64(windowSeconds) + 2
        let capacity = self.entries / count
        shards = (0..<count).map { _ in Shard(ReplayMemory(capacity: capacity, memory: memory)) }
    }

    /// How many ClientHellos are remembered now.
    public var count: Int { shards.reduce(0) { sum, shard in sum + shard.seen.withLock { $0.count } } }

    /// Whether the early data of this ClientHello is taken: true once at most for each binder.
    ///
    /// - Parameters:
    ///   - binder: the verified binder of the ticket (RFC 8446 §8.2): 32 octets or more, which nobody finds twice.
    ///   - ageDifferenceMilliseconds: the age the client says its ticket has, less the age that it has by our clock.
    ///   - now: the time by the server's clock.
    package func admits(_ binder: Span<UInt8>, ageDifferenceMilliseconds: Int64, at now: UnixTime) -> Bool {
        // RFC 8446 §8.3.
        guard ageDifferenceMilliseconds.magnitude <= UInt64(windowSeconds) * 1000, binder.count >= 16 else {
            return false
        }
        // A MAC cut to 128 bits: two that are alike lead to a refusal, never to a replay.
        var key = ReplayMemory.Key(high: 0, low: 0)
        for index in 0..<8 {
            key.high = key.high << 8 | UInt64(binder[index])
            key.low = key.low << 8 | UInt64(binder[8 + index])
        }
        let shard = shards[Int(UInt(bitPattern: key.hashValue) % UInt(shards.count))]
        return shard.seen.withLock { $0.admits(key, at: now) }
    }

    private final class Shard: Sendable {
        let seen: Mutex<ReplayMemory>
        init(_ memory: ReplayMemory) { seen = Mutex(memory) }
    }
}

/// One shard: what was seen, and when it may be forgotten, in a ring. Not thread-safe: its owner holds a lock.
struct ReplayMemory: Sendable {
    /// The beginning of a binder.
    struct Key: Hashable, Sendable {
        var high: UInt64
        var low: UInt64
    }

    private struct Entry {
        let key: Key
        /// The last second in which it is remembered.
        let end: Int64
    }

    private let capacity: Int
    private let memory: Int64
    private var seen: Set<Key> = []
    /// A ring from `first` on, in the order of their ends.
    private var order: [Entry] = []
    private var first = 0
    /// The latest time at which anything was forgotten: before it, nobody knows what had been seen.
    private var horizon = Int64.min

    init(capacity: Int, memory: Int64) {
        self.capacity = capacity
        self.memory = memory
    }

    var count: Int { seen.count }

    mutating func admits(_ key: Key, at now: UnixTime) -> Bool {
        // A clock that went back would make what was forgotten fresh again: nothing is taken until it has caught up.
        guard now.seconds >= horizon else { return false }
        forget(at: now.seconds)
        guard seen.count < capacity, seen.insert(key).inserted else { return false }
        append(Entry(key: key, end: now.seconds + memory))
        return true
    }

    private mutating func forget(at now: Int64) {
        while !seen.isEmpty {
            let entry = order[first]
            guard entry.end < now else { return }
            horizon = now
            seen.remove(entry.key)
            first = (first + 1) % order.count
        }
    }

    private mutating func append(_ entry: Entry) {
        let used = seen.count - 1
        if used < order.count {
            order[(first + used) % order.count] = entry
        } else {
            // Full as far as it goes: unrolled, if it is not, so that the next one follows the last.
            if first > 0 { order = Array(order[first...] + order[..<first]) }
            first = 0
            order.append(entry)
        }
    }
}
