// EarlyCloseTests.swift — a connection that is closed, refused or poisoned before it is there: nothing in the clear, nothing kept.
// RFC 8446 §5.1, §6.1; RFC 5246 §7.2.1, §7.4.1.1; RFC 7301 §3.2; RFC 5077 §3.3.

import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("Closed early")
struct EarlyCloseTests {
    @Test("RFC 8446 §5.1, §6.1: data that waited for the handshake is never sent after close, in no version")
    func dataThatWaits() throws {
        let secret = Array("not for the wire".utf8)
        let client = try TestClient(
            try TestClient.configuration(), identity: try ReferenceIdentity("localhost"), earlyData: secret)
        let server = try ScriptedServer.accepting(client.takeOutput())
        client.close()
        let closing = client.takeOutput()
        #expect(closing.first == 21)
        try server.answer()
        try client.receive(try server.takeOutput())
        #expect(client.takeOutput().isEmpty)
        #expect(client.connection.info.earlyData == .rejected)

        let configuration = try TLS12Pair.configuration()
        let older = try TestClient(configuration, identity: try ReferenceIdentity("localhost"), earlyData: secret)
        let olderServer = try ScriptedServer12.accepting(
            older.takeOutput(), identity: .serverP256(), suite: .tlsECDHEECDSAWithAES128GCMSHA256)
        older.close()
        _ = older.takeOutput()
        try olderServer.answer()
        try older.receive(try olderServer.takeOutput())
        #expect(older.takeOutput().isEmpty)
    }

    @Test("RFC 8446 §6.1: a signature that comes after close sends nothing")
    func signatureAfterClose() throws {
        let identity = try TestIdentity.clientP256()
        var configuration = try TestClient.configuration()
        configuration.credentials = .fixed([
            try Credential(
                certificates: identity.certificates, externalSchemes: [.ecdsaSecp256r1SHA256])
        ])
        let client = try TestClient(configuration, identity: try ReferenceIdentity("localhost"))
        let server = try ScriptedServer.accepting(client.takeOutput())
        client.close()
        _ = client.takeOutput()
        try server.answer(requestsCertificate: true)
        try client.receive(try server.takeOutput())
        #expect(client.events == [.wantsSignature])
        try client.resume(.signature([1, 2, 3]))
        #expect(client.takeOutput().isEmpty)
    }

    @Test(
        "RFC 7301 §3.2: a required protocol that the server does not select ends the handshake before any data goes out"
    )
    func requiredProtocol() throws {
        var configuration = try TestClient.configuration()
        configuration.alpnProtocols = ["h2"]
        configuration.requiresALPN = true
        let client = try TestClient(
            configuration, identity: try ReferenceIdentity("localhost"), earlyData: Array("for h2 alone".utf8))
        let server = try ScriptedServer.accepting(client.takeOutput())
        try server.answer()
        let flight = try server.takeOutput()
        let error = #expect(throws: TLSError.self) { try client.receive(flight) }
        #expect(error?.alert == .noApplicationProtocol)
        #expect(error?.explanation.topic == .alpn)
        let received = try server.receive(client.takeOutput())
        #expect(received.contains(.alert(.noApplicationProtocol)))
        for item in received {
            if case .data = item { Issue.record("data went out") }
        }
    }

    @Test("RFC 5077 §3.3: a ticket that is too long to be offered is not kept; a logged master secret neither")
    func notKept() throws {
        let store = MemorySessionStore(entries: 16)
        let configuration = try TLS12Pair.configuration(store: store)
        var long = try TLS12Pair(configuration)
        long.server.issuesTicket = true
        long.server.ticket = [UInt8](repeating: 7, count: 65_000)
        try long.connect()
        #expect(long.client.events == [.handshakeComplete])
        #expect(store.count == 0)
        var logged = configuration
        logged.keyLog = LabelLog()
        var pair = try TLS12Pair(logged)
        pair.server.issuesTicket = true
        pair.server.ticket = [1]
        try pair.connect()
        #expect(store.count == 0)
    }

    @Test("RFC 5246 §7.4.1.1: a HelloRequest before ServerHello is ignored, and in no transcript")
    func earlyHelloRequest() throws {
        var pair = try TLS12Pair()
        try pair.client.receive([22, 3, 3, 0, 4, 0, 0, 0, 0])
        try pair.connect()
        #expect(pair.client.events == [.handshakeComplete])
    }

    @Test("RFC 8446 §4.1.3: a ServerHello whose legacy_version is not TLS 1.2 is illegal_parameter")
    func legacyVersion() throws {
        for version in [ProtocolVersion.tls10, .tls13] {
            var pair = try InMemoryPair()
            try pair.server.serverHello(installsKeys: false) { $0.legacyVersion = version }
            let error = try pair.refuses(.illegalParameter)
            #expect(error?.reason == .handshake(.peerMisbehaved(.wrongLegacyVersion(version))))
        }
    }
}
