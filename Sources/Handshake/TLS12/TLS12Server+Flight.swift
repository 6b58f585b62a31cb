// TLS12Server+Flight.swift — the server's first flight after ServerHello, and the abbreviated handshake's whole one.
// RFC 5246 §7.3, §7.4.2 to §7.4.5; RFC 6066 §8; RFC 8422 §5.4; RFC 5077 §3.3.
// Next: TLS12Server+Authentication.swift.

package import Certificates
package import CryptoGlue
internal import RecordLayer
internal import WireFormat

/// What is sent after ServerHello, and the transcript of it.
package struct TLS12ServerFlight: ~Copyable, Sendable {
    let negotiated: TLS12ServerNegotiated
    var transcript: TLS12Transcript

    mutating func send(_ message: HandshakeMessage, _ output: inout HandshakeOutput) {
        transcript.add(message)
        output.send(message)
    }

    /// Certificate [CertificateStatus] [ServerKeyExchange], signed here or elsewhere.
    consuming func authenticate(
        _ choice: TLS12SuiteChoice, _ hello: ReceivedHello, staples: Bool, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Server {
        let message =
            if let key = choice.credential.rawPublicKey {
                try parsing(.certificate, TLS12RawPublicKey(subjectPublicKeyInfo: key.derEncoded).message)
            } else {
                try parsing(.certificate, TLS12Certificate(certificates: choice.credential.encoded).message)
            }
        send(message, &output)
        output.info.ownCertificates = choice.credential.certificates
        if staples, let response = choice.credential.stapledResponse {
            send(try parsing(.certificateStatus, TLS12CertificateStatus(ocspResponse: response).message), &output)
        }
        switch choice.exchange {
        case .rsa(let key): return try finish(.rsa(key), &output)
        case .ephemeral(let group, let scheme):
            return try sign(try TLS12ServerShare.make(group, hello, &output), scheme, choice.credential, &output)
        }
    }

    private consuming func sign(
        _ share: consuming TLS12ServerShare, _ scheme: SignatureScheme, _ credential: Credential,
        _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Server {
        let parameters = share.parameters
        let encoded = try parsing(.serverKeyExchange) { () throws(DecodeError) in
            try TLS12ServerKeyExchange.encode(parameters)
        }
        let content = TLS12Signature.content(encoded, negotiated.parameters.randoms)
        switch credential.signer {
        case .key(let key):
            let signature: [UInt8]
            if let use = negotiated.rules.use {
                signature = try TLS12Signature.make(
                    TLS12Signature.hashes(content, use), use, with: key, during: "signing the server's key exchange")
            } else {
                signature = try TLS12Signature.make(
                    content, scheme, with: key, during: "signing the server's key exchange")
            }
            return try sending(share, scheme, signature, &output)
        case .external:
            guard let own = credential.certificates.first else {
                throw .internalError("a credential without a certificate")
            }
            return .signing(
                TLS12ServerSigning(
                    flight: self, share: share,
                    request: SigningRequest(scheme: scheme, message: content, certificate: own)))
        }
    }

    /// ServerKeyExchange.
    fileprivate consuming func sending(
        _ share: consuming TLS12ServerShare, _ scheme: SignatureScheme, _ signature: [UInt8],
        _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Server {
        let parameters = share.parameters
        let exchange = try parsing(.serverKeyExchange) { () throws(DecodeError) in
            try TLS12ServerKeyExchange(parameters, scheme: scheme, signature: signature)
        }
        let form = negotiated.rules.form
        send(try parsing(.serverKeyExchange) { () throws(DecodeError) in try exchange.message(form) }, &output)
        return try finish(share.exchange, &output)
    }

    /// [CertificateRequest] ServerHelloDone.
    private consuming func finish(
        _ exchange: consuming TLS12ServerExchange, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Server {
        let configuration = negotiated.configuration
        if let policy = configuration.clientAuthentication.policy {
            let rules = negotiated.rules
            let request = TLS12CertificateRequest(policy, configuration, rules)
            send(
                try parsing(.certificateRequest) { () throws(DecodeError) in try request.message(rules.form) }, &output)
            output.info.clientCertificateRequested = true
        }
        send(try parsing(.serverHelloDone, TLS12ServerHelloDone().message), &output)
        let negotiated = self.negotiated
        guard let policy = configuration.clientAuthentication.policy else {
            let proof = try AnonymousClient.permitted(by: configuration.clientAuthentication, in: .tls12)
            return .waitClientKeyExchange(
                TLS12WaitClientKeyExchange(
                    negotiated: negotiated, transcript: transcript, exchange: exchange, client: .anonymous(proof)))
        }
        return .waitCertificate(
            TLS12WaitClientCertificate(
                negotiated: negotiated, policy: policy, transcript: transcript, exchange: exchange))
    }

    /// ServerHello [NewSessionTicket] ChangeCipherSpec Finished: in an abbreviated handshake the server finishes first.
    static func resume(
        _ resumption: TLS12Resumption, _ hello: ReceivedHello, _ offer: TLS12Offer,
        _ transcript: consuming TranscriptBuffer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Server {
        let answer = TLS12ServerHelloMaker(
            hello: hello, offer: offer, suite: resumption.suite, rules: resumption.rules,
            issuesTicket: resumption.newTicket != nil)
        // RFC 5246 §7.4.1.3, RFC 5077 §3.4: the client's ID says that its session is resumed.
        let message = try answer.make(
            sessionID: hello.hello.legacySessionID, staples: false, namesServer: false, &output)
        let negotiated = TLS12ServerNegotiated(
            configuration: hello.configuration, clientVersion: hello.hello.legacyVersion,
            parameters: answer.parameters(message.random), issuesTicket: resumption.newTicket != nil, sessionID: [],
            certificateTypes: CertificateTypes())
        let parameters = negotiated.parameters
        resumption.report(&output)
        var flight = TLS12ServerFlight(
            negotiated: negotiated,
            transcript: try TLS12Transcript(transcript, parameters.rules, keepsMessages: false))
        flight.send(try parsing(.serverHello, message.message), &output)
        if let ticket = resumption.newTicket { flight.send(try parsing(.newSessionTicket, ticket.message), &output) }
        let master = TLS12MasterSecret(
            parameters.rules.derivation, resuming: resumption.session.secret, parameters.randoms)
        let keys = try master.keys(parameters)
        master.log(to: hello.configuration.keyLog, parameters)
        var finished = flight.transcript
        try TLS12Finish.send(as: .server, master, &finished, writeKey: keys.server, &output)
        return .waitChangeCipherSpec(
            TLS12ServerWaitChangeCipherSpec(
                pending: TLS12ServerPending(
                    negotiated: negotiated, transcript: finished, master: master,
                    readKey: keys.client, authentication: .resumed(resumption.session))))
    }
}

/// The handshake waits for a signature that is made outside the process.
package struct TLS12ServerSigning: ~Copyable, Sendable {
    let flight: TLS12ServerFlight
    let share: TLS12ServerShare
    let request: SigningRequest

    /// The only exit.
    consuming func resume(
        _ answer: OperationAnswer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Server {
        guard case .signature(let signature) = answer else {
            throw .internalError("only a signature answers a signing request")
        }
        let scheme = request.scheme
        return try flight.sending(share, scheme, signature, &output)
    }
}

/// The private half of the key exchange.
package enum TLS12ServerExchange: ~Copyable, Sendable {
    case ecdhe(KeyExchange)
    case dhe(DHKeyExchange)
    case rsa(TLS12DecryptionKey)
}

/// What decrypts the premaster secret of static RSA.
package enum TLS12DecryptionKey: Sendable {
    case here(SigningKey)
    /// The key of this certificate, outside the process.
    case elsewhere(Certificate)
}

/// An ephemeral key pair: a fresh one for every handshake (T-10), and what the client is told of it.
package struct TLS12ServerShare: ~Copyable, Sendable {
    let exchange: TLS12ServerExchange
    let parameters: TLS12ServerKeyExchange.Parameters

    static func make(
        _ group: TLS12SuiteChoice.Group, _ hello: ReceivedHello, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12ServerShare {
        let random = hello.configuration.provider.random
        do throws(CryptoError) {
            switch group {
            case .ecdhe(let curve):
                report(curve, "\(curve)", hello, &output)
                let own = try KeyExchange.start(curve, random: random)
                let point = own.publicShare
                return TLS12ServerShare(exchange: .ecdhe(own), parameters: .ecdhe(curve, point: point))
            case .dhe(let group):
                report(NamedGroup.named.first { "\($0)" == group.rawValue }, group.rawValue, hello, &output)
                let own = try DHKeyExchange.start(group, random: random)
                let publicValue = own.publicShare
                let (prime, generator) = group.parameters
                return TLS12ServerShare(
                    exchange: .dhe(own), parameters: .dhe(prime: prime, generator: generator, publicValue: publicValue))
            }
        } catch { throw .crypto(error, during: "making the server's key share") }
    }

    private static func report(
        _ group: NamedGroup?, _ name: String, _ hello: ReceivedHello, _ output: inout HandshakeOutput
    ) {
        output.info.group = group
        output.log.record(
            Decision(
                .group, .chosen, subject: "ServerKeyExchange",
                expected: hello.groups.map(list) ?? "any: no supported_groups", found: name,
                rule: "the server chooses a group that the client takes", section: "RFC 8422 §4, RFC 7919 §4"))
    }
}

extension TLS12CertificateRequest {
    /// What a server asks its clients for.
    init(_ policy: ClientAuthenticationPolicy, _ configuration: ServerConfiguration, _ rules: VersionRules) {
        guard rules.use == nil else {
            // RFC 4492 §5.5: ecdsa_sign, since TLS 1.0.
            let types =
                rules.hasExtensions
                ? [TLS12CertificateRequest.ecdsaSign, TLS12CertificateRequest.rsaSign]
                : [TLS12CertificateRequest.rsaSign]
            self.init(certificateTypes: types, signatureSchemes: [], authorities: policy.authorities)
            return
        }
        let schemes = configuration.tls12SignatureSchemes
        // RFC 5246 §7.4.4, RFC 8422 §5.5: the types whose keys can make one of the schemes.
        var types: [UInt8] = []
        if schemes.contains(where: { !$0.isRSA }) { types.append(TLS12CertificateRequest.ecdsaSign) }
        if schemes.contains(where: \.isRSA) { types.append(TLS12CertificateRequest.rsaSign) }
        self.init(certificateTypes: types, signatureSchemes: schemes, authorities: policy.authorities)
    }
}

extension SignatureScheme {
    /// Made with an RSA key.
    fileprivate var isRSA: Bool {
        switch self {
        case .rsaPKCS1SHA256, .rsaPKCS1SHA384, .rsaPKCS1SHA512, .rsaPKCS1SHA1, .rsaPSSRSAESHA256, .rsaPSSRSAESHA384,
            .rsaPSSRSAESHA512, .rsaPSSPSSSHA256, .rsaPSSPSSSHA384, .rsaPSSPSSSHA512:
            true
        default: false
        }
    }
}
