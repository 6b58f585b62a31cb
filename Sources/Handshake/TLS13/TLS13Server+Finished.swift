// TLS13Server+Finished.swift — WAIT_EOED, WAIT_FINISHED, and the tickets that follow the client's Finished.
// RFC 8446 §4.4.4, §4.5, §4.6.1; App. A.2.
// Next: TLS13PostHandshake.swift.

internal import Certificates
internal import CryptoGlue
internal import RecordLayer
internal import WireFormat

/// WAIT_EOED (RFC 8446 App. A.2): early data is coming in.
package struct WaitEndOfEarlyData: ~Copyable, Sendable {
    static let state = "WAIT_EOED"
    var flight: ClientFlight
    let proof: BinderVerified
    /// What the client's Finished is read with.
    let handshakeKey: RecordKey

    consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Server {
        let message = try input.require(.endOfEarlyData, state: WaitEndOfEarlyData.state)
        _ = try parsing(.endOfEarlyData) { () throws(DecodeError) in try EndOfEarlyData.parse(message.body) }
        let boundary = try input.requireBoundary()
        // RFC 8446 §4.5: nothing comes under the key for early data any more.
        output.earlyDataAllowance = nil
        if output.ownRecordSizeLimit != nil { output.ownRecordSizeLimit = flight.agreement.recordSizeLimit }
        output.installReadKey(handshakeKey, at: boundary)
        flight.transcript.add(message)
        return .waitFinished(WaitClientFinished(flight: flight, peer: .binder(proof)))
    }
}

/// WAIT_FINISHED (RFC 8446 App. A.2).
package struct WaitClientFinished: ~Copyable, Sendable {
    static let state = "WAIT_FINISHED"
    var flight: ClientFlight
    let peer: PeerProof

    consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Server {
        let message = try input.require(.finished, state: WaitClientFinished.state)
        let boundary = try input.requireBoundary()
        let before = try flight.transcript.currentHash()
        let finished = try FinishedVerified.check(message, flight.client, before)
        flight.transcript.add(message)
        output.log.record(
            Decision(
                .finished, .accepted, subject: "the client's Finished", expected: "the MAC of the whole handshake",
                found: "the same", rule: "verify_data is the MAC of the whole handshake", section: "RFC 8446 §4.4.4"))
        output.installReadKey(try flight.secrets.clientRecordKey(), at: boundary)
        output.info.isHandshakeComplete = true
        let agreement = flight.agreement
        // A resumption does not make the proof of the peer younger.
        if output.info.authenticatedAt == nil { output.info.authenticatedAt = agreement.configuration.clock.now() }
        let whole = try flight.transcript.currentHash()
        let connected = try Connected(
            flight.secrets, whole, HandshakeProofs(peer: peer, finished: finished), role: .server)
        try connected.sendTickets(agreement, &output)
        return .connected(connected)
    }
}

extension Connected {
    /// RFC 8446 §4.6.1: tickets for a client that can use them, all of them in one flight.
    borrowing func sendTickets(
        _ agreement: TLS13Agreement, _ output: inout HandshakeOutput
    ) throws(HandshakeError) {
        guard agreement.takesTickets, let sessions = agreement.sessions,
            // A session made with an external key would know of no certificate, and that key is at hand next time too.
            output.info.externalPreSharedKeyIdentity == nil
        else { return }
        for number in 0..<agreement.configuration.ticketsPerConnection {
            let nonce = [UInt8(truncatingIfNeeded: number)]
            let secret = try deriving("deriving a ticket's pre-shared key") { () throws(CryptoError) in
                try resumption.preSharedKey(ticketNonce: nonce)
            }
            let ageAdd = try Connected.drawAgeAdd(agreement.configuration.provider.random)
            guard let session = try sessions.session(for: output.info, secret: secret, ageAdd: ageAdd),
                let ticket = try sessions.ticket(for: session)
            else { return }
            sessions.note(ticket, .tls13, in: &output.keptSessions)
            var extensions = ExtensionBlock()
            if session.facts.maxEarlyDataSize > 0 {
                extensions.append(.earlyData) {
                    EarlyDataExtension.writeNewSessionTicket(session.facts.maxEarlyDataSize, into: &$0)
                }
            }
            let message = NewSessionTicket(
                lifetime: session.facts.lifetime, ageAdd: ageAdd, nonce: nonce, ticket: ticket, extensions: extensions)
            output.send(try parsing(.newSessionTicket, message.message))
            output.info.sessionTicketsSent += 1
        }
    }

    /// RFC 8446 §4.6.1: a fresh value for each ticket.
    private static func drawAgeAdd(_ random: any RandomSource) throws(HandshakeError) -> UInt32 {
        var octets = [UInt8](repeating: 0, count: 4)
        do throws(CryptoError) {
            var span = octets.mutableSpan
            try random.fill(&span)
        } catch { throw .crypto(error, during: "drawing ticket_age_add") }
        return octets.reduce(0) { $0 << 8 | UInt32($1) }
    }
}
