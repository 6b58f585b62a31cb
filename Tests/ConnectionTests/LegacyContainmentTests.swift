// LegacyContainmentTests.swift — without a permission that holds, nothing of the old versions happens.
// RFC 7568 §3; RFC 8996 §4, §5; RFC 7507; RFC 7465 §2.
// Next: LegacyStateTableTests.swift.

import CryptoGlue
import Handshake
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("Without a permission that holds")
struct LegacyContainmentTests {
    private static func identity() throws -> ReferenceIdentity { try ReferenceIdentity("localhost") }

    private static func hello(_ configuration: ClientConfiguration) throws -> ClientHello {
        let octets = try TestClient(configuration, identity: try identity()).takeOutput()
        // The record's header, the message's header.
        return try ClientHello.parse(Array(octets.dropFirst(9)).span)
    }

    @Test("A permission says its versions, its reason and its peers, or there is none")
    func permission() throws {
        let until = UnixTime(seconds: 1)
        func refused(
            _ versions: Set<ProtocolVersion>, _ reason: String, _ peers: Set<String>?
        ) -> LegacyPermissionError? {
            do throws(LegacyPermissionError) {
                _ = try LegacyPermission(versions: versions, reason: reason, until: until, peers: peers)
                return nil
            } catch { return error }
        }
        #expect(refused([], "why", nil) == .noVersion)
        #expect(refused([.tls12], "why", nil) == .notLegacy(.tls12))
        #expect(refused([.tls10, .tls13], "why", nil) == .notLegacy(.tls13))
        #expect(refused([ProtocolVersion(rawValue: 2)], "why", nil) == .notLegacy(ProtocolVersion(rawValue: 2)))
        #expect(refused([.ssl30], " \n", nil) == .noReason)
        #expect(refused([.ssl30], "why", []) == .noPeer)
        #expect(refused([.ssl30], "why", ["a"]) == nil)
    }

    @Test("A permission holds before its end and for its peers, whatever their case and trailing dot")
    func holds() throws {
        let end = UnixTime(seconds: 100)
        let any = try LegacyPermission(versions: [.tls10], reason: "why", until: end)
        #expect(any.use(at: UnixTime(seconds: 99), peer: nil) != nil)
        #expect(any.use(at: end, peer: nil) == nil)
        #expect(any.refusal(at: end, peer: nil)?.contains("1970-01-01T00:01:40Z") == true)
        let some = try LegacyPermission(
            versions: [.tls10], reason: "why", until: end, peers: ["Lathe.Example.", "192.0.2.1"])
        for peer in ["lathe.example", "LATHE.example.", "192.0.2.1"] {
            #expect(some.use(at: UnixTime(seconds: 0), peer: peer) != nil)
        }
        for peer in ["example", "lathe.example.org", "192.0.2.10", nil] {
            #expect(some.use(at: UnixTime(seconds: 0), peer: peer) == nil)
        }
    }

    @Test(
        "A version before TLS 1.2 in `versions` needs a permission that names it",
        arguments: LegacyPermission.legacyVersions)
    func configuration(_ version: ProtocolVersion) throws {
        let other = LegacyPermission.legacyVersions.filter { $0 != version }
        for permission in [nil, try LegacyPair.permission(Set(other))] {
            var client = try TestClient.configuration()
            client.versions = version ... .tls13
            client.legacyPermission = permission
            #expect(throws: TLSError.self) { try TestClient(client, identity: try Self.identity()) }
            var server = try LegacyPair.server(version)
            server.versions = version ... .tls13
            server.legacyPermission = permission
            #expect(throws: TLSError.self) { try TestClient(server: server) }
        }
    }

    @Test("The ClientHello of the defaults has no old version, no old suite and no old hash")
    func defaults() throws {
        let hello = try Self.hello(try TestClient.configuration())
        #expect(hello.legacyVersion == .tls12)
        let versions = try #require(hello.extensions.body(of: .supportedVersions))
        #expect(versions == [4, 3, 4, 3, 3])
        for suite in hello.cipherSuites {
            #expect(TLS13Suite(suite) != nil || TLS12Suite(suite).map { $0.weaknesses.isEmpty } == true)
            #expect(!CipherSuite.legacyNamed.contains(suite))
        }
        for type in [ExtensionType.signatureAlgorithms, .signatureAlgorithmsCert] {
            guard let body = hello.extensions.body(of: type) else { continue }
            for index in stride(from: 2, to: body.count, by: 2) {
                // 1 is MD5 and 2 is SHA-1 in the first octet of a scheme (RFC 5246 §7.4.1.4.1).
                #expect(body[index] > 3)
            }
        }
    }

    @Test(
        "Without a permission, with one that has ended or is for another peer, the ClientHello is that of the defaults")
    func unheld() throws {
        let plain = try Self.hello(try TestClient.configuration())
        let all = Set(LegacyPermission.legacyVersions)
        for permission in [
            try LegacyPair.permission(all, seconds: 0), try LegacyPair.permission(all, peers: ["example.org"]),
        ] {
            var configuration = try TestClient.configuration()
            configuration.legacyPermission = permission
            let hello = try Self.hello(configuration)
            #expect(hello.cipherSuites == plain.cipherSuites)
            #expect(hello.extensions.body(of: .supportedVersions) == plain.extensions.body(of: .supportedVersions))
            // And there is nothing to offer when nothing else is.
            configuration.versions = .ssl30 ... .tls11
            #expect(throws: TLSError.self) { try TestClient(configuration, identity: try Self.identity()) }
        }
    }

    @Test("RFC 7465 §2: RC4 is offered with SSL 3.0 alone; old suites come after all others")
    func suites() throws {
        let rc4: Set<CipherSuite> = [.tlsRSAWithRC4128MD5, .tlsRSAWithRC4128SHA]
        let alone = try Self.hello(try LegacyPair.client(.ssl30))
        #expect(rc4.isSubset(of: alone.cipherSuites))
        #expect(alone.legacyVersion == .ssl30)
        #expect(alone.extensions.isEmpty && alone.cipherSuites.last == .emptyRenegotiationInfoSCSV)
        var configuration = try TestClient.configuration()
        configuration.legacyPermission = try LegacyPair.permission(Set(LegacyPermission.legacyVersions))
        let hello = try Self.hello(configuration)
        #expect(rc4.isDisjoint(with: hello.cipherSuites))
        let modern = try TestClient.configuration().cipherSuites
        #expect(Array(hello.cipherSuites.prefix(modern.count)) == modern)
        #expect(hello.cipherSuites.contains(.tlsRSAWith3DESEDECBCSHA))
        #expect(hello.extensions.body(of: .supportedVersions) == [10, 3, 4, 3, 3, 3, 2, 3, 1, 3, 0])
        // Export, anonymous and NULL suites never; of each version only what it has.
        for suite in LegacyPair.combinations.map(\.suite) {
            let name = suite.description
            #expect(!["EXPORT", "_anon_", "NULL", "_DES_"].contains { name.contains($0) })
        }
    }

    @Test(
        "A server without a permission answers an old hello with protocol_version",
        arguments: LegacyPermission.legacyVersions)
    func server(_ version: ProtocolVersion) throws {
        let hello = try TestClient(LegacyPair.client(version), identity: try Self.identity()).takeOutput()
        let all = Set(LegacyPermission.legacyVersions)
        let others = all.subtracting([version]).filter { $0 > version }
        for (permission, peer) in [
            (nil, nil), (try LegacyPair.permission(all, seconds: 0), nil),
            (try LegacyPair.permission(all, peers: ["192.0.2.7"]), "192.0.2.8"),
            (try LegacyPair.permission(all, peers: ["192.0.2.7"]), nil),
            (others.isEmpty ? nil : try LegacyPair.permission(others), nil),
        ] as [(LegacyPermission?, String?)] {
            var configuration = try LegacyPair.server(version)
            configuration.versions = .tls12 ... .tls13
            configuration.legacyPermission = permission
            let server = TestClient(
                connection: try TLSConnection(server: configuration, peer: peer), toSend: SendBuffer())
            #expect(throws: TLSError.self) { try server.receive(hello) }
            #expect(
                server.takeOutput() == [
                    21, 3, UInt8(version.rawValue & 255), 0, 2, 2, AlertDescription.protocolVersion.rawValue,
                ])
        }
        // The list is no obstacle to those on it.
        var configuration = try LegacyPair.server(version)
        configuration.legacyPermission = try LegacyPair.permission(all, peers: ["192.0.2.7"])
        var pair = try LegacyPair(LegacyPair.client(version), configuration, peer: "192.0.2.7")
        try pair.run()
        #expect(pair.server.connection.info.version == version)
    }

    @Test(
        "A client without a permission answers an old ServerHello with protocol_version",
        arguments: LegacyPermission.legacyVersions)
    func client(_ version: ProtocolVersion) throws {
        var configuration = try TestClient.configuration()
        configuration.versions = .tls12 ... .tls12
        let client = try TestClient(configuration, identity: try Self.identity())
        _ = client.takeOutput()
        let hello = ServerHello(
            legacyVersion: version, random: [UInt8](repeating: 7, count: 32), legacySessionIDEcho: [],
            cipherSuite: .tlsRSAWithAES128CBCSHA, extensions: ExtensionBlock())
        let message = try hello.message().encoded
        #expect(throws: TLSError.self) {
            try client.receive([22, 3, UInt8(version.rawValue & 255), 0, UInt8(message.count)] + message)
        }
        #expect(client.takeOutput().suffix(2) == [2, AlertDescription.protocolVersion.rawValue])
    }

    @Test("RFC 7507: a fallback to an old version that need not be is refused, and nothing falls back by itself")
    func fallback() throws {
        for version in LegacyPermission.legacyVersions {
            var client = try LegacyPair.client(version)
            client.isVersionFallback = true
            #expect(try Self.hello(client).cipherSuites.contains(.fallbackSCSV))
            var server = try LegacyPair.server(version)
            server.versions = .tls12 ... .tls13
            var pair = try LegacyPair(client, server)
            #expect(throws: TLSError.self) { try pair.run() }
            #expect(pair.server.takeOutput().suffix(2) == [2, AlertDescription.inappropriateFallback.rawValue])
            // A server of that version alone has nothing better.
            var alone = try LegacyPair(client, try LegacyPair.server(version))
            try alone.run()
            #expect(alone.client.connection.info.isHandshakeComplete)
        }
    }

    @Test("T-15: a hello in the form of SSL 2.0 is refused, with a permission too, and named")
    func ssl20() throws {
        var configuration = try LegacyPair.server(.ssl30)
        configuration.legacyPermission = try LegacyPair.permission(Set(LegacyPermission.legacyVersions))
        let server = try TestClient(server: configuration)
        var found: TLSError?
        do throws(TLSError) {
            try server.receive([0x80, 0x2e, 1, 3, 0, 0, 0x15, 0, 0, 0, 0x10])
        } catch { found = error }
        #expect(found?.description.contains("SSL 2.0") == true)
        #expect(server.takeOutput().suffix(2) == [2, AlertDescription.unexpectedMessage.rawValue])
    }

    @Test("RFC 5246 §7.4.1.3: a suite that was offered for another version is none for this one")
    func suiteOfOtherVersion() throws {
        var configuration = try TestClient.configuration()
        configuration.versions = .tls12 ... .tls12
        configuration.legacyPermission = try LegacyPair.permission([.tls10])
        for (version, suite) in [
            (ProtocolVersion.tls12, CipherSuite.tlsRSAWithAES128CBCSHA), (.tls12, .tlsRSAWith3DESEDECBCSHA),
            (.tls10, .tlsECDHERSAWithAES128GCMSHA256),
        ] {
            let client = try TestClient(configuration, identity: try Self.identity())
            _ = client.takeOutput()
            var extensions = ExtensionBlock()
            extensions.append(.renegotiationInfo) { RenegotiationInfoExtension.writeServerHello([], into: &$0) }
            let message = try ServerHello(
                legacyVersion: version, random: [UInt8](repeating: 7, count: 32), legacySessionIDEcho: [],
                cipherSuite: suite, extensions: extensions
            ).message().encoded
            var found: TLSError?
            do throws(TLSError) {
                try client.receive([22, 3, 1, 0, UInt8(message.count)] + message)
            } catch { found = error }
            #expect(found?.reason == .handshake(.peerMisbehaved(.selectedSuiteOfOtherVersion(suite, version))))
        }
    }
}
