// ServerRecordTests.swift — records of a client that are spoilt, too short or too long, and how the server answers them.
// RFC 8446 §5.1, §5.2, §5.4; RFC 5246 §6.2.

import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("Records at a server")
struct ServerRecordTests {
    /// A connected server of TLS 1.2 with this suite.
    private static func connected(
        _ suite: CipherSuite, encryptThenMAC: Bool = true
    ) throws -> TLS12ServerPair {
        var pair = try TLS12ServerPair(suites: [suite])
        pair.client.offersEncryptThenMAC = encryptThenMAC
        try pair.connect()
        return pair
    }

    @Test(
        "T-08: RFC 5246 §6.2.3.2: at a server wrong padding, wrong MAC and both are one alert, and nothing is delivered",
        arguments: [CipherSuite.tlsECDHEECDSAWithAES128CBCSHA, .tlsECDHEECDSAWithAES128CBCSHA256])
    func oracles(_ suite: CipherSuite) throws {
        // From the end: octets of the padding, of which there are 59 or 63 here, and of the MAC before it.
        for places in [[2], [60], [70], [2, 70]] {
            var pair = try Self.connected(suite, encryptThenMAC: false)
            try pair.client.sendRecord(.applicationData, [1], paddingBlocks: 3)
            try pair.settle()
            #expect(pair.server.data == [1])
            try pair.client.sendRecord(.applicationData, [2], paddingBlocks: 3) {
                for place in places { $0[$0.count - place] ^= 1 }
            }
            try pair.refuses(.badRecordMAC)
            #expect(pair.server.data == [1])
        }
    }

    @Test(
        "T-21: RFC 5246 §6.2.3: at a server a change of any octet of a TLS 1.2 record is bad_record_mac",
        arguments: TLS12ConnectionLifeTests.protections)
    func damage12(_ suite: CipherSuite) throws {
        let sample = try Self.connected(suite)
        try sample.client.send(Array("secret".utf8))
        let length = try sample.client.takeOutput().count
        for index in 5..<length {
            var pair = try Self.connected(suite)
            try pair.client.send(Array("secret".utf8))
            var record = try pair.client.takeOutput()
            record[index] ^= 0x10
            try pair.client.sendRaw(record)
            try pair.refuses(.badRecordMAC)
            #expect(pair.server.data.isEmpty)
        }
    }

    @Test("T-21: RFC 8446 §5.2: at a server a change of any octet of a TLS 1.3 record is bad_record_mac")
    func damage13() throws {
        let sample = try TLS13ServerState.connected.pair()
        try sample.client.send(Array("secret".utf8))
        let length = try sample.client.takeOutput().count
        for index in 5..<length {
            let pair = try TLS13ServerState.connected.pair()
            try pair.client.send(Array("secret".utf8))
            var record = try pair.client.takeOutput()
            record[index] ^= 0x10
            #expect(try alert(pair.server, record) == .badRecordMAC)
            #expect(pair.server.data.isEmpty)
        }
    }

    @Test("T-21: a client's record of 0 to 40 octets of nothing is bad_record_mac in both versions")
    func short() throws {
        for length in 0...40 {
            let octets: [UInt8] = [23, 3, 3, 0, UInt8(length)] + [UInt8](repeating: 0x5a, count: length)
            let new = try TLS13ServerState.connected.pair()
            #expect(try alert(new.server, octets) == .badRecordMAC, "\(length)")
            for suite in TLS12ConnectionLifeTests.protections {
                let old = try Self.connected(suite)
                #expect(try alert(old.server, octets) == .badRecordMAC, "\(suite), \(length)")
            }
        }
    }

    @Test("T-24: RFC 8446 §5.2: a server refuses a longer record than there may be from its header: record_overflow")
    func announced() throws {
        let new = try TLS13ServerState.connected.pair()
        #expect(try alert(new.server, [23, 3, 3, 0x41, 0x01]) == .recordOverflow)
        let old = try Self.connected(TLS12ServerPair.suite)
        #expect(try alert(old.server, [23, 3, 3, 0x48, 0x01]) == .recordOverflow)
        let first = try TestClient(server: TestClient.serverConfiguration(.serverEd25519()))
        #expect(try alert(first, [22, 3, 1, 0x40, 0x01]) == .recordOverflow)
    }

    @Test("T-24: RFC 8446 §5.4: a client's inner plaintext over 2^14 + 1 octets is record_overflow, padding counted")
    func content13() throws {
        let pair = try TLS13ServerState.connected.pair()
        try pair.client.send([UInt8](repeating: 1, count: 1 << 14))
        try pair.server.receive(try pair.client.takeOutput())
        #expect(pair.server.data.count == 1 << 14)
        // One octet of content, one for the type, and the padding.
        try pair.client.sendRecord(.applicationData, [1], padding: 1 << 14)
        #expect(try alert(pair.server, pair.client.takeOutput()) == .recordOverflow)
    }

    @Test(
        "T-24: RFC 5246 §6.2.1: a client's plaintext over 2^14 octets is record_overflow, one of 2^14 passes",
        arguments: TLS12ConnectionLifeTests.protections)
    func content12(_ suite: CipherSuite) throws {
        var pair = try Self.connected(suite)
        try pair.client.send([UInt8](repeating: 1, count: 1 << 14))
        try pair.settle()
        #expect(pair.server.data.count == 1 << 14)
        try pair.client.send([UInt8](repeating: 1, count: 1 << 14 + 1))
        try pair.refuses(.recordOverflow)
    }

    @Test("T-24: RFC 8446 §5.1: a client's handshake record without content is unexpected_message in both versions")
    func emptyHandshake() throws {
        let first = try TestClient(server: TestClient.serverConfiguration(.serverEd25519()))
        #expect(try alert(first, [22, 3, 1, 0, 0]) == .unexpectedMessage)
        let new = try TLS13ServerState.connected.pair()
        try new.client.sendRecord(.handshake, [])
        #expect(try alert(new.server, new.client.takeOutput()) == .unexpectedMessage)
    }

    /// The alert that the server answers the octets with; nil when it takes them.
    private func alert(_ server: TestClient, _ octets: [UInt8]) throws -> AlertDescription? {
        do throws(TLSError) { try server.receive(octets) } catch {
            #expect(error.origin == .local)
            return error.alert
        }
        return nil
    }
}
