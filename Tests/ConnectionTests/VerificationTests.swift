// VerificationTests.swift — callbacks that add to the verification, take it over, or answer later; keys elsewhere.
// RFC 8446 §4.4.2.4, §4.4.3.

import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import Synchronization
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("Verification callbacks, external keys, key log")
struct VerificationTests {
    static func pair(trusting: Bool = true, _ verification: PeerVerification) throws -> InMemoryPair {
        var configuration = try TestClient.configuration()
        if !trusting { configuration.trust = TrustAnchors([]) }
        configuration.verification = verification
        return try InMemoryPair(configuration)
    }

    @Test("An additional callback is asked after the standard check, and can refuse")
    func additional() throws {
        var accepted = try VerificationTests.pair(.additional { _ in .accept })
        try accepted.connect()
        #expect(accepted.client.connection.info.validatedPath.count == 2)
        var refused = try VerificationTests.pair(.additional { _ in .reject(reason: "pinned to another key") })
        try refused.server.answer()
        let error = try refused.refuses(.certificateUnknown)
        #expect(error?.explanation.found == "pinned to another key")
        // It cannot accept what the standard check refused.
        var untrusted = try VerificationTests.pair(trusting: false, .additional { _ in .accept })
        try untrusted.server.answer()
        _ = try untrusted.refuses(.unknownCA)
    }

    @Test("A callback that takes over decides alone, and sees what the standard check found")
    func takeOver() throws {
        let keeper = Keeper()
        var pair = try VerificationTests.pair(
            trusting: false,
            .takeOver { request in
                keeper.keep(request)
                return .accept
            })
        try pair.connect()
        let request = try #require(keeper.requests.first)
        #expect(request.certificates.count == 1)
        guard case .failure(let error) = request.standardResult else {
            Issue.record("the standard check has no anchors to succeed with")
            return
        }
        #expect(error.alert == .unknownCA)
        #expect(pair.client.connection.info.validatedPath.isEmpty)
        try pair.exchange()
    }

    @Test("A callback that takes over learns everything that is wrong, and nothing when nothing is")
    func failures() throws {
        for (name, trusts, time, expected) in [
            ("localhost", true, nil, []), ("localhost", false, nil, [.unknownIssuer]),
            ("other.example", false, nil, [.nameMatch, .unknownIssuer]),
            ("other.example", false, 0, [.notYetValid, .nameMatch, .unknownIssuer]),
            ("localhost", true, 253_000_000_000, [.expired]),
        ] as [(String, Bool, Int64?, [CertificateError.Rule])] {
            let keeper = Keeper()
            var configuration = try TestClient.configuration()
            if !trusts { configuration.trust = TrustAnchors([]) }
            if let time { configuration.clock = FixedClock(UnixTime(seconds: time)) }
            configuration.verification = .takeOver { request in
                keeper.keep(request)
                return .accept
            }
            var client = configuration
            client.versions = .tls13 ... .tls13
            var ends = try BothEnds(client, nil, name: name)
            try ends.run()
            let request = try #require(keeper.requests.first)
            #expect(request.standardFailures.map(\.rule) == expected, "\(name) \(trusts)")
            if case .success = request.standardResult { #expect(expected.isEmpty) } else { #expect(!expected.isEmpty) }
        }
    }

    @Test("A verification that answers later: nothing goes on until it does, whatever comes meanwhile")
    func later() throws {
        var pair = try VerificationTests.pair(.additional { _ in .later })
        try pair.client.receive(try pair.answer())
        #expect(pair.client.events == [.wantsVerification])
        try pair.client.run()
        #expect(pair.client.events == [.wantsVerification, .wantsVerification])
        #expect(pair.client.connection.isHandshakeComplete == false)
        try pair.client.resume(.peerAccepted)
        #expect(pair.client.events.last == .handshakeComplete)
        try pair.server.receive(pair.client.takeOutput())
        try pair.exchange()

        var refused = try VerificationTests.pair(.takeOver { _ in .later })
        try refused.client.receive(try refused.answer())
        let error = #expect(throws: TLSError.self) { try refused.client.resume(.peerRejected(reason: "no")) }
        #expect(error?.alert == .certificateUnknown)
        #expect(try refused.alerts() == [.certificateUnknown])
    }

    @Test("A key outside the process: the handshake waits for the signature")
    func externalKey() throws {
        var configuration = try TestClient.configuration()
        let own = try TestIdentity.clientP256()
        configuration.credentials = .fixed([
            try Credential(
                certificates: own.certificates, externalSchemes: [.ecdsaSecp256r1SHA256])
        ])
        var pair = try InMemoryPair(configuration)
        try pair.client.receive(try pair.answer(requestsCertificate: true))
        #expect(pair.client.events == [.wantsSignature])
        guard case .wants(.sign(let request)) = try pair.client.event() else {
            Issue.record("expected a signing request")
            return
        }
        #expect(request.scheme == .ecdsaSecp256r1SHA256)
        let signature = try own.key.sign(request.message.span, using: .ecdsa(.sha256))
        try pair.client.resume(.signature(signature))
        try pair.server.receive(pair.client.takeOutput())
        #expect(pair.server.isClientFinished == true)
        try pair.exchange()
    }

    @Test("A credential whose key does not belong to its certificate is refused before anything is sent")
    func wrongKey() throws {
        let own = try TestIdentity.clientP256()
        let other = try TestIdentity.serverP256()
        #expect(throws: HandshakeError.self) {
            _ = try Credential(certificates: own.certificates, key: other.key)
        }
        #expect(throws: HandshakeError.self) { _ = try Credential(certificates: [], key: other.key) }
    }

    @Test("T-48: secrets reach the key log only when there is one, and the report says so")
    func keyLog() throws {
        let log = CollectingLog()
        var configuration = try TestClient.configuration()
        configuration.keyLog = log
        var pair = try InMemoryPair(configuration)
        try pair.connect()
        let labels = log.lines.map { $0.split(separator: " ")[0] }
        #expect(
            labels == [
                "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0",
                "SERVER_TRAFFIC_SECRET_0", "EXPORTER_SECRET",
            ])
        let random = Hex.encode(pair.server.hello.random)
        for line in log.lines {
            let fields = line.split(separator: " ")
            #expect(fields.count == 3)
            #expect(fields[1] == random)
            #expect(fields[2].count == 64)
        }
        #expect(pair.client.connection.info.isKeyLogged == true)
        var quiet = try InMemoryPair()
        try quiet.connect()
        #expect(quiet.client.connection.info.isKeyLogged == false)
    }

    @Test("T-48: no decision, description or error holds a secret")
    func noSecretInReports() throws {
        let log = CollectingLog()
        var configuration = try TestClient.configuration()
        configuration.keyLog = log
        configuration.reportsDecisions = true
        var pair = try InMemoryPair(configuration)
        try pair.connect()
        let info = pair.client.connection.info
        #expect(!info.decisions.isEmpty)
        let text = "\(info)" + info.decisions.map { "\($0)" }.joined()
        for line in log.lines {
            let secret = String(line.split(separator: " ")[2])
            #expect(!text.contains(secret))
            #expect(!text.lowercased().contains(secret.prefix(16)))
        }
        let secret = SecretBytes(copying: ([1, 2, 3] as [UInt8]).span)
        #expect(secret.count == 3)
    }

    @Test("Decisions tell each choice when asked for, and nothing is kept when not")
    func decisions() throws {
        var configuration = try TestClient.configuration()
        configuration.reportsDecisions = true
        configuration.alpnProtocols = ["h2"]
        var pair = try InMemoryPair(configuration)
        try pair.client.receive(try pair.answer(alpn: "h2"))
        let topics = Set(pair.client.connection.info.decisions.map(\.topic))
        #expect(
            topics.isSuperset(of: [
                .version, .cipherSuite, .group, .alpn, .certificatePath, .certificateName, .signature, .finished,
            ]))
        var quiet = try InMemoryPair()
        try quiet.connect()
        #expect(quiet.client.connection.info.decisions.isEmpty)
    }

    @Test("A configuration no hello can be made from is the caller's error, and says what to change")
    func configurationErrors() throws {
        let edits: [(inout ClientConfiguration) -> Void] = [
            { $0.cipherSuites = [] }, { $0.cipherSuites = [CipherSuite(rawValue: 0x1399)] }, { $0.groups = [] },
            { $0.groups = [NamedGroup(rawValue: 99)] }, { $0.keyShareGroups = [.x448] },
            { $0.keyShareGroups = [.x25519, .x25519] }, { $0.signatureSchemes = [] },
            { $0.signatureSchemes = [.rsaPKCS1SHA256] }, { $0.certificateSignatureSchemes = [] },
            { $0.alpnProtocols = [""] }, { $0.alpnProtocols = [String(repeating: "x", count: 256)] },
            { $0.versions = .tls10 ... .tls10 }, { $0.certificateSignatureSchemes = [.rsaPKCS1SHA1] },
        ]
        for edit in edits {
            var configuration = try TestClient.configuration()
            edit(&configuration)
            var output = SendBuffer()
            let identity = try ReferenceIdentity("localhost")
            let error = #expect(throws: TLSError.self) {
                _ = try TLSConnection(client: configuration, identity: identity, into: &output).isHandshakeComplete
            }
            #expect(error?.origin == .caller)
            #expect(error?.explanation.advice.isEmpty == false)
            #expect(output.pendingCount == 0)
        }
    }
}

final class Keeper: Sendable {
    private let kept = Mutex<[PeerVerificationRequest]>([])
    var requests: [PeerVerificationRequest] { kept.withLock { $0 } }
    func keep(_ request: PeerVerificationRequest) { kept.withLock { $0.append(request) } }
}

final class CollectingLog: KeyLog {
    private let kept = Mutex<[String]>([])
    var lines: [String] { kept.withLock { $0 } }
    func write(line: String) { kept.withLock { $0.append(line) } }
}
