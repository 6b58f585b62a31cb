// MemoryServerSessionCacheTests.swift — bounds, order, single use, time, threads.
// RFC 5246 App. F.1.4; RFC 8446 §8.1.
// Next: EarlyDataReplayGuardTests.swift.

import Certificates
import Foundation
import Handshake
import TestSupport
import Testing
import WireFormat

@Suite("MemoryServerSessionCache")
struct MemoryServerSessionCacheTests {
    private static let now = ServerSessionSamples.start

    private static func id(_ number: Int) -> [UInt8] {
        var octets = [UInt8](repeating: 0, count: 34)
        for index in 0..<8 { octets[index] = UInt8(truncatingIfNeeded: number >> (8 * index)) }
        return octets
    }

    private static func take(
        _ cache: MemoryServerSessionCache, _ number: Int, at seconds: Int64 = 0, timeout: UInt32 = 600
    ) -> ServerSession? {
        cache.take(id: id(number), at: ServerSessionSamples.after(seconds), timeout: timeout)
    }

    @Test("RFC 8446 §8.1: a TLS 1.3 session is given out once; one of TLS 1.2 again and again")
    func singleUse() throws {
        let cache = MemoryServerSessionCache()
        cache.store(try ServerSessionSamples.session(), id: Self.id(1), at: Self.now)
        cache.store(try ServerSessionSamples.session(.tls12), id: Self.id(2), at: Self.now)
        #expect(Self.take(cache, 1)?.version == .tls13)
        #expect(Self.take(cache, 1) == nil)
        for _ in 0..<3 { #expect(Self.take(cache, 2)?.version == .tls12) }
        #expect(Self.take(cache, 3) == nil)
        #expect(cache.take(id: [], at: Self.now, timeout: 600) == nil)
        #expect(cache.count == 1)
    }

    @Test("T-36: looking for a session uses none up, and finds what could be taken")
    func find() throws {
        let cache = MemoryServerSessionCache()
        func find(_ number: Int, at seconds: Int64 = 0, timeout: UInt32 = 600) -> ServerSession? {
            cache.find(id: Self.id(number), at: ServerSessionSamples.after(seconds), timeout: timeout)
        }
        cache.store(try ServerSessionSamples.session(), id: Self.id(1), at: Self.now)
        cache.store(try ServerSessionSamples.session(.tls12), id: Self.id(2), at: Self.now)
        for _ in 0..<2 {
            #expect(find(1)?.version == .tls13)
            #expect(find(2)?.version == .tls12)
        }
        #expect(find(1, at: 11, timeout: 10) == nil)
        #expect(find(1, at: -1) == nil)
        #expect(find(3) == nil)
        #expect(Self.take(cache, 1) != nil)
        #expect(find(1) == nil)
        #expect(cache.count == 1)
    }

    @Test("T-36: 10^6 inserts stay within the bound, and the memory of those that had to go is given back")
    func bounded() throws {
        let isSanitized = ProcessInfo.processInfo.environment["SANITIZED_TESTS"] != nil
        let cache = MemoryServerSessionCache(entries: 1000)
        weak var first: ServerSession?
        let session = try ServerSessionSamples.session()
        for number in 0..<(isSanitized ? 100_000 : 1_000_000) {
            if number == 0 {
                let own = try ServerSessionSamples.session()
                first = own
                cache.store(own, id: Self.id(number), at: Self.now)
            } else {
                cache.store(session, id: Self.id(number), at: Self.now)
            }
            if number.isMultiple(of: 50_000) { #expect(cache.count <= 1000) }
        }
        #expect(cache.count <= 1000)
        #expect(cache.count > 900)
        #expect(first == nil)
    }

    @Test("T-36: long certificates of clients do not make the cache grow beyond its octets")
    func octets() throws {
        let session = try ServerSessionSamples.session(.tls13, ServerSessionSamples.authenticate)
        let cost = (session.facts.peerCertificates + session.facts.validatedPath)
            .reduce(512) { $0 + $1.derEncoded.count }
        let cache = MemoryServerSessionCache(entries: 50, octets: 3 * cost + cost / 2)
        for number in 0..<10 { cache.store(session, id: Self.id(number), at: Self.now) }
        #expect((0..<10).filter { Self.take(cache, $0) != nil } == [7, 8, 9])
        // What was given out has given its room back.
        for number in 0..<3 { cache.store(session, id: Self.id(number), at: Self.now) }
        #expect(cache.count == 3)
        // One that has no room at all drives nobody out.
        let long = try ServerSessionSamples.session { facts in
            try ServerSessionSamples.authenticate(&facts)
            for _ in 0..<5 { facts.peerCertificates += facts.peerCertificates }
        }
        cache.store(long, id: Self.id(99), at: Self.now)
        #expect(cache.count == 3)
        #expect(Self.take(cache, 99) == nil)
    }

    @Test("the session used longest ago goes first", arguments: [1, 4, 63])
    func leastRecentlyUsed(entries: Int) throws {
        let cache = MemoryServerSessionCache(entries: entries)
        let session = try ServerSessionSamples.session(.tls12)
        for number in 0..<entries { cache.store(session, id: Self.id(number), at: Self.now) }
        // Using the oldest saves it.
        if entries > 1 { #expect(Self.take(cache, 0) != nil) }
        cache.store(session, id: Self.id(entries), at: Self.now)
        #expect(cache.count == entries)
        let left = (0...entries).filter { Self.take(cache, $0) != nil }
        #expect(left == (entries == 1 ? [1] : [0] + Array(2...entries)))
    }

    @Test("T-36: any sequence of calls leaves what a plain list would leave")
    func model() throws {
        var ledger = ServerSessionLedger(capacity: 12, octets: .max, longestAge: 604_800)
        // From the one used longest ago to the one used last.
        var model: [(number: Int, session: ServerSession)] = []
        var random = SystemRandomNumberGenerator()
        for _ in 0..<4000 {
            let number = Int.random(in: 0..<20, using: &random)
            let key = ServerSessionLedger.Key(Self.id(number))
            let place = model.firstIndex { $0.number == number }
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6:
                let session = try ServerSessionSamples.session(Bool.random(using: &random) ? .tls13 : .tls12)
                ledger.store(session, for: key, at: Self.now)
                if let place { model.remove(at: place) }
                model.append((number, session))
                if model.count > 12 { model.removeFirst() }
            case 6..<9:
                let session = ledger.take(for: key, at: Self.now, timeout: 600)
                #expect(session.map(ObjectIdentifier.init) == place.map { ObjectIdentifier(model[$0].session) })
                if let place {
                    let entry = model.remove(at: place)
                    if !entry.session.isSingleUse { model.append(entry) }
                }
            default:
                ledger.remove(for: key)
                if let place { model.remove(at: place) }
            }
            #expect(ledger.count == model.count)
        }
    }

    @Test("T-36: what has expired goes with time, not only with size; also when nobody asks for it")
    func expired() throws {
        let cache = MemoryServerSessionCache(entries: 60, longestAge: 100)
        for number in 0..<50 { cache.store(try ServerSessionSamples.session(), id: Self.id(number), at: Self.now) }
        #expect(cache.count == 50)
        // Each call looks at a few, whatever it asks for.
        for _ in 0..<25 { #expect(Self.take(cache, 99, at: 101) == nil) }
        #expect(cache.count == 0)
        for number in 0..<50 {
            let session = try ServerSessionSamples.session { facts in
                facts.createdAt = ServerSessionSamples.after(Int64(number))
            }
            cache.store(session, id: Self.id(number), at: session.createdAt)
        }
        cache.removeExpired(at: ServerSessionSamples.after(110))
        #expect(cache.count == 40)
        // Storing looks too.
        for number in 100..<120 {
            let session = try ServerSessionSamples.session { $0.createdAt = ServerSessionSamples.after(300) }
            cache.store(session, id: Self.id(number), at: session.createdAt)
        }
        #expect(cache.count == 20)
    }

    @Test("T-33: a session that is too old for the one who asks is dropped, and so is one from the future")
    func timeout() throws {
        let cache = MemoryServerSessionCache()
        for (seconds, timeout) in [(11, 10), (0, 0), (-1, 600)] as [(Int64, UInt32)] {
            cache.store(try ServerSessionSamples.session(.tls12), id: Self.id(1), at: Self.now)
            #expect(Self.take(cache, 1, at: seconds, timeout: timeout) == nil)
            #expect(cache.count == 0)
        }
    }

    @Test(
        "sessions can be dropped by identifier and altogether; a cache of no entries keeps none", arguments: [0, -1, 5])
    func removal(entries: Int) throws {
        let cache = MemoryServerSessionCache(entries: entries)
        let session = try ServerSessionSamples.session()
        for number in 0..<3 { cache.store(session, id: Self.id(number), at: Self.now) }
        #expect(cache.count == (entries > 0 ? 3 : 0))
        cache.remove(id: Self.id(1))
        cache.remove(id: Self.id(7))
        #expect(cache.count == (entries > 0 ? 2 : 0))
        #expect(Self.take(cache, 1) == nil)
        cache.purge()
        #expect(cache.count == 0)
        #expect(Self.take(cache, 0) == nil)
    }

    @Test("T-49: identifiers are one and the same only when all their octets are")
    func identifiers() throws {
        let cache = MemoryServerSessionCache()
        let whole = Self.id(1)
        cache.store(try ServerSessionSamples.session(.tls12), id: whole, at: Self.now)
        for index in whole.indices {
            var other = whole
            other[index] ^= 1
            #expect(cache.take(id: other, at: Self.now, timeout: 600) == nil)
            #expect(cache.take(id: Array(whole[..<index]), at: Self.now, timeout: 600) == nil)
        }
        #expect(cache.take(id: whole + [0], at: Self.now, timeout: 600) == nil)
        #expect(cache.take(id: whole, at: Self.now, timeout: 600) != nil)
    }

    @Test(
        "RFC 8446 §8.1: of many threads with the same identifiers, each session reaches one", .timeLimit(.minutes(10)))
    func threads() async throws {
        let cache = MemoryServerSessionCache()
        let sessions = try (0..<2000).map { _ in try ServerSessionSamples.session() }
        for (number, session) in sessions.enumerated() { cache.store(session, id: Self.id(number), at: Self.now) }
        let taken = Tallies<ObjectIdentifier>()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for number in 0..<2000 {
                        guard let session = Self.take(cache, number) else { continue }
                        taken.add(ObjectIdentifier(session))
                    }
                }
            }
        }
        #expect(taken.all == [Int](repeating: 1, count: 2000))
    }
}
