// TLS12ServerRefusalTests.swift — each MUST NOT of ClientHello, ClientKeyExchange and Finished has a refusal.
// RFC 5246 §7.4.1.2, §7.4.7, §7.4.9; RFC 5746 §3.6; RFC 8422 §5.1.2, §5.11; RFC 7919 §4; RFC 9155; RFC 8449 §4.
// Next: TLS12ServerClientCertificateTests.swift.

import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("TLS 1.2 server refusals")
struct TLS12ServerRefusalTests {
    // MARK: ClientHello

    @Test(
        "RFC 5246 §7.4.1.3: without a suite that can be served it is handshake_failure",
        arguments: ["no suite", "no key", "no group", "no scheme", "no credential"])
    func nothingInCommon(_ reason: String) throws {
        var configuration = try TLS12ServerPair.configuration()
        if reason == "no credential" { configuration.credentials = .fixed([]) }
        if reason == "no key" { configuration = try TLS12ServerPair.configuration([.rsaPSS256]) }
        var pair = try TLS12ServerPair(configuration)
        switch reason {
        case "no suite": pair.client.suites = [CipherSuite(rawValue: 0x0005), .tlsAES128GCMSHA256]
        case "no group": pair.client.groups = [.x448]
        case "no scheme": pair.client.schemes = [.rsaPSSRSAESHA256]
        default: break
        }
        try pair.client.clientHello()
        try pair.refuses(.handshakeFailure)
    }

    @Test(
        "T-11: RFC 9155: a client that can verify SHA-1 alone, or says nothing, is handshake_failure",
        arguments: [TLS12ServerPair.suite, .tlsECDHERSAWithAES128GCMSHA256, .tlsDHERSAWithAES128GCMSHA256])
    func onlySHA1(_ suite: CipherSuite) throws {
        for schemes in [nil, [SignatureScheme.rsaPKCS1SHA1, .ecdsaSHA1]] as [[SignatureScheme]?] {
            var pair = try TLS12ServerPair(suites: [suite])
            pair.client.schemes = schemes
            try pair.client.clientHello()
            try pair.refuses(.handshakeFailure)
        }
    }

    @Test("RFC 5246 §7.4.3: static RSA signs nothing, and needs no signature_algorithms")
    func staticRSAWithoutSchemes() throws {
        var pair = try TLS12ServerPair(suites: [.tlsRSAWithAES128GCMSHA256])
        pair.client.schemes = nil
        try pair.connect()
        try pair.exchange()
    }

    @Test(
        "RFC 8422 §4: an ECDSA key on a curve that the client does not name is not used",
        arguments: [(ServerKind.p256, NamedGroup.secp384r1), (.p384, .secp256r1), (.p256, .x25519)])
    func otherCurve(_ kind: ServerKind, _ group: NamedGroup) throws {
        var pair = try TLS12ServerPair(TLS12ServerPair.configuration([kind]))
        pair.client.groups = [group]
        try pair.client.clientHello()
        try pair.refuses(.handshakeFailure)
    }

    @Test("T-13: RFC 5746 §3.6: a renegotiation_info that is not empty is handshake_failure")
    func renegotiationInfo() throws {
        var pair = try TLS12ServerPair()
        try pair.client.clientHello { hello in
            hello.extensions.list.removeAll { $0.type == .renegotiationInfo }
            hello.extensions.list.append(RawExtension(type: .renegotiationInfo, body: [2, 1, 2]))
        }
        try pair.refuses(.handshakeFailure)
    }

    @Test("RFC 8422 §5.1.2: point formats without the uncompressed one are illegal_parameter")
    func pointFormats() throws {
        var pair = try TLS12ServerPair()
        pair.client.pointFormats = [1, 2]
        try pair.client.clientHello()
        try pair.refuses(.illegalParameter)
    }

    @Test(
        "RFC 5246 §7.4.1.4: a malformed extension is decode_error",
        arguments: [
            (.extendedMasterSecret, [1]), (.encryptThenMAC, [0]), (.renegotiationInfo, [1]), (.ecPointFormats, [0]),
            (.ecPointFormats, [2, 0]), (.statusRequest, []), (.statusRequest, [1, 0]), (.recordSizeLimit, [1]),
            (.signatureAlgorithms, [0, 0]), (.supportedGroups, [0, 1, 0]),
        ] as [(ExtensionType, [UInt8])])
    func malformed(_ type: ExtensionType, _ body: [UInt8]) throws {
        var configuration = try TLS12ServerPair.configuration()
        configuration.recordSizeLimit = 1000
        var pair = try TLS12ServerPair(configuration)
        try pair.client.clientHello { hello in
            hello.extensions.list.removeAll { $0.type == type }
            hello.extensions.list.append(RawExtension(type: type, body: body))
        }
        try pair.refuses(.decodeError)
    }

    @Test("RFC 6066 §8: a status_request of another type is ignored")
    func otherStatusType() throws {
        var configuration = try TLS12ServerPair.configuration()
        var credential = try TLS12ServerPair.credential(.serverP256())
        credential.ocspResponse = [0x30, 0]
        configuration.credentials = .fixed([credential])
        var pair = try TLS12ServerPair(configuration)
        try pair.greet { $0.extensions.list.append(RawExtension(type: .statusRequest, body: [9, 9])) }
        #expect(pair.client.answer(.statusRequest) == nil)
    }

    @Test("RFC 8449 §4: a record_size_limit below 64 is illegal_parameter")
    func recordSizeLimit() throws {
        var configuration = try TLS12ServerPair.configuration()
        configuration.recordSizeLimit = 1000
        var pair = try TLS12ServerPair(configuration)
        pair.client.recordSizeLimit = 63
        try pair.client.clientHello()
        try pair.refuses(.illegalParameter)
    }

    @Test("RFC 7301 §3.2: no application protocol in common is no_application_protocol")
    func alpn() throws {
        var configuration = try TLS12ServerPair.configuration()
        configuration.alpnProtocols = ["h2"]
        var pair = try TLS12ServerPair(configuration)
        pair.client.alpn = ["http/1.1"]
        try pair.client.clientHello()
        try pair.refuses(.noApplicationProtocol)
    }

    @Test("T-28: RFC 7507 §3: TLS_FALLBACK_SCSV at a server that speaks TLS 1.3 is inappropriate_fallback")
    func fallback() throws {
        var pair = try TLS12ServerPair()
        pair.client.suites.append(CipherSuite(rawValue: 0x5600))
        try pair.client.clientHello()
        try pair.refuses(.inappropriateFallback)
        var configuration = try TLS12ServerPair.configuration()
        configuration.versions = .tls12 ... .tls12
        var honest = try TLS12ServerPair(configuration)
        honest.client.suites.append(CipherSuite(rawValue: 0x5600))
        try honest.connect()
    }

    @Test("T-03: RFC 7919 §4: DHE suites alone, and no finite-field group in common, are insufficient_security")
    func finiteFieldGroup() throws {
        var pair = try TLS12ServerPair(suites: [.tlsDHERSAWithAES128GCMSHA256])
        pair.client.groups = [NamedGroup(rawValue: 0x01fc), .x25519]
        try pair.client.clientHello()
        try pair.refuses(.insufficientSecurity)
        // With another suite in common, that one is taken.
        var other = try TLS12ServerPair(suites: [.tlsDHERSAWithAES128GCMSHA256, .tlsRSAWithAES128GCMSHA256])
        other.client.groups = [NamedGroup(rawValue: 0x01fc), .x25519]
        try other.connect()
        #expect(other.server.connection.info.cipherSuite == .tlsRSAWithAES128GCMSHA256)
    }

    // MARK: ClientKeyExchange

    private func pair(_ suite: CipherSuite = TLS12ServerPair.suite, group: NamedGroup? = nil) throws -> TLS12ServerPair
    {
        var pair = try TLS12ServerPair(
            TLS12ServerPair.configuration([.ed25519, .rsaPSS256, .rsaEncipherment]), suites: [suite])
        if let group { pair.client.groups = [group] }
        try pair.greet()
        return pair
    }

    @Test(
        "T-16: RFC 8422 §5.11: a client's bad point is illegal_parameter",
        arguments: [NamedGroup.secp256r1, .secp384r1], ["off the curve", "infinity", "compressed", "short", "long"])
    func badPoint(_ group: NamedGroup, _ kind: String) throws {
        var pair = try pair(group: group)
        try pair.client.clientKeyExchange { message in
            guard case .ecdhe(var point) = message else { return }
            switch kind {
            case "off the curve": point[point.count - 1] ^= 1
            case "infinity": point = [0]
            case "compressed": point = [2] + point[1...(point.count / 2)]
            case "short": point.removeLast()
            default: point.append(0)
            }
            message = .ecdhe(point: point)
        }
        try pair.refuses(.illegalParameter)
    }

    @Test(
        "T-17: RFC 8422 §5.11: a client's x25519 share of low order is illegal_parameter", arguments: [0, 1] as [UInt8])
    func lowOrder(_ first: UInt8) throws {
        var pair = try pair()
        try pair.client.clientKeyExchange { $0 = .ecdhe(point: [first] + [UInt8](repeating: 0, count: 31)) }
        try pair.refuses(.illegalParameter)
    }

    @Test(
        "T-03: RFC 7919 §4: a client's public value outside 2 to p-2 is illegal_parameter",
        arguments: ["0", "1", "p-1", "p", "2^2048", "long"])
    func badDHValue(_ kind: String) throws {
        var pair = try pair(.tlsDHERSAWithAES128GCMSHA256)
        guard case .dhe(let prime, _, _) = try present(pair.client.serverKeyExchange).parameters else { return }
        try pair.client.clientKeyExchange { message in
            var value = prime
            switch kind {
            case "0": value = [0]
            case "1": value = [UInt8](repeating: 0, count: 255) + [1]
            case "p-1": value[255] -= 1
            case "2^2048": value = [1] + [UInt8](repeating: 0, count: 256)
            case "long": value = [1] + prime
            default: break
            }
            message = .dhe(publicValue: value)
        }
        try pair.refuses(.illegalParameter)
    }

    @Test(
        "RFC 5246 §7.4.7: a ClientKeyExchange that does not have its form is decode_error",
        arguments: [
            (TLS12ServerPair.suite, [16, 0, 0, 0]), (TLS12ServerPair.suite, [16, 0, 0, 1, 0]),
            (TLS12ServerPair.suite, [16, 0, 0, 3, 1, 4, 4]), (.tlsDHERSAWithAES128GCMSHA256, [16, 0, 0, 0]),
            (.tlsDHERSAWithAES128GCMSHA256, [16, 0, 0, 2, 0, 0]), (.tlsRSAWithAES128GCMSHA256, [16, 0, 0, 1, 0]),
            (.tlsRSAWithAES128GCMSHA256, [16, 0, 0, 3, 0, 2, 1]),
        ] as [(CipherSuite, [UInt8])])
    func malformedKeyExchange(_ suite: CipherSuite, _ octets: [UInt8]) throws {
        var pair = try pair(suite)
        pair.client.queueRaw(octets)
        try pair.refuses(.decodeError)
    }

    // MARK: Static RSA

    @Test(
        "T-09: RFC 5246 §7.4.7.1: whatever is wrong with the premaster secret, the handshake goes on to Finished and ends there alike",
        arguments: ["version", "padding", "length 47", "length 0", "no octets", "one octet", "too long", "all ones"],
        [true, false])
    func bleichenbacher(_ kind: String, _ extended: Bool) throws {
        var pair = try TLS12ServerPair(suites: [.tlsRSAWithAES128GCMSHA256])
        pair.client.offersExtendedMasterSecret = extended
        try pair.greet()
        let key = try present(pair.client.serverCertificates.first).publicKey
        let random = FixedRandom(seed: 11)
        func spoil(_ message: inout TLS12ClientKeyExchange) {
            guard case .rsa(var encrypted) = message else { return }
            switch kind {
            case "padding": encrypted[encrypted.count - 1] ^= 1
            case "length 47":
                let short = [UInt8](repeating: 3, count: 47)
                encrypted = (try? key.encryptPKCS1(short.span, random: random)) ?? []
            case "length 0":
                let empty: [UInt8] = []
                encrypted = (try? key.encryptPKCS1(empty.span, random: random)) ?? []
            case "no octets": encrypted = []
            case "one octet": encrypted = [1]
            case "too long": encrypted.append(0)
            case "all ones": encrypted = [UInt8](repeating: 0xff, count: encrypted.count)
            default: break
            }
            message = .rsa(encrypted: encrypted)
        }
        try pair.client.clientKeyExchange(spoil, premaster: { if kind == "version" { $0[1] ^= 1 } })
        try pair.settle()
        // No alert, and the same state: nothing tells the client what was wrong.
        #expect(pair.server.connection.stateName == "WAIT_CCS")
        try pair.client.finish()
        let flight = try pair.client.takeOutput()
        let error = #expect(throws: TLSError.self) { try pair.server.receive(flight) }
        #expect(error?.alert == .badRecordMAC)
    }

    @Test("T-09: the version in the premaster secret is that of the ClientHello, also one beyond TLS 1.2")
    func higherClientVersion() throws {
        var configuration = try TLS12ServerPair.configuration()
        configuration.versions = .tls12 ... .tls12
        var pair = try TLS12ServerPair(configuration, suites: [.tlsRSAWithAES128GCMSHA256])
        pair.client.legacyVersion = ProtocolVersion(rawValue: 0x0304)
        try pair.connect()
        try pair.exchange()
    }

    // MARK: Finished

    @Test("T-49: RFC 5246 §7.4.9: a client's verify_data with any bit wrong is decrypt_error", arguments: 0..<12)
    func verifyData(_ octet: Int) throws {
        for bit in [UInt8(1), 0x80] {
            var pair = try TLS12ServerPair.at(octet.isMultiple(of: 2) ? .waitFinished : .waitFinishedResumed)
            try pair.client.finished { $0.verifyData[octet] ^= bit }
            try pair.refuses(.decryptError)
        }
    }

    @Test("RFC 5246 §7.4.9: a client's verify_data of another length is decode_error", arguments: [0, 11, 13, 32])
    func verifyDataLength(_ count: Int) throws {
        var pair = try TLS12ServerPair.at(.waitFinished)
        try pair.client.finished { $0.verifyData = [UInt8](repeating: 0, count: count) }
        try pair.refuses(.decodeError)
    }

    @Test("RFC 5246 §7.4.9: a server's own verify_data sent back is decrypt_error")
    func reflected() throws {
        var pair = try TLS12ServerPair.at(.waitFinishedResumed)
        let own = try pair.client.verifyDataOfServer()
        try pair.client.finished { $0.verifyData = own }
        try pair.refuses(.decryptError)
    }

    @Test("RFC 5246 §7.4.9: a Finished over other messages than the server saw is decrypt_error")
    func otherTranscript() throws {
        var pair = try TLS12ServerPair.at(.waitFinished)
        try pair.client.finished { $0.verifyData = [UInt8](repeating: 0x5a, count: 12) }
        try pair.refuses(.decryptError)
    }

    // MARK: CBC

    @Test(
        "T-06: a client's CBC record with any padding octet wrong is bad_record_mac",
        arguments: [CipherSuite.tlsECDHERSAWithAES128CBCSHA, .tlsECDHERSAWithAES128CBCSHA256])
    func padding(_ suite: CipherSuite) throws {
        for octet in stride(from: 1, through: 64, by: 9) {
            for value in [UInt8(1), 0x80, 0xff] {
                var pair = try TLS12ServerPair(suites: [suite])
                pair.client.offersEncryptThenMAC = false
                try pair.connect()
                // Four blocks of padding more than needed; `octet` counts from the end.
                try pair.client.sendRecord(.applicationData, [1, 2, 3], paddingBlocks: 4) {
                    $0[$0.count - octet] ^= value
                }
                try pair.refuses(.badRecordMAC)
            }
        }
    }
}
