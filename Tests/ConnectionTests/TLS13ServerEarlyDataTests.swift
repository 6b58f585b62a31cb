// TLS13ServerEarlyDataTests.swift — 0-RTT at the server: taken, refused and skipped, and how often.
// RFC 8446 §2.3, §4.2.10, §4.5, §8.

import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("TLS 1.3 server: early data")
struct TLS13ServerEarlyDataTests {
    static let limit: UInt32 = 1000
    static let early = Array("GET / early".utf8)

    /// A server that got a hello with early data, all in one delivery.
    static func pair(
        _ configuration: ServerConfiguration, _ keys: [OfferedScriptKey], data: [[UInt8]] = [early],
        prepare: (inout ScriptedClient13) throws -> Void = { _ in }
    ) throws -> TLS13ServerPair {
        var pair = try TLS13ServerPair(configuration)
        pair.client.keys = keys
        pair.client.offersEarlyData = true
        try prepare(&pair.client)
        try pair.client.clientHello()
        let suite: CipherSuite = keys.first?.hash == .sha384 ? .tlsAES256GCMSHA384 : .tlsAES128GCMSHA256
        try pair.client.startEarlyData(suite: suite)
        for piece in data { try pair.client.send(piece) }
        return pair
    }

    static func isAccepted(_ pair: borrowing TLS13ServerPair) throws -> Bool {
        for received in pair.received {
            if case .handshake(let message) = received, message.type == .encryptedExtensions {
                return try EncryptedExtensions.parse(message.body).extensions.body(of: .earlyData) != nil
            }
        }
        throw ScriptError.missing
    }

    /// The client ends its early data as the server's answer wants it, and both go on.
    static func goOn(_ pair: inout TLS13ServerPair) throws {
        if try isAccepted(pair) { try pair.client.endOfEarlyData() } else { try pair.client.installHandshakeKey() }
        try pair.finish()
        try pair.exchangeData()
    }

    @Test(
        "RFC 8446 §2.3, §4.5: early data under a ticket's key is handed out before the handshake is done",
        arguments: [CipherSuite.tlsAES128GCMSHA256, .tlsAES256GCMSHA384, .tlsChaCha20Poly1305SHA256])
    func accepted(_ suite: CipherSuite) throws {
        let lab = try TLS13ServerLab(earlyData: Self.limit) { $0.cipherSuites = [suite] }
        let keys = try lab.keys()
        #expect(keys.count == 2)
        var pair = try TLS13ServerPair(lab.configuration)
        pair.client.keys = [keys[0]]
        pair.client.offersEarlyData = true
        try pair.client.clientHello()
        try pair.client.startEarlyData(suite: suite)
        try pair.client.send(Self.early)
        try pair.client.send([])
        try pair.exchange()
        #expect(try Self.isAccepted(pair) == true)
        #expect(pair.server.events == [.earlyData(Self.early)])
        #expect(pair.server.connection.stateName == "WAIT_EOED")
        let info = pair.server.connection.info
        #expect(info.isResumed == true)
        #expect(info.earlyData == .accepted)
        try pair.client.send([7])
        try Self.goOn(&pair)
        #expect(pair.server.events.prefix(3) == [.earlyData(Self.early), .earlyData([7]), .handshakeComplete])
        #expect(pair.server.connection.info.bytesReceived == UInt64(Self.early.count + 1 + 3))
    }

    @Test("T-30: RFC 8446 §8.1, §8.2: the same ClientHello is taken once by all servers that share the guard")
    func replay() throws {
        let lab = try TLS13ServerLab(earlyData: Self.limit)
        let keys = try lab.keys()
        let first = try Self.pair(lab.configuration, [keys[0]])
        let octets = try first.client.takeOutput()
        var accepted = 0
        for _ in 0..<3 {
            let server = try TestClient(server: lab.configuration)
            try server.receive(octets)
            if server.events == [.earlyData(Self.early)] { accepted += 1 }
            #expect(server.connection.stateName == (server.events.isEmpty ? "WAIT_FINISHED" : "WAIT_EOED"))
        }
        #expect(accepted == 1)
    }

    @Test("T-30: RFC 8446 §8.3: a ticket that is older or younger than the client says loses its early data, not more")
    func freshness() throws {
        for (told, seconds, isTaken) in [
            (0, 0, true), (9_000, 0, true), (11_000, 0, false), (0, 9, true), (0, 11, false), (60_000, 60, true),
            (UInt32.max - 8_000, 0, false),
        ] as [(UInt32, Int64, Bool)] {
            let lab = try TLS13ServerLab(earlyData: Self.limit)
            var key = try lab.keys()[0]
            key.obfuscatedAge &+= told
            var configuration = lab.configuration
            configuration.clock = FixedClock(UnixTime(seconds: FixedClock().now().seconds + seconds))
            var pair = try Self.pair(configuration, [key])
            try pair.exchange()
            #expect(try Self.isAccepted(pair) == isTaken, "\(told) ms told, \(seconds) s known")
            #expect(pair.server.connection.info.isResumed == true)
            try Self.goOn(&pair)
        }
    }

    @Test(
        "T-30: RFC 8446 §4.2.10: more early data than the ticket allows is unexpected_message; padding does not count")
    func limits() throws {
        let lab = try TLS13ServerLab(earlyData: Self.limit)
        let keys = try lab.keys()
        var most = try Self.pair(lab.configuration, [keys[0]], data: [[UInt8](repeating: 1, count: 600)])
        try most.client.sendRecord(.applicationData, [UInt8](repeating: 2, count: 400), padding: 3000)
        try most.exchange()
        try Self.goOn(&most)
        let more = try Self.pair(
            lab.configuration, [keys[1]], data: [[UInt8](repeating: 1, count: 600), [UInt8](repeating: 1, count: 401)])
        let flight = try more.client.takeOutput()
        let error = #expect(throws: TLSError.self) { try more.server.receive(flight) }
        #expect(error?.alert == .unexpectedMessage)
        #expect(error?.reason == .record(.earlyDataTooLong))
    }

    /// Why a server refuses early data, and goes on without it.
    static let refusals: [(String, @Sendable (inout ServerConfiguration) throws -> Void)] = [
        ("it is off", { $0.maxEarlyDataSize = 0 }),
        ("less than the ticket allows", { $0.maxEarlyDataSize = 999 }),
        ("another guard", { $0.earlyDataReplayGuard = EarlyDataReplayGuard() }),
        ("a guard without room", { $0.earlyDataReplayGuard = EarlyDataReplayGuard(entries: 0) }),
        (
            "another ring: a full handshake",
            {
                $0.sessionTickets = try TicketKeyRing(random: FixedRandom(seed: 99), clock: FixedClock())
            }
        ),
        ("no resumption: a full handshake", { $0.resumesSessions = false }),
        ("another suite of the same hash", { $0.cipherSuites = [.tlsChaCha20Poly1305SHA256] }),
        ("a suite of another hash: a full handshake", { $0.cipherSuites = [.tlsAES256GCMSHA384] }),
        ("no share: a HelloRetryRequest", { $0.groups = [.secp384r1] }),
    ]

    @Test("RFC 8446 §4.2.10: refused early data is skipped, and the handshake goes on", arguments: refusals.indices)
    func refused(_ index: Int) throws {
        let (name, edit) = Self.refusals[index]
        let lab = try TLS13ServerLab(earlyData: Self.limit)
        let keys = try lab.keys()
        var configuration = lab.configuration
        try edit(&configuration)
        var pair = try Self.pair(configuration, [keys[0]], data: [Self.early, [1], [UInt8](repeating: 3, count: 900)])
        try pair.exchange()
        if pair.client.serverHello?.isHelloRetryRequest == true {
            // More of it may be on its way.
            try pair.client.send([5, 5])
            try pair.client.removeKey()
            pair.client.offersEarlyData = false
            pair.client.shareGroup = .secp384r1
            try pair.hello()
        }
        #expect(try Self.isAccepted(pair) == false, "\(name)")
        #expect(pair.server.connection.info.earlyData == .rejected)
        try Self.goOn(&pair)
        #expect(pair.server.events.first == .handshakeComplete)
        #expect(pair.server.data == [1, 2, 3])
    }

    @Test("RFC 8446 §4.2.10: early data of a hello without keys is skipped; so is that of a second key of the offer")
    func otherKeys() throws {
        let lab = try TLS13ServerLab(earlyData: Self.limit)
        let keys = try lab.keys()
        var none = try TLS13ServerPair(lab.configuration)
        none.client.offersEarlyData = true
        try none.client.clientHello()
        try none.client.sendRaw([23, 3, 3, 0, 30] + [UInt8](repeating: 9, count: 30))
        try none.exchange()
        try none.finish()
        try none.exchangeData()
        let unknown = OfferedScriptKey([1, 2, 3], [UInt8](repeating: 0, count: 32))
        var second = try Self.pair(lab.configuration, [unknown, keys[0]])
        try second.exchange()
        #expect(second.server.connection.info.isResumed == true)
        #expect(try Self.isAccepted(second) == false)
        try Self.goOn(&second)
    }

    @Test("RFC 8446 §4.2.10: early data of an external key is not taken")
    func externalKey() throws {
        let lab = try TLS13ServerLab(earlyData: Self.limit) {
            $0.externalPreSharedKeys = [
                try ExternalPreSharedKey(
                    identity: [1], secret: TLS13ServerRefusalTests.secretBytes())
            ]
        }
        let key = OfferedScriptKey([1], TLS13ServerRefusalTests.secret, label: "ext binder")
        var pair = try Self.pair(lab.configuration, [key])
        try pair.exchange()
        #expect(try Self.isAccepted(pair) == false)
        try Self.goOn(&pair)
        #expect(pair.server.connection.info.externalPreSharedKeyIdentity == [1])
        #expect(pair.client.tickets.isEmpty)
    }

    @Test("RFC 8446 §4.2.10: another application protocol than the ticket's costs the session and the early data")
    func otherProtocol() throws {
        let lab = try TLS13ServerLab(earlyData: Self.limit) { $0.alpnProtocols = ["h2", "http/1.1"] }
        let keys = try lab.keys { $0.alpn = ["http/1.1"] }
        for (offered, isTaken) in [(["http/1.1"], true), (["h2", "http/1.1"], false), ([], false)] as [([String], Bool)]
        {
            var pair = try Self.pair(lab.configuration, [keys[0]]) { $0.alpn = offered }
            try pair.exchange()
            #expect(try Self.isAccepted(pair) == isTaken, "\(offered)")
            try Self.goOn(&pair)
        }
    }

    @Test("T-30: no more than 16 KiB and what tickets allow are skipped, in either way, nor empty records for ever")
    func skipLimit() throws {
        for retries in [false, true] {
            for isTooMuch in [false, true] {
                var pair = try TLS13ServerPair()
                pair.client.offersEarlyData = true
                if retries { pair.client.shareGroup = nil }
                try pair.client.clientHello()
                let first = 16_000
                let second = 384 + (isTooMuch ? 1 : 0)
                for count in [first, second] {
                    try pair.client.sendRaw(
                        [23, 3, 3, UInt8(count >> 8), UInt8(truncatingIfNeeded: count)]
                            + [UInt8](repeating: 9, count: count))
                }
                guard isTooMuch else {
                    try pair.exchange()
                    if retries {
                        pair.client.offersEarlyData = false
                        pair.client.shareGroup = .x25519
                        try pair.hello()
                    }
                    try pair.finish()
                    try pair.exchangeData()
                    continue
                }
                let flight = try pair.client.takeOutput()
                let error = #expect(throws: TLSError.self) { try pair.server.receive(flight) }
                #expect(error?.reason == .record(.earlyDataTooLong))
                #expect(error?.alert == .unexpectedMessage)
            }
        }
        let empty = try TLS13ServerPair()
        empty.client.offersEarlyData = true
        try empty.client.clientHello()
        for _ in 0...RecordLimits.skippedEarlyData { try empty.client.sendRaw([23, 3, 3, 0, 0]) }
        let flight = try empty.client.takeOutput()
        let error = #expect(throws: TLSError.self) { try empty.server.receive(flight) }
        #expect(error?.alert == .unexpectedMessage)
    }

    @Test("RFC 8446 §4.2.10: after the first record that opens nothing is skipped any more")
    func skippingEnds() throws {
        var pair = try TLS13ServerPair(TLS13ServerRefusalTests.asking())
        pair.client.offersEarlyData = true
        try pair.client.clientHello()
        try pair.exchange()
        try pair.client.certificate(nil)
        try pair.client.sendRaw([23, 3, 3, 0, 30] + [UInt8](repeating: 9, count: 30))
        #expect(try pair.refusal().alert == .badRecordMAC)
        // Nor is anything where no early data was announced.
        var silent = try TLS13ServerPair()
        try silent.hello()
        #expect(
            try silent.refusal([23, 3, 3, 0, 30] + [UInt8](repeating: 9, count: 30)).alert == .badRecordMAC)
        // Nor after the second hello.
        var retried = try TLS13ServerPair()
        retried.client.offersEarlyData = true
        retried.client.shareGroup = nil
        try retried.hello()
        retried.client.offersEarlyData = false
        retried.client.shareGroup = .x25519
        try retried.hello()
        #expect(
            try retried.refusal([23, 3, 3, 0, 30] + [UInt8](repeating: 9, count: 30)).alert == .badRecordMAC)
    }

    @Test("RFC 8446 §4.5: EndOfEarlyData has no body, and Finished does not come under the early key")
    func endOfEarlyData() throws {
        let lab = try TLS13ServerLab(earlyData: Self.limit)
        let keys = try lab.keys()
        var body = try Self.pair(lab.configuration, [keys[0]])
        try body.exchange()
        body.client.queueRaw([5, 0, 0, 1, 0])
        #expect(try body.refusal().alert == .decodeError)
        var skipped = try Self.pair(lab.configuration, [keys[1]])
        try skipped.exchange()
        try skipped.client.installHandshakeKey()
        try skipped.client.finished(installsKey: false)
        #expect(try skipped.refusal().alert == .badRecordMAC)
    }

    @Test("T-25, T-30: early data and what follows, octet by octet: taken and skipped")
    func oneByOne() throws {
        for isTaken in [true, false] {
            let lab = try TLS13ServerLab(earlyData: Self.limit)
            let keys = try lab.keys()
            var configuration = lab.configuration
            if !isTaken { configuration.maxEarlyDataSize = 0 }
            var pair = try Self.pair(configuration, [keys[0]])
            for octet in try pair.client.takeOutput() { try pair.server.receive([octet]) }
            pair.received = try pair.client.receive(pair.server.takeOutput())
            #expect(try Self.isAccepted(pair) == isTaken)
            #expect(pair.server.events == (isTaken ? [.earlyData(Self.early)] : []))
            if isTaken { try pair.client.endOfEarlyData() } else { try pair.client.installHandshakeKey() }
            try pair.client.finished()
            for octet in try pair.client.takeOutput() { try pair.server.receive([octet]) }
            #expect(pair.server.connection.isHandshakeComplete == true)
            _ = try pair.client.receive(pair.server.takeOutput())
            try pair.exchangeData()
        }
    }

    @Test("The library's client and server: early data is taken under a ticket, and sent again when it is not")
    func bothEnds() throws {
        let store = MemorySessionStore(entries: 100)
        var client = try TestClient.configuration()
        client.versions = .tls13 ... .tls13
        client.sessionStore = store
        let lab = try TLS13ServerLab(earlyData: Self.limit)
        var first = try BothEnds(client, lab.configuration)
        try first.run()
        for isTaken in [true, false] {
            var configuration = lab.configuration
            if !isTaken { configuration.maxEarlyDataSize = 0 }
            var next = try BothEnds(client, configuration, earlyData: Self.early)
            try next.run()
            #expect(next.client.connection.info.isResumed == true)
            #expect(next.client.connection.info.earlyData == (isTaken ? .accepted : .sentAfterHandshake))
            #expect(next.server.events.contains(.earlyData(Self.early)) == isTaken)
            #expect(next.server.events.contains(.data(Self.early)) == !isTaken)
            try next.exchangeData()
        }
    }
}
