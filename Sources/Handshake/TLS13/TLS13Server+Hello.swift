// TLS13Server+Hello.swift — RECVD_CH: the choice, and HelloRetryRequest with the second ClientHello that answers it.
// RFC 8446 §4.1.2, §4.1.4, §4.2.2, §4.4.1; App. A.2, D.4.
// Next: HelloRetryCookies.swift.

internal import CryptoGlue
internal import RecordLayer
internal import WireFormat

extension TLS13Server {
    /// RECVD_CH: answers a ClientHello of TLS 1.3.
    ///
    /// - Parameters:
    ///   - credentials: to choose from, the most wanted first; none when there are external keys alone.
    ///   - transcript: holds the ClientHello already.
    ///   - boundary: the proof that the ClientHello ended its record.
    static func start(
        _ hello: ReceivedHello, _ credentials: [Credential], transcript: consuming TranscriptBuffer,
        boundary: consuming RecordBoundary, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Server {
        let offer = try TLS13ClientOffer(hello)
        output.info.isKeyLogged = offer.configuration.keyLog != nil
        if let cookie = offer.cookie {
            return try HelloRetry.resume(offer, cookie, credentials, boundary: boundary, &output)
        }
        let sessions = try ServerSessions(offer.configuration)
        let proven = try ProvenServerChoice.make(offer, credentials, sessions, transcript, &output)
        let choice = proven.choice
        let alpnProtocol = try ServerALPNNegotiation.choose(hello, &output)
        let agreement = TLS13Agreement(
            offer, choice, isRetried: choice.group != nil, alpnProtocol: alpnProtocol, sessions)
        if let group = choice.group {
            return .waitSecondClientHello(
                try HelloRetry.ask(for: group, offer, agreement, choice, transcript: transcript, &output))
        }
        return try ServerFlight.start(
            offer, agreement, choice, proven.proof, transcript: transcript, boundary: boundary, &output)
    }
}

extension TLS13ServerChoice {
    /// The group to ask a share of; nil when a ServerHello is next.
    var group: NamedGroup? {
        if case .retry(let group) = exchange { group } else { nil }
    }
}

/// What client and server agreed on with their hellos; every later state has it. It holds no ClientHello: a client may
/// have sent 64 KiB of it.
package struct TLS13Agreement: Sendable {
    let configuration: ServerConfiguration
    let suite: TLS13Suite
    /// A HelloRetryRequest went before.
    let isRetried: Bool
    let alpnProtocol: String?
    /// nil when none are kept.
    let sessions: ServerSessions?
    let clientRandom: [UInt8]
    let isCompatibilityMode: Bool
    /// The client wants a way to use tickets that we want too.
    let takesTickets: Bool
    /// What is answered of certificate types; nothing with a pre-shared key.
    let certificateTypes: CertificateTypes

    /// - Parameter offer: of the last ClientHello.
    init(
        _ offer: TLS13ClientOffer, _ choice: TLS13ServerChoice, isRetried: Bool, alpnProtocol: String?,
        _ sessions: ServerSessions?
    ) {
        configuration = offer.configuration
        suite = choice.suite
        certificateTypes = choice.credential?.types ?? CertificateTypes()
        self.isRetried = isRetried
        self.alpnProtocol = alpnProtocol
        self.sessions = sessions
        clientRandom = offer.hello.random
        // RFC 8446 App. D.4: a legacy_session_id asks for compatibility mode.
        isCompatibilityMode = configuration.middleboxCompatibility && !offer.hello.legacySessionID.isEmpty
        takesTickets = !offer.usableModes.isEmpty
    }

    /// Where the secrets of the connection are logged.
    var secretLog: SecretLog { SecretLog(configuration.keyLog, clientRandom: clientRandom) }
}

enum HelloRetry {
    /// Sends a HelloRetryRequest.
    static func ask(
        for group: NamedGroup, _ offer: TLS13ClientOffer, _ agreement: TLS13Agreement, _ choice: TLS13ServerChoice,
        transcript: consuming TranscriptBuffer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> WaitSecondClientHello {
        let configuration = agreement.configuration
        var cookie: [UInt8]?
        if let cookies = configuration.helloRetryCookies {
            let digest = try deriving("hashing the first ClientHello") { () throws(CryptoError) in
                try transcript.hash(choice.suite.hash).bytes
            }
            cookie = try cookies.make(
                HelloRetryCookies.Content(messageHash: digest, cipherSuite: choice.suite.code, group: group),
                at: configuration.clock.now())
        }
        let message = try message(offer.hello, choice.suite, group, cookie)
        var next: TranscriptBuffer
        do throws(CryptoError) { next = try transcript.afterHelloRetry(with: choice.suite.hash) } catch {
            throw .crypto(error, during: "hashing the first ClientHello")
        }
        next.add(message)
        output.info.helloRetried = true
        output.log.record(
            Decision(
                .helloRetry, .chosen, subject: "ClientHello key_share", expected: list(configuration.groups),
                found: "no share of \(group)", rule: "the server asks for a share of a group that both want",
                section: "RFC 8446 §4.1.4"))
        output.send(message)
        // RFC 8446 App. D.4: right after our first message, which is this one.
        if agreement.isCompatibilityMode { output.sendChangeCipherSpec() }
        if offer.offersEarlyData {
            // RFC 8446 §4.2.10: a HelloRetryRequest refuses early data: all of it comes before the second ClientHello.
            output.info.earlyData = .rejected
            output.skipEarlyData(atMost: ServerEarlyData.skipLimit(configuration))
        }
        return WaitSecondClientHello(
            first: offer.received.message, agreement: agreement, choice: choice, group: group, cookie: cookie,
            transcript: next)
    }

    /// A cookie of ours in a first ClientHello: another connection sent the HelloRetryRequest, and forgot it.
    static func resume(
        _ offer: TLS13ClientOffer, _ cookie: [UInt8], _ credentials: [Credential],
        boundary: consuming RecordBoundary, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Server {
        let configuration = offer.configuration
        // RFC 8446 §4.2.2: cookies come in answer to a HelloRetryRequest alone.
        guard let cookies = configuration.helloRetryCookies,
            let content = try cookies.open(cookie, at: configuration.clock.now()),
            let suite = TLS13SuiteNegotiation.common(offer.received).first(where: { $0.code == content.cipherSuite }),
            content.messageHash.count == suite.hash.digestLength, configuration.groups.contains(content.group)
        else { throw .clientMisbehaved(.wrongCookie) }
        guard !offer.offersEarlyData else { throw .clientMisbehaved(.earlyDataAfterRetry) }
        output.info.helloRetried = true
        var transcript = TranscriptBuffer(messageHash: content.messageHash)
        transcript.add(try message(offer.hello, suite, content.group, cookie))
        transcript.add(offer.received.message)
        let sessions = try ServerSessions(configuration)
        let fixed = TLS13ServerChoice.Fixed(suite: suite, group: content.group)
        let proven = try ProvenServerChoice.make(offer, credentials, sessions, fixed: fixed, transcript, &output)
        let choice = proven.choice
        let alpnProtocol = try ServerALPNNegotiation.choose(offer.received, &output)
        let agreement = TLS13Agreement(offer, choice, isRetried: true, alpnProtocol: alpnProtocol, sessions)
        return try ServerFlight.start(
            offer, agreement, choice, proven.proof, transcript: transcript, boundary: boundary, &output)
    }

    /// Made of what the cookie and the ClientHello say and nothing else, so that it can be made again.
    private static func message(
        _ hello: ClientHello, _ suite: TLS13Suite, _ group: NamedGroup, _ cookie: [UInt8]?
    ) throws(HandshakeError) -> HandshakeMessage {
        var extensions = ExtensionBlock()
        extensions.append(.supportedVersions) { SupportedVersionsExtension.writeServerHello(.tls13, into: &$0) }
        extensions.append(.keyShare) { KeyShareExtension.writeHelloRetryRequest(group, into: &$0) }
        if let cookie {
            extensions.append(.cookie) { CookieExtension.writeHelloRetryRequest(cookie, into: &$0) }
        }
        let retry = ServerHello(
            random: ServerHello.helloRetryRequestRandom, legacySessionIDEcho: hello.legacySessionID,
            cipherSuite: suite.code, extensions: extensions)
        return try parsing(.serverHello, retry.message)
    }
}

/// WAIT_CH, after a HelloRetryRequest (RFC 8446 App. A.2: START).
package struct WaitSecondClientHello: ~Copyable, Sendable {
    static let state = "WAIT_CH"
    /// The first ClientHello as it came, to compare the second with: parsed it would take several times as much.
    let first: HandshakeMessage
    let agreement: TLS13Agreement
    let choice: TLS13ServerChoice
    let group: NamedGroup
    /// The cookie of the HelloRetryRequest.
    let cookie: [UInt8]?
    /// message_hash and HelloRetryRequest.
    var transcript: TranscriptBuffer

    init(
        first: HandshakeMessage, agreement: TLS13Agreement, choice: TLS13ServerChoice, group: NamedGroup,
        cookie: [UInt8]?, transcript: consuming TranscriptBuffer
    ) {
        self.first = first
        self.agreement = agreement
        self.choice = choice
        self.group = group
        self.cookie = cookie
        self.transcript = transcript
    }

    consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Server {
        let message = try input.require(.clientHello, state: WaitSecondClientHello.state)
        let boundary = try input.requireBoundary()
        let agreement = self.agreement
        let offer = try TLS13ClientOffer(try ReceivedHello(message, agreement.configuration))
        let firstOffer = try TLS13ClientOffer(try ReceivedHello(first, agreement.configuration))
        try SecondHelloRules.check(offer, firstOffer, cookie: cookie)
        let choice = try choice.second(offer, firstOffer, group)
        var transcript = self.transcript
        transcript.add(message)
        let proof = try choice.verifyBinder(offer, transcript)
        return try ServerFlight.start(
            offer, agreement, choice, proof, transcript: transcript, boundary: boundary, &output)
    }
}

extension TLS13ServerChoice {
    /// The same choice, now that the share is there. The key that was selected has to be named again: it fits the suite, and
    /// only keys that do not fit may go (RFC 8446 §4.1.4).
    fileprivate func second(
        _ offer: TLS13ClientOffer, _ first: TLS13ClientOffer, _ group: NamedGroup
    ) throws(HandshakeError) -> TLS13ServerChoice {
        var again: SelectedPreSharedKey?
        if let preSharedKey, let keys = first.preSharedKeys {
            let identity = keys.identities[Int(preSharedKey.index)].identity
            let index = offer.preSharedKeys?.identities.firstIndex { $0.identity == identity }
            guard let index else { throw .clientMisbehaved(.secondHelloChanged("pre_shared_key: the key is gone")) }
            again = SelectedPreSharedKey(
                key: preSharedKey.key, index: UInt16(truncatingIfNeeded: index), suite: suite)
        }
        return TLS13ServerChoice(
            suite: suite, preSharedKey: again, exchange: .share(try SecondHelloRules.share(of: group, offer)),
            credential: credential)
    }
}

enum SecondHelloRules {
    /// RFC 8446 §4.1.2: the second ClientHello is the first, but for key_share, early_data, cookie, pre_shared_key and
    /// padding.
    static func check(
        _ second: TLS13ClientOffer, _ first: TLS13ClientOffer, cookie: [UInt8]?
    ) throws(HandshakeError) {
        guard !second.offersEarlyData else { throw .clientMisbehaved(.earlyDataAfterRetry) }
        guard second.cookie == cookie else { throw .clientMisbehaved(.wrongCookie) }
        let (old, new) = (first.hello, second.hello)
        let isSame: [(String, Bool)] = [
            ("legacy_version", old.legacyVersion == new.legacyVersion), ("random", old.random == new.random),
            ("legacy_session_id", old.legacySessionID == new.legacySessionID),
            ("cipher_suites", old.cipherSuites == new.cipherSuites),
            ("legacy_compression_methods", old.legacyCompressionMethods == new.legacyCompressionMethods),
        ]
        if let changed = isSame.first(where: { !$0.1 }) { throw .clientMisbehaved(.secondHelloChanged(changed.0)) }
        if let type = changedExtension(old.extensions, new.extensions) {
            throw .clientMisbehaved(.secondHelloChanged("\(type)"))
        }
        // Removed, or made anew; a key that was not there before is no update.
        if first.preSharedKeys == nil, second.preSharedKeys != nil {
            throw .clientMisbehaved(.secondHelloChanged("pre_shared_key: there was none"))
        }
    }

    /// One that is in the one block alone, or has another body there; in one pass over each.
    private static func changedExtension(_ old: ExtensionBlock, _ new: ExtensionBlock) -> ExtensionType? {
        var bodies = Dictionary(old.list.map { ($0.type, $0.body) }) { first, _ in first }
        let changed = new.list.first { entry in
            !mayChange(entry.type) && bodies.removeValue(forKey: entry.type) != entry.body
        }
        return changed?.type ?? bodies.keys.first { !mayChange($0) }
    }

    /// RFC 8446 §4.2.8: exactly one share, of the group that was asked for.
    static func share(of group: NamedGroup, _ offer: TLS13ClientOffer) throws(HandshakeError) -> KeyShareEntry {
        guard let shares = offer.shares, shares.count == 1, let share = shares.first, share.group == group else {
            throw .clientMisbehaved(
                .secondHelloShares(list((offer.shares ?? []).map(\.group)), asked: group))
        }
        return share
    }

    private static func mayChange(_ type: ExtensionType) -> Bool {
        switch type {
        case .keyShare, .earlyData, .cookie, .preSharedKey, .padding: true
        // encrypted_client_hello, which is not understood here, is made anew for a second hello.
        default: type.rawValue == 0xfe0d
        }
    }
}
