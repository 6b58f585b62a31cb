// TLS12HandshakeTests.swift — whole TLS 1.2 handshakes: every suite, certificate, group and option.
// RFC 5246 §7.3, §7.4; RFC 8422; RFC 7919; RFC 7627; RFC 7366; RFC 6066 §8; RFC 7301; RFC 8449.
// Next: TLS12ResumptionTests.swift.

import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("TLS 1.2 handshakes in memory")
struct TLS12HandshakeTests {
    @Test(
        "RFC 5246 §7.3: every suite with every certificate that fits leads to data both ways",
        arguments: TLS12Pair.suites)
    func everySuite(_ suite: CipherSuite) throws {
        for kind in ServerKind.fitting(suite) {
            let identity = try kind.identity()
            var pair = try TLS12Pair(identity: identity, suite: suite)
            try pair.connect()
            #expect(pair.client.events == [.handshakeComplete], "\(kind)")
            #expect(pair.server.isClientFinished == true)
            let info = pair.client.connection.info
            #expect(info.version == .tls12)
            #expect(info.cipherSuite == suite)
            #expect(info.peerCertificates == identity.certificates)
            #expect(info.validatedPath.count == 2)
            #expect(info.peerSignatureScheme == (TLS12Suite(suite)?.keyExchange == .rsa ? nil : identity.scheme))
            #expect(info.usesExtendedMasterSecret)
            #expect(info.authenticatedAt == FixedClock().now())
            #expect(!info.isResumed)
            try pair.exchange()
        }
    }

    @Test(
        "RFC 7366 §2, RFC 7627 §5: CBC suites with and without encrypt_then_mac and extended_master_secret",
        arguments: TLS12Suite.table.filter { if case .cbc = $0.protection { true } else { false } }.map(\.code),
        [(true, true), (true, false), (false, true), (false, false)])
    func protections(_ suite: CipherSuite, _ options: (encryptThenMAC: Bool, extended: Bool)) throws {
        var pair = try TLS12Pair(suite: suite)
        pair.server.usesEncryptThenMAC = options.encryptThenMAC
        pair.server.usesExtendedMasterSecret = options.extended
        try pair.connect()
        #expect(pair.client.connection.info.usesEncryptThenMAC == options.encryptThenMAC)
        #expect(pair.client.connection.info.usesExtendedMasterSecret == options.extended)
        for count in [0, 1, 15, 16, 17, 255, 256, 1000, 16384] where count > 0 {
            try pair.exchange(String(repeating: "x", count: count))
        }
    }

    @Test(
        "RFC 8422 §5.4: every curve is used when it was offered",
        arguments: [NamedGroup.x25519, .x448, .secp256r1, .secp384r1, .secp521r1])
    func everyCurve(_ group: NamedGroup) throws {
        var configuration = try TLS12Pair.configuration()
        configuration.groups = [group]
        configuration.keyShareGroups = [group]
        var pair = try TLS12Pair(configuration, group: group)
        try pair.connect()
        #expect(pair.client.connection.info.group == group)
        try pair.exchange()
    }

    @Test("RFC 7919, RFC 3526: every known group of 2048 bits and more is used for DHE", arguments: DHGroup.allCases)
    func everyDHGroup(_ group: DHGroup) throws {
        var pair = try TLS12Pair(suite: .tlsDHERSAWithAES128GCMSHA256, dhGroup: group)
        try pair.connect()
        try pair.exchange()
    }

    @Test("RFC 5246 App. E.1: a client of TLS 1.2 alone, and one of both versions, come to the same")
    func versions() throws {
        for range in [ProtocolVersion.tls12 ... .tls12, .tls12 ... .tls13] {
            var configuration = try TLS12Pair.configuration()
            configuration.versions = range
            var pair = try TLS12Pair(configuration)
            let offersTLS13 = pair.server.hello.extensions.body(of: .supportedVersions) != nil
            #expect(offersTLS13 == range.contains(.tls13))
            try pair.connect()
            try pair.exchange()
        }
    }

    @Test("RFC 7301 §3.2, RFC 6066 §3: ALPN and server_name are answered in ServerHello")
    func alpn() throws {
        var configuration = try TLS12Pair.configuration()
        configuration.alpnProtocols = ["h2", "http/1.1"]
        var pair = try TLS12Pair(configuration)
        pair.server.alpn = "http/1.1"
        try pair.server.serverHello { $0.extensions.append(.serverName) }
        try pair.server.certificate()
        try pair.server.serverKeyExchange()
        try pair.server.serverHelloDone()
        try pair.finish()
        #expect(pair.client.connection.info.alpnProtocol == "http/1.1")
        #expect(pair.client.connection.info.serverName == "localhost")
    }

    @Test("RFC 6066 §8: a stapled response is reported; a server that announced one may still send none")
    func stapling() throws {
        var pair = try TLS12Pair()
        pair.server.ocspResponse = [0x30, 3, 1, 2, 3]
        try pair.connect()
        #expect(pair.client.connection.info.stapledOCSPResponse == [0x30, 3, 1, 2, 3])
        try pair.exchange()

        var silent = try TLS12Pair()
        silent.server.ocspResponse = [0x30]
        try silent.server.serverHello()
        try silent.server.certificate()
        try silent.server.serverKeyExchange()
        try silent.server.serverHelloDone()
        try silent.finish()
        #expect(silent.client.connection.info.stapledOCSPResponse == nil)
        try silent.exchange()
    }

    @Test("RFC 5246 §7.4.1.1: HelloRequest during the handshake is ignored, and in no transcript")
    func helloRequests() throws {
        var pair = try TLS12Pair()
        try pair.server.serverHello()
        try pair.server.helloRequest()
        try pair.server.certificate()
        try pair.server.helloRequest()
        try pair.server.serverKeyExchange()
        try pair.server.helloRequest()
        try pair.server.serverHelloDone()
        try pair.client.receive(try pair.server.takeOutput())
        try pair.server.receive(pair.client.takeOutput())
        try pair.server.helloRequest()
        try pair.server.changeCipherSpec()
        try pair.server.helloRequest()
        try pair.server.finished()
        try pair.client.receive(try pair.server.takeOutput())
        #expect(pair.client.events == [.handshakeComplete])
        try pair.exchange()
    }

    @Test("RFC 8449 §4: no record of ours is longer than the server's limit", arguments: [64, 1000, 16384])
    func recordSizeLimit(_ limit: UInt16) throws {
        var configuration = try TLS12Pair.configuration()
        configuration.recordSizeLimit = 1024
        var pair = try TLS12Pair(configuration)
        pair.server.recordSizeLimit = limit
        try pair.connect()
        #expect(pair.client.connection.info.peerRecordSizeLimit == Int(limit))
        try pair.client.send([UInt8](repeating: 7, count: 40_000))
        let received = try pair.server.receive(pair.client.takeOutput())
        let data = received.flatMap { item -> [UInt8] in if case .data(let octets) = item { octets } else { [] } }
        #expect(data.count == 40_000)
        #expect(pair.server.longestContent == Int(limit))
    }

    @Test("RFC 8449 §4: a record longer than our limit is record_overflow")
    func recordOverLimit() throws {
        var configuration = try TLS12Pair.configuration()
        configuration.versions = .tls12 ... .tls12
        configuration.recordSizeLimit = 1024
        var pair = try TLS12Pair(configuration)
        pair.server.recordSizeLimit = 16384
        try pair.connect()
        try pair.server.send([UInt8](repeating: 7, count: 1024))
        try pair.client.receive(try pair.server.takeOutput())
        #expect(pair.client.data.count == 1024)
        try pair.server.send([UInt8](repeating: 7, count: 1025))
        try pair.refuses(.recordOverflow)
    }

    @Test("RFC 5705 §4: both sides export the same; no context and an empty one differ")
    func exporter() throws {
        var pair = try TLS12Pair()
        try pair.connect()
        let contexts: [[UInt8]?] = [nil, [], [1, 2]]
        var seen: Set<[UInt8]> = []
        for context in contexts {
            let own: SecretBytes
            if let context {
                own = try pair.client.connection.exportKeyingMaterial(
                    label: "EXPERIMENTAL test", context: context, length: 80)
            } else {
                own = try pair.client.connection.exportKeyingMaterial(label: "EXPERIMENTAL test", length: 80)
            }
            let octets = [UInt8](copying: own.bytes)
            #expect(octets == (try pair.server.export(label: "EXPERIMENTAL test", context: context, length: 80)))
            seen.insert(octets)
        }
        #expect(seen.count == 3)
    }

    @Test("T-12: RFC 7627 §5.4: without extended_master_secret nothing is exported")
    func exporterWithoutExtendedMasterSecret() throws {
        var pair = try TLS12Pair()
        pair.server.usesExtendedMasterSecret = false
        try pair.connect()
        try pair.exchange()
        #expect(throws: TLSError.self) {
            _ = try pair.client.connection.exportKeyingMaterial(label: "EXPORTER-x", context: [], length: 32).count
        }
    }

    @Test(
        "T-19: RFC 5288 §3, RFC 5246 §6.2.3.2: no explicit nonce and no IV of ours repeats",
        arguments: [
            CipherSuite.tlsECDHEECDSAWithAES128GCMSHA256, .tlsECDHEECDSAWithAES128CCM,
            .tlsECDHEECDSAWithAES128CBCSHA256,
        ])
    func nonces(_ suite: CipherSuite) throws {
        var pair = try TLS12Pair(suite: suite)
        try pair.connect()
        for _ in 0..<100 {
            try pair.client.send([1])
            try pair.server.receive(pair.client.takeOutput())
        }
        let nonces = pair.server.clientNonces
        #expect(nonces.count == 101)
        #expect(Set(nonces).count == nonces.count)
    }

    @Test("T-10: the share of ECDHE and of DHE is a new one in each handshake")
    func freshShares() throws {
        for suite in [CipherSuite.tlsECDHERSAWithAES128GCMSHA256, .tlsDHERSAWithAES128GCMSHA256] {
            let configuration = try TLS12Pair.configuration(store: nil)
            var shares: Set<[UInt8]> = []
            for _ in 0..<3 {
                let pair = try TLS12Pair(configuration, suite: suite)
                try pair.server.answer()
                try pair.client.receive(try pair.server.takeOutput())
                for case .handshake(let message) in try pair.server.receive(pair.client.takeOutput())
                where message.type == .clientKeyExchange {
                    shares.insert(message.encoded)
                }
            }
            #expect(shares.count == 3)
        }
    }
}
