// ServerFloodTests.swift — what a client can make our server do without end: nothing. Keys, floods, long messages, the end.
// RFC 8446 §5.5, §6; RFC 5246 §7.2.

import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("What a client can make a server do")
struct ServerFloodTests {
    /// The alert that the server answers the client's octets with; nil when it takes them.
    private static func alert(_ pair: inout TLS13ServerPair) throws -> AlertDescription? {
        let flight = try pair.client.takeOutput()
        do throws(TLSError) { try pair.server.receive(flight) } catch {
            #expect(error.origin == .local)
            #expect(error.explanation.outcome == .refused)
            return error.alert
        }
        return nil
    }

    // MARK: Keys

    @Test(
        "T-20: RFC 8446 §5.5: a server updates its key by itself, and asks the client when its key is due")
    func keyUpdates() throws {
        var configuration = try TestClient.serverConfiguration(.serverEd25519())
        configuration.keyUsageLimit = KeyUsageLimit(records: 4)
        var pair = try TLS13ServerPair(configuration)
        try pair.hello()
        try pair.finish()
        for index in 0..<10 { try pair.server.send([UInt8(index)]) }
        let received = try pair.client.receive(pair.server.takeOutput())
        let update = ClientReceived.handshake(try KeyUpdate(.notRequested).message())
        #expect(received.filter { $0 == update }.count == 2)
        #expect(received.filter { if case .data = $0 { true } else { false } }.count == 10)
        // No key protects more than it may before its KeyUpdate.
        #expect(received.split(separator: update, omittingEmptySubsequences: false).allSatisfy { $0.count <= 4 })
        for index in 0..<5 { try pair.client.send([UInt8(index)]) }
        let asked = try pair.exchange()
        #expect(asked == [.handshake(try KeyUpdate(.requested).message())])
        try pair.client.keyUpdate(.notRequested)
        try pair.exchangeData()
    }

    @Test("T-20: a TLS 1.2 server ends the connection where its key does")
    func keyLimit() throws {
        var configuration = try TLS12ServerPair.configuration()
        configuration.keyUsageLimit = KeyUsageLimit(records: 4)
        var pair = try TLS12ServerPair(configuration)
        try pair.connect()
        var sent = 0
        let error = #expect(throws: TLSError.self) {
            for _ in 0..<8 {
                try pair.server.send([1])
                sent += 1
            }
        }
        #expect(error?.reason == .record(.keyExhausted(records: 4)))
        #expect((1...4).contains(sent))
        let received = try pair.client.receive(pair.server.takeOutput())
        #expect(received.filter { $0 == .data([1]) }.count == sent)
    }

    // MARK: Floods

    @Test("T-22: more than 4 warnings of a TLS 1.2 client in a row are unexpected_message, at any time")
    func warnings() throws {
        for isConnected in [false, true] {
            var pair = try TLS12ServerPair()
            if isConnected { try pair.connect() }
            for _ in 0..<RecordLimits.warningAlerts { try pair.client.sendAlert(.unrecognizedName, level: 1) }
            try pair.settle()
            // Data begins the count anew.
            if isConnected {
                try pair.exchange()
                for _ in 0..<RecordLimits.warningAlerts { try pair.client.sendAlert(.userCanceled, level: 1) }
            }
            try pair.client.sendAlert(.userCanceled, level: 1)
            try pair.refuses(.unexpectedMessage)
        }
    }

    @Test(
        "T-22: more than 32 empty records of a TLS 1.2 client in a row are unexpected_message",
        arguments: [
            CipherSuite.tlsECDHEECDSAWithAES128GCMSHA256, .tlsECDHEECDSAWithAES128CBCSHA,
            .tlsECDHEECDSAWithChaCha20Poly1305SHA256,
        ])
    func emptyRecords(_ suite: CipherSuite) throws {
        var pair = try TLS12ServerPair(suites: [suite])
        try pair.connect()
        for _ in 0..<RecordLimits.emptyRecords { try pair.client.send([]) }
        try pair.settle()
        try pair.exchange()
        for _ in 0...RecordLimits.emptyRecords { try pair.client.send([]) }
        try pair.refuses(.unexpectedMessage)
    }

    @Test("T-22: more than 32 empty records of a TLS 1.3 client in a row are unexpected_message, padded or not")
    func emptyRecords13() throws {
        for padding in [0, 1, 200] {
            var pair = try TLS13ServerState.connected.pair()
            for _ in 0..<RecordLimits.emptyRecords {
                try pair.client.sendRecord(.applicationData, [], padding: padding)
            }
            try pair.exchangeData()
            for _ in 0...RecordLimits.emptyRecords {
                try pair.client.sendRecord(.applicationData, [], padding: padding)
            }
            #expect(try Self.alert(&pair) == .unexpectedMessage)
        }
    }

    @Test("T-22: more than 4 user_canceled alerts of a TLS 1.3 client in a row are unexpected_message")
    func warnings13() throws {
        var pair = try TLS13ServerState.connected.pair()
        let warning: [UInt8] = [1, AlertDescription.userCanceled.rawValue]
        for _ in 0..<RecordLimits.warningAlerts { try pair.client.sendRecord(.alert, warning) }
        try pair.exchangeData()
        for _ in 0...RecordLimits.warningAlerts { try pair.client.sendRecord(.alert, warning) }
        #expect(try Self.alert(&pair) == .unexpectedMessage)
    }

    @Test("T-22: ChangeCipherSpec records between a client's hello and its Finished are two at most")
    func changeCipherSpecs() throws {
        for isRetried in [false, true] {
            var pair = try TLS13ServerState.waitFinished.pair()
            if isRetried { pair = try TLS13ServerState.waitSecondClientHello.pair() }
            for _ in 0..<RecordLimits.changeCipherSpecs { try pair.client.sendRaw([20, 3, 3, 0, 1, 1]) }
            #expect(try Self.alert(&pair) == nil)
            for _ in 0..<100 { try pair.client.sendRaw([20, 3, 3, 0, 1, 1]) }
            #expect(try Self.alert(&pair) == .unexpectedMessage)
        }
    }

    // MARK: Long messages

    /// Whether a record that begins such a message is refused with its header, before anything is kept for it.
    private static func expectRefusal(_ error: TLSError?, _ name: String) {
        guard case .record(.messageTooLong) = error?.reason else {
            Issue.record("\(name): \(String(describing: error))")
            return
        }
        #expect(error?.alert == .illegalParameter, "\(name)")
    }

    @Test(
        "T-23: a ClientHello that announces more than 64 KiB is refused with its header; up to there it is waited for")
    func longHello() throws {
        for (length, isRefused) in [(1 << 16, false), (1 << 16 + 1, true), (1 << 24 - 1, true)] {
            let pair = try TLS12ServerPair()
            let header = [1, UInt8(length >> 16), UInt8(length >> 8 & 0xff), UInt8(length & 0xff)]
            pair.client.queueRaw(header)
            let flight = try pair.client.takeOutput()
            guard isRefused else {
                try pair.server.receive(flight)
                #expect(pair.server.connection.stateName == "WAIT_CH")
                continue
            }
            let error = #expect(throws: TLSError.self) { try pair.server.receive(flight) }
            Self.expectRefusal(error, "\(length)")
        }
    }

    @Test("T-23: what a client can make a server keep of a ClientHello that does not end is bounded")
    func endlessHello() throws {
        var pair = try TLS12ServerPair()
        pair.client.queueRaw([1, 1, 0, 0] + [UInt8](repeating: 0, count: 1 << 16 - 1))
        try pair.settle()
        #expect(pair.server.connection.stateName == "WAIT_CH")
        // Its last octet, and what was announced is looked at: nothing of it is a ClientHello.
        pair.client.queueRaw([0])
        try pair.refuses(.decodeError)
    }

    @Test(
        "T-23: a TLS 1.3 client's message that announces 2^24-1 octets is refused with its header, in every state",
        arguments: TLS13ServerState.allCases)
    func longMessage(_ state: TLS13ServerState) throws {
        for type in [HandshakeType.certificate, state.legal] {
            let pair = try state.pair()
            try pair.client.sendRecord(.handshake, [type.rawValue, 0xff, 0xff, 0xff])
            let flight = try pair.client.takeOutput()
            let error = #expect(throws: TLSError.self) { try pair.server.receive(flight) }
            Self.expectRefusal(error, "\(type)")
        }
    }

    @Test(
        "T-23: a TLS 1.2 client's message that announces 2^24-1 octets is refused with its header, in every state",
        arguments: TLS12ServerState.allCases)
    func longMessage12(_ state: TLS12ServerState) throws {
        for type in [HandshakeType.certificate, .clientKeyExchange, .clientHello] {
            let pair = try TLS12ServerPair.at(state)
            try pair.client.sendRecord(.handshake, [type.rawValue, 0xff, 0xff, 0xff])
            let flight = try pair.client.takeOutput()
            let error = #expect(throws: TLSError.self) { try pair.server.receive(flight) }
            #expect(error?.origin == .local)
            #expect(error?.alert == .illegalParameter || error?.alert == .unexpectedMessage, "\(type)")
        }
    }

    @Test("T-23: a client's Certificate may announce 128 KiB and not one octet more")
    func longCertificate() throws {
        for (last, isRefused) in [(0, false), (1, true)] as [(UInt8, Bool)] {
            let pair = try TLS13ServerState.waitCertificate.pair()
            try pair.client.sendRecord(.handshake, [11, 2, 0, last])
            for _ in 0..<7 where !isRefused {
                try pair.client.sendRecord(.handshake, [UInt8](repeating: 0, count: 1 << 14))
            }
            let flight = try pair.client.takeOutput()
            guard isRefused else {
                try pair.server.receive(flight)
                #expect(pair.server.connection.stateName == "WAIT_CERT")
                continue
            }
            let error = #expect(throws: TLSError.self) { try pair.server.receive(flight) }
            Self.expectRefusal(error, "one octet more")
        }
    }

    // MARK: The end

    @Test("T-38: a client's close_notify ends its data at the server, and an end without it is truncation")
    func ends() throws {
        for isAnnounced in [false, true] {
            let new = try TLS13ServerState.connected.pair()
            try new.client.send([1])
            if isAnnounced { try new.client.sendRecord(.alert, [1, AlertDescription.closeNotify.rawValue]) }
            try new.server.receive(try new.client.takeOutput())
            var old = try TLS12ServerPair()
            try old.connect()
            try old.client.send([1])
            if isAnnounced { try old.client.sendAlert(.closeNotify, level: 1) }
            try old.server.receive(try old.client.takeOutput())
            if isAnnounced {
                try new.server.receiveEndOfFile()
                try old.server.receiveEndOfFile()
                #expect(new.server.events.last == .peerClosed)
                #expect(old.server.events.last == .peerClosed)
            } else {
                let first = #expect(throws: TLSError.self) { try new.server.receiveEndOfFile() }
                let second = #expect(throws: TLSError.self) { try old.server.receiveEndOfFile() }
                #expect(first?.isTruncation == true)
                #expect(second?.isTruncation == true)
            }
            #expect(new.server.data == [1])
            #expect(old.server.data == [1])
        }
    }
}
