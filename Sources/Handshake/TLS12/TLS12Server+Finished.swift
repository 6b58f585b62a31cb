// TLS12Server+Finished.swift — ChangeCipherSpec, Finished in both orders, CONNECTED, and renegotiation refused.
// RFC 5246 §7.1, §7.3, §7.4.9; RFC 5077 §3.3; RFC 5746 §4.5.
// Next: TLS12ServerSessions.swift.

internal import Certificates
internal import CryptoGlue
package import RecordLayer
internal import WireFormat

/// What the client proved of itself in a full handshake.
package enum TLS12ClientProof: ~Copyable, Sendable {
    /// Nothing, and it need not.
    case anonymous(AnonymousClient)
    /// Its certificate was accepted, and it holds the key.
    case certified(PeerAuthenticated, TLS12CertificateVerifyValid)
}

/// Why the client is who it says it is, once its Finished is right.
package enum TLS12ServerAuthentication: ~Copyable, Sendable {
    /// Our own Finished is still to be sent.
    case full(TLS12ClientProof, writeKey: RecordKey)
    /// The session's secret is known to the client of the full handshake alone. We have finished already.
    case resumed(ServerSession)
}

/// Everything that waits for the client's ChangeCipherSpec and Finished.
package struct TLS12ServerPending: ~Copyable, Sendable {
    let negotiated: TLS12ServerNegotiated
    var transcript: TLS12Transcript
    let master: TLS12MasterSecret
    let readKey: RecordKey
    let authentication: TLS12ServerAuthentication
}

extension TLS12Server {
    /// On to WAIT_CCS of a full handshake.
    static func awaitingFinished(
        _ negotiated: TLS12ServerNegotiated, _ transcript: consuming TLS12Transcript,
        _ master: consuming TLS12MasterSecret, _ client: consuming TLS12ClientProof
    ) throws(HandshakeError) -> TLS12Server {
        let keys = try master.keys(negotiated.parameters)
        master.log(to: negotiated.configuration.keyLog, negotiated.parameters)
        return .waitChangeCipherSpec(
            TLS12ServerWaitChangeCipherSpec(
                pending: TLS12ServerPending(
                    negotiated: negotiated, transcript: transcript, master: master, readKey: keys.client,
                    authentication: .full(client, writeKey: keys.server))))
    }
}

/// Only ChangeCipherSpec may come.
package struct TLS12ServerWaitChangeCipherSpec: ~Copyable, Sendable {
    let pending: TLS12ServerPending

    consuming func receive(
        at boundary: consuming RecordBoundary, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Server {
        output.installReadKey(pending.readKey, at: boundary)
        return .waitFinished(TLS12WaitClientFinished(pending: pending))
    }
}

/// The client's Finished, under its new key.
package struct TLS12WaitClientFinished: ~Copyable, Sendable {
    let pending: TLS12ServerPending

    consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Server {
        let message = try input.require(.finished, state: "WAIT_FINISHED")
        let negotiated = pending.negotiated
        var transcript = pending.transcript
        let master = pending.master
        let proof = try TLS12Finish.check(message, of: .client, master, &transcript, &output)
        switch consume pending.authentication {
        case .resumed: break
        case .full(_, let writeKey):
            try TLS12WaitClientFinished.answer(master, negotiated, &transcript, writeKey: writeKey, &output)
        }
        output.info.isHandshakeComplete = true
        return .connected(TLS12ServerConnected(TLS12Connected(negotiated.parameters, master, proof)))
    }

    /// [NewSessionTicket] ChangeCipherSpec Finished, and the session is kept.
    private static func answer(
        _ master: borrowing TLS12MasterSecret, _ negotiated: TLS12ServerNegotiated,
        _ transcript: inout TLS12Transcript, writeKey: RecordKey, _ output: inout HandshakeOutput
    ) throws(HandshakeError) {
        output.info.authenticatedAt = negotiated.configuration.clock.now()
        if let ticket = try TLS12ServerSessions(negotiated.configuration)?.keep(master, negotiated, &output) {
            let message = try parsing(.newSessionTicket, ticket.message)
            transcript.add(message)
            output.send(message)
        }
        try TLS12Finish.send(as: .server, master, &transcript, writeKey: writeKey, &output)
    }
}

/// CONNECTED: a client may ask for another handshake, and does not get it.
package struct TLS12ServerConnected: ~Copyable, Sendable {
    let connected: TLS12Connected
    private var refused = 0

    /// How often a client may ask before the connection ends: once can be an honest mistake (T-13).
    private static let budget = 1

    init(_ connected: consuming TLS12Connected) { self.connected = connected }

    consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12ServerConnected {
        guard input.type == .clientHello, refused < TLS12ServerConnected.budget else {
            throw .unexpected(input.type, state: "CONNECTED", expected: "application data")
        }
        // RFC 5746 §4.5: SSL 3.0 has no warning that says no.
        guard output.info.version != .ssl30 else { throw .peerMisbehaved(.renegotiationInSSL30) }
        refused += 1
        // RFC 5746 §4.5: renegotiation is refused; a warning, so that the connection goes on.
        output.sendAlert(.noRenegotiation)
        return self
    }
}
