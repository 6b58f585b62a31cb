// ServerSessionsTests.swift — how sessions are made, sealed, stored and found again, and which are not.
// RFC 8446 §4.2.10, §4.6.1, §8; RFC 5246 §7.3; RFC 5077 §3.
// Next: MemoryServerSessionCacheTests.swift.

import Certificates
import CryptoGlue
import Handshake
import TestSupport
import Testing
import WireFormat

@Suite("ServerSessions")
struct ServerSessionsTests {
    private static func sessions(
        _ clock: SettableClock = SettableClock(), _ change: (inout ServerConfiguration) throws -> Void = { _ in }
    ) throws -> ServerSessions {
        var configuration = try ServerSessionSamples.configuration(clock)
        try change(&configuration)
        return try #require(try ServerSessions(configuration))
    }

    private static func useCache(_ configuration: inout ServerConfiguration) {
        configuration.sessionTickets = nil
        configuration.sessionCache = MemoryServerSessionCache()
    }

    private static func made(
        _ sessions: ServerSessions, _ version: ProtocolVersion = .tls13,
        _ change: (inout ConnectionInfo) throws -> Void = { _ in }
    ) throws -> ServerSession? {
        var info = ServerSessionSamples.info(version)
        try change(&info)
        return try sessions.session(
            for: info, secret: SessionSamples.secret(version == .tls13 ? 32 : 48), ageAdd: version == .tls13 ? 77 : 0)
    }

    @Test("a server without ring and cache, or whose sessions last no time, keeps none")
    func none() throws {
        var configuration = try ServerSessionSamples.configuration()
        configuration.sessionCacheTimeout = 0
        #expect(try ServerSessions(configuration) == nil)
        configuration.sessionCacheTimeout = 600
        #expect(try ServerSessions(configuration) != nil)
        configuration.sessionTickets = nil
        #expect(try ServerSessions(configuration) == nil)
    }

    @Test(
        "T-34: a session holds what was found out about the connection and its client, and comes back with its ticket",
        arguments: [ProtocolVersion.tls12, .tls13])
    func ticket(version: ProtocolVersion) throws {
        let sessions = try Self.sessions()
        let client = try TestIdentity.clientP256().certificates
        let session = try #require(
            try Self.made(sessions, version) { info in
                info.peerCertificates = client
                info.validatedPath = client + (try TestCertificates.trust().certificates)
                info.peerSignatureScheme = .ecdsaSecp256r1SHA256
                info.authenticatedAt = ServerSessionSamples.after(-5)
            })
        let facts = session.facts
        #expect(facts.version == version)
        #expect(facts.createdAt == ServerSessionSamples.start)
        #expect(facts.authenticatedAt == ServerSessionSamples.after(-5))
        #expect(facts.lifetime == 600)
        #expect(facts.serverName == "server.example" && facts.alpnProtocol == "h2" && facts.group == .x25519)
        #expect(facts.peerCertificates == client && facts.validatedPath.count > client.count)
        #expect(facts.peerSignatureScheme == .ecdsaSecp256r1SHA256)
        #expect(facts.usesExtendedMasterSecret == (version == .tls12))
        #expect(facts.ageAdd == (version == .tls13 ? 77 : 0))
        #expect(facts.maxEarlyDataSize == 0)
        let ticket = try #require(try sessions.ticket(for: session))
        let back = try #require(sessions.session(ticket: ticket, version: version))
        #expect(back.facts == facts)
        #expect(ServerSessionSamples.secret(of: back) == SessionSamplesOctets.secret(version))
        // A sealed ticket is opened as often as it comes.
        for _ in 0..<2 { #expect(sessions.use(ticket: ticket)) }
        #expect(sessions.session(ticket: ticket, version: version) != nil)
    }

    @Test("T-33: the lifetime the client is told ends with the client's path and seven days after the full handshake")
    func lifetime() throws {
        let sessions = try Self.sessions { $0.sessionCacheTimeout = .max }
        #expect(try Self.made(sessions)?.facts.lifetime == 604_800)
        let renewed = try Self.made(sessions) { $0.authenticatedAt = ServerSessionSamples.after(-604_790) }
        #expect(renewed?.facts.lifetime == 10)
        #expect(try Self.made(sessions) { $0.authenticatedAt = ServerSessionSamples.after(-604_800) } == nil)
        #expect(try Self.made(sessions) { $0.authenticatedAt = ServerSessionSamples.after(1) } == nil)
        let certificate = try SessionSamples.certificate(until: "2099")
        let clock = SettableClock(UnixTime(seconds: certificate.notAfter.seconds - 30))
        let late = try Self.sessions(clock)
        #expect(try Self.made(late) { $0.peerCertificates = [certificate] }?.facts.lifetime == 30)
    }

    @Test("RFC 7627 §5.3: no session is made of a TLS 1.2 connection without extended_master_secret")
    func noExtendedMasterSecret() throws {
        let sessions = try Self.sessions()
        #expect(try Self.made(sessions, .tls12) { $0.usesExtendedMasterSecret = false } == nil)
        #expect(try Self.made(sessions, .tls13) { $0.usesExtendedMasterSecret = false } != nil)
    }

    @Test("T-35: a ticket of one version is none of the other, nor a session ID; an ID of one is no ticket")
    func crossVersion() throws {
        for usesCache in [false, true] {
            let sessions = try Self.sessions { configuration in
                if usesCache { Self.useCache(&configuration) }
            }
            let new = try #require(try Self.made(sessions))
            let ticket = try #require(try sessions.ticket(for: new))
            #expect(sessions.session(ticket: ticket, version: .tls12) == nil)
            #expect(sessions.session(id: ticket) == nil)
            let old = try #require(try Self.made(sessions, .tls12))
            if usesCache {
                #expect(try sessions.ticket(for: old) == nil)
                let id = try #require(try sessions.newSessionID())
                sessions.store(old, id: id)
                #expect(sessions.session(ticket: id, version: .tls13) == nil)
                #expect(sessions.session(ticket: id, version: .tls12) == nil)
                #expect(sessions.session(id: id)?.version == .tls12)
            } else {
                let ticket = try #require(try sessions.ticket(for: old))
                #expect(sessions.session(ticket: ticket, version: .tls13) == nil)
                #expect(sessions.session(id: ticket) == nil)
                #expect(sessions.session(ticket: ticket, version: .tls12) != nil)
                #expect(try sessions.newSessionID() == nil)
            }
            // Nobody has used up the ticket by asking for it in the wrong place.
            #expect(sessions.session(ticket: ticket, version: .tls13) != nil)
        }
    }

    @Test("T-35: forged and damaged tickets, those of another server, and no ticket at all find nothing")
    func forged() throws {
        let sessions = try Self.sessions { $0.sessionCache = MemoryServerSessionCache() }
        let session = try #require(try Self.made(sessions))
        let ticket = try #require(try sessions.ticket(for: session))
        for index in ticket.indices {
            var changed = ticket
            changed[index] ^= 1 << UInt8(index % 8)
            #expect(sessions.session(ticket: changed, version: .tls13) == nil)
        }
        for octets in [[], [UInt8](repeating: 0, count: 32), [UInt8](repeating: 0, count: 300), ticket + ticket] {
            #expect(sessions.session(ticket: octets, version: .tls13) == nil)
            #expect(sessions.session(id: octets) == nil)
        }
        #expect(try Self.sessions().session(ticket: ticket, version: .tls13) == nil)
        // The key of a zero ring, with a plaintext that is in order: CVE-2020-13777.
        let zeros = [UInt8](repeating: 0, count: 32)
        var cipher = try RecordAEAD(.aes256GCM, key: zeros.span)
        var record = try ServerSessionCodec.encode(session, header: TicketForm.header, trailer: TicketForm.trailer)
        var octets = record.mutableBytes
        for index in 0..<16 { octets[index] = ticket[index] }
        try cipher.seal(&octets, header: TicketForm.header, nonce: InlineArray(repeating: 0))
        let forged = ServerSessionSamples.octets(of: record)
        #expect(sessions.session(ticket: forged, version: .tls13) == nil)
    }

    @Test("T-35: what a ring seals that is no session is no session")
    func otherPlaintext() throws {
        let clock = SettableClock()
        let ring = try TicketKeyRing(clock: clock)
        let sessions = try Self.sessions(clock) { $0.sessionTickets = ring }
        for text in [[], [1], [UInt8](repeating: 1, count: 200)] as [[UInt8]] {
            let ticket = try TicketKeyRingTests.seal(ring, text)
            #expect(TicketKeyRingTests.open(ring, ticket) == text)
            #expect(sessions.session(ticket: ticket, version: .tls13) == nil)
        }
    }

    @Test("RFC 8446 §8.1: without a ring a TLS 1.3 ticket is an identifier of the cache, and good for once")
    func stateful() throws {
        let cache = MemoryServerSessionCache()
        let sessions = try Self.sessions { configuration in
            configuration.sessionTickets = nil
            configuration.sessionCache = cache
        }
        let session = try #require(try Self.made(sessions))
        let tickets = try (0..<3).map { _ in try #require(try sessions.ticket(for: session)) }
        #expect(Set(tickets).count == 3)
        #expect(tickets.allSatisfy { $0.count == 32 })
        #expect(cache.count == 3)
        for ticket in tickets {
            // Looking is no use.
            for _ in 0..<2 { #expect(sessions.session(ticket: ticket, version: .tls13) === session) }
            #expect(sessions.use(ticket: ticket))
            #expect(!sessions.use(ticket: ticket))
            #expect(sessions.session(ticket: ticket, version: .tls13) == nil)
        }
    }

    @Test("RFC 5246 §7.3: a session ID finds its TLS 1.2 session again and again, until it is forgotten")
    func sessionIDs() throws {
        let sessions = try Self.sessions { $0.sessionCache = MemoryServerSessionCache() }
        let session = try #require(try Self.made(sessions, .tls12))
        let id = try #require(try sessions.newSessionID())
        #expect(id.count == 32)
        #expect(sessions.session(id: id) == nil)
        sessions.store(session, id: id)
        for _ in 0..<2 { #expect(sessions.session(id: id) === session) }
        #expect(sessions.session(id: []) == nil)
        #expect(sessions.session(id: Array(id.dropLast())) == nil)
        #expect(try sessions.newSessionID() != id)
        var kept = KeptServerSessions()
        sessions.note(id, .tls12, in: &kept)
        #expect(sessions.session(id: id) === session)
        kept.forget()
        #expect(sessions.session(id: id) == nil)
    }

    @Test("a client's certificates that are too long for a ticket go into the cache, or there is no ticket")
    func longCertificates() throws {
        let certificates = try TestIdentity.serverRSA().certificates
        func long(_ info: inout ConnectionInfo) {
            while info.peerCertificates.reduce(0, { $0 + $1.derEncoded.count }) <= ServerSessionCodec.longest {
                info.peerCertificates += certificates
            }
        }
        let stateless = try Self.sessions()
        let cache = MemoryServerSessionCache()
        let both = try Self.sessions { $0.sessionCache = cache }
        for version in [ProtocolVersion.tls12, .tls13] {
            let session = try #require(try Self.made(stateless, version, long))
            #expect(try stateless.ticket(for: session) == nil)
            let other = try #require(try Self.made(both, version, long))
            let ticket = try both.ticket(for: other)
            // In TLS 1.2 there is the session ID.
            #expect(ticket?.count == (version == .tls13 ? 32 : nil))
            if let ticket { #expect(both.session(ticket: ticket, version: .tls13) === other) }
            let short = try #require(try Self.made(both, version))
            #expect(try both.ticket(for: short)?.count ?? 0 > 32)
        }
    }

    @Test("T-48: what is in a key log protects no other connection: TLS 1.2 sessions are not kept then")
    func keyLog() throws {
        struct Log: KeyLog { func write(line: String) {} }
        let cache = MemoryServerSessionCache()
        let sessions = try Self.sessions { configuration in
            configuration.sessionCache = cache
            configuration.keyLog = Log()
        }
        let old = try #require(try Self.made(sessions, .tls12))
        #expect(try sessions.ticket(for: old) == nil)
        #expect(try sessions.newSessionID() == nil)
        sessions.store(old, id: [UInt8](repeating: 1, count: 32))
        #expect(cache.count == 0)
        let new = try #require(try Self.made(sessions))
        #expect(try sessions.ticket(for: new) != nil)
    }

    @Test("resumption that is off finds nothing, and still issues for later")
    func off() throws {
        let clock = SettableClock()
        let ring = try TicketKeyRing(clock: clock)
        let cache = MemoryServerSessionCache()
        func sessions(resumes: Bool) throws -> ServerSessions {
            try Self.sessions(clock) { configuration in
                configuration.sessionTickets = ring
                configuration.sessionCache = cache
                configuration.resumesSessions = resumes
            }
        }
        let off = try sessions(resumes: false)
        let session = try #require(try Self.made(off))
        let ticket = try #require(try off.ticket(for: session))
        #expect(off.session(ticket: ticket, version: .tls13) == nil)
        #expect(try sessions(resumes: true).session(ticket: ticket, version: .tls13) != nil)
    }

    @Test("T-33: the cache's timeout ends what is in the cache")
    func cacheTimeout() throws {
        let clock = SettableClock()
        let sessions = try Self.sessions(clock, Self.useCache)
        let session = try #require(try Self.made(sessions, .tls12))
        let id = try #require(try sessions.newSessionID())
        sessions.store(session, id: id)
        clock.set(600)
        #expect(sessions.session(id: id) != nil)
        clock.set(601)
        #expect(sessions.session(id: id) == nil)
    }

    @Test("T-32: a session of another configuration is neither given out nor kept")
    func otherBinding() throws {
        let cache = MemoryServerSessionCache()
        let sessions = try Self.sessions { $0.sessionCache = cache }
        let foreign = try ServerSessionSamples.session()
        #expect(throws: HandshakeError.self) { try sessions.ticket(for: foreign) }
        sessions.store(foreign, id: [UInt8](repeating: 1, count: 32))
        #expect(cache.count == 0)
    }

    @Test("T-37: a connection does not fail because a ticket cannot be sealed")
    func exhausted() throws {
        let clock = SettableClock()
        let ring = try TicketKeyRing(random: SystemRandom(), clock: clock, rotation: 86_400, limit: 0)
        let sessions = try Self.sessions(clock) { $0.sessionTickets = ring }
        let session = try #require(try Self.made(sessions))
        #expect(try sessions.ticket(for: session) == nil)
    }

    // MARK: Early data

    private struct EarlyData {
        let memory = EarlyDataReplayGuard()
        let clock = SettableClock()
        let sessions: ServerSessions
        let session: ServerSession

        init(_ change: (inout ServerConfiguration) throws -> Void = { _ in }) throws {
            let memory = memory
            sessions = try ServerSessionsTests.sessions(clock) { configuration in
                configuration.maxEarlyDataSize = 16_384
                configuration.earlyDataReplayGuard = memory
                try change(&configuration)
            }
            session = try #require(try ServerSessionsTests.made(sessions))
        }

        func refusal(
            binder: UInt8 = 1, age: UInt32 = 5000, at seconds: Int64 = 5, suite: CipherSuite = .tlsAES128GCMSHA256,
            of session: ServerSession? = nil
        ) -> String? {
            sessions.earlyDataRefusal(
                session ?? self.session, suite: suite, obfuscatedTicketAge: age &+ 77,
                binder: [UInt8](repeating: binder, count: 32), at: ServerSessionSamples.after(seconds)
            ).map { "\($0)" }
        }
    }

    @Test(
        "T-30: RFC 8446 §8: early data of a fresh ClientHello is taken once, within the window, and with its own suite")
    func earlyData() throws {
        let server = try EarlyData()
        #expect(server.session.facts.maxEarlyDataSize == 16_384)
        #expect(server.refusal() == nil)
        #expect(server.refusal() != nil)
        #expect(server.refusal(binder: 2, age: 15_001) != nil)
        #expect(server.refusal(binder: 2, age: 0, at: 11) != nil)
        #expect(server.refusal(binder: 2, suite: .tlsChaCha20Poly1305SHA256) != nil)
        #expect(server.refusal(binder: 2, age: 0, at: 10) == nil)
        #expect(server.refusal(binder: 3, age: 15_000) == nil)
        // Modulo 2^32 milliseconds nothing looks young that is not.
        #expect(server.refusal(binder: 4, age: .max) != nil)
    }

    @Test("T-30: early data is not taken where it is off, nor with a ticket that does not allow it")
    func earlyDataOff() throws {
        let off = try EarlyData { $0.maxEarlyDataSize = 0 }
        #expect(off.session.facts.maxEarlyDataSize == 0)
        #expect(off.refusal() != nil)
        let unguarded = try EarlyData { $0.earlyDataReplayGuard = nil }
        #expect(unguarded.session.facts.maxEarlyDataSize == 0)
        #expect(unguarded.refusal() != nil)
        let on = try EarlyData()
        #expect(on.refusal(of: off.session) != nil)
    }

    @Test("T-30: servers that share keys but no guard: only the one that issued a ticket takes its early data")
    func earlyDataElsewhere() throws {
        let key = try TicketKey.random()
        let servers = try (0..<2).map { _ in
            try EarlyData { try $0.sessionTickets?.setKeys([key]) }
        }
        let ticket = try #require(try servers[0].sessions.ticket(for: servers[0].session))
        for (server, isAdmitted) in zip(servers, [true, false]) {
            let session = try #require(server.sessions.session(ticket: ticket, version: .tls13))
            #expect((server.refusal(of: session) == nil) == isAdmitted)
        }
    }

    @Test("T-30: two servers that share a guard: exactly one takes the early data of a ClientHello")
    func earlyDataShared() throws {
        let key = try TicketKey.random()
        let memory = EarlyDataReplayGuard()
        let servers = try (0..<2).map { _ in
            try EarlyData { configuration in
                try configuration.sessionTickets?.setKeys([key])
                configuration.earlyDataReplayGuard = memory
            }
        }
        for binder in 0..<10 as Range<UInt8> {
            let first = Int(binder) % 2
            #expect(servers[first].refusal(binder: binder, of: servers[0].session) == nil)
            #expect(servers[1 - first].refusal(binder: binder, of: servers[0].session) != nil)
        }
    }
}

private enum SessionSamplesOctets {
    static func secret(_ version: ProtocolVersion) -> [UInt8] {
        (0..<(version == .tls13 ? 32 : 48)).map { UInt8(truncatingIfNeeded: 0xa0 &+ $0) }
    }
}
