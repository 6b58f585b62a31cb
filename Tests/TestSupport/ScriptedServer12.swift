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
package struct ScriptedServer12: ~Copyable {
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
    private var incoming: [UInt8] = []
    private var handshake: [UInt8] = []
    private var outgoing: [UInt8] = []
    /// Handshake octets that wait for `flush`.
    private var flight: [UInt8] = []
    private var reading: ScriptedProtection12?
    private var writing: ScriptedProtection12?
    private var isReadProtected = false
    private var isWriteProtected = false
    /// The certificates the client sent; nil before its Certificate.
    package internal(set) var clientCertificates: [Certificate]?
    /// Levels of the alerts that came.
    package internal(set) var alertLevels: [UInt8] = []
    /// The longest record content the client sent under its key.
    package internal(set) var longestContent = 0
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
        var server = ScriptedServer12(identity: identity, suite: suite, group: group, dhGroup: dhGroup, seed: seed)
        try server.receive(clientHello)
        return server
    }

    // MARK: From the client

    /// Opens what the client sent and checks all of it.
    @discardableResult
    package mutating func receive(_ octets: [UInt8]) throws -> [ServerReceived] {
        incoming += octets
        var result: [ServerReceived] = []
        while incoming.count >= 5 {
            let length = Int(incoming[3]) << 8 | Int(incoming[4])
            guard incoming.count >= 5 + length else { break }
            let type = ContentType(rawValue: incoming[0])
            var content = Array(incoming[5..<5 + length])
            incoming.removeFirst(5 + length)
            if isReadProtected {
                content = try ScriptError.unwrap(try reading?.open(type, content))
                longestContent = max(longestContent, content.count)
            }
            switch type {
            case .changeCipherSpec:
                result.append(.changeCipherSpec(content))
                reading = try protection(ofClient: true)
                isReadProtected = true
            case .alert:
                alertLevels.append(content[0])
                result.append(.alert(AlertDescription(rawValue: content[1])))
            case .applicationData: result.append(.data(content))
            default:
                handshake += content
                while let message = nextMessage() {
                    try take(message)
                    result.append(.handshake(message))
                }
            }
        }
        return result
    }

    private mutating func nextMessage() -> HandshakeMessage? {
        guard handshake.count >= 4 else { return nil }
        let length = 4 + (Int(handshake[1]) << 16 | Int(handshake[2]) << 8 | Int(handshake[3]))
        guard handshake.count >= length else { return nil }
        let encoded = Array(handshake.prefix(length))
        handshake.removeFirst(length)
        return HandshakeMessage(type: HandshakeType(rawValue: encoded[0]), encoded: encoded)
    }

    /// The explicit nonces or IVs of the records that came under the client's key.
    package var clientNonces: [[UInt8]] {
        switch reading {
        case .some(let protection): protection.explicitNonces
        case .none: []
        }
    }

    // MARK: To the client

    /// All octets for the client that were not taken yet.
    package mutating func takeOutput() throws -> [UInt8] {
        try flush()
        defer { outgoing = [] }
        return outgoing
    }

    /// Seals the handshake octets that wait, in records of `fragment` octets.
    package mutating func flush(fragment: Int = 1 << 14) throws {
        while !flight.isEmpty {
            let piece = Array(flight.prefix(fragment))
            flight.removeFirst(piece.count)
            try appendRecord(.handshake, piece)
        }
    }

    private mutating func appendRecord(
        _ type: ContentType, _ content: [UInt8], paddingBlocks: Int = 0, _ edit: (inout [UInt8]) -> Void = { _ in }
    ) throws {
        var fragment = content
        if isWriteProtected {
            fragment = try ScriptError.unwrap(
                try writing?.seal(type, content, paddingBlocks: paddingBlocks, edit))
        }
        outgoing += [type.rawValue, 3, 3, UInt8(fragment.count >> 8), UInt8(fragment.count & 0xff)] + fragment
    }

    /// Puts a message into the flight and the transcript.
    package mutating func queue(_ message: HandshakeMessage) {
        transcript += message.encoded
        flight += message.encoded
    }

    /// Puts octets into the flight that the transcript does not know.
    package mutating func queueRaw(_ octets: [UInt8]) { flight += octets }

    /// A record of any type under the current key; `edit` changes what is encrypted.
    package mutating func sendRecord(
        _ type: ContentType, _ content: [UInt8], paddingBlocks: Int = 0, _ edit: (inout [UInt8]) -> Void = { _ in }
    ) throws {
        try flush()
        try appendRecord(type, content, paddingBlocks: paddingBlocks, edit)
    }

    /// Octets as they are.
    package mutating func sendRaw(_ octets: [UInt8]) throws {
        try flush()
        outgoing += octets
    }

    package mutating func send(_ data: [UInt8]) throws { try sendRecord(.applicationData, data) }

    package mutating func sendAlert(_ alert: AlertDescription, level: UInt8 = 2) throws {
        try sendRecord(.alert, [level, alert.rawValue])
    }

    /// ChangeCipherSpec; what follows is under the server's key, unless told otherwise.
    package mutating func changeCipherSpec(_ content: [UInt8] = [1], installsKey: Bool = true) throws {
        try sendRecord(.changeCipherSpec, content)
        if installsKey { try installKey() }
    }

    /// What is sent from now on is under the server's key.
    package mutating func installKey() throws {
        try flush()
        writing = try protection(ofClient: false)
        isWriteProtected = true
    }

    // MARK: Keys

    /// RFC 5246 §6.3: client MAC key, server MAC key, client key, server key, client IV, server IV.
    private func protection(ofClient: Bool) throws -> ScriptedProtection12 {
        let lengths = ScriptedProtection12.lengths(suite.protection)
        let total = 2 * (lengths.macKey + lengths.key + lengths.iv)
        let block = try ScriptedKeys12.prf(
            suite.hash, master, "key expansion", serverRandom + hello.random, total)
        func part(_ start: Int, _ length: Int) -> [UInt8] {
            let begin = start + (ofClient ? 0 : length)
            return Array(block[begin..<begin + length])
        }
        return try ScriptedProtection12(
            suite.protection, encryptThenMAC: hasEncryptThenMAC, macKey: part(0, lengths.macKey),
            key: part(2 * lengths.macKey, lengths.key), iv: part(2 * (lengths.macKey + lengths.key), lengths.iv),
            random: random)
    }

    func verifyData(_ label: String) throws -> [UInt8] {
        try ScriptedKeys12.prf(
            suite.hash, master, label, ScriptedKeys12.digest(suite.hash, transcript), Finished.verifyDataLength12)
    }

    /// What the client's Finished would hold now, without its own.
    package func verifyDataOfClient() throws -> [UInt8] { try verifyData("client finished") }

    /// RFC 5705 §4 as the server computes it.
    package func export(label: String, context: [UInt8]?, length: Int) throws -> [UInt8] {
        var seed = hello.random + serverRandom
        if let context { seed += [UInt8(context.count >> 8), UInt8(context.count & 0xff)] + context }
        return try ScriptedKeys12.prf(suite.hash, master, label, seed, length)
    }

    /// What a later connection can resume.
    package var session: ScriptedSession12 {
        ScriptedSession12(
            master: master, suite: suite, usesExtendedMasterSecret: hasExtendedMasterSecret, sessionID: sessionID,
            ticket: ticket)
    }
}
