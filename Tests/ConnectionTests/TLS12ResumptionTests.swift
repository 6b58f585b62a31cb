// TLS12ResumptionTests.swift — abbreviated handshakes by ID and by ticket, and what may not be resumed.
// RFC 5246 §7.3, App. F.1.4; RFC 5077 §3; RFC 7627 §5.3.
// Next: TLS12ConnectionLifeTests.swift.

import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("TLS 1.2 resumption")
struct TLS12ResumptionTests {
    /// How the server knows the session.
    enum Way: String, CaseIterable, Sendable { case id, ticket }

    static let id = [UInt8](repeating: 0x1d, count: 32)

    /// A full handshake that leaves a session in the configuration's store.
    static func establish(
        _ configuration: ClientConfiguration, _ way: Way, suite: CipherSuite = .tlsECDHEECDSAWithAES128GCMSHA256,
        _ edit: (inout ScriptedServer12) -> Void = { _ in }
    ) throws -> ScriptedSession12 {
        var pair = try TLS12Pair(configuration, suite: suite)
        pair.server.issuesTicket = way == .ticket
        if way == .id { pair.server.sessionID = id }
        edit(&pair.server)
        try pair.connect()
        #expect(pair.client.connection.info.sessionTicketsReceived == (pair.server.issuesTicket ? 1 : 0))
        return pair.server.session
    }

    /// Whether the ClientHello offers the session.
    static func offers(_ server: borrowing ScriptedServer12, _ session: ScriptedSession12, _ way: Way) -> Bool {
        switch way {
        case .id: server.hello.legacySessionID == session.sessionID
        case .ticket: server.offeredTicket == session.ticket && !server.hello.legacySessionID.isEmpty
        }
    }

    @Test(
        "RFC 5246 §7.3, RFC 5077 §3.4: an abbreviated handshake leads to data both ways, with every suite",
        arguments: Way.allCases, TLS12Pair.suites)
    func resumes(_ way: Way, _ suite: CipherSuite) throws {
        let configuration = try TLS12Pair.configuration()
        let session = try TLS12ResumptionTests.establish(configuration, way, suite: suite)
        for _ in 0..<2 {
            var pair = try TLS12Pair(configuration, suite: suite)
            #expect(TLS12ResumptionTests.offers(pair.server, session, way) == true)
            try pair.resume(session)
            #expect(pair.client.events == [.handshakeComplete])
            #expect(pair.server.isClientFinished == true)
            #expect(pair.client.connection.info.isResumed)
            try pair.exchange()
        }
    }

    @Test(
        "T-34: a resumed connection reports the peer, path, scheme, group, staple and time of the full one",
        arguments: Way.allCases)
    func reports(_ way: Way) throws {
        let store = MemorySessionStore(entries: 4)
        var configuration = try TLS12Pair.configuration(store: store)
        var first = try TLS12Pair(configuration)
        first.server.issuesTicket = way == .ticket
        if way == .id { first.server.sessionID = TLS12ResumptionTests.id }
        first.server.ocspResponse = [0x30, 0]
        try first.connect()
        let full = first.client.connection.info
        #expect(full.stapledOCSPResponse == [0x30, 0])
        configuration.clock = FixedClock(UnixTime(seconds: 1_780_000_100))
        var pair = try TLS12Pair(configuration)
        try pair.resume(first.server.session)
        let resumed = pair.client.connection.info
        #expect(resumed.isResumed)
        #expect(!full.peerCertificates.isEmpty)
        #expect(resumed.peerCertificates == full.peerCertificates)
        #expect(resumed.validatedPath == full.validatedPath)
        #expect(resumed.peerSignatureScheme == full.peerSignatureScheme)
        #expect(resumed.group == full.group)
        #expect(resumed.stapledOCSPResponse == full.stapledOCSPResponse)
        #expect(resumed.authenticatedAt == full.authenticatedAt)
    }

    @Test(
        "T-48: a session made without a key log is not offered with one: the log would open its first connection too",
        arguments: Way.allCases)
    func keyLogged(_ way: Way) throws {
        struct Log: KeyLog { func write(line: String) {} }
        var configuration = try TLS12Pair.configuration()
        let session = try TLS12ResumptionTests.establish(configuration, way)
        configuration.keyLog = Log()
        let logged = try TLS12Pair(configuration)
        #expect(TLS12ResumptionTests.offers(logged.server, session, way) == false)
        configuration.keyLog = nil
        let next = try TLS12Pair(configuration)
        #expect(TLS12ResumptionTests.offers(next.server, session, way) == true)
    }

    @Test("RFC 5077 §3.3: a new ticket in an abbreviated handshake takes the place of the old one")
    func newTicket() throws {
        let configuration = try TLS12Pair.configuration()
        var session = try TLS12ResumptionTests.establish(configuration, .ticket)
        var pair = try TLS12Pair(configuration)
        pair.server.issuesTicket = true
        pair.server.ticket = [7, 7, 7]
        try pair.resume(session)
        try pair.exchange()
        session.ticket = [7, 7, 7]
        let next = try TLS12Pair(configuration)
        #expect(TLS12ResumptionTests.offers(next.server, session, .ticket) == true)
    }

    @Test("T-33: a ticket that is renewed does not make the authentication younger")
    func authenticationAges() throws {
        var configuration = try TLS12Pair.configuration()
        let session = try TLS12ResumptionTests.establish(configuration, .ticket)
        configuration.clock = FixedClock(UnixTime(seconds: 1_780_000_100))
        var pair = try TLS12Pair(configuration)
        pair.server.issuesTicket = true
        try pair.resume(session)
        #expect(pair.client.connection.info.authenticatedAt == FixedClock().now())
        var third = try TLS12Pair(configuration)
        try third.resume(session)
        #expect(third.client.connection.info.authenticatedAt == FixedClock().now())
    }

    @Test("RFC 5077 §3.3: an empty ticket keeps nothing; the handshake is a full one all the same")
    func emptyTicket() throws {
        let configuration = try TLS12Pair.configuration()
        var first = try TLS12Pair(configuration)
        first.server.issuesTicket = true
        try first.server.answer()
        try first.client.receive(try first.server.takeOutput())
        try first.server.receive(first.client.takeOutput())
        try first.server.newSessionTicket { $0.ticket = [] }
        try first.server.changeCipherSpec()
        try first.server.finished()
        try first.client.receive(try first.server.takeOutput())
        try first.exchange()
        var second = try TLS12Pair(configuration)
        #expect(second.server.offeredTicket == [])
        try second.connect()
        #expect(!second.client.connection.info.isResumed)
    }

    @Test("RFC 5246 §7.4.1.3: a server that does not resume leads to a full handshake", arguments: Way.allCases)
    func declined(_ way: Way) throws {
        let configuration = try TLS12Pair.configuration()
        _ = try TLS12ResumptionTests.establish(configuration, way)
        for sessionID in [[], [UInt8](repeating: 9, count: 32)] {
            var pair = try TLS12Pair(configuration)
            pair.server.sessionID = sessionID
            try pair.connect()
            #expect(!pair.client.connection.info.isResumed)
            try pair.exchange()
        }
    }

    @Test("T-34: a declined session authenticates nobody: the certificate is verified anew", arguments: Way.allCases)
    func declinedVerifies(_ way: Way) throws {
        let configuration = try TLS12Pair.configuration()
        _ = try TLS12ResumptionTests.establish(configuration, way)
        var pair = try TLS12Pair(configuration)
        try pair.server.serverHello()
        try pair.server.finished()
        try pair.refuses(.unexpectedMessage)
        let other = try TLS12Pair(configuration)
        try other.server.serverHello()
        try other.server.certificate {
            $0.certificates = [(try? TestIdentity.clientP256().certificates[0].derEncoded) ?? []]
        }
        let flight = try other.server.takeOutput()
        #expect(throws: TLSError.self) { try other.client.receive(flight) }
    }

    // MARK: Refusals

    @Test("RFC 5246 §7.4.1.3: a legacy_session_id that was no session, echoed, is illegal_parameter")
    func echoWithoutSession() throws {
        var pair = try TLS12Pair()
        let echo = pair.server.hello.legacySessionID
        #expect(!echo.isEmpty)
        try pair.server.serverHello { $0.legacySessionIDEcho = echo }
        let error = try pair.refuses(.illegalParameter)
        #expect(error?.reason == .handshake(.peerMisbehaved(.resumedWithoutOffer)))
    }

    @Test("RFC 5246 §7.4.1.3: a resumed session keeps its cipher suite", arguments: Way.allCases)
    func otherSuite(_ way: Way) throws {
        let configuration = try TLS12Pair.configuration()
        let session = try TLS12ResumptionTests.establish(configuration, way)
        var pair = try TLS12Pair(configuration)
        try pair.server.serverHello(resuming: session) { $0.cipherSuite = .tlsECDHEECDSAWithAES256GCMSHA384 }
        try pair.refuses(.illegalParameter)
    }

    @Test(
        "T-12: RFC 7627 §5.3: a session with extended_master_secret resumed without it is handshake_failure",
        arguments: Way.allCases)
    func resumedWithoutExtendedMasterSecret(_ way: Way) throws {
        let configuration = try TLS12Pair.configuration()
        let session = try TLS12ResumptionTests.establish(configuration, way)
        var pair = try TLS12Pair(configuration)
        pair.server.usesExtendedMasterSecret = false
        try pair.server.serverHello(resuming: session)
        let error = try pair.refuses(.handshakeFailure)
        #expect(error?.reason == .handshake(.peerMisbehaved(.resumedWithoutExtendedMasterSecret)))
    }

    @Test("T-12: RFC 7627 §5.3: a session with extended_master_secret is resumed with it")
    func resumedWithExtendedMasterSecret() throws {
        let configuration = try TLS12Pair.configuration()
        let session = try TLS12ResumptionTests.establish(configuration, .ticket)
        #expect(session.usesExtendedMasterSecret)
        var pair = try TLS12Pair(configuration)
        #expect(pair.server.hello.extensions.body(of: .extendedMasterSecret) == [])
        try pair.resume(session)
        #expect(pair.client.connection.info.usesExtendedMasterSecret)
    }

    @Test(
        "T-12: RFC 7627 §5.3: a session without extended_master_secret is not kept, so neither row with it can happen",
        arguments: Way.allCases)
    func sessionWithoutExtendedMasterSecret(_ way: Way) throws {
        let configuration = try TLS12Pair.configuration()
        let session = try TLS12ResumptionTests.establish(configuration, way) { $0.usesExtendedMasterSecret = false }
        #expect(!session.usesExtendedMasterSecret)
        // With extended_master_secret in the ServerHello, and without it.
        for usesExtendedMasterSecret in [true, false] {
            var pair = try TLS12Pair(configuration)
            #expect(TLS12ResumptionTests.offers(pair.server, session, way) == false)
            pair.server.usesExtendedMasterSecret = usesExtendedMasterSecret
            try pair.server.serverHello(resuming: session)
            try pair.refuses(.illegalParameter)
        }
    }

    @Test("T-12: RFC 7627 §5.3: a session without extended_master_secret that a store comes up with is not offered")
    func storedWithoutExtendedMasterSecret() throws {
        let source = CollectingStore()
        _ = try TLS12ResumptionTests.establish(try TLS12Pair.configuration(store: source), .ticket)
        let kept = try #require(source.sessions.first)
        var facts = kept.facts
        facts.usesExtendedMasterSecret = false
        let configuration = try TLS12Pair.configuration(
            store: OneSessionStore(Session(facts, secret: kept.secret.copy())))
        let pair = try TLS12Pair(configuration)
        #expect(pair.server.offeredTicket == [])
    }

    @Test(
        "T-34: an abbreviated handshake proves the old master secret: another one does not open",
        arguments: Way.allCases)
    func otherMaster(_ way: Way) throws {
        let configuration = try TLS12Pair.configuration()
        var session = try TLS12ResumptionTests.establish(configuration, way)
        session.master[0] ^= 1
        let pair = try TLS12Pair(configuration)
        try pair.server.resume(session)
        let flight = try pair.server.takeOutput()
        let error = #expect(throws: TLSError.self) { try pair.client.receive(flight) }
        #expect(error?.alert == .badRecordMAC)
        #expect(pair.client.events.isEmpty)
    }

    // MARK: What is offered

    @Test(
        "T-33: RFC 5077 §3.3: the session is offered as long as the cache and the ticket say",
        arguments: [
            (600, 0, 600, true), (600, 0, 601, false), (600, 300, 300, true), (600, 300, 301, false),
            (600, 7200, 601, false),
            (600, 0, -1, false),
        ] as [(UInt32, UInt32, Int64, Bool)])
    func expiry(_ timeout: UInt32, _ hint: UInt32, _ age: Int64, _ isOffered: Bool) throws {
        var configuration = try TLS12Pair.configuration()
        configuration.sessionCacheTimeout = timeout
        let first = try TLS12Pair(configuration)
        first.server.issuesTicket = true
        try first.server.answer()
        try first.client.receive(try first.server.takeOutput())
        try first.server.receive(first.client.takeOutput())
        try first.server.newSessionTicket { $0.lifetimeHint = hint }
        try first.server.changeCipherSpec()
        try first.server.finished()
        try first.client.receive(try first.server.takeOutput())
        configuration.clock = FixedClock(UnixTime(seconds: FixedClock().now().seconds + age))
        let pair = try TLS12Pair(configuration)
        #expect(TLS12ResumptionTests.offers(pair.server, first.server.session, .ticket) == isOffered)
    }

    @Test(
        "T-31, T-32: a session is offered only under the configuration and the name it was made with",
        arguments: [
            "nothing", "name", "ALPN", "suites", "trust", "versions", "credential",
        ])
    func binding(_ change: String) throws {
        var configuration = try TLS12Pair.configuration()
        let session = try TLS12ResumptionTests.establish(configuration, .ticket)
        switch change {
        case "ALPN": configuration.alpnProtocols = ["h2"]
        case "suites": configuration.cipherSuites.removeLast()
        case "trust": configuration.trust = TrustAnchors(try TestIdentity.serverP384().certificates)
        case "versions": configuration.versions = .tls12 ... .tls12
        case "credential":
            let own = try TestIdentity.clientP256()
            configuration.credentials = .fixed([try Credential(certificates: own.certificates, key: own.key)])
        default: break
        }
        let pair = try TLS12Pair(configuration, name: change == "name" ? "server.example" : "localhost")
        #expect(TLS12ResumptionTests.offers(pair.server, session, .ticket) == (change == "nothing"))
    }

    @Test(
        "RFC 5077 §3.2: without a store, with a timeout of 0 or with resumption off no session is offered or asked for")
    func off() throws {
        var configuration = try TLS12Pair.configuration(store: nil)
        #expect(try TLS12Pair(configuration).server.offeredTicket == nil)
        configuration = try TLS12Pair.configuration()
        let session = try TLS12ResumptionTests.establish(configuration, .ticket)
        configuration.resumesSessions = false
        #expect(try TLS12ResumptionTests.offers(TLS12Pair(configuration).server, session, .ticket) == false)
        configuration.resumesSessions = true
        configuration.sessionCacheTimeout = 0
        #expect(try TLS12Pair(configuration).server.offeredTicket == nil)
    }

    @Test("T-35: RFC 5246 App. F.1.4: a session of a handshake that failed at Finished is not kept")
    func failedHandshake() throws {
        let configuration = try TLS12Pair.configuration()
        var first = try TLS12Pair(configuration)
        first.server.issuesTicket = true
        try first.server.answer()
        try first.client.receive(try first.server.takeOutput())
        try first.server.receive(first.client.takeOutput())
        try first.server.newSessionTicket()
        try first.server.changeCipherSpec()
        try first.server.finished { $0.verifyData[0] ^= 1 }
        try first.refuses(.decryptError)
        let second = try TLS12Pair(configuration)
        #expect(second.server.offeredTicket == [])
    }
}

/// Always has the same session.
private final class OneSessionStore: SessionStore {
    private let session: Session
    init(_ session: Session) { self.session = session }
    func store(_ session: Session, for binding: SessionBinding) {}
    func take(for binding: SessionBinding, at now: UnixTime, timeout: UInt32) -> Session? { session }
    func remove(for binding: SessionBinding) {}
    func purge() {}
}
