// TLS12Client+Finished.swift — CertificateVerify, ChangeCipherSpec, Finished in both orders, NewSessionTicket.
// RFC 5246 §7.1, §7.3, §7.4.8, §7.4.9; RFC 5077 §3.3.
// Next: ../Session/Session.swift.

internal import Certificates
internal import CryptoGlue
package import RecordLayer
internal import WireFormat

/// [CertificateVerify] ChangeCipherSpec Finished, the end of the client's second flight.
package struct TLS12SecondFlight: ~Copyable, Sendable {
    let negotiated: TLS12Negotiated
    var transcript: TLS12Transcript
    let authenticated: PeerAuthenticated
    let master: TLS12MasterSecret

    /// CertificateVerify, made here or elsewhere.
    consuming func sign(
        _ choice: TLS12CredentialChoice, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Client {
        guard let messages = transcript.messages else {
            throw .internalError("the messages that a CertificateVerify signs were not kept")
        }
        transcript.dropMessages()
        switch choice.credential.signer {
        case .key(let key):
            let signature: [UInt8]
            if let use = negotiated.rules.use {
                signature = try TLS12Signature.make(
                    master.certificateVerifyHashes(transcript), use, with: key,
                    during: "signing the client's CertificateVerify")
            } else {
                signature = try TLS12Signature.make(
                    messages, choice.scheme, with: key, during: "signing the client's CertificateVerify")
            }
            return try sending(signature, choice.scheme, &output)
        case .external:
            guard let own = choice.credential.certificates.first else {
                throw .internalError("a credential without a certificate")
            }
            return .signing(
                TLS12Signing(
                    flight: self,
                    request: SigningRequest(scheme: choice.scheme, message: messages, certificate: own)))
        }
    }

    fileprivate consuming func sending(
        _ signature: [UInt8], _ scheme: SignatureScheme, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Client {
        let form = negotiated.rules.form
        let message = try parsing(.certificateVerify) { () throws(DecodeError) in
            try CertificateVerify(scheme: scheme, signature: signature).message(form)
        }
        output.send(message)
        transcript.add(message)
        return try finish(&output)
    }

    /// ChangeCipherSpec and Finished of a full handshake; the server's follow.
    consuming func finish(_ output: inout HandshakeOutput) throws(HandshakeError) -> TLS12Client {
        let keys = try master.keys(negotiated.parameters)
        master.log(to: negotiated.offer.configuration.keyLog, negotiated.parameters)
        try TLS12Finish.send(as: .client, master, &transcript, writeKey: keys.client, &output)
        return .awaitingServer(
            TLS12Pending(
                negotiated: negotiated, transcript: transcript, master: master, readKey: keys.server,
                authentication: .full(authenticated), ticket: nil))
    }

    /// RFC 5246 §7.3: in an abbreviated handshake the server finishes first.
    static func resume(
        _ session: Session, _ negotiated: TLS12Negotiated, _ transcript: consuming TLS12Transcript,
        _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Client {
        let facts = session.facts
        output.info.isResumed = true
        output.info.peerCertificates = facts.peerCertificates
        output.info.peerRawPublicKey = facts.peerRawPublicKey
        output.info.validatedPath = facts.validatedPath
        output.info.peerSignatureScheme = facts.peerSignatureScheme
        output.info.group = facts.group
        output.info.stapledOCSPResponse = facts.stapledOCSPResponse
        output.info.authenticatedAt = facts.authenticatedAt
        output.log.record(
            Decision(
                .session, .accepted, subject: "ServerHello.session_id", expected: "the session that was offered",
                found: "the same", rule: "the server resumes a session it knows", section: "RFC 5246 §7.3"))
        let master = TLS12MasterSecret(negotiated.rules.derivation, resuming: session.secret, negotiated.randoms)
        let keys = try master.keys(negotiated.parameters)
        master.log(to: negotiated.offer.configuration.keyLog, negotiated.parameters)
        return .awaitingServer(
            TLS12Pending(
                negotiated: negotiated, transcript: transcript, master: master, readKey: keys.server,
                authentication: .resumed(session, writeKey: keys.client), ticket: nil))
    }
}

/// The handshake waits for a signature that is made outside the process.
package struct TLS12Signing: ~Copyable, Sendable {
    let flight: TLS12SecondFlight
    let request: SigningRequest

    /// The only exit.
    consuming func resume(
        _ answer: OperationAnswer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Client {
        guard case .signature(let signature) = answer else {
            throw .internalError("a verification does not answer a signing request")
        }
        let scheme = request.scheme
        return try flight.sending(signature, scheme, &output)
    }
}

/// Why the peer is who it should be, once its Finished is right.
package enum TLS12Authentication: ~Copyable, Sendable {
    /// Its certificate was accepted in this handshake.
    case full(PeerAuthenticated)
    /// It was accepted when the session was made; our own Finished is still to be sent.
    case resumed(Session, writeKey: RecordKey)
}

/// Everything that waits for the server's ChangeCipherSpec and Finished.
package struct TLS12Pending: ~Copyable, Sendable {
    let negotiated: TLS12Negotiated
    var transcript: TLS12Transcript
    let master: TLS12MasterSecret
    let readKey: RecordKey
    let authentication: TLS12Authentication
    /// What the server sent in NewSessionTicket.
    var ticket: TLS12NewSessionTicket?
}

extension TLS12Client {
    fileprivate static func awaitingServer(_ pending: consuming TLS12Pending) -> TLS12Client {
        pending.negotiated.expectsTicket
            ? .waitTicket(TLS12WaitTicket(pending: pending))
            : .waitChangeCipherSpec(TLS12WaitChangeCipherSpec(pending: pending))
    }
}

/// RFC 5077 §3.3: after a session_ticket extension in ServerHello the message comes, be its ticket empty.
package struct TLS12WaitTicket: ~Copyable, Sendable {
    var pending: TLS12Pending

    consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Client {
        let message = try input.require(.newSessionTicket, state: "WAIT_TICKET")
        pending.ticket = try parsing(.newSessionTicket) { () throws(DecodeError) in
            try TLS12NewSessionTicket.parse(message.body)
        }
        output.info.sessionTicketsReceived += 1
        pending.transcript.add(message)
        return .waitChangeCipherSpec(TLS12WaitChangeCipherSpec(pending: pending))
    }
}

/// Only ChangeCipherSpec may come.
package struct TLS12WaitChangeCipherSpec: ~Copyable, Sendable {
    let pending: TLS12Pending

    consuming func receive(
        at boundary: consuming RecordBoundary, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Client {
        output.installReadKey(pending.readKey, at: boundary)
        return .waitFinished(TLS12WaitFinished(pending: pending))
    }
}

/// The server's Finished, under its new key.
package struct TLS12WaitFinished: ~Copyable, Sendable {
    var pending: TLS12Pending

    consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Client {
        let message = try input.require(.finished, state: "WAIT_FINISHED")
        let negotiated = pending.negotiated
        let ticket = pending.ticket
        var transcript = pending.transcript
        let master = pending.master
        let proof = try TLS12Finish.check(message, of: .server, master, &transcript, &output)
        let resumed: Session?
        switch consume pending.authentication {
        case .full: resumed = nil
        case .resumed(let session, let writeKey):
            resumed = session
            try TLS12Finish.send(as: .client, master, &transcript, writeKey: writeKey, &output)
        }
        output.info.isHandshakeComplete = true
        TLS12Sessions.keep(master, negotiated, ticket: ticket, resumed: resumed, output.info)
        return .connected(TLS12Connected(negotiated.parameters, master, proof))
    }
}
