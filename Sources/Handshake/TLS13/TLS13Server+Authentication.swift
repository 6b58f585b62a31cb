// TLS13Server+Authentication.swift — CertificateRequest, WAIT_CERT, the verification of the client, WAIT_CV.
// RFC 8446 §4.3.2, §4.4.2, §4.4.3; App. A.2; RFC 7250 §3.
// Next: TLS13Server+Finished.swift.

internal import Certificates
internal import CryptoGlue
internal import RecordLayer
internal import WireFormat

/// What a server asks a client's certificate to be.
enum ClientCertificateRequest {
    /// The extensions that a client's Certificate may answer: RFC 8446 §4.4.2 permits no others there.
    static let extensionTypes: [ExtensionType] = [
        .signatureAlgorithms, .signatureAlgorithmsCert, .certificateAuthorities,
    ]

    static func message(
        _ policy: ClientAuthenticationPolicy, _ configuration: ServerConfiguration
    ) throws(HandshakeError) -> HandshakeMessage {
        var extensions = ExtensionBlock()
        extensions.append(.signatureAlgorithms) {
            SignatureAlgorithmsExtension.writeCertificateRequest(configuration.signatureSchemes, into: &$0)
        }
        // RFC 8446 §4.2.3: sent when the schemes for certificates are not those for handshakes.
        if configuration.certificateSignatureSchemes != configuration.signatureSchemes {
            extensions.append(.signatureAlgorithmsCert) {
                SignatureAlgorithmsExtension.writeCertificateRequest(
                    configuration.certificateSignatureSchemes, into: &$0)
            }
        }
        let names = policy.authorities
        if !names.isEmpty {
            extensions.append(.certificateAuthorities) {
                CertificateAuthoritiesExtension.writeCertificateRequest(names, into: &$0)
            }
        }
        // RFC 8446 §4.3.2: the context is empty but in post-handshake authentication.
        return try parsing(
            .certificateRequest, CertificateRequest(requestContext: [], extensions: extensions).message)
    }
}

/// What every state between our Finished and the client's has.
package struct ClientFlight: ~Copyable, Sendable {
    let agreement: TLS13Agreement
    var transcript: Transcript
    let client: TrafficSecret<Epoch.Handshake>
    let secrets: ApplicationSecrets
}

/// WAIT_CERT (RFC 8446 App. A.2).
package struct WaitClientCertificate: ~Copyable, Sendable {
    static let state = "WAIT_CERT"
    var flight: ClientFlight
    let policy: ClientAuthenticationPolicy

    consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Server {
        let message = try input.require(.certificate, state: WaitClientCertificate.state)
        let configuration = flight.agreement.configuration
        let list = try WaitClientCertificate.parse(message)
        guard !list.entries.isEmpty else {
            // RFC 8446 §4.4.2.4: a client without a certificate; CertificateVerify does not come then.
            let proof = try AnonymousClient.permitted(by: configuration.clientAuthentication, in: .tls13)
            output.log.record(
                Decision(
                    .clientCertificate, .accepted, subject: "the client's Certificate",
                    expected: "a certificate, or none", found: "none",
                    rule: "the configuration lets clients without a certificate in", section: "RFC 8446 §4.4.2.4"))
            flight.transcript.add(message)
            return .waitFinished(WaitClientFinished(flight: flight, peer: .anonymous(proof)))
        }
        flight.transcript.add(message)
        output.info.clientCertificateSent = true
        let policy = self.policy
        guard !flight.agreement.certificateTypes.clientIsRaw else {
            let key = try list.rawPublicKey()
            output.info.peerRawPublicKey = key
            let proof = try PeerAuthenticated.check(key, policy.acceptedRawPublicKeys, log: &output.log)
            return .waitCertificateVerify(
                WaitClientCertificateVerify(flight: flight, peerKey: key.publicKey, authenticated: proof))
        }
        let path: UnvalidatedPath
        do throws(CertificateError) {
            path = try UnvalidatedPath.parse(list.entries.map(\.certificate), log: &output.log)
        } catch { throw .certificate(error) }
        let certificates = [path.leaf] + path.intermediates
        output.info.peerCertificates = certificates
        let outcome = try PeerAuthenticated.check(path, PeerPolicy(policy, configuration), log: &output.log)
        return try VerifyingClient.advance(
            outcome, certificates: certificates, policy: policy, flight: flight, &output)
    }

    private static func parse(_ message: HandshakeMessage) throws(HandshakeError) -> CertificateMessage {
        let list = try parsing(.certificate) { () throws(DecodeError) in try CertificateMessage.parse(message.body) }
        // RFC 8446 §4.4.2: the context is that of the request.
        guard list.requestContext.isEmpty else { throw .peerMisbehaved(.nonEmptyRequestContext(.certificate)) }
        for entry in list.entries {
            try ExtensionRules.check(
                entry.extensions, of: .certificate, .certificate, offered: ClientCertificateRequest.extensionTypes)
        }
        return list
    }
}

/// The client's certificate is being verified, here or by the application.
package struct VerifyingClient: ~Copyable, Sendable {
    let flight: ClientFlight
    let policy: ClientAuthenticationPolicy
    let certificates: [Certificate]
    let request: PeerVerificationRequest

    /// The only exit.
    consuming func resume(
        _ answer: OperationAnswer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Server {
        let (policy, certificates) = (self.policy, self.certificates)
        let outcome = try PeerAuthenticated.resume(request, answer, policy.verification)
        return try VerifyingClient.advance(
            outcome, certificates: certificates, policy: policy, flight: flight, &output)
    }

    /// On to WAIT_CV with the proof, or wait for the application.
    static func advance(
        _ outcome: consuming PeerAuthenticated.Outcome, certificates: [Certificate],
        policy: ClientAuthenticationPolicy, flight: consuming ClientFlight, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Server {
        switch consume outcome {
        case .later(let question):
            return .verifyingClient(
                VerifyingClient(flight: flight, policy: policy, certificates: certificates, request: question))
        case .accepted(let proof, let path):
            guard let leaf = certificates.first else { throw .peerMisbehaved(.emptyCertificateList) }
            output.info.validatedPath = path?.certificates ?? []
            return .waitCertificateVerify(
                WaitClientCertificateVerify(flight: flight, peerKey: leaf.publicKey, authenticated: proof))
        }
    }
}

/// WAIT_CV (RFC 8446 App. A.2).
package struct WaitClientCertificateVerify: ~Copyable, Sendable {
    static let state = "WAIT_CV"
    var flight: ClientFlight
    let peerKey: PublicKey
    let authenticated: PeerAuthenticated

    consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Server {
        let message = try input.require(.certificateVerify, state: WaitClientCertificateVerify.state)
        let verify = try parsing(.certificateVerify) { () throws(DecodeError) in
            try CertificateVerify.parse(message.body)
        }
        let accepted = flight.agreement.configuration.signatureSchemes
        let hash = try flight.transcript.currentHash()
        let proof = try CertificateVerifyValid.check(verify, by: .client, key: peerKey, offered: accepted, hash)
        output.info.peerSignatureScheme = verify.scheme
        output.log.record(
            Decision(
                .signature, .accepted, subject: "the client's CertificateVerify", expected: list(accepted),
                found: "\(verify.scheme) by \(SignatureNegotiation.name(of: peerKey))",
                rule: "the client signs the handshake with its certificate's key", section: "RFC 8446 §4.4.3"))
        flight.transcript.add(message)
        return .waitFinished(WaitClientFinished(flight: flight, peer: .certificate(authenticated, proof)))
    }
}

extension ClientAuthenticationPolicy {
    /// The names of the anchors, DER, for a CertificateRequest; none when they are more than it can hold: a client without
    /// the list chooses by itself (RFC 8446 §4.2.4).
    package var authorities: [[UInt8]] {
        guard sendsAuthorities else { return [] }
        var names: [[UInt8]] = []
        var seen: Set<[UInt8]> = []
        var length = 0
        for anchor in trust.certificates {
            let name = anchor.subject.derEncoded
            guard seen.insert(name).inserted else { continue }
            names.append(name)
            length += name.count + 2
        }
        return length <= ClientAuthenticationPolicy.longestAuthorities ? names : []
    }

    /// Octets: all of the extensions of a CertificateRequest have to fit into 65535.
    private static let longestAuthorities = 49_152
}
