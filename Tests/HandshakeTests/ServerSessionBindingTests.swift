// ServerSessionBindingTests.swift — under which differences of a server's trust its clients start anew.
// RFC 8446 §4.2.11, §4.6.1.
// Next: ServerSessionRulesTests.swift.

import Certificates
import Handshake
import TestSupport
import Testing
import WireFormat

@Suite("ServerSessionBinding")
struct ServerSessionBindingTests {
    /// One thing that differs, by its name.
    struct Difference: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let apply: @Sendable (inout ServerConfiguration) throws -> Void

        init(_ name: String, _ apply: @escaping @Sendable (inout ServerConfiguration) throws -> Void) {
            testDescription = name
            self.apply = apply
        }
    }

    /// Changes the policy of clients that have to authenticate themselves.
    private static func policy(
        _ name: String, _ change: @escaping @Sendable (inout ClientAuthenticationPolicy) throws -> Void
    ) -> Difference {
        Difference(name) { configuration in
            var policy = ClientAuthenticationPolicy(trust: try TestCertificates.trust())
            try change(&policy)
            configuration.clientAuthentication = .required(policy)
        }
    }

    /// What has to lead to a full handshake.
    static let differences: [Difference] = [
        Difference("no client authentication") { _ in },
        Difference("client authentication optional") { configuration in
            configuration.clientAuthentication = .optional(
                ClientAuthenticationPolicy(trust: try TestCertificates.trust()))
        },
        policy("client authentication required") { _ in },
        policy("another trust anchor") { policy in
            policy.trust = TrustAnchors(try TestIdentity.serverRSA().certificates)
        },
        policy("one more trust anchor") { policy in
            policy.trust = TrustAnchors(policy.trust.certificates + (try TestIdentity.serverRSA().certificates))
        },
        policy("a pinned key") { policy in
            policy.trust = policy.trust.pinning([try PublicKeyPin(of: try TestIdentity.serverRSA().certificates[0])])
        },
        policy("another path policy") { $0.pathPolicy.maximumDepth = 3 },
        policy("a raw public key") {
            $0.acceptedRawPublicKeys = [try PublicKeyPin(of: try TestIdentity.clientRSA().certificates[0])]
        },
        policy("another raw public key") {
            $0.acceptedRawPublicKeys = [try PublicKeyPin(of: try TestIdentity.clientP256().certificates[0])]
        },
        policy("no trust anchor") { $0.trust = TrustAnchors([]) },
        policy("a verification callback") { $0.verification = .additional({ _ in .accept }, identity: .named("a")) },
        policy("a callback of another name") { $0.verification = .additional({ _ in .accept }, identity: .named("b")) },
        policy("a callback without a name") { $0.verification = .additional({ _ in .accept }) },
        policy("another callback without a name") { $0.verification = .additional({ _ in .accept }) },
        policy("a callback that takes over") { $0.verification = .takeOver({ _ in .accept }, identity: .named("a")) },
        Difference("what clients may sign with") { configuration in
            configuration.clientAuthentication = .required(
                ClientAuthenticationPolicy(trust: try TestCertificates.trust()))
            configuration.signatureSchemes.removeLast()
        },
        Difference("what clients' certificates may be signed with") { configuration in
            configuration.clientAuthentication = .required(
                ClientAuthenticationPolicy(trust: try TestCertificates.trust()))
            configuration.certificateSignatureSchemes.removeLast()
        },
    ]

    @Test("T-32: client authentication, trust, policy and its callback: no two of the differences give one binding")
    func distinct() throws {
        let all = try Self.differences.map { difference in
            var configuration = try ServerSessionSamples.configuration()
            try difference.apply(&configuration)
            return try ServerSessionBinding(configuration)
        }
        #expect(Set(all).count == Self.differences.count)
        #expect(all.allSatisfy { $0.digest.count == 32 })
    }

    @Test("T-32: any such difference leads to a full handshake, by ticket and by session ID", arguments: differences)
    func fullHandshake(difference: Difference) throws {
        for usesTickets in [true, false] {
            var configuration = try ServerSessionSamples.configuration()
            if !usesTickets { configuration.sessionTickets = nil }
            configuration.sessionCache = MemoryServerSessionCache()
            let sessions = try #require(try ServerSessions(configuration))
            let session = try ServerSessionSamples.session(.tls12, binding: sessions.binding.digest)
            let id = [UInt8](repeating: 3, count: 32)
            sessions.store(session, id: id)
            let ticket = try sessions.ticket(for: session)
            #expect((ticket != nil) == usesTickets)
            for other in Self.differences {
                var changed = configuration
                try other.apply(&changed)
                let now = try #require(try ServerSessions(changed))
                let isSame = other.testDescription == "no client authentication"
                #expect((now.session(id: id) != nil) == isSame)
                if let ticket { #expect((now.session(ticket: ticket, version: .tls12) != nil) == isSame) }
            }
            // The other way round.
            var before = configuration
            try difference.apply(&before)
            let old = try #require(try ServerSessions(before))
            let made = try ServerSessionSamples.session(.tls12, binding: old.binding.digest)
            let isSame = difference.testDescription == "no client authentication"
            if let ticket = try old.ticket(for: made) {
                #expect((sessions.session(ticket: ticket, version: .tls12) != nil) == isSame)
                #expect(old.session(ticket: ticket, version: .tls12) != nil)
            }
        }
    }

    @Test("a copy, other certificates of ours, other suites, names and protocols leave the binding as it is")
    func same() throws {
        let configuration = try ServerSessionSamples.configuration()
        let binding = try ServerSessionBinding(configuration)
        var changed = configuration
        #expect(try ServerSessionBinding(changed) == binding)
        let other = try TestIdentity.serverRSA()
        changed.credentials = .fixed([try Credential(certificates: other.certificates, key: other.key)])
        changed.cipherSuites.removeLast()
        changed.groups.removeLast()
        changed.alpnProtocols = []
        changed.clock = FixedClock(UnixTime(seconds: 1))
        changed.sessionTickets = nil
        #expect(try ServerSessionBinding(changed) == binding)
        // The anchors are a set: their order is nobody's business.
        let anchors = try TestCertificates.trust().certificates + TestIdentity.serverRSA().certificates
        changed.clientAuthentication = .required(ClientAuthenticationPolicy(trust: TrustAnchors(anchors)))
        let one = try ServerSessionBinding(changed)
        changed.clientAuthentication = .required(ClientAuthenticationPolicy(trust: TrustAnchors(anchors.reversed())))
        #expect(try ServerSessionBinding(changed) == one)
    }

    @Test("T-32: a callback without a name binds sessions to the process; one with a name, and none, do not")
    func process() throws {
        func binding(_ verification: PeerVerification, process: UInt8) throws -> ServerSessionBinding {
            var policy = ClientAuthenticationPolicy(trust: try TestCertificates.trust())
            policy.verification = verification
            return try ServerSessionBinding(
                .optional(policy), signatureSchemes: [.ed25519], certificateSignatureSchemes: [.ed25519],
                process: { [process] })
        }
        let unnamed = PeerVerification.takeOver({ _ in .accept })
        #expect(try binding(unnamed, process: 1) == binding(unnamed, process: 1))
        // Another process counts its callbacks from the same number.
        #expect(try binding(unnamed, process: 1) != binding(unnamed, process: 2))
        for verification in [.standard, .takeOver({ _ in .accept }, identity: .named("a"))] as [PeerVerification] {
            #expect(try binding(verification, process: 1) == binding(verification, process: 2))
        }
        #expect(try ServerSessionBinding.processIdentity() == ServerSessionBinding.processIdentity())
        #expect(try ServerSessionBinding.processIdentity().count == 16)
    }
}
