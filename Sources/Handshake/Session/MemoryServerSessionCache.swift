// MemoryServerSessionCache.swift — a server's sessions in memory, bounded, and used by many threads at once.
// RFC 5246 App. F.1.4; RFC 8446 §8.1.
// Next: ServerSessionLedger.swift.

internal import Synchronization
public import WireFormat

/// Keeps sessions in memory, at most so many; those that were used longest ago go first.
///
///     configuration.sessionCache = MemoryServerSessionCache(entries: 50_000)
///
/// Thread-safe. The sessions are spread over shards, each with a lock of its own that is held for a few hundred
/// nanoseconds, so that connections of many threads rarely wait for each other. Each shard has its part of both bounds and
/// gives way to itself alone: a cache may drop sessions a little before all of it is full.
public final class MemoryServerSessionCache: ServerSessionCache {
    /// The most sessions that are kept.
    public let entries: Int
    /// The most octets that their clients' certificates, and half a kilobyte for each session, come to.
    public let octets: Int
    /// Seconds after which a session is dropped, whoever would still resume it.
    public let longestAge: UInt32
    private let shards: [Shard]

    /// An empty cache.
    ///
    /// - Parameters:
    ///   - entries: how many sessions are kept at most; none when it is not positive.
    ///   - octets: how much memory they take at most; 64 MiB by default. Clients choose how long their certificates are.
    ///   - longestAge: seconds after which a session is dropped even when nobody asks for it. At most seven days, the
    ///     default (RFC 8446 §4.6.1).
    public init(entries: Int = 20_480, octets: Int = 64 * 1024 * 1024, longestAge: UInt32 = 604_800) {
        self.entries = max(entries, 0)
        self.octets = max(octets, 0)
        self.longestAge = min(longestAge, ServerSession.longestLifetime)
        // A shard with room for few would drop sessions while the others are empty.
        let count = max(
            1, min(MemoryServerSessionCache.mostShards, self.entries / MemoryServerSessionCache.sessionsPerShard))
        var shards: [Shard] = []
        for index in 0..<count {
            let capacity = self.entries / count + (index < self.entries % count ? 1 : 0)
            shards.append(
                Shard(ServerSessionLedger(capacity: capacity, octets: self.octets / count, longestAge: self.longestAge))
            )
        }
        self.shards = shards
    }

    /// How many sessions there are now.
    public var count: Int { shards.reduce(0) { sum, shard in sum + shard.ledger.withLock { $0.count } } }

    public func store(_ session: ServerSession, id: [UInt8], at now: UnixTime) {
        let key = ServerSessionLedger.Key(id)
        shard(of: key).ledger.withLock { $0.store(session, for: key, at: now) }
    }

    public func find(id: [UInt8], at now: UnixTime, timeout: UInt32) -> ServerSession? {
        let key = ServerSessionLedger.Key(id)
        return shard(of: key).ledger.withLock { $0.find(for: key, at: now, timeout: timeout) }
    }

    public func take(id: [UInt8], at now: UnixTime, timeout: UInt32) -> ServerSession? {
        let key = ServerSessionLedger.Key(id)
        return shard(of: key).ledger.withLock { $0.take(for: key, at: now, timeout: timeout) }
    }

    public func remove(id: [UInt8]) {
        let key = ServerSessionLedger.Key(id)
        shard(of: key).ledger.withLock { $0.remove(for: key) }
    }

    public func purge() {
        for shard in shards { shard.ledger.withLock { $0.purge() } }
    }

    /// Drops every session that nobody can use any more at this time. Storing and taking do this by themselves, a few at a
    /// time; a server that rests can do all of it with this.
    public func removeExpired(at now: UnixTime) {
        for shard in shards { shard.ledger.withLock { $0.removeExpired(at: now) } }
    }

    /// The shard is chosen by a hash that is seeded anew in each process: a client that chooses what it sends cannot choose
    /// the shard.
    private func shard(of key: ServerSessionLedger.Key) -> Shard {
        shards[Int(UInt(bitPattern: key.hashValue) % UInt(shards.count))]
    }

    private final class Shard: Sendable {
        let ledger: Mutex<ServerSessionLedger>
        init(_ ledger: ServerSessionLedger) { self.ledger = Mutex(ledger) }
    }

    private static let mostShards = 16
    private static let sessionsPerShard = 64
}
