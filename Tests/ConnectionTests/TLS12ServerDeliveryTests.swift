// TLS12ServerDeliveryTests.swift — T-25: the same octets in any pieces give the same TLS 1.2 handshake at a server.
// RFC 5246 §6.2.1.
// Next: TLS12ServerClientTests.swift.

import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("TLS 1.2 server: delivery in pieces")
struct TLS12ServerDeliveryTests {
    /// What a connection came to.
    struct Result: Equatable {
        let events: [TestEvent]
        let serverOutput: [UInt8]
        let isResumed: Bool
    }

    /// Ways through the handshake.
    enum Shape: String, CaseIterable, Sendable { case ecdhe, dhe, rsa, cbc, requested, ticket, resumed }

    typealias Pieces = ([UInt8]) -> [ArraySlice<UInt8>]

    private static func suite(_ shape: Shape) -> CipherSuite {
        switch shape {
        case .dhe: .tlsDHERSAWithChaCha20Poly1305SHA256
        case .rsa: .tlsRSAWithAES256GCMSHA384
        case .cbc: .tlsECDHERSAWithAES128CBCSHA
        default: TLS12ServerPair.suite
        }
    }

    /// Everything is made anew from the same seeds, so that two runs give the same octets.
    private static func pair(_ shape: Shape) throws -> TLS12ServerPair {
        // Ed25519 and PKCS #1 v1.5 sign without randomness.
        var configuration = try TLS12ServerPair.configuration([.ed25519, .rsaEncipherment])
        if shape == .requested {
            configuration.clientAuthentication = .required(
                ClientAuthenticationPolicy(trust: try TestCertificates.trust()))
        }
        if shape == .ticket || shape == .resumed {
            configuration.sessionTickets = try TicketKeyRing(random: FixedRandom(seed: 7), clock: FixedClock())
        }
        var pair = try TLS12ServerPair(configuration, suites: [suite(shape)])
        pair.client.schemes = [.ed25519, .rsaPKCS1SHA256]
        if shape == .requested { pair.client.identity = try .clientEd25519() }
        if shape == .ticket { pair.client.offeredTicket = [] }
        guard shape == .resumed else { return pair }
        pair.client.offeredTicket = []
        try pair.connect()
        var next = try TLS12ServerPair(configuration, suites: [suite(shape)])
        next.offer(try pair.client.session())
        return next
    }

    /// A whole connection with data, the client's octets handed in as `pieces` says.
    static func run(_ shape: Shape, fragment: Int = 1 << 14, _ pieces: Pieces) throws -> Result {
        let pair = try pair(shape)
        try pair.client.clientHello()
        try pair.client.flush(fragment: fragment)
        for piece in pieces(try pair.client.takeOutput()) { try pair.server.receive(Array(piece)) }
        let first = pair.server.takeOutput()
        try pair.client.receive(first)
        if shape != .resumed {
            if pair.client.certificateRequest != nil { try pair.client.certificate() }
            try pair.client.clientKeyExchange()
            if pair.client.certificateRequest != nil { try pair.client.certificateVerify() }
            try pair.client.flush(fragment: fragment)
        }
        try pair.client.changeCipherSpec()
        try pair.client.finished()
        try pair.client.flush(fragment: fragment)
        try pair.client.send(Array("hello".utf8))
        try pair.client.sendAlert(.closeNotify, level: 1)
        for piece in pieces(try pair.client.takeOutput()) { try pair.server.receive(Array(piece)) }
        let last = pair.server.takeOutput()
        try pair.client.receive(last)
        #expect(pair.client.isServerFinished == true)
        return Result(
            events: pair.server.events, serverOutput: shape == .resumed ? [] : first + last,
            isResumed: pair.server.connection.info.isResumed)
    }

    static let expected: [TestEvent] = [.handshakeComplete, .data(Array("hello".utf8)), .peerClosed]

    @Test("T-25: a TLS 1.2 client's octets one at a time and all at once are the same", arguments: Shape.allCases)
    func oneByOne(_ shape: Shape) throws {
        let whole = try TLS12ServerDeliveryTests.run(shape) { [$0[...]] }
        #expect(whole.events == TLS12ServerDeliveryTests.expected)
        #expect(whole.isResumed == (shape == .resumed))
        let single = try TLS12ServerDeliveryTests.run(shape) { octets in octets.indices.map { octets[$0...$0] } }
        #expect(single.events == whole.events)
        if shape != .ticket { #expect(single == whole) }
    }

    @Test("T-25: a TLS 1.2 client's octets split anywhere give the same result", arguments: [Shape.ecdhe, .resumed])
    func everySplit(_ shape: Shape) throws {
        let whole = try TLS12ServerDeliveryTests.run(shape) { [$0[...]] }
        for split in 1..<260 {
            let result = try TLS12ServerDeliveryTests.run(shape) { octets in
                split < octets.count ? [octets[..<split], octets[split...]] : [octets[...]]
            }
            #expect(result == whole, "split at \(split)")
        }
    }

    @Test(
        "T-25: a TLS 1.2 client's messages in fragments of any size give the same result", arguments: Shape.allCases,
        [1, 2, 3, 5, 17, 100, 255, 1000])
    func fragments(_ shape: Shape, _ size: Int) throws {
        let result = try TLS12ServerDeliveryTests.run(shape, fragment: size) { [$0[...]] }
        #expect(result.events == TLS12ServerDeliveryTests.expected)
    }

    @Test("T-25: a TLS 1.2 client's octets in random pieces give the same result", arguments: Shape.allCases, 0..<4)
    func randomPieces(_ shape: Shape, _ seed: Int) throws {
        var state = UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 &+ 1
        let result = try TLS12ServerDeliveryTests.run(shape) { octets in
            var pieces: [ArraySlice<UInt8>] = []
            var start = 0
            while start < octets.count {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let end = min(octets.count, start + 1 + Int(state >> 33) % 100)
                pieces.append(octets[start..<end])
                start = end
            }
            return pieces
        }
        #expect(result.events == TLS12ServerDeliveryTests.expected)
    }

    @Test(
        "T-26: an alert, close_notify or the end in every TLS 1.2 server state ends the handshake and says so",
        arguments: TLS12ServerState.allCases)
    func ends(_ state: TLS12ServerState) throws {
        guard state.name != "CONNECTED" else { return }
        for alert in [AlertDescription.handshakeFailure, .closeNotify] {
            let pair = try TLS12ServerPair.at(state)
            // After ChangeCipherSpec the alert is under the client's key.
            try pair.client.sendAlert(alert)
            let flight = try pair.client.takeOutput()
            let error = #expect(throws: TLSError.self) { try pair.server.receive(flight) }
            #expect(error?.origin == .peer)
            #expect(error?.alert == alert)
        }
        let cut = try TLS12ServerPair.at(state)
        let error = #expect(throws: TLSError.self) { try cut.server.receiveEndOfFile() }
        #expect(error?.isTruncation == true)
    }

    @Test(
        "T-47: a client's first flights with any octet changed end in an error or a handshake, never in a trap",
        arguments: 0..<8)
    func mutated(_ seed: Int) throws {
        for index in stride(from: seed, to: 220, by: 8) {
            let pair = try TLS12ServerPair(suites: [TLS12ServerPair.suite])
            try pair.client.clientHello()
            var octets = try pair.client.takeOutput()
            guard index < octets.count else { return }
            octets[index] ^= UInt8(truncatingIfNeeded: 1 << (index % 8))
            do throws(TLSError) { try pair.server.receive(octets) } catch {
                #expect(error.origin == .local || error.origin == .peer)
            }
        }
    }
}
