// MemorySessionStoreTests.swift — bounds, order, single use, time, threads.
// RFC 8446 §4.6.1, App. C.4.
// Next: SessionCodecTests.swift.

import Foundation
import Handshake
import Synchronization
import Testing
import WireFormat

@Suite("MemorySessionStore")
struct MemorySessionStoreTests {
    private static let now = SessionSamples.start

    @Test("RFC 8446 App. C.4: a TLS 1.3 session is given out once, the youngest first; one of TLS 1.2 again and again")
    func singleUse() throws {
        let store = MemorySessionStore()
        let binding = SessionSamples.binding()
        for seconds in [0, 2, 1] {
            store.store(try SessionSamples.session(receivedAt: SessionSamples.after(Int64(seconds))), for: binding)
        }
        // They are kept in the order in which they came.
        for expected in [1, 2, 0] {
            let session = try #require(store.take(for: binding, at: SessionSamples.after(3), timeout: 600))
            #expect(session.receivedAt == SessionSamples.after(Int64(expected)))
        }
        #expect(store.take(for: binding, at: Self.now, timeout: 600) == nil)
        #expect(store.count == 0)
        store.store(try SessionSamples.session(.tls12), for: binding)
        for _ in 0..<3 { #expect(store.take(for: binding, at: Self.now, timeout: 600)?.version == .tls12) }
        #expect(store.count == 1)
    }

    @Test("T-36: 10^6 inserts stay within the bound, and the memory of those that had to go is given back")
    func bounded() throws {
        let isSanitized = ProcessInfo.processInfo.environment["SANITIZED_TESTS"] != nil
        let store = MemorySessionStore(entries: 1000)
        #expect(store.entries == 1000)
        weak var first: Session?
        let session = try SessionSamples.session()
        for number in 0..<(isSanitized ? 100_000 : 1_000_000) {
            if number == 0 {
                let own = try SessionSamples.session()
                first = own
                store.store(own, for: SessionSamples.binding(number))
            } else {
                store.store(session, for: SessionSamples.binding(number))
            }
            if number.isMultiple(of: 50_000) { #expect(store.count <= 1000) }
        }
        #expect(store.count <= 1000)
        #expect(store.count > 900)
        #expect(first == nil)
    }

    @Test("T-36: one server's tickets do not push everybody else's out")
    func perBinding() throws {
        let store = MemorySessionStore(entries: 64)
        store.store(try SessionSamples.session(), for: SessionSamples.binding(1))
        let session = try SessionSamples.session()
        for _ in 0..<1000 { store.store(session, for: SessionSamples.binding(2)) }
        #expect(store.count == 1 + SessionLedger.sessionsPerBinding)
        #expect(store.take(for: SessionSamples.binding(1), at: Self.now, timeout: 600) != nil)
    }

    @Test("the binding used longest ago goes first", arguments: [1, 4, 63])
    func leastRecentlyUsed(entries: Int) throws {
        let store = MemorySessionStore(entries: entries)
        let session = try SessionSamples.session(.tls12)
        for number in 0..<entries { store.store(session, for: SessionSamples.binding(number)) }
        // Using the oldest saves it.
        if entries > 1 { #expect(store.take(for: SessionSamples.binding(0), at: Self.now, timeout: 600) != nil) }
        store.store(session, for: SessionSamples.binding(entries))
        #expect(store.count == entries)
        let left = (0...entries).filter {
            store.take(for: SessionSamples.binding($0), at: Self.now, timeout: 600) != nil
        }
        #expect(left == (entries == 1 ? [1] : [0] + Array(2...entries)))
    }

    @Test("T-36: any sequence of calls leaves what a plain list would leave")
    func model() throws {
        var ledger = SessionLedger(capacity: 12, longestAge: 604_800)
        // The bindings from the one used longest ago to the one used last, and their sessions.
        var model: [(binding: Int, sessions: [ObjectIdentifier])] = []
        var alive: [Session] = []
        var random = SystemRandomNumberGenerator()
        for _ in 0..<4000 {
            let number = Int.random(in: 0..<6, using: &random)
            let place = model.firstIndex { $0.binding == number }
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6:
                let session = try SessionSamples.session(Bool.random() ? .tls13 : .tls12)
                alive.append(session)
                ledger.store(session, for: SessionSamples.binding(number))
                var entry = place.map { model.remove(at: $0) } ?? (binding: number, sessions: [])
                entry.sessions.append(ObjectIdentifier(session))
                if entry.sessions.count > SessionLedger.sessionsPerBinding { entry.sessions.removeFirst() }
                model.append(entry)
                while model.reduce(0, { $0 + $1.sessions.count }) > 12 {
                    model[0].sessions.removeFirst()
                    if model[0].sessions.isEmpty { model.removeFirst() }
                }
            case 6..<9:
                let session = ledger.take(for: SessionSamples.binding(number), at: Self.now, timeout: 600)
                #expect(session.map(ObjectIdentifier.init) == place.flatMap { model[$0].sessions.last })
                if let place, let session {
                    var entry = model.remove(at: place)
                    if session.isSingleUse { entry.sessions.removeLast() }
                    if !entry.sessions.isEmpty { model.append(entry) }
                }
            default:
                ledger.remove(for: SessionSamples.binding(number))
                if let place { model.remove(at: place) }
            }
            #expect(ledger.count == model.reduce(0) { $0 + $1.sessions.count })
        }
    }

    @Test("T-36: what has expired goes with time, not only with size; also when nobody asks for it")
    func expired() throws {
        let store = MemorySessionStore(entries: 60, longestAge: 100)
        for number in 0..<50 { store.store(try SessionSamples.session(), for: SessionSamples.binding(number)) }
        #expect(store.count == 50)
        // Each call looks at a few, whoever it asks for.
        for _ in 0..<25 {
            #expect(store.take(for: SessionSamples.binding(99), at: SessionSamples.after(101), timeout: 600) == nil)
        }
        #expect(store.count == 0)
        for number in 0..<50 {
            store.store(
                try SessionSamples.session(receivedAt: SessionSamples.after(Int64(number))),
                for: SessionSamples.binding(number))
        }
        store.removeExpired(at: SessionSamples.after(110))
        #expect(store.count == 40)
    }

    @Test("a session that is too old for the one who asks is dropped")
    func timeout() throws {
        let store = MemorySessionStore()
        let binding = SessionSamples.binding()
        store.store(try SessionSamples.session(), for: binding)
        #expect(store.take(for: binding, at: SessionSamples.after(11), timeout: 10) == nil)
        #expect(store.count == 0)
        store.store(try SessionSamples.session(), for: binding)
        #expect(store.take(for: binding, at: Self.now, timeout: 0) == nil)
    }

    @Test("sessions can be dropped by binding and altogether; a store of no entries keeps none", arguments: [0, -1, 5])
    func removal(entries: Int) throws {
        let store = MemorySessionStore(entries: entries)
        let session = try SessionSamples.session()
        for number in 0..<3 { store.store(session, for: SessionSamples.binding(number)) }
        #expect(store.count == (entries > 0 ? 3 : 0))
        store.remove(for: SessionSamples.binding(1))
        store.remove(for: SessionSamples.binding(7))
        #expect(store.count == (entries > 0 ? 2 : 0))
        #expect(store.take(for: SessionSamples.binding(1), at: Self.now, timeout: 600) == nil)
        store.purge()
        #expect(store.count == 0)
        #expect(store.take(for: SessionSamples.binding(0), at: Self.now, timeout: 600) == nil)
    }

    @Test(
        "RFC 8446 App. C.4: of many threads that ask for sessions of single use, each session reaches one",
        .timeLimit(.minutes(10)))
    func threads() async throws {
        let store = MemorySessionStore(entries: 4096)
        let rounds = 300
        let taken = Tally()
        let sessions = try (0..<rounds).map { _ in try SessionSamples.session() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for (number, session) in sessions.enumerated() {
                    store.store(session, for: SessionSamples.binding(number % 60))
                }
            }
            for _ in 0..<4 {
                group.addTask {
                    for number in 0..<rounds * 4 {
                        let binding = SessionSamples.binding(number % 60)
                        guard let session = store.take(for: binding, at: SessionSamples.start, timeout: 600) else {
                            continue
                        }
                        taken.add(session)
                    }
                }
            }
        }
        while let session = (0..<60).lazy.compactMap({
            store.take(for: SessionSamples.binding($0), at: SessionSamples.start, timeout: 600)
        }).first {
            taken.add(session)
        }
        let counts = taken.counts.withLock { $0 }
        #expect(counts.count == rounds)
        #expect(counts.values.allSatisfy { $0 == 1 })
    }
}

/// How often each session was given out.
private final class Tally: Sendable {
    let counts = Mutex<[ObjectIdentifier: Int]>([:])
    func add(_ session: Session) { counts.withLock { $0[ObjectIdentifier(session), default: 0] += 1 } }
}
