// TLS12ServerResumptionTests.swift — what a TLS 1.2 server resumes, by ticket and by session ID, and what it does not.
// RFC 5246 §7.3; RFC 5077 §3; RFC 7627 §5.3; RFC 6066 §3; RFC 7301 §3.1.
// Next: TLS12ServerDeliveryTests.swift.

import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("TLS 1.2 server resumption")
struct TLS12ServerResumptionTests {
    enum Kind: String, CaseIterable, Sendable { case ticket, sessionID }

    private func configuration(_ kind: Kind, clock: any WallClock = FixedClock()) throws -> ServerConfiguration {
        guard kind == .sessionID else { return try TLS12ServerPair.ticketConfiguration(clock: clock) }
        var configuration = try TLS12ServerPair.configuration(clock: clock)
        configuration.sessionCache = MemoryServerSessionCache(entries: 16)
        return configuration
    }

    /// A full handshake, and what can be resumed of it.
    private func session(
        _ configuration: ServerConfiguration, suite: CipherSuite = TLS12ServerPair.suite,
        _ prepare: (inout ScriptedClient12) throws -> Void = { _ in }
    ) throws -> ScriptedSession12 {
        var pair = try TLS12ServerPair(configuration, suites: [suite])
        if configuration.sessionTickets != nil { pair.client.offeredTicket = [] }
        try prepare(&pair.client)
        try pair.connect()
        return try pair.client.session()
    }

    /// Whether the server resumes; a refusal has to be a full handshake that works.
    private func isResumed(
        _ session: ScriptedSession12, _ configuration: ServerConfiguration,
        _ prepare: (inout ScriptedClient12) throws -> Void = { _ in }
    ) throws -> Bool {
        var pair = try TLS12ServerPair(configuration, suites: [session.suite.code])
        pair.offer(session)
        try prepare(&pair.client)
        try pair.greet()
        let resumed = pair.client.isServerFinished
        if resumed { try pair.client.finish() } else { try pair.client.answer() }
        try pair.settle()
        #expect(pair.client.isServerFinished == true)
        try pair.exchange()
        #expect(pair.server.connection.info.isResumed == resumed)
        return resumed
    }

    @Test(
        "RFC 5246 §7.3: every suite is resumed by ticket and by session ID", arguments: TLS12Pair.suites, Kind.allCases)
    func everySuite(_ suite: CipherSuite, _ kind: Kind) throws {
        let configuration = try configuration(kind)
        let session = try session(configuration, suite: suite)
        #expect(session.ticket.isEmpty == (kind == .sessionID))
        #expect(session.sessionID.isEmpty == (kind == .ticket))
        var pair = try TLS12ServerPair(configuration, suites: [suite])
        try pair.resume(session)
        try pair.exchange()
        let info = pair.server.connection.info
        #expect(info.isResumed)
        #expect(info.cipherSuite == suite)
        #expect(info.usesExtendedMasterSecret)
        #expect(pair.client.serverHello?.legacySessionIDEcho == pair.client.sessionID)
        // RFC 6066 §3: server_name is not answered when a session is resumed.
        #expect(pair.client.answer(.serverName) == nil)
        #expect(pair.client.newTicket == nil)
    }

    @Test("RFC 5077 §3.4: a ticket without a session ID is resumed, and answered without one")
    func emptySessionID() throws {
        let configuration = try configuration(.ticket)
        var session = try session(configuration)
        session.sessionID = []
        var pair = try TLS12ServerPair(configuration)
        pair.offer(session)
        pair.client.sessionID = []
        try pair.client.clientHello()
        try pair.server.receive(try pair.client.takeOutput())
        #expect(pair.server.connection.stateName == "WAIT_CCS")
        #expect(pair.server.connection.info.isResumed)
    }

    @Test(
        "RFC 5077 §3.2: session_ticket is answered with a ticket, and only when there are any",
        arguments: [true, false])
    func issues(_ hasRing: Bool) throws {
        let configuration = hasRing ? try configuration(.ticket) : try TLS12ServerPair.configuration()
        var pair = try TLS12ServerPair(configuration)
        pair.client.offeredTicket = []
        try pair.connect()
        #expect((pair.client.answer(.sessionTicket) != nil) == hasRing)
        #expect((pair.client.newTicket != nil) == hasRing)
        if hasRing { #expect(pair.client.newTicket?.lifetimeHint == 600) }
        var silent = try TLS12ServerPair(configuration)
        try silent.connect()
        #expect(silent.client.answer(.sessionTicket) == nil)
        #expect(silent.client.newTicket == nil)
    }

    @Test(
        "T-12: RFC 7627 §5.3: a session without extended_master_secret is neither issued nor resumed",
        arguments: Kind.allCases)
    func withoutExtendedMasterSecret(_ kind: Kind) throws {
        let configuration = try configuration(kind)
        let session = try session(configuration) { $0.offersExtendedMasterSecret = false }
        #expect(session.ticket.isEmpty)
        #expect(session.sessionID.isEmpty)
    }

    @Test(
        "T-12: RFC 7627 §5.3: a session with extended_master_secret that is offered without it is refused",
        arguments: Kind.allCases)
    func extendedMasterSecretDropped(_ kind: Kind) throws {
        let configuration = try configuration(kind)
        let session = try session(configuration)
        var pair = try TLS12ServerPair(configuration)
        pair.offer(session)
        pair.client.offersExtendedMasterSecret = false
        try pair.client.clientHello()
        try pair.refuses(.handshakeFailure)
    }

    @Test(
        "T-12: RFC 7627 §5.3: a session made without extended_master_secret leads to a full handshake, with it or without",
        arguments: [true, false])
    func foreignSession(_ offers: Bool) throws {
        // No server of ours makes such a ticket: one is sealed here with the same key.
        var configuration = try TLS12ServerPair.configuration()
        let ring = try TicketKeyRing(random: FixedRandom(seed: 7), clock: FixedClock())
        configuration.sessionTickets = ring
        let sessions = try #require(try ServerSessions(configuration))
        let now = FixedClock().now()
        var facts = ServerSession.Facts(
            version: .tls12, cipherSuite: TLS12ServerPair.suite, createdAt: now, authenticatedAt: now,
            binding: sessions.binding.digest, lifetime: 600)
        facts.serverName = "localhost"
        let secret = SecretBytes(count: 48)
        let ticket = try #require(try sessions.ticket(for: ServerSession(facts, secret: secret)))
        let session = ScriptedSession12(
            master: [UInt8](repeating: 0, count: 48), suite: try #require(TLS12Suite(TLS12ServerPair.suite)),
            usesExtendedMasterSecret: false, sessionID: [], ticket: ticket)
        #expect(try !isResumed(session, configuration) { $0.offersExtendedMasterSecret = offers })
    }

    @Test(
        "T-31: another server name, protocol or suite, or a client without encrypt_then_mac, is a full handshake",
        arguments: ["same", "name", "no name", "protocol", "no protocol", "encrypt_then_mac"], Kind.allCases)
    func otherParameters(_ change: String, _ kind: Kind) throws {
        var configuration = try configuration(kind)
        configuration.alpnProtocols = ["h2", "http/1.1"]
        let session = try session(configuration, suite: .tlsECDHEECDSAWithAES128CBCSHA) { $0.alpn = ["h2"] }
        let resumed = try isResumed(session, configuration) { client in
            client.alpn = ["h2"]
            switch change {
            case "name": client.serverName = "server.example"
            case "no name": client.serverName = nil
            case "protocol": client.alpn = ["http/1.1"]
            case "no protocol": client.alpn = []
            case "encrypt_then_mac": client.offersEncryptThenMAC = false
            default: break
            }
        }
        #expect(resumed == (change == "same"))
    }

    @Test(
        "RFC 5246 §7.4.1.2: a session whose suite is not offered, or not configured any more, is a full handshake",
        arguments: Kind.allCases)
    func otherSuite(_ kind: Kind) throws {
        var configuration = try configuration(kind)
        let session = try session(configuration)
        var pair = try TLS12ServerPair(configuration, suites: [.tlsECDHEECDSAWithAES256GCMSHA384])
        pair.offer(session)
        try pair.connect()
        #expect(!pair.server.connection.info.isResumed)
        configuration.cipherSuites.removeAll { $0 == TLS12ServerPair.suite }
        var other = try TLS12ServerPair(
            configuration, suites: [TLS12ServerPair.suite, .tlsECDHEECDSAWithAES256GCMSHA384])
        other.offer(session)
        try other.connect()
        #expect(!other.server.connection.info.isResumed)
    }

    @Test(
        "RFC 5246 §7.2.2: a session in the cache ends with a fatal alert to any of its connections, and with nothing else",
        arguments: ["received", "sent", "cut off", "closed"], ["first", "resumed", "in the handshake"])
    func forgotten(_ end: String, _ connection: String) throws {
        let configuration = try configuration(.sessionID)
        let session: ScriptedSession12
        var pair = try TLS12ServerPair(configuration)
        if connection == "first" {
            try pair.connect()
            session = try pair.client.session()
        } else {
            session = try self.session(configuration)
            pair.offer(session)
            try pair.greet()
            #expect(pair.client.isServerFinished == true)
            if connection == "resumed" {
                try pair.client.finish()
                try pair.settle()
            }
        }
        switch end {
        case "received": try pair.client.sendAlert(.internalError)
        case "sent": try pair.client.sendRaw([22, 3, 3, 0, 32] + [UInt8](repeating: 0xa5, count: 32))
        case "closed": try pair.client.sendAlert(.closeNotify, level: 1)
        default: break
        }
        let octets = try pair.client.takeOutput()
        if end == "cut off" {
            #expect(throws: TLSError.self) { try pair.server.receiveEndOfFile() }
        } else if end == "closed", connection != "in the handshake" {
            try pair.server.receive(octets)
        } else {
            #expect(throws: TLSError.self) { try pair.server.receive(octets) }
        }
        #expect(try isResumed(session, configuration) == (end == "cut off" || end == "closed"))
    }

    @Test(
        "T-33: a session is resumed until its time is over, and not when the clock went back", arguments: Kind.allCases)
    func expiry(_ kind: Kind) throws {
        let clock = MovableClock()
        let configuration = try configuration(kind, clock: clock)
        let session = try session(configuration)
        clock.advance(by: 600)
        #expect(try isResumed(session, configuration))
        clock.advance(by: 1)
        #expect(try !isResumed(session, configuration))
        let later = try self.session(configuration)
        clock.advance(by: -10)
        #expect(try !isResumed(later, configuration))
    }

    @Test("RFC 5077 §3.3: in the second half of its life a session gets a new ticket, whose end is the same")
    func renewal() throws {
        let clock = MovableClock()
        let configuration = try configuration(.ticket, clock: clock)
        let session = try session(configuration)
        clock.advance(by: 299)
        var young = try TLS12ServerPair(configuration)
        try young.resume(session)
        #expect(young.client.newTicket == nil)
        clock.advance(by: 101)
        var old = try TLS12ServerPair(configuration)
        try old.resume(session)
        let ticket = try present(old.client.newTicket)
        #expect(ticket.lifetimeHint == 200)
        #expect(ticket.ticket != session.ticket)
        try old.exchange()
        var renewed = session
        renewed.ticket = ticket.ticket
        clock.advance(by: 200)
        #expect(try isResumed(renewed, configuration))
        clock.advance(by: 1)
        #expect(try !isResumed(renewed, configuration))
    }

    @Test(
        "T-35: a ticket with any octet changed, cut short, of another key, or a ticket as session ID, is a full handshake",
        arguments: ["first", "middle", "last", "short", "other ring", "session ID"])
    func forged(_ change: String) throws {
        var configuration = try configuration(.ticket)
        var session = try session(configuration)
        switch change {
        case "first": session.ticket[0] ^= 1
        case "middle": session.ticket[session.ticket.count / 2] ^= 1
        case "last": session.ticket[session.ticket.count - 1] ^= 1
        case "short": session.ticket.removeLast()
        case "other ring":
            configuration.sessionTickets = try TicketKeyRing(random: FixedRandom(seed: 8), clock: FixedClock())
        default:
            configuration.sessionCache = MemoryServerSessionCache(entries: 16)
            session.sessionID = Array(session.ticket.prefix(32))
            session.ticket = []
        }
        #expect(try !isResumed(session, configuration))
    }

    @Test("T-35: RFC 5077 §3.4: with a ticket that is none the session ID is looked up nowhere")
    func ticketAndID() throws {
        var configuration = try configuration(.sessionID)
        let session = try session(configuration)
        configuration.sessionTickets = try TicketKeyRing(random: FixedRandom(seed: 7), clock: FixedClock())
        var pair = try TLS12ServerPair(configuration)
        pair.client.sessionID = session.sessionID
        pair.client.offeredTicket = [UInt8](repeating: 1, count: 100)
        try pair.connect()
        #expect(!pair.server.connection.info.isResumed)
        // An empty ticket asks for one, and the ID counts.
        #expect(try isResumed(session, configuration) { $0.offeredTicket = [] })
    }

    @Test("T-35: a session is kept when the handshake is done, not before")
    func unfinished() throws {
        let configuration = try configuration(.sessionID)
        var pair = try TLS12ServerPair(configuration)
        try pair.greet()
        let id = try present(pair.client.serverHello).legacySessionIDEcho
        #expect(id.count == 32)
        try pair.client.clientKeyExchange()
        try pair.client.changeCipherSpec()
        try pair.client.finished { $0.verifyData[0] ^= 1 }
        try pair.refuses(.decryptError)
        var session = try pair.client.session()
        session.sessionID = id
        #expect(try !isResumed(session, configuration))
    }

    @Test("T-34: a resumed connection reports the certificates of the full handshake", arguments: Kind.allCases)
    func clientCertificate(_ kind: Kind) throws {
        var configuration = try configuration(kind)
        configuration.clientAuthentication = .required(
            ClientAuthenticationPolicy(trust: try TestCertificates.trust()))
        let identity = try TestIdentity.clientP256()
        let session = try session(configuration) { $0.identity = identity }
        var pair = try TLS12ServerPair(configuration)
        try pair.resume(session)
        let info = pair.server.connection.info
        #expect(info.isResumed)
        #expect(info.peerCertificates == identity.certificates)
        #expect(info.validatedPath.first == identity.certificates.first)
        #expect(info.peerSignatureScheme == identity.scheme)
        #expect(info.authenticatedAt == FixedClock().now())
    }

    @Test(
        "T-32: a session made under other rules for clients is a full handshake",
        arguments: ["none", "optional", "trust"], Kind.allCases)
    func otherTrust(_ change: String, _ kind: Kind) throws {
        var configuration = try configuration(kind)
        let policy = ClientAuthenticationPolicy(trust: try TestCertificates.trust())
        configuration.clientAuthentication = .required(policy)
        let identity = try TestIdentity.clientP256()
        let session = try session(configuration) { $0.identity = identity }
        switch change {
        case "none": configuration.clientAuthentication = .none
        case "optional": configuration.clientAuthentication = .optional(policy)
        default:
            let other = TrustAnchors(policy.trust.certificates + (try TestIdentity.serverP256().certificates))
            configuration.clientAuthentication = .required(ClientAuthenticationPolicy(trust: other))
        }
        #expect(try !isResumed(session, configuration) { $0.identity = identity })
    }

    @Test("T-48: a connection whose secrets are logged makes no session of TLS 1.2", arguments: Kind.allCases)
    func keyLogged(_ kind: Kind) throws {
        struct Log: KeyLog { func write(line: String) {} }
        var configuration = try configuration(kind)
        configuration.keyLog = Log()
        let session = try session(configuration)
        #expect(session.ticket.isEmpty)
        #expect(session.sessionID.isEmpty)
    }

    @Test(
        "T-48: a session made without a key log is not resumed with one: the log would open its first connection too",
        arguments: Kind.allCases)
    func keyLoggedLater(_ kind: Kind) throws {
        struct Log: KeyLog { func write(line: String) {} }
        var configuration = try configuration(kind)
        let session = try session(configuration)
        configuration.keyLog = Log()
        #expect(try !isResumed(session, configuration))
        configuration.keyLog = nil
        #expect(try isResumed(session, configuration))
    }

    @Test("RFC 5246 §7.3: a server that does not resume takes its own tickets for none", arguments: Kind.allCases)
    func switchedOff(_ kind: Kind) throws {
        var configuration = try configuration(kind)
        let session = try session(configuration)
        configuration.resumesSessions = false
        #expect(try !isResumed(session, configuration))
    }

    @Test(
        "T-02: RFC 5246 §7.3: in an abbreviated handshake a client's Finished over another transcript is decrypt_error")
    func wrongFinished() throws {
        var pair = try TLS12ServerPair.at(.waitFinishedResumed)
        try pair.client.finished { $0.verifyData[5] ^= 4 }
        try pair.refuses(.decryptError)
    }
}
