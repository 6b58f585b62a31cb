// ResumptionSupport.swift — a store, a clock and pairs for the tests of resumption, early data and external keys.
// Next: ResumptionTests.swift.

import Certificates
import CryptoGlue
import Handshake
import Synchronization
import TLS
import TestSupport
import Testing
import WireFormat

/// Keeps sessions by binding and never looks at the clock: that a session is too old is the client's to see.
final class TestSessionStore: SessionStore {
    private let kept = Mutex<[SessionBinding: [Session]]>([:])

    var count: Int { kept.withLock { $0.values.map(\.count).reduce(0, +) } }
    var sessions: [Session] { kept.withLock { $0.values.flatMap { $0 } } }

    func store(_ session: Session, for binding: SessionBinding) {
        kept.withLock { $0[binding, default: []].append(session) }
    }

    func take(for binding: SessionBinding, at now: UnixTime, timeout: UInt32) -> Session? {
        kept.withLock { kept in
            let session = kept[binding]?.last
            if session?.isSingleUse == true { kept[binding]?.removeLast() }
            return session
        }
    }

    func remove(for binding: SessionBinding) { kept.withLock { $0[binding] = nil } }

    func purge() { kept.withLock { $0 = [:] } }
}

/// A clock that is set.
final class TestClock: WallClock {
    private let seconds: Atomic<Int64>
    init(_ time: UnixTime = FixedClock().now()) { seconds = Atomic(time.seconds) }
    func now() -> UnixTime { UnixTime(seconds: seconds.load(ordering: .relaxed)) }
    func advance(_ by: Int64) { seconds.wrappingAdd(by, ordering: .relaxed) }
}

/// The lines of a key log.
final class LabelLog: KeyLog {
    private let lines = Mutex<[String]>([])
    var labels: [String] { lines.withLock { $0.map { String($0.prefix { $0 != " " }) } } }
    func write(line: String) { lines.withLock { $0.append(line) } }
}

/// A client with a store, before and after its first connection.
struct ResumptionLab {
    let store = TestSessionStore()
    let clock: TestClock
    var configuration: ClientConfiguration

    init(
        at time: UnixTime = FixedClock().now(), _ edit: (inout ClientConfiguration) throws -> Void = { _ in }
    ) throws {
        clock = TestClock(time)
        configuration = try TestClient.configuration()
        configuration.clock = clock
        configuration.sessionStore = store
        try edit(&configuration)
    }

    /// A connection with a certificate; its server sends tickets, each with a nonce and a ticket of its own. Returns what the
    /// last of them stands for.
    @discardableResult
    func connect(
        suite: CipherSuite = .tlsAES128GCMSHA256, alpn: String? = nil, earlyDataLimit: UInt32? = nil, tickets: Int = 1,
        identity: TestIdentity? = nil, _ edit: (inout NewSessionTicket) -> Void = { _ in }
    ) throws -> ScriptedKey {
        var pair = try InMemoryPair(configuration, identity: identity, suite: suite)
        try pair.client.receive(try pair.answer(alpn: alpn))
        try pair.server.receive(pair.client.takeOutput())
        return try pair.tickets(tickets, earlyDataLimit: earlyDataLimit, edit)
    }

    /// A configuration for the same ticket with the same randomness: each connection with it sends the same octets.
    func rewind(to session: Session) throws -> ClientConfiguration {
        store.purge()
        store.store(session, for: try SessionBinding(configuration, ReferenceIdentity("localhost")))
        var next = configuration
        next.provider = try .gcrypt(random: FixedRandom(seed: 5))
        return next
    }
}

extension InMemoryPair {
    /// The server sends tickets; returns the key of the last.
    mutating func tickets(
        _ count: Int = 1, earlyDataLimit: UInt32? = nil, _ edit: (inout NewSessionTicket) -> Void = { _ in }
    ) throws -> ScriptedKey {
        var nonce: [UInt8] = []
        for index in 0..<count {
            nonce = [UInt8(index), 7]
            try server.newSessionTicket { ticket in
                ticket.nonce = nonce
                ticket.ticket = [0xaa, UInt8(index)]
                if let earlyDataLimit {
                    ticket.extensions.append(.earlyData) {
                        EarlyDataExtension.writeNewSessionTicket(earlyDataLimit, into: &$0)
                    }
                }
                edit(&ticket)
            }
        }
        try client.receive(try server.takeOutput())
        return ScriptedKey(try server.preSharedKey(ticketNonce: nonce))
    }

    /// A client that gives data to be sent early, and a server that has the ClientHello alone; `rest` is what followed it.
    init(
        early data: [UInt8], _ configuration: ClientConfiguration, suite: CipherSuite = .tlsAES128GCMSHA256,
        group: NamedGroup = .x25519, identity: TestIdentity? = nil, rest: inout [UInt8]
    ) throws {
        let client = try TestClient(configuration, identity: try ReferenceIdentity("localhost"), earlyData: data)
        let flight = client.takeOutput()
        let hello = 5 + Int(flight[3]) << 8 + Int(flight[4])
        rest = Array(flight[hello...])
        server = try ScriptedServer.accepting(
            Array(flight[..<hello]), identity: identity, suite: suite, group: group)
        self.client = client
    }

    /// A connection that resumes with `key`, up to CONNECTED at both ends.
    mutating func resume(_ key: ScriptedKey, alpn: String? = nil) throws {
        try server.resume(key, alpn: alpn)
        try client.receive(try server.takeOutput())
        try server.receive(client.takeOutput())
        #expect(server.isClientFinished == true)
    }

    var offersKeys: Bool { server.hello.extensions.body(of: .preSharedKey) != nil }
    var offersEarlyData: Bool { server.hello.extensions.body(of: .earlyData) != nil }
}

/// The types of the records in `octets`.
func recordTypes(_ octets: [UInt8]) -> [UInt8] {
    var types: [UInt8] = []
    var rest = octets[...]
    while rest.count >= 5 {
        types.append(rest[rest.startIndex])
        rest = rest.dropFirst(5 + Int(rest[rest.startIndex + 3]) << 8 + Int(rest[rest.startIndex + 4]))
    }
    return types
}
