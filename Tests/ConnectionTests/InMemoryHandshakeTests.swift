// InMemoryHandshakeTests.swift — whole handshakes between the client and the scripted server, no socket.

import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

/// Client and server, and the octets between them.
struct InMemoryPair: ~Copyable {
    var client: TestClient
    var server: ScriptedServer

    init(
        _ configuration: ClientConfiguration? = nil, identity: TestIdentity? = nil,
        suite: CipherSuite = .tlsAES128GCMSHA256, group: NamedGroup = .x25519, name: String = "localhost"
    ) throws {
        let configuration = try configuration ?? TestClient.configuration()
        let client = try TestClient(configuration, identity: try ReferenceIdentity(name))
        server = try ScriptedServer.accepting(client.takeOutput(), identity: identity, suite: suite, group: group)
        self.client = client
    }

    /// The octets of an honest server's flight.
    mutating func answer(requestsCertificate: Bool = false, alpn: String? = nil) throws -> [UInt8] {
        try server.answer(requestsCertificate: requestsCertificate, alpn: alpn)
        return try server.takeOutput()
    }

    /// A handshake from one end to the other.
    mutating func connect() throws {
        try client.receive(try answer())
        try server.receive(client.takeOutput())
    }

    /// Data both ways.
    mutating func exchange(_ text: String = "ping") throws {
        try client.send(Array(text.utf8))
        let received = try server.receive(client.takeOutput())
        #expect(received == [.data(Array(text.utf8))])
        try server.send(Array(text.utf8))
        let before = client.data.count
        try client.receive(try server.takeOutput())
        #expect(Array(client.data.dropFirst(before)) == Array(text.utf8))
    }
}

@Suite("Handshakes in memory")
struct InMemoryHandshakeTests {
    static let suites: [CipherSuite] = CipherSuite.named.filter { TLS13Suite($0) != nil }

    @Test("RFC 8446 §2: every cipher suite leads to protected data both ways", arguments: suites)
    func everySuite(_ suite: CipherSuite) throws {
        var configuration = try TestClient.configuration()
        configuration.cipherSuites = [suite]
        var pair = try InMemoryPair(configuration, suite: suite)
        try pair.connect()
        #expect(pair.client.events == [.handshakeComplete])
        #expect(pair.server.isClientFinished == true)
        #expect(pair.client.connection.info.cipherSuite == suite)
        try pair.exchange()
    }

    @Test("RFC 8446 §4.2.8: every group leads to protected data both ways", arguments: NamedGroup.named)
    func everyGroup(_ group: NamedGroup) throws {
        var configuration = try TestClient.configuration()
        configuration.groups = [group]
        configuration.keyShareGroups = [group]
        var pair = try InMemoryPair(configuration, group: group)
        try pair.connect()
        #expect(pair.client.connection.info.group == group)
        try pair.exchange()
    }

    @Test("RFC 8446 §4.1.4: a HelloRetryRequest leads to a second hello with the group asked for, and the cookie")
    func helloRetry() throws {
        var pair = try InMemoryPair(group: .secp256r1)
        let cookie: [UInt8] = [9, 8, 7]
        try pair.server.helloRetryRequest(group: .secp256r1, cookie: cookie)
        try pair.client.receive(try pair.server.takeOutput())
        try pair.server.receiveSecondHello(pair.client.takeOutput())
        let body = try #require(pair.server.hello.extensions.body(of: .cookie))
        #expect(try CookieExtension.parseClientHello(body.span) == cookie)
        try pair.connect()
        #expect(pair.client.connection.info.helloRetried == true)
        #expect(pair.client.connection.info.group == .secp256r1)
        try pair.exchange()
    }

    @Test("RFC 8446 §4.4.2: a client certificate is sent and proven when it is asked for")
    func clientCertificate() throws {
        var configuration = try TestClient.configuration()
        let own = try TestIdentity.clientP256()
        configuration.credentials = .fixed([try Credential(certificates: own.certificates, key: own.key)])
        var pair = try InMemoryPair(configuration)
        try pair.client.receive(try pair.answer(requestsCertificate: true))
        let received = try pair.server.receive(pair.client.takeOutput())
        let types = received.compactMap { item -> HandshakeType? in
            if case .handshake(let message) = item { return message.type }
            return nil
        }
        #expect(types == [.certificate, .certificateVerify, .finished])
        #expect(pair.client.connection.info.clientCertificateSent == true)
        try pair.exchange()
    }
}
