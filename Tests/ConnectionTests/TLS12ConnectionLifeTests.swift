// TLS12ConnectionLifeTests.swift — a TLS 1.2 connection after its handshake: renegotiation, alerts, the end, damage.
// RFC 5246 §6.2.3, §7.2, §7.4.1.1; RFC 5746 §4.5.

import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("The life of a TLS 1.2 connection")
struct TLS12ConnectionLifeTests {
    static func connected(_ suite: CipherSuite = .tlsECDHEECDSAWithAES128GCMSHA256) throws -> TLS12Pair {
        var pair = try TLS12Pair(suite: suite)
        try pair.connect()
        _ = pair.client.takeOutput()
        return pair
    }

    // MARK: Renegotiation

    @Test(
        "T-13: RFC 5746 §4.5: a HelloRequest is answered with a warning of no_renegotiation, and the connection goes on"
    )
    func helloRequest() throws {
        var pair = try TLS12ConnectionLifeTests.connected()
        try pair.server.helloRequest()
        try pair.client.receive(try pair.server.takeOutput())
        #expect(try pair.server.receive(pair.client.takeOutput()) == [.alert(.noRenegotiation)])
        #expect(pair.server.alertLevels == [1])
        try pair.exchange()
    }

    @Test("T-13: a HelloRequest with a body is decode_error")
    func malformedHelloRequest() throws {
        var pair = try TLS12ConnectionLifeTests.connected()
        pair.server.queueRaw([0, 0, 0, 1, 0])
        try pair.refuses(.decodeError)
    }

    @Test("T-13, T-22: HelloRequests without end, after the handshake and in it, are refused")
    func helloRequestFlood() throws {
        var pair = try TLS12ConnectionLifeTests.connected()
        for _ in 0..<200 { try pair.server.helloRequest() }
        let flight = try pair.server.takeOutput()
        let error = #expect(throws: TLSError.self) { try pair.client.receive(flight) }
        #expect(error?.alert == .unexpectedMessage)
        // What is sent in answer is bounded too.
        #expect(try pair.alerts().filter { $0 == .noRenegotiation }.count <= 32)
        let waiting = try TLS12Pair.at(.waitCertificate)
        for _ in 0..<10_000 { try waiting.server.helloRequest() }
        let requests = try waiting.server.takeOutput()
        #expect(throws: TLSError.self) { try waiting.client.receive(requests) }
    }

    @Test("T-13: CVE-2009-3555: a ServerHello after the handshake is unexpected_message")
    func serverHello() throws {
        var pair = try TLS12ConnectionLifeTests.connected()
        try pair.server.serverHello()
        try pair.refuses(.unexpectedMessage)
    }

    @Test("RFC 8446 §4.6.3: TLS 1.2 has no KeyUpdate")
    func keyUpdate() throws {
        var pair = try TLS12ConnectionLifeTests.connected()
        let error = #expect(throws: TLSError.self) { try pair.client.updateKeys(requestPeer: false) }
        #expect(error?.origin == .caller)
        try pair.exchange()
        pair.server.queueRaw(try KeyUpdate(.requested).message().encoded)
        try pair.refuses(.unexpectedMessage)
    }

    // MARK: Alerts and the end

    @Test("RFC 5246 §7.2.2: a warning does not end the connection; a fatal alert does")
    func warnings() throws {
        var pair = try TLS12ConnectionLifeTests.connected()
        try pair.server.sendAlert(.userCanceled, level: 1)
        try pair.server.sendAlert(.unrecognizedName, level: 1)
        try pair.client.receive(try pair.server.takeOutput())
        try pair.exchange()
        try pair.server.sendAlert(.internalError)
        let flight = try pair.server.takeOutput()
        let error = #expect(throws: TLSError.self) { try pair.client.receive(flight) }
        #expect(error?.origin == .peer)
        #expect(error?.alert == .internalError)
    }

    @Test("T-22: warnings without end are refused in TLS 1.2 too")
    func warningFlood() throws {
        var pair = try TLS12ConnectionLifeTests.connected()
        for _ in 0..<5 { try pair.server.sendAlert(.unrecognizedName, level: 1) }
        try pair.refuses(.unexpectedMessage)
    }

    @Test("RFC 6066 §3: a warning of unrecognized_name before ServerHello does not end the handshake")
    func unrecognizedName() throws {
        var pair = try TLS12Pair()
        try pair.server.sendAlert(.unrecognizedName, level: 1)
        try pair.connect()
        try pair.exchange()
    }

    @Test("T-38: RFC 5246 §7.2.1: close_notify ends the data, and an end without it is truncation")
    func ends() throws {
        var clean = try TLS12ConnectionLifeTests.connected()
        try clean.server.send([1])
        try clean.server.sendAlert(.closeNotify, level: 1)
        try clean.client.receive(try clean.server.takeOutput())
        try clean.client.receiveEndOfFile()
        #expect(clean.client.events == [.handshakeComplete, .data([1]), .peerClosed])
        clean.client.close()
        #expect(try clean.alerts() == [.closeNotify])
        #expect(clean.server.alertLevels == [1])

        let cut = try TLS12ConnectionLifeTests.connected()
        try cut.server.send([1])
        try cut.client.receive(try cut.server.takeOutput())
        let error = #expect(throws: TLSError.self) { try cut.client.receiveEndOfFile() }
        #expect(error?.isTruncation == true)
        #expect(cut.client.events == [.handshakeComplete, .data([1])])
    }

    @Test("T-38: in TLS 1.2 a close_notify in the clear does not end protected data")
    func forgedClose() throws {
        var pair = try TLS12ConnectionLifeTests.connected()
        try pair.server.sendRaw([21, 3, 3, 0, 2, 1, 0])
        try pair.refuses(.badRecordMAC)
    }

    // MARK: Damage

    static let protections: [CipherSuite] = [
        .tlsECDHEECDSAWithAES128GCMSHA256, .tlsECDHEECDSAWithChaCha20Poly1305SHA256, .tlsECDHEECDSAWithAES128CCM8,
        .tlsECDHEECDSAWithAES128CBCSHA, .tlsECDHEECDSAWithAES256CBCSHA384,
    ]

    @Test("T-21: RFC 5246 §6.2.3: a change of any octet of a TLS 1.2 record is bad_record_mac", arguments: protections)
    func damage(_ suite: CipherSuite) throws {
        let sample = try TLS12ConnectionLifeTests.connected(suite)
        try sample.server.send(Array("secret".utf8))
        let length = try sample.server.takeOutput().count
        for index in 5..<length {
            var pair = try TLS12ConnectionLifeTests.connected(suite)
            try pair.server.send(Array("secret".utf8))
            var record = try pair.server.takeOutput()
            record[index] ^= 0x10
            try pair.server.sendRaw(record)
            try pair.refuses(.badRecordMAC)
        }
    }

    @Test(
        "RFC 5246 §6.2.3: a record that is repeated, left out or of another type is bad_record_mac",
        arguments: protections)
    func order(_ suite: CipherSuite) throws {
        for kind in ["repeated", "left out", "other type"] {
            var pair = try TLS12ConnectionLifeTests.connected(suite)
            try pair.server.send([1])
            var record = try pair.server.takeOutput()
            switch kind {
            case "repeated": try pair.client.receive(record)
            case "left out":
                try pair.server.send([2])
                record = try pair.server.takeOutput()
            default: record[0] = 22
            }
            try pair.server.sendRaw(record)
            try pair.refuses(.badRecordMAC)
        }
    }

    @Test(
        "T-06: every octet of the padding is checked, without encrypt_then_mac",
        arguments: [
            CipherSuite.tlsECDHEECDSAWithAES128CBCSHA, .tlsECDHEECDSAWithAES128CBCSHA256,
        ])
    func padding(_ suite: CipherSuite) throws {
        for place in stride(from: 1, through: 240, by: 24) {
            var pair = try TLS12Pair(suite: suite)
            pair.server.usesEncryptThenMAC = false
            try pair.connect()
            // Padding of 240 octets and more is legal.
            try pair.server.sendRecord(.applicationData, [1], paddingBlocks: 15)
            try pair.client.receive(try pair.server.takeOutput())
            #expect(pair.client.data == [1])
            try pair.server.sendRecord(.applicationData, [2], paddingBlocks: 15) { $0[$0.count - place] ^= 1 }
            let flight = try pair.server.takeOutput()
            let error = #expect(throws: TLSError.self) { try pair.client.receive(flight) }
            #expect(error?.alert == .badRecordMAC)
            #expect(pair.client.data == [1])
        }
    }

    @Test(
        "T-24: RFC 5246 §6.2.1: plaintext over 2^14 octets in a TLS 1.2 record is record_overflow",
        arguments: protections)
    func overflow(_ suite: CipherSuite) throws {
        var pair = try TLS12ConnectionLifeTests.connected(suite)
        try pair.server.send([UInt8](repeating: 1, count: 1 << 14))
        try pair.client.receive(try pair.server.takeOutput())
        #expect(pair.client.data.count == 1 << 14)
        try pair.server.send([UInt8](repeating: 1, count: 1 << 14 + 1))
        try pair.refuses(.recordOverflow)
    }

    @Test("RFC 5246 §6.2.1: empty records of application data are let pass, and not without end")
    func emptyRecords() throws {
        var pair = try TLS12ConnectionLifeTests.connected(.tlsECDHEECDSAWithAES128CBCSHA)
        for _ in 0..<32 { try pair.server.send([]) }
        try pair.client.receive(try pair.server.takeOutput())
        try pair.exchange()
        for _ in 0..<33 { try pair.server.send([]) }
        try pair.refuses(.unexpectedMessage)
    }

    @Test("T-20: TLS 1.2 has no KeyUpdate: the connection ends where its key does")
    func keyLimit() throws {
        var configuration = try TLS12Pair.configuration()
        configuration.keyUsageLimit = KeyUsageLimit(records: 4)
        var pair = try TLS12Pair(configuration)
        try pair.connect()
        var sent = 0
        let error = #expect(throws: TLSError.self) {
            for _ in 0..<8 {
                try pair.client.send([1])
                sent += 1
            }
        }
        #expect(error?.reason == .record(.keyExhausted(records: 4)))
        #expect((1...4).contains(sent))
    }
}
