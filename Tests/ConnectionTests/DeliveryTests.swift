// DeliveryTests.swift — T-25: the same octets in any pieces give the same handshake.
// RFC 8446 §5.1.

import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("Delivery in pieces")
struct DeliveryTests {
    /// What a handshake came to: everything that may not depend on how the octets arrived.
    struct Result: Equatable {
        let events: [TestEvent]
        let clientOutput: [UInt8]
        let suite: CipherSuite?
    }

    /// A whole handshake with data and tickets, its octets handed in as `pieces` says.
    static func run(fragment: Int = 1 << 14, _ pieces: ([UInt8]) -> [ArraySlice<UInt8>]) throws -> Result {
        // Ed25519 signs without randomness, so that two runs give the same octets.
        var pair = try InMemoryPair(identity: .serverEd25519())
        try pair.server.serverHello(installsKeys: false)
        // ServerHello in fragments too: they are plaintext records of their own.
        try pair.server.flush(fragment: fragment)
        let hello = try pair.server.takeOutput()
        for piece in pieces(hello) { try pair.client.receive(Array(piece)) }
        return try rest(&pair, fragment, pieces)
    }

    private static func rest(
        _ pair: inout InMemoryPair, _ fragment: Int, _ pieces: ([UInt8]) -> [ArraySlice<UInt8>]
    ) throws -> Result {
        try pair.server.installHandshakeKeys()
        try pair.server.encryptedExtensions()
        try pair.server.certificate()
        try pair.server.certificateVerify()
        try pair.server.finished(installsKeys: false)
        try pair.server.flush(fragment: fragment)
        try pair.server.installApplicationKey()
        try pair.server.newSessionTicket()
        try pair.server.send(Array("hello".utf8))
        try pair.server.sendAlert(.closeNotify)
        for piece in pieces(try pair.server.takeOutput()) { try pair.client.receive(Array(piece)) }
        let output = pair.client.takeOutput()
        try pair.server.receive(output)
        #expect(pair.server.isClientFinished == true)
        let info = pair.client.connection.info
        #expect(info.sessionTicketsReceived == 1)
        return Result(events: pair.client.events, clientOutput: output, suite: info.cipherSuite)
    }

    static let expected: [TestEvent] = [.handshakeComplete, .data(Array("hello".utf8)), .peerClosed]

    @Test("T-25: one octet at a time and all at once are the same")
    func oneByOne() throws {
        let whole = try DeliveryTests.run { [$0[...]] }
        #expect(whole.events == DeliveryTests.expected)
        let single = try DeliveryTests.run { octets in octets.indices.map { octets[$0...$0] } }
        #expect(single == whole)
    }

    @Test("T-25: a split at every octet gives the same transcript and result")
    func everySplit() throws {
        let whole = try DeliveryTests.run { [$0[...]] }
        var length = 0
        _ = try DeliveryTests.run { octets in
            length = max(length, octets.count)
            return [octets[...]]
        }
        for split in stride(from: 1, to: length, by: 7) {
            let result = try DeliveryTests.run { octets in
                split < octets.count ? [octets[..<split], octets[split...]] : [octets[...]]
            }
            #expect(result == whole, "split at \(split)")
        }
    }

    @Test(
        "T-25: handshake messages in fragments of any size give the same result",
        arguments: [1, 2, 3, 5, 17, 100, 255, 1000])
    func fragments(_ size: Int) throws {
        let result = try DeliveryTests.run(fragment: size) { [$0[...]] }
        #expect(result.events == DeliveryTests.expected)
    }

    @Test("T-25: random pieces give the same result", arguments: 0..<20)
    func randomPieces(_ seed: Int) throws {
        let whole = try DeliveryTests.run { [$0[...]] }
        var state = UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 &+ 1
        let result = try DeliveryTests.run { octets in
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
}
