// TLS13ServerChoice.swift — suite, pre-shared key, group and certificate: what a server chooses from a ClientHello.
// RFC 8446 §4.1.1, §4.2.7, §4.2.8, §4.4.2.2; RFC 7250 §4.2.
// Next: TLS13ServerPreSharedKey.swift.

internal import Certificates
internal import CryptoGlue
internal import WireFormat

/// A server's choice from one ClientHello.
struct TLS13ServerChoice: Sendable {
    /// How the secret of the handshake is agreed on.
    enum Exchange: Sendable {
        /// With this share of the client.
        case share(KeyShareEntry)
        /// The client has to send a share of this group first.
        case retry(NamedGroup)
        /// With the pre-shared key alone (psk_ke).
        case none
    }

    let suite: TLS13Suite
    /// nil for a handshake with certificates.
    let preSharedKey: SelectedPreSharedKey?
    let exchange: Exchange
    /// nil with a pre-shared key.
    let credential: ServerCredentialChoice?

    /// What has to stay as it was: a HelloRetryRequest said it.
    struct Fixed: Sendable {
        let suite: TLS13Suite
        let group: NamedGroup
    }

    /// - Parameter fixed: what the HelloRetryRequest of an earlier connection said, which a cookie brings back.
    static func make(
        _ offer: TLS13ClientOffer, _ credentials: [Credential], _ sessions: ServerSessions?, fixed: Fixed? = nil,
        _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13ServerChoice {
        let suites = fixed.map { [$0.suite] } ?? TLS13SuiteNegotiation.common(offer.received)
        guard let best = suites.first else {
            throw .clientMisbehaved(
                .noCommonCipherSuite(
                    offered: list(offer.hello.cipherSuites), own: list(offer.configuration.cipherSuites)))
        }
        let selected = SelectedPreSharedKey.find(offer, suites: suites, sessions, &output)
        let suite = selected?.suite ?? best
        output.info.cipherSuite = suite.code
        output.log.record(
            Decision(
                .cipherSuite, .chosen, subject: "ClientHello.cipher_suites",
                expected: list(offer.configuration.cipherSuites), found: "\(suite.code)",
                rule: "the server chooses a suite that both want, with the hash of the pre-shared key",
                section: "RFC 8446 §4.1.1"))
        let exchange = try exchange(offer, hasKey: selected != nil, fixed: fixed?.group)
        let credential =
            selected == nil ? try ServerCredentialChoice.make(offer, credentials, &output) : nil
        return TLS13ServerChoice(
            suite: suite, preSharedKey: selected, exchange: exchange, credential: credential)
    }

    /// The first group of ours that the client sent a share for; one that it would have to send first comes after all
    /// of those. None when only the pre-shared key is wanted.
    private static func exchange(
        _ offer: TLS13ClientOffer, hasKey: Bool, fixed: NamedGroup?
    ) throws(HandshakeError) -> Exchange {
        let mayGoWithout = hasKey && offer.usableModes.contains(.pskKE)
        if hasKey, !offer.usableModes.contains(.pskDHEKE) { return .none }
        if let fixed { return .share(try SecondHelloRules.share(of: fixed, offer)) }
        let own = offer.configuration.groups
        let common = own.filter((offer.received.groups ?? []).contains)
        for group in common {
            if let share = offer.shares?.first(where: { $0.group == group }) { return .share(share) }
        }
        if let group = common.first { return .retry(group) }
        if mayGoWithout { return .none }
        // RFC 8446 §4.1.1: nothing in common ends the handshake.
        throw .clientMisbehaved(.noCommonGroup(offered: list(offer.received.groups ?? []), own: list(own)))
    }
}

enum TLS13SuiteNegotiation {
    /// The suites of TLS 1.3 that both want, the most wanted first.
    static func common(_ hello: ReceivedHello) -> [TLS13Suite] {
        hello.commonCipherSuites(for: .tls13).compactMap(TLS13Suite.init)
    }
}

/// A certificate of ours, and what to sign with it.
struct ServerCredentialChoice: Sendable {
    let credential: Credential
    let scheme: SignatureScheme
    let types: CertificateTypes

    /// The first credential that can sign what the client verifies. One whose chain is signed as the client wants goes
    /// before one whose chain is not (RFC 8446 §4.4.2.2).
    static func make(
        _ offer: TLS13ClientOffer, _ credentials: [Credential], _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> ServerCredentialChoice {
        let hello = offer.received
        guard !credentials.isEmpty else {
            // RFC 8446 §6.2: there is nothing but keys, and the client has none of them.
            throw .clientMisbehaved(offer.preSharedKeys == nil ? .noCredential : .unknownPreSharedKey)
        }
        guard let accepted = hello.signatureSchemes else {
            throw .peerMisbehaved(.missingExtension(.signatureAlgorithms, in: .clientHello))
        }
        let own = offer.configuration.signatureSchemes
        let able = try hello.usable(credentials, in: .tls13).compactMap { credential in
            credential.scheme(accepted: accepted, own: own).map { (credential: credential, scheme: $0) }
        }
        guard let choice = able.first(where: { hello.acceptsSignatures(of: $0.credential) }) ?? able.first else {
            throw .clientMisbehaved(.noCommonSignatureScheme(offered: list(accepted), own: list(own)))
        }
        output.log.record(
            Decision(
                .signature, .chosen, subject: "ClientHello signature_algorithms", expected: list(accepted),
                found: "\(choice.scheme) with \(choice.credential.name)",
                rule: "the server signs with a scheme that the client verifies", section: "RFC 8446 §4.4.2.2, §4.4.3"))
        return ServerCredentialChoice(
            credential: choice.credential, scheme: choice.scheme,
            types: try hello.certificateTypes(choice.credential, of: credentials, in: .tls13))
    }
}
