// SessionBindingTests.swift — under which differences a session is not offered.
// RFC 8446 §4.2.11, §4.6.1.
// Next: SessionExpiryTests.swift.

import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import TestSupport
import Testing
import WireFormat

@Suite("SessionBinding")
struct SessionBindingTests {
    /// One thing that differs, by its name.
    struct Difference: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let apply: @Sendable (inout ClientConfiguration, inout ReferenceIdentity) throws -> Void

        init(
            _ name: String,
            _ apply: @escaping @Sendable (inout ClientConfiguration, inout ReferenceIdentity) throws -> Void
        ) {
            testDescription = name
            self.apply = apply
        }
    }

    private static let verifier = CallbackIdentity.named("pinning 1")

    private static func renamed(_ provider: CryptoProvider, name: String, version: String) -> CryptoProvider {
        CryptoProvider(
            name: name, version: version, cipherSuites: provider.cipherSuites, groups: provider.groups,
            signatureSchemes: provider.signatureSchemes, random: provider.random)
    }

    /// What has to lead to a full handshake.
    static let differences: [Difference] = [
        Difference("peer name") { _, identity in identity = try ReferenceIdentity("other.example") },
        Difference("peer address") { _, identity in identity = try ReferenceIdentity("192.0.2.1") },
        Difference("server name not sent") { configuration, _ in configuration.sendsServerName = false },
        Difference("another trust anchor") { configuration, _ in
            configuration.trust = TrustAnchors(try TestIdentity.serverRSA().certificates)
        },
        Difference("one more trust anchor") { configuration, _ in
            configuration.trust = TrustAnchors(
                configuration.trust.certificates + (try TestIdentity.serverRSA().certificates))
        },
        Difference("a pinned key") { configuration, _ in
            let pin = try PublicKeyPin(of: try TestIdentity.serverRSA().certificates[0])
            configuration.trust = configuration.trust.pinning([pin])
        },
        Difference("a restricted trust anchor") { configuration, _ in
            let constraints = TrustAnchorConstraints(purposes: [.serverAuthentication])
            configuration.trust = TrustAnchors(
                anchors: configuration.trust.certificates.map { TrustAnchor($0, constraints: constraints) })
        },
        Difference("another path policy") { configuration, _ in
            configuration.pathPolicy.certificatePolicies.inhibitsAnyPolicy = true
        },
        Difference("a raw public key") { configuration, _ in
            configuration.acceptedRawPublicKeys = [
                try PublicKeyPin(of: try TestIdentity.serverRSA().certificates[0])
            ]
        },
        Difference("another raw public key") { configuration, _ in
            configuration.acceptedRawPublicKeys = [
                try PublicKeyPin(of: try TestIdentity.serverP256().certificates[0])
            ]
        },
        Difference("a raw public key of the client's") { configuration, _ in
            configuration.credentials = .fixed([try Credential(rawPublicKey: try TestIdentity.clientP256().key)])
        },
        Difference("no trust anchor") { configuration, _ in configuration.trust = TrustAnchors([]) },
        Difference("a verification callback") { configuration, _ in
            configuration.verification = .additional({ _ in .accept }, identity: verifier)
        },
        Difference("a callback of another identity") { configuration, _ in
            configuration.verification = .additional({ _ in .accept }, identity: .named("pinning 2"))
        },
        Difference("a callback without a name") { configuration, _ in
            configuration.verification = .additional({ _ in .accept })
        },
        Difference("another callback without a name") { configuration, _ in
            configuration.verification = .additional({ _ in .accept })
        },
        Difference("a callback that takes over") { configuration, _ in
            configuration.verification = .takeOver({ _ in .accept }, identity: verifier)
        },
        Difference("ALPN offered") { configuration, _ in configuration.alpnProtocols = ["h2"] },
        Difference("ALPN offered in another order") { configuration, _ in
            configuration.alpnProtocols = ["http/1.1", "h2"]
        },
        Difference("ALPN offered, joined otherwise") { configuration, _ in configuration.alpnProtocols = ["http/1.1h2"]
        },
        Difference("client certificate") { configuration, _ in
            let client = try TestIdentity.clientP256()
            configuration.credentials = .fixed([try Credential(certificates: client.certificates, key: client.key)])
        },
        Difference("another client certificate") { configuration, _ in
            let other = try TestIdentity.serverP256()
            configuration.credentials = .fixed([try Credential(certificates: other.certificates, key: other.key)])
        },
        Difference("two client certificates") { configuration, _ in
            let client = try TestIdentity.clientP256()
            let credential = try Credential(certificates: client.certificates, key: client.key)
            configuration.credentials = .fixed([credential, credential])
        },
        Difference("client certificates of a callback") { configuration, _ in
            configuration.credentials = .callback({ _ in .use([]) }, identity: verifier)
        },
        Difference("client certificates of another callback") { configuration, _ in
            configuration.credentials = .callback({ _ in .use([]) }, identity: .named("another"))
        },
        Difference("client certificates of a callback without a name") { configuration, _ in
            configuration.credentials = .callback({ _ in .use([]) })
        },
        Difference("provider") { configuration, _ in
            let provider = configuration.provider
            configuration.provider = renamed(provider, name: "other", version: provider.version)
        },
        Difference("provider's version") { configuration, _ in
            let provider = configuration.provider
            configuration.provider = renamed(provider, name: provider.name, version: "9.9")
        },
        Difference("TLS 1.3 only") { configuration, _ in configuration.versions = .tls13 ... .tls13 },
        Difference("TLS 1.2 only") { configuration, _ in configuration.versions = .tls12 ... .tls12 },
        Difference("cipher suites") { configuration, _ in configuration.cipherSuites.removeLast() },
        Difference("groups") { configuration, _ in configuration.groups.removeLast() },
        Difference("signature schemes") { configuration, _ in configuration.signatureSchemes.removeLast() },
        Difference("signature schemes of certificates") { configuration, _ in
            configuration.certificateSignatureSchemes.removeLast()
        },
        Difference("accepted weakness") { configuration, _ in
            configuration.acceptedTLS12Weaknesses = [.cbcPaddingTiming]
        },
    ]

    private func binding(_ difference: Difference? = nil) throws -> SessionBinding {
        var configuration = try TestClient.configuration()
        var identity = try ReferenceIdentity("server.example")
        try difference?.apply(&configuration, &identity)
        return try SessionBinding(configuration, identity)
    }

    @Test("T-31, T-32: a session is not offered when this differs", arguments: differences)
    func difference(_ difference: Difference) throws {
        let store = MemorySessionStore()
        store.store(try SessionSamples.session(), for: try binding())
        let other = try binding(difference)
        #expect(other.digest.count == 32)
        #expect(store.take(for: other, at: SessionSamples.start, timeout: 600) == nil)
        #expect(store.take(for: try binding(), at: SessionSamples.start, timeout: 600) != nil)
    }

    @Test("T-32: no two of the differences give one binding")
    func distinct() throws {
        let all = try Self.differences.map { try binding($0) } + [try binding()]
        #expect(Set(all).count == all.count)
        #expect(Set(all.map(\.digest)).count == all.count)
    }

    @Test("what neither server nor trust depends on does not separate sessions")
    func irrelevant() throws {
        let plain = try binding()
        #expect(try binding() == plain)
        let same: [Difference] = [
            Difference("padding") { configuration, _ in configuration.recordPadding = .multiple(of: 64) },
            Difference("decisions") { configuration, _ in configuration.reportsDecisions = true },
            Difference("clock") { configuration, _ in configuration.clock = FixedClock(UnixTime(seconds: 0)) },
            Difference("timeout") { configuration, _ in configuration.sessionCacheTimeout = 1 },
            Difference("order of anchors") { configuration, _ in
                configuration.trust = TrustAnchors(configuration.trust.certificates.reversed())
            },
            Difference("case and final dot of the name") { _, identity in
                identity = try ReferenceIdentity("SERVER.example.")
            },
        ]
        for difference in same { #expect(try binding(difference) == plain, "\(difference.testDescription)") }
    }

    @Test("T-32: only callbacks with a name let sessions outlive the process")
    func persistable() throws {
        #expect(try binding().isPersistable)
        for (identity, expected) in [(CallbackIdentity.named("x"), true), (.unique(), false)] {
            let additional = Difference("") { configuration, _ in
                configuration.verification = .additional({ _ in .accept }, identity: identity)
            }
            let takeOver = Difference("") { configuration, _ in
                configuration.verification = .takeOver({ _ in .accept }, identity: identity)
            }
            #expect(try binding(additional).isPersistable == expected)
            #expect(try binding(takeOver).isPersistable == expected)
            // The same callback value is the same callback.
            #expect(try binding(takeOver) == binding(takeOver))
        }
    }
}
