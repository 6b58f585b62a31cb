// TLS12ServerHelloRefusalTests.swift — each MUST NOT of a ServerHello that selects TLS 1.2 has a refusal.
// RFC 5246 §7.4.1.3, §7.4.1.4; RFC 5746 §3.4; RFC 7366 §3; RFC 8422 §5.1.2; RFC 8446 §4.1.3; RFC 8449 §4.
// Next: TLS12KeyExchangeRefusalTests.swift.

import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("TLS 1.2 ServerHello refusals")
struct TLS12ServerHelloRefusalTests {
    @Test(
        "T-14: RFC 5246 §7.4.1.3: a compression method other than null is illegal_parameter",
        arguments: [1, 64, 255] as [UInt8])
    func compression(_ method: UInt8) throws {
        var pair = try TLS12Pair.serverHello { $0.legacyCompressionMethod = method }
        let error = try pair.refuses(.illegalParameter)
        #expect(error?.reason == .handshake(.peerMisbehaved(.selectedCompression(method))))
    }

    @Test("T-14: the ClientHello of TLS 1.2 offers null compression and nothing else")
    func offeredCompression() throws {
        let pair = try TLS12Pair()
        #expect(pair.server.hello.legacyCompressionMethods == [0])
    }

    @Test(
        "RFC 5246 §7.4.1.3: a cipher suite that was not offered, and one of TLS 1.3, is illegal_parameter",
        arguments: [0x1301, 0xc02f, 0x002f, 0x0000, 0x0005, 0x000a, 0x00ff, 0x5600, 0x0062] as [UInt16])
    func cipherSuite(_ code: UInt16) throws {
        var configuration = try TLS12Pair.configuration()
        configuration.cipherSuites = [.tlsAES128GCMSHA256, .tlsECDHEECDSAWithAES128GCMSHA256]
        var pair = try TLS12Pair.serverHello(configuration) { $0.cipherSuite = CipherSuite(rawValue: code) }
        try pair.refuses(.illegalParameter)
    }

    @Test("T-01: FREAK, Logjam: no export, NULL, RC4, DES or anonymous suite is offered, whatever is configured")
    func offeredSuites() throws {
        let pair = try TLS12Pair()
        let offered = Set(pair.server.hello.cipherSuites.map(\.rawValue))
        // Up to 0x002e: NULL, export, RC4, RC2, DES, 3DES; then anonymous DH, and the NULL suites of later RFCs.
        let weak = Set(UInt16(0)...0x002e).union([
            0x0034, 0x003a, 0x003b, 0x006c, 0x006d, 0x00a6, 0x00a7, 0xc006, 0xc010,
        ])
        #expect(offered.isDisjoint(with: weak))
    }

    @Test(
        "RFC 5246 App. E.1: a version before TLS 1.2, or none that exists, is protocol_version",
        arguments: [0x0300, 0x0301, 0x0302, 0x0304, 0x0305, 0x0200, 0xfefd] as [UInt16], [true, false])
    func version(_ value: UInt16, _ offersTLS13: Bool) throws {
        var configuration = try TLS12Pair.configuration()
        if !offersTLS13 { configuration.versions = .tls12 ... .tls12 }
        var pair = try TLS12Pair.serverHello(configuration) { $0.legacyVersion = ProtocolVersion(rawValue: value) }
        try pair.refuses(.protocolVersion)
    }

    @Test(
        "T-28: RFC 8446 §4.1.3: a downgrade sentinel is illegal_parameter for a client of TLS 1.3",
        arguments: [1, 0] as [UInt8])
    func sentinel(_ last: UInt8) throws {
        var pair = try TLS12Pair.serverHello { hello in
            hello.random.replaceSubrange(24..<32, with: Array("DOWNGRD".utf8) + [last])
        }
        let error = try pair.refuses(.illegalParameter)
        #expect(error?.reason == .handshake(.peerMisbehaved(.downgradeSentinel(.tls12))))
    }

    @Test(
        "T-28: RFC 8446 §4.1.3: a sentinel of TLS 1.1 is refused by a client of TLS 1.2 too; that of TLS 1.2 is none to it"
    )
    func sentinelWithoutTLS13() throws {
        var configuration = try TLS12Pair.configuration()
        configuration.versions = .tls12 ... .tls12
        var pair = try TLS12Pair(configuration)
        try pair.server.serverHello { $0.random.replaceSubrange(24..<32, with: Array("DOWNGRD".utf8) + [1]) }
        try pair.server.certificate()
        try pair.server.serverKeyExchange()
        try pair.server.serverHelloDone()
        try pair.finish()
        try pair.exchange()
        // The sentinel of TLS 1.1 comes from a server that speaks TLS 1.2 and selected less.
        var older = try TLS12Pair.serverHello(configuration) { hello in
            hello.legacyVersion = ProtocolVersion(rawValue: 0x0302)
            hello.random.replaceSubrange(24..<32, with: Array("DOWNGRD".utf8) + [0])
        }
        try older.refuses(.protocolVersion)
    }

    @Test("T-28: RFC 8446 §4.1.3: a random that only resembles a sentinel is none")
    func noSentinel() throws {
        for last in [Array("DOWNGRD".utf8) + [2], Array("DOWNGRE".utf8) + [1]] {
            let pair = try TLS12Pair.serverHello { $0.random.replaceSubrange(24..<32, with: last) }
            try pair.client.receive(try pair.server.takeOutput())
            #expect(pair.client.connection.stateName == "WAIT_CERT")
        }
    }

    @Test(
        "T-28: RFC 7507 §4: TLS_FALLBACK_SCSV is sent when the connection is a retry with a lower version, and only then"
    )
    func fallbackSCSV() throws {
        for isFallback in [true, false] {
            var configuration = try TLS12Pair.configuration()
            configuration.versions = .tls12 ... .tls12
            configuration.isVersionFallback = isFallback
            let pair = try TLS12Pair(configuration)
            #expect(pair.server.hello.cipherSuites.contains(CipherSuite(rawValue: 0x5600)) == isFallback)
        }
    }

    @Test("RFC 8446 §4.2.1: supported_versions in a ServerHello of TLS 1.2 is illegal_parameter")
    func supportedVersions() throws {
        var pair = try TLS12Pair.serverHello { hello in
            hello.extensions.append(.supportedVersions) {
                SupportedVersionsExtension.writeServerHello(.tls12, into: &$0)
            }
        }
        try pair.refuses(.illegalParameter)
    }

    @Test(
        "T-15: RFC 5246 §7.4.1.4: an extension that was not offered is unsupported_extension, heartbeat too",
        arguments: [15, 1, 14, 18, 28, 16, 22, 35, 41, 0xfafa, 0x3374] as [UInt16])
    func unsolicited(_ type: UInt16) throws {
        var configuration = try TLS12Pair.configuration(store: nil)
        configuration.cipherSuites = [.tlsAES128GCMSHA256, .tlsECDHEECDSAWithAES128GCMSHA256]
        var pair = try TLS12Pair.serverHello(configuration) {
            $0.extensions.list.append(RawExtension(type: ExtensionType(rawValue: type), body: [1]))
        }
        try pair.refuses(.unsupportedExtension)
    }

    @Test("T-15: a heartbeat record in a TLS 1.2 connection is unexpected_message")
    func heartbeat() throws {
        var pair = try TLS12Pair()
        try pair.connect()
        try pair.server.sendRecord(ContentType(rawValue: 24), [1, 0x40, 0])
        try pair.refuses(.unexpectedMessage)
    }

    @Test(
        "RFC 5246 §7.4.1.4.1, RFC 8446 §4.2: an extension with no place in this ServerHello is illegal_parameter",
        arguments: [ExtensionType.signatureAlgorithms, .keyShare, .pskKeyExchangeModes])
    func misplaced(_ type: ExtensionType) throws {
        var pair = try TLS12Pair.serverHello { $0.extensions.list.append(RawExtension(type: type, body: [])) }
        try pair.refuses(.illegalParameter)
    }

    @Test("RFC 5246 §7.4.1.4: an extension that comes twice is illegal_parameter")
    func duplicate() throws {
        var pair = try TLS12Pair.serverHello { $0.extensions.list.append($0.extensions.list[0]) }
        try pair.refuses(.illegalParameter)
    }

    @Test(
        "RFC 7627 §5.1, RFC 5077 §3.2, RFC 6066 §3, §8, RFC 7366 §2: a mark that is not empty is decode_error",
        arguments: [
            ExtensionType.extendedMasterSecret, .sessionTicket, .statusRequest, .serverName, .encryptThenMAC,
        ])
    func marks(_ type: ExtensionType) throws {
        var pair = try TLS12Pair.serverHello(suite: .tlsECDHEECDSAWithAES128CBCSHA) { hello in
            hello.extensions.list.removeAll { $0.type == type }
            hello.extensions.list.append(RawExtension(type: type, body: [0]))
        }
        try pair.refuses(.decodeError)
    }

    // MARK: Renegotiation

    @Test("T-13: RFC 5746 §3.4: a server without renegotiation_info is refused with handshake_failure")
    func noRenegotiationInfo() throws {
        var pair = try TLS12Pair.serverHello { $0.extensions.list.removeAll { $0.type == .renegotiationInfo } }
        let error = try pair.refuses(.handshakeFailure)
        #expect(error?.reason == .handshake(.peerMisbehaved(.noSecureRenegotiation)))
    }

    @Test(
        "T-13: RFC 5746 §3.4: a renegotiated_connection that is not empty is handshake_failure",
        arguments: [1, 12, 24, 255])
    func renegotiatedConnection(_ count: Int) throws {
        var pair = try TLS12Pair.serverHello { hello in
            hello.extensions.list.removeAll { $0.type == .renegotiationInfo }
            hello.extensions.append(.renegotiationInfo) {
                RenegotiationInfoExtension.writeServerHello([UInt8](repeating: 0, count: count), into: &$0)
            }
        }
        let error = try pair.refuses(.handshakeFailure)
        #expect(error?.reason == .handshake(.peerMisbehaved(.renegotiationInfoNotEmpty)))
    }

    @Test("T-13: RFC 5746 §3.4: the ClientHello says that this is a first handshake")
    func offersRenegotiationInfo() throws {
        let pair = try TLS12Pair()
        #expect(pair.server.hello.extensions.body(of: .renegotiationInfo) == [0])
    }

    @Test("T-13: renegotiation_info that is malformed is decode_error", arguments: [[], [1], [0, 0]] as [[UInt8]])
    func malformedRenegotiationInfo(_ body: [UInt8]) throws {
        var pair = try TLS12Pair.serverHello { hello in
            hello.extensions.list.removeAll { $0.type == .renegotiationInfo }
            hello.extensions.list.append(RawExtension(type: .renegotiationInfo, body: body))
        }
        try pair.refuses(.decodeError)
    }

    // MARK: Single extensions

    @Test(
        "RFC 7366 §3: encrypt_then_mac with an AEAD suite is illegal_parameter",
        arguments: [
            CipherSuite.tlsECDHEECDSAWithAES128GCMSHA256, .tlsECDHEECDSAWithChaCha20Poly1305SHA256,
            .tlsECDHEECDSAWithAES128CCM,
        ])
    func encryptThenMAC(_ suite: CipherSuite) throws {
        var pair = try TLS12Pair.serverHello(suite: suite) { $0.extensions.append(.encryptThenMAC) }
        let error = try pair.refuses(.illegalParameter)
        #expect(error?.reason == .handshake(.peerMisbehaved(.encryptThenMACWithoutCBC(suite))))
    }

    @Test(
        "RFC 8422 §5.1.2: point formats without uncompressed are illegal_parameter",
        arguments: [[1], [2, 1]] as [[UInt8]])
    func pointFormats(_ formats: [UInt8]) throws {
        var pair = try TLS12Pair.serverHello { hello in
            hello.extensions.list.removeAll { $0.type == .ecPointFormats }
            hello.extensions.append(.ecPointFormats) { ECPointFormatsExtension.writeServerHello(formats, into: &$0) }
        }
        try pair.refuses(.illegalParameter)
    }

    @Test("RFC 7301 §3.2: a protocol that was not offered is illegal_parameter, and two are decode_error")
    func alpn() throws {
        var configuration = try TLS12Pair.configuration()
        configuration.alpnProtocols = ["h2"]
        var pair = try TLS12Pair.serverHello(configuration) { hello in
            hello.extensions.append(.applicationLayerProtocolNegotiation) {
                ALPNExtension.writeEncryptedExtensions(Array("spdy".utf8), into: &$0)
            }
        }
        try pair.refuses(.illegalParameter)
        var two = try TLS12Pair.serverHello(configuration) { hello in
            hello.extensions.append(.applicationLayerProtocolNegotiation) {
                ALPNExtension.writeClientHello([Array("h2".utf8), Array("h2".utf8)], into: &$0)
            }
        }
        try two.refuses(.decodeError)
    }

    @Test("RFC 8449 §4: a limit below 64 is illegal_parameter", arguments: [0, 1, 63] as [UInt16])
    func recordSizeLimit(_ limit: UInt16) throws {
        var configuration = try TLS12Pair.configuration()
        configuration.recordSizeLimit = 16384
        var pair = try TLS12Pair(configuration)
        pair.server.recordSizeLimit = limit
        try pair.server.serverHello()
        try pair.refuses(.illegalParameter)
    }
}
