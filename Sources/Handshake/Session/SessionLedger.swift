// SessionLedger.swift — one shard of the memory store: sessions by binding, the bindings in the order of their use.
// RFC 8446 §4.6.1.
// Next: SessionCodec.swift.

package import WireFormat

/// Sessions under their bindings, bounded by number and by time. Not thread-safe: its owner holds a lock.
///
/// The bindings form a list from the one used longest ago to the one used last; its links are indices, so that nothing is
/// allocated when a binding moves.
package struct SessionLedger: Sendable {
    private struct Entry {
        var binding: SessionBinding
        /// The youngest last.
        var sessions: [Session]
        var older: Int?
        var newer: Int?
    }

    private let capacity: Int
    private let longestAge: UInt32
    private var places: [SessionBinding: Int] = [:]
    private var entries: [Entry] = []
    private var unused: [Int] = []
    private var oldest: Int?
    private var newest: Int?
    /// How many sessions there are.
    package private(set) var count = 0

    /// Sessions one binding may have: one server's tickets must not push everybody else's out.
    package static let sessionsPerBinding = 8

    /// Bindings that one call looks at to find out whether they have expired: more than it can add.
    private static let sweep = 2

    package init(capacity: Int, longestAge: UInt32) {
        self.capacity = capacity
        self.longestAge = longestAge
    }

    package mutating func store(_ session: Session, for binding: SessionBinding) {
        guard capacity > 0 else { return }
        if let place = places[binding] {
            entries[place].sessions.append(session)
            count += 1
            if entries[place].sessions.count > SessionLedger.sessionsPerBinding { removeFirst(at: place) }
            touch(place)
        } else {
            insert(Entry(binding: binding, sessions: [session]))
            count += 1
        }
        while count > capacity, let oldest { removeFirst(at: oldest) }
    }

    package mutating func take(for binding: SessionBinding, at now: UnixTime, timeout: UInt32) -> Session? {
        removeOldestExpired(at: now)
        guard let place = places[binding] else { return nil }
        keepUsable(at: place, now, timeout: timeout)
        guard let youngest = entries[place].sessions.last else {
            removeEntry(at: place)
            return nil
        }
        touch(place)
        if youngest.isSingleUse {
            entries[place].sessions.removeLast()
            count -= 1
            if entries[place].sessions.isEmpty { removeEntry(at: place) }
        }
        return youngest
    }

    package mutating func remove(for binding: SessionBinding) {
        if let place = places[binding] { removeEntry(at: place) }
    }

    package mutating func purge() { self = SessionLedger(capacity: capacity, longestAge: longestAge) }

    // MARK: Time

    package mutating func removeExpired(at now: UnixTime) {
        for place in Array(places.values) {
            keepUsable(at: place, now, timeout: longestAge)
            if entries[place].sessions.isEmpty { removeEntry(at: place) }
        }
    }

    /// Looks at the bindings used longest ago. Whatever was last used more than `longestAge` ago is at that end, so each
    /// session is gone that long after its binding's last use, provided that sessions are asked for at all.
    private mutating func removeOldestExpired(at now: UnixTime) {
        for _ in 0..<SessionLedger.sweep {
            guard let place = oldest else { return }
            keepUsable(at: place, now, timeout: longestAge)
            guard entries[place].sessions.isEmpty else { return }
            removeEntry(at: place)
        }
    }

    private mutating func keepUsable(at place: Int, _ now: UnixTime, timeout: UInt32) {
        let before = entries[place].sessions.count
        entries[place].sessions.removeAll { !$0.isUsable(at: now, timeout: timeout) }
        count -= before - entries[place].sessions.count
    }

    // MARK: The list

    private mutating func insert(_ entry: Entry) {
        let place: Int
        if let reused = unused.popLast() {
            place = reused
            entries[place] = entry
        } else {
            place = entries.count
            entries.append(entry)
        }
        places[entry.binding] = place
        linkAsNewest(place)
    }

    /// Drops a binding's oldest session, and the binding with its last one.
    private mutating func removeFirst(at place: Int) {
        entries[place].sessions.removeFirst()
        count -= 1
        if entries[place].sessions.isEmpty { removeEntry(at: place) }
    }

    private mutating func removeEntry(at place: Int) {
        unlink(place)
        count -= entries[place].sessions.count
        entries[place].sessions = []
        places[entries[place].binding] = nil
        unused.append(place)
    }

    private mutating func touch(_ place: Int) {
        guard newest != place else { return }
        unlink(place)
        linkAsNewest(place)
    }

    private mutating func linkAsNewest(_ place: Int) {
        entries[place].older = newest
        entries[place].newer = nil
        if let newest { entries[newest].newer = place } else { oldest = place }
        newest = place
    }

    private mutating func unlink(_ place: Int) {
        let (older, newer) = (entries[place].older, entries[place].newer)
        if let older { entries[older].newer = newer } else { oldest = newer }
        if let newer { entries[newer].older = older } else { newest = older }
    }
}
