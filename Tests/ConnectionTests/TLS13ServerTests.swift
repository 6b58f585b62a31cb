// TLS13ServerTests.swift — whole handshakes of the TLS 1.3 server: choices, certificates, answers that take their time.
// RFC 8446 §2, §4.1.1, §4.2, §4.3, §4.4.

import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("TLS 1.3 server")
struct TLS13ServerTests {
    static func client(_ edit: (inout ClientConfiguration) throws -> Void = { _ in }) throws -> ClientConfiguration {
        var configuration = try TestClient.configuration()
        configuration.versions = .tls13 ... .tls13
        try edit(&configuration)
        return configuration
    }

    static func server(
        _ identity: TestIdentity? = nil, _ edit: (inout ServerConfiguration) throws -> Void = { _ in }
    ) throws -> ServerConfiguration {
        var configuration = try TestClient.serverConfiguration(try identity ?? .serverP256())
        try edit(&configuration)
        return configuration
    }

    static let suites: [CipherSuite] = CipherSuite.named.filter { TLS13Suite($0) != nil }

    @Test("RFC 8446 §4.1.1: every cipher suite leads to protected data both ways", arguments: suites)
    func everySuite(_ suite: CipherSuite) throws {
        var ends = try BothEnds(
            try Self.client { $0.cipherSuites = [suite] }, try Self.server { $0.cipherSuites = [suite] })
        try ends.run()
        #expect(ends.server.connection.info.cipherSuite == suite)
        #expect(ends.server.events == [.handshakeComplete])
        #expect(ends.server.connection.stateName == "CONNECTED")
        try ends.exchangeData()
        let label = "EXPORTER-test"
        let own = try ends.server.connection.exportKeyingMaterial(label: label, context: [1], length: 40)
        let theirs = try ends.client.connection.exportKeyingMaterial(label: label, context: [1], length: 40)
        #expect([UInt8](copying: own.bytes) == [UInt8](copying: theirs.bytes))
    }

    @Test(
        "RFC 8446 §4.2.8: every group, with a share at once and after a HelloRetryRequest",
        arguments: [
            NamedGroup.x25519, .x448, .secp256r1, .secp384r1, .secp521r1, .ffdhe2048, .ffdhe3072, .ffdhe4096,
        ])
    func everyGroup(_ group: NamedGroup) throws {
        for retries in [false, true] {
            let client = try Self.client {
                $0.groups = [group]
                $0.keyShareGroups = retries ? [] : [group]
            }
            var ends = try BothEnds(client, try Self.server { $0.groups = [.secp256r1, group] })
            try ends.run()
            #expect(ends.server.connection.info.group == group)
            #expect(ends.server.connection.info.helloRetried == retries)
            try ends.exchangeData()
        }
    }

    @Test("RFC 8446 §4.1.1: the server's order of suites counts, or the client's when the server says so")
    func order() throws {
        let client = try Self.client { $0.cipherSuites = [.tlsAES256GCMSHA384, .tlsAES128GCMSHA256] }
        for prefersClient in [false, true] {
            var ends = try BothEnds(client, try Self.server { $0.prefersClientCipherSuites = prefersClient })
            try ends.run()
            #expect(
                ends.server.connection.info.cipherSuite
                    == (prefersClient ? .tlsAES256GCMSHA384 : .tlsAES128GCMSHA256))
        }
    }

    @Test("RFC 8446 §4.4.2.2: of several certificates the first whose key can sign for the client")
    func certificateChoice() throws {
        let identities = [try TestIdentity.serverEd25519(), try .serverRSA(), try .serverP256(), try .serverP384()]
        let credentials = try identities.map { try Credential(certificates: $0.certificates, key: $0.key) }
        for identity in identities {
            let client = try Self.client { $0.signatureSchemes = [identity.scheme] }
            var ends = try BothEnds(client, try Self.server { $0.credentials = .fixed(credentials) })
            try ends.run()
            #expect(ends.client.connection.info.peerCertificates.first?.publicKey == identity.key.publicKey)
            #expect(ends.client.connection.info.peerSignatureScheme == identity.scheme)
            try ends.exchangeData()
        }
    }

    @Test("RFC 7301 §3.2: the server's order of protocols counts; RFC 6066 §3: the server's name is acknowledged")
    func encryptedExtensions() throws {
        let client = try Self.client {
            $0.alpnProtocols = ["http/1.1", "h2"]
            $0.recordSizeLimit = 500
        }
        let server = try Self.server {
            $0.alpnProtocols = ["h2", "http/1.1"]
            $0.recordSizeLimit = 700
        }
        var ends = try BothEnds(client, server)
        try ends.run()
        #expect(ends.server.connection.info.alpnProtocol == "h2")
        #expect(ends.client.connection.info.alpnProtocol == "h2")
        #expect(ends.server.connection.info.serverName == "localhost")
        #expect(ends.server.connection.info.peerRecordSizeLimit == 501)
        #expect(ends.client.connection.info.peerRecordSizeLimit == 701)
        try ends.server.send([UInt8](repeating: 1, count: 2000))
        let down = ends.server.takeOutput()
        try ends.client.receive(down)
        #expect(
            ends.client.events.dropFirst().allSatisfy {
                if case .data(let data) = $0 { data.count <= 500 } else { false }
            })
        #expect(ends.client.data.count == 2000)
        // RFC 8449 §4: who supports the extension answers it, with 2^14 + 1 when there is no limit.
        var unlimited = try BothEnds(client, try Self.server { $0.alpnProtocols = ["h2"] })
        try unlimited.run()
        #expect(unlimited.client.connection.info.peerRecordSizeLimit == RecordLimits.plaintext + 1)
        try unlimited.exchangeData()
    }

    @Test("RFC 8446 §4.4.2.1: an OCSP response goes to clients that ask, and to no others")
    func stapledStatus() throws {
        let own = try TestIdentity.serverP256()
        var credential = try Credential(certificates: own.certificates, key: own.key)
        credential.ocspResponse = [0x30, 3, 10, 1, 0]
        let server = try Self.server { $0.credentials = .fixed([credential]) }
        for asks in [false, true] {
            let client = try Self.client {
                $0.requestsCertificateStatus = asks
                // What is stapled here is no good OCSP response.
                $0.pathPolicy.revocation.mode = .off
            }
            var ends = try BothEnds(client, server)
            try ends.run()
            #expect(ends.client.connection.info.stapledOCSPResponse == (asks ? [0x30, 3, 10, 1, 0] : nil))
        }
    }

    @Test("T-48: both key logs say the same, and only when there are any")
    func keyLog() throws {
        let (clientLog, serverLog) = (CollectingLog(), CollectingLog())
        var ends = try BothEnds(
            try Self.client { $0.keyLog = clientLog }, try Self.server { $0.keyLog = serverLog })
        try ends.run()
        #expect(serverLog.lines.count == 5)
        #expect(serverLog.lines == clientLog.lines)
        #expect(ends.server.connection.info.isKeyLogged == true)
    }

    @Test("Decisions tell each choice when asked for, and hold no secret")
    func decisions() throws {
        let log = CollectingLog()
        let server = try Self.server {
            $0.reportsDecisions = true
            $0.keyLog = log
            $0.alpnProtocols = ["h2"]
        }
        var ends = try BothEnds(try Self.client { $0.alpnProtocols = ["h2"] }, server)
        try ends.run()
        let decisions = ends.server.connection.info.decisions
        #expect(
            Set(decisions.map(\.topic)).isSuperset(of: [.version, .cipherSuite, .group, .alpn, .signature, .finished]))
        let text = decisions.map { "\($0)" }.joined()
        for line in log.lines { #expect(!text.contains(line.split(separator: " ")[2])) }
    }

    // MARK: Client authentication

    static func policy(_ verification: PeerVerification = .standard) throws -> ClientAuthenticationPolicy {
        var policy = ClientAuthenticationPolicy(trust: try TestCertificates.trust())
        policy.verification = verification
        return policy
    }

    @Test("RFC 8446 §4.3.2, §4.4.2: a client's certificate, not asked for, optional and required, there or not")
    func clientAuthentication() throws {
        let own = try TestIdentity.clientP256()
        let modes: [ClientAuthentication] = [.none, .optional(try Self.policy()), .required(try Self.policy())]
        for (index, mode) in modes.enumerated() {
            for hasCertificate in [false, true] {
                let client = try Self.client {
                    if hasCertificate {
                        $0.credentials = .fixed([try Credential(certificates: own.certificates, key: own.key)])
                    }
                }
                var ends = try BothEnds(client, try Self.server { $0.clientAuthentication = mode })
                if mode.isRequired, !hasCertificate {
                    let error = #expect(throws: TLSError.self) { try ends.run() }
                    #expect(error?.alert == .certificateRequired)
                    continue
                }
                try ends.run()
                let info = ends.server.connection.info
                #expect(info.clientCertificateRequested == (index > 0))
                #expect(info.clientCertificateSent == (index > 0 && hasCertificate))
                #expect(info.peerCertificates.count == (index > 0 && hasCertificate ? 1 : 0))
                #expect(info.validatedPath.isEmpty == !(index > 0 && hasCertificate))
                try ends.exchangeData()
            }
        }
    }

    @Test("RFC 8446 §4.3.2: CertificateRequest names schemes and, unless it is not to, the authorities")
    func certificateRequest() throws {
        for sends in [true, false] {
            var policy = try Self.policy()
            policy.sendsAuthorities = sends
            var pair = try TLS13ServerPair(
                try Self.server(.serverEd25519()) { $0.clientAuthentication = .optional(policy) })
            try pair.hello()
            let received = pair.client.certificateRequest
            let request = try #require(received)
            #expect(request.requestContext.isEmpty)
            #expect(request.extensions.body(of: .signatureAlgorithms) != nil)
            let names = try request.extensions.body(of: .certificateAuthorities).map {
                try CertificateAuthoritiesExtension.parseCertificateRequest($0.span)
            }
            #expect(names == (sends ? try TestCertificates.trust().certificates.map(\.subject.derEncoded) : nil))
        }
    }

    @Test("A verification of the client that answers later: nothing goes on until it does")
    func verifiesLater() throws {
        let own = try TestIdentity.clientP256()
        let client = try Self.client {
            $0.credentials = .fixed([try Credential(certificates: own.certificates, key: own.key)])
        }
        for isAccepted in [true, false] {
            let server = try Self.server {
                $0.clientAuthentication = .required(try Self.policy(.additional { _ in .later }))
            }
            var ends = try BothEnds(client, server)
            try ends.run()
            #expect(ends.server.events == [.wantsVerification])
            guard case .wants(.verifyPeer(let request)) = try ends.server.event() else {
                Issue.record("expected a verification")
                return
            }
            #expect(request.identity == nil)
            #expect(request.certificates.first?.publicKey == own.key.publicKey)
            guard isAccepted else {
                let error = #expect(throws: TLSError.self) { try ends.server.resume(.peerRejected(reason: "no")) }
                #expect(error?.alert == .certificateUnknown)
                continue
            }
            try ends.server.resume(.peerAccepted)
            try ends.run()
            #expect(ends.server.events.last == .handshakeComplete)
            try ends.exchangeData()
        }
    }

    @Test("A key outside the process, and credentials chosen later: the handshake waits for both")
    func signsLater() throws {
        let own = try TestIdentity.serverP256()
        let credential = try Credential(certificates: own.certificates, externalSchemes: [.ecdsaSecp256r1SHA256])
        let server = try Self.server { $0.credentials = .callback { _ in .later } }
        for isRetried in [false, true] {
            var ends = try BothEnds(
                try Self.client {
                    if isRetried { $0.keyShareGroups = [] }
                    $0.recordSizeLimit = 300
                }, server)
            try ends.run()
            #expect(ends.server.events == [.wantsCredentials])
            try ends.server.resume(.credentials([credential]))
            try ends.run()
            #expect(ends.server.events.last == .wantsSignature)
            guard case .wants(.sign(let request)) = try ends.server.event() else {
                Issue.record("expected a signing request")
                return
            }
            #expect(request.scheme == .ecdsaSecp256r1SHA256)
            try ends.server.resume(.signature(try own.key.sign(request.message.span, using: .ecdsa(.sha256))))
            try ends.run()
            #expect(ends.server.events.last == .handshakeComplete)
            #expect(ends.client.events == [.handshakeComplete])
            try ends.exchangeData()
        }
    }
}
