// TLS13Client+Finished.swift — WAIT_FINISHED, the choice of a credential, the client's second flight, CONNECTED.
// RFC 8446 §4.4.4, §4.4.2, §4.4.3; App. A.1.
// Next: TLS13PostHandshake.swift.

internal import Certificates
internal import CryptoGlue
internal import RecordLayer
internal import WireFormat

/// WAIT_FINISHED (RFC 8446 App. A.1).
package struct WaitFinished: ~Copyable, Sendable {
    static let state = "WAIT_FINISHED"
    let offer: ClientOffer
    var transcript: Transcript
    let keys: HandshakeKeys
    let clientAuthentication: ClientAuthenticationRequest?
    let peer: PeerProof
    /// The server took our early data: it reads on under that key until EndOfEarlyData.
    let acceptsEarlyData: Bool

    consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Client {
        let message = try input.require(.finished, state: WaitFinished.state)
        let boundary = try input.requireBoundary()
        var transcript = self.transcript
        let before = try transcript.currentHash()
        let finished = try FinishedVerified.check(message, keys.server, before)
        transcript.add(message)
        output.log.record(
            Decision(
                .finished, .accepted, subject: "the server's Finished", expected: "the MAC of the whole handshake",
                found: "the same", rule: "verify_data is the MAC of the whole handshake", section: "RFC 8446 §4.4.4"))
        let afterFinished = try transcript.currentHash()
        // RFC 8446 §4.5: after accepted early data the handshake key has not been installed yet.
        let keyAfterEarlyData = acceptsEarlyData ? try self.keys.clientRecordKey() : nil
        let client = self.keys.client
        let secrets = try ApplicationSecrets.derive(
            self.keys.handshakeSecret, suite: self.keys.suite, afterFinished, offer.secretLog)
        output.installReadKey(try secrets.serverRecordKey(), at: boundary)
        if let keyAfterEarlyData {
            // RFC 8446 §4.5: the last message under the key for early data.
            let end = try parsing(.endOfEarlyData, EndOfEarlyData().message)
            output.send(end)
            transcript.add(end)
            output.installWriteKey(keyAfterEarlyData)
        }
        let flight = SecondFlight(
            offer: offer, transcript: transcript, client: client, secrets: secrets,
            proofs: HandshakeProofs(peer: peer, finished: finished))
        guard let request = clientAuthentication?.info else { return try flight.finish(&output) }
        switch offer.configuration.credentials.credentials(for: request) {
        case .use(let credentials): return try flight.authenticate(request, credentials, &output)
        case .later: return .choosingCredentials(ChoosingClientCredentials(flight: flight, request: request))
        }
    }
}

/// The server asked for a certificate, and the application chooses one.
package struct ChoosingClientCredentials: ~Copyable, Sendable {
    let flight: SecondFlight
    let request: CertificateRequestInfo

    /// The only exit.
    consuming func resume(
        _ answer: OperationAnswer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Client {
        guard case .credentials(let credentials) = answer else {
            throw .internalError("only credentials answer a CertificateRequest")
        }
        let request = self.request
        return try flight.authenticate(request, credentials, &output)
    }
}

/// The proofs: without them there is no CONNECTED.
package struct HandshakeProofs: ~Copyable, Sendable {
    let peer: PeerProof
    let finished: FinishedVerified
}

/// [Certificate [CertificateVerify]] Finished, the last messages of the handshake.
package struct SecondFlight: ~Copyable, Sendable {
    let offer: ClientOffer
    var transcript: Transcript
    let client: TrafficSecret<Epoch.Handshake>
    let secrets: ApplicationSecrets
    let proofs: HandshakeProofs

    /// Answers the server's CertificateRequest with the first of the credentials that suits it.
    consuming func authenticate(
        _ request: CertificateRequestInfo, _ credentials: [Credential], _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Client {
        let accepted = request.signatureSchemes
        let own = offer.configuration.signatureSchemes
        var choice: (credential: Credential, scheme: SignatureScheme)?
        // RFC 7250 §4.2: of the type that the server asks for.
        let credentials = credentials.filter { $0.certificateType == request.certificateType }
        for credential in credentials.ordered(by: request.authorities) where choice == nil {
            choice = credential.scheme(accepted: accepted, own: own).map { (credential, $0) }
        }
        // RFC 8446 §4.4.2: a client without a suitable certificate sends an empty list.
        guard let (credential, scheme) = choice else {
            output.log.record(
                Decision(
                    .clientCertificate, .chosen, subject: "CertificateRequest", expected: list(accepted),
                    found: credentials.isEmpty ? "no credential: an empty list" : "no scheme in common: an empty list",
                    rule: "a client without a suitable certificate sends none", section: "RFC 8446 §4.4.2"))
            return try sending(SecondFlight.certificate([]), &output).finish(&output)
        }
        output.log.record(
            Decision(
                .clientCertificate, .chosen, subject: "CertificateRequest", expected: list(accepted),
                found: "\(scheme) with \(credential.name)",
                rule: "the client signs with a scheme that the server accepts", section: "RFC 8446 §4.4.2, §4.4.3"))
        output.info.clientCertificateSent = true
        output.info.ownCertificates = credential.certificates
        let certificate = try SecondFlight.certificate(credential.encoded)
        transcript.add(certificate)
        let content = CertificateVerifyContent.bytes(.client, try transcript.currentHash())
        switch credential.signer {
        case .key(let key):
            guard let algorithm = SignatureNegotiation.handshakeAlgorithm(scheme, key: key.publicKey) else {
                throw .internalError("a scheme was chosen that does not fit the key")
            }
            let signature: [UInt8]
            do throws(CryptoError) { signature = try key.sign(content.span, using: algorithm) } catch {
                throw .crypto(error, during: "signing the client's CertificateVerify")
            }
            output.send(certificate)
            return try sendingSignature(scheme, signature, &output).finish(&output)
        case .external:
            guard let own = credential.certificates.first else {
                throw .internalError("a credential without a certificate")
            }
            // The certificate waits for its signature: the flight goes out as one, or not at all.
            return .signing(
                Signing(
                    flight: self, certificate: certificate,
                    request: SigningRequest(scheme: scheme, message: content, certificate: own)))
        }
    }

    /// Sends Finished and changes to the application keys.
    consuming func finish(_ output: inout HandshakeOutput) throws(HandshakeError) -> TLS13Client {
        let before = try transcript.currentHash()
        let verifyData: SecretBytes
        do throws(CryptoError) { verifyData = try client.verifyData(before) } catch {
            throw .crypto(error, during: "computing verify_data")
        }
        let message = try parsing(.finished, Finished(verifyData: [UInt8](copying: verifyData.bytes)).message)
        output.send(message)
        var transcript = self.transcript
        transcript.add(message)
        output.installWriteKey(try secrets.clientRecordKey())
        output.info.isHandshakeComplete = true
        // A resumption does not make the proof of the peer younger.
        if output.info.authenticatedAt == nil { output.info.authenticatedAt = offer.configuration.clock.now() }
        let whole = try transcript.currentHash()
        return .connected(try Connected(secrets, whole, proofs, role: .client))
    }

    consuming func sendingSignature(
        _ scheme: SignatureScheme, _ signature: [UInt8], _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> SecondFlight {
        let verify = CertificateVerify(scheme: scheme, signature: signature)
        return sending(try parsing(.certificateVerify, verify.message), &output)
    }

    private static func certificate(_ encoded: [[UInt8]]) throws(HandshakeError) -> HandshakeMessage {
        let list = CertificateMessage(
            requestContext: [], entries: encoded.map { CertificateEntry(certificate: $0) })
        return try parsing(.certificate, list.message)
    }

    private consuming func sending(_ message: HandshakeMessage, _ output: inout HandshakeOutput) -> SecondFlight {
        output.send(message)
        transcript.add(message)
        return self
    }
}

/// The handshake waits for a signature that is made outside the process.
package struct Signing: ~Copyable, Sendable {
    let flight: SecondFlight
    /// Our Certificate message: in the transcript already, and not sent yet.
    let certificate: HandshakeMessage
    let request: SigningRequest

    /// The only exit.
    consuming func resume(
        _ answer: OperationAnswer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Client {
        guard case .signature(let signature) = answer else {
            throw .internalError("a verification does not answer a signing request")
        }
        let scheme = request.scheme
        output.send(certificate)
        return try flight.sendingSignature(scheme, signature, &output).finish(&output)
    }
}

extension Transcript {
    func currentHash() throws(HandshakeError) -> TranscriptHash {
        do throws(CryptoError) { return try hash() } catch { throw .crypto(error, during: "hashing the transcript") }
    }
}
