// TLS12Client+KeyExchange.swift — CertificateRequest, ServerHelloDone, the choice of a credential, and the second flight.
// RFC 5246 §7.4.4 to §7.4.9, §8.1; RFC 7627 §4; RFC 7250 §3.
// Next: TLS12KeyDerivation.swift.

internal import Certificates
package import CryptoGlue
internal import RecordLayer
internal import WireFormat

/// How the premaster secret will be made, and what proves that the server has a part in it.
package enum TLS12Exchange: ~Copyable, Sendable {
    case ephemeral(TLS12KeyExchangeParameters, ServerKeyExchangeValid)
    /// Whoever answers with the right Finished has decrypted the premaster secret (RFC 5246 §7.4.7.1).
    case rsa(PublicKey)
}

/// The server may still ask for a certificate; then it is done.
package struct TLS12WaitServerHelloDone: ~Copyable, Sendable {
    let negotiated: TLS12Negotiated
    var transcript: TLS12Transcript
    let authenticated: PeerAuthenticated
    let exchange: TLS12Exchange
    private var certificateRequest: TLS12CertificateRequest?

    init(
        negotiated: TLS12Negotiated, transcript: consuming TLS12Transcript,
        authenticated: consuming PeerAuthenticated, exchange: consuming TLS12Exchange
    ) {
        self.negotiated = negotiated
        self.transcript = transcript
        self.authenticated = authenticated
        self.exchange = exchange
        certificateRequest = nil
    }

    consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Client {
        let message = input.message
        let form = negotiated.rules.form
        switch message.type {
        case .certificateRequest where certificateRequest == nil:
            certificateRequest = try parsing(.certificateRequest) { () throws(DecodeError) in
                try TLS12CertificateRequest.parse(message.body, form)
            }
            output.info.clientCertificateRequested = true
            transcript.add(message)
            return .waitServerHelloDone(self)
        case .serverHelloDone:
            _ = try parsing(.serverHelloDone) { () throws(DecodeError) in try TLS12ServerHelloDone.parse(message.body) }
            // RFC 5246 §7.3: what follows answers our second flight, so nothing can be here already.
            _ = try input.requireBoundary()
            transcript.add(message)
            return try answer(&output)
        default:
            throw .unexpected(
                message.type, state: "WAIT_CR_DONE",
                expected: certificateRequest == nil ? "CertificateRequest or ServerHelloDone" : "ServerHelloDone")
        }
    }

    private consuming func answer(_ output: inout HandshakeOutput) throws(HandshakeError) -> TLS12Client {
        guard let request = certificateRequest else { return try answer(nil, &output) }
        switch negotiated.offer.configuration.credentials.credentials(for: request.info(negotiated)) {
        case .use(let credentials):
            return try answer(TLS12CredentialsOffer(request: request, credentials: credentials), &output)
        case .later:
            return .choosingCredentials(TLS12ChoosingClientCredentials(waiting: self, request: request))
        }
    }

    /// [Certificate] ClientKeyExchange, and what is derived from it.
    fileprivate consuming func answer(
        _ offered: TLS12CredentialsOffer?, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Client {
        let negotiated = self.negotiated
        var transcript = self.transcript
        var choice: TLS12CredentialChoice?
        if let offered {
            choice = offered.choose(
                negotiated.offer.configuration.tls12SignatureSchemes, negotiated, &output)
            if choice == nil, negotiated.rules.form.hasNoCertificateAlert {
                output.sendAlert(.noCertificate)
            } else {
                let encoded = choice?.credential.encoded ?? []
                let message =
                    negotiated.certificateTypes.clientIsRaw
                    ? try parsing(
                        .certificate, TLS12RawPublicKey(subjectPublicKeyInfo: encoded.first ?? []).message)
                    : try parsing(.certificate, TLS12Certificate(certificates: encoded).message)
                transcript.add(message)
                output.send(message)
            }
        }
        if choice == nil { transcript.dropMessages() }
        let premaster = try TLS12Premaster.make(exchange, negotiated)
        transcript.add(premaster.message)
        output.send(premaster.message)
        let master = try TLS12MasterSecret.make(premaster.secret, negotiated.parameters, transcript)
        let flight = TLS12SecondFlight(
            negotiated: negotiated, transcript: transcript, authenticated: authenticated, master: master)
        guard let choice else { return try flight.finish(&output) }
        return try flight.sign(choice, &output)
    }
}

/// The server asked for a certificate, and the application chooses one.
package struct TLS12ChoosingClientCredentials: ~Copyable, Sendable {
    let waiting: TLS12WaitServerHelloDone
    private let certificateRequest: TLS12CertificateRequest

    fileprivate init(waiting: consuming TLS12WaitServerHelloDone, request: TLS12CertificateRequest) {
        self.waiting = waiting
        certificateRequest = request
    }

    var request: CertificateRequestInfo { certificateRequest.info(waiting.negotiated) }

    /// The only exit.
    consuming func resume(
        _ answer: OperationAnswer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Client {
        guard case .credentials(let credentials) = answer else {
            throw .internalError("only credentials answer a CertificateRequest")
        }
        let offered = TLS12CredentialsOffer(request: certificateRequest, credentials: credentials)
        return try waiting.answer(offered, &output)
    }
}

/// The premaster secret and the message that agrees on it.
struct TLS12Premaster: ~Copyable {
    let secret: SecretBytes
    let message: HandshakeMessage

    static func make(
        _ exchange: consuming TLS12Exchange, _ negotiated: TLS12Negotiated
    ) throws(HandshakeError) -> TLS12Premaster {
        switch consume exchange {
        case .ephemeral(let parameters, _): try agree(parameters, negotiated)
        case .rsa(let key): try encrypt(to: key, negotiated)
        }
    }

    /// ECDHE or DHE: a fresh key pair for every handshake (T-10).
    private static func agree(
        _ parameters: TLS12KeyExchangeParameters, _ negotiated: TLS12Negotiated
    ) throws(HandshakeError) -> TLS12Premaster {
        let random = negotiated.offer.configuration.provider.random
        do throws(CryptoError) {
            switch parameters {
            case .ecdhe(let group, let point):
                let exchange = try KeyExchange.start(group, random: random)
                let own = exchange.publicShare
                let secret = try exchange.finish(peerShare: point.span)
                return try TLS12Premaster(secret: secret, message: message(.ecdhe(point: own), negotiated))
            case .dhe(let group, let publicValue):
                let exchange = try DHKeyExchange.start(group, random: random)
                let own = exchange.publicShare
                let secret = try exchange.finish(peerShare: publicValue.span)
                return try TLS12Premaster(secret: secret, message: message(.dhe(publicValue: own), negotiated))
            }
        } catch .invalidPeerShare(let group) {
            throw .peerMisbehaved(.malformedKeyShare(group))
        } catch .invalidDHShare(let group) {
            // RFC 7919 §3: the client checks dh_Ys and answers another with illegal_parameter.
            throw .peerMisbehaved(.malformedFiniteFieldShare(group: group.rawValue))
        } catch { throw .crypto(error, during: "agreeing on the premaster secret") }
    }

    /// RFC 5246 §7.4.7.1: the version of the ClientHello and 46 random octets, encrypted.
    private static func encrypt(
        to key: PublicKey, _ negotiated: TLS12Negotiated
    ) throws(HandshakeError) -> TLS12Premaster {
        let random = negotiated.offer.configuration.provider.random
        do throws(CryptoError) {
            var secret = SecretBytes(count: 48)
            var bytes = secret.mutableBytes
            try random.fill(&bytes)
            bytes[0] = UInt8(truncatingIfNeeded: negotiated.offer.hello.legacyVersion.rawValue >> 8)
            bytes[1] = UInt8(truncatingIfNeeded: negotiated.offer.hello.legacyVersion.rawValue)
            let encrypted = try key.encryptPKCS1(secret.bytes, random: random)
            return try TLS12Premaster(secret: secret, message: message(.rsa(encrypted: encrypted), negotiated))
        } catch { throw .crypto(error, during: "encrypting the premaster secret") }
    }

    private static func message(
        _ exchange: TLS12ClientKeyExchange, _ negotiated: TLS12Negotiated
    ) throws(CryptoError) -> HandshakeMessage {
        // Lengths are those of our own shares: the codec cannot refuse them.
        do throws(DecodeError) { return try exchange.message(negotiated.rules.form) } catch {
            throw .lengthOutOfRange("\(error)")
        }
    }
}

/// What to answer a CertificateRequest with.
struct TLS12CredentialChoice: Sendable {
    let credential: Credential
    let scheme: SignatureScheme
}

/// What a server asked for, and what there is to answer with.
private struct TLS12CredentialsOffer {
    let request: TLS12CertificateRequest
    let credentials: [Credential]

    /// RFC 5246 §7.4.6: nil for an empty list, when there is no suitable credential.
    func choose(
        _ own: [SignatureScheme], _ negotiated: TLS12Negotiated, _ output: inout HandshakeOutput
    ) -> TLS12CredentialChoice? {
        let rules = negotiated.rules
        // RFC 7250 §4.2: of the type that the server asks for.
        let type = negotiated.certificateTypes.client ?? .x509
        let credentials = credentials.filter { $0.certificateType == type }
        let accepted = request.signatureSchemes
        var found = credentials.isEmpty ? "no credential: an empty list" : "no scheme in common: an empty list"
        var choice: TLS12CredentialChoice?
        for credential in credentials.ordered(by: request.authorities) where choice == nil {
            guard let key = credential.publicKey,
                request.certificateTypes.contains(Self.certificateType(of: key)),
                let scheme = rules.use == nil
                    ? credential.tls12Scheme(accepted: accepted, own: own)
                    : credential.legacyClientScheme(rules.version)
            else { continue }
            found = "\(scheme) with \(credential.name)"
            choice = TLS12CredentialChoice(credential: credential, scheme: scheme)
            output.info.clientCertificateSent = true
            output.info.ownCertificates = credential.certificates
        }
        output.log.record(
            Decision(
                .clientCertificate, .chosen, subject: "CertificateRequest", expected: list(accepted), found: found,
                rule: choice == nil
                    ? "a client without a suitable certificate sends none"
                    : "the client signs with a scheme that the server accepts",
                section: "RFC 5246 §7.4.4, §7.4.6"))
        return choice
    }

    /// ClientCertificateType: rsa_sign (RFC 5246 §7.4.4) or ecdsa_sign (RFC 8422 §5.5, also for Ed25519 and Ed448).
    private static func certificateType(of key: PublicKey) -> UInt8 {
        switch key {
        case .rsa, .rsaPSS: 1
        case .ec, .ed25519, .ed448: 64
        }
    }
}

extension TLS12CertificateRequest {
    /// What the application is told of it.
    fileprivate func info(_ negotiated: TLS12Negotiated) -> CertificateRequestInfo {
        CertificateRequestInfo(
            version: negotiated.rules.version, signatureSchemes: signatureSchemes, authorities: authorities,
            certificateType: negotiated.certificateTypes.client ?? .x509)
    }
}
