// TLS12ServerHandshakeTests.swift — every suite, key and group of a TLS 1.2 server, and what its ServerHello answers.
// RFC 5246 §7.3, §7.4; RFC 8422; RFC 7919 §4; RFC 5746; RFC 7366; RFC 7627; RFC 8449; RFC 6066.
// Next: TLS12ServerRefusalTests.swift.

import CryptoGlue
import Handshake
import RecordLayer
import Synchronization
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("TLS 1.2 server handshakes")
struct TLS12ServerHandshakeTests {
    // MARK: Suites, keys, groups

    @Test("RFC 5246 §7.3: every cipher suite connects and carries data", arguments: TLS12Pair.suites)
    func suite(_ suite: CipherSuite) throws {
        var pair = try TLS12ServerPair(suites: [suite])
        try pair.connect()
        try pair.exchange()
        let info = pair.server.connection.info
        #expect(info.version == .tls12)
        #expect(info.cipherSuite == suite)
        #expect(info.isHandshakeComplete)
        #expect(!info.isResumed)
        #expect(info.usesExtendedMasterSecret)
        let table = try #require(TLS12Suite(suite))
        #expect((info.group != nil) == (table.keyExchange != .rsa))
        if case .cbc = table.protection { #expect(info.usesEncryptThenMAC) } else { #expect(!info.usesEncryptThenMAC) }
        pair.server.close()
        #expect(try pair.alerts() == [.closeNotify])
    }

    @Test(
        "RFC 5246 §8.1, RFC 7366: every suite without extended_master_secret and encrypt_then_mac",
        arguments: TLS12Pair.suites)
    func plain(_ suite: CipherSuite) throws {
        var pair = try TLS12ServerPair(suites: [suite])
        pair.client.offersExtendedMasterSecret = false
        pair.client.offersEncryptThenMAC = false
        try pair.connect()
        try pair.exchange()
        #expect(pair.client.answer(.extendedMasterSecret) == nil)
        #expect(pair.client.answer(.encryptThenMAC) == nil)
        #expect(!pair.server.connection.info.usesExtendedMasterSecret)
    }

    @Test(
        "RFC 5246 §7.4.1.4.1: the share is signed with a scheme that the client names and the key can make",
        arguments: [
            (.p256, .ecdsaSecp256r1SHA256), (.p256, .ecdsaSecp384r1SHA384), (.p384, .ecdsaSecp384r1SHA384),
            (.p384, .ecdsaSecp256r1SHA256), (.ed25519, .ed25519),
        ] as [(ServerKind, SignatureScheme)])
    func ecdsaKeys(_ kind: ServerKind, _ scheme: SignatureScheme) throws {
        var pair = try TLS12ServerPair(TLS12ServerPair.configuration([kind]))
        pair.client.schemes = [.rsaPSSRSAESHA256, scheme]
        try pair.connect()
        #expect(pair.client.serverKeyExchange?.scheme == scheme)
        #expect(pair.client.serverCertificates == (try kind.identity().certificates))
    }

    @Test(
        "RFC 5246 §7.4.1.4.1: an RSA key signs with PSS or PKCS #1 v1.5, as the client names it",
        arguments: [
            SignatureScheme.rsaPSSRSAESHA256, .rsaPSSRSAESHA384, .rsaPSSRSAESHA512, .rsaPKCS1SHA256, .rsaPKCS1SHA384,
            .rsaPKCS1SHA512,
        ], [CipherSuite.tlsECDHERSAWithAES128GCMSHA256, .tlsDHERSAWithAES128GCMSHA256])
    func rsaKeys(_ scheme: SignatureScheme, _ suite: CipherSuite) throws {
        var pair = try TLS12ServerPair(suites: [suite])
        pair.client.schemes = [.ed25519, scheme]
        try pair.connect()
        #expect(pair.client.serverKeyExchange?.scheme == scheme)
    }

    @Test(
        "RFC 8422 §5.1.1: the group is the first of ours that the client takes",
        arguments: [NamedGroup.x25519, .x448, .secp256r1, .secp384r1, .secp521r1])
    func group(_ group: NamedGroup) throws {
        var configuration = try TLS12ServerPair.configuration([.ed25519])
        configuration.groups = [.x448, .secp521r1, .secp384r1, .secp256r1, .x25519]
        var pair = try TLS12ServerPair(configuration)
        pair.client.groups = [NamedGroup(rawValue: 0x6a6a), group]
        try pair.connect()
        #expect(pair.server.connection.info.group == group)
        try pair.exchange()
    }

    @Test("RFC 8422 §4: a client without supported_groups gets P-256")
    func noGroups() throws {
        var pair = try TLS12ServerPair()
        pair.client.groups = nil
        pair.client.pointFormats = nil
        try pair.connect()
        #expect(pair.server.connection.info.group == .secp256r1)
    }

    @Test(
        "T-03: RFC 7919 §4: a DHE group is one that the client names, else one of ours",
        arguments: [
            (nil, nil, .ffdhe2048), ([.x25519], nil, .ffdhe2048), ([.ffdhe3072, .x25519], nil, .ffdhe3072),
            ([.ffdhe4096, .ffdhe3072], [.ffdhe4096, .ffdhe3072], .ffdhe4096), (nil, [.x25519, .ffdhe3072], .ffdhe3072),
        ] as [([NamedGroup]?, [NamedGroup]?, NamedGroup)])
    func finiteField(_ offered: [NamedGroup]?, _ own: [NamedGroup]?, _ expected: NamedGroup) throws {
        var configuration = try TLS12ServerPair.configuration()
        if let own { configuration.groups = own }
        var pair = try TLS12ServerPair(configuration, suites: [.tlsDHERSAWithAES128GCMSHA256])
        pair.client.groups = offered
        try pair.connect()
        #expect(pair.server.connection.info.group == expected)
    }

    @Test("T-10: Raccoon: every handshake has a fresh public value", arguments: [true, false])
    func freshKeys(_ isFiniteField: Bool) throws {
        let configuration = try TLS12ServerPair.configuration()
        var seen: Set<[UInt8]> = []
        for _ in 0..<3 {
            var pair = try TLS12ServerPair(
                configuration, suites: [isFiniteField ? .tlsDHERSAWithAES128GCMSHA256 : TLS12ServerPair.suite])
            try pair.greet()
            switch try present(pair.client.serverKeyExchange).parameters {
            case .ecdhe(_, let point): seen.insert(point)
            case .dhe(_, _, let value): seen.insert(value)
            }
        }
        #expect(seen.count == 3)
    }

    // MARK: Preference

    @Test("RFC 5246 §7.4.1.3: the order is the server's, unless it prefers the client's", arguments: [false, true])
    func preference(_ prefersClient: Bool) throws {
        var configuration = try TLS12ServerPair.configuration()
        configuration.prefersClientCipherSuites = prefersClient
        let offered: [CipherSuite] = [
            .tlsRSAWithAES128CBCSHA, .tlsECDHERSAWithAES128GCMSHA256, .tlsECDHEECDSAWithAES128GCMSHA256,
        ]
        var pair = try TLS12ServerPair(configuration, suites: offered)
        try pair.connect()
        #expect(pair.server.connection.info.cipherSuite == (prefersClient ? offered.first : offered.last))
    }

    @Test("T-23: a suite that the client repeats is looked at once, in the place where it first stands")
    func repeatedSuites() throws {
        var configuration = try TLS12ServerPair.configuration()
        configuration.prefersClientCipherSuites = true
        configuration.reportsDecisions = true
        let offered: [CipherSuite] = [
            .tlsECDHERSAWithAES256GCMSHA384, .tlsECDHEECDSAWithAES128GCMSHA256, .tlsECDHERSAWithAES128GCMSHA256,
        ]
        var pair = try TLS12ServerPair(
            configuration, suites: [offered[0]] + (0..<1000).flatMap { _ in offered.reversed() })
        try pair.connect()
        #expect(pair.server.connection.info.cipherSuite == offered[0])
        let decisions = pair.server.connection.info.decisions
        let choice = decisions.first { $0.topic == .cipherSuite }
        let expected = [offered[0], offered[2], offered[1]].map(\.description).joined(separator: ", ")
        #expect(choice?.expected == expected)
    }

    @Test(
        "RFC 8422 §4, RFC 5246 §7.4.1.4.1: a suite that no key can serve for this client is passed over",
        arguments: ["groups", "schemes", "curve"])
    func fallback(_ reason: String) throws {
        var pair = try TLS12ServerPair(
            suites: [.tlsECDHEECDSAWithAES128GCMSHA256, .tlsECDHERSAWithAES128GCMSHA256, .tlsRSAWithAES128GCMSHA256])
        switch reason {
        case "groups": pair.client.groups = [NamedGroup(rawValue: 0x11ec)]
        case "schemes": pair.client.schemes = [.rsaPSSRSAESHA256]
        default: pair.client.groups = [.x25519]
        }
        try pair.connect()
        let expected: CipherSuite =
            reason == "groups" ? .tlsRSAWithAES128GCMSHA256 : .tlsECDHERSAWithAES128GCMSHA256
        #expect(pair.server.connection.info.cipherSuite == expected)
    }

    @Test(
        "RFC 5246 §7.4.2: static RSA takes the certificate whose key may encrypt, and never a key outside the process")
    func encipherment() throws {
        var pair = try TLS12ServerPair(suites: [.tlsRSAWithAES128GCMSHA256])
        try pair.connect()
        #expect(pair.client.serverCertificates == (try TestIdentity.serverRSAEncipherment().certificates))
        let own = try TestIdentity.serverRSAEncipherment()
        var configuration = try TLS12ServerPair.configuration([.rsaPSS256])
        let external = try Credential(certificates: own.certificates, externalSchemes: [.rsaPSSRSAESHA256])
        configuration.credentials = .fixed([external])
        var refused = try TLS12ServerPair(configuration, suites: [.tlsRSAWithAES128GCMSHA256])
        try refused.client.clientHello()
        try refused.refuses(.handshakeFailure)
    }

    // MARK: What ServerHello answers

    @Test(
        "T-28: RFC 8446 §4.1.3: a server that speaks TLS 1.3 marks its random, one of TLS 1.2 alone does not",
        arguments: [true, false])
    func sentinel(_ speaksTLS13: Bool) throws {
        var configuration = try TLS12ServerPair.configuration()
        if !speaksTLS13 { configuration.versions = .tls12 ... .tls12 }
        var pair = try TLS12ServerPair(configuration)
        try pair.connect()
        let random = try present(pair.client.serverHello).random
        #expect((Array(random.suffix(8)) == Array("DOWNGRD".utf8) + [1]) == speaksTLS13)
    }

    @Test(
        "T-13: RFC 5746 §3.6: renegotiation_info is answered when it or its SCSV is there, empty",
        arguments: ["extension", "SCSV", "neither"])
    func renegotiationInfo(_ kind: String) throws {
        var pair = try TLS12ServerPair()
        try pair.greet { hello in
            if kind != "extension" { hello.extensions.list.removeAll { $0.type == .renegotiationInfo } }
            if kind == "SCSV" { hello.cipherSuites.append(.emptyRenegotiationInfoSCSV) }
        }
        #expect(pair.client.answer(.renegotiationInfo) == (kind == "neither" ? nil : [0]))
        try pair.client.answer()
        try pair.settle()
        try pair.exchange()
    }

    @Test("RFC 5246 §7.4.1.4: only what was asked for is answered, and every answer has its form")
    func answers() throws {
        var plain = try TLS12ServerPair()
        plain.client.serverName = nil
        plain.client.pointFormats = nil
        try plain.greet {
            $0.extensions.list.removeAll { $0.type == .extendedMasterSecret || $0.type == .renegotiationInfo }
        }
        #expect(plain.client.serverHello?.extensions.list.isEmpty == true)
        let greeting = try plain.client.hello.message().encoded
        // A client without extensions gets no block of them: version, random, no ID, suite, compression.
        #expect(Array(plain.client.transcript.dropFirst(greeting.count).prefix(4)) == [2, 0, 0, 38])
        #expect(plain.client.serverHello?.legacySessionIDEcho.isEmpty == true)
        #expect(plain.client.serverHello?.legacyCompressionMethod == 0)
        var full = try TLS12ServerPair(suites: [.tlsECDHEECDSAWithAES128CBCSHA])
        try full.greet()
        #expect(full.client.answer(.serverName) == [])
        #expect(full.client.answer(.ecPointFormats) == [1, 0])
        #expect(full.client.answer(.extendedMasterSecret) == [])
        #expect(full.client.answer(.encryptThenMAC) == [])
        #expect(full.client.answer(.supportedGroups) == nil)
        #expect(full.client.answer(.signatureAlgorithms) == nil)
    }

    @Test("RFC 7366 §3, RFC 8422 §5.2: encrypt_then_mac goes with CBC alone, ec_point_formats with ECC alone")
    func conditionalAnswers() throws {
        var aead = try TLS12ServerPair()
        try aead.greet()
        #expect(aead.client.answer(.encryptThenMAC) == nil)
        var rsa = try TLS12ServerPair(suites: [.tlsRSAWithAES128GCMSHA256])
        try rsa.greet()
        #expect(rsa.client.answer(.ecPointFormats) == nil)
    }

    @Test("RFC 5246 §7.4.1.3: a session ID that stands for nothing is not echoed")
    func unknownSessionID() throws {
        var pair = try TLS12ServerPair()
        pair.client.sessionID = [UInt8](repeating: 0x33, count: 32)
        try pair.connect()
        #expect(pair.client.serverHello?.legacySessionIDEcho.isEmpty == true)
    }

    @Test("T-15: an unknown extension, and heartbeat, are ignored")
    func unknownExtension() throws {
        var pair = try TLS12ServerPair()
        try pair.greet {
            $0.extensions.list.append(RawExtension(type: ExtensionType(rawValue: 0xfafa), body: [1, 2, 3]))
            $0.extensions.list.append(RawExtension(type: .heartbeat, body: [1]))
        }
        #expect(pair.client.answer(.heartbeat) == nil)
        try pair.client.answer()
        try pair.settle()
        try pair.exchange()
    }

    @Test("RFC 7301 §3.2: the first application protocol of ours that the client speaks")
    func alpn() throws {
        var configuration = try TLS12ServerPair.configuration()
        configuration.alpnProtocols = ["h2", "http/1.1"]
        var pair = try TLS12ServerPair(configuration)
        pair.client.alpn = ["http/1.1", "spdy/3", "h2"]
        try pair.connect()
        #expect(pair.client.answer(.applicationLayerProtocolNegotiation) == [0, 3, 2] + Array("h2".utf8))
        #expect(pair.server.connection.info.alpnProtocol == "h2")
    }

    @Test(
        "RFC 6066 §8: the stapled response goes into CertificateStatus, when it is asked for and there is one",
        arguments: [true, false], [true, false])
    func staple(_ isRequested: Bool, _ isThere: Bool) throws {
        var configuration = try TLS12ServerPair.configuration()
        var credential = try TLS12ServerPair.credential(.serverP256())
        if isThere { credential.ocspResponse = [0x30, 3, 10, 1, 0] }
        configuration.credentials = .fixed([credential])
        var pair = try TLS12ServerPair(configuration)
        pair.client.requestsStatus = isRequested
        try pair.connect()
        #expect((pair.client.answer(.statusRequest) != nil) == (isRequested && isThere))
        #expect(pair.client.ocspResponse == (isRequested && isThere ? [0x30, 3, 10, 1, 0] : nil))
    }

    @Test(
        "RFC 8449 §4: both limits hold, when both are said",
        arguments: [TLS12ServerPair.suite, .tlsECDHERSAWithAES128CBCSHA])
    func recordSizeLimit(_ suite: CipherSuite) throws {
        var configuration = try TLS12ServerPair.configuration()
        configuration.recordSizeLimit = 200
        var pair = try TLS12ServerPair(configuration, suites: [suite])
        pair.client.recordSizeLimit = 100
        try pair.connect()
        #expect(pair.client.answer(.recordSizeLimit) == [0, 200])
        #expect(pair.server.connection.info.peerRecordSizeLimit == 100)
        try pair.server.send([UInt8](repeating: 7, count: 1000))
        try pair.client.receive(pair.server.takeOutput())
        #expect(pair.client.longestContent == 100)
        try pair.client.send([UInt8](repeating: 7, count: 201))
        let flight = try pair.client.takeOutput()
        let error = #expect(throws: TLSError.self) { try pair.server.receive(flight) }
        #expect(error?.alert == .recordOverflow)
    }

    @Test("RFC 8449 §4: without a limit of its own a server says nothing")
    func noRecordSizeLimit() throws {
        var pair = try TLS12ServerPair()
        pair.client.recordSizeLimit = 100
        try pair.connect()
        #expect(pair.client.answer(.recordSizeLimit) == nil)
        #expect(pair.server.connection.info.peerRecordSizeLimit == nil)
    }

    // MARK: What comes of it

    @Test("RFC 5705 §4: both sides export the same, with a context, an empty one and none")
    func exporter() throws {
        for suite in [TLS12ServerPair.suite, .tlsECDHERSAWithAES256GCMSHA384] {
            var pair = try TLS12ServerPair(suites: [suite])
            try pair.connect()
            for context in [nil, [], [1, 2, 3]] as [[UInt8]?] {
                let own = try pair.server.connection.exportKeyingMaterial(
                    label: "EXPERIMENTAL test", context: context, length: 40)
                let theirs = try pair.client.export(label: "EXPERIMENTAL test", context: context, length: 40)
                #expect([UInt8](copying: own.bytes) == theirs)
            }
        }
    }

    @Test("T-12: RFC 7627 §5.4: without extended_master_secret nothing is exported")
    func noExporter() throws {
        var pair = try TLS12ServerPair()
        pair.client.offersExtendedMasterSecret = false
        try pair.connect()
        let error = #expect(throws: TLSError.self) {
            _ = try pair.server.connection.exportKeyingMaterial(label: "EXPERIMENTAL test", length: 32)
        }
        #expect(error?.origin == .caller)
    }

    @Test("T-48: the key log gets the master secret under the client's random, and the report says so")
    func keyLog() throws {
        final class Log: KeyLog {
            let lines = Mutex<[String]>([])
            func write(line: String) { lines.withLock { $0.append(line) } }
        }
        let log = Log()
        var configuration = try TLS12ServerPair.configuration()
        configuration.keyLog = log
        var pair = try TLS12ServerPair(configuration)
        try pair.connect()
        func hexadecimal(_ octets: [UInt8]) -> String {
            octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        let expected = "CLIENT_RANDOM \(hexadecimal(pair.client.hello.random)) \(hexadecimal(pair.client.master))"
        #expect(log.lines.withLock { $0 } == [expected])
        #expect(pair.server.connection.info.isKeyLogged)
    }

    @Test(
        "RFC 5246 §7.4.3: a key outside the process signs both randoms and the parameters",
        arguments: [TLS12ServerPair.suite, .tlsDHERSAWithAES128GCMSHA256])
    func external(_ suite: CipherSuite) throws {
        let own = suite == TLS12ServerPair.suite ? try TestIdentity.serverP256() : try TestIdentity.serverRSA()
        var configuration = try TLS12ServerPair.configuration()
        configuration.credentials = .fixed([
            try Credential(certificates: own.certificates, externalSchemes: [own.scheme])
        ])
        var pair = try TLS12ServerPair(configuration, suites: [suite])
        try pair.greet()
        #expect(pair.server.events == [.wantsSignature])
        #expect(pair.server.connection.stateName == "NEGOTIATED")
        guard case .wants(.sign(let request)) = try pair.server.event() else {
            Issue.record("a signature was expected to be asked for")
            return
        }
        #expect(request.scheme == own.scheme)
        #expect(request.certificate == own.certificates.first)
        #expect(Array(request.message.prefix(32)) == pair.client.hello.random)
        let signature = try own.key.sign(
            request.message.span,
            using: own.scheme == .ecdsaSecp256r1SHA256
                ? .ecdsa(.sha256) : .rsaPSS(PSSParameters(hash: .sha256, saltLength: 32)))
        try pair.server.resume(.signature(signature))
        try pair.settle()
        try pair.client.answer()
        try pair.settle()
        try pair.exchange()
    }

    @Test("every choice of a TLS 1.2 server is reported, when it is asked for")
    func decisions() throws {
        var configuration = try TLS12ServerPair.configuration()
        configuration.reportsDecisions = true
        var pair = try TLS12ServerPair(configuration)
        try pair.connect()
        let topics = pair.server.connection.info.decisions.map(\.topic)
        for topic in [Decision.Topic.version, .cipherSuite, .group, .finished] { #expect(topics.contains(topic)) }
    }
}
