// TLS13Server+Flight.swift — NEGOTIATED: the server's flight, from ServerHello to Finished.
// RFC 8446 §4.1.3, §4.3, §4.4; App. A.2, D.4; RFC 8449 §4.
// Next: TLS13Server+Authentication.swift.

internal import Certificates
internal import CryptoGlue
internal import RecordLayer
internal import WireFormat

/// Whom the server's Finished leaves to be heard of.
enum ExpectedClient: ~Copyable, Sendable {
    /// Nobody new: the client has proven that it knows this key.
    case key(BinderVerified)
    case certificate(ClientAuthenticationPolicy)
    case anonymous(AnonymousClient)
}

/// NEGOTIATED (RFC 8446 App. A.2): ServerHello went out, and all that follows is under the handshake key.
package struct ServerFlight: ~Copyable, Sendable {
    let agreement: TLS13Agreement
    var transcript: Transcript
    let keys: HandshakeKeys
    /// Early data is being taken: EndOfEarlyData comes before the client's Finished.
    let acceptsEarlyData: Bool

    /// ServerHello and EncryptedExtensions; then what authenticates the server.
    ///
    /// - Parameter transcript: up to and with the ClientHello.
    static func start(
        _ offer: TLS13ClientOffer, _ agreement: TLS13Agreement, _ choice: TLS13ServerChoice,
        _ proof: consuming BinderVerified?, transcript: consuming TranscriptBuffer,
        boundary: consuming RecordBoundary, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Server {
        let answer = try KeyShareAnswer.make(choice.exchange, agreement, &output)
        choice.preSharedKey?.key.report(in: &output.info)
        if let body = offer.hello.extensions.body(of: .recordSizeLimit) {
            try RecordSizeNegotiation.check(body, in: .clientHello, &output)
            output.ownRecordSizeLimit = agreement.recordSizeLimit
        }
        let early = try EarlyKey.make(offer, agreement, proof, transcript, &output.log)
        // RFC 8449 §4: a client that sends early data does not know our limit yet; it holds from EndOfEarlyData on.
        if early != nil, output.ownRecordSizeLimit != nil { output.ownRecordSizeLimit = RecordLimits.plaintext + 1 }

        let hello = try serverHello(offer, choice, answer.share)
        output.send(hello)
        // RFC 8446 App. D.4: right after our first message.
        if agreement.isCompatibilityMode, !agreement.isRetried { output.sendChangeCipherSpec() }
        var running: Transcript
        do throws(CryptoError) { running = try transcript.start(with: agreement.suite.hash) } catch {
            throw .crypto(error, during: "starting the transcript hash")
        }
        running.add(hello)
        let keys = try HandshakeKeys.derive(
            agreement.suite, preSharedKey: choice.preSharedKey?.key.secret, sharedSecret: answer.secret, running,
            agreement.secretLog)
        output.installWriteKey(try keys.serverRecordKey())
        if let early {
            output.info.earlyData = .accepted
            output.earlyDataAllowance = early.allowance
            output.installReadKey(early.key, at: boundary)
        } else {
            output.installReadKey(try keys.clientRecordKey(), at: boundary)
            if offer.offersEarlyData {
                output.info.earlyData = .rejected
                output.skipEarlyData(atMost: ServerEarlyData.skipLimit(agreement.configuration))
            }
        }
        var flight = ServerFlight(
            agreement: agreement, transcript: running, keys: keys, acceptsEarlyData: early != nil)
        flight.send(
            try encryptedExtensions(
                offer, agreement, acceptsEarlyData: early != nil, isResumed: output.info.isResumed),
            &output)
        switch consume proof {
        // RFC 8446 §4.3.2: no CertificateRequest, and no certificate, with a pre-shared key.
        case .some(let proof): return try flight.finish(.key(proof), &output)
        case .none:
            guard let credential = choice.credential else { throw .internalError("a server without any proof") }
            return try flight.authenticate(credential, offer, &output)
        }
    }

    /// [CertificateRequest] Certificate CertificateVerify.
    private consuming func authenticate(
        _ choice: ServerCredentialChoice, _ offer: TLS13ClientOffer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Server {
        let configuration = agreement.configuration
        if let policy = configuration.clientAuthentication.policy {
            output.info.clientCertificateRequested = true
            send(try ClientCertificateRequest.message(policy, configuration), &output)
        }
        send(try ServerFlight.certificate(choice.credential, offer), &output)
        output.info.ownCertificates = choice.credential.certificates
        let content = CertificateVerifyContent.bytes(.server, try transcript.currentHash())
        switch choice.credential.signer {
        case .key(let key):
            guard let algorithm = SignatureNegotiation.handshakeAlgorithm(choice.scheme, key: key.publicKey) else {
                throw .internalError("a scheme was chosen that does not fit the key")
            }
            let signature: [UInt8]
            do throws(CryptoError) { signature = try key.sign(content.span, using: algorithm) } catch {
                throw .crypto(error, during: "signing the server's CertificateVerify")
            }
            return try sign(choice.scheme, signature, &output)
        case .external:
            guard let own = choice.credential.certificates.first else {
                throw .internalError("a credential without a certificate")
            }
            return .signing(
                SigningServerFlight(
                    flight: self, request: SigningRequest(scheme: choice.scheme, message: content, certificate: own)))
        }
    }

    /// CertificateVerify and Finished.
    fileprivate consuming func sign(
        _ scheme: SignatureScheme, _ signature: [UInt8], _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Server {
        let verify = CertificateVerify(scheme: scheme, signature: signature)
        send(try parsing(.certificateVerify, verify.message), &output)
        let authentication = agreement.configuration.clientAuthentication
        guard let policy = authentication.policy else {
            return try finish(.anonymous(try AnonymousClient.permitted(by: authentication, in: .tls13)), &output)
        }
        return try finish(.certificate(policy), &output)
    }

    /// Finished; from here on we write under the application key.
    private consuming func finish(
        _ expected: consuming ExpectedClient, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Server {
        let before = try transcript.currentHash()
        let verifyData: SecretBytes
        do throws(CryptoError) { verifyData = try keys.server.verifyData(before) } catch {
            throw .crypto(error, during: "computing verify_data")
        }
        send(try parsing(.finished, Finished(verifyData: [UInt8](copying: verifyData.bytes)).message), &output)
        let afterFinished = try transcript.currentHash()
        let agreement = self.agreement
        let acceptsEarlyData = self.acceptsEarlyData
        // RFC 8446 §4.5: the client's handshake key comes after EndOfEarlyData.
        let keyAfterEarlyData = acceptsEarlyData ? try keys.clientRecordKey() : nil
        let transcript = self.transcript
        let client = self.keys.client
        let secrets = try ApplicationSecrets.derive(
            self.keys.handshakeSecret, suite: agreement.suite, afterFinished, agreement.secretLog)
        output.installWriteKey(try secrets.serverRecordKey())
        let rest = ClientFlight(agreement: agreement, transcript: transcript, client: client, secrets: secrets)
        switch consume expected {
        case .key(let proof):
            guard let keyAfterEarlyData else {
                return .waitFinished(WaitClientFinished(flight: rest, peer: .binder(proof)))
            }
            return .waitEndOfEarlyData(
                WaitEndOfEarlyData(flight: rest, proof: proof, handshakeKey: keyAfterEarlyData))
        case .certificate(let policy):
            return .waitCertificate(WaitClientCertificate(flight: rest, policy: policy))
        case .anonymous(let proof):
            return .waitFinished(WaitClientFinished(flight: rest, peer: .anonymous(proof)))
        }
    }

    private mutating func send(_ message: HandshakeMessage, _ output: inout HandshakeOutput) {
        output.send(message)
        transcript.add(message)
    }

    private static func serverHello(
        _ offer: TLS13ClientOffer, _ choice: TLS13ServerChoice, _ share: KeyShareEntry?
    ) throws(HandshakeError) -> HandshakeMessage {
        var random = [UInt8](repeating: 0, count: 32)
        do throws(CryptoError) {
            var span = random.mutableSpan
            try offer.configuration.provider.random.fill(&span)
        } catch { throw .crypto(error, during: "drawing ServerHello.random") }
        var extensions = ExtensionBlock()
        extensions.append(.supportedVersions) { SupportedVersionsExtension.writeServerHello(.tls13, into: &$0) }
        if let share { extensions.append(.keyShare) { KeyShareExtension.writeServerHello(share, into: &$0) } }
        if let selected = choice.preSharedKey {
            extensions.append(.preSharedKey) { PreSharedKeyExtension.writeServerHello(selected.index, into: &$0) }
        }
        let hello = ServerHello(
            random: random, legacySessionIDEcho: offer.hello.legacySessionID,
            cipherSuite: choice.suite.code, extensions: extensions)
        return try parsing(.serverHello, hello.message)
    }

    private static func encryptedExtensions(
        _ offer: TLS13ClientOffer, _ agreement: TLS13Agreement, acceptsEarlyData: Bool, isResumed: Bool
    ) throws(HandshakeError) -> HandshakeMessage {
        var extensions = ExtensionBlock()
        // RFC 6066 §3: the name was used to choose the certificate; in a resumption there is none to choose.
        if offer.received.serverName != nil, !isResumed {
            extensions.append(.serverName) { ServerNameExtension.writeEncryptedExtensions(into: &$0) }
        }
        if let name = agreement.alpnProtocol {
            extensions.append(.applicationLayerProtocolNegotiation) {
                ALPNExtension.writeEncryptedExtensions(Array(name.utf8), into: &$0)
            }
        }
        if offer.hello.extensions.body(of: .recordSizeLimit) != nil {
            extensions.append(.recordSizeLimit) {
                RecordSizeLimitExtension.writeServer(
                    UInt16(truncatingIfNeeded: agreement.recordSizeLimit), into: &$0)
            }
        }
        agreement.certificateTypes.append(to: &extensions)
        if acceptsEarlyData {
            extensions.append(.earlyData) { EarlyDataExtension.writeEncryptedExtensions(into: &$0) }
        }
        return try parsing(.encryptedExtensions, EncryptedExtensions(extensions: extensions).message)
    }

    /// RFC 8446 §4.4.2, §4.4.2.1: the OCSP response goes with our own certificate, to a client that asked.
    private static func certificate(
        _ credential: Credential, _ offer: TLS13ClientOffer
    ) throws(HandshakeError) -> HandshakeMessage {
        var entries = credential.encoded.map { CertificateEntry(certificate: $0) }
        if offer.takesCertificateStatus, let response = credential.stapledResponse, !entries.isEmpty {
            entries[0].extensions.append(.statusRequest) {
                StatusRequestExtension.writeCertificateEntry(response, into: &$0)
            }
        }
        return try parsing(.certificate, CertificateMessage(requestContext: [], entries: entries).message)
    }
}

/// NEGOTIATED: the handshake waits for a signature that is made outside the process.
package struct SigningServerFlight: ~Copyable, Sendable {
    let flight: ServerFlight
    let request: SigningRequest

    /// The only exit.
    consuming func resume(
        _ answer: OperationAnswer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Server {
        guard case .signature(let signature) = answer else {
            throw .internalError("only a signature answers a signing request")
        }
        let scheme = request.scheme
        return try flight.sign(scheme, signature, &output)
    }
}

/// Our share, and the secret of the exchange.
private struct KeyShareAnswer: ~Copyable {
    /// nil when the pre-shared key is used alone.
    let share: KeyShareEntry?
    let secret: SecretBytes

    static func make(
        _ exchange: TLS13ServerChoice.Exchange, _ agreement: TLS13Agreement, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> KeyShareAnswer {
        switch exchange {
        case .retry: throw .internalError("a ServerHello in the place of a HelloRetryRequest")
        case .none:
            return KeyShareAnswer(share: nil, secret: SecretBytes(count: agreement.suite.hash.digestLength))
        case .share(let peer):
            output.info.group = peer.group
            output.log.record(
                Decision(
                    .group, .chosen, subject: "ClientHello key_share", expected: list(agreement.configuration.groups),
                    found: "\(peer.group)",
                    rule: "the server takes the first group of its own that a share is there for",
                    section: "RFC 8446 §4.2.8"))
            do throws(CryptoError) {
                // RFC 8446 §4.2.8: a fresh key for each connection.
                let own = try KeyExchange.start(peer.group, random: agreement.configuration.provider.random)
                let share = KeyShareEntry(group: peer.group, keyExchange: own.publicShare)
                return KeyShareAnswer(share: share, secret: try own.finish(peerShare: peer.keyExchange.span))
            } catch .invalidPeerShare(let group) {
                throw .clientMisbehaved(.malformedKeyShare(group))
            } catch { throw .crypto(error, during: "making a key share for \(peer.group)") }
        }
    }
}

/// The key of accepted early data, and how much of it may come.
private struct EarlyKey {
    let key: RecordKey
    let allowance: Int

    /// nil when early data is not offered, or refused.
    static func make(
        _ offer: TLS13ClientOffer, _ agreement: TLS13Agreement, _ proof: borrowing BinderVerified?,
        _ transcript: borrowing TranscriptBuffer, _ log: inout DecisionLog
    ) throws(HandshakeError) -> EarlyKey? {
        switch proof {
        case .none: return nil
        case .some(let proof):
            guard let allowance = ServerEarlyData.allowance(offer, agreement, proof, &log) else { return nil }
            let key = try ServerEarlyData.readKey(proof, agreement.suite, transcript, agreement.secretLog)
            return EarlyKey(key: key, allowance: allowance)
        }
    }
}

extension TLS13Agreement {
    /// record_size_limit as it is sent: in TLS 1.3 it counts the octet of the inner content type (RFC 8449 §4).
    var recordSizeLimit: Int { (configuration.recordSizeLimit ?? RecordLimits.plaintext) + 1 }
}
