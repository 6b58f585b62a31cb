// ServerSessionRulesTests.swift — with which ClientHello a session is resumed, and with which it is not.
// RFC 8446 §4.2.11, §4.6.1; RFC 6066 §3; RFC 7301 §3.1; RFC 7627 §5.3; RFC 5246 §7.4.1.2.
// Next: ServerSessionsTests.swift.

import Certificates
import Handshake
import TestSupport
import Testing
import WireFormat

@Suite("ServerSession.refusal")
struct ServerSessionRulesTests {
    /// All that a resumption depends on.
    struct Setting {
        var hello = ServerSessionSamples.Hello()
        var configuration: ServerConfiguration
        var facts: ServerSession.Facts
        var suite: CipherSuite?
        var seconds: Int64 = 1
    }

    private static func refusal(
        _ version: ProtocolVersion, _ change: (inout Setting) throws -> Void = { _ in }
    ) throws -> String? {
        var setting = Setting(
            configuration: try ServerSessionSamples.configuration(), facts: ServerSessionSamples.facts(version))
        try change(&setting)
        let session = ServerSession(setting.facts, secret: SessionSamples.secret(version == .tls13 ? 32 : 48))
        let hello = try setting.hello.received(setting.configuration)
        let now = ServerSessionSamples.after(setting.seconds)
        return session.refusal(hello, suite: setting.suite, at: now).map { "\($0)" }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// The versions in which it leads to a full handshake; nothing comes of it in the other one.
        let versions: Set<ProtocolVersion>
        let apply: @Sendable (inout Setting) throws -> Void

        init(
            _ name: String, in versions: Set<ProtocolVersion> = [.tls12, .tls13],
            _ apply: @escaping @Sendable (inout Setting) throws -> Void
        ) {
            testDescription = name
            self.versions = versions
            self.apply = apply
        }
    }

    @Test("a session is resumed with a ClientHello that fits", arguments: [ProtocolVersion.tls12, .tls13])
    func fits(version: ProtocolVersion) throws {
        #expect(try Self.refusal(version) == nil)
        #expect(try Self.refusal(version) { $0.suite = $0.facts.cipherSuite } == nil)
        #expect(try Self.refusal(version) { $0.seconds = 600 } == nil)
    }

    static let cases: [Case] = [
        Case("another name") { $0.hello.serverName = "other.example" },
        Case("no name any more") { $0.hello.serverName = nil },
        Case("a name, where there was none") { $0.facts.serverName = nil },
        Case("another protocol chosen") { $0.hello.alpnProtocols = ["http/1.1"] },
        Case("no protocol any more") { $0.hello.alpnProtocols = nil },
        Case("a protocol, where there was none") { $0.facts.alpnProtocol = nil },
        Case("our order of protocols changed") { $0.configuration.alpnProtocols = ["http/1.1", "h2"] },
        Case("our protocol is gone") { $0.configuration.alpnProtocols = [] },
        Case("the version is gone") { setting in
            setting.configuration.versions =
                setting.facts.version == .tls13 ? .tls12 ... .tls12 : .tls13 ... .tls13
        },
        Case("the client does not offer the suite or its hash") { setting in
            setting.hello.cipherSuites = [.tlsAES256GCMSHA384, .tlsECDHEECDSAWithAES256GCMSHA384]
        },
        Case("we do not take the suite or its hash any more") { setting in
            setting.configuration.cipherSuites = [.tlsAES256GCMSHA384, .tlsECDHEECDSAWithAES256GCMSHA384]
        },
        Case("a suite of another hash was chosen") { setting in
            setting.suite = setting.facts.version == .tls13 ? .tlsAES256GCMSHA384 : .tlsECDHEECDSAWithAES256GCMSHA384
        },
        // RFC 8446 §4.2.11: the hash is what counts in TLS 1.3; in TLS 1.2 the suite belongs to the session.
        Case("a suite of the same hash was chosen", in: [.tls12]) { setting in
            setting.suite =
                setting.facts.version == .tls13 ? .tlsChaCha20Poly1305SHA256 : .tlsECDHERSAWithAES128GCMSHA256
        },
        Case("the suite is gone, one of the same hash is there", in: [.tls12]) { setting in
            setting.hello.cipherSuites = [.tlsChaCha20Poly1305SHA256, .tlsECDHERSAWithAES128GCMSHA256]
        },
        Case("T-12: no extended_master_secret any more", in: [.tls12]) { setting in
            setting.hello.offersExtendedMasterSecret = false
        },
        Case("T-12: made without extended_master_secret", in: [.tls12]) { setting in
            setting.facts.usesExtendedMasterSecret = false
        },
        Case("no encrypt_then_mac any more", in: [.tls12]) { setting in
            setting.facts.usesEncryptThenMAC = setting.facts.version == .tls12
            setting.hello.offersEncryptThenMAC = false
        },
        Case("encrypt_then_mac on neither side", in: []) { $0.hello.offersEncryptThenMAC = false },
        Case("a client certificate is required, and there is none") { setting in
            setting.configuration.clientAuthentication = .required(
                ClientAuthenticationPolicy(trust: try TestCertificates.trust()))
        },
        Case("a client certificate is required, and there is one", in: []) { setting in
            try ServerSessionSamples.authenticate(&setting.facts)
            setting.configuration.clientAuthentication = .required(
                ClientAuthenticationPolicy(trust: try TestCertificates.trust()))
        },
        Case("a client certificate is optional, and there is none", in: []) { setting in
            setting.configuration.clientAuthentication = .optional(
                ClientAuthenticationPolicy(trust: try TestCertificates.trust()))
        },
        Case("a client certificate that nobody asks for") { try ServerSessionSamples.authenticate(&$0.facts) },
        Case("resumption is off") { $0.configuration.resumesSessions = false },
        Case("the cache's time is nothing") { $0.configuration.sessionCacheTimeout = 0 },
        Case("T-33: the cache's time is over") { $0.seconds = 601 },
        Case("T-33: the ticket's time is over") { setting in
            setting.facts.lifetime = 5
            setting.seconds = 6
        },
        Case("T-33: seven days after the full handshake") { setting in
            setting.facts.authenticatedAt = ServerSessionSamples.after(-604_800)
        },
        Case("T-33: before its beginning") { $0.seconds = -1 },
        Case("T-33: before the full handshake") { $0.facts.authenticatedAt = ServerSessionSamples.after(2) },
        Case("T-33: the client's certificate has expired") { setting in
            let certificate = try SessionSamples.certificate(until: "2026")
            setting.facts.peerCertificates = [certificate]
            setting.configuration.clientAuthentication = .optional(
                ClientAuthenticationPolicy(trust: try TestCertificates.trust()))
        },
    ]

    @Test("T-31, T-32, T-33, T-34: what differs from the session leads to a full handshake", arguments: cases)
    func refused(_ case: Case) throws {
        for version in [ProtocolVersion.tls12, .tls13] {
            let refusal = try Self.refusal(version, `case`.apply)
            #expect((refusal != nil) == `case`.versions.contains(version), "\(version): \(refusal ?? "resumed")")
        }
    }
}
