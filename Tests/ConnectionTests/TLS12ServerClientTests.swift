// TLS12ServerClientTests.swift — the library's own client at its own server, in TLS 1.2.
// RFC 5246 §7.3.

import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("TLS 1.2: the library's client at its server")
struct TLS12ServerClientTests {
    private struct Ends: ~Copyable {
        var client: TestClient
        var server: TestClient

        init(_ client: ClientConfiguration, _ server: ServerConfiguration) throws {
            // Both or none: a struct of two values that cannot be copied is not made by halves.
            let first = try TestClient(client, identity: try ReferenceIdentity("localhost"))
            let second = try TestClient(server: server)
            self.client = first
            self.server = second
        }

        /// To and fro until both are quiet.
        mutating func settle() throws {
            for _ in 0..<8 {
                let up = client.takeOutput()
                try server.receive(up)
                let down = server.takeOutput()
                try client.receive(down)
                if up.isEmpty, down.isEmpty { return }
            }
        }

        mutating func exchange() throws {
            try client.send(Array("ping".utf8))
            try server.send(Array("pong".utf8))
            try settle()
            #expect(Array(server.data.suffix(4)) == Array("ping".utf8))
            #expect(Array(client.data.suffix(4)) == Array("pong".utf8))
        }
    }

    private func clientConfiguration(_ suites: [CipherSuite]) throws -> ClientConfiguration {
        var configuration = try TLS12Pair.configuration()
        configuration.versions = .tls12 ... .tls12
        configuration.cipherSuites = suites
        return configuration
    }

    @Test("RFC 5246 §7.3: every suite, full and resumed by ticket", arguments: TLS12Pair.suites)
    func everySuite(_ suite: CipherSuite) throws {
        let server = try TLS12ServerPair.ticketConfiguration()
        let client = try clientConfiguration([suite])
        for resumed in [false, true] {
            var ends = try Ends(client, server)
            try ends.settle()
            try ends.exchange()
            for info in [ends.client.connection.info, ends.server.connection.info] {
                #expect(info.cipherSuite == suite)
                #expect(info.isResumed == resumed)
                #expect(info.usesExtendedMasterSecret)
            }
        }
    }

    @Test("RFC 5246 §7.3: resumed by session ID, where the client knows no tickets of the server", arguments: 0..<2)
    func sessionID(_ seed: Int) throws {
        var server = try TLS12ServerPair.configuration()
        server.sessionCache = MemoryServerSessionCache(entries: 16)
        let client = try clientConfiguration([TLS12ServerPair.suite])
        for resumed in [false, true, true] {
            var ends = try Ends(client, server)
            try ends.settle()
            try ends.exchange()
            #expect(ends.server.connection.info.isResumed == resumed)
            #expect(ends.client.connection.info.isResumed == resumed)
        }
    }

    @Test("T-28: RFC 8446 §4.1.3: a client that could speak TLS 1.3 sees that it was talked out of it")
    func downgrade() throws {
        let server = try TLS12ServerPair.configuration()
        var configuration = try TLS12Pair.configuration()
        configuration.versions = .tls12 ... .tls13
        let ends = try Ends(configuration, server)
        // Somebody takes supported_versions away.
        let octets = ends.client.takeOutput()
        let body = Array(octets[9...])
        var hello = try ClientHello.parse(body.span)
        hello.extensions.list.removeAll { $0.type == .supportedVersions || $0.type == .keyShare }
        let message = try hello.message().encoded
        try ends.server.receive([22, 3, 1, UInt8(message.count >> 8), UInt8(message.count & 0xff)] + message)
        let flight = ends.server.takeOutput()
        let error = #expect(throws: TLSError.self) { try ends.client.receive(flight) }
        #expect(error?.alert == .illegalParameter)
    }

    @Test(
        "RFC 5246 §7.4.6, RFC 6066 §8: client certificates and a staple, with every key kind of the client",
        arguments: ["p256", "rsa", "ed25519"])
    func clientCertificate(_ kind: String) throws {
        let identity =
            switch kind {
            case "p256": try TestIdentity.clientP256()
            case "rsa": try TestIdentity.clientRSA()
            default: try TestIdentity.clientEd25519()
            }
        var server = try TLS12ServerPair.asking()
        server.sessionTickets = try TicketKeyRing(random: FixedRandom(seed: 7), clock: FixedClock())
        var credential = try TLS12ServerPair.credential(.serverP256())
        credential.ocspResponse = [0x30, 3, 10, 1, 0]
        server.credentials = .fixed([credential])
        var client = try clientConfiguration([TLS12ServerPair.suite])
        // What is stapled here is no good OCSP response.
        client.pathPolicy.revocation.mode = .off
        client.credentials = .fixed([try Credential(certificates: identity.certificates, key: identity.key)])
        for resumed in [false, true] {
            var ends = try Ends(client, server)
            try ends.settle()
            try ends.exchange()
            let info = ends.server.connection.info
            #expect(info.isResumed == resumed)
            #expect(info.peerCertificates == identity.certificates)
            if !resumed { #expect(ends.client.connection.info.stapledOCSPResponse == [0x30, 3, 10, 1, 0]) }
        }
    }
}
