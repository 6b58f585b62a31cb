// ServerSessions.swift — all that a server's handshake needs of its sessions: to make, to keep and to find them.
// RFC 8446 §4.2.10, §4.2.11, §4.6.1, §8; RFC 5246 §7.3; RFC 5077 §3.
// Next: ServerSessionCache.swift.

internal import Certificates
package import CryptoGlue
package import WireFormat

/// The sessions of one server configuration.
///
/// A handshake asks for a session by what the client sent, then asks the session whether it may be resumed
/// (`ServerSession.refusal`). When the handshake is done, it makes a session of what it found out, and has a ticket made
/// of it:
///
///     if let sessions, let session = try sessions.session(for: output.info, secret: key, ageAdd: ageAdd),
///         let ticket = try sessions.ticket(for: session)
///     {
///         send NewSessionTicket(lifetime: session.facts.lifetime, ageAdd: ageAdd, ticket: ticket, …)
///     }
///
/// A TLS 1.2 server that gives a session ID draws it with `newSessionID()` for its ServerHello, and stores the session
/// under it when the client's Finished has been verified, not before (RFC 5246 App. F.1.4).
package struct ServerSessions: Sendable {
    private let ring: TicketKeyRing?
    private let cache: (any ServerSessionCache)?
    private let replayGuard: EarlyDataReplayGuard?
    private let clock: any WallClock
    private let random: any RandomSource
    private let timeout: UInt32
    private let maxEarlyDataSize: UInt32
    private let resumes: Bool
    private let isKeyLogged: Bool
    /// What every session of this configuration is bound to.
    package let binding: ServerSessionBinding

    /// Octets of a session ID, and of a ticket that stands for a session in the cache.
    package static let idLength = 32

    /// nil when the configuration keeps no sessions.
    ///
    /// - Throws: `HandshakeError.crypto` or `.certificate` when the binding cannot be made.
    package init?(_ configuration: ServerConfiguration) throws(HandshakeError) {
        guard configuration.sessionTickets != nil || configuration.sessionCache != nil,
            configuration.sessionCacheTimeout > 0
        else { return nil }
        ring = configuration.sessionTickets
        cache = configuration.sessionCache
        replayGuard = configuration.earlyDataReplayGuard
        clock = configuration.clock
        random = configuration.provider.random
        timeout = min(configuration.sessionCacheTimeout, ServerSession.longestLifetime)
        maxEarlyDataSize = configuration.earlyDataReplayGuard == nil ? 0 : configuration.maxEarlyDataSize
        resumes = configuration.resumesSessions
        isKeyLogged = configuration.keyLog != nil
        binding = try ServerSessionBinding(configuration)
    }

    // MARK: Making

    /// The session of a connection whose handshake is done; nil when it could not be resumed for a second.
    ///
    /// - Parameters:
    ///   - info: what is known of the connection; of one that was itself resumed, `authenticatedAt` is that of the session.
    ///   - secret: TLS 1.3: the pre-shared key of the ticket. TLS 1.2: the master secret.
    ///   - ageAdd: TLS 1.3: ticket_age_add, random.
    package func session(
        for info: ConnectionInfo, secret: consuming SecretBytes, ageAdd: UInt32 = 0
    ) throws(HandshakeError) -> ServerSession? {
        guard let version = info.version, let suite = info.cipherSuite else {
            throw .internalError("a session is made before version and suite are known")
        }
        let now = clock.now()
        var facts = ServerSession.Facts(
            version: version, cipherSuite: suite, createdAt: now, authenticatedAt: info.authenticatedAt ?? now,
            binding: binding.digest, lifetime: timeout)
        facts.serverName = info.serverName
        facts.alpnProtocol = info.alpnProtocol
        facts.peerCertificates = info.peerCertificates
        facts.peerRawPublicKey = info.peerRawPublicKey
        facts.validatedPath = info.validatedPath
        facts.peerSignatureScheme = info.peerSignatureScheme
        facts.group = info.group
        if version == .tls13 {
            facts.ageAdd = ageAdd
            facts.maxEarlyDataSize = maxEarlyDataSize
            facts.replayGuard = maxEarlyDataSize == 0 ? 0 : replayGuard?.identity ?? 0
        } else {
            facts.usesExtendedMasterSecret = info.usesExtendedMasterSecret
            facts.usesEncryptThenMAC = info.usesEncryptThenMAC
            // RFC 7627 §5.3: a session without it is never resumed, but in SSL 3.0, which has no others.
            guard facts.usesExtendedMasterSecret || version == .ssl30 else { return nil }
        }
        let left = facts.expiry(timeout: timeout).seconds - now.seconds
        guard facts.isUsable(at: now, timeout: timeout), left > 0 else { return nil }
        // RFC 8446 §4.6.1: the client is told the time that there really is.
        facts.lifetime = UInt32(clamping: left)
        return ServerSession(facts, secret: secret)
    }

    /// A ticket for a session: sealed by the ring or, in TLS 1.3, an identifier of the cache when there is no ring or the
    /// client's certificates are too long for a ticket. nil when there is none to be had.
    ///
    /// - Throws: `HandshakeError.crypto` when there is no randomness.
    package func ticket(for session: ServerSession) throws(HandshakeError) -> [UInt8]? {
        guard session.facts.binding == binding.digest else {
            throw .internalError("a session of one configuration is given out by another")
        }
        guard !isInLog(session) else { return nil }
        if let ring, let ticket = seal(session, ring) { return ticket }
        guard session.version == .tls13, cache != nil else { return nil }
        let id = try newID()
        store(session, id: id)
        return id
    }

    /// nil for a session that does not fit, and when no key may seal: a connection does not fail because it cannot be
    /// resumed.
    private func seal(_ session: ServerSession, _ ring: TicketKeyRing) -> [UInt8]? {
        var record: SecretBytes
        do throws(DecodeError) {
            record = try ServerSessionCodec.encode(session, header: TicketForm.header, trailer: TicketForm.trailer)
        } catch { return nil }
        // Where the session lies in memory differs from thread to thread.
        return try? ring.seal(&record, hint: ObjectIdentifier(session).hashValue)
    }

    /// A new session ID for a ServerHello of TLS 1.2; nil without a cache.
    ///
    /// - Throws: `HandshakeError.crypto` when there is no randomness.
    package func newSessionID() throws(HandshakeError) -> [UInt8]? {
        cache == nil || isKeyLogged ? nil : try newID()
    }

    /// Keeps a session under the ID that `newSessionID()` gave.
    package func store(_ session: ServerSession, id: [UInt8]) {
        guard !isInLog(session), session.facts.binding == binding.digest else { return }
        cache?.store(session, id: key(id, session.version), at: clock.now())
    }

    /// Notes that the connection has the session of this identifier: in TLS 1.2 one that it resumes or stores, in TLS 1.3
    /// one that it gives out. Without meaning for what a ring has sealed, which is longer and not kept here.
    package func note(_ id: [UInt8], _ version: ProtocolVersion, in kept: inout KeptServerSessions) {
        guard let cache, id.count == ServerSessions.idLength else { return }
        kept.add(key(id, version), of: cache)
    }

    /// A TLS 1.2 connection that resumes is protected by the same master secret: one that is in a log must not protect
    /// another.
    private func isInLog(_ session: ServerSession) -> Bool { isKeyLogged && session.version < .tls13 }

    private func newID() throws(HandshakeError) -> [UInt8] {
        var id = [UInt8](repeating: 0, count: ServerSessions.idLength)
        do throws(CryptoError) {
            var octets = id.mutableSpan
            try random.fill(&octets)
        } catch { throw .crypto(error, during: "drawing a session identifier") }
        return id
    }

    // MARK: Finding

    /// The session of a ticket, for a connection of this version; nil when there is none that belongs to this
    /// configuration: a full handshake follows. In TLS 1.3 finding uses nothing up: see `use(ticket:)`.
    package func session(ticket: [UInt8], version: ProtocolVersion) -> ServerSession? {
        guard mayResume(version) else { return nil }
        if let ring, let session = open(ticket, ring) { return belongs(session, version) ? session : nil }
        guard version == .tls13 else { return nil }
        return find(ticket, version)
    }

    /// The session of a session ID, for a connection of this version, TLS 1.2 or older; nil when there is none.
    package func session(id: [UInt8], version: ProtocolVersion = .tls12) -> ServerSession? {
        mayResume(version) ? find(id, version) : nil
    }

    /// Uses up the TLS 1.3 ticket whose session was found: for a client that has proven to know its key, or whoever saw its
    /// ClientHello could use the ticket up. False when another connection has used it first. What a ring sealed is longer
    /// than an identifier, and not used up.
    package func use(ticket: [UInt8]) -> Bool {
        guard let cache, ticket.count == ServerSessions.idLength else { return true }
        return cache.take(id: key(ticket, .tls13), at: clock.now(), timeout: timeout) != nil
    }

    /// A TLS 1.2 connection that resumes has the master secret of the one before: in a log it would open that one too.
    private func mayResume(_ version: ProtocolVersion) -> Bool { resumes && !(isKeyLogged && version < .tls13) }

    private func open(_ ticket: [UInt8], _ ring: TicketKeyRing) -> ServerSession? {
        guard let record = ring.open(ticket.span) else { return nil }
        let plaintext = record.bytes.extracting(TicketForm.header..<record.count - TicketForm.trailer)
        return try? ServerSessionCodec.decode(plaintext)
    }

    private func find(_ id: [UInt8], _ version: ProtocolVersion) -> ServerSession? {
        // Others are none of ours; an empty one comes with every TLS 1.2 client that has no session.
        guard let cache, id.count == ServerSessions.idLength else { return nil }
        let (place, now) = (key(id, version), clock.now())
        let session =
            version == .tls13
            ? cache.find(id: place, at: now, timeout: timeout) : cache.take(id: place, at: now, timeout: timeout)
        guard let session, belongs(session, version) else { return nil }
        return session
    }

    private func belongs(_ session: ServerSession, _ version: ProtocolVersion) -> Bool {
        session.version == version && session.facts.binding == binding.digest
    }

    /// A session of one version is not even found by a client of the other, so that it cannot use it up.
    private func key(_ id: [UInt8], _ version: ProtocolVersion) -> [UInt8] {
        [UInt8(truncatingIfNeeded: version.rawValue >> 8), UInt8(truncatingIfNeeded: version.rawValue)] + id
    }

    // MARK: Early data

    /// Why the early data of a ClientHello is not taken; nil when it is, which happens once for each ClientHello. To be
    /// asked when everything else is decided: the session is resumed, it is the first that was offered, its binder was
    /// verified, and there is no HelloRetryRequest (RFC 8446 §4.2.10).
    ///
    /// - Parameters:
    ///   - suite: the cipher suite that was chosen.
    ///   - obfuscatedTicketAge: as the client's identity has it.
    ///   - binder: the verified one.
    package func earlyDataRefusal(
        _ session: ServerSession, suite: CipherSuite, obfuscatedTicketAge: UInt32, binder: [UInt8], at now: UnixTime
    ) -> StaticString? {
        guard maxEarlyDataSize > 0, let replayGuard else { return "the server takes no early data" }
        let facts = session.facts
        guard facts.version == .tls13, facts.maxEarlyDataSize > 0 else { return "the ticket allows no early data" }
        // Another server's guard, or that of another run, may have admitted this ClientHello before.
        guard facts.replayGuard == replayGuard.identity else {
            return "the ticket is of a server with another memory of early data"
        }
        // RFC 8446 §4.2.10: early data goes by the parameters of the session. Its name and protocol are those of now, or
        // it would not be resumed.
        guard facts.cipherSuite == suite else { return "the cipher suite is not the session's" }
        // RFC 8446 §4.2.11.1, §8.3.
        let told = Int64(obfuscatedTicketAge &- facts.ageAdd)
        let known = (now.seconds - facts.createdAt.seconds) * 1000
        guard replayGuard.admits(binder.span, ageDifferenceMilliseconds: told - known, at: now) else {
            return "the ClientHello is not fresh, was seen before, or there is no room to remember it"
        }
        return nil
    }
}

/// The sessions of one connection that are in the server's cache.
package struct KeptServerSessions: Sendable {
    private var cache: (any ServerSessionCache)?
    private var ids: [[UInt8]] = []

    package init() {}

    fileprivate mutating func add(_ id: [UInt8], of cache: any ServerSessionCache) {
        self.cache = cache
        ids.append(id)
    }

    /// RFC 5246 §7.2.2, RFC 8446 §6.2: a fatal alert was sent or received, and none of them is resumed any more. What is in
    /// tickets cannot be taken back.
    package func forget() {
        for id in ids { cache?.remove(id: id) }
    }
}
