// TLS12SuiteNegotiation.swift — the cipher suite a server of TLS 1.2 chooses, with the key and the group that go with it.
// RFC 5246 §7.4.1.3, §7.4.1.4.1, §7.4.2; RFC 8422 §4, §5.1, §5.3; RFC 7919 §4; RFC 9155.
// Next: TLS12Server+Hello.swift.

internal import Certificates
internal import CryptoGlue
internal import WireFormat

/// A cipher suite, the certificate that serves it, and how the premaster secret is agreed on.
struct TLS12SuiteChoice: Sendable {
    enum Group: Sendable {
        case ecdhe(NamedGroup)
        case dhe(DHGroup)
    }

    enum Exchange: Sendable {
        /// The share is signed with this scheme.
        case ephemeral(Group, SignatureScheme)
        case rsa(TLS12DecryptionKey)
    }

    let suite: TLS12Suite
    let credential: Credential
    let exchange: Exchange
}

/// The first suite that both sides have, that a certificate of ours can serve for this client, and whose group it takes.
struct TLS12SuiteNegotiation {
    private let hello: ReceivedHello
    private let version: ProtocolVersion
    private let candidates: [Candidate]
    private let curve: NamedGroup?
    private let finiteField: DHGroup?

    /// A certificate of ours, and what it signs with for this client: found once, not for each suite.
    private struct Candidate {
        let credential: Credential
        /// nil when it cannot sign anything that the client verifies.
        let scheme: SignatureScheme?
    }

    static func choose(
        _ hello: ReceivedHello, _ version: ProtocolVersion, _ credentials: [Credential], _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12SuiteChoice {
        let negotiation = TLS12SuiteNegotiation(hello, version, try hello.usable(credentials, in: version))
        let common = suites(hello, version)
        guard let choice = negotiation.first(of: common) else { throw negotiation.refusal(common) }
        output.info.cipherSuite = choice.suite.code
        output.log.record(
            Decision(
                .cipherSuite, .chosen, subject: "ClientHello.cipher_suites", expected: list(common.map(\.code)),
                found: "\(choice.suite.code) with \(choice.credential.name)",
                rule: "the server chooses a suite that was offered and that its certificate can serve",
                section: "RFC 5246 §7.4.1.3"))
        return choice
    }

    /// The suites of the version that both want, the most wanted first.
    static func suites(_ hello: ReceivedHello, _ version: ProtocolVersion) -> [TLS12Suite] {
        hello.commonCipherSuites(for: version).compactMap { TLS12Suite.suite($0, in: version) }
    }

    private init(_ hello: ReceivedHello, _ version: ProtocolVersion, _ credentials: [Credential]) {
        self.hello = hello
        self.version = version
        candidates = credentials.map {
            Candidate(credential: $0, scheme: TLS12SuiteNegotiation.scheme(of: $0, hello, version))
        }
        curve = TLS12SuiteNegotiation.curve(hello)
        finiteField = TLS12SuiteNegotiation.finiteField(hello)
    }

    /// RFC 5246 §7.4.2: a chain that is signed as the client wants goes before every other one, whatever its suite.
    private func first(of suites: [TLS12Suite]) -> TLS12SuiteChoice? {
        let accepted = candidates.filter { hello.acceptsSignatures(of: $0.credential) }
        return first(of: suites, accepted) ?? first(of: suites, candidates)
    }

    private func first(of suites: [TLS12Suite], _ candidates: [Candidate]) -> TLS12SuiteChoice? {
        for suite in suites {
            for candidate in candidates {
                guard let exchange = exchange(suite, candidate) else { continue }
                return TLS12SuiteChoice(suite: suite, credential: candidate.credential, exchange: exchange)
            }
        }
        return nil
    }

    /// nil when the suite cannot be served with this certificate for this client.
    private func exchange(_ suite: TLS12Suite, _ candidate: Candidate) -> TLS12SuiteChoice.Exchange? {
        let credential = candidate.credential
        guard let key = credential.publicKey, TLS12KeyExchangeRules.fits(key, suite.keyExchange) else { return nil }
        guard suite.keyExchange != .rsa else {
            // RFC 5246 §7.4.2: the key has to be one that may encrypt.
            guard credential.permits(.keyEncipherment) else { return nil }
            switch credential.signer {
            case .key(let key): return .rsa(.here(key))
            case .external(_, let decrypts):
                return decrypts ? credential.certificates.first.map { .rsa(.elsewhere($0)) } : nil
            }
        }
        guard let scheme = candidate.scheme else { return nil }
        switch suite.keyExchange {
        case .ecdheECDSA, .ecdheRSA: return curve.map { .ephemeral(.ecdhe($0), scheme) }
        case .dheRSA: return finiteField.map { .ephemeral(.dhe($0), scheme) }
        case .rsa: return nil
        }
    }

    private static func scheme(
        of credential: Credential, _ hello: ReceivedHello, _ version: ProtocolVersion
    ) -> SignatureScheme? {
        guard let key = credential.publicKey, credential.permits(.digitalSignature), takesCurve(of: key, hello) else {
            return nil
        }
        guard version == .tls12 else { return credential.legacyServerScheme }
        return credential.tls12Scheme(
            accepted: hello.signatureSchemes ?? [], own: hello.configuration.tls12SignatureSchemes)
    }

    /// RFC 8422 §4, §5.3: an ECDSA key lies on a curve of supported_groups. EdDSA is not one of them (§5.1.1).
    private static func takesCurve(of key: PublicKey, _ hello: ReceivedHello) -> Bool {
        guard case .ec(let curve, _) = key, let groups = hello.groups else { return true }
        switch curve {
        case .p256: return groups.contains(.secp256r1)
        case .p384: return groups.contains(.secp384r1)
        case .p521: return groups.contains(.secp521r1)
        }
    }

    // MARK: Groups

    /// The first curve of ours that the client takes.
    private static func curve(_ hello: ReceivedHello) -> NamedGroup? {
        let own = hello.configuration.groups.filter { !$0.isFiniteField }
        // RFC 8422 §4: without the extension the server is free; P-256 is what such clients know.
        guard let groups = hello.groups else { return own.first { $0 == .secp256r1 } ?? own.first }
        return own.first(where: groups.contains)
    }

    /// The groups of RFC 7919 that we would use: those of the configuration, or the two smallest.
    private static func ownFiniteFields(_ hello: ReceivedHello) -> [NamedGroup] {
        let own = hello.configuration.groups.filter(\.isFiniteField)
        return own.isEmpty ? [.ffdhe2048, .ffdhe3072] : own
    }

    /// RFC 7919 §4: one of the client's groups when it names any, else one of our own choice.
    private static func finiteField(_ hello: ReceivedHello) -> DHGroup? {
        let own = ownFiniteFields(hello)
        let offered = hello.groups?.filter(\.isFiniteField) ?? []
        let group = offered.isEmpty ? own.first : own.first(where: offered.contains)
        return group.flatMap { DHGroup(rawValue: "\($0)") }
    }

    // MARK: Why there is none

    private func refusal(_ common: [TLS12Suite]) -> HandshakeError {
        let offered = list(hello.hello.cipherSuites)
        guard !common.isEmpty else {
            return .clientMisbehaved(
                .noUsableTLS12Suite(offered: offered, why: "none of them is configured for \(version)"))
        }
        // RFC 7919 §4: suites were in common, and only the group was missing for them.
        let isGroupMissing = finiteField == nil && common.allSatisfy { $0.keyExchange == .dheRSA }
        if isGroupMissing {
            return .clientMisbehaved(
                .noCommonFiniteFieldGroup(
                    offered: list(hello.groups ?? []), own: list(TLS12SuiteNegotiation.ownFiniteFields(hello))))
        }
        // RFC 9155 §3: without signature_algorithms only SHA-1 would be left, which is not made here.
        if hello.signatureSchemes == nil, !common.contains(where: { $0.keyExchange == .rsa }) {
            return .clientMisbehaved(
                .noUsableTLS12Suite(
                    offered: offered, why: "without signature_algorithms only SHA-1 could be signed with"))
        }
        let keys = list(candidates.compactMap(\.credential.publicKey).map(SignatureNegotiation.name))
        return .clientMisbehaved(
            .noUsableTLS12Suite(
                offered: offered,
                why: "no certificate fits its suites, signature algorithms and groups: "
                    + (keys.isEmpty ? "there is none" : keys)))
    }
}

extension Credential {
    /// RFC 5246 §7.4.2: what keyUsage says; a certificate without it, and a raw public key, permit everything.
    fileprivate func permits(_ usage: KeyUsage) -> Bool {
        certificates.first?.keyUsage?.contains(usage) ?? true
    }
}
