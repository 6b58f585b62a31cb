// Verification.swift — the proofs of a handshake, and the only code that can make them.
// RFC 8446 §4.2.11, §4.4.2.4, §4.4.3, §4.4.4; RFC 7250 §6.
// Next: TLS13/TLS13Client.swift.

internal import Certificates
internal import CryptoGlue
internal import WireFormat

/// By which rules a peer's certificate is judged: a server's by its name, a client's by its issuer alone.
struct PeerPolicy: Sendable {
    let trust: TrustAnchors
    let pathPolicy: PathPolicy
    let verification: PeerVerification
    /// nil for a client, which has no name to be asked for.
    let identity: ReferenceIdentity?
    let purpose: CertificatePurpose
    let signatureSchemes: [SignatureScheme]
    let now: UnixTime
    /// Whether the peer was asked to staple an OCSP response.
    let isStatusRequested: Bool
    /// What certificates may be besides, in a version before TLS 1.2.
    let legacy: LegacyCertificates?

    /// - Parameter use: the permission of the connection's version; nil since TLS 1.2.
    init(_ offer: ClientOffer, _ use: LegacyUse? = nil) {
        legacy = use.map(LegacyCertificates.init)
        trust = offer.configuration.trust
        pathPolicy = offer.configuration.pathPolicy
        verification = offer.configuration.verification
        identity = offer.identity
        purpose = .serverAuthentication
        signatureSchemes = offer.configuration.certificateSignatureSchemes
        now = offer.configuration.clock.now()
        isStatusRequested = offer.configuration.asksForCertificateStatus
    }

    /// - Parameter use: the permission of the connection's version; nil since TLS 1.2.
    init(_ policy: ClientAuthenticationPolicy, _ configuration: ServerConfiguration, _ use: LegacyUse? = nil) {
        legacy = use.map(LegacyCertificates.init)
        trust = policy.trust
        pathPolicy = policy.pathPolicy
        verification = policy.verification
        identity = nil
        purpose = .clientAuthentication
        signatureSchemes = configuration.certificateSignatureSchemes
        now = configuration.clock.now()
        isStatusRequested = false
    }
}

/// Proof that the peer's certificate was accepted. Without it no later state can be built.
package struct PeerAuthenticated: ~Copyable, Sendable {
    private init() {}

    /// What the check of a peer's certificate came to.
    enum Outcome: ~Copyable, Sendable {
        case accepted(PeerAuthenticated, path: ValidatedPath?)
        case later(PeerVerificationRequest)
    }

    /// Validates the path and asks the callback, as the configuration says.
    ///
    /// - Parameter staple: the OCSP response that the peer sent along.
    static func check(
        _ path: UnvalidatedPath, _ policy: PeerPolicy, keyUsage: KeyUsage = .digitalSignature, staple: [UInt8]? = nil,
        log: inout DecisionLog
    ) throws(HandshakeError) -> Outcome {
        var rules = PathRequest(
            anchors: policy.trust, identity: policy.identity, purpose: policy.purpose, keyUsage: keyUsage,
            at: policy.now, allowedSignatures: policy.signatureSchemes, policy: policy.pathPolicy, legacy: policy.legacy
        )
        rules.stapledResponse = staple
        rules.isStatusRequested = policy.isStatusRequested
        let result: Result<ValidatedPath, CertificateError>
        do throws(CertificateError) {
            result = .success(try PathValidator.validate(path, rules, log: &log))
        } catch { result = .failure(error) }
        var failures: [CertificateError] = []
        if case .failure = result, case .takeOver = policy.verification {
            failures = PathValidator.failures(path, rules)
        }
        let request = PeerVerificationRequest(
            certificates: [path.leaf] + path.intermediates, identity: policy.identity, standardResult: result,
            standardFailures: failures)
        let answer: PeerVerificationAnswer
        switch policy.verification {
        case .standard:
            if case .failure(let error) = result { throw .certificate(error) }
            answer = .accept
        case .additional(let callback, _):
            if case .failure(let error) = result { throw .certificate(error) }
            answer = callback(request)
        case .takeOver(let callback, _):
            // What a key may do in the handshake is a rule of the protocol, whoever trusts it.
            do throws(CertificateError) { try PathValidator.checkKeyUsage(of: path.leaf, keyUsage) } catch {
                throw .certificate(error)
            }
            answer = callback(request)
        }
        switch answer {
        case .accept:
            if case .takeOver = policy.verification { recordTakeOver(path.leaf, &log) }
            return .accepted(PeerAuthenticated(), path: validated(request, policy.verification))
        case .reject(let reason, let alert): throw .verificationRejected(reason: reason, alert: alert)
        case .later: return .later(request)
        }
    }

    /// The application's late answer.
    static func resume(
        _ request: PeerVerificationRequest, _ answer: OperationAnswer, _ verification: PeerVerification
    ) throws(HandshakeError) -> Outcome {
        switch answer {
        case .peerAccepted: return .accepted(PeerAuthenticated(), path: validated(request, verification))
        case .peerRejected(let reason, let alert): throw .verificationRejected(reason: reason, alert: alert)
        case .signature, .decrypted, .credentials, .unrecognizedName:
            throw .internalError("only a decision answers a verification")
        }
    }

    /// RFC 7250 §6: nothing in a raw public key says whose it is. It is one of those that were given, or it is refused; no
    /// callback is asked.
    static func check(
        _ key: RawPublicKey, _ accepted: Set<PublicKeyPin>, log: inout DecisionLog
    ) throws(HandshakeError) -> PeerAuthenticated {
        let rule = CertificateError.Rule.rawPublicKeyAccepted
        // Both sides are public: nothing is told by the time it takes.
        guard accepted.contains(key.pin) else {
            throw .certificate(
                CertificateError(
                    rule, subject: "the peer's raw public key", expected: list(accepted.map(\.description).sorted()),
                    found: "\(key.pin)"))
        }
        log.record(
            Decision(
                .certificatePath, .accepted, subject: "the peer's raw public key", expected: "one that is accepted",
                found: "\(key.pin)", rule: rule.sentence, section: rule.section))
        return PeerAuthenticated()
    }

    /// The path counts as validated only when the standard check was part of the decision.
    private static func validated(
        _ request: PeerVerificationRequest, _ verification: PeerVerification
    ) -> ValidatedPath? {
        if case .takeOver = verification { return nil }
        return try? request.standardResult.get()
    }

    private static func recordTakeOver(_ leaf: Certificate, _ log: inout DecisionLog) {
        log.record(
            Decision(
                .verification, .accepted, subject: "\(leaf.subject)", expected: "the callback's decision",
                found: "accepted", rule: "a verification callback took the decision over",
                section: "RFC 8446 §4.4.2.4"))
    }
}

/// Proof that the peer holds the key of its certificate.
package struct CertificateVerifyValid: ~Copyable, Sendable {
    private init() {}

    static func check(
        _ message: CertificateVerify, by signer: HandshakeRole, key: PublicKey, offered: [SignatureScheme],
        _ transcript: TranscriptHash
    ) throws(HandshakeError) -> CertificateVerifyValid {
        // RFC 8446 §4.4.3: one of the offered schemes; PKCS #1 v1.5 and SHA-1 never.
        guard offered.contains(message.scheme), SignatureNegotiation.isForHandshake(message.scheme) else {
            throw .peerMisbehaved(
                .unofferedSignatureScheme(
                    message.scheme, offered: offered.map(\.description).joined(separator: ", ")))
        }
        guard let algorithm = SignatureNegotiation.handshakeAlgorithm(message.scheme, key: key) else {
            throw .peerMisbehaved(
                .signatureSchemeDoesNotFitKey(message.scheme, key: SignatureNegotiation.name(of: key)))
        }
        let content = CertificateVerifyContent.bytes(signer, transcript)
        do throws(CryptoError) {
            try key.verify(message.signature.span, over: content.span, using: algorithm)
        } catch {
            switch error {
            // A key that is none, or that does not permit the scheme, cannot have made a valid signature.
            case .badSignature, .invalidKey, .unsupported: throw .peerMisbehaved(.badCertificateVerify(message.scheme))
            default: throw .crypto(error, during: "verifying the \(signer.rawValue)'s CertificateVerify")
            }
        }
        return CertificateVerifyValid()
    }
}

/// Proof that the peer selected a key that was offered, in a way that was offered. The handshake's secrets come from this
/// key, so that only who knows it can make the Finished that `FinishedVerified` proves.
package struct PreSharedKeySelected: ~Copyable, Sendable {
    let key: OfferedPreSharedKey
    let index: UInt16

    private init(key: OfferedPreSharedKey, index: UInt16) {
        self.key = key
        self.index = index
    }

    /// nil when the server selected none.
    static func check(
        _ hello: ServerHello, _ suite: TLS13Suite, _ offer: ClientOffer
    ) throws(HandshakeError) -> PreSharedKeySelected? {
        guard let body = hello.extensions.body(of: .preSharedKey) else { return nil }
        let index = try parsing(.serverHello) { () throws(DecodeError) in
            try PreSharedKeyExtension.parseServerHello(body.span)
        }
        // RFC 8446 §4.2.11: one of the identities, a suite of its hash, and a key share unless psk_ke was offered.
        guard offer.preSharedKeys.indices.contains(Int(index)) else {
            throw .peerMisbehaved(.selectedIdentityOutOfRange(index, offered: offer.preSharedKeys.count))
        }
        let key = offer.preSharedKeys[Int(index)]
        guard key.hash == suite.hash else {
            throw .peerMisbehaved(.selectedKeyOfOtherHash(key.name, suite: suite.code))
        }
        guard hello.extensions.body(of: .keyShare) != nil || offer.configuration.allowsPSKWithoutForwardSecrecy else {
            throw .peerMisbehaved(.preSharedKeyWithoutKeyShare)
        }
        return PreSharedKeySelected(key: key, index: index)
    }
}

/// Proof that the client knows the key that we selected: its binder is right. The handshake's secrets come from this key.
package struct BinderVerified: ~Copyable, Sendable {
    let selected: SelectedPreSharedKey

    private init(_ selected: SelectedPreSharedKey) { self.selected = selected }

    /// RFC 8446 §4.2.11, §9.3: before a server uses a key in any way, it checks the binder that belongs to it; and no
    /// other, so that nobody can find out which of our keys are alike.
    ///
    /// - Parameter transcript: everything up to and with the ClientHello.
    static func check(
        _ selected: SelectedPreSharedKey, _ offer: PreSharedKeyExtension, _ transcript: borrowing TranscriptBuffer
    ) throws(HandshakeError) -> BinderVerified {
        let binder = offer.binders[Int(selected.index)]
        let expected: SecretBytes
        do throws(CryptoError) {
            // RFC 8446 §4.2.11.2: pre_shared_key is the last extension, so that the binders are the last octets.
            let hash = try transcript.hash(selected.key.hash, droppingLast: offer.bindersLength)
            expected = try selected.key.binder(hash)
        } catch { throw .crypto(error, during: "computing the binder of a pre-shared key") }
        guard ConstantTime.equal(binder.span, expected.bytes) else { throw .clientMisbehaved(.wrongBinder) }
        return BinderVerified(selected)
    }
}

/// Proof that the client need not say who it is.
package struct AnonymousClient: ~Copyable, Sendable {
    private init() {}

    /// RFC 8446 §4.4.2.4: certificate_required, unless the configuration lets clients without a certificate in.
    static func permitted(
        by authentication: ClientAuthentication, in version: ProtocolVersion
    ) throws(HandshakeError) -> AnonymousClient {
        guard !authentication.isRequired else {
            throw .clientMisbehaved(version == .tls13 ? .certificateRequired : .noCertificateInTLS12)
        }
        return AnonymousClient()
    }
}

/// Who the peer is: proven by its certificate and its signature, or by a key that only it and we know; or a client that may
/// be anybody.
package enum PeerProof: ~Copyable, Sendable {
    case certificate(PeerAuthenticated, CertificateVerifyValid)
    case preSharedKey(PreSharedKeySelected)
    case binder(BinderVerified)
    case anonymous(AnonymousClient)
}

/// Proof that the peer saw the same handshake.
package struct FinishedVerified: ~Copyable, Sendable {
    private init() {}

    static func check(
        _ message: HandshakeMessage, _ secret: borrowing TrafficSecret<Epoch.Handshake>, _ transcript: TranscriptHash
    ) throws(HandshakeError) -> FinishedVerified {
        let expected: SecretBytes
        do throws(CryptoError) { expected = try secret.verifyData(transcript) } catch {
            throw .crypto(error, during: "computing verify_data")
        }
        return try check(message, expected: expected)
    }

    /// - Parameter expected: verify_data as it has to be: as long as the hash in TLS 1.3, 12 octets in TLS 1.2.
    static func check(
        _ message: HandshakeMessage, expected: borrowing SecretBytes
    ) throws(HandshakeError) -> FinishedVerified {
        // RFC 8446 §4.4.4: the structure is exactly the hash's length.
        guard message.body.count == expected.count else {
            throw .decode(DecodeError(.lengthOutOfRange, "verify_data"), in: .finished)
        }
        guard ConstantTime.equal(message.body, expected.bytes) else { throw .peerMisbehaved(.wrongVerifyData) }
        return FinishedVerified()
    }
}

/// What a CertificateVerify signs.
package enum CertificateVerifyContent {
    /// RFC 8446 §4.4.3: 64 spaces, the context string, a zero octet, the transcript hash.
    package static func bytes(_ signer: HandshakeRole, _ transcript: TranscriptHash) -> [UInt8] {
        let context =
            switch signer {
            case .server: "TLS 1.3, server CertificateVerify"
            case .client: "TLS 1.3, client CertificateVerify"
            }
        return [UInt8](repeating: 0x20, count: 64) + Array(context.utf8) + [0] + transcript.bytes
    }
}
