// TLS12Sessions.swift — what of a TLS 1.2 connection is kept for later ones.
// RFC 5246 §7.3, App. F.1.4; RFC 5077 §3.3; RFC 7627 §5.3.
// Next: ../Session/Session.swift.

internal import CryptoGlue
internal import WireFormat

enum TLS12Sessions {
    /// Keeps the session under its ticket, or under the ID the server gave it; nothing when it cannot be resumed.
    static func keep(
        _ master: borrowing TLS12MasterSecret, _ negotiated: TLS12Negotiated, ticket: TLS12NewSessionTicket?,
        resumed: Session?, _ info: ConnectionInfo
    ) {
        guard let sessions = negotiated.offer.sessions else { return }
        // A connection that resumes is protected by the same master secret: one that is in a log must not protect another.
        guard negotiated.offer.configuration.keyLog == nil else { return }
        // RFC 7627 §5.3: a session without extended_master_secret is never resumed, but in SSL 3.0, which has no others.
        guard negotiated.usesExtendedMasterSecret || negotiated.rules.resumesWithoutExtendedMasterSecret else { return }
        let hasTicket = !(ticket?.ticket.isEmpty ?? true)
        // What was resumed without a new ticket is in the store already.
        if resumed != nil, !hasTicket { return }
        guard hasTicket || !negotiated.sessionID.isEmpty else { return }
        // One that is too long could not be offered.
        guard (ticket?.ticket.count ?? 0) <= OfferedPreSharedKey.longestTicket else { return }
        let now = sessions.clock.now()
        var facts = Session.Facts(
            version: negotiated.rules.version, cipherSuite: negotiated.suite.code,
            ticket: hasTicket ? ticket?.ticket ?? [] : [],
            receivedAt: now, authenticatedAt: info.authenticatedAt ?? now, identity: sessions.identity,
            peerCertificates: info.peerCertificates, validatedPath: info.validatedPath)
        if hasTicket {
            // RFC 5077 §3.3: a hint in seconds; 0 says nothing.
            if let hint = ticket?.lifetimeHint, hint > 0 { facts.lifetime = min(hint, Session.longestLifetime) }
        } else {
            facts.sessionID = negotiated.sessionID
        }
        facts.peerRawPublicKey = info.peerRawPublicKey
        facts.alpnProtocol = info.alpnProtocol
        facts.peerSignatureScheme = info.peerSignatureScheme
        facts.group = info.group
        facts.stapledOCSPResponse = info.stapledOCSPResponse
        facts.usesExtendedMasterSecret = negotiated.usesExtendedMasterSecret
        sessions.store.store(Session(facts, secret: master.secret.copy()), for: sessions.binding)
    }
}
