// BogoState.swift — what outlives a connection: the clock, the sessions, and what the runner's certificates need.
// Next: BogoConnection.swift.

import Synchronization
import TLS

/// A clock that stands still unless it is moved.
///
/// The runner's certificates were valid at different times between 2014 and 2026, and sessions end with the certificates
/// they were made with: the clock goes where the peer's certificates are valid.
final class BogoClock: WallClock {
    private let seconds = Mutex<Int64>(1_469_000_000)

    func now() -> UnixTime { UnixTime(seconds: seconds.withLock { $0 }) }

    func advance(by more: Int) { seconds.withLock { $0 += Int64(more) } }

    /// Goes to an hour in which all of these are valid, unless it is one already.
    func visit(_ certificates: [Certificate]) {
        guard let begin = certificates.map(\.notBefore).max(), let end = certificates.map(\.notAfter).min() else {
            return
        }
        seconds.withLock { now in
            if now <= begin.seconds || now >= end.seconds { now = begin.seconds + 3600 }
        }
    }
}

/// The memory store, with a count of what came.
final class BogoSessionStore: SessionStore {
    struct Received: Sendable {
        var count = 0
        var maxEarlyDataSize: UInt32 = 0
    }

    private let store = MemorySessionStore()
    private let received = Mutex(Received())
    private let limit = Mutex(0)

    /// How many octets of early data the last session allows.
    var earlyDataLimit: Int { limit.withLock { $0 } }

    /// What came since the last call.
    func takeReceived() -> Received {
        received.withLock { received in
            defer { received = Received() }
            return received
        }
    }

    func store(_ session: Session, for binding: SessionBinding) {
        received.withLock {
            $0.count += 1
            $0.maxEarlyDataSize = session.maxEarlyDataSize ?? 0
        }
        limit.withLock { $0 = Int(session.maxEarlyDataSize ?? 0) }
        store.store(session, for: binding)
    }

    func take(for binding: SessionBinding, at now: UnixTime, timeout: UInt32) -> Session? {
        store.take(for: binding, at: now, timeout: timeout)
    }

    func remove(for binding: SessionBinding) { store.remove(for: binding) }

    func purge() { store.purge() }
}

/// The memory cache of a server, with a count of what came.
final class BogoSessionCache: ServerSessionCache {
    private let cache = MemoryServerSessionCache()
    private let stored = Mutex(0)

    /// How many came since the last call.
    func takeStored() -> Int {
        stored.withLock { stored in
            defer { stored = 0 }
            return stored
        }
    }

    func store(_ session: ServerSession, id: [UInt8], at now: UnixTime) {
        stored.withLock { $0 += 1 }
        cache.store(session, id: id, at: now)
    }

    func find(id: [UInt8], at now: UnixTime, timeout: UInt32) -> ServerSession? {
        cache.find(id: id, at: now, timeout: timeout)
    }

    func take(id: [UInt8], at now: UnixTime, timeout: UInt32) -> ServerSession? {
        cache.take(id: id, at: now, timeout: timeout)
    }

    func remove(id: [UInt8]) { cache.remove(id: id) }

    func purge() { cache.purge() }
}

/// What the last client said.
final class BogoHello: Sendable {
    private let info = Mutex<ClientHelloInfo?>(nil)

    func set(_ new: ClientHelloInfo) { info.withLock { $0 = new } }

    var latest: ClientHelloInfo? { info.withLock { $0 } }
}

/// A key log that is asked for the secrets.
final class BogoSecrets: KeyLog {
    private let lines = Mutex<[String]>([])

    func write(line: String) { lines.withLock { $0.append(line) } }

    /// The last secret of that label.
    func secret(_ label: String) -> [UInt8]? {
        guard let line = lines.withLock({ $0.last { $0.hasPrefix(label + " ") } }),
            let digits = line.split(separator: " ").last.map(Array.init), digits.count.isMultiple(of: 2)
        else { return nil }
        return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
    }
}

/// Made once for a test.
final class BogoState: Sendable {
    let provider: CryptoProvider
    let clock = BogoClock()
    let sessions = BogoSessionStore()
    let hello = BogoHello()
    let serverSessions = BogoSessionCache()
    let tickets: TicketKeyRing
    let replays = EarlyDataReplayGuard()
    let secrets = BogoSecrets()
    /// The application's own ticket keys; none when the ring makes them.
    private let ticketKeys = Mutex<[TicketKey]>([])

    init(_ flags: BogoFlags) throws(BogoFailure) {
        do throws(CryptoError) { provider = try .gcrypt() } catch { throw .failed("no provider: \(error)") }
        do throws(HandshakeError) { tickets = try TicketKeyRing(random: provider.random, clock: clock) } catch {
            throw .failed("no ticket keys: \(error)")
        }
        if flags.setsTicketKeys { try addTicketKey() }
    }

    /// A new key seals from now on; the others still open.
    func addTicketKey() throws(BogoFailure) {
        do throws(HandshakeError) {
            let new = try TicketKey.random(from: provider.random)
            let all = ticketKeys.withLock { keys in
                keys.insert(new, at: 0)
                return keys
            }
            try tickets.setKeys(all)
        } catch { throw .failed("no ticket keys: \(error)") }
    }
}
