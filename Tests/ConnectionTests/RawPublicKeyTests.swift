// RawPublicKeyTests.swift — whole handshakes with raw public keys, in both versions and roles.
// RFC 7250; RFC 8446 §4.4.2.
// Next: RawPublicKeyRefusalTests.swift.

import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

extension TestIdentity {
    /// The pin of the identity's own key.
    func pin() throws -> PublicKeyPin { try PublicKeyPin(of: try #require(certificates.first)) }

    /// The identity's own key without a certificate.
    func rawPublicKey() throws -> RawPublicKey {
        try RawPublicKey(derEncoded: try #require(certificates.first).subjectPublicKeyInfo)
    }

    func rawCredential() throws -> Credential { try Credential(rawPublicKey: key) }

    func credential() throws -> Credential { try Credential(certificates: certificates, key: key) }
}

/// Configurations for raw public keys.
enum RawKeys {
    static func client(
        _ version: ProtocolVersion, accepting server: TestIdentity? = nil,
        _ edit: (inout ClientConfiguration) throws -> Void = { _ in }
    ) throws -> ClientConfiguration {
        var configuration = try TestClient.configuration()
        configuration.versions = version...version
        if let server { configuration.acceptedRawPublicKeys = [try server.pin()] }
        try edit(&configuration)
        return configuration
    }

    static func server(
        _ credentials: [Credential], accepting client: TestIdentity? = nil,
        _ edit: (inout ServerConfiguration) throws -> Void = { _ in }
    ) throws -> ServerConfiguration {
        var configuration = try TestClient.serverConfiguration(.serverP256())
        configuration.credentials = .fixed(credentials)
        if let client {
            var policy = ClientAuthenticationPolicy(trust: TrustAnchors([]))
            policy.acceptedRawPublicKeys = [try client.pin()]
            configuration.clientAuthentication = .required(policy)
        }
        try edit(&configuration)
        return configuration
    }
}

@Suite("Raw public keys")
struct RawPublicKeyTests {
    static let versions: [ProtocolVersion] = [.tls12, .tls13]

    @Test("RFC 7250: both ends prove themselves with keys of every kind and no certificate", arguments: versions)
    func bothEnds(_ version: ProtocolVersion) throws {
        let servers = [try TestIdentity.serverP256(), try .serverP384(), try .serverRSA(), try .serverEd25519()]
        let clients = [try TestIdentity.clientRSA(), try .clientEd25519(), try .clientP256(), try .clientP256()]
        for (server, client) in zip(servers, clients) {
            var ends = try BothEnds(
                try RawKeys.client(version, accepting: server) {
                    $0.trust = TrustAnchors([])
                    $0.credentials = .fixed([try client.rawCredential()])
                },
                // A raw public key has no staple, whatever the credential says.
                try RawKeys.server([try server.rawCredential()], accepting: client))
            try ends.run()
            #expect(ends.client.connection.info.version == version)
            #expect(ends.client.connection.info.peerRawPublicKey == (try server.rawPublicKey()))
            #expect(ends.client.connection.info.clientCertificateSent)
            #expect(ends.client.connection.info.peerCertificates.isEmpty)
            #expect(ends.client.connection.info.validatedPath.isEmpty)
            #expect(ends.server.connection.info.peerRawPublicKey == (try client.rawPublicKey()))
            #expect(ends.server.connection.info.peerCertificates.isEmpty)
            try ends.exchangeData()
        }
    }

    @Test("RFC 7250 §4.1: the name is not looked at, for a raw public key has none", arguments: versions)
    func noName(_ version: ProtocolVersion) throws {
        let server = try TestIdentity.serverP256()
        var ends = try BothEnds(
            try RawKeys.client(version, accepting: server), try RawKeys.server([try server.rawCredential()]),
            name: "nobody.example")
        try ends.run()
        #expect(ends.client.connection.info.isHandshakeComplete)
    }

    @Test("RFC 7250 §4.2: certificates where one of the ends has no use for raw public keys", arguments: versions)
    func certificatesInstead(_ version: ProtocolVersion) throws {
        let server = try TestIdentity.serverP256()
        let both = [try server.rawCredential(), try server.credential()]
        // The client takes both, the server has a certificate alone.
        var plain = try BothEnds(
            try RawKeys.client(version, accepting: server), try RawKeys.server([try server.credential()]))
        try plain.run()
        #expect(plain.client.connection.info.peerCertificates == server.certificates)
        #expect(plain.client.connection.info.peerRawPublicKey == nil)
        // The client takes certificates alone, the server has both.
        var old = try BothEnds(try RawKeys.client(version), try RawKeys.server(both))
        try old.run()
        #expect(old.client.connection.info.peerCertificates == server.certificates)
        // Both have both: the server's first credential counts.
        for credentials in [both, both.reversed()] {
            var ends = try BothEnds(try RawKeys.client(version, accepting: server), try RawKeys.server(credentials))
            try ends.run()
            let isRaw = credentials.first?.rawPublicKey != nil
            #expect((ends.client.connection.info.peerRawPublicKey != nil) == isRaw)
            #expect(ends.client.connection.info.peerCertificates.isEmpty == isRaw)
        }
    }

    @Test(
        "RFC 7250 §4.2: a client with both is asked for what the server takes first of the client's",
        arguments: versions)
    func clientWithBoth(_ version: ProtocolVersion) throws {
        let client = try TestIdentity.clientP256()
        let both = [try client.credential(), try client.rawCredential()]
        for credentials in [both, both.reversed()] {
            var ends = try BothEnds(
                try RawKeys.client(version) { $0.credentials = .fixed(credentials) },
                try RawKeys.server([try TestIdentity.serverP256().credential()]) {
                    var policy = ClientAuthenticationPolicy(trust: try TestCertificates.trust())
                    policy.acceptedRawPublicKeys = [try client.pin()]
                    $0.clientAuthentication = .required(policy)
                })
            try ends.run()
            let isRaw = credentials.first?.rawPublicKey != nil
            #expect((ends.server.connection.info.peerRawPublicKey != nil) == isRaw)
            #expect(ends.server.connection.info.peerCertificates.isEmpty == isRaw)
            try ends.exchangeData()
        }
    }

    @Test(
        "RFC 7250 §4.2: a server that asks for certificates alone gets none from a client with a raw public key",
        arguments: versions)
    func rawClientAndPlainServer(_ version: ProtocolVersion) throws {
        let client = try TestIdentity.clientP256()
        var ends = try BothEnds(
            try RawKeys.client(version) { $0.credentials = .fixed([try client.rawCredential()]) },
            try RawKeys.server([try TestIdentity.serverP256().credential()]) {
                $0.clientAuthentication = .optional(ClientAuthenticationPolicy(trust: try TestCertificates.trust()))
            })
        try ends.run()
        #expect(ends.client.connection.info.clientCertificateSent == false)
        #expect(ends.server.connection.info.peerRawPublicKey == nil)
        try ends.exchangeData()
    }

    @Test("RFC 7250 §4.2: a client asked for a raw public key that it has not sends none", arguments: versions)
    func noFittingKey(_ version: ProtocolVersion) throws {
        let client = try TestIdentity.clientEd25519()
        var ends = try BothEnds(
            try RawKeys.client(version) { $0.credentials = .fixed([try client.rawCredential()]) },
            try RawKeys.server([try TestIdentity.serverP256().credential()]) {
                var policy = ClientAuthenticationPolicy(trust: TrustAnchors([]))
                policy.acceptedRawPublicKeys = [try client.pin()]
                $0.clientAuthentication = .optional(policy)
                // The client's key can make none of these.
                $0.signatureSchemes = [.ecdsaSecp256r1SHA256]
            })
        try ends.run()
        #expect(ends.client.connection.info.clientCertificateSent == false)
        #expect(ends.server.connection.info.isHandshakeComplete)
        #expect(ends.server.connection.info.peerRawPublicKey == nil)
    }

    @Test("RFC 7250 §4.1: without a configuration for it neither extension is sent")
    func offByDefault() throws {
        let client = try TestClient(TestClient.configuration(), identity: try ReferenceIdentity("localhost"))
        let hello = try ScriptedServer.accepting(client.takeOutput()).hello
        #expect(hello.extensions.body(of: .serverCertificateType) == nil)
        #expect(hello.extensions.body(of: .clientCertificateType) == nil)
        let server = try TestIdentity.serverP256()
        for hasAnchors in [false, true] {
            let configuration = try RawKeys.client(.tls13, accepting: server) {
                if !hasAnchors { $0.trust = TrustAnchors([]) }
                $0.credentials = .fixed([try TestIdentity.clientP256().rawCredential()])
            }
            let client = try TestClient(configuration, identity: try ReferenceIdentity("localhost"))
            let hello = try ScriptedServer.accepting(client.takeOutput()).hello
            #expect(hello.extensions.body(of: .serverCertificateType) == (hasAnchors ? [2, 2, 0] : [1, 2]))
            #expect(hello.extensions.body(of: .clientCertificateType) == [1, 2])
        }
    }

    @Test("RFC 6066 §8: nothing is stapled to a raw public key", arguments: versions)
    func noStaple(_ version: ProtocolVersion) throws {
        let server = try TestIdentity.serverP256()
        var credential = try server.rawCredential()
        credential.ocspResponse = [0x30, 3, 10, 1, 0]
        var ends = try BothEnds(
            try RawKeys.client(version, accepting: server) { $0.requestsCertificateStatus = true },
            try RawKeys.server([credential]))
        try ends.run()
        #expect(ends.client.connection.info.peerRawPublicKey == (try server.rawPublicKey()))
        #expect(ends.client.connection.info.stapledOCSPResponse == nil)
    }

    @Test("No verification callback is asked about a raw public key", arguments: versions)
    func noCallback(_ version: ProtocolVersion) throws {
        let server = try TestIdentity.serverP256()
        let refusing = PeerVerification.takeOver { _ in .reject(reason: "it was asked") }
        var ends = try BothEnds(
            try RawKeys.client(version, accepting: server) { $0.verification = refusing },
            try RawKeys.server([try server.rawCredential()]))
        try ends.run()
        #expect(ends.client.connection.info.isHandshakeComplete)
        // A callback that takes everybody does not take another key.
        var other = try BothEnds(
            try RawKeys.client(version, accepting: try .serverEd25519()) {
                $0.verification = .takeOver { _ in .accept }
            }, try RawKeys.server([try server.rawCredential()]))
        let error = #expect(throws: TLSError.self) { try other.run() }
        #expect(error?.alert == .certificateUnknown)
    }

    @Test("RFC 8446 §4.6.1, RFC 5077: a resumed session still tells the peers' keys", arguments: versions)
    func resumption(_ version: ProtocolVersion) throws {
        let (server, client) = (try TestIdentity.serverP256(), try TestIdentity.clientEd25519())
        let store = MemorySessionStore(entries: 4)
        let own = try RawKeys.client(version, accepting: server) {
            $0.sessionStore = store
            $0.credentials = .fixed([try client.rawCredential()])
        }
        let theirs = try RawKeys.server([try server.rawCredential()], accepting: client) {
            $0.sessionTickets = try TicketKeyRing(random: FixedRandom(seed: 7), clock: FixedClock())
        }
        for isResumed in [false, true] {
            var ends = try BothEnds(own, theirs)
            try ends.run()
            #expect(ends.client.connection.info.isResumed == isResumed)
            #expect(ends.server.connection.info.isResumed == isResumed)
            #expect(ends.client.connection.info.peerRawPublicKey == (try server.rawPublicKey()))
            #expect(ends.server.connection.info.peerRawPublicKey == (try client.rawPublicKey()))
            try ends.exchangeData()
        }
        // Another pin, another binding: a full handshake, which refuses the key.
        var unpinned = own
        unpinned.acceptedRawPublicKeys = [try TestIdentity.serverRSA().pin()]
        var ends = try BothEnds(unpinned, theirs)
        let error = #expect(throws: TLSError.self) { try ends.run() }
        #expect(error?.alert == .certificateUnknown)
        // A server that does not accept the client's key any more does not resume its session.
        var closed = theirs
        var policy = ClientAuthenticationPolicy(trust: TrustAnchors([]))
        policy.acceptedRawPublicKeys = [try TestIdentity.clientP256().pin()]
        closed.clientAuthentication = .required(policy)
        var refused = try BothEnds(own, closed)
        let refusal = #expect(throws: TLSError.self) { try refused.run() }
        #expect(refusal?.alert == .certificateUnknown)
    }

    @Test("Before TLS 1.2 there are certificates alone", arguments: [ProtocolVersion.tls10, .tls11])
    func legacy(_ version: ProtocolVersion) throws {
        let server = try TestIdentity.serverP256()
        func client() throws -> ClientConfiguration {
            var configuration = try LegacyPair.client(version)
            configuration.versions = version...ProtocolVersion.tls12
            configuration.legacyPermission = try LegacyPair.permission([.tls10, .tls11])
            configuration.acceptedRawPublicKeys = [try server.pin()]
            return configuration
        }
        var theirs = try LegacyPair.server(version)
        theirs.credentials = .fixed([try server.rawCredential(), try server.credential()])
        var ends = try LegacyPair(try client(), theirs)
        try ends.run()
        #expect(ends.client.connection.info.version == version)
        #expect(ends.client.connection.info.peerCertificates == server.certificates)
        theirs.credentials = .fixed([try server.rawCredential()])
        var refused = try LegacyPair(try client(), theirs)
        let error = #expect(throws: TLSError.self) { try refused.run() }
        #expect(error?.alert == .unsupportedCertificate)
        // A server that answers nevertheless.
        let pair = try TLS12Pair.serverHello(try client(), suite: .tlsECDHEECDSAWithAES128CBCSHA) {
            $0.legacyVersion = version
            $0.extensions.append(.serverCertificateType) {
                CertificateTypeExtension.writeServer(.rawPublicKey, into: &$0)
            }
        }
        let flight = try pair.server.takeOutput()
        let refusal = #expect(throws: TLSError.self) { try pair.client.receive(flight) }
        #expect(
            refusal?.reason
                == .handshake(
                    .peerMisbehaved(.selectedUnofferedCertificateType(.rawPublicKey, offered: "X509 in \(version)"))))
        #expect(refusal?.alert == .illegalParameter)
    }

    @Test("RFC 8446 §4.1.4: a HelloRetryRequest changes nothing of it")
    func helloRetry() throws {
        let (server, client) = (try TestIdentity.serverP256(), try TestIdentity.clientEd25519())
        var ends = try BothEnds(
            try RawKeys.client(.tls13, accepting: server) {
                $0.keyShareGroups = []
                $0.credentials = .fixed([try client.rawCredential()])
            }, try RawKeys.server([try server.rawCredential()], accepting: client))
        try ends.run()
        #expect(ends.client.connection.info.helloRetried)
        #expect(ends.client.connection.info.peerRawPublicKey == (try server.rawPublicKey()))
        #expect(ends.server.connection.info.peerRawPublicKey == (try client.rawPublicKey()))
    }
}
