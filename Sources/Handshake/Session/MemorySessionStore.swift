// MemorySessionStore.swift — the default session store: in memory, bounded, and used by many threads at once.
// RFC 8446 §4.6.1, App. C.4.
// Next: SessionLedger.swift.

internal import Synchronization
public import WireFormat

/// Keeps sessions in memory, at most so many; those of the bindings that were used longest ago go first.
///
/// Thread-safe. The bindings are spread over shards, each with a lock of its own that is held for a few hundred
/// nanoseconds, so that connections of many threads rarely wait for each other. Each shard has its part of the bound and
/// gives way to itself alone: a store may drop sessions a little before all of it is full.
public final class MemorySessionStore: SessionStore {
    /// The most sessions that are kept.
    public let entries: Int
    /// Seconds after which a session is dropped, whoever would still offer it.
    public let longestAge: UInt32
    private let shards: [Shard]

    /// An empty store.
    ///
    /// - Parameters:
    ///   - entries: how many sessions are kept at most; none when it is not positive.
    ///   - longestAge: seconds after which a session is dropped even when nobody asks for it. At most seven days, the
    ///     default (RFC 8446 §4.6.1).
    public init(entries: Int = 1024, longestAge: UInt32 = 604_800) {
        self.entries = max(entries, 0)
        self.longestAge = min(longestAge, Session.longestLifetime)
        // A shard with room for few would drop sessions while the others are empty.
        let count = max(1, min(MemorySessionStore.mostShards, entries / MemorySessionStore.sessionsPerShard))
        var shards: [Shard] = []
        for index in 0..<count {
            let capacity = self.entries / count + (index < self.entries % count ? 1 : 0)
            shards.append(Shard(SessionLedger(capacity: capacity, longestAge: self.longestAge)))
        }
        self.shards = shards
    }

    /// How many sessions there are now.
    public var count: Int { shards.reduce(0) { sum, shard in sum + shard.ledger.withLock { $0.count } } }

    public func store(_ session: Session, for binding: SessionBinding) {
        withLedger(of: binding) { $0.store(session, for: binding) }
    }

    public func take(for binding: SessionBinding, at now: UnixTime, timeout: UInt32) -> Session? {
        withLedger(of: binding) { $0.take(for: binding, at: now, timeout: timeout) }
    }

    public func remove(for binding: SessionBinding) {
        withLedger(of: binding) { $0.remove(for: binding) }
    }

    public func purge() {
        for shard in shards { shard.ledger.withLock { $0.purge() } }
    }

    /// Drops every session that nobody can use any more at this time. Taking does this by itself, a few
    /// bindings at a time; a program that makes no more connections can do all of it with this.
    public func removeExpired(at now: UnixTime) {
        for shard in shards { shard.ledger.withLock { $0.removeExpired(at: now) } }
    }

    /// The shard is chosen by a hash that is seeded anew in each process: who chooses the names that are connected to
    /// cannot choose their shard.
    private func withLedger<T>(of binding: SessionBinding, _ body: (inout SessionLedger) -> sending T) -> sending T {
        shards[Int(UInt(bitPattern: binding.hashValue) % UInt(shards.count))].ledger.withLock { body(&$0) }
    }

    private final class Shard: Sendable {
        let ledger: Mutex<SessionLedger>
        init(_ ledger: SessionLedger) { self.ledger = Mutex(ledger) }
    }

    private static let mostShards = 16
    private static let sessionsPerShard = 64
}
