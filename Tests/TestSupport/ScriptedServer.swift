// ScriptedServer.swift — a TLS 1.3 server for tests that says what it is told to, right or wrong.
// RFC 8446 §4, App. A.2.
// Next: TestClient.swift.

internal import Certificates
package import CryptoGlue
package import Handshake
internal import RecordLayer
package import WireFormat

/// What the server got from the client.
package enum ServerReceived: Equatable, Sendable {
    case handshake(HandshakeMessage)
    case changeCipherSpec([UInt8])
    case alert(AlertDescription)
    case data([UInt8])
}

/// A pre-shared key as the server knows it.
package struct ScriptedKey: Sendable {
    package var secret: [UInt8]
    /// selected_identity.
    package var index: UInt16
    /// What binder_key is derived with.
    package var label: String

    package init(_ secret: [UInt8], index: UInt16 = 0, label: String = "res binder") {
        self.secret = secret
        self.index = index
        self.label = label
    }
}

/// The server's side of a connection. Each step is a call of its own and can be edited before it goes out, so that a test
/// can break any rule; the steps of an honest handshake together are `answer(_:)`.
package final class ScriptedServer {
    package let identity: TestIdentity
    package var suite: TLS13Suite
    package var group: NamedGroup
    private let random: FixedRandom
    package private(set) var hello: ClientHello
    private var input = ReceiveBuffer()
    private var output = SendBuffer()
    private var opener = RecordOpener()
    private var sealer = ScriptedSealer()
    private var reassembler = HandshakeReassembler()
    private var transcript: [UInt8] = []
    /// Handshake octets that wait for `flush`.
    private var flight: [UInt8] = []
    private var handshakeSecret: HandshakeSecret?
    private var main: MainSecret?
    private var clientHandshake: TrafficSecret<Epoch.Handshake>?
    private var serverHandshake: TrafficSecret<Epoch.Handshake>?
    private var clientApplication: TrafficSecret<Epoch.Application>?
    private var serverApplication: TrafficSecret<Epoch.Application>?
    package private(set) var exporter: ExporterSecret?
    /// The client's Finished was right.
    package private(set) var isClientFinished = false
    /// The key that ServerHello selects; nil for a handshake with certificates.
    package var selectedKey: ScriptedKey?
    /// ServerHello has no key_share: psk_ke.
    package var omitsKeyShare = false
    /// The early key is what the client's records are opened with, until EndOfEarlyData.
    private var readsEarlyData = false

    private init(identity: TestIdentity, suite: TLS13Suite, group: NamedGroup, seed: UInt64) {
        self.identity = identity
        self.suite = suite
        self.group = group
        random = FixedRandom(seed: seed)
        hello = ClientHello(random: [], legacySessionID: [], cipherSuites: [], extensions: ExtensionBlock())
    }

    /// - Parameter clientHello: the octets of the client's first flight.
    package static func accepting(
        _ clientHello: [UInt8], identity: TestIdentity? = nil, suite: CipherSuite = .tlsAES128GCMSHA256,
        group: NamedGroup = .x25519, seed: UInt64 = 2
    ) throws -> ScriptedServer {
        guard let suite = TLS13Suite(suite) else { throw ScriptError.missing }
        let server = ScriptedServer(
            identity: try identity ?? .serverP256(), suite: suite, group: group, seed: seed)
        try server.readHello(clientHello)
        return server
    }

    // MARK: From the client

    private func readHello(_ octets: [UInt8]) throws {
        for received in try receive(octets) {
            if case .handshake(let message) = received, message.type == .clientHello {
                hello = try ClientHello.parse(message.body)
            }
        }
    }

    /// Opens what the client sent. Handshake messages go into the transcript; the client's Finished is checked.
    @discardableResult
    package func receive(_ octets: [UInt8]) throws -> [ServerReceived] {
        input.append(octets.span)
        var result: [ServerReceived] = []
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
                while let message = try reassembler.next() {
                    result.append(.handshake(try take(message)))
                }
            }
        }
        return result
    }

    private func take(_ message: consuming HandshakeInput) throws -> HandshakeMessage {
        let whole = HandshakeMessage(type: message.type, encoded: message.encoded)
        switch whole.type {
        case .finished:
            let expected = try ScriptError.unwrap(try clientHandshake?.verifyData(hash()))
            guard [UInt8](copying: whole.body) == [UInt8](copying: expected.bytes) else {
                throw ScriptError.badFinished
            }
            isClientFinished = true
            let boundary = try ScriptError.unwrap(message.takeBoundary())
            try opener.install(try ScriptError.unwrap(try clientApplication?.recordKey()), at: boundary)
        case .keyUpdate:
            let next = try ScriptError.unwrap(try clientApplication?.updated())
            let boundary = try ScriptError.unwrap(message.takeBoundary())
            try opener.install(try next.recordKey(), at: boundary)
            clientApplication = consume next
            return whole
        case .endOfEarlyData:
            let boundary = try ScriptError.unwrap(message.takeBoundary())
            try opener.install(try ScriptError.unwrap(try clientHandshake?.recordKey()), at: boundary)
        case .clientHello:
            transcript += whole.encoded
            if serverHandshake == nil { pendingBoundary = message.takeBoundary() }
            return whole
        default: break
        }
        transcript += whole.encoded
        return whole
    }

    private var pendingBoundary: RecordBoundary?

    // MARK: To the client

    /// All octets for the client that were not taken yet.
    package func takeOutput() throws -> [UInt8] {
        try flush()
        let octets = [UInt8](copying: output.pending)
        output.discard(octets.count)
        return octets
    }

    /// Seals the handshake octets that wait, in records of `fragment` octets.
    package func flush(fragment: Int = 1 << 14) throws {
        var rest = flight[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(fragment))
            rest = rest.dropFirst(piece.count)
            let record = try sealer.seal(.handshake, piece)
            output.append(record.span)
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

    /// A record of any type under the current key.
    package func sendRecord(_ type: ContentType, _ content: [UInt8], padding: Int = 0) throws {
        try flush()
        let record = try sealer.seal(type, content, padding: padding)
        output.append(record.span)
    }

    /// Octets as they are.
    package func sendRaw(_ octets: [UInt8]) throws {
        try flush()
        output.append(octets.span)
    }

    package func send(_ data: [UInt8]) throws { try sendRecord(.applicationData, data) }

    /// TLS-Exporter as the server computes it.
    package func export(label: String, context: [UInt8], length: Int) throws -> [UInt8] {
        let material = try ScriptError.unwrap(try exporter?.export(label: label, context: context, length: length))
        return [UInt8](copying: material.bytes)
    }

    package func sendAlert(_ alert: AlertDescription) throws {
        try sendRecord(.alert, Alert(description: alert).encoded)
    }

    // MARK: The steps

    /// ServerHello; afterwards both directions have the handshake keys.
    package func serverHello(
        installsKeys: Bool = true, _ edit: (inout ServerHello) -> Void = { _ in }
    ) throws {
        let body = try ScriptError.unwrap(hello.extensions.body(of: .keyShare))
        let shares = try KeyShareExtension.parseClientHello(body.span)
        let exchange = try KeyExchange.start(group, random: random)
        let own = KeyShareEntry(group: group, keyExchange: exchange.publicShare)
        var extensions = ExtensionBlock()
        extensions.append(.supportedVersions) { SupportedVersionsExtension.writeServerHello(.tls13, into: &$0) }
        if !omitsKeyShare { extensions.append(.keyShare) { KeyShareExtension.writeServerHello(own, into: &$0) } }
        if let selectedKey {
            extensions.append(.preSharedKey) { PreSharedKeyExtension.writeServerHello(selectedKey.index, into: &$0) }
        }
        var octets = [UInt8](repeating: 0, count: 32)
        var span = octets.mutableSpan
        try random.fill(&span)
        var message = ServerHello(
            random: octets, legacySessionIDEcho: hello.legacySessionID, cipherSuite: suite.code, extensions: extensions)
        edit(&message)
        queue(try message.message())
        guard let share = shares.first(where: { $0.group == group }) else { return try flush() }
        var sharedSecret = try exchange.finish(peerShare: share.keyExchange.span)
        if omitsKeyShare { sharedSecret = SecretBytes(count: suite.hash.digestLength) }
        let key = selectedKey?.secret ?? [UInt8](repeating: 0, count: suite.hash.digestLength)
        let secret = try EarlySecret(suite, preSharedKey: key.span).intoHandshakeSecret(sharedSecret: sharedSecret)
        let client = try secret.clientTraffic(hash())
        let server = try secret.serverTraffic(hash())
        handshakeSecret = consume secret
        clientHandshake = consume client
        serverHandshake = consume server
        guard installsKeys else { return }
        try flush()
        try installHandshakeKeys()
    }

    /// Both directions change to the handshake keys.
    package func installHandshakeKeys() throws {
        try sealer.install(try ScriptError.unwrap(try serverHandshake?.recordKey()))
        guard !readsEarlyData else { return }
        let clientKey = try ScriptError.unwrap(try clientHandshake?.recordKey())
        try opener.install(clientKey, at: try ScriptError.unwrap(pendingBoundary.take()))
    }

    /// Opens early data under this key from now on; only between ClientHello and ServerHello.
    package func acceptEarlyData(_ key: ScriptedKey) throws {
        let traffic = try EarlySecret(suite, preSharedKey: key.secret.span).clientTraffic(hash())
        try opener.install(try traffic.recordKey(), at: try ScriptError.unwrap(pendingBoundary.take()))
        readsEarlyData = true
    }

    /// What pre_shared_key of the last ClientHello offers; nil when it is not its last extension.
    package func offeredKeys() throws -> PreSharedKeyExtension? {
        guard hello.extensions.types.last == .preSharedKey,
            let body = hello.extensions.body(of: .preSharedKey)
        else { return nil }
        return try PreSharedKeyExtension.parseClientHello(body.span)
    }

    /// Whether the binder at the key's index is right for the ClientHello that came last (RFC 8446 §4.2.11.2), of which
    /// one bit may be changed before.
    package func isBinderValid(_ key: ScriptedKey, _ hash: HashAlgorithm, flipping bit: Int? = nil) throws -> Bool {
        guard let offer = try offeredKeys(), offer.binders.count == offer.identities.count,
            offer.binders.indices.contains(Int(key.index))
        else { return false }
        let truncated = Array(transcript.dropLast(offer.bindersLength))
        let digest = TranscriptHash(bytes: try HashFunction.digest(hash, truncated.span))
        let expected = try PreSharedKeyBinder.compute(hash, key.secret.span, label: key.label, digest)
        var binder = offer.binders[Int(key.index)]
        if let bit { binder[bit / 8] ^= 1 << UInt8(bit % 8) }
        return ConstantTime.equal(binder.span, expected.bytes)
    }

    /// HelloRetryRequest, and the transcript that goes with it.
    package func helloRetryRequest(
        group asked: NamedGroup?, cookie: [UInt8]? = nil, _ edit: (inout ServerHello) -> Void = { _ in }
    ) throws {
        transcript =
            [254, 0, 0, UInt8(suite.hash.digestLength)] + (try digest(suite.hash))
        var extensions = ExtensionBlock()
        extensions.append(.supportedVersions) { SupportedVersionsExtension.writeServerHello(.tls13, into: &$0) }
        if let asked { extensions.append(.keyShare) { KeyShareExtension.writeHelloRetryRequest(asked, into: &$0) } }
        if let cookie { extensions.append(.cookie) { CookieExtension.writeHelloRetryRequest(cookie, into: &$0) } }
        var message = ServerHello(
            random: ServerHello.helloRetryRequestRandom, legacySessionIDEcho: hello.legacySessionID,
            cipherSuite: suite.code, extensions: extensions)
        edit(&message)
        queue(try message.message())
        try flush()
        if let asked { group = asked }
    }

    /// The client's second ClientHello.
    package func receiveSecondHello(_ octets: [UInt8]) throws { try readHello(octets) }

    package func encryptedExtensions(_ edit: (inout ExtensionBlock) -> Void = { _ in }) throws {
        var extensions = ExtensionBlock()
        edit(&extensions)
        queue(try EncryptedExtensions(extensions: extensions).message())
    }

    package func certificateRequest(
        _ schemes: [SignatureScheme] = [.ecdsaSecp256r1SHA256], _ edit: (inout CertificateRequest) -> Void = { _ in }
    ) throws {
        var extensions = ExtensionBlock()
        extensions.append(.signatureAlgorithms) {
            SignatureAlgorithmsExtension.writeCertificateRequest(schemes, into: &$0)
        }
        var message = CertificateRequest(requestContext: [], extensions: extensions)
        edit(&message)
        queue(try message.message())
    }

    package func certificate(_ edit: (inout CertificateMessage) -> Void = { _ in }) throws {
        var message = CertificateMessage(
            requestContext: [], entries: identity.certificates.map { CertificateEntry(certificate: $0.derEncoded) })
        edit(&message)
        queue(try message.message())
    }

    package func certificateVerify(_ edit: (inout CertificateVerify) -> Void = { _ in }) throws {
        let content = CertificateVerifyContent.bytes(.server, try hash())
        let algorithm = try ScriptError.unwrap(
            SignatureNegotiation.handshakeAlgorithm(identity.scheme, key: identity.key.publicKey))
        var message = CertificateVerify(
            scheme: identity.scheme, signature: try identity.key.sign(content.span, using: algorithm))
        edit(&message)
        queue(try message.message())
    }

    /// Finished; afterwards we send under the application key.
    package func finished(installsKeys: Bool = true, _ edit: (inout Finished) -> Void = { _ in }) throws {
        let verifyData = try ScriptError.unwrap(try serverHandshake?.verifyData(hash()))
        var message = Finished(verifyData: [UInt8](copying: verifyData.bytes))
        edit(&message)
        queue(try message.message())
        let secret = try ScriptError.unwrap(handshakeSecret.take())
        let main = try secret.intoMainSecret()
        clientApplication = try main.clientTraffic(hash())
        let server = try main.serverTraffic(hash())
        serverApplication = consume server
        exporter = try main.exporter(hash())
        self.main = consume main
        guard installsKeys else { return }
        try flush()
        try installApplicationKey()
    }

    /// What we send from now on is under the application key.
    package func installApplicationKey() throws {
        try sealer.install(try ScriptError.unwrap(try serverApplication?.recordKey()))
    }

    /// The flight of an honest server that selects a pre-shared key.
    package func resume(_ key: ScriptedKey, alpn: String? = nil, acceptsEarlyData: Bool = false) throws {
        selectedKey = key
        try serverHello()
        try encryptedExtensions { extensions in
            if let alpn {
                extensions.append(.applicationLayerProtocolNegotiation) {
                    ALPNExtension.writeEncryptedExtensions(Array(alpn.utf8), into: &$0)
                }
            }
            if acceptsEarlyData {
                extensions.append(.earlyData) { EarlyDataExtension.writeEncryptedExtensions(into: &$0) }
            }
        }
        try finished()
    }

    /// The whole flight of an honest server, from ServerHello to Finished.
    package func answer(requestsCertificate: Bool = false, alpn: String? = nil) throws {
        try serverHello()
        try encryptedExtensions { extensions in
            guard let alpn else { return }
            extensions.append(.applicationLayerProtocolNegotiation) {
                ALPNExtension.writeEncryptedExtensions(Array(alpn.utf8), into: &$0)
            }
        }
        if requestsCertificate { try certificateRequest() }
        try certificate()
        try certificateVerify()
        try finished()
    }

    // MARK: After the handshake

    package func newSessionTicket(_ edit: (inout NewSessionTicket) -> Void = { _ in }) throws {
        var message = NewSessionTicket(
            lifetime: 7200, ageAdd: 1, nonce: [0], ticket: [1, 2, 3], extensions: ExtensionBlock())
        edit(&message)
        try flush()
        queueRaw(try message.message().encoded)
        try flush()
    }

    /// KeyUpdate, and the next key of ours.
    package func keyUpdate(_ request: KeyUpdate.Request) throws {
        try sendRecord(.handshake, try KeyUpdate(request).message().encoded)
        let next = try ScriptError.unwrap(try serverApplication?.updated())
        try sealer.install(try next.recordKey())
        serverApplication = consume next
    }

    /// The PSK that the ticket with this nonce stands for.
    package func preSharedKey(ticketNonce: [UInt8]) throws -> [UInt8] {
        let resumption = try ScriptError.unwrap(try main?.resumption(hash()))
        let key = try resumption.preSharedKey(ticketNonce: ticketNonce)
        return [UInt8](copying: key.bytes)
    }

    private func hash() throws -> TranscriptHash {
        TranscriptHash(bytes: try digest(suite.hash))
    }

    private func digest(_ algorithm: HashAlgorithm) throws -> [UInt8] {
        let transcript = transcript
        return try HashFunction.digest(algorithm, transcript.span)
    }
}

package enum ScriptError: Error {
    case missing
    case badFinished

    static func unwrap<T: ~Copyable>(_ value: consuming T?) throws -> T {
        guard let value else { throw ScriptError.missing }
        return value
    }
}
