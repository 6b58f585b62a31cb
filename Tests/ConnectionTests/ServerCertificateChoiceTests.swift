// ServerCertificateChoiceTests.swift — which of its certificates a server shows, by what the client verifies.
// RFC 8446 §4.2.3, §4.4.2.2; RFC 5246 §7.4.2.

import Certificates
import CryptoGlue
import Handshake
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("A server's choice of certificate")
struct ServerCertificateChoiceTests {
    /// Leaves of two authorities that sign in different ways.
    struct Issuers {
        let trust: TrustAnchors
        let ed25519: (certificate: Certificate, key: SigningKey)
        let p256: (certificate: Certificate, key: SigningKey)
        private let maker: CertificateMaker

        init() throws {
            let now = FixedClock().now().seconds
            maker = CertificateMaker(validity: UnixTime(seconds: now - 60)...UnixTime(seconds: now + 86_400))
            let keys = (try MadePrivateKey(.ed25519).key, try MadePrivateKey(.ec(.p256)).key)
            ed25519 = (try maker.makeAuthority(commonName: "Ed25519 CA", key: keys.0), keys.0)
            p256 = (try maker.makeAuthority(commonName: "P-256 CA", key: keys.1), keys.1)
            trust = TrustAnchors([ed25519.certificate, p256.certificate])
        }

        func credential(
            _ key: SigningKey, by issuer: (certificate: Certificate, key: SigningKey)
        ) throws -> Credential {
            let leaf = try maker.makeLeaf(names: [.dns("localhost")], key: key.publicKey, issuedBy: issuer)
            return try Credential(certificates: [leaf], key: key)
        }
    }

    private static func client(
        _ version: ProtocolVersion, _ trust: TrustAnchors, _ schemes: [SignatureScheme]
    ) throws -> ClientConfiguration {
        var configuration = try TestClient.configuration()
        configuration.trust = trust
        configuration.versions = version...version
        configuration.certificateSignatureSchemes = schemes
        return configuration
    }

    private static func server(_ credentials: [Credential]) throws -> ServerConfiguration {
        var configuration = try TestClient.serverConfiguration(.serverP256())
        configuration.credentials = .fixed(credentials)
        return configuration
    }

    @Test(
        "RFC 8446 §4.4.2.2, RFC 5246 §7.4.2: the first chain that is signed as signature_algorithms_cert says",
        arguments: [ProtocolVersion.tls12, .tls13])
    func chains(_ version: ProtocolVersion) throws {
        let issuers = try Issuers()
        let key = try MadePrivateKey(.ec(.p256)).key
        let credentials = [
            try issuers.credential(key, by: issuers.ed25519), try issuers.credential(key, by: issuers.p256),
        ]
        for (schemes, index) in [
            ([.ed25519], 0), ([.ecdsaSecp256r1SHA256], 1), ([.ecdsaSecp256r1SHA256, .ed25519], 0),
        ] as [([SignatureScheme], Int)] {
            var ends = try BothEnds(
                try Self.client(version, issuers.trust, schemes), try Self.server(credentials))
            try ends.run()
            #expect(ends.client.connection.info.peerCertificates == credentials[index].certificates, "\(schemes)")
            try ends.exchangeData()
        }
    }

    @Test(
        "RFC 8446 §4.4.2.2: with no such chain the first one is shown, and the client decides",
        arguments: [ProtocolVersion.tls12, .tls13])
    func none(_ version: ProtocolVersion) throws {
        let issuers = try Issuers()
        let credential = try issuers.credential(try MadePrivateKey(.ec(.p256)).key, by: issuers.ed25519)
        let ends = try BothEnds(
            try Self.client(version, issuers.trust, [.ecdsaSecp384r1SHA384]), try Self.server([credential]))
        try ends.server.receive(ends.client.takeOutput())
        let flight = ends.server.takeOutput()
        let error = #expect(throws: TLSError.self) { try ends.client.receive(flight) }
        guard case .handshake(.certificate) = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("RFC 5246 §7.4.2: a chain that is signed as the client wants goes before the suite that we want")
    func beforeSuite() throws {
        let issuers = try Issuers()
        let credentials = [
            try issuers.credential(try MadePrivateKey(.ec(.p256)).key, by: issuers.ed25519),
            try issuers.credential(try TestIdentity.serverRSA().key, by: issuers.p256),
        ]
        for (schemes, suite) in [
            ([.ed25519], .tlsECDHEECDSAWithAES128GCMSHA256),
            ([.ecdsaSecp256r1SHA256], .tlsECDHERSAWithAES128GCMSHA256),
        ] as [([SignatureScheme], CipherSuite)] {
            var ends = try BothEnds(
                try Self.client(.tls12, issuers.trust, schemes), try Self.server(credentials))
            try ends.run()
            #expect(ends.client.connection.info.cipherSuite == suite)
            try ends.exchangeData()
        }
    }
}
