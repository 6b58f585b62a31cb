// TLS12Client+Authentication.swift — ServerHello, Certificate, its verification, CertificateStatus, ServerKeyExchange.
// RFC 5246 §7.4.2, §7.4.3; RFC 8422 §5.3, §5.4; RFC 7919 §3; RFC 6066 §8; RFC 7250 §3.
// Next: TLS12Client+KeyExchange.swift.

internal import Certificates
package import CryptoGlue
internal import RecordLayer
package import WireFormat

extension TLS12Client {
    /// Takes the ServerHello that selected TLS 1.2, or a version before it.
    static func start(
        _ hello: ServerHello, _ message: HandshakeMessage, offer: ClientOffer, transcript: consuming TranscriptBuffer,
        _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Client {
        let negotiated = try TLS12ServerHelloRules.check(hello, offer, &output)
        let resumed = try TLS12ServerHelloRules.resumedSession(hello, negotiated)
        // RFC 5077 §3.4: a session that the server does not resume is of no more use.
        if offer.session12 != nil, resumed == nil { offer.sessions?.forget() }
        var transcript = try TLS12Transcript(
            transcript, negotiated.parameters.rules,
            keepsMessages: resumed == nil && !offer.configuration.credentials.isEmpty
        )
        transcript.add(message)
        guard let resumed else {
            return .waitCertificate(TLS12WaitCertificate(negotiated: negotiated, transcript: transcript))
        }
        return try TLS12SecondFlight.resume(resumed, negotiated, transcript, &output)
    }
}

/// After ServerHello of a full handshake: every suite of ours has the server send a certificate.
package struct TLS12WaitCertificate: ~Copyable, Sendable {
    let negotiated: TLS12Negotiated
    var transcript: TLS12Transcript

    consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Client {
        let message = try input.require(.certificate, state: "WAIT_CERT")
        let offer = negotiated.offer
        guard !negotiated.certificateTypes.serverIsRaw else { return try rawPublicKey(message, &output) }
        try CertificateTypeNegotiation.requirePathsTaken(offer)
        let entries = try parsing(.certificate) { () throws(DecodeError) in
            try TLS12Certificate.parse(message.body)
        }.certificates
        guard !entries.isEmpty else { throw .peerMisbehaved(.emptyCertificateList) }
        let path: UnvalidatedPath
        do throws(CertificateError) {
            path = try UnvalidatedPath.parse(entries, log: &output.log)
        } catch { throw .certificate(error) }
        try TLS12KeyExchangeRules.require(path.leaf.publicKey, fits: negotiated.suite)
        transcript.add(message)
        output.info.peerCertificates = [path.leaf] + path.intermediates
        // What is stapled takes part in the verification, so that waits for it.
        if negotiated.mayStaple {
            return .waitCertificateStatus(
                TLS12WaitCertificateStatus(negotiated: negotiated, transcript: transcript, path: path))
        }
        return try TLS12VerifyingPeer.verify(
            path, staple: nil, next: nil, negotiated: negotiated, transcript: transcript, &output)
    }

    /// RFC 7250 §3: a key in the place of a path.
    private consuming func rawPublicKey(
        _ message: HandshakeMessage, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Client {
        let encoded = try parsing(.certificate) { () throws(DecodeError) in
            try TLS12RawPublicKey.parse(message.body)
        }.subjectPublicKeyInfo
        guard !encoded.isEmpty else { throw .peerMisbehaved(.emptyCertificateList) }
        let key = try RawPublicKey.received(encoded)
        try TLS12KeyExchangeRules.require(key.publicKey, fits: negotiated.suite)
        transcript.add(message)
        output.info.peerRawPublicKey = key
        let accepted = negotiated.offer.configuration.acceptedRawPublicKeys
        let proof = try PeerAuthenticated.check(key, accepted, log: &output.log)
        // RFC 6066 §8: a response is about a certificate, so none follows a key.
        return .authenticated(
            TLS12AuthenticatedServer(key: key.publicKey, proof: proof), negotiated, transcript, &output)
    }
}

/// The peer's certificate is being verified, here or by the application.
package struct TLS12VerifyingPeer: ~Copyable, Sendable {
    let negotiated: TLS12Negotiated
    var transcript: TLS12Transcript
    let leaf: Certificate
    let request: PeerVerificationRequest
    /// The message that showed that nothing is stapled; it is looked at when the peer is accepted.
    let next: HandshakeInput?

    /// - Parameter next: the message after the Certificate, when it came before the verification could begin.
    static func verify(
        _ path: UnvalidatedPath, staple: [UInt8]?, next: consuming HandshakeInput?, negotiated: TLS12Negotiated,
        transcript: consuming TLS12Transcript, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Client {
        // RFC 5246 §7.4.2: the key of a static RSA suite encrypts, that of any other suite signs.
        let outcome = try PeerAuthenticated.check(
            path, PeerPolicy(negotiated.offer, negotiated.rules.use),
            keyUsage: negotiated.suite.keyExchange == .rsa ? .keyEncipherment : .digitalSignature, staple: staple,
            log: &output.log)
        return try advance(
            outcome, leaf: path.leaf, next: next, negotiated: negotiated, transcript: transcript, &output)
    }

    /// The only exit.
    consuming func resume(
        _ answer: OperationAnswer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Client {
        let outcome = try PeerAuthenticated.resume(request, answer, negotiated.offer.configuration.verification)
        return try TLS12VerifyingPeer.advance(
            outcome, leaf: leaf, next: next, negotiated: negotiated, transcript: transcript, &output)
    }

    /// On with the proof, or wait for the application.
    private static func advance(
        _ outcome: consuming PeerAuthenticated.Outcome, leaf: Certificate, next: consuming HandshakeInput?,
        negotiated: TLS12Negotiated, transcript: consuming TLS12Transcript, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Client {
        switch consume outcome {
        case .later(let question):
            return .verifyingPeer(
                TLS12VerifyingPeer(
                    negotiated: negotiated, transcript: transcript, leaf: leaf, request: question, next: next))
        case .accepted(let proof, let path):
            output.info.validatedPath = path?.certificates ?? []
            let server = TLS12AuthenticatedServer(key: leaf.publicKey, proof: proof)
            let state = TLS12Client.authenticated(server, negotiated, transcript, &output)
            switch consume next {
            case .some(let message): return try state.receive(message, &output)
            case .none: return state
            }
        }
    }
}

/// The server's key, and the proof that its certificate was accepted.
package struct TLS12AuthenticatedServer: ~Copyable, Sendable {
    let key: PublicKey
    let proof: PeerAuthenticated
}

extension TLS12Client {
    /// The server's certificate, or its raw public key, was accepted.
    fileprivate static func authenticated(
        _ server: consuming TLS12AuthenticatedServer, _ negotiated: TLS12Negotiated,
        _ transcript: consuming TLS12Transcript, _ output: inout HandshakeOutput
    ) -> TLS12Client {
        output.info.authenticatedAt = negotiated.offer.configuration.clock.now()
        return .afterCertificate(negotiated, transcript, server)
    }

    /// With static RSA there is no ServerKeyExchange.
    fileprivate static func afterCertificate(
        _ negotiated: TLS12Negotiated, _ transcript: consuming TLS12Transcript,
        _ server: consuming TLS12AuthenticatedServer
    ) -> TLS12Client {
        guard negotiated.suite.keyExchange == .rsa else {
            return .waitServerKeyExchange(
                TLS12WaitServerKeyExchange(negotiated: negotiated, transcript: transcript, server: server))
        }
        let key = server.key
        return .waitServerHelloDone(
            TLS12WaitServerHelloDone(
                negotiated: negotiated, transcript: transcript, authenticated: server.proof, exchange: .rsa(key)))
    }
}

/// RFC 6066 §8: the server answered status_request; it may still send no CertificateStatus.
package struct TLS12WaitCertificateStatus: ~Copyable, Sendable {
    let negotiated: TLS12Negotiated
    var transcript: TLS12Transcript
    /// Of the server, not verified yet.
    let path: UnvalidatedPath

    consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Client {
        let path = self.path
        guard input.type == .certificateStatus else {
            return try TLS12VerifyingPeer.verify(
                path, staple: nil, next: input, negotiated: negotiated, transcript: transcript, &output)
        }
        let message = input.message
        let response = try parsing(.certificateStatus) { () throws(DecodeError) in
            try TLS12CertificateStatus.parse(message.body)
        }.ocspResponse
        output.info.stapledOCSPResponse = response
        let negotiated = self.negotiated
        var transcript = self.transcript
        transcript.add(message)
        return try TLS12VerifyingPeer.verify(
            path, staple: response, next: nil, negotiated: negotiated, transcript: transcript, &output)
    }
}

/// The server's ephemeral share, signed with its certificate's key.
package struct TLS12WaitServerKeyExchange: ~Copyable, Sendable {
    let negotiated: TLS12Negotiated
    var transcript: TLS12Transcript
    let server: TLS12AuthenticatedServer

    consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Client {
        let message = try input.require(.serverKeyExchange, state: "WAIT_SKE")
        let method = negotiated.suite.keyExchange
        let exchange = try parsing(.serverKeyExchange) { () throws(DecodeError) in
            try TLS12ServerKeyExchange.parse(message.body, method, negotiated.rules.form)
        }
        let proof = try ServerKeyExchangeValid.check(exchange, key: server.key, negotiated)
        let parameters = try TLS12KeyExchangeRules.check(exchange.parameters, negotiated.offer, &output)
        output.info.peerSignatureScheme = exchange.scheme
        output.log.record(
            Decision(
                .signature, .accepted, subject: "ServerKeyExchange",
                expected: list(negotiated.offer.configuration.tls12SignatureSchemes),
                found: "\(exchange.scheme) by \(SignatureNegotiation.name(of: server.key))",
                rule: "the server signs its share with its certificate's key", section: "RFC 5246 §7.4.3"))
        var transcript = self.transcript
        transcript.add(message)
        return .waitServerHelloDone(
            TLS12WaitServerHelloDone(
                negotiated: negotiated, transcript: transcript, authenticated: server.proof,
                exchange: .ephemeral(parameters, proof)))
    }
}

/// What the client answers with a share of its own.
package enum TLS12KeyExchangeParameters: Sendable {
    case ecdhe(NamedGroup, point: [UInt8])
    case dhe(DHGroup, publicValue: [UInt8])
}

enum TLS12KeyExchangeRules {
    /// RFC 5246 §7.4.2, RFC 8422 §2: the kind of key that goes with the suite.
    static func fits(_ key: PublicKey, _ method: TLS12Suite.KeyExchangeMethod) -> Bool {
        switch (method, key) {
        case (.ecdheECDSA, .ec), (.ecdheECDSA, .ed25519), (.ecdheECDSA, .ed448): true
        case (.ecdheRSA, .rsa), (.ecdheRSA, .rsaPSS), (.dheRSA, .rsa), (.dheRSA, .rsaPSS), (.rsa, .rsa): true
        default: false
        }
    }

    static func require(_ key: PublicKey, fits suite: TLS12Suite) throws(HandshakeError) {
        guard fits(key, suite.keyExchange) else {
            throw .peerMisbehaved(.certificateDoesNotFitSuite(suite.code, key: SignatureNegotiation.name(of: key)))
        }
    }

    /// The group is one that was offered, or a known one of 2048 bits and more.
    static func check(
        _ parameters: TLS12ServerKeyExchange.Parameters, _ offer: ClientOffer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12KeyExchangeParameters {
        let name: String
        let checked: TLS12KeyExchangeParameters
        switch parameters {
        case .ecdhe(let group, let point):
            // RFC 8422 §5.4: a curve of the ClientHello.
            let curves = offer.configuration.groups.filter { !$0.isFiniteField }
            guard curves.contains(group) else {
                throw .peerMisbehaved(.selectedUnofferedGroup(group, offered: list(curves)))
            }
            output.info.group = group
            (name, checked) = ("\(group)", .ecdhe(group, point: point))
        case .dhe(let prime, let generator, let publicValue):
            // RFC 7919 §3, §5: a group that is not known may be weak or a trap, and checking its primality is no defence.
            guard let group = DHGroup.recognized(prime: prime.span, generator: generator.span) else {
                throw .peerMisbehaved(.unknownFiniteFieldGroup(bits: prime.count * 8))
            }
            output.info.group = NamedGroup.named.first { "\($0)" == group.rawValue }
            (name, checked) = (group.rawValue, .dhe(group, publicValue: publicValue))
        }
        output.log.record(
            Decision(
                .group, .chosen, subject: "ServerKeyExchange", expected: list(offer.configuration.groups), found: name,
                rule: "the server selects a group that was offered, or a known one", section: "RFC 8422 §5.4"))
        return checked
    }
}
