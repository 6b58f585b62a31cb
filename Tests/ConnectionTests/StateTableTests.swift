// StateTableTests.swift — T-01: every client state against every handshake message.
// RFC 8446 App. A.1.

import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

/// A state of the client, by the RFC's word.
enum ClientState: String, CaseIterable, Sendable {
    case waitServerHello = "WAIT_SH"
    case waitServerHelloAfterRetry = "WAIT_SH after HelloRetryRequest"
    case waitEncryptedExtensions = "WAIT_EE"
    case waitCertificateOrRequest = "WAIT_CERT_CR"
    case waitCertificate = "WAIT_CERT"
    case waitCertificateVerify = "WAIT_CV"
    case waitFinished = "WAIT_FINISHED"
    case connected = "CONNECTED"

    /// The RFC's word.
    var name: String { self == .waitServerHelloAfterRetry ? "WAIT_SH" : rawValue }

    /// RFC 8446 App. A.1: what may come. WAIT_CERT_CR has two; CONNECTED has the post-handshake messages of §4.6.
    var legal: Set<HandshakeType> {
        switch self {
        case .waitServerHello, .waitServerHelloAfterRetry: [.serverHello]
        case .waitEncryptedExtensions: [.encryptedExtensions]
        case .waitCertificateOrRequest: [.certificate, .certificateRequest]
        case .waitCertificate: [.certificate]
        case .waitCertificateVerify: [.certificateVerify]
        case .waitFinished: [.finished]
        case .connected: [.newSessionTicket, .keyUpdate]
        }
    }
}

extension InMemoryPair {
    /// Takes the client to `state`; every message before it was right.
    mutating func advance(to state: ClientState) throws {
        if state == .waitServerHello { return }
        if state == .waitServerHelloAfterRetry {
            try server.helloRetryRequest(group: .secp384r1)
            try client.receive(try server.takeOutput())
            return try server.receiveSecondHello(client.takeOutput())
        }
        try server.serverHello()
        if state != .waitEncryptedExtensions { try server.encryptedExtensions() }
        if state == .waitCertificate { try server.certificateRequest() }
        if state == .waitCertificateVerify || state == .waitFinished || state == .connected { try server.certificate() }
        if state == .waitFinished || state == .connected { try server.certificateVerify() }
        if state == .connected { try server.finished() }
        try client.receive(try server.takeOutput())
        if state == .connected { try server.receive(client.takeOutput()) }
    }

    /// Queues a well-formed message of `type`; the one that is due is right in every respect.
    mutating func queue(_ type: HandshakeType) throws {
        switch type {
        case .serverHello: try server.serverHello(installsKeys: false)
        case .encryptedExtensions: try server.encryptedExtensions()
        case .certificateRequest: try server.certificateRequest()
        case .certificate: try server.certificate()
        case .certificateVerify: try server.certificateVerify()
        case .newSessionTicket: try server.newSessionTicket()
        case .keyUpdate: try server.queueRaw(KeyUpdate(.notRequested).message().encoded)
        case .clientHello: server.queueRaw(try server.hello.message().encoded)
        default: server.queueRaw([type.rawValue, 0, 0, 0])
        }
    }
}

@Suite("State × message")
struct StateTableTests {
    @Test(
        "T-01: exactly the messages of RFC 8446 App. A.1 are taken in each state, the others are unexpected_message",
        arguments: ClientState.allCases, HandshakeType.named)
    func cell(_ state: ClientState, _ type: HandshakeType) throws {
        // Who offers TLS 1.2 too has to bear a HelloRequest at the beginning.
        var configuration = try TestClient.configuration()
        configuration.versions = .tls13 ... .tls13
        var pair = try InMemoryPair(configuration)
        try pair.advance(to: state)
        #expect(pair.client.connection.stateName == state.name)
        if type == .finished, state == .waitFinished {
            try pair.server.finished(installsKeys: false)
        } else {
            try pair.queue(type)
        }
        let flight = try pair.server.takeOutput()
        let eventsBefore = pair.client.events
        guard !state.legal.contains(type) else {
            try pair.client.receive(flight)
            #expect(pair.client.connection.stateName != nil)
            return
        }
        let error = #expect(throws: TLSError.self) { try pair.client.receive(flight) }
        #expect(error?.alert == .unexpectedMessage)
        #expect(error?.origin == .local)
        guard case .handshake(.unexpected(type, let word, _)) = error?.reason else {
            Issue.record("expected an unexpected \(type) in \(state), found \(String(describing: error))")
            return
        }
        #expect(word == state.name)
        // Nothing was accepted after the wrong message, and the connection is failed for good.
        #expect(pair.client.events == eventsBefore)
        #expect(pair.client.connection.stateName == nil)
        #expect(throws: TLSError.self) { try pair.client.run() }
        #expect(try pair.alerts() == [.unexpectedMessage])
    }

    @Test(
        "RFC 8446 §4: a message type that does not exist is unexpected_message in every state",
        arguments: ClientState.allCases)
    func unknownType(_ state: ClientState) throws {
        var pair = try InMemoryPair()
        try pair.advance(to: state)
        pair.server.queueRaw([99, 0, 0, 1, 0])
        let flight = try pair.server.takeOutput()
        let error = #expect(throws: TLSError.self) { try pair.client.receive(flight) }
        #expect(error?.alert == .unexpectedMessage)
    }
}

extension InMemoryPair {
    /// The alerts the client sent since its output was last taken, opened by the server.
    mutating func alerts() throws -> [AlertDescription] {
        try server.receive(client.takeOutput()).compactMap { received in
            if case .alert(let alert) = received { return alert }
            return nil
        }
    }
}
