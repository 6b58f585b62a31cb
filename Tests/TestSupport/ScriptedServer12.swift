// ScriptedServer12.swift — a TLS 1.2 server for tests that says what it is told to, right or wrong.
// RFC 5246 §7; RFC 5077; RFC 7627.
// Next: ScriptedServer12+Steps.swift.

package import Certificates
package import CryptoGlue
package import Handshake
internal import RecordLayer
package import WireFormat

/// The server's side of a TLS 1.2 connection. Each step is a call of its own and can be edited before it goes out, so that
/// a test can break any rule; `answer()` and `finish()` are the two flights of an honest server. It shares the codecs and
/// the primitives with the client, but neither the state machine, the key schedule nor the record layer.
package final class ScriptedServer12 {
    package var identity: TestIdentity
    package var suite: TLS12Suite
    package var group: NamedGroup
    package var dhGroup: DHGroup
    /// What an honest ServerHello answers, when the client asked for it.
    package var usesExtendedMasterSecret = true
    package var usesEncryptThenMAC = true
    package var issuesTicket = false
    package var alpn: String?
    package var ocspResponse: [UInt8]?
    package var recordSizeLimit: UInt16?
    /// The ID of a new session; empty to give none.
    package var sessionID: [UInt8] = []
    package var ticket: [UInt8] = [UInt8](repeating: 0x7c, count: 40)

    package internal(set) var hello: ClientHello
    /// ServerHello said so.
    var hasExtendedMasterSecret = false
    var hasEncryptThenMAC = false
    let random: FixedRandom
    var serverRandom: [UInt8] = []
    package internal(set) var transcript: [UInt8] = []
    package internal(set) var master: [UInt8] = []
    var exchange: KeyExchange?
    var dhExchange: DHKeyExchange?
    private var records = ScriptedRecords12()
    /// The certificates the client sent; nil before its Certificate.
    package internal(set) var clientCertificates: [Certificate]?
    /// Levels of the alerts that came.
    package var alertLevels: [UInt8] { records.alertLevels }
    /// The longest record content the client sent under its key.
    package var longestContent: Int { records.longestContent }
    /// The client's CertificateVerify was right.
    package internal(set) var isClientVerified = false
    /// The client's Finished was right.
    package internal(set) var isClientFinished = false

    private init(identity: TestIdentity, suite: TLS12Suite, group: NamedGroup, dhGroup: DHGroup, seed: UInt64) {
        self.identity = identity
        self.suite = suite
        self.group = group
        self.dhGroup = dhGroup
        random = FixedRandom(seed: seed)
        hello = ClientHello(random: [], legacySessionID: [], cipherSuites: [], extensions: ExtensionBlock())
    }

    /// - Parameter clientHello: the octets of the client's first flight.
    package static func accepting(
        _ clientHello: [UInt8], identity: TestIdentity, suite: CipherSuite, group: NamedGroup = .x25519,
        dhGroup: DHGroup = .ffdhe2048, seed: UInt64 = 2
    ) throws -> ScriptedServer12 {
        guard let suite = TLS12Suite(suite) else { throw ScriptError.missing }
        let server = ScriptedServer12(identity: identity, suite: suite, group: group, dhGroup: dhGroup, seed: seed)
        try server.receive(clientHello)
        return server
    }

    // MARK: From the client

    /// Opens what the client sent and checks all of it.
    @discardableResult
    package func receive(_ octets: [UInt8]) throws -> [ServerReceived] {
        records.append(octets)
        var result: [ServerReceived] = []
        while let (type, content) = try records.nextRecord() {
            switch type {
            case .changeCipherSpec:
                result.append(.changeCipherSpec(content))
                records.protectReading(try protection(ofClient: true))
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

    /// The explicit nonces or IVs of the records that came under the client's key.
    package var clientNonces: [[UInt8]] { records.peerNonces }

    // MARK: To the client

    /// All octets for the client that were not taken yet.
    package func takeOutput() throws -> [UInt8] { try records.takeOutput() }

    /// Seals the handshake octets that wait, in records of `fragment` octets.
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

    /// Octets as they are.
    package func sendRaw(_ octets: [UInt8]) throws { try records.sendRaw(octets) }

    package func send(_ data: [UInt8]) throws { try sendRecord(.applicationData, data) }

    package func sendAlert(_ alert: AlertDescription, level: UInt8 = 2) throws {
        try sendRecord(.alert, [level, alert.rawValue])
    }

    /// ChangeCipherSpec; what follows is under the server's key, unless told otherwise.
    package func changeCipherSpec(_ content: [UInt8] = [1], installsKey: Bool = true) throws {
        try sendRecord(.changeCipherSpec, content)
        if installsKey { try installKey() }
    }

    /// What is sent from now on is under the server's key.
    package func installKey() throws {
        try records.protectWriting(try protection(ofClient: false))
    }

    // MARK: Keys

    private func protection(ofClient: Bool) throws -> ScriptedProtection12 {
        try ScriptedKeys12.protection(
            ofClient: ofClient, suite, master: master, clientRandom: hello.random, serverRandom: serverRandom,
            encryptThenMAC: hasEncryptThenMAC, random: random)
    }

    func verifyData(_ label: String) throws -> [UInt8] {
        try ScriptedKeys12.prf(
            suite.hash, master, label, ScriptedKeys12.digest(suite.hash, transcript), Finished.verifyDataLength12)
    }

    /// What the client's Finished would hold now, without its own.
    package func verifyDataOfClient() throws -> [UInt8] { try verifyData("client finished") }

    /// RFC 5705 §4 as the server computes it.
    package func export(label: String, context: [UInt8]?, length: Int) throws -> [UInt8] {
        try ScriptedKeys12.export(
            suite.hash, master, hello.random + serverRandom, label: label, context: context, length: length)
    }

    /// What a later connection can resume.
    package var session: ScriptedSession12 {
        ScriptedSession12(
            master: master, suite: suite, usesExtendedMasterSecret: hasExtendedMasterSecret, sessionID: sessionID,
            ticket: ticket)
    }
}
