// TLS13Client+Authentication.swift — WAIT_CERT_CR, WAIT_CERT, the verification of the peer, WAIT_CV.
// RFC 8446 §4.3.2, §4.4.2, §4.4.3; RFC 7250 §3.
// Next: TLS13Client+Finished.swift.

internal import Certificates
internal import CryptoGlue
internal import RecordLayer
internal import WireFormat

/// What a CertificateRequest asks for.
package struct ClientAuthenticationRequest: Sendable {
    let info: CertificateRequestInfo

    /// RFC 8446 §4.3.2: signature_algorithms has to be there; of the others, certificate_authorities is of use here.
    init(_ request: CertificateRequest, _ types: CertificateTypes) throws(HandshakeError) {
        let body = try ExtensionRules.require(.signatureAlgorithms, in: request.extensions, of: .certificateRequest)
        let schemes = try parsing(.certificateRequest) { () throws(DecodeError) in
            try SignatureAlgorithmsExtension.parseCertificateRequest(body.span)
        }
        var authorities: [[UInt8]] = []
        if let body = request.extensions.body(of: .certificateAuthorities) {
            authorities = try parsing(.certificateRequest) { () throws(DecodeError) in
                try CertificateAuthoritiesExtension.parseCertificateRequest(body.span)
            }
        }
        info = CertificateRequestInfo(
            version: .tls13, signatureSchemes: schemes, authorities: authorities,
            certificateType: types.client ?? .x509)
    }
}

/// WAIT_CERT_CR (RFC 8446 App. A.1): the one state that permits two messages.
package struct WaitCertificateOrRequest: ~Copyable, Sendable {
    static let state = "WAIT_CERT_CR"
    let offer: ClientOffer
    var transcript: Transcript
    let keys: HandshakeKeys
    let types: CertificateTypes

    consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Client {
        switch input.type {
        case .certificate:
            return try ReceivedCertificate.verify(
                input.message, types, offer: offer, transcript: transcript, keys: keys, request: nil, &output)
        case .certificateRequest:
            return try certificateRequest(input.message, &output)
        default:
            throw .unexpected(
                input.type, state: WaitCertificateOrRequest.state, expected: "CertificateRequest or Certificate")
        }
    }

    private consuming func certificateRequest(
        _ message: HandshakeMessage, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Client {
        let request = try parsing(.certificateRequest) { () throws(DecodeError) in
            try CertificateRequest.parse(message.body)
        }
        // RFC 8446 §4.3.2: the context is empty but in post-handshake authentication.
        guard request.requestContext.isEmpty else {
            throw .peerMisbehaved(.nonEmptyRequestContext(.certificateRequest))
        }
        try ExtensionRules.check(
            request.extensions, of: .certificateRequest, .certificateRequest, offered: nil)
        let authentication = try ClientAuthenticationRequest(request, types)
        output.info.clientCertificateRequested = true
        var transcript = self.transcript
        transcript.add(message)
        return .waitCertificate(
            WaitCertificate(
                offer: offer, transcript: transcript, keys: keys, types: types, request: authentication))
    }
}

/// WAIT_CERT (RFC 8446 App. A.1).
package struct WaitCertificate: ~Copyable, Sendable {
    static let state = "WAIT_CERT"
    let offer: ClientOffer
    var transcript: Transcript
    let keys: HandshakeKeys
    let types: CertificateTypes
    let request: ClientAuthenticationRequest

    consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Client {
        let message = try input.require(.certificate, state: WaitCertificate.state)
        return try ReceivedCertificate.verify(
            message, types, offer: offer, transcript: transcript, keys: keys, request: request, &output)
    }
}

/// The server's Certificate message, from its octets to the next state.
private enum ReceivedCertificate {
    static func verify(
        _ message: HandshakeMessage, _ types: CertificateTypes, offer: ClientOffer,
        transcript: consuming Transcript, keys: consuming HandshakeKeys, request: ClientAuthenticationRequest?,
        _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Client {
        let list = try parse(message, offer, &output)
        guard !types.serverIsRaw else {
            let key = try list.rawPublicKey()
            transcript.add(message)
            output.info.peerRawPublicKey = key
            let proof = try PeerAuthenticated.check(
                key, offer.configuration.acceptedRawPublicKeys, log: &output.log)
            return .waitCertificateVerify(
                WaitCertificateVerify(
                    offer: offer, transcript: transcript, keys: keys, clientAuthentication: request,
                    peerKey: key.publicKey, authenticated: proof))
        }
        try CertificateTypeNegotiation.requirePathsTaken(offer)
        let path: UnvalidatedPath
        do throws(CertificateError) {
            path = try UnvalidatedPath.parse(list.entries.map(\.certificate), log: &output.log)
        } catch { throw .certificate(error) }
        let certificates = [path.leaf] + path.intermediates
        transcript.add(message)
        output.info.peerCertificates = certificates
        let outcome = try PeerAuthenticated.check(
            path, PeerPolicy(offer), staple: output.info.stapledOCSPResponse, log: &output.log)
        return try VerifyingPeer.advance(
            outcome, certificates: certificates, offer: offer, transcript: transcript, keys: keys, request: request,
            &output)
    }

    private static func parse(
        _ message: HandshakeMessage, _ offer: ClientOffer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> CertificateMessage {
        let list = try parsing(.certificate) { () throws(DecodeError) in try CertificateMessage.parse(message.body) }
        // RFC 8446 §4.4.2: the context is that of the request, and in server authentication there is none.
        guard list.requestContext.isEmpty else { throw .peerMisbehaved(.nonEmptyRequestContext(.certificate)) }
        guard !list.entries.isEmpty else { throw .peerMisbehaved(.emptyCertificateList) }
        for entry in list.entries {
            try ExtensionRules.check(
                entry.extensions, of: .certificate, .certificate, offered: offer.extensionTypes)
        }
        // RFC 8446 §4.4.2.1: the response for the peer's own certificate.
        if let body = list.entries.first?.extensions.body(of: .statusRequest) {
            output.info.stapledOCSPResponse = try parsing(.certificate) { () throws(DecodeError) in
                try StatusRequestExtension.parseCertificateEntry(body.span)
            }
        }
        return list
    }
}

/// The peer's certificate is being verified, here or by the application.
package struct VerifyingPeer: ~Copyable, Sendable {
    let offer: ClientOffer
    var transcript: Transcript
    let keys: HandshakeKeys
    let clientAuthentication: ClientAuthenticationRequest?
    let certificates: [Certificate]
    let request: PeerVerificationRequest

    /// The only exit.
    consuming func resume(
        _ answer: OperationAnswer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Client {
        let outcome = try PeerAuthenticated.resume(request, answer, offer.configuration.verification)
        return try VerifyingPeer.advance(
            outcome, certificates: certificates, offer: offer, transcript: transcript, keys: keys,
            request: clientAuthentication, &output)
    }

    /// On to WAIT_CV with the proof, or wait for the application.
    static func advance(
        _ outcome: consuming PeerAuthenticated.Outcome, certificates: [Certificate], offer: ClientOffer,
        transcript: consuming Transcript, keys: consuming HandshakeKeys, request: ClientAuthenticationRequest?,
        _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Client {
        switch consume outcome {
        case .later(let question):
            return .verifyingPeer(
                VerifyingPeer(
                    offer: offer, transcript: transcript, keys: keys, clientAuthentication: request,
                    certificates: certificates, request: question))
        case .accepted(let proof, let path):
            guard let leaf = certificates.first else { throw .peerMisbehaved(.emptyCertificateList) }
            output.info.validatedPath = path?.certificates ?? []
            return .waitCertificateVerify(
                WaitCertificateVerify(
                    offer: offer, transcript: transcript, keys: keys, clientAuthentication: request,
                    peerKey: leaf.publicKey, authenticated: proof))
        }
    }
}

/// WAIT_CV (RFC 8446 App. A.1).
package struct WaitCertificateVerify: ~Copyable, Sendable {
    static let state = "WAIT_CV"
    let offer: ClientOffer
    var transcript: Transcript
    let keys: HandshakeKeys
    let clientAuthentication: ClientAuthenticationRequest?
    let peerKey: PublicKey
    let authenticated: PeerAuthenticated

    consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Client {
        let message = try input.require(.certificateVerify, state: WaitCertificateVerify.state)
        let verify = try parsing(.certificateVerify) { () throws(DecodeError) in
            try CertificateVerify.parse(message.body)
        }
        let offered = offer.configuration.signatureSchemes
        let hash: TranscriptHash
        do throws(CryptoError) { hash = try transcript.hash() } catch {
            throw .crypto(error, during: "hashing the transcript")
        }
        let proof = try CertificateVerifyValid.check(
            verify, by: .server, key: peerKey, offered: offered, hash)
        output.info.peerSignatureScheme = verify.scheme
        output.log.record(
            Decision(
                .signature, .accepted, subject: "the server's CertificateVerify", expected: list(offered),
                found: "\(verify.scheme) by \(SignatureNegotiation.name(of: peerKey))",
                rule: "the server signs the handshake with its certificate's key", section: "RFC 8446 §4.4.3"))
        var transcript = self.transcript
        transcript.add(message)
        return .waitFinished(
            WaitFinished(
                offer: offer, transcript: transcript, keys: keys, clientAuthentication: clientAuthentication,
                peer: .certificate(authenticated, proof), acceptsEarlyData: false))
    }
}
