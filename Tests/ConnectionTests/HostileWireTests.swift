// HostileWireTests.swift — T-47: whatever comes, the client ends in a typed error, with the alert on the wire and no trap.
// RFC 8446 §5, §6.

import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

/// A repeatable source of choices.
struct Choices {
    private var state: UInt64
    init(seed: Int) { state = UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 &+ 0x1234_5678 }

    mutating func below(_ limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % max(1, limit)
    }

    /// Flips, cuts, doubles or inserts octets.
    mutating func mutate(_ octets: [UInt8]) -> [UInt8] {
        var changed = octets
        for _ in 0...below(3) where !changed.isEmpty {
            let position = below(changed.count)
            switch below(5) {
            case 0: changed[position] ^= UInt8(1 << below(8))
            case 1: changed[position] = [0, 1, 0x7f, 0x80, 0xff][below(5)]
            case 2: changed.removeSubrange(position..<min(changed.count, position + 1 + below(8)))
            case 3:
                changed.insert(
                    contentsOf: changed[position..<min(changed.count, position + 1 + below(16))], at: position)
            default: changed.insert(UInt8(below(256)), at: position)
            }
        }
        return changed
    }
}

@Suite("Hostile octets")
struct HostileWireTests {
    /// The client took the octets or refused them as it should; it never trapped or stood still.
    static func check(_ pair: inout InMemoryPair, _ flight: [UInt8]) {
        do throws(TLSError) {
            try pair.client.receive(flight)
        } catch {
            #expect(error.origin != .caller)
            // A local failure puts an alert record on the wire; a peer's alert is not answered.
            if error.origin == .local { #expect(error.alert != nil) }
            #expect(error.explanation.outcome == .refused)
            #expect(pair.client.connection.stateName == nil)
        }
        #expect(!pair.client.events.contains { if case .data = $0 { true } else { false } })
    }

    @Test("T-47: a changed ServerHello or HelloRetryRequest in the clear", arguments: 0..<12)
    func plaintext(_ seed: Int) throws {
        var choices = Choices(seed: seed)
        for index in 0..<60 {
            var pair = try InMemoryPair()
            if index % 3 == 0 {
                try pair.server.helloRetryRequest(group: .secp256r1, cookie: [1, 2, 3])
            } else {
                try pair.server.serverHello(installsKeys: false)
            }
            HostileWireTests.check(&pair, choices.mutate(try pair.server.takeOutput()))
        }
    }

    @Test("T-47: changed messages under the handshake key", arguments: 0..<12)
    func protected(_ seed: Int) throws {
        var choices = Choices(seed: 1000 + seed)
        let states = ClientState.allCases.filter { $0 != .waitServerHello && $0 != .waitServerHelloAfterRetry }
        for _ in 0..<40 {
            var pair = try InMemoryPair()
            let state = states[choices.below(states.count)]
            try pair.advance(to: state)
            let messages = HandshakeType.named.filter { $0 != .serverHello && $0 != .finished }
            let type = messages[choices.below(messages.count)]
            try pair.server.sendRecord(.handshake, choices.mutate(try pair.server.octets(of: type)))
            HostileWireTests.check(&pair, try pair.server.takeOutput())
        }
    }

    @Test("T-47: changed records under the application key", arguments: 0..<8)
    func records(_ seed: Int) throws {
        var choices = Choices(seed: 2000 + seed)
        for _ in 0..<60 {
            var pair = try InMemoryPair()
            try pair.connect()
            try pair.server.newSessionTicket()
            let flight = try pair.server.takeOutput()
            HostileWireTests.check(&pair, choices.mutate(flight))
        }
    }

    @Test("T-47: random octets instead of a server", arguments: 0..<8)
    func noise(_ seed: Int) throws {
        var choices = Choices(seed: 3000 + seed)
        for _ in 0..<100 {
            var pair = try InMemoryPair()
            var octets = (0..<choices.below(600)).map { _ in UInt8(choices.below(256)) }
            // Half of them begin like a record, so that they get further.
            if choices.below(2) == 0 {
                octets = [UInt8(20 + choices.below(4)), 3, 3, 0, UInt8(choices.below(256))] + octets
            }
            HostileWireTests.check(&pair, octets)
        }
    }

    @Test("T-23: what a peer can make us keep is bounded: a message in pieces never holds more than its limit")
    func boundedMemory() throws {
        var pair = try InMemoryPair()
        try pair.advance(to: .waitCertificateOrRequest)
        // 128 KiB of Certificate announced, sent slowly, never finished: accepted up to its limit, then nothing is kept.
        try pair.server.sendRecord(.handshake, [11, 2, 0, 0])
        for _ in 0..<7 { try pair.server.sendRecord(.handshake, [UInt8](repeating: 0, count: 1 << 14)) }
        try pair.client.receive(try pair.server.takeOutput())
        #expect(pair.client.connection.stateName == "WAIT_CERT_CR")
        var over = try InMemoryPair()
        try over.advance(to: .waitCertificateOrRequest)
        try over.server.sendRecord(.handshake, [11, 2, 0, 1])
        _ = try over.refuses(.illegalParameter)
    }

    @Test("A server that answers in clear text is told apart: the error says what it speaks")
    func clearText() throws {
        let pair = try InMemoryPair()
        let error = #expect(throws: TLSError.self) {
            try pair.client.receive(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
        }
        #expect(error?.alert == .unexpectedMessage)
        #expect(error?.explanation.found.contains("HTTP") == true)
        #expect(error?.explanation.advice.isEmpty == false)
    }
}

extension ScriptedServer {
    /// The octets of a well-formed message that the transcript does not know.
    func octets(of type: HandshakeType) throws -> [UInt8] {
        let block = ExtensionBlock([RawExtension(type: .signatureAlgorithms, body: [0, 2, 4, 3])])
        switch type {
        case .encryptedExtensions:
            return try EncryptedExtensions(extensions: ExtensionBlock()).message().encoded
        case .certificateRequest:
            return try CertificateRequest(requestContext: [], extensions: block).message().encoded
        case .certificate:
            let entries = identity.certificates.map { CertificateEntry(certificate: $0.derEncoded) }
            return try CertificateMessage(requestContext: [], entries: entries).message().encoded
        case .certificateVerify:
            return try CertificateVerify(scheme: identity.scheme, signature: [UInt8](repeating: 1, count: 70)).message()
                .encoded
        case .newSessionTicket:
            return try NewSessionTicket(
                lifetime: 1, ageAdd: 2, nonce: [1], ticket: [1, 2], extensions: ExtensionBlock()
            ).message().encoded
        case .keyUpdate: return try KeyUpdate(.requested).message().encoded
        default: return [type.rawValue, 0, 0, 3, 1, 2, 3]
        }
    }
}
