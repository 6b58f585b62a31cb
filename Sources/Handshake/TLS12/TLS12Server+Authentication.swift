// TLS12Server+Authentication.swift — WAIT_CERT, the verification of the client, WAIT_CV.
// RFC 5246 §7.4.4, §7.4.6, §7.4.8; RFC 8422 §5.5, §5.6; RFC 7250 §3.
// Next: TLS12Server+KeyExchange.swift.

internal import Certificates
package import CryptoGlue
internal import RecordLayer
internal import WireFormat

/// Who the client says it is, between its Certificate and its CertificateVerify.
package enum TLS12ClientIdentity: ~Copyable, Sendable {
    /// It was not asked, or has no certificate and need not have one.
    case anonymous(AnonymousClient)
    /// Its certificate, or its raw public key, was accepted; that it holds the key is still to be proven.
    case certified(PublicKey, PeerAuthenticated)
}

/// The answer to the CertificateRequest comes first (RFC 5246 §7.3).
package struct TLS12WaitClientCertificate: ~Copyable, Sendable {
    let negotiated: TLS12ServerNegotiated
    let policy: ClientAuthenticationPolicy
    var transcript: TLS12Transcript
    let exchange: TLS12ServerExchange

    consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Server {
        let message = try input.require(.certificate, state: "WAIT_CERT")
        guard !negotiated.certificateTypes.clientIsRaw else { return try rawPublicKey(message, &output) }
        let entries = try parsing(.certificate) { () throws(DecodeError) in
            try TLS12Certificate.parse(message.body)
        }.certificates
        let negotiated = self.negotiated
        let policy = self.policy
        let configuration = negotiated.configuration
        var transcript = self.transcript
        transcript.add(message)
        guard !entries.isEmpty else {
            return try TLS12WaitClientCertificate.withoutCertificate(negotiated, transcript, exchange, &output)
        }
        let path: UnvalidatedPath
        do throws(CertificateError) { path = try UnvalidatedPath.parse(entries, log: &output.log) } catch {
            throw .certificate(error)
        }
        output.info.clientCertificateSent = true
        output.info.peerCertificates = [path.leaf] + path.intermediates
        let outcome = try PeerAuthenticated.check(
            path, PeerPolicy(policy, configuration, negotiated.rules.use), log: &output.log)
        return TLS12VerifyingClient.advance(
            outcome, policy, leaf: path.leaf, negotiated, transcript, exchange, &output)
    }
}

extension TLS12WaitClientCertificate {
    /// RFC 7250 §3: a key in the place of a path, or none.
    private consuming func rawPublicKey(
        _ message: HandshakeMessage, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Server {
        let encoded = try parsing(.certificate) { () throws(DecodeError) in
            try TLS12RawPublicKey.parse(message.body)
        }.subjectPublicKeyInfo
        let negotiated = self.negotiated
        var transcript = self.transcript
        transcript.add(message)
        guard !encoded.isEmpty else {
            return try TLS12WaitClientCertificate.withoutCertificate(negotiated, transcript, exchange, &output)
        }
        let key = try RawPublicKey.received(encoded)
        output.info.clientCertificateSent = true
        output.info.peerRawPublicKey = key
        let proof = try PeerAuthenticated.check(key, policy.acceptedRawPublicKeys, log: &output.log)
        return .waitClientKeyExchange(
            TLS12WaitClientKeyExchange(
                negotiated: negotiated, transcript: transcript, exchange: exchange,
                client: .certified(key.publicKey, proof)))
    }

    /// RFC 6101 §5.6.6: in SSL 3.0 the alert no_certificate stands for a Certificate without certificates.
    consuming func receiveNoCertificate(_ output: inout HandshakeOutput) throws(HandshakeError) -> TLS12Server {
        let negotiated = self.negotiated
        let transcript = self.transcript
        return try TLS12WaitClientCertificate.withoutCertificate(negotiated, transcript, exchange, &output)
    }

    fileprivate static func withoutCertificate(
        _ negotiated: TLS12ServerNegotiated, _ transcript: consuming TLS12Transcript,
        _ exchange: consuming TLS12ServerExchange, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Server {
        // RFC 5246 §7.4.6: a server that needs a certificate may answer with a fatal handshake_failure.
        let proof = try AnonymousClient.permitted(by: negotiated.configuration.clientAuthentication, in: .tls12)
        output.log.record(
            Decision(
                .clientCertificate, .accepted, subject: "Certificate", expected: "a certificate or none",
                found: "none", rule: "a client without a suitable certificate sends none",
                section: "RFC 5246 §7.4.6"))
        // No CertificateVerify follows.
        transcript.dropMessages()
        return .waitClientKeyExchange(
            TLS12WaitClientKeyExchange(
                negotiated: negotiated, transcript: transcript, exchange: exchange, client: .anonymous(proof)))
    }
}

/// The client's certificate is being verified, here or by the application.
package struct TLS12VerifyingClient: ~Copyable, Sendable {
    let negotiated: TLS12ServerNegotiated
    let policy: ClientAuthenticationPolicy
    var transcript: TLS12Transcript
    let exchange: TLS12ServerExchange
    let leaf: Certificate
    let request: PeerVerificationRequest

    /// The only exit.
    consuming func resume(
        _ answer: OperationAnswer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Server {
        let outcome = try PeerAuthenticated.resume(request, answer, policy.verification)
        let (negotiated, policy, leaf) = (self.negotiated, self.policy, self.leaf)
        return TLS12VerifyingClient.advance(
            outcome, policy, leaf: leaf, negotiated, transcript, exchange, &output)
    }

    /// On to WAIT_CKE with the proof, or wait for the application.
    static func advance(
        _ outcome: consuming PeerAuthenticated.Outcome, _ policy: ClientAuthenticationPolicy, leaf: Certificate,
        _ negotiated: TLS12ServerNegotiated, _ transcript: consuming TLS12Transcript,
        _ exchange: consuming TLS12ServerExchange, _ output: inout HandshakeOutput
    ) -> TLS12Server {
        switch consume outcome {
        case .later(let question):
            return .verifyingPeer(
                TLS12VerifyingClient(
                    negotiated: negotiated, policy: policy, transcript: transcript, exchange: exchange, leaf: leaf,
                    request: question))
        case .accepted(let proof, let path):
            output.info.validatedPath = path?.certificates ?? []
            return .waitClientKeyExchange(
                TLS12WaitClientKeyExchange(
                    negotiated: negotiated, transcript: transcript, exchange: exchange,
                    client: .certified(leaf.publicKey, proof)))
        }
    }
}

/// The client proves that it holds the key of its certificate.
package struct TLS12WaitCertificateVerify: ~Copyable, Sendable {
    let negotiated: TLS12ServerNegotiated
    var transcript: TLS12Transcript
    let master: TLS12MasterSecret
    let key: PublicKey
    let authenticated: PeerAuthenticated

    consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Server {
        let message = try input.require(.certificateVerify, state: "WAIT_CV")
        if let use = negotiated.parameters.rules.use { return try receive(message, use, &output) }
        let verify = try parsing(.certificateVerify) { () throws(DecodeError) in
            try CertificateVerify.parse(message.body)
        }
        guard let messages = transcript.messages else {
            throw .internalError("the messages that a CertificateVerify signs were not kept")
        }
        let offered = negotiated.configuration.tls12SignatureSchemes
        let proof = try TLS12CertificateVerifyValid.check(verify, key: key, offered: offered, over: messages)
        return try verified(message, verify.scheme, proof, offered: offered, &output)
    }

    /// Before TLS 1.2.
    private consuming func receive(
        _ message: HandshakeMessage, _ use: LegacyUse, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Server {
        guard let scheme = SignatureNegotiation.legacyScheme(key) else {
            throw .peerMisbehaved(
                .signatureSchemeDoesNotFitKey(.rsaPKCS1MD5SHA1, key: SignatureNegotiation.name(of: key)))
        }
        let verify = try parsing(.certificateVerify) { () throws(DecodeError) in
            try CertificateVerify.parse(message.body, unnamed: scheme)
        }
        let hashes = try master.certificateVerifyHashes(transcript)
        let proof = try TLS12CertificateVerifyValid.check(verify, key: key, overMD5AndSHA1: hashes, use)
        return try verified(message, scheme, proof, offered: [scheme], &output)
    }

    private consuming func verified(
        _ message: HandshakeMessage, _ scheme: SignatureScheme, _ proof: consuming TLS12CertificateVerifyValid,
        offered: [SignatureScheme], _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Server {
        output.info.peerSignatureScheme = scheme
        output.log.record(
            Decision(
                .signature, .accepted, subject: "the client's CertificateVerify", expected: list(offered),
                found: "\(scheme) by \(SignatureNegotiation.name(of: key))",
                rule: "the client signs the handshake with its certificate's key", section: "RFC 5246 §7.4.8"))
        transcript.dropMessages()
        transcript.add(message)
        let negotiated = self.negotiated
        return try .awaitingFinished(negotiated, transcript, master, .certified(authenticated, proof))
    }
}
