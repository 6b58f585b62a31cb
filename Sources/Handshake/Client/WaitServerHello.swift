// WaitServerHello.swift — START and WAIT_SH: ClientHello, ServerHello, HelloRetryRequest; the version is chosen here.
// RFC 8446 §4.1, §4.2.1, §4.2.8; App. A.1, D.4.
// Next: TLS13Client+Parameters.swift.

package import Certificates
internal import CryptoGlue
internal import RecordLayer
internal import WireFormat

extension ClientHandshake {
    /// START: makes the ClientHello and sends it.
    ///
    /// - Parameter earlyDataCount: octets that wait to be sent early; `HandshakeOutput.offersEarlyData` says whether they may.
    package static func start(
        _ configuration: ClientConfiguration, identity: ReferenceIdentity, earlyDataCount: Int = 0,
        _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> ClientHandshake {
        let peer = identity.description
        let configuration = configuration.permittingLegacy(peer: peer)
        try configuration.check(peer: peer)
        let random = configuration.provider.random
        let helloRandom = try draw(32, from: random)
        let isTLS13Offered = configuration.offers(.tls13)
        let shares = try KeyShares(isTLS13Offered ? configuration.keyShareGroups : [], random: random)
        let binding = try ClientOffer.binding(configuration, identity)
        let resumption = Resumption.available(configuration, binding)
        // RFC 7627 §5.3: a session without extended_master_secret is not offered, wherever the store has it from. SSL 3.0 has
        // no others.
        let session12 = resumption.session.flatMap { session in
            session.version < .tls13 && configuration.offeredCipherSuites.contains(session.cipherSuite)
                && (session.facts.usesExtendedMasterSecret || session.version == .ssl30)
                && session.ticket.count <= OfferedPreSharedKey.longestTicket ? session : nil
        }
        var sessionID = session12?.facts.sessionID ?? []
        // RFC 8446 App. D.4: 32 unpredictable octets ask for compatibility mode. RFC 5077 §3.4: with a ticket of TLS 1.2
        // they are what the server echoes when it resumes.
        if sessionID.isEmpty, session12 != nil || configuration.middleboxCompatibility && isTLS13Offered {
            sessionID = try draw(32, from: random)
        }
        let template = ClientHelloTemplate.hello(
            configuration, identity: identity, random: helloRandom, sessionID: sessionID, shares: shares.entries,
            session12: session12)
        output.info.serverName = ClientHelloTemplate.serverName(configuration, identity)
        output.earlyDataTarget = resumption.session.map { EarlyDataTarget(alpnProtocol: $0.alpnProtocol) }
        var offersEarlyData = false
        if let session = resumption.preSharedKeys.first?.session {
            offersEarlyData = EarlyData.isAllowed(earlyDataCount, session, configuration)
        }
        let hello = try PreSharedKeyOffer.complete(
            template, resumption.preSharedKeys, offersEarlyData: offersEarlyData, at: configuration.clock.now(),
            after: TranscriptBuffer())
        var offer = ClientOffer(configuration, identity, binding, hello)
        offer.preSharedKeys = resumption.preSharedKeys
        offer.session12 = session12
        return try start(offer, message: parsing(.clientHello, hello.message), shares: shares, &output)
    }

    /// START with a ClientHello that is there already: published traces are replayed through this.
    package static func start(
        _ offer: ClientOffer, message: HandshakeMessage, shares: KeyShares, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> ClientHandshake {
        output.info.isKeyLogged = offer.configuration.keyLog != nil
        // RFC 8446 §5.1: the record of the first ClientHello says TLS 1.0, for old middleboxes.
        output.helloVersion = offer.configuration.offersSSL30Alone ? .ssl30 : .tls10
        output.ownRecordSizeLimit = offer.configuration.advertisedRecordSizeLimit
        output.sessions = offer.sessions
        output.send(message)
        var transcript = TranscriptBuffer()
        transcript.add(message)
        if offer.offersEarlyData, let key = offer.preSharedKeys.first {
            // RFC 8446 App. D.4: with early data, ChangeCipherSpec comes right after the first ClientHello.
            if offer.isCompatibilityMode { output.sendChangeCipherSpec() }
            output.installWriteKey(try EarlyData.writeKey(key, transcript, offer))
            output.offersEarlyData = true
        }
        return .waitServerHello(WaitServerHello(offer: offer, transcript: transcript, shares: shares, retry: nil))
    }

    private static func draw(_ count: Int, from random: any RandomSource) throws(HandshakeError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        do throws(CryptoError) {
            var span = bytes.mutableSpan
            try random.fill(&span)
        } catch { throw .crypto(error, during: "drawing ClientHello.random") }
        return bytes
    }
}

/// WAIT_SH (RFC 8446 App. A.1).
package struct WaitServerHello: ~Copyable, Sendable {
    /// What a HelloRetryRequest fixed.
    struct Retry: Sendable {
        let cipherSuite: CipherSuite
        let group: NamedGroup?
    }

    static let state = "WAIT_SH"
    let offer: ClientOffer
    var transcript: TranscriptBuffer
    let shares: KeyShares
    let retry: Retry?

    init(offer: ClientOffer, transcript: consuming TranscriptBuffer, shares: KeyShares, retry: Retry?) {
        self.offer = offer
        self.transcript = transcript
        self.shares = shares
        self.retry = retry
    }

    consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> ClientHandshake {
        // RFC 5246 §7.4.1.1: a server that does not know yet that we have begun; ignored, and in no transcript.
        if input.type == .helloRequest, offer.configuration.offersTLS12OrOlder, retry == nil {
            let message = input.message
            _ = try parsing(.helloRequest) { () throws(DecodeError) in try HelloRequest.parse(message.body) }
            return .waitServerHello(self)
        }
        let message = try input.require(.serverHello, state: WaitServerHello.state)
        let hello = try parsing(.serverHello) { () throws(DecodeError) in try ServerHello.parse(message.body) }
        let version = try VersionNegotiation.selected(
            by: hello, offer.configuration, isRetried: retry != nil, &output)
        guard version == .tls13 else {
            // RFC 8446 App. D.3: whoever made the ticket spoke TLS 1.3.
            guard !offer.offersEarlyData else { throw .peerMisbehaved(.oldVersionAfterEarlyData(version)) }
            offer.forgetRefusedTicket(selected: nil, &output)
            return .tls12(try TLS12Client.start(hello, message, offer: offer, transcript: transcript, &output))
        }
        let suite = try ServerHelloRules.check(hello, offer, retry: retry, &output)
        if hello.isHelloRetryRequest {
            // RFC 8446 §4.1.4: a second HelloRetryRequest is an unexpected message.
            guard retry == nil else {
                throw .unexpected(
                    .serverHello, state: WaitServerHello.state, expected: "ServerHello, one HelloRetryRequest came")
            }
            // RFC 8446 §4.1.4: what follows answers the second ClientHello, so nothing can be here already.
            _ = try input.requireBoundary()
            return try helloRetry(hello, message, suite, &output)
        }
        return try serverHello(hello, message, suite, boundary: input.requireBoundary(), &output)
    }

    private consuming func serverHello(
        _ hello: ServerHello, _ message: HandshakeMessage, _ suite: TLS13Suite,
        boundary: consuming RecordBoundary, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> ClientHandshake {
        let selected = try PreSharedKeySelected.check(hello, suite, offer)
        let preSharedKey: OfferedPreSharedKey?
        switch selected {
        case .some(let proof): preSharedKey = proof.key
        case .none: preSharedKey = nil
        }
        preSharedKey?.report(in: &output.info)
        offer.forgetRefusedTicket(selected: preSharedKey, &output)
        let sharedSecret = try sharedSecret(hello, suite, isOptional: preSharedKey != nil, &output)

        let offer = self.offer
        let isRetried = retry != nil
        var transcript: Transcript
        do throws(CryptoError) { transcript = try self.transcript.start(with: suite.hash) } catch {
            throw .crypto(error, during: "starting the transcript hash")
        }
        transcript.add(message)
        let keys = try HandshakeKeys.derive(
            suite, preSharedKey: preSharedKey?.secret, sharedSecret: sharedSecret, transcript, offer.secretLog)
        // RFC 8446 §4.5: after early data the key changes when the server has said what became of it.
        if !offer.offersEarlyData {
            // RFC 8446 App. D.4: ChangeCipherSpec goes before the second flight, and only once.
            if offer.isCompatibilityMode, !isRetried { output.sendChangeCipherSpec() }
            output.installWriteKey(try keys.clientRecordKey())
        }
        output.installReadKey(try keys.serverRecordKey(), at: boundary)
        return .tls13(
            .waitEncryptedExtensions(
                WaitEncryptedExtensions(offer: offer, transcript: transcript, keys: keys, selected: selected)))
    }

    /// The secret of the (EC)DHE exchange; zeros when a pre-shared key is used without one, which was checked.
    private borrowing func sharedSecret(
        _ hello: ServerHello, _ suite: TLS13Suite, isOptional: Bool, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> SecretBytes {
        if isOptional, hello.extensions.body(of: .keyShare) == nil {
            return SecretBytes(count: suite.hash.digestLength)
        }
        let body = try ExtensionRules.require(.keyShare, in: hello.extensions, of: .serverHello)
        let share = try parsing(.serverHello) { () throws(DecodeError) in
            try KeyShareExtension.parseServerHello(body.span)
        }
        // RFC 8446 §4.2.8: the server answers a share of ours; after a retry there is only the one it asked for.
        guard let exchange = shares.take(share.group) else {
            throw .peerMisbehaved(
                .selectedGroupWithoutShare(share.group, shares: list(shares.groups)))
        }
        output.info.group = share.group
        output.log.record(
            Decision(
                .group, .chosen, subject: "ServerHello key_share", expected: list(offer.configuration.groups),
                found: "\(share.group)", rule: "the server answers a key share that was sent",
                section: "RFC 8446 §4.2.8"))
        do throws(CryptoError) {
            return try exchange.finish(peerShare: share.keyExchange.span)
        } catch .invalidPeerShare(let group) {
            throw .peerMisbehaved(.malformedKeyShare(group))
        } catch { throw .crypto(error, during: "finishing the key exchange") }
    }

    private consuming func helloRetry(
        _ retry: ServerHello, _ message: HandshakeMessage, _ suite: TLS13Suite, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> ClientHandshake {
        let request = try HelloRetryRules.check(retry, offer, shares: shares.groups)
        output.info.helloRetried = true
        output.log.record(
            Decision(
                .helloRetry, .accepted, subject: "HelloRetryRequest",
                expected: "a group of \(list(offer.configuration.groups))",
                found: request.group.map { "\($0)" } ?? "a cookie", rule: "the server asks for another ClientHello",
                section: "RFC 8446 §4.1.4"))
        var nextShares = shares
        if let group = request.group {
            nextShares = try KeyShares([group], random: offer.configuration.provider.random)
        }
        let offer = self.offer
        var next: TranscriptBuffer
        do throws(CryptoError) { next = try transcript.afterHelloRetry(with: suite.hash) } catch {
            throw .crypto(error, during: "hashing the first ClientHello")
        }
        next.add(message)
        // RFC 8446 §4.1.4, §4.2.11: a key that the retry's suite cannot use goes; ages and binders are made anew.
        let keys = offer.preSharedKeys.filter { $0.hash == suite.hash }
        let hello: ClientHello
        if let recorded = offer.recordedSecondHello {
            hello = recorded
        } else {
            hello = try PreSharedKeyOffer.complete(
                ClientHelloTemplate.retried(offer.hello, shares: nextShares.entries, cookie: request.cookie), keys,
                offersEarlyData: false, at: offer.configuration.clock.now(), after: next)
        }
        let second = try parsing(.clientHello, hello.message)
        let nextOffer = offer.retried(with: hello, keys)
        next.add(second)
        if offer.offersEarlyData {
            // RFC 8446 §4.2.10: a HelloRetryRequest rejects early data; the second ClientHello is not protected.
            output.dropWriteKey()
        } else if nextOffer.isCompatibilityMode {
            // RFC 8446 App. D.4: with a HelloRetryRequest the second ClientHello is the second flight.
            output.sendChangeCipherSpec()
        }
        output.send(second)
        return .waitServerHello(
            WaitServerHello(
                offer: nextOffer, transcript: next, shares: nextShares,
                retry: Retry(cipherSuite: retry.cipherSuite, group: request.group)))
    }
}

extension ClientOffer {
    /// A ticket that the server did not take is worth nothing, and others of the same time hardly more.
    func forgetRefusedTicket(selected: OfferedPreSharedKey?, _ output: inout HandshakeOutput) {
        guard preSharedKeys.first?.session != nil else { return }
        if selected?.session == nil { sessions?.forget() }
        output.log.record(
            Decision(
                .session, selected == nil ? .accepted : .chosen, subject: "ServerHello pre_shared_key",
                expected: list(preSharedKeys.map(\.name)), found: selected?.name ?? "none: a full handshake",
                rule: "the server selects a key that was offered, or none", section: "RFC 8446 §4.2.11"))
    }
}
