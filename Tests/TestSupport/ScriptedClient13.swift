// ScriptedClient13.swift — a TLS 1.3 client for tests that says what it is told to, right or wrong.
// RFC 8446 §4, App. A.1.
// Next: ScriptedServer.swift.

internal import Certificates
package import CryptoGlue
package import Handshake
internal import RecordLayer
package import WireFormat

/// What the client got from the server.
package enum ClientReceived: Equatable, Sendable {
    case handshake(HandshakeMessage)
    case changeCipherSpec([UInt8])
    case alert(AlertDescription)
    case data([UInt8])
}

/// A pre-shared key as the client offers it.
package struct OfferedScriptKey: Sendable {
    package var identity: [UInt8]
    package var secret: [UInt8]
    package var hash: HashAlgorithm
    package var label: String
    package var obfuscatedAge: UInt32

    package init(
        _ identity: [UInt8], _ secret: [UInt8], hash: HashAlgorithm = .sha256, label: String = "res binder",
        obfuscatedAge: UInt32 = 0
    ) {
        self.identity = identity
        self.secret = secret
        self.hash = hash
        self.label = label
        self.obfuscatedAge = obfuscatedAge
    }
}

/// The client's side of a connection. Each step is a call of its own and can be edited before it goes out, so that a test
/// can break any rule.
package final class ScriptedClient13 {
    package var suites: [CipherSuite] = [.tlsAES128GCMSHA256, .tlsAES256GCMSHA384, .tlsChaCha20Poly1305SHA256]
    package var groups: [NamedGroup] = [.x25519, .secp256r1, .secp384r1]
    /// Of the share that goes with the hello; nil sends an empty list.
    package var shareGroup: NamedGroup? = .x25519
    package var modes: [PSKKeyExchangeMode] = [.pskDHEKE]
    package var keys: [OfferedScriptKey] = []
    package var offersEarlyData = false
    package var alpn: [String] = []
    package private(set) var hello: ClientHello
    package private(set) var serverHello: ServerHello?
    package private(set) var tickets: [NewSessionTicket] = []
    package private(set) var certificateRequest: CertificateRequest?
    package private(set) var isServerFinished = false
    package private(set) var suite: TLS13Suite?
    private let random: FixedRandom
    private var exchange: KeyExchange?
    private var input = ReceiveBuffer()
    private var output: [UInt8] = []
    private var opener = RecordOpener()
    private var sealer = ScriptedSealer()
    private var reassembler = HandshakeReassembler()
    package private(set) var transcript: [UInt8] = []
    private var flight: [UInt8] = []
    private var handshakeSecret: HandshakeSecret?
    private var main: MainSecret?
    private var clientHandshake: TrafficSecret<Epoch.Handshake>?
    private var serverHandshake: TrafficSecret<Epoch.Handshake>?
    private var clientApplication: TrafficSecret<Epoch.Application>?
    private var serverApplication: TrafficSecret<Epoch.Application>?
    private var writesEarlyData = false

    package init(seed: UInt64 = 3) {
        random = FixedRandom(seed: seed)
        hello = ClientHello(random: [], legacySessionID: [], cipherSuites: [], extensions: ExtensionBlock())
    }

    // MARK: From the server

    @discardableResult
    package func receive(_ octets: [UInt8]) throws -> [ClientReceived] {
        input.append(octets.span)
        var result: [ClientReceived] = []
        while let record = try RecordDeframer.next(in: input, isProtected: opener.isProtected) {
            let opened = try opener.open(record, in: &input)
            let content = [UInt8](copying: input.bytes(in: opened.content))
            input.consume(record.range.count)
            switch opened.type {
            case .changeCipherSpec: result.append(.changeCipherSpec(content))
            case .alert: result.append(.alert(try Alert.parse(content.span).description))
            case .applicationData: result.append(.data(content))
            default:
                reassembler.append(content.span)
                while let message = try reassembler.next() { result.append(.handshake(try take(message))) }
            }
        }
        return result
    }

    private func take(_ message: consuming HandshakeInput) throws -> HandshakeMessage {
        let whole = HandshakeMessage(type: message.type, encoded: message.encoded)
        switch whole.type {
        case .serverHello: try takeServerHello(whole, message)
        case .finished: try takeFinished(whole, message)
        case .keyUpdate:
            let next = try ScriptError.unwrap(try serverApplication?.updated())
            try opener.install(try next.recordKey(), at: try ScriptError.unwrap(message.takeBoundary()))
            serverApplication = consume next
        case .newSessionTicket: tickets.append(try NewSessionTicket.parse(whole.body))
        case .certificateRequest:
            certificateRequest = try CertificateRequest.parse(whole.body)
            transcript += whole.encoded
        default: transcript += whole.encoded
        }
        return whole
    }

    private func takeServerHello(_ whole: HandshakeMessage, _ message: consuming HandshakeInput) throws {
        let answer = try ServerHello.parse(whole.body)
        let suite = try ScriptError.unwrap(TLS13Suite(answer.cipherSuite))
        serverHello = answer
        self.suite = suite
        if answer.isHelloRetryRequest {
            let digest = try digest(suite.hash)
            transcript = [254, 0, 0, UInt8(digest.count)] + digest + whole.encoded
            return
        }
        transcript += whole.encoded
        var shared = SecretBytes(count: suite.hash.digestLength)
        if let body = answer.extensions.body(of: .keyShare) {
            let share = try KeyShareExtension.parseServerHello(body.span)
            let own = try ScriptError.unwrap(exchange.take())
            shared = try own.finish(peerShare: share.keyExchange.span)
        }
        var key = [UInt8](repeating: 0, count: suite.hash.digestLength)
        if let body = answer.extensions.body(of: .preSharedKey) {
            key = keys[Int(try PreSharedKeyExtension.parseServerHello(body.span))].secret
        }
        let secret = try EarlySecret(suite, preSharedKey: key.span).intoHandshakeSecret(sharedSecret: shared)
        let client = try secret.clientTraffic(hash())
        let server = try secret.serverTraffic(hash())
        try opener.install(try server.recordKey(), at: try ScriptError.unwrap(message.takeBoundary()))
        if !writesEarlyData { try sealer.install(try client.recordKey()) }
        handshakeSecret = consume secret
        clientHandshake = consume client
        serverHandshake = consume server
    }

    private func takeFinished(_ whole: HandshakeMessage, _ message: consuming HandshakeInput) throws {
        let expected = try ScriptError.unwrap(try serverHandshake?.verifyData(hash()))
        guard [UInt8](copying: whole.body) == [UInt8](copying: expected.bytes) else { throw ScriptError.badFinished }
        isServerFinished = true
        transcript += whole.encoded
        let main = try ScriptError.unwrap(handshakeSecret.take()).intoMainSecret()
        clientApplication = try main.clientTraffic(hash())
        let server = try main.serverTraffic(hash())
        try opener.install(try server.recordKey(), at: try ScriptError.unwrap(message.takeBoundary()))
        serverApplication = consume server
        self.main = consume main
    }

    // MARK: To the server

    /// All octets for the server that were not taken yet.
    package func takeOutput() throws -> [UInt8] {
        try flush()
        defer { output = [] }
        return output
    }

    package func flush(fragment: Int = 1 << 14) throws {
        var rest = flight[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(fragment))
            rest = rest.dropFirst(piece.count)
            output += try sealer.seal(.handshake, piece)
        }
        flight = []
    }

    /// Puts a message into the flight and the transcript.
    package func queue(_ message: HandshakeMessage) {
        transcript += message.encoded
        flight += message.encoded
    }

    /// Puts octets into the flight that the transcript does not know.
    package func queueRaw(_ octets: [UInt8]) { flight += octets }

    package func sendRecord(_ type: ContentType, _ content: [UInt8], padding: Int = 0) throws {
        try flush()
        output += try sealer.seal(type, content, padding: padding)
    }

    package func sendRaw(_ octets: [UInt8]) throws {
        try flush()
        output += octets
    }

    package func send(_ data: [UInt8]) throws { try sendRecord(.applicationData, data) }

    // MARK: The steps

    /// A ClientHello, the first or the one after a HelloRetryRequest; `edit` comes before the binders are computed,
    /// `editKeys` after.
    package func clientHello(
        cookie: [UInt8]? = nil, _ edit: (inout ClientHello) -> Void = { _ in },
        editKeys: (inout PreSharedKeyExtension) -> Void = { _ in }
    ) throws {
        if hello.random.isEmpty { try drawRandoms() }
        var next = ClientHello(
            random: hello.random, legacySessionID: hello.legacySessionID, cipherSuites: suites,
            extensions: try extensions(cookie: cookie))
        edit(&next)
        if !keys.isEmpty { next = try withKeys(next, editKeys) }
        hello = next
        queue(try next.message())
        try flush()
    }

    private func drawRandoms() throws {
        var octets = [UInt8](repeating: 0, count: 64)
        var span = octets.mutableSpan
        try random.fill(&span)
        hello.random = Array(octets[..<32])
        hello.legacySessionID = Array(octets[32...])
    }

    private func extensions(cookie: [UInt8]?) throws -> ExtensionBlock {
        var shares: [KeyShareEntry] = []
        if let shareGroup {
            let own = try KeyExchange.start(shareGroup, random: random)
            shares = [KeyShareEntry(group: shareGroup, keyExchange: own.publicShare)]
            exchange = consume own
        }
        let (groups, modes, alpn) = (self.groups, self.modes, self.alpn)
        var block = ExtensionBlock()
        block.append(.serverName) { ServerNameExtension.writeClientHello(Array("localhost".utf8), into: &$0) }
        block.append(.supportedVersions) { SupportedVersionsExtension.writeClientHello([.tls13], into: &$0) }
        block.append(.supportedGroups) { SupportedGroupsExtension.writeClientHello(groups, into: &$0) }
        block.append(.signatureAlgorithms) {
            SignatureAlgorithmsExtension.writeClientHello(
                [.ecdsaSecp256r1SHA256, .rsaPSSRSAESHA256, .ed25519], into: &$0)
        }
        block.append(.keyShare) { KeyShareExtension.writeClientHello(shares, into: &$0) }
        if !modes.isEmpty {
            block.append(.pskKeyExchangeModes) { PSKKeyExchangeModesExtension.writeClientHello(modes, into: &$0) }
        }
        if !alpn.isEmpty {
            block.append(.applicationLayerProtocolNegotiation) {
                ALPNExtension.writeClientHello(alpn.map { Array($0.utf8) }, into: &$0)
            }
        }
        if let cookie { block.append(.cookie) { CookieExtension.writeClientHello(cookie, into: &$0) } }
        if offersEarlyData { block.append(.earlyData) { EarlyDataExtension.writeClientHello(into: &$0) } }
        return block
    }

    /// The hello with pre_shared_key at its end, and the binders that belong there.
    private func withKeys(
        _ hello: ClientHello, _ edit: (inout PreSharedKeyExtension) -> Void
    ) throws -> ClientHello {
        var offer = PreSharedKeyExtension(
            identities: keys.map { PSKIdentity(identity: $0.identity, obfuscatedTicketAge: $0.obfuscatedAge) },
            binders: keys.map { [UInt8](repeating: 0, count: $0.hash.digestLength) })
        var blank = hello
        blank.extensions.append(.preSharedKey) { offer.writeClientHello(into: &$0) }
        let truncated = transcript + Array(try blank.message().encoded.dropLast(offer.bindersLength))
        for (index, key) in keys.enumerated() {
            let digest = TranscriptHash(bytes: try HashFunction.digest(key.hash, truncated.span))
            let binder = try PreSharedKeyBinder.compute(key.hash, key.secret.span, label: key.label, digest)
            offer.binders[index] = [UInt8](copying: binder.bytes)
        }
        edit(&offer)
        var result = hello
        result.extensions.append(.preSharedKey) { offer.writeClientHello(into: &$0) }
        return result
    }

    /// Writes under the early key from now on; only after a ClientHello that offers keys.
    package func startEarlyData(suite code: CipherSuite = .tlsAES128GCMSHA256) throws {
        let suite = try ScriptError.unwrap(TLS13Suite(code))
        let digest = TranscriptHash(bytes: try digest(suite.hash))
        let secret = keys[0].secret
        let early = try EarlySecret(suite, preSharedKey: secret.span).clientTraffic(digest)
        try flush()
        try sealer.install(try early.recordKey())
        writesEarlyData = true
    }

    package func endOfEarlyData() throws {
        queue(try EndOfEarlyData().message())
        try installHandshakeKey()
    }

    /// Writes under the handshake key from now on.
    package func installHandshakeKey() throws {
        try flush()
        try sealer.install(try ScriptError.unwrap(try clientHandshake?.recordKey()))
        writesEarlyData = false
    }

    /// Writes in the clear from now on.
    package func removeKey() throws {
        try flush()
        sealer = ScriptedSealer()
        writesEarlyData = false
    }

    /// - Parameter identity: nil sends an empty list.
    package func certificate(
        _ identity: TestIdentity?, _ edit: (inout CertificateMessage) -> Void = { _ in }
    ) throws {
        var message = CertificateMessage(
            requestContext: [],
            entries: (identity?.certificates ?? []).map { CertificateEntry(certificate: $0.derEncoded) })
        edit(&message)
        queue(try message.message())
    }

    package func certificateVerify(
        _ identity: TestIdentity, as signer: HandshakeRole = .client,
        _ edit: (inout CertificateVerify) -> Void = { _ in }
    ) throws {
        let content = CertificateVerifyContent.bytes(signer, try hash())
        let algorithm = try ScriptError.unwrap(
            SignatureNegotiation.handshakeAlgorithm(identity.scheme, key: identity.key.publicKey))
        var message = CertificateVerify(
            scheme: identity.scheme, signature: try identity.key.sign(content.span, using: algorithm))
        edit(&message)
        queue(try message.message())
    }

    /// Finished; afterwards we send under the application key.
    package func finished(installsKey: Bool = true, _ edit: (inout Finished) -> Void = { _ in }) throws {
        let verifyData = try ScriptError.unwrap(try clientHandshake?.verifyData(hash()))
        var message = Finished(verifyData: [UInt8](copying: verifyData.bytes))
        edit(&message)
        queue(try message.message())
        guard installsKey else { return }
        try flush()
        try sealer.install(try ScriptError.unwrap(try clientApplication?.recordKey()))
    }

    // MARK: After the handshake

    /// KeyUpdate, and the next key of ours.
    package func keyUpdate(_ request: KeyUpdate.Request) throws {
        try sendRecord(.handshake, try KeyUpdate(request).message().encoded)
        let next = try ScriptError.unwrap(try clientApplication?.updated())
        try sealer.install(try next.recordKey())
        clientApplication = consume next
    }

    /// The ticket as a key to offer in a later connection.
    ///
    /// - Parameter age: milliseconds since it came.
    package func key(of ticket: NewSessionTicket, age: UInt32 = 0) throws -> OfferedScriptKey {
        let suite = try ScriptError.unwrap(self.suite)
        let resumption = try ScriptError.unwrap(try main?.resumption(hash()))
        let secret = try resumption.preSharedKey(ticketNonce: ticket.nonce)
        return OfferedScriptKey(
            ticket.ticket, [UInt8](copying: secret.bytes), hash: suite.hash, obfuscatedAge: age &+ ticket.ageAdd)
    }

    private func hash() throws -> TranscriptHash {
        let suite = try ScriptError.unwrap(self.suite)
        return TranscriptHash(bytes: try digest(suite.hash))
    }

    private func digest(_ algorithm: HashAlgorithm) throws -> [UInt8] {
        let transcript = transcript
        return try HashFunction.digest(algorithm, transcript.span)
    }
}
