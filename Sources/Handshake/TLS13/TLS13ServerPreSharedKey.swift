// TLS13ServerPreSharedKey.swift — which of the keys that pre_shared_key names a server takes, and whether early data with it.
// RFC 8446 §4.2.10, §4.2.11, §8.3; RFC 9258 §5.2.
// Next: TLS13Server+Hello.swift.

internal import CryptoGlue
internal import RecordLayer
internal import WireFormat

/// A key that a client named, and that this server knows: a ticket's or an external one.
package struct KnownPreSharedKey: Sendable {
    enum Source: Sendable {
        case session(ServerSession)
        case external(ExternalPreSharedKey)
    }

    let source: Source
    /// The hash that the key belongs to: a cipher suite with another one cannot use it.
    let hash: HashAlgorithm

    /// The key itself.
    var secret: SecretBytes {
        switch source {
        case .session(let session): session.secret.copy()
        case .external(let key): key.secret
        }
    }

    /// PskBinderEntry as it has to be.
    ///
    /// - Parameter transcript: the hash over everything up to the binders of the ClientHello (RFC 8446 §4.2.11.2).
    func binder(_ transcript: TranscriptHash) throws(CryptoError) -> SecretBytes {
        let label: String
        switch source {
        case .session: label = "res binder"
        case .external(let key): label = key.isImported ? "imp binder" : "ext binder"
        }
        let secret = self.secret
        return try PreSharedKeyBinder.compute(hash, secret.bytes, label: label, transcript)
    }

    /// What is known of the client by this key: all that the full handshake of its ticket found, and nothing more.
    func report(in info: inout ConnectionInfo) {
        switch source {
        case .session(let session):
            info.isResumed = true
            info.peerCertificates = session.facts.peerCertificates
            info.peerRawPublicKey = session.facts.peerRawPublicKey
            info.validatedPath = session.facts.validatedPath
            info.peerSignatureScheme = session.facts.peerSignatureScheme
            info.authenticatedAt = session.facts.authenticatedAt
        case .external(let key):
            info.externalPreSharedKeyIdentity = key.identity
        }
    }

    /// The key as a decision names it; never the secret.
    var name: String {
        switch source {
        case .session: "a ticket for \(hash.rawValue)"
        case .external: "an external key for \(hash.rawValue)"
        }
    }
}

/// The key that was selected, and where the ClientHello names it.
package struct SelectedPreSharedKey: Sendable {
    let key: KnownPreSharedKey
    /// selected_identity.
    let index: UInt16
    /// The suite to use it with: the one of the ticket if that is still wanted, so that early data can be taken.
    let suite: TLS13Suite

    /// Identities that are looked at: a hello could name thousands, and each may cost a decryption.
    private static let search = 16

    /// The first identity that stands for a key we may use; nil when none does.
    ///
    /// - Parameter suites: to choose from, the most wanted first.
    static func find(
        _ offer: TLS13ClientOffer, suites: [TLS13Suite], _ sessions: ServerSessions?, _ output: inout HandshakeOutput
    ) -> SelectedPreSharedKey? {
        guard let keys = offer.preSharedKeys else { return nil }
        // RFC 8446 §4.2.9: only in a mode that the client wants too.
        guard !offer.usableModes.isEmpty else {
            record("none: the client wants no mode that we want", &output)
            return nil
        }
        for (index, identity) in keys.identities.prefix(search).enumerated() {
            let key: KnownPreSharedKey
            if let external = external(identity.identity, offer.configuration) {
                key = KnownPreSharedKey(source: .external(external), hash: external.hash)
            } else if let session = resumable(identity.identity, sessions, offer, &output),
                let suite = TLS13Suite(session.facts.cipherSuite)
            {
                key = KnownPreSharedKey(source: .session(session), hash: suite.hash)
            } else {
                continue
            }
            guard let suite = suite(for: key, suites) else {
                record("no suite in common has the hash of \(key.name)", &output)
                continue
            }
            return SelectedPreSharedKey(
                key: key, index: UInt16(truncatingIfNeeded: index), suite: suite)
        }
        record("none that is known here", &output)
        return nil
    }

    private static func external(
        _ identity: [UInt8], _ configuration: ServerConfiguration
    ) -> ExternalPreSharedKey? {
        // Who has to show a certificate cannot do so with a key: RFC 8446 §4.3.2 permits no CertificateRequest then.
        guard !configuration.clientAuthentication.isRequired else { return nil }
        return configuration.externalPreSharedKeys.first { $0.identity == identity }
    }

    private static func resumable(
        _ ticket: [UInt8], _ sessions: ServerSessions?, _ offer: TLS13ClientOffer, _ output: inout HandshakeOutput
    ) -> ServerSession? {
        guard let session = sessions?.session(ticket: ticket, version: .tls13) else { return nil }
        if let refusal = session.refusal(offer.received, at: offer.configuration.clock.now()) {
            record("\(refusal)", &output)
            return nil
        }
        return session
    }

    private static func suite(for key: KnownPreSharedKey, _ suites: [TLS13Suite]) -> TLS13Suite? {
        if case .session(let session) = key.source,
            let same = suites.first(where: { $0.code == session.facts.cipherSuite })
        {
            return same
        }
        return suites.first { $0.hash == key.hash }
    }

    private static func record(_ found: String, _ output: inout HandshakeOutput) {
        output.log.record(
            Decision(
                .session, .chosen, subject: "ClientHello pre_shared_key", expected: "a key that may be used here",
                found: found, rule: "the server selects a key that it knows, or none", section: "RFC 8446 §4.2.11"))
    }
}

/// A choice from a ClientHello, with the proof that the client knows the key it names, if one was chosen.
struct ProvenServerChoice: ~Copyable {
    let choice: TLS13ServerChoice
    /// nil without a pre-shared key.
    let proof: BinderVerified?

    /// A ticket of the cache is used up when its binder has been verified, not before: or whoever sees a ClientHello could
    /// use up its ticket. When another connection was faster, there is a full handshake.
    ///
    /// - Parameter transcript: everything up to and with the ClientHello.
    static func make(
        _ offer: TLS13ClientOffer, _ credentials: [Credential], _ sessions: ServerSessions?,
        fixed: TLS13ServerChoice.Fixed? = nil, _ transcript: borrowing TranscriptBuffer,
        _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> ProvenServerChoice {
        let choice = try TLS13ServerChoice.make(offer, credentials, sessions, fixed: fixed, &output)
        let proof = try choice.verifyBinder(offer, transcript)
        guard isUsedUp(choice, offer, sessions) else { return ProvenServerChoice(choice: choice, proof: proof) }
        let other = try TLS13ServerChoice.make(offer, credentials, nil, fixed: fixed, &output)
        return ProvenServerChoice(choice: other, proof: try other.verifyBinder(offer, transcript))
    }

    private static func isUsedUp(
        _ choice: TLS13ServerChoice, _ offer: TLS13ClientOffer, _ sessions: ServerSessions?
    ) -> Bool {
        guard let selected = choice.preSharedKey, case .session = selected.key.source, let sessions,
            let keys = offer.preSharedKeys
        else { return false }
        return !sessions.use(ticket: keys.identities[Int(selected.index)].identity)
    }
}

extension TLS13ServerChoice {
    /// nil without a pre-shared key. Nothing uses the key before this.
    func verifyBinder(
        _ offer: TLS13ClientOffer, _ transcript: borrowing TranscriptBuffer
    ) throws(HandshakeError) -> BinderVerified? {
        guard let preSharedKey, let keys = offer.preSharedKeys else { return nil }
        return try BinderVerified.check(preSharedKey, keys, transcript)
    }
}

/// 0-RTT at the server.
enum ServerEarlyData {
    /// Octets that are taken; nil when early data is refused: RFC 8446 §4.2.10, §8.3.
    static func allowance(
        _ offer: TLS13ClientOffer, _ agreement: TLS13Agreement, _ proof: borrowing BinderVerified,
        _ log: inout DecisionLog
    ) -> Int? {
        guard offer.offersEarlyData else { return nil }
        let refusal = refusal(offer, agreement, proof.selected)
        log.record(
            Decision(
                .session, .chosen, subject: "ClientHello early_data",
                expected: "early data that fits its ticket, fresh and for the first time",
                found: refusal.map { "refused: \($0)" } ?? "accepted", rule: "the server takes early data or skips it",
                section: "RFC 8446 §4.2.10, §8"))
        guard refusal == nil, case .session(let session) = proof.selected.key.source else { return nil }
        return Int(session.facts.maxEarlyDataSize)
    }

    /// Why not; nil when early data is taken. The guard against replays is asked last: it remembers what it admits.
    private static func refusal(
        _ offer: TLS13ClientOffer, _ agreement: TLS13Agreement, _ selected: SelectedPreSharedKey
    ) -> StaticString? {
        guard !agreement.isRetried else { return "a HelloRetryRequest went before" }
        guard case .session(let session) = selected.key.source, let sessions = agreement.sessions else {
            return "the key is no ticket's"
        }
        guard selected.index == 0, let keys = offer.preSharedKeys, let identity = keys.identities.first,
            let binder = keys.binders.first
        else { return "the ticket is not the first key of the offer" }
        // What the ticket allows may be more than is wanted now.
        guard session.facts.maxEarlyDataSize <= agreement.configuration.maxEarlyDataSize else {
            return "the ticket allows more than the server takes"
        }
        return sessions.earlyDataRefusal(
            session, suite: agreement.suite.code, obfuscatedTicketAge: identity.obfuscatedTicketAge, binder: binder,
            at: agreement.configuration.clock.now())
    }

    /// The key that the client's early data is read with.
    ///
    /// - Parameter hello: the transcript of the whole ClientHello, binders included.
    static func readKey(
        _ proof: borrowing BinderVerified, _ suite: TLS13Suite, _ hello: borrowing TranscriptBuffer, _ log: SecretLog
    ) throws(HandshakeError) -> RecordKey {
        do throws(CryptoError) {
            let transcript = try hello.hash(suite.hash)
            let secret = proof.selected.key.secret
            let early = try EarlySecret(suite, preSharedKey: secret.bytes)
            let traffic = try early.clientTraffic(transcript)
            log.log(.clientEarly, traffic.secret)
            let exporter = try early.exporter(transcript)
            log.log(.earlyExporter, exporter.secret)
            return try traffic.recordKey()
        } catch { throw .crypto(error, during: "deriving the key for early data") }
    }

    /// Octets of protected records that are skipped when early data is refused: what a ticket may have allowed, and what
    /// protection adds to it; and so many for a client that has its ticket from elsewhere.
    static func skipLimit(_ configuration: ServerConfiguration) -> Int {
        RecordLimits.skippedEarlyData + Int(configuration.maxEarlyDataSize)
    }
}
