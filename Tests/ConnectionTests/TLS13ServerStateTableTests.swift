// TLS13ServerStateTableTests.swift — T-01: every server state against every handshake message.
// RFC 8446 App. A.2.

import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

/// A state of the server, by the RFC's word.
enum TLS13ServerState: String, CaseIterable, Sendable {
    case waitSecondClientHello = "WAIT_CH after HelloRetryRequest"
    case waitEndOfEarlyData = "WAIT_EOED"
    case waitCertificate = "WAIT_CERT"
    case waitCertificateVerify = "WAIT_CV"
    case waitFinished = "WAIT_FINISHED"
    case waitFinishedAfterEarlyData = "WAIT_FINISHED after early data"
    case connected = "CONNECTED"

    /// The RFC's word.
    var name: String {
        switch self {
        case .waitSecondClientHello: "WAIT_CH"
        case .waitFinishedAfterEarlyData: "WAIT_FINISHED"
        default: rawValue
        }
    }

    var legal: HandshakeType {
        switch self {
        case .waitSecondClientHello: .clientHello
        case .waitEndOfEarlyData: .endOfEarlyData
        case .waitCertificate: .certificate
        case .waitCertificateVerify: .certificateVerify
        case .waitFinished, .waitFinishedAfterEarlyData: .finished
        case .connected: .keyUpdate
        }
    }

    /// A server in this state, and a client that brought it there.
    func pair() throws -> TLS13ServerPair {
        var lab = try TLS13ServerLab(earlyData: 1000)
        let keys = self == .waitEndOfEarlyData || self == .waitFinishedAfterEarlyData ? try lab.keys() : []
        if self == .waitCertificate || self == .waitCertificateVerify {
            lab.configuration.clientAuthentication = .optional(
                ClientAuthenticationPolicy(trust: try TestCertificates.trust()))
        }
        var pair = try TLS13ServerPair(lab.configuration)
        switch self {
        case .waitSecondClientHello:
            pair.client.shareGroup = nil
            try pair.hello()
            pair.client.shareGroup = .x25519
        case .waitEndOfEarlyData, .waitFinishedAfterEarlyData:
            pair.client.keys = Array(keys.prefix(1))
            pair.client.offersEarlyData = true
            try pair.client.clientHello()
            try pair.client.startEarlyData()
            try pair.exchange()
            if self == .waitFinishedAfterEarlyData {
                try pair.client.endOfEarlyData()
                try pair.exchange()
            }
        case .waitCertificate, .waitFinished:
            try pair.hello()
        case .waitCertificateVerify:
            try pair.hello()
            try pair.client.certificate(try .clientP256())
            try pair.exchange()
        case .connected:
            try pair.hello()
            try pair.finish()
        }
        return pair
    }
}

extension TLS13ServerPair {
    /// Queues a well-formed message of `type`; the one that is due is right in every respect.
    mutating func queue(_ type: HandshakeType) throws {
        switch type {
        case .clientHello: try client.clientHello()
        case .endOfEarlyData: client.queue(try EndOfEarlyData().message())
        case .certificate: try client.certificate(try .clientP256())
        case .certificateVerify: try client.certificateVerify(try .clientP256())
        case .finished:
            guard client.isServerFinished else { return client.queueRaw([type.rawValue, 0, 0, 0]) }
            try client.finished(installsKey: false)
        case .keyUpdate: client.queueRaw(try KeyUpdate(.notRequested).message().encoded)
        case .newSessionTicket:
            let ticket = NewSessionTicket(
                lifetime: 1, ageAdd: 0, nonce: [], ticket: [1], extensions: ExtensionBlock())
            client.queueRaw(try ticket.message().encoded)
        default: client.queueRaw([type.rawValue, 0, 0, 0])
        }
    }
}

@Suite("TLS 1.3 server: state × message")
struct TLS13ServerStateTableTests {
    @Test(
        "T-01: exactly the message of RFC 8446 App. A.2 is taken in each state, the others are unexpected_message",
        arguments: TLS13ServerState.allCases, HandshakeType.named)
    func cell(_ state: TLS13ServerState, _ type: HandshakeType) throws {
        var pair = try state.pair()
        #expect(pair.server.connection.stateName == state.name)
        // A transcript that does not exist yet has nothing to sign.
        if type == .certificateVerify, state == .waitSecondClientHello {
            pair.client.queueRaw([type.rawValue, 0, 0, 4, 4, 3, 0, 0])
        } else {
            try pair.queue(type)
        }
        let flight = try pair.client.takeOutput()
        let eventsBefore = pair.server.events
        guard type != state.legal else {
            try pair.server.receive(flight)
            #expect(pair.server.connection.stateName != nil)
            return
        }
        let error = #expect(throws: TLSError.self) { try pair.server.receive(flight) }
        #expect(error?.alert == .unexpectedMessage)
        #expect(error?.origin == .local)
        guard case .handshake(.unexpected(type, let word, _)) = error?.reason else {
            Issue.record("expected an unexpected \(type) in \(state), found \(String(describing: error))")
            return
        }
        #expect(word == state.name)
        // Nothing was accepted after the wrong message, and the connection is failed for good.
        #expect(pair.server.events == eventsBefore)
        #expect(pair.server.connection.stateName == nil)
        #expect(throws: TLSError.self) { try pair.server.run() }
        #expect(try pair.client.receive(pair.server.takeOutput()) == [.alert(.unexpectedMessage)])
    }

    @Test(
        "RFC 8446 §4: a message type that does not exist is unexpected_message in every state",
        arguments: TLS13ServerState.allCases)
    func unknownType(_ state: TLS13ServerState) throws {
        let pair = try state.pair()
        pair.client.queueRaw([99, 0, 0, 1, 0])
        let flight = try pair.client.takeOutput()
        let error = #expect(throws: TLSError.self) { try pair.server.receive(flight) }
        #expect(error?.alert == .unexpectedMessage)
    }

    @Test(
        "RFC 8446 §5: application data is taken in CONNECTED alone, and as early data in WAIT_EOED",
        arguments: TLS13ServerState.allCases)
    func applicationData(_ state: TLS13ServerState) throws {
        let pair = try state.pair()
        try pair.client.send([1, 2, 3])
        let flight = try pair.client.takeOutput()
        switch state {
        case .connected:
            try pair.server.receive(flight)
            #expect(pair.server.events.last == .data([1, 2, 3]))
        case .waitEndOfEarlyData:
            try pair.server.receive(flight)
            #expect(pair.server.events == [.earlyData([1, 2, 3])])
        default:
            let error = #expect(throws: TLSError.self) { try pair.server.receive(flight) }
            #expect(error?.alert == .unexpectedMessage)
        }
    }

    @Test(
        "RFC 8446 §5.1: a message before a key change ends its record",
        arguments: [
            TLS13ServerState.waitSecondClientHello, .waitEndOfEarlyData, .waitFinished, .waitFinishedAfterEarlyData,
            .connected,
        ])
    func keyChangeInsideRecord(_ state: TLS13ServerState) throws {
        var pair = try state.pair()
        if state == .waitSecondClientHello {
            // The hello is flushed by itself: both messages have to be in one record.
            try pair.client.clientHello()
            let hello = try pair.client.takeOutput()
            try pair.client.sendRecord(.handshake, Array(hello.dropFirst(5)) + [20, 0, 0, 0])
        } else {
            try pair.queue(state.legal)
            pair.client.queueRaw([20, 0, 0, 0])
        }
        let flight = try pair.client.takeOutput()
        let error = #expect(throws: TLSError.self) { try pair.server.receive(flight) }
        #expect(error?.reason == .handshake(.keyChangeInsideRecord(state.legal)))
        #expect(error?.alert == .unexpectedMessage)
    }

    @Test(
        "T-02: ChangeCipherSpec is ignored between hellos and Finished, and refused after it, twice too often and protected"
    )
    func changeCipherSpec() throws {
        var honest = try TLS13ServerState.waitFinished.pair()
        try honest.server.receive([20, 3, 3, 0, 1, 1])
        try honest.finish()
        try honest.exchangeData()
        let late = #expect(throws: TLSError.self) { try honest.server.receive([20, 3, 3, 0, 1, 1]) }
        #expect(late?.alert == .unexpectedMessage)
        var flood = try TLS13ServerState.waitFinished.pair()
        let records = [[UInt8]](repeating: [20, 3, 3, 0, 1, 1], count: RecordLimits.changeCipherSpecs + 1).flatMap {
            $0
        }
        #expect(try flood.refusal(records).alert == .unexpectedMessage)
        var other = try TLS13ServerState.waitFinished.pair()
        #expect(try other.refusal([20, 3, 3, 0, 1, 2]).alert == .unexpectedMessage)
        var protected = try TLS13ServerState.waitFinished.pair()
        try protected.client.sendRecord(.changeCipherSpec, [1])
        #expect(try protected.refusal().alert == .unexpectedMessage)
    }

    @Test("T-22: more than 32 KeyUpdates in a row end the connection; up to 32 get one answer")
    func keyUpdates() throws {
        var pair = try TLS13ServerState.connected.pair()
        for _ in 0..<RecordLimits.postHandshakeMessages { try pair.client.keyUpdate(.requested) }
        try pair.exchange()
        #expect(pair.server.connection.info.keyUpdatesReceived == RecordLimits.postHandshakeMessages)
        try pair.exchangeData()
        #expect(pair.server.connection.info.keyUpdatesSent == 1)
        // One more for the record that our server sent.
        for _ in 0...RecordLimits.postHandshakeMessages + 1 { try pair.client.keyUpdate(.notRequested) }
        let flight = try pair.client.takeOutput()
        let error = #expect(throws: TLSError.self) { try pair.server.receive(flight) }
        #expect(error?.alert == .unexpectedMessage)
    }

    @Test("T-22: RFC 8446 §4.6.3: a client that only reads may ask for a key with each record that it gets")
    func keyUpdatesOfAReader() throws {
        var pair = try TLS13ServerState.connected.pair()
        let records = 3 * RecordLimits.postHandshakeMessages
        for _ in 0..<records { try pair.server.send([1]) }
        for _ in 0..<records { try pair.client.keyUpdate(.requested) }
        try pair.exchange()
        #expect(pair.server.connection.info.keyUpdatesReceived == records)
        for _ in 0...RecordLimits.postHandshakeMessages { try pair.client.keyUpdate(.requested) }
        let flight = try pair.client.takeOutput()
        let error = #expect(throws: TLSError.self) { try pair.server.receive(flight) }
        #expect(error?.alert == .unexpectedMessage)
    }

    @Test("RFC 8446 §4.6.3: KeyUpdate in both directions; a value other than 0 and 1 is illegal_parameter")
    func keyUpdate() throws {
        var pair = try TLS13ServerState.connected.pair()
        try pair.client.keyUpdate(.requested)
        try pair.exchangeData()
        #expect(pair.server.connection.info.keyUpdatesSent == 1)
        try pair.server.updateKeys(requestPeer: true)
        try pair.exchange()
        try pair.client.keyUpdate(.notRequested)
        try pair.exchangeData()
        #expect(pair.server.connection.info.keyUpdatesReceived == 2)
        try pair.client.sendRecord(.handshake, [24, 0, 0, 1, 2])
        let flight = try pair.client.takeOutput()
        let error = #expect(throws: TLSError.self) { try pair.server.receive(flight) }
        #expect(error?.alert == .illegalParameter)
    }
}
