// KeyUsageTests.swift — what a key may do in a handshake, when a callback alone decides whom to trust.
// RFC 8446 §4.4.2.2, §4.4.2.4; RFC 5246 §7.4.2.

import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("Key usage, whoever trusts")
struct KeyUsageTests {
    /// A key that may sign certificates and nothing else.
    private static func authority() throws -> TestIdentity {
        let key = try TestIdentity.serverP256().key
        let now = FixedClock().now().seconds
        let maker = CertificateMaker(
            validity: UnixTime(seconds: now - 10)...UnixTime(seconds: now + 10), random: FixedRandom(seed: 3))
        return TestIdentity(
            certificates: [try maker.makeAuthority(commonName: "localhost", key: key)], key: key,
            scheme: .ecdsaSecp256r1SHA256)
    }

    @Test("RFC 8446 §4.4.2.2: a server's key that may not sign is refused, even when a callback takes over")
    func server() throws {
        var configuration = try TestClient.configuration()
        configuration.verification = .takeOver { _ in .accept }
        var pair = try InMemoryPair(configuration, identity: try Self.authority())
        try pair.server.answer()
        let error = try pair.refuses(.unsupportedCertificate)
        #expect(error?.explanation.section == "RFC 8446 §4.4.2.2")
    }

    @Test("RFC 8446 §4.4.2.4: a client's key that may not sign is refused, even when a callback takes over")
    func client() throws {
        let own = try Self.authority()
        var client = try TestClient.configuration()
        client.credentials = .fixed([try Credential(certificates: own.certificates, key: own.key)])
        var server = try TestClient.serverConfiguration(.serverP256())
        var policy = ClientAuthenticationPolicy(trust: TrustAnchors([]))
        policy.verification = .takeOver { _ in .accept }
        server.clientAuthentication = .required(policy)
        var ends = try BothEnds(client, server)
        let error = #expect(throws: TLSError.self) { try ends.run() }
        #expect(error?.alert == .unsupportedCertificate)
    }

    @Test("RFC 5246 §7.4.2: with static RSA the key has to be one that may encrypt, even when a callback takes over")
    func staticRSA() throws {
        for (identity, isRight) in [(try TestIdentity.serverRSA(), false), (try .serverRSAEncipherment(), true)] {
            var configuration = try TLS12Pair.configuration()
            configuration.verification = .takeOver { _ in .accept }
            var pair = try TLS12Pair(configuration, identity: identity, suite: .tlsRSAWithAES128GCMSHA256)
            guard isRight else {
                try pair.server.answer()
                try pair.refuses(.unsupportedCertificate)
                continue
            }
            try pair.connect()
            try pair.exchange()
        }
    }
}
