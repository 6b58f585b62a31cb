// TLS12DeliveryTests.swift — T-25: the same octets in any pieces give the same TLS 1.2 handshake.
// RFC 5246 §6.2.1.
// Next: TLS12ServerHelloRefusalTests.swift.

import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("TLS 1.2 delivery in pieces")
struct TLS12DeliveryTests {
    /// What a connection came to.
    struct Result: Equatable {
        let events: [TestEvent]
        let clientOutput: [UInt8]
        let isResumed: Bool
    }

    /// Ways through the handshake.
    enum Shape: String, CaseIterable, Sendable { case ecdhe, dhe, rsa, cbc, requested, resumed }

    typealias Pieces = ([UInt8]) -> [ArraySlice<UInt8>]

    static func pair(_ shape: Shape) throws -> TLS12Pair {
        var configuration = try TLS12Pair.configuration()
        // Ed25519 signs without randomness, so that two runs give the same octets.
        let own = try TestIdentity.clientEd25519()
        configuration.credentials = .fixed([try Credential(certificates: own.certificates, key: own.key)])
        let suite: CipherSuite =
            switch shape {
            case .dhe: .tlsDHERSAWithChaCha20Poly1305SHA256
            case .rsa: .tlsRSAWithAES256GCMSHA384
            case .cbc: .tlsECDHERSAWithAES128CBCSHA
            default: .tlsECDHEECDSAWithAES128GCMSHA256
            }
        let identity = suite == .tlsECDHEECDSAWithAES128GCMSHA256 ? try TestIdentity.serverEd25519() : nil
        if shape == .resumed {
            var first = try TLS12Pair(configuration, identity: identity, suite: suite)
            first.server.issuesTicket = true
            try first.connect()
            let pair = try TLS12Pair(configuration, identity: identity, suite: suite)
            pair.server.issuesTicket = true
            try pair.server.serverHello(resuming: first.server.session)
            return pair
        }
        let pair = try TLS12Pair(configuration, identity: identity, suite: suite)
        // PKCS #1 v1.5 signs without randomness too.
        if case .rsa = pair.server.identity.key.publicKey { pair.server.identity = try pkcs(pair.server.identity) }
        pair.server.issuesTicket = true
        pair.server.ocspResponse = [0x30, 0]
        try pair.server.answer(requestsCertificate: shape == .requested)
        return pair
    }

    private static func pkcs(_ identity: TestIdentity) throws -> TestIdentity {
        try .named(
            identity.certificates == TestIdentity.serverRSA().certificates
                ? "server-rsa2048" : "server-rsa2048-encipherment", .rsaPKCS1SHA256)
    }

    /// A whole connection with data, its octets handed in as `pieces` says.
    static func run(_ shape: Shape, fragment: Int = 1 << 14, _ pieces: Pieces) throws -> Result {
        let pair = try pair(shape)
        var output: [UInt8] = []
        if shape != .resumed {
            try pair.server.flush(fragment: fragment)
            for piece in pieces(try pair.server.takeOutput()) { try pair.client.receive(Array(piece)) }
            output = pair.client.takeOutput()
            try pair.server.receive(output)
        }
        try pair.server.newSessionTicket()
        try pair.server.flush(fragment: fragment)
        try pair.server.changeCipherSpec()
        try pair.server.finished()
        try pair.server.flush(fragment: fragment)
        try pair.server.send(Array("hello".utf8))
        try pair.server.sendAlert(.closeNotify, level: 1)
        for piece in pieces(try pair.server.takeOutput()) { try pair.client.receive(Array(piece)) }
        let last = pair.client.takeOutput()
        try pair.server.receive(last)
        #expect(pair.server.isClientFinished == true)
        let info = pair.client.connection.info
        return Result(events: pair.client.events, clientOutput: output + last, isResumed: info.isResumed)
    }

    static let expected: [TestEvent] = [.handshakeComplete, .data(Array("hello".utf8)), .peerClosed]

    @Test("T-25: TLS 1.2 one octet at a time and all at once are the same", arguments: Shape.allCases)
    func oneByOne(_ shape: Shape) throws {
        let whole = try TLS12DeliveryTests.run(shape) { [$0[...]] }
        #expect(whole.events == TLS12DeliveryTests.expected)
        #expect(whole.isResumed == (shape == .resumed))
        let single = try TLS12DeliveryTests.run(shape) { octets in octets.indices.map { octets[$0...$0] } }
        #expect(single == whole)
    }

    @Test("T-25: TLS 1.2 split at every seventh octet gives the same result", arguments: [Shape.ecdhe, .resumed])
    func everySplit(_ shape: Shape) throws {
        let whole = try TLS12DeliveryTests.run(shape) { [$0[...]] }
        var length = 0
        _ = try TLS12DeliveryTests.run(shape) { octets in
            length = max(length, octets.count)
            return [octets[...]]
        }
        for split in stride(from: 1, to: length, by: 7) {
            let result = try TLS12DeliveryTests.run(shape) { octets in
                split < octets.count ? [octets[..<split], octets[split...]] : [octets[...]]
            }
            #expect(result == whole, "split at \(split)")
        }
    }

    @Test(
        "T-25: TLS 1.2 messages in fragments of any size give the same result", arguments: Shape.allCases,
        [1, 2, 3, 5, 17, 100, 255, 1000])
    func fragments(_ shape: Shape, _ size: Int) throws {
        let result = try TLS12DeliveryTests.run(shape, fragment: size) { [$0[...]] }
        #expect(result.events == TLS12DeliveryTests.expected)
    }

    @Test("T-25: TLS 1.2 in random pieces gives the same result", arguments: Shape.allCases, 0..<4)
    func randomPieces(_ shape: Shape, _ seed: Int) throws {
        let whole = try TLS12DeliveryTests.run(shape) { [$0[...]] }
        var state = UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 &+ 1
        let result = try TLS12DeliveryTests.run(shape) { octets in
            var pieces: [ArraySlice<UInt8>] = []
            var start = 0
            while start < octets.count {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let end = min(octets.count, start + 1 + Int(state >> 33) % 200)
                pieces.append(octets[start..<end])
                start = end
            }
            return pieces
        }
        #expect(result == whole)
    }

    @Test(
        "T-26: an alert, close_notify or the end in every TLS 1.2 state ends the handshake and says so",
        arguments: TLS12State.allCases)
    func ends(_ state: TLS12State) throws {
        guard state.name != "CONNECTED" else { return }
        for alert in [AlertDescription.handshakeFailure, .closeNotify] {
            let pair = try TLS12Pair.at(state)
            try pair.server.sendAlert(alert)
            let flight = try pair.server.takeOutput()
            let error = #expect(throws: TLSError.self) { try pair.client.receive(flight) }
            #expect(error?.origin == .peer)
            #expect(error?.alert == alert)
        }
        let cut = try TLS12Pair.at(state)
        let error = #expect(throws: TLSError.self) { try cut.client.receiveEndOfFile() }
        #expect(error?.isTruncation == true)
    }
}
