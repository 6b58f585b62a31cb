// TLS12ServerStateTableTests.swift — T-01, T-02: every TLS 1.2 server state against every message and ChangeCipherSpec.
// RFC 5246 §7.1, §7.3; RFC 5746 §4.5.
// Next: TLS12ServerHandshakeTests.swift.

import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

/// A state of the TLS 1.2 server after its first flight, and how it was come to.
enum TLS12ServerState: String, CaseIterable, Sendable {
    case waitCertificate = "WAIT_CERT"
    case waitKeyExchange = "WAIT_CKE"
    case waitKeyExchangeRSA = "WAIT_CKE of static RSA"
    case waitKeyExchangeDHE = "WAIT_CKE of DHE"
    case waitKeyExchangeAfterCertificate = "WAIT_CKE after Certificate"
    case waitKeyExchangeAfterEmptyList = "WAIT_CKE after an empty list"
    case waitVerify = "WAIT_CV"
    case waitChangeCipherSpec = "WAIT_CCS"
    case waitChangeCipherSpecAfterVerify = "WAIT_CCS after CertificateVerify"
    case waitFinished = "WAIT_FINISHED"
    case waitChangeCipherSpecResumed = "WAIT_CCS of an abbreviated handshake"
    case waitFinishedResumed = "WAIT_FINISHED of an abbreviated handshake"
    case connected = "CONNECTED"
    case connectedResumed = "CONNECTED after an abbreviated handshake"

    /// The server's word.
    var name: String { String(rawValue.prefix { $0 != " " }) }

    /// What may come.
    var legal: Set<HandshakeType> {
        switch self {
        case .waitCertificate: [.certificate]
        case .waitKeyExchange, .waitKeyExchangeRSA, .waitKeyExchangeDHE, .waitKeyExchangeAfterCertificate,
            .waitKeyExchangeAfterEmptyList:
            [.clientKeyExchange]
        case .waitVerify: [.certificateVerify]
        case .waitChangeCipherSpec, .waitChangeCipherSpecAfterVerify, .waitChangeCipherSpecResumed: []
        case .waitFinished, .waitFinishedResumed: [.finished]
        // RFC 5746 §4.5: refused with a warning.
        case .connected, .connectedResumed: [.clientHello]
        }
    }

    var isResumed: Bool {
        switch self {
        case .waitChangeCipherSpecResumed, .waitFinishedResumed, .connectedResumed: true
        default: false
        }
    }

    /// The client has a certificate.
    var isCertified: Bool {
        switch self {
        case .waitKeyExchangeAfterCertificate, .waitVerify, .waitChangeCipherSpecAfterVerify: true
        default: false
        }
    }

    var suite: CipherSuite {
        switch self {
        case .waitKeyExchangeRSA: .tlsRSAWithAES128GCMSHA256
        case .waitKeyExchangeDHE: .tlsDHERSAWithAES128GCMSHA256
        default: TLS12ServerPair.suite
        }
    }
}

extension TLS12ServerPair {
    /// A pair whose server is in `state`; every message before it was right.
    static func at(_ state: TLS12ServerState) throws -> TLS12ServerPair {
        if state.isResumed { return try resumed(at: state) }
        let asks = state.isCertified || state == .waitCertificate || state == .waitKeyExchangeAfterEmptyList
        var pair = try TLS12ServerPair(
            asks ? asking(isRequired: false) : configuration(), suites: [state.suite])
        if state.isCertified { pair.client.identity = try .clientP256() }
        try pair.greet()
        try pair.advance(to: state)
        return pair
    }

    private mutating func advance(to state: TLS12ServerState) throws {
        switch state {
        case .waitCertificate, .waitKeyExchange, .waitKeyExchangeRSA, .waitKeyExchangeDHE: return
        default: break
        }
        if client.certificateRequest != nil { try client.certificate() }
        if state == .waitKeyExchangeAfterCertificate || state == .waitKeyExchangeAfterEmptyList { return try settle() }
        try client.clientKeyExchange()
        if state == .waitVerify { return try settle() }
        if state == .waitChangeCipherSpecAfterVerify { try client.certificateVerify() }
        if state.name == "WAIT_CCS" { return try settle() }
        try client.changeCipherSpec()
        if state == .waitFinished { return try settle() }
        try client.finished()
        try settle()
    }

    private static func resumed(at state: TLS12ServerState) throws -> TLS12ServerPair {
        let configuration = try ticketConfiguration()
        var first = try TLS12ServerPair(configuration)
        first.client.offeredTicket = []
        try first.connect()
        var pair = try TLS12ServerPair(configuration)
        pair.offer(try first.client.session())
        try pair.greet()
        if state == .waitChangeCipherSpecResumed { return pair }
        try pair.client.changeCipherSpec()
        if state == .connectedResumed { try pair.client.finished() }
        try pair.settle()
        return pair
    }

    /// Queues a well-formed message of `type`; the one that is due is right in every respect.
    mutating func queue(_ type: HandshakeType) throws {
        switch type {
        case .clientHello: client.queueRaw(try client.hello.message().encoded)
        case .certificate: try client.certificate()
        case .clientKeyExchange:
            // In an abbreviated handshake there is nothing to agree with.
            if client.serverCertificates.isEmpty {
                client.queueRaw([type.rawValue, 0, 0, 2, 1, 4])
            } else {
                try client.clientKeyExchange()
            }
        case .certificateVerify:
            if client.identity == nil { client.identity = try .clientP256() }
            try client.certificateVerify()
        case .finished: try client.finished()
        default: client.queueRaw([type.rawValue, 0, 0, 0])
        }
    }
}

@Suite("TLS 1.2 server: state × message")
struct TLS12ServerStateTableTests {
    @Test(
        "T-01: RFC 5246 §7.3: exactly the messages of a TLS 1.2 handshake are taken in each server state",
        arguments: TLS12ServerState.allCases, HandshakeType.named)
    func cell(_ state: TLS12ServerState, _ type: HandshakeType) throws {
        var pair = try TLS12ServerPair.at(state)
        #expect(pair.server.connection.stateName == state.name)
        try pair.queue(type)
        guard !state.legal.contains(type) else {
            try pair.settle()
            #expect(pair.server.connection.stateName != nil)
            return
        }
        let error = try pair.refuses(.unexpectedMessage)
        guard case .handshake(.unexpected(type, state.name, _)) = error?.reason else {
            Issue.record("expected an unexpected \(type) in \(state), found \(String(describing: error))")
            return
        }
        #expect(pair.server.connection.stateName == nil)
        // T-01: nothing was accepted, and no key is there that application data could come under.
        #expect(pair.server.connection.isHandshakeComplete == (state.name == "CONNECTED"))
    }

    @Test(
        "RFC 5246 §7.4: a message type that does not exist is unexpected_message in every server state",
        arguments: TLS12ServerState.allCases)
    func unknownType(_ state: TLS12ServerState) throws {
        var pair = try TLS12ServerPair.at(state)
        pair.client.queueRaw([99, 0, 0, 1, 0])
        try pair.refuses(.unexpectedMessage)
    }

    @Test(
        "T-02: RFC 5246 §7.1: a server takes ChangeCipherSpec in WAIT_CCS alone, so never before ClientKeyExchange",
        arguments: TLS12ServerState.allCases)
    func changeCipherSpec(_ state: TLS12ServerState) throws {
        var pair = try TLS12ServerPair.at(state)
        try pair.client.sendRecord(.changeCipherSpec, [1])
        guard state.name != "WAIT_CCS" else {
            try pair.settle()
            #expect(pair.server.connection.stateName == "WAIT_FINISHED")
            return
        }
        try pair.refuses(.unexpectedMessage)
    }

    @Test(
        "T-02: a second ChangeCipherSpec is refused by a server, protected or in the clear", arguments: [true, false])
    func twice(_ isProtected: Bool) throws {
        var pair = try TLS12ServerPair.at(.waitChangeCipherSpec)
        try pair.client.changeCipherSpec(installsKey: isProtected)
        try pair.client.sendRecord(.changeCipherSpec, [1])
        // In the clear it is a record that does not open.
        try pair.refuses(isProtected ? .unexpectedMessage : .badRecordMAC)
    }

    @Test("T-02: a ChangeCipherSpec between the fragments of a client's message is refused", arguments: [1, 4, 10])
    func betweenFragments(_ split: Int) throws {
        var pair = try TLS12ServerPair.at(.waitKeyExchange)
        let message: [UInt8] = [16, 0, 0, 33, 32] + [UInt8](repeating: 9, count: 32)
        try pair.client.sendRecord(.handshake, Array(message.prefix(split)))
        try pair.client.sendRecord(.changeCipherSpec, [1])
        try pair.client.sendRecord(.handshake, Array(message.dropFirst(split)))
        try pair.refuses(.unexpectedMessage)
    }

    @Test("T-02: a client's Finished may not begin before the key change and end after it")
    func messageAcrossKeyChange() throws {
        var pair = try TLS12ServerPair.at(.waitChangeCipherSpec)
        try pair.client.sendRecord(.handshake, [20, 0])
        try pair.client.changeCipherSpec()
        try pair.client.sendRecord(.handshake, [0, 12] + [UInt8](repeating: 0, count: 12))
        try pair.refuses(.unexpectedMessage)
    }

    @Test(
        "T-02: RFC 5246 §7.1: a client's ChangeCipherSpec that is not the single octet 1 is refused",
        arguments: [[], [0], [2], [1, 1], [1, 0]] as [[UInt8]])
    func malformed(_ content: [UInt8]) throws {
        var pair = try TLS12ServerPair.at(.waitChangeCipherSpec)
        try pair.client.changeCipherSpec(content, installsKey: false)
        try pair.refuses(.unexpectedMessage)
    }

    @Test("T-01: SMACK: a client's Finished without ChangeCipherSpec, under no key, is unexpected_message")
    func finishedInTheClear() throws {
        for state in [TLS12ServerState.waitChangeCipherSpec, .waitChangeCipherSpecResumed] {
            var pair = try TLS12ServerPair.at(state)
            try pair.client.finished()
            try pair.refuses(.unexpectedMessage)
        }
    }

    @Test(
        "T-01: SMACK: a client that skips CertificateVerify, or its Certificate, is refused",
        arguments: [true, false])
    func skippedProof(_ skipsCertificate: Bool) throws {
        var pair = try TLS12ServerPair.at(skipsCertificate ? .waitCertificate : .waitVerify)
        if skipsCertificate { try pair.client.clientKeyExchange() }
        try pair.client.finish()
        try pair.refuses(.unexpectedMessage)
    }

    @Test(
        "T-01: application data before the client's Finished is unexpected_message",
        arguments: TLS12ServerState.allCases)
    func earlyData(_ state: TLS12ServerState) throws {
        guard state.name != "CONNECTED" else { return }
        var pair = try TLS12ServerPair.at(state)
        try pair.client.send([1, 2, 3])
        try pair.refuses(.unexpectedMessage)
    }

    @Test(
        "T-02: CVE-2014-0224: after the client's key change a record in the clear, or under a key of nothing, is refused"
    )
    func clearAfterKeyChange() throws {
        var pair = try TLS12ServerPair.at(.waitChangeCipherSpec)
        try pair.client.changeCipherSpec(installsKey: false)
        try pair.client.finished()
        try pair.refuses(.badRecordMAC)
        var injected = try TLS12ServerPair.at(.waitChangeCipherSpec)
        try injected.client.deriveMaster(premaster: [])
        try injected.client.changeCipherSpec()
        try injected.client.finished()
        try injected.refuses(.badRecordMAC)
    }

    @Test(
        "T-13: RFC 5746 §4.5: a renegotiation is refused with a warning, and the connection goes on; a second ends it",
        arguments: [TLS12ServerState.connected, .connectedResumed])
    func renegotiation(_ state: TLS12ServerState) throws {
        var pair = try TLS12ServerPair.at(state)
        pair.client.queueRaw(try pair.client.hello.message().encoded)
        try pair.server.receive(try pair.client.takeOutput())
        #expect(try pair.alerts() == [.noRenegotiation])
        #expect(pair.client.alertLevels == [1])
        try pair.exchange()
        pair.client.queueRaw(try pair.client.hello.message().encoded)
        try pair.refuses(.unexpectedMessage)
        #expect(pair.client.alertLevels == [1, 2])
    }
}
