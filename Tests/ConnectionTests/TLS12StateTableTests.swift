// TLS12StateTableTests.swift — T-01, T-02: every TLS 1.2 client state against every handshake message and ChangeCipherSpec.
// RFC 5246 §7.1, §7.3; RFC 5077 §3.1; RFC 6066 §8.
// Next: TLS12DeliveryTests.swift.

import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

/// A state of the TLS 1.2 client after ServerHello, and how it was come to.
enum TLS12State: String, CaseIterable, Sendable {
    case waitCertificate = "WAIT_CERT"
    case waitStatus = "WAIT_STATUS"
    case waitServerKeyExchange = "WAIT_SKE"
    case waitServerKeyExchangeAfterStatus = "WAIT_SKE after CertificateStatus"
    case waitDone = "WAIT_CR_DONE"
    case waitDoneAfterRequest = "WAIT_CR_DONE after CertificateRequest"
    case waitDoneRSA = "WAIT_CR_DONE of static RSA"
    case waitTicket = "WAIT_TICKET"
    case waitChangeCipherSpec = "WAIT_CCS"
    case waitChangeCipherSpecAfterTicket = "WAIT_CCS after NewSessionTicket"
    case waitFinished = "WAIT_FINISHED"
    case waitTicketResumed = "WAIT_TICKET of an abbreviated handshake"
    case waitChangeCipherSpecResumed = "WAIT_CCS of an abbreviated handshake"
    case waitFinishedResumed = "WAIT_FINISHED of an abbreviated handshake"
    case connected = "CONNECTED"
    case connectedResumed = "CONNECTED after an abbreviated handshake"

    /// The client's word.
    var name: String { String(rawValue.prefix { $0 != " " }) }

    /// What may come. RFC 5246 §7.4.1.1: a HelloRequest at any time.
    var legal: Set<HandshakeType> {
        let messages: Set<HandshakeType> =
            switch self {
            case .waitCertificate: [.certificate]
            // RFC 6066 §8: the server may still send none.
            case .waitStatus: [.certificateStatus, .serverKeyExchange]
            case .waitServerKeyExchange, .waitServerKeyExchangeAfterStatus: [.serverKeyExchange]
            case .waitDone, .waitDoneRSA: [.certificateRequest, .serverHelloDone]
            case .waitDoneAfterRequest: [.serverHelloDone]
            case .waitTicket, .waitTicketResumed: [.newSessionTicket]
            case .waitChangeCipherSpec, .waitChangeCipherSpecAfterTicket, .waitChangeCipherSpecResumed: []
            case .waitFinished, .waitFinishedResumed: [.finished]
            case .connected, .connectedResumed: []
            }
        return messages.union([.helloRequest])
    }

    var isResumed: Bool {
        switch self {
        case .waitTicketResumed, .waitChangeCipherSpecResumed, .waitFinishedResumed, .connectedResumed: true
        default: false
        }
    }
}

extension TLS12Pair {
    /// A pair whose client is in `state`; every message before it was right.
    static func at(_ state: TLS12State) throws -> TLS12Pair {
        let configuration = try TLS12Pair.configuration()
        let suite: CipherSuite =
            state == .waitDoneRSA ? .tlsRSAWithAES128GCMSHA256 : .tlsECDHEECDSAWithAES128GCMSHA256
        if state.isResumed {
            var first = try TLS12Pair(configuration, suite: suite)
            first.server.issuesTicket = true
            try first.connect()
            var pair = try TLS12Pair(configuration, suite: suite)
            try pair.advance(resuming: first.server.session, to: state)
            return pair
        }
        var pair = try TLS12Pair(configuration, suite: suite)
        try pair.advance(to: state)
        return pair
    }

    private mutating func advance(to state: TLS12State) throws {
        if state == .waitStatus || state == .waitServerKeyExchangeAfterStatus { server.ocspResponse = [0x30, 0] }
        server.issuesTicket = state == .waitTicket || state == .waitChangeCipherSpecAfterTicket
        let first: [(TLS12State, (inout ScriptedServer12) throws -> Void)] = [
            (.waitCertificate, { try $0.serverHello() }), (.waitStatus, { try $0.certificate() }),
        ]
        for (next, step) in first {
            try step(&server)
            if state == next { return try settle() }
        }
        if state == .waitServerKeyExchangeAfterStatus { try server.certificateStatus() }
        if state == .waitServerKeyExchange || state == .waitServerKeyExchangeAfterStatus || state == .waitDoneRSA {
            return try settle()
        }
        try server.serverKeyExchange()
        if state == .waitDone { return try settle() }
        if state == .waitDoneAfterRequest {
            try server.certificateRequest()
            return try settle()
        }
        try server.serverHelloDone()
        try settle()
        if state == .waitChangeCipherSpec || state == .waitTicket { return }
        if state == .waitChangeCipherSpecAfterTicket {
            try server.newSessionTicket()
            return try settle()
        }
        try server.changeCipherSpec()
        if state == .waitFinished { return try settle() }
        try server.finished()
        try settle()
    }

    private mutating func advance(resuming session: ScriptedSession12, to state: TLS12State) throws {
        server.issuesTicket = state == .waitTicketResumed
        try server.serverHello(resuming: session)
        if state == .waitTicketResumed || state == .waitChangeCipherSpecResumed { return try settle() }
        try server.changeCipherSpec()
        if state == .connectedResumed { try server.finished() }
        try settle()
    }

    /// Both sides have all there is.
    private mutating func settle() throws {
        try client.receive(try server.takeOutput())
        try server.receive(client.takeOutput())
    }

    /// Queues a well-formed message of `type`; the one that is due is right in every respect.
    mutating func queue(_ type: HandshakeType) throws {
        switch type {
        case .serverHello: try server.serverHello()
        case .certificate: try server.certificate()
        case .certificateStatus: try server.certificateStatus()
        case .serverKeyExchange:
            if server.suite.keyExchange == .rsa {
                server.queueRaw([12, 0, 0, 4, 3, 0, 29, 0])
            } else {
                try server.serverKeyExchange()
            }
        case .certificateRequest: try server.certificateRequest()
        case .serverHelloDone: try server.serverHelloDone()
        case .newSessionTicket: try server.newSessionTicket()
        case .helloRequest: try server.helloRequest()
        case .clientHello: server.queueRaw(try server.hello.message().encoded)
        case .finished: try server.finished()
        default: server.queueRaw([type.rawValue, 0, 0, 0])
        }
    }
}

@Suite("TLS 1.2: state × message")
struct TLS12StateTableTests {
    @Test(
        "T-01: RFC 5246 §7.3: exactly the messages of a TLS 1.2 handshake are taken in each state, others are refused",
        arguments: TLS12State.allCases, HandshakeType.named)
    func cell(_ state: TLS12State, _ type: HandshakeType) throws {
        var pair = try TLS12Pair.at(state)
        #expect(pair.client.connection.stateName == state.name)
        try pair.queue(type)
        guard !state.legal.contains(type) else {
            try pair.client.receive(try pair.server.takeOutput())
            #expect(pair.client.connection.stateName != nil)
            return
        }
        let error = try pair.refuses(.unexpectedMessage)
        guard case .handshake(.unexpected(type, let word, _)) = error?.reason else {
            Issue.record("expected an unexpected \(type) in \(state), found \(String(describing: error))")
            return
        }
        // Without a CertificateStatus the client is past WAIT_STATUS.
        #expect(word == (state == .waitStatus ? "WAIT_SKE" : state.name))
        #expect(pair.client.connection.stateName == nil)
        // T-01: nothing was accepted, and no key is there that application data could come under.
        #expect(pair.client.connection.isHandshakeComplete == (state.name == "CONNECTED"))
    }

    @Test(
        "RFC 5246 §7.4: a message type that does not exist is unexpected_message in every state",
        arguments: TLS12State.allCases)
    func unknownType(_ state: TLS12State) throws {
        var pair = try TLS12Pair.at(state)
        pair.server.queueRaw([99, 0, 0, 1, 0])
        try pair.refuses(.unexpectedMessage)
    }

    @Test("T-02: RFC 5246 §7.1: ChangeCipherSpec is taken in WAIT_CCS alone", arguments: TLS12State.allCases)
    func changeCipherSpec(_ state: TLS12State) throws {
        var pair = try TLS12Pair.at(state)
        try pair.server.sendRecord(.changeCipherSpec, [1])
        guard state.name != "WAIT_CCS" else {
            try pair.client.receive(try pair.server.takeOutput())
            #expect(pair.client.connection.stateName == "WAIT_FINISHED")
            return
        }
        try pair.refuses(.unexpectedMessage)
    }

    @Test("T-02: RFC 5246 §7.1: a ChangeCipherSpec before ServerHello ends a TLS 1.2 handshake")
    func beforeServerHello() throws {
        for range in [ProtocolVersion.tls12 ... .tls12, .tls12 ... .tls13] {
            var configuration = try TLS12Pair.configuration()
            configuration.versions = range
            var pair = try TLS12Pair(configuration)
            try pair.server.sendRecord(.changeCipherSpec, [1])
            try pair.server.answer()
            try pair.refuses(.unexpectedMessage)
        }
    }

    @Test("T-02: a second ChangeCipherSpec is refused, protected or in the clear", arguments: [true, false])
    func twice(_ isProtected: Bool) throws {
        let pair = try TLS12Pair.at(.waitChangeCipherSpec)
        try pair.server.changeCipherSpec(installsKey: isProtected)
        try pair.server.sendRecord(.changeCipherSpec, [1])
        let flight = try pair.server.takeOutput()
        let error = #expect(throws: TLSError.self) { try pair.client.receive(flight) }
        // In the clear it is a record that does not open.
        #expect(error?.alert == (isProtected ? .unexpectedMessage : .badRecordMAC))
    }

    @Test("T-02: a ChangeCipherSpec between the fragments of a message is refused", arguments: [1, 4, 10])
    func betweenFragments(_ split: Int) throws {
        var pair = try TLS12Pair.at(.waitTicket)
        let ticket = try TLS12NewSessionTicket(lifetimeHint: 1, ticket: [1, 2, 3, 4, 5, 6, 7, 8]).message().encoded
        try pair.server.sendRecord(.handshake, Array(ticket.prefix(split)))
        try pair.server.sendRecord(.changeCipherSpec, [1])
        try pair.server.sendRecord(.handshake, Array(ticket.dropFirst(split)))
        try pair.refuses(.unexpectedMessage)
    }

    @Test("T-02: the fragment of a message may not stand before the key change and its rest after it")
    func messageAcrossKeyChange() throws {
        var pair = try TLS12Pair.at(.waitChangeCipherSpec)
        try pair.server.sendRecord(.handshake, [20, 0])
        try pair.server.changeCipherSpec()
        try pair.server.sendRecord(.handshake, [0, 12] + [UInt8](repeating: 0, count: 12))
        try pair.refuses(.unexpectedMessage)
    }

    @Test(
        "T-02: RFC 5246 §7.1: a ChangeCipherSpec that is not the single octet 1 is refused",
        arguments: [[], [0], [2], [1, 1], [1, 0]] as [[UInt8]])
    func malformed(_ content: [UInt8]) throws {
        var pair = try TLS12Pair.at(.waitChangeCipherSpec)
        try pair.server.changeCipherSpec(content, installsKey: false)
        try pair.refuses(.unexpectedMessage)
    }

    @Test("T-01: SMACK: Finished without ChangeCipherSpec, under no key, is unexpected_message")
    func finishedInTheClear() throws {
        for state in [TLS12State.waitChangeCipherSpec, .waitChangeCipherSpecResumed] {
            var pair = try TLS12Pair.at(state)
            try pair.server.finished()
            try pair.refuses(.unexpectedMessage)
        }
    }

    @Test("T-01: application data before the server's Finished is unexpected_message", arguments: TLS12State.allCases)
    func earlyData(_ state: TLS12State) throws {
        guard state.name != "CONNECTED" else { return }
        var pair = try TLS12Pair.at(state)
        try pair.server.send([1, 2, 3])
        try pair.refuses(.unexpectedMessage)
    }

    @Test("T-02: CVE-2014-0224: after the key change a record in the clear, or under a key of nothing, does not open")
    func clearAfterKeyChange() throws {
        var pair = try TLS12Pair.at(.waitChangeCipherSpec)
        try pair.server.changeCipherSpec(installsKey: false)
        try pair.server.finished()
        try pair.refuses(.badRecordMAC)
        let injected = try TLS12Pair.at(.waitChangeCipherSpec)
        try injected.server.deriveMaster(premaster: [])
        try injected.server.changeCipherSpec()
        try injected.server.finished()
        let flight = try injected.server.takeOutput()
        let error = #expect(throws: TLSError.self) { try injected.client.receive(flight) }
        #expect(error?.alert == .badRecordMAC)
    }
}
