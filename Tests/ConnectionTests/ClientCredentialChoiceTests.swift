// ClientCredentialChoiceTests.swift — a client's certificate, chosen when a server asks for one.
// RFC 8446 §4.2.4, §4.3.2, §4.4.2.3; RFC 5246 §7.4.4, §7.4.6.
// Next: KeyUsageTests.swift.

import Certificates
import CryptoGlue
import Handshake
import Synchronization
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("Client: the choice of a certificate")
struct ClientCredentialChoiceTests {
    static let versions: [ProtocolVersion] = [.tls12, .tls13]

    private static func credential(_ identity: TestIdentity) throws -> Credential {
        try Credential(certificates: identity.certificates, key: identity.key)
    }

    /// A server that asks for a certificate and names these authorities.
    private static func ends(
        _ version: ProtocolVersion, _ credentials: ClientCredentialSource, isRequired: Bool = false,
        sendsAuthorities: Bool = true
    ) throws -> BothEnds {
        var client = try TestClient.configuration()
        client.versions = version...version
        client.credentials = credentials
        var server = try TestClient.serverConfiguration(.serverP256())
        server.versions = version...version
        var policy = ClientAuthenticationPolicy(trust: try TestCertificates.trust())
        policy.sendsAuthorities = sendsAuthorities
        server.clientAuthentication = isRequired ? .required(policy) : .optional(policy)
        return try BothEnds(client, server)
    }

    private static func expectDone(_ ends: inout BothEnds, _ certificates: [Certificate]) throws {
        #expect(ends.client.events.last == .handshakeComplete)
        #expect(ends.server.events.last == .handshakeComplete)
        #expect(ends.server.connection.info.peerCertificates == certificates)
        #expect(ends.client.connection.info.ownCertificates == certificates)
        #expect(ends.client.connection.info.clientCertificateSent == !certificates.isEmpty)
        try ends.exchangeData()
    }

    @Test("The callback learns what the server accepts, and its answer is sent", arguments: versions, [true, false])
    func callback(_ version: ProtocolVersion, _ sendsAuthorities: Bool) throws {
        let own = try TestIdentity.clientP256()
        let asked = Mutex<[CertificateRequestInfo]>([])
        let credential = try Self.credential(own)
        var ends = try Self.ends(
            version,
            .callback { request in
                asked.withLock { $0.append(request) }
                return .use([credential])
            }, isRequired: true, sendsAuthorities: sendsAuthorities)
        try ends.run()
        try Self.expectDone(&ends, own.certificates)
        let request = try present(asked.withLock { $0 }.first)
        #expect(asked.withLock { $0.count } == 1)
        #expect(request.version == version)
        #expect(request.signatureSchemes.contains(.ecdsaSecp256r1SHA256))
        let names = try TestCertificates.trust().certificates.map(\.subject.derEncoded)
        #expect(request.authorities == (sendsAuthorities ? names : []))
    }

    @Test("The answer may come later: a certificate, or none", arguments: versions, [true, false])
    func later(_ version: ProtocolVersion, _ hasOne: Bool) throws {
        let own = try TestIdentity.clientEd25519()
        var ends = try Self.ends(version, .callback { _ in .later })
        try ends.run()
        #expect(ends.client.events.last == .wantsCredentials)
        #expect(!ends.server.events.contains(.handshakeComplete))
        guard case .wants(.answerCertificateRequest(let request)) = try ends.client.event() else {
            Issue.record("a choice was expected to be asked for")
            return
        }
        #expect(request.version == version)
        try ends.client.resume(.credentials(hasOne ? [try Self.credential(own)] : []))
        try ends.run()
        try Self.expectDone(&ends, hasOne ? own.certificates : [])
    }

    @Test("A key outside the process signs for a certificate that was chosen later", arguments: versions)
    func signsLater(_ version: ProtocolVersion) throws {
        let own = try TestIdentity.clientP256()
        var ends = try Self.ends(version, .callback { _ in .later }, isRequired: true)
        try ends.run()
        try ends.client.resume(
            .credentials([
                try Credential(certificates: own.certificates, externalSchemes: [.ecdsaSecp256r1SHA256])
            ]))
        try ends.run()
        #expect(ends.client.events.last == .wantsSignature)
        guard case .wants(.sign(let request)) = try ends.client.event() else {
            Issue.record("a signature was expected to be asked for")
            return
        }
        try ends.client.resume(.signature(try own.key.sign(request.message.span, using: .ecdsa(.sha256))))
        try ends.run()
        try Self.expectDone(&ends, own.certificates)
    }

    @Test("Only credentials answer a CertificateRequest", arguments: versions)
    func otherAnswer(_ version: ProtocolVersion) throws {
        var ends = try Self.ends(version, .callback { _ in .later })
        try ends.run()
        let error = #expect(throws: TLSError.self) { try ends.client.resume(.peerAccepted) }
        #expect(error?.alert == .internalError)
    }

    @Test("A server that does not ask: nobody is asked", arguments: versions)
    func notAsked(_ version: ProtocolVersion) throws {
        var client = try TestClient.configuration()
        client.versions = version...version
        client.credentials = .callback { _ in
            Issue.record("no certificate was asked for")
            return .use([])
        }
        var ends = try BothEnds(client, try TestClient.serverConfiguration(.serverP256()))
        try ends.run()
        try Self.expectDone(&ends, [])
    }

    @Test(
        "RFC 8446 §4.4.2.3, RFC 5246 §7.4.6: the first whose key can sign what the server verifies", arguments: versions
    )
    func firstThatFits(_ version: ProtocolVersion) throws {
        let own = try TestIdentity.clientP256()
        let unable = try Credential(
            certificates: try TestIdentity.clientEd25519().certificates, externalSchemes: [.rsaPKCS1SHA1])
        let last = try Self.credential(.clientRSA())
        var ends = try Self.ends(version, .fixed([unable, try Self.credential(own), last]))
        try ends.run()
        try Self.expectDone(&ends, own.certificates)
    }

    @Test(
        "RFC 8446 §4.2.4, RFC 5246 §7.4.4: an issuer that the server names goes before the order", arguments: versions)
    func authorities(_ version: ProtocolVersion) throws {
        let own = try TestIdentity.clientP256()
        // Its own issuer: a name that the server does not know.
        let stranger = try Self.stranger()
        var ends = try Self.ends(version, .fixed([stranger, try Self.credential(own)]), isRequired: true)
        try ends.run()
        try Self.expectDone(&ends, own.certificates)
        // Without names the order decides, and this server does not know the first.
        var unnamed = try Self.ends(
            version, .fixed([stranger, try Self.credential(own)]), isRequired: true, sendsAuthorities: false)
        let error = #expect(throws: TLSError.self) { try unnamed.run() }
        #expect(error?.alert == .unknownCA)
        #expect(unnamed.client.connection.info.ownCertificates == stranger.certificates)
    }

    private static func stranger() throws -> Credential {
        let now = FixedClock().now().seconds
        let maker = CertificateMaker(validity: UnixTime(seconds: now - 60)...UnixTime(seconds: now + 86_400))
        let authorityKey = try MadePrivateKey(.ed25519).key
        let authority = try maker.makeAuthority(commonName: "a stranger", key: authorityKey)
        let key = try MadePrivateKey(.ec(.p256)).key
        let leaf = try maker.makeLeaf(
            names: [.dns("client")], key: key.publicKey, issuedBy: (authority, authorityKey))
        return try Credential(certificates: [leaf], key: key)
    }
}
