// TLS13PostHandshake.swift — CONNECTED, of either role: NewSessionTicket and KeyUpdate, keys that follow, exporters.
// RFC 8446 §4.6.1, §4.6.3, §7.2, §7.5.
// Next: TLS, ConnectionEngine.swift.

internal import Certificates
package import CryptoGlue
internal import RecordLayer
internal import WireFormat

/// CONNECTED (RFC 8446 App. A.1, App. A.2).
package struct Connected: ~Copyable, Sendable {
    static let state = "CONNECTED"
    private let role: HandshakeRole
    let suite: TLS13Suite
    private var client: TrafficSecret<Epoch.Application>
    private var server: TrafficSecret<Epoch.Application>
    private let exporter: ExporterSecret
    let resumption: ResumptionSecret
    /// The peer asked for a KeyUpdate of ours. However often it asks before we write, one answer is enough
    /// (RFC 8446 §4.6.3).
    package private(set) var owesKeyUpdate = false

    /// - Parameters:
    ///   - whole: Transcript-Hash(ClientHello…client Finished).
    ///   - proofs: without them there is no CONNECTED. They end here, and a resumed session's secret with them.
    init(
        _ secrets: consuming ApplicationSecrets, _ whole: TranscriptHash, _ proofs: consuming HandshakeProofs,
        role: HandshakeRole
    ) throws(HandshakeError) {
        let suite = secrets.suite
        let client = secrets.client
        let server = secrets.server
        let exporter = secrets.exporter
        let resumption: ResumptionSecret
        do throws(CryptoError) { resumption = try secrets.main.resumption(whole) } catch {
            throw .crypto(error, during: "deriving the resumption secret")
        }
        self.role = role
        self.suite = suite
        self.client = client
        self.server = server
        self.exporter = exporter
        self.resumption = resumption
    }

    consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> Connected {
        switch (role, input.type) {
        case (_, .keyUpdate):
            return try keyUpdate(input, &output)
        case (.client, .newSessionTicket):
            try newSessionTicket(input.message, &output)
            return self
        // RFC 8446 §4.6.2: post_handshake_auth is neither offered nor used: a client takes no CertificateRequest, a
        // server no Certificate.
        case (.client, _):
            throw .unexpected(input.type, state: Connected.state, expected: "NewSessionTicket or KeyUpdate")
        case (.server, _):
            throw .unexpected(input.type, state: Connected.state, expected: "KeyUpdate")
        }
    }

    /// Sends a KeyUpdate and changes the write key; also the answer we owe.
    package consuming func updatingWriteKey(
        requestPeer: Bool, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> Connected {
        output.send(try parsing(.keyUpdate, KeyUpdate(requestPeer ? .requested : .notRequested).message))
        do throws(CryptoError) {
            output.installWriteKey(try nextKey(of: role))
        } catch { throw .crypto(error, during: "updating the write key") }
        owesKeyUpdate = false
        output.info.keyUpdatesSent += 1
        return self
    }

    /// RFC 8446 §7.2: the next traffic secret takes the place of the one before, of which nothing is left.
    private mutating func nextKey(of sender: HandshakeRole) throws(CryptoError) -> RecordKey {
        switch sender {
        case .client:
            client = try client.updated()
            return try client.recordKey()
        case .server:
            server = try server.updated()
            return try server.recordKey()
        }
    }

    /// TLS-Exporter (RFC 8446 §7.5).
    package func export(label: String, context: [UInt8], length: Int) throws(CryptoError) -> SecretBytes {
        try exporter.export(label: label, context: context, length: length)
    }

    private consuming func keyUpdate(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> Connected {
        let message = input.message
        let update = try parsing(.keyUpdate) { () throws(DecodeError) in try KeyUpdate.parse(message.body) }
        // RFC 8446 §4.6.3: any other value is illegal_parameter.
        guard let request = update.request else { throw .peerMisbehaved(.keyUpdateValue(update.requestUpdate)) }
        let boundary = try input.requireBoundary()
        do throws(CryptoError) {
            output.installReadKey(try nextKey(of: role == .client ? .server : .client), at: boundary)
        } catch { throw .crypto(error, during: "updating the read key") }
        if request == .requested { owesKeyUpdate = true }
        output.info.keyUpdatesReceived += 1
        output.log.record(
            Decision(
                .keyUpdate, .accepted, subject: "KeyUpdate", expected: "update_not_requested or update_requested",
                found: request == .requested ? "update_requested" : "update_not_requested",
                rule: "the peer's next records come under its next key", section: "RFC 8446 §4.6.3"))
        return self
    }

    private borrowing func newSessionTicket(
        _ message: HandshakeMessage, _ output: inout HandshakeOutput
    ) throws(HandshakeError) {
        let ticket = try parsing(.newSessionTicket) { () throws(DecodeError) in
            try NewSessionTicket.parse(message.body)
        }
        try ExtensionRules.check(ticket.extensions, of: .newSessionTicket, .newSessionTicket, offered: nil)
        output.info.sessionTicketsReceived += 1
        // A store keeps eight of one binding: more would only push them out, at the cost of a derivation each.
        guard output.info.sessionTicketsReceived <= SessionLedger.sessionsPerBinding else { return }
        // RFC 8446 §4.6.1: a lifetime of zero says that the ticket should be discarded immediately.
        let info = output.info
        guard let sessions = output.sessions, ticket.lifetime > 0 else { return }
        // A ticket that an external key led to would make a session without a certificate, and one that is too long could
        // not be offered.
        guard info.externalPreSharedKeyIdentity == nil, ticket.ticket.count <= OfferedPreSharedKey.longestTicket else {
            return
        }
        let preSharedKey: SecretBytes
        do throws(CryptoError) { preSharedKey = try resumption.preSharedKey(ticketNonce: ticket.nonce) } catch {
            throw .crypto(error, during: "deriving a ticket's pre-shared key")
        }
        let now = sessions.clock.now()
        var facts = Session.Facts(
            version: .tls13, cipherSuite: suite.code, ticket: ticket.ticket, receivedAt: now,
            authenticatedAt: info.authenticatedAt ?? now, identity: sessions.identity,
            peerCertificates: info.peerCertificates, validatedPath: info.validatedPath)
        facts.lifetime = min(ticket.lifetime, Session.longestLifetime)
        facts.ageAdd = ticket.ageAdd
        facts.maxEarlyDataSize = ticket.maxEarlyDataSize
        facts.peerRawPublicKey = info.peerRawPublicKey
        facts.alpnProtocol = info.alpnProtocol
        facts.peerSignatureScheme = info.peerSignatureScheme
        facts.group = info.group
        facts.stapledOCSPResponse = info.stapledOCSPResponse
        sessions.store.store(Session(facts, secret: preSharedKey), for: sessions.binding)
    }
}
