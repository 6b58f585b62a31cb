// ServerSessionLedger.swift — one shard of the server's cache: sessions by identifier, in the order of their use.
// RFC 5246 App. F.1.4.
// Next: EarlyDataReplayGuard.swift.

internal import Certificates
internal import CryptoGlue
package import WireFormat

/// Sessions under their identifiers, bounded by number, by octets and by time. Not thread-safe: its owner holds a lock.
///
/// The sessions form a list from the one used longest ago to the one used last; its links are indices, so that nothing is
/// allocated when a session moves.
package struct ServerSessionLedger: Sendable {
    /// An identifier. Found by Swift's hash, which is seeded anew in each process, and compared in constant time.
    package struct Key: Hashable, Sendable {
        let octets: [UInt8]

        package init(_ octets: [UInt8]) { self.octets = octets }

        package static func == (left: Key, right: Key) -> Bool {
            ConstantTime.equal(left.octets.span, right.octets.span)
        }

        package func hash(into hasher: inout Hasher) { hasher.combine(octets) }
    }

    private struct Entry {
        var key: Key
        var session: ServerSession?
        var octets: Int
        var older: Int?
        var newer: Int?
    }

    private let capacity: Int
    private let mostOctets: Int
    private let longestAge: UInt32
    private var places: [Key: Int] = [:]
    private var entries: [Entry] = []
    private var unused: [Int] = []
    private var oldest: Int?
    private var newest: Int?
    private var octets = 0

    /// Entries that one call looks at to find out whether they have expired: more than it can add.
    private static let sweep = 2
    /// About what a session without certificates takes, with its place here.
    private static let octetsPerSession = 512

    package init(capacity: Int, octets: Int, longestAge: UInt32) {
        self.capacity = capacity
        mostOctets = octets
        self.longestAge = longestAge
    }

    /// How many sessions there are.
    package var count: Int { places.count }

    package mutating func store(_ session: ServerSession, for key: Key, at now: UnixTime) {
        removeOldestExpired(at: now)
        remove(for: key)
        let cost = ServerSessionLedger.cost(of: session)
        guard capacity > 0, cost <= mostOctets else { return }
        while let oldest, count >= capacity || octets + cost > mostOctets { removeEntry(at: oldest) }
        insert(Entry(key: key, session: session, octets: cost))
        octets += cost
    }

    package func find(for key: Key, at now: UnixTime, timeout: UInt32) -> ServerSession? {
        guard let place = places[key], let session = entries[place].session,
            session.isUsable(at: now, timeout: min(timeout, longestAge))
        else { return nil }
        return session
    }

    package mutating func take(for key: Key, at now: UnixTime, timeout: UInt32) -> ServerSession? {
        removeOldestExpired(at: now)
        guard let place = places[key], let session = entries[place].session else { return nil }
        guard session.isUsable(at: now, timeout: min(timeout, longestAge)) else {
            removeEntry(at: place)
            return nil
        }
        if session.isSingleUse { removeEntry(at: place) } else { touch(place) }
        return session
    }

    package mutating func remove(for key: Key) {
        if let place = places[key] { removeEntry(at: place) }
    }

    package mutating func purge() {
        self = ServerSessionLedger(capacity: capacity, octets: mostOctets, longestAge: longestAge)
    }

    /// What the session's memory counts: a certificate that two sessions share counts twice.
    private static func cost(of session: ServerSession) -> Int {
        let certificates = session.facts.peerCertificates + session.facts.validatedPath
        let key = session.facts.peerRawPublicKey?.derEncoded.count ?? 0
        return certificates.reduce(octetsPerSession + key) { $0 + $1.derEncoded.count }
    }

    // MARK: Time

    package mutating func removeExpired(at now: UnixTime) {
        for place in Array(places.values) where !isUsable(at: place, now) { removeEntry(at: place) }
    }

    /// Looks at the sessions used longest ago. Whatever was last used more than `longestAge` ago is at that end, so each
    /// session is gone that long after its last use, provided that the cache is used at all.
    private mutating func removeOldestExpired(at now: UnixTime) {
        for _ in 0..<ServerSessionLedger.sweep {
            guard let place = oldest, !isUsable(at: place, now) else { return }
            removeEntry(at: place)
        }
    }

    private func isUsable(at place: Int, _ now: UnixTime) -> Bool {
        entries[place].session?.isUsable(at: now, timeout: longestAge) ?? false
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
        places[entry.key] = place
        linkAsNewest(place)
    }

    private mutating func removeEntry(at place: Int) {
        unlink(place)
        octets -= entries[place].octets
        // The session goes now, not when its place is used again.
        entries[place].session = nil
        places[entries[place].key] = nil
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
