// TLS12Pair.swift — the client and the scripted TLS 1.2 server, and the octets between them.
// RFC 5246 §7.3.
// Next: TLS12HandshakeTests.swift.

import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

/// A server's certificate and the scheme it signs with.
enum ServerKind: String, CaseIterable, Sendable {
    case p256, p384, ed25519, rsaPSS256, rsaPSS384, rsaPSS512, rsaPKCS256, rsaPKCS384, rsaPKCS512, rsaEncipherment

    func identity() throws -> TestIdentity {
        switch self {
        case .p256: try .serverP256()
        case .p384: try .serverP384()
        case .ed25519: try .serverEd25519()
        case .rsaPSS256: try .named("server-rsa2048", .rsaPSSRSAESHA256)
        case .rsaPSS384: try .named("server-rsa2048", .rsaPSSRSAESHA384)
        case .rsaPSS512: try .named("server-rsa2048", .rsaPSSRSAESHA512)
        case .rsaPKCS256: try .named("server-rsa2048", .rsaPKCS1SHA256)
        case .rsaPKCS384: try .named("server-rsa2048", .rsaPKCS1SHA384)
        case .rsaPKCS512: try .named("server-rsa2048", .rsaPKCS1SHA512)
        case .rsaEncipherment: try .serverRSAEncipherment()
        }
    }

    /// The kinds that can serve a suite.
    static func fitting(_ suite: CipherSuite) -> [ServerKind] {
        switch TLS12Suite(suite)?.keyExchange {
        case .ecdheECDSA: [.p256, .p384, .ed25519]
        case .ecdheRSA: [.rsaPSS256, .rsaPSS384, .rsaPSS512, .rsaPKCS256, .rsaPKCS384, .rsaPKCS512]
        case .dheRSA: [.rsaPSS256, .rsaPKCS256]
        case .rsa: [.rsaEncipherment]
        case nil: []
        }
    }

    static func first(_ suite: CipherSuite) throws -> TestIdentity {
        try (fitting(suite).first ?? .p256).identity()
    }
}

/// Client and server, and the octets between them.
struct TLS12Pair: ~Copyable {
    static let suites: [CipherSuite] = TLS12Suite.table.map(\.code)

    var client: TestClient
    var server: ScriptedServer12

    init(
        _ configuration: ClientConfiguration? = nil, identity: TestIdentity? = nil,
        suite: CipherSuite = .tlsECDHEECDSAWithAES128GCMSHA256, group: NamedGroup = .x25519,
        dhGroup: DHGroup = .ffdhe2048, name: String = "localhost"
    ) throws {
        let configuration = try configuration ?? TLS12Pair.configuration()
        let client = try TestClient(configuration, identity: try ReferenceIdentity(name))
        server = try ScriptedServer12.accepting(
            client.takeOutput(), identity: identity ?? ServerKind.first(suite), suite: suite, group: group,
            dhGroup: dhGroup)
        self.client = client
    }

    /// Everything there is, the weak suites too, with sessions kept and a stapled response asked for.
    static func configuration(
        store: (any SessionStore)? = MemorySessionStore(entries: 16)
    ) throws -> ClientConfiguration {
        var configuration = try TestClient.configuration()
        configuration.acceptedTLS12Weaknesses = Set(TLS12Weakness.allCases)
        configuration.cipherSuites = configuration.cipherSuites.filter { TLS13Suite($0) != nil } + suites
        configuration.sessionStore = store
        configuration.requestsCertificateStatus = true
        // What is stapled here is no OCSP response.
        configuration.pathPolicy.revocation.mode = .off
        return configuration
    }

    /// The client's second flight and the server's.
    mutating func finish() throws {
        try client.receive(try server.takeOutput())
        try server.receive(client.takeOutput())
        try server.finish()
        try client.receive(try server.takeOutput())
    }

    /// A full handshake from one end to the other.
    mutating func connect(requestsCertificate: Bool = false) throws {
        try server.answer(requestsCertificate: requestsCertificate)
        try finish()
    }

    /// An abbreviated handshake.
    mutating func resume(_ session: ScriptedSession12) throws {
        try server.resume(session)
        try client.receive(try server.takeOutput())
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

    /// The alerts the client sent since its output was last taken, opened by the server.
    mutating func alerts() throws -> [AlertDescription] {
        try server.receive(client.takeOutput()).compactMap { received in
            if case .alert(let alert) = received { return alert }
            return nil
        }
    }

    /// Hands the server's output to the client, which has to refuse it with this alert; the alert has to reach the server.
    @discardableResult
    mutating func refuses(
        _ alert: AlertDescription, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> TLSError? {
        let flight = try server.takeOutput()
        let before = client.events
        let error = #expect(throws: TLSError.self, sourceLocation: sourceLocation) { try client.receive(flight) }
        #expect(error?.alert == alert, "\(String(describing: error))", sourceLocation: sourceLocation)
        #expect(error?.origin == .local, sourceLocation: sourceLocation)
        #expect(client.events == before, "nothing is delivered", sourceLocation: sourceLocation)
        #expect(try alerts() == [alert], sourceLocation: sourceLocation)
        // Failed for good, and nothing more is sent.
        let again = #expect(throws: TLSError.self, sourceLocation: sourceLocation) { try client.run() }
        #expect(again == error, sourceLocation: sourceLocation)
        #expect(client.takeOutput().isEmpty, sourceLocation: sourceLocation)
        #expect(error?.explanation.outcome == .refused, sourceLocation: sourceLocation)
        #expect(error?.explanation.rule.isEmpty == false, sourceLocation: sourceLocation)
        return error
    }

    /// A pair whose ServerHello is edited and queued.
    static func serverHello(
        _ configuration: ClientConfiguration? = nil, suite: CipherSuite = .tlsECDHEECDSAWithAES128GCMSHA256,
        _ edit: (inout ServerHello) -> Void
    ) throws -> TLS12Pair {
        let pair = try TLS12Pair(configuration, suite: suite)
        try pair.server.serverHello(resuming: nil, edit)
        return pair
    }
}
