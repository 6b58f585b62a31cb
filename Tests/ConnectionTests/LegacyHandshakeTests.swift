// LegacyHandshakeTests.swift — every suite of SSL 3.0, TLS 1.0 and TLS 1.1 between our client and our server.
// RFC 6101 §5.5; RFC 2246 §7.3; RFC 4346 §7.3.
// Next: LegacyContainmentTests.swift.

import Certificates
import CryptoGlue
import Handshake
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("Versions before TLS 1.2, by permission")
struct LegacyHandshakeTests {
    private static let long = (0..<40_000).map { UInt8(truncatingIfNeeded: $0) }

    private static func check(
        _ pair: inout LegacyPair, _ version: ProtocolVersion, _ suite: CipherSuite, isResumed: Bool = false
    ) throws {
        for info in [pair.client.connection.info, pair.server.connection.info] {
            #expect(info.isHandshakeComplete)
            #expect(info.version == version)
            #expect(info.cipherSuite == suite)
            #expect(info.isResumed == isResumed)
            // It says so on every connection, also when no decisions are asked for.
            #expect(info.legacyUse?.permission.reason == "a test")
            #expect(info.decisions.contains { $0.rule.contains("\(version) is broken") && $0.rule.contains("a test") })
        }
        try pair.client.send(Array("ping".utf8))
        try pair.client.send(long)
        try pair.server.send(Array("pong".utf8))
        try pair.server.send(long)
        try pair.run()
        #expect(pair.server.data == Array("ping".utf8) + long)
        #expect(pair.client.data == Array("pong".utf8) + long)
        pair.client.close()
        try pair.run()
        #expect(pair.server.events.last == .peerClosed)
        pair.server.close()
        try pair.run()
        #expect(pair.client.events.last == .peerClosed)
    }

    @Test("Every version with every suite, whole and octet by octet")
    func full() throws {
        #expect(LegacyPair.combinations.count == 32)
        for (version, suite) in LegacyPair.combinations {
            for piece in [nil, 1] {
                var pair = try LegacyPair(
                    LegacyPair.client(version, suite: suite), LegacyPair.server(version, suite: suite))
                try pair.run(piece: piece)
                try Self.check(&pair, version, suite)
            }
        }
    }

    @Test("RFC 6101 §5.5, RFC 5246 §7.3: sessions are resumed by their ID; RFC 5077: TLS by tickets too")
    func resumption() throws {
        for (version, suite) in LegacyPair.combinations {
            for usesTickets in version == .ssl30 ? [false] : [true, false] {
                var client = try LegacyPair.client(version, suite: suite)
                client.sessionStore = MemorySessionStore(entries: 16)
                var server = try LegacyPair.server(version, suite: suite)
                if usesTickets {
                    server.sessionTickets = try TicketKeyRing(random: FixedRandom(seed: 7), clock: FixedClock())
                } else {
                    server.sessionCache = MemoryServerSessionCache()
                }
                var first = try LegacyPair(client, server)
                try first.run()
                try Self.check(&first, version, suite)
                var second = try LegacyPair(client, server)
                try second.run()
                try Self.check(&second, version, suite, isResumed: true)
                #expect(second.client.connection.info.usesExtendedMasterSecret == (version > .ssl30))
            }
        }
    }

    @Test("RFC 5246 §7.4.1.2: a session of one version is not resumed by another")
    func otherVersion() throws {
        let store = MemorySessionStore(entries: 16)
        let cache = MemoryServerSessionCache()
        let suite = CipherSuite.tlsRSAWithAES128CBCSHA
        func pair(_ version: ProtocolVersion) throws -> LegacyPair {
            var client = try LegacyPair.client(.tls10, suite: suite)
            client.versions = .tls10 ... .tls11
            client.legacyPermission = try LegacyPair.permission([.tls10, .tls11], suites: [suite])
            client.sessionStore = store
            var server = try LegacyPair.server(version, suite: suite)
            server.sessionCache = cache
            return try LegacyPair(client, server)
        }
        for version in [ProtocolVersion.tls11, .tls10, .tls11] {
            var pair = try pair(version)
            try pair.run()
            try Self.check(&pair, version, suite)
        }
    }

    @Test(
        "Client certificates, RSA in every version and ECDSA since TLS 1.0, whole and resumed",
        arguments: LegacyPermission.legacyVersions)
    func clientCertificates(_ version: ProtocolVersion) throws {
        let identities: [TestIdentity] = version == .ssl30 ? [try .clientRSA()] : [try .clientRSA(), try .clientP256()]
        for identity in identities {
            for suite in [CipherSuite.tlsRSAWithAES128CBCSHA, .tlsDHERSAWithAES256CBCSHA] {
                var client = try LegacyPair.client(version, suite: suite)
                client.credentials = .fixed([try Credential(certificates: identity.certificates, key: identity.key)])
                client.sessionStore = MemorySessionStore(entries: 16)
                var server = try LegacyPair.server(version, suite: suite)
                server.clientAuthentication = .required(ClientAuthenticationPolicy(trust: try TestCertificates.trust()))
                server.sessionCache = MemoryServerSessionCache()
                for isResumed in [false, true] {
                    var pair = try LegacyPair(client, server)
                    try pair.run()
                    try Self.check(&pair, version, suite, isResumed: isResumed)
                    let info = pair.server.connection.info
                    #expect(info.peerCertificates == identity.certificates)
                    #expect(info.peerSignatureScheme == SignatureNegotiation.legacyScheme(identity.key.publicKey))
                }
            }
        }
    }

    @Test(
        "RFC 6101 §5.6.6: without a certificate a client of SSL 3.0 sends no_certificate, one of TLS an empty list",
        arguments: LegacyPermission.legacyVersions, [true, false])
    func noCertificate(_ version: ProtocolVersion, isRequired: Bool) throws {
        let suite = CipherSuite.tlsRSAWithAES128CBCSHA
        var server = try LegacyPair.server(version, suite: suite)
        let policy = ClientAuthenticationPolicy(trust: try TestCertificates.trust())
        server.clientAuthentication = isRequired ? .required(policy) : .optional(policy)
        var pair = try LegacyPair(LegacyPair.client(version, suite: suite), server)
        try pair.server.receive(pair.client.takeOutput())
        try pair.client.receive(pair.server.takeOutput())
        let flight = pair.client.takeOutput()
        // A warning in its own record, or a Certificate of three octets.
        let expected: [UInt8] = version == .ssl30 ? [21, 3, 0, 0, 2, 1, 41] : [22, 3, UInt8(version.rawValue & 255)]
        #expect(flight.starts(with: expected))
        guard isRequired else {
            try pair.server.receive(flight)
            try pair.run()
            return try Self.check(&pair, version, suite)
        }
        #expect(throws: TLSError.self) { try pair.server.receive(flight) }
        let alert = Array(pair.server.takeOutput().suffix(2))
        #expect(alert == [2, AlertDescription.handshakeFailure.rawValue])
    }

    @Test("A key outside the process signs in TLS 1.0 and TLS 1.1, not as a client of SSL 3.0")
    func externalKey() throws {
        for version in LegacyPermission.legacyVersions {
            let suite = CipherSuite.tlsRSAWithAES128CBCSHA
            var client = try LegacyPair.client(version, suite: suite)
            let identity = try TestIdentity.clientRSA()
            client.credentials = .fixed([
                try Credential(certificates: identity.certificates, externalSchemes: [.rsaPKCS1MD5SHA1])
            ])
            var server = try LegacyPair.server(version, suite: suite)
            server.clientAuthentication = .optional(ClientAuthenticationPolicy(trust: try TestCertificates.trust()))
            var pair = try LegacyPair(client, server)
            try pair.run()
            #expect(pair.client.events.contains(.wantsSignature) == (version > .ssl30))
            guard version > .ssl30 else {
                #expect(pair.server.connection.info.isHandshakeComplete)
                #expect(pair.server.connection.info.peerCertificates.isEmpty)
                continue
            }
            guard case .wants(.sign(let request)) = try pair.client.event() else {
                Issue.record("no signature is asked for")
                continue
            }
            #expect(request.scheme == .rsaPKCS1MD5SHA1)
            let use = try present(pair.client.connection.info.legacyUse)
            let hashes = try LegacySignature.hashes(of: request.message.span, use)
            try pair.client.resume(.signature(try identity.key.sign(md5AndSHA1: hashes, use)))
            try pair.run()
            #expect(pair.server.connection.info.peerCertificates == identity.certificates)
        }
    }

    @Test("The extensions of TLS apply to TLS 1.0 and 1.1, none to SSL 3.0", arguments: LegacyPermission.legacyVersions)
    func extensions(_ version: ProtocolVersion) throws {
        let isTLS = version > .ssl30
        var client = try LegacyPair.client(version, suite: .tlsRSAWithAES128CBCSHA)
        client.alpnProtocols = ["h2"]
        client.recordSizeLimit = 512
        var server = try LegacyPair.server(version, suite: .tlsRSAWithAES128CBCSHA)
        server.alpnProtocols = ["h2"]
        server.recordSizeLimit = 1024
        var pair = try LegacyPair(client, server)
        try pair.run()
        for info in [pair.client.connection.info, pair.server.connection.info] {
            #expect(info.usesExtendedMasterSecret == isTLS)
            #expect(info.usesEncryptThenMAC == isTLS)
            #expect(info.alpnProtocol == (isTLS ? "h2" : nil))
            #expect((info.peerRecordSizeLimit != nil) == isTLS)
        }
        try Self.check(&pair, version, .tlsRSAWithAES128CBCSHA)
    }

    @Test("The higher of the versions is chosen, and the lower ones say so in ServerHello.random")
    func highest() throws {
        let all = Set(LegacyPermission.legacyVersions)
        for version in LegacyPermission.legacyVersions {
            var client = try TestClient.configuration()
            client.legacyPermission = try LegacyPair.permission(all)
            var server = try LegacyPair.server(version)
            server.versions = .tls12 ... .tls13
            server.legacyPermission = try LegacyPair.permission(all)
            // A server of this version alone is not told from one that was talked down, but for its sentinel.
            var alone = server
            alone.versions = version...version
            alone.legacyPermission = try LegacyPair.permission([version])
            var pair = try LegacyPair(client, alone)
            try pair.run()
            #expect(pair.client.connection.info.version == version)
            var both = try LegacyPair(client, server)
            try both.run()
            #expect(both.client.connection.info.version == .tls13)
            #expect(both.client.connection.info.legacyUse == nil)

            // T-28: a client of less gets the sentinel; one that offered more refuses it.
            let old = try TestClient(LegacyPair.client(version), identity: try ReferenceIdentity("localhost"))
            let hello = old.takeOutput()
            let willing = try TestClient(server: server)
            try willing.receive(hello)
            let answer = willing.takeOutput()
            #expect(Array(answer[35..<43]) == Array("DOWNGRD".utf8) + [0])
            #expect(Array(answer[9..<11]) == [3, UInt8(version.rawValue & 255)])
            try old.receive(answer)
            let better = try TestClient(client, identity: try ReferenceIdentity("localhost"))
            _ = better.takeOutput()
            #expect(throws: TLSError.self) { try better.receive(answer) }
            #expect(better.takeOutput().suffix(2) == [2, AlertDescription.illegalParameter.rawValue])
        }
    }
}
