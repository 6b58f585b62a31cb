// TLS12ServerSessions.swift — which sessions a server of TLS 1.2 resumes, and what it keeps or issues.
// RFC 5246 §7.3, App. F.1.4; RFC 5077 §3.3, §3.4; RFC 7627 §5.3; RFC 7366 §3.
// Next: ../Session/ServerSession.swift.

internal import CryptoGlue
internal import WireFormat

/// A session that is resumed.
struct TLS12Resumption: Sendable {
    let session: ServerSession
    let suite: TLS12Suite
    let rules: VersionRules
    /// Takes the place of the client's ticket; nil when that one is good enough.
    let newTicket: TLS12NewSessionTicket?

    /// The facts of the full handshake hold again (T-34).
    func report(_ output: inout HandshakeOutput) {
        let facts = session.facts
        output.info.isResumed = true
        output.info.cipherSuite = suite.code
        output.info.peerCertificates = facts.peerCertificates
        output.info.peerRawPublicKey = facts.peerRawPublicKey
        output.info.validatedPath = facts.validatedPath
        output.info.peerSignatureScheme = facts.peerSignatureScheme
        output.info.group = facts.group
        output.info.authenticatedAt = facts.authenticatedAt
        output.log.record(
            Decision(
                .session, .accepted, subject: "ClientHello", expected: "a session of this server",
                found: "one that may be resumed", rule: "the server resumes a session it knows",
                section: "RFC 5246 §7.3"))
    }
}

/// The server's sessions as TLS 1.2 uses them: tickets for clients that take them, else session IDs.
struct TLS12ServerSessions {
    private let configuration: ServerConfiguration
    private let sessions: ServerSessions

    /// nil when the server keeps no sessions.
    init?(_ configuration: ServerConfiguration) throws(HandshakeError) {
        guard let sessions = try ServerSessions(configuration) else { return nil }
        self.configuration = configuration
        self.sessions = sessions
    }

    // MARK: Resuming

    /// The session that the ClientHello offers, when it may be resumed; nil leads to a full handshake.
    func resumable(
        _ hello: ReceivedHello, _ offer: TLS12Offer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Resumption? {
        guard let version = output.info.version, let session = offered(hello, offer, version, &output) else {
            return nil
        }
        // RFC 7627 §5.3: a session with extended_master_secret that is offered without it is an attack (T-12). One without
        // is never resumed, whatever the client offers now: the rules of the session say so.
        if session.facts.usesExtendedMasterSecret, !offer.offersExtendedMasterSecret {
            throw .clientMisbehaved(.resumedWithoutExtendedMasterSecret)
        }
        let now = configuration.clock.now()
        if let reason = session.refusal(hello, at: now) {
            output.log.record(
                Decision(
                    .session, .chosen, subject: "ClientHello", expected: "a session that may be resumed",
                    found: "a full handshake: \(reason)", rule: "a session is resumed only where it was made for",
                    section: "RFC 5246 §7.3, RFC 7627 §5.3"))
            return nil
        }
        guard let suite = TLS12Suite.suite(session.facts.cipherSuite, in: version) else { return nil }
        let rules = try VersionRules(version, suite, configuration.legacyUse)
        return TLS12Resumption(
            session: session, suite: suite, rules: rules, newTicket: try renewed(session, offer, at: now))
    }

    /// RFC 5077 §3.4: with a ticket the session ID is looked up nowhere.
    private func offered(
        _ hello: ReceivedHello, _ offer: TLS12Offer, _ version: ProtocolVersion, _ output: inout HandshakeOutput
    ) -> ServerSession? {
        if let ticket = offer.ticket, !ticket.isEmpty { return sessions.session(ticket: ticket, version: version) }
        let id = hello.hello.legacySessionID
        guard !id.isEmpty, let session = sessions.session(id: id, version: version) else { return nil }
        sessions.note(id, version, in: &output.keptSessions)
        return session
    }

    /// RFC 5077 §3.3: a new ticket for the same session in the second half of its life, so that it outlives a change of the
    /// ticket key. Its secret is the same, and so its end stays what it was.
    private func renewed(
        _ session: ServerSession, _ offer: TLS12Offer, at now: UnixTime
    ) throws(HandshakeError) -> TLS12NewSessionTicket? {
        guard offer.ticket?.isEmpty == false else { return nil }
        let left = session.expiry(timeout: configuration.sessionCacheTimeout).seconds - now.seconds
        guard left <= now.seconds - session.facts.createdAt.seconds else { return nil }
        return try newTicket(session, at: now)
    }

    // MARK: Keeping

    /// RFC 5077 §3.2: the ServerHello says that a NewSessionTicket will come.
    ///
    /// RFC 7627 §5.3: without extended_master_secret the session would never be resumed.
    func issuesTicket(_ offer: TLS12Offer) -> Bool {
        // A connection that resumes is protected by the same master secret: one that is in a log must not protect another.
        offer.ticket != nil && offer.offersExtendedMasterSecret && configuration.sessionTickets != nil
            && configuration.keyLog == nil
    }

    /// The ID of the new session; empty when it is not kept.
    func newID(_ offer: TLS12Offer, _ rules: VersionRules) throws(HandshakeError) -> [UInt8] {
        guard offer.offersExtendedMasterSecret || rules.resumesWithoutExtendedMasterSecret else { return [] }
        return try sessions.newSessionID() ?? []
    }

    /// The handshake is right: keeps the session under the ID that the ServerHello gave it, or returns the ticket that the
    /// ServerHello promised.
    func keep(
        _ master: borrowing TLS12MasterSecret, _ negotiated: TLS12ServerNegotiated, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12NewSessionTicket? {
        guard negotiated.issuesTicket || !negotiated.sessionID.isEmpty else { return nil }
        let session = try sessions.session(for: output.info, secret: master.secret.copy())
        guard negotiated.issuesTicket else {
            if let session {
                sessions.store(session, id: negotiated.sessionID)
                sessions.note(negotiated.sessionID, negotiated.rules.version, in: &output.keptSessions)
            }
            return nil
        }
        // RFC 5077 §3.3: a server that has changed its mind sends an empty ticket.
        let none = TLS12NewSessionTicket(lifetimeHint: 0, ticket: [])
        guard let session else { return none }
        return try newTicket(session, at: configuration.clock.now()) ?? none
    }

    private func newTicket(
        _ session: ServerSession, at now: UnixTime
    ) throws(HandshakeError) -> TLS12NewSessionTicket? {
        guard let ticket = try sessions.ticket(for: session) else { return nil }
        let left = session.expiry(timeout: configuration.sessionCacheTimeout).seconds - now.seconds
        // RFC 5077 §3.3: a hint of 0 would say nothing.
        return TLS12NewSessionTicket(lifetimeHint: UInt32(clamping: max(1, left)), ticket: ticket)
    }
}
