// ScriptedClient12.swift — a TLS 1.2 client for tests that says what it is told to, right or wrong.
// RFC 5246 §7; RFC 5077; RFC 7627.
// Next: ScriptedClient12+Steps.swift.

package import Certificates
internal import CryptoGlue
package import Handshake
package import WireFormat

/// The client's side of a TLS 1.2 connection. Each step is a call of its own and can be edited before it goes out, so that
/// a test can break any rule; `clientHello()`, `answer()` and `finish()` are those of an honest client. It shares the codecs
/// and the primitives with the server, but neither the state machine, the key schedule nor the record layer.
package final class ScriptedClient12 {
    /// What an honest ClientHello offers.
    package var suites: [CipherSuite]
    package var groups: [NamedGroup]? = [.x25519, .secp256r1, .secp384r1]
    package var schemes: [SignatureScheme]? = [
        .ed25519, .ecdsaSecp256r1SHA256, .ecdsaSecp384r1SHA384, .rsaPSSRSAESHA256, .rsaPKCS1SHA256,
    ]
    package var pointFormats: [UInt8]? = [0]
    package var serverName: String? = "localhost"
    package var alpn: [String] = []
    package var offersExtendedMasterSecret = true
    package var offersEncryptThenMAC = true
    package var requestsStatus = false
    package var recordSizeLimit: UInt16?
    /// session_ticket: empty to ask for one, nil to know none.
    package var offeredTicket: [UInt8]?
    package var sessionID: [UInt8] = []
    package var legacyVersion = ProtocolVersion.tls12
    /// What answers a CertificateRequest; nil sends an empty list.
    package var identity: TestIdentity?
    /// The session that the ClientHello offers: when the server echoes its ID, its master secret is used.
    package var resuming: ScriptedSession12?

    let random: FixedRandom
    package internal(set) var hello: ClientHello
    package internal(set) var serverHello: ServerHello?
    package internal(set) var serverCertificates: [Certificate] = []
    package internal(set) var ocspResponse: [UInt8]?
    package internal(set) var serverKeyExchange: TLS12ServerKeyExchange?
    package internal(set) var certificateRequest: TLS12CertificateRequest?
    package internal(set) var newTicket: TLS12NewSessionTicket?
    /// The server's Finished was right.
    package internal(set) var isServerFinished = false
    package internal(set) var transcript: [UInt8] = []
    package internal(set) var master: [UInt8] = []
    private var records = ScriptedRecords12()

    package init(_ suites: [CipherSuite], identity: TestIdentity? = nil, seed: UInt64 = 3) {
        self.suites = suites
        self.identity = identity
        random = FixedRandom(seed: seed)
        hello = ClientHello(random: [], legacySessionID: [], cipherSuites: [], extensions: ExtensionBlock())
    }

    // MARK: From the server

    /// Opens what the server sent and checks all of it.
    @discardableResult
    package func receive(_ octets: [UInt8]) throws -> [ServerReceived] {
        records.append(octets)
        var result: [ServerReceived] = []
        while let (type, content) = try records.nextRecord() {
            switch type {
            case .changeCipherSpec:
                result.append(.changeCipherSpec(content))
                records.protectReading(try protection(ofClient: false))
            case .alert: result.append(.alert(AlertDescription(rawValue: content[1])))
            case .applicationData: result.append(.data(content))
            default:
                while let message = records.nextMessage() {
                    try take(message)
                    result.append(.handshake(message))
                }
            }
        }
        return result
    }

    /// Levels of the alerts that came.
    package var alertLevels: [UInt8] { records.alertLevels }
    /// The longest record content the server sent under its key.
    package var longestContent: Int { records.longestContent }
    /// The explicit nonces or IVs of the records that came under the server's key.
    package var serverNonces: [[UInt8]] { records.peerNonces }

    /// An extension of the ServerHello.
    package func answer(_ type: ExtensionType) -> [UInt8]? { serverHello?.extensions.body(of: type) }

    /// What a later connection can resume.
    package func session() throws -> ScriptedSession12 {
        ScriptedSession12(
            master: master, suite: try suite(), usesExtendedMasterSecret: answer(.extendedMasterSecret) != nil,
            sessionID: serverHello?.legacySessionIDEcho ?? [], ticket: newTicket?.ticket ?? [])
    }

    // MARK: To the server

    package func takeOutput() throws -> [UInt8] { try records.takeOutput() }

    package func flush(fragment: Int = 1 << 14) throws { try records.flush(fragment: fragment) }

    /// Puts a message into the flight and the transcript.
    package func queue(_ message: HandshakeMessage) {
        transcript += message.encoded
        records.queue(message.encoded)
    }

    /// Puts octets into the flight that the transcript does not know.
    package func queueRaw(_ octets: [UInt8]) { records.queue(octets) }

    /// A record of any type under the current key; `edit` changes what is encrypted.
    package func sendRecord(
        _ type: ContentType, _ content: [UInt8], paddingBlocks: Int = 0, _ edit: (inout [UInt8]) -> Void = { _ in }
    ) throws {
        try records.send(type, content, paddingBlocks: paddingBlocks, edit)
    }

    package func sendRaw(_ octets: [UInt8]) throws { try records.sendRaw(octets) }

    package func send(_ data: [UInt8]) throws { try sendRecord(.applicationData, data) }

    package func sendAlert(_ alert: AlertDescription, level: UInt8 = 2) throws {
        try sendRecord(.alert, [level, alert.rawValue])
    }

    /// ChangeCipherSpec; what follows is under the client's key, unless told otherwise.
    package func changeCipherSpec(_ content: [UInt8] = [1], installsKey: Bool = true) throws {
        try sendRecord(.changeCipherSpec, content)
        if installsKey { try records.protectWriting(try protection(ofClient: true)) }
    }

    // MARK: Keys

    func suite() throws -> TLS12Suite {
        guard let code = serverHello?.cipherSuite, let suite = TLS12Suite(code) else { throw ScriptError.missing }
        return suite
    }

    var serverRandom: [UInt8] { serverHello?.random ?? [] }

    private func protection(ofClient: Bool) throws -> ScriptedProtection12 {
        try ScriptedKeys12.protection(
            ofClient: ofClient, suite(), master: master, clientRandom: hello.random, serverRandom: serverRandom,
            encryptThenMAC: answer(.encryptThenMAC) != nil, random: random)
    }

    func verifyData(_ label: String) throws -> [UInt8] {
        let hash = try suite().hash
        return try ScriptedKeys12.prf(
            hash, master, label, ScriptedKeys12.digest(hash, transcript), Finished.verifyDataLength12)
    }

    /// What the server's Finished would hold now.
    package func verifyDataOfServer() throws -> [UInt8] { try verifyData("server finished") }

    /// RFC 5705 §4 as the client computes it.
    package func export(label: String, context: [UInt8]?, length: Int) throws -> [UInt8] {
        try ScriptedKeys12.export(
            suite().hash, master, hello.random + serverRandom, label: label, context: context, length: length)
    }
}
