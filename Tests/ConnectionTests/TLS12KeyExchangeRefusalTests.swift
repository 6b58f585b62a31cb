// TLS12KeyExchangeRefusalTests.swift — each MUST NOT of Certificate, ServerKeyExchange and Finished has a refusal.
// RFC 5246 §7.4.2, §7.4.3, §7.4.9; RFC 8422 §5.3, §5.4, §5.11; RFC 7919 §3, §5.1; RFC 9155.
// Next: TLS12ResumptionTests.swift.

import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("TLS 1.2 key exchange refusals")
struct TLS12KeyExchangeRefusalTests {
    /// A pair that is at ServerKeyExchange.
    private func pair(
        _ suite: CipherSuite = .tlsECDHEECDSAWithAES128GCMSHA256, _ kind: ServerKind? = nil,
        group: NamedGroup = .x25519, dhGroup: DHGroup = .ffdhe2048
    ) throws -> TLS12Pair {
        let pair = try TLS12Pair(identity: try kind?.identity(), suite: suite, group: group, dhGroup: dhGroup)
        try pair.server.serverHello()
        try pair.server.certificate()
        return pair
    }

    // MARK: Certificate

    @Test(
        "RFC 5246 §7.4.2, RFC 8422 §2: a certificate whose key does not go with the suite is refused",
        arguments: [
            (.tlsECDHEECDSAWithAES128GCMSHA256, .rsaPSS256), (.tlsECDHERSAWithAES128GCMSHA256, .p256),
            (.tlsECDHERSAWithAES128GCMSHA256, .ed25519), (.tlsDHERSAWithAES128GCMSHA256, .p256),
            (.tlsRSAWithAES128GCMSHA256, .p256),
        ] as [(CipherSuite, ServerKind)])
    func wrongKey(_ suite: CipherSuite, _ kind: ServerKind) throws {
        var pair = try pair(suite, kind)
        try pair.refuses(.illegalParameter)
    }

    @Test("RFC 5246 §7.4.2: static RSA needs a key that may encrypt")
    func keyUsage() throws {
        let pair = try pair(.tlsRSAWithAES128GCMSHA256, .rsaPSS256)
        let flight = try pair.server.takeOutput()
        let error = #expect(throws: TLSError.self) { try pair.client.receive(flight) }
        guard case .handshake(.certificate) = error?.reason else {
            Issue.record("expected a refused certificate, found \(String(describing: error))")
            return
        }
    }

    @Test("RFC 5246 §7.4.2: a server without a certificate is decode_error")
    func emptyList() throws {
        var pair = try TLS12Pair()
        try pair.server.serverHello()
        try pair.server.certificate { $0.certificates = [] }
        try pair.refuses(.decodeError)
    }

    @Test("RFC 9525 §6: a certificate for another name is refused in TLS 1.2 too")
    func otherName() throws {
        var pair = try TLS12Pair(name: "other.example")
        try pair.server.answer()
        let flight = try pair.server.takeOutput()
        let error = #expect(throws: TLSError.self) { try pair.client.receive(flight) }
        guard case .handshake(.certificate) = error?.reason else {
            Issue.record("expected a refused certificate, found \(String(describing: error))")
            return
        }
        #expect(try pair.alerts().count == 1)
    }

    // MARK: Groups

    @Test(
        "T-03: RFC 7919 §5.1: a DH group that is not a known one of 2048 bits is insufficient_security",
        arguments: [
            "512 bits", "1024 bits", "2048 bits of nobody", "another generator", "generator 1", "generator 0",
            "prime 1",
            "one bit changed", "zero",
        ])
    func unknownGroup(_ kind: String) throws {
        var pair = try pair(.tlsDHERSAWithAES128GCMSHA256)
        try pair.server.serverKeyExchange(parameters: { parameters in
            guard case .dhe(var prime, var generator, let value) = parameters else { return }
            switch kind {
            case "512 bits": prime = Array(prime.prefix(63)) + [0xff]
            case "1024 bits": prime = Array(prime.prefix(127)) + [0xff]
            case "2048 bits of nobody": prime = [UInt8](repeating: 0xab, count: 256)
            case "another generator": generator = [5]
            case "generator 1": generator = [1]
            case "generator 0": generator = [0]
            case "prime 1": prime = [1]
            case "one bit changed": prime[100] ^= 1
            default: prime = [0]
            }
            parameters = .dhe(prime: prime, generator: generator, publicValue: value)
        })
        try pair.refuses(.insufficientSecurity)
    }

    @Test(
        "T-03: RFC 7919 §3: a public value outside 2 to p-2 is illegal_parameter",
        arguments: ["0", "1", "p-1", "p", "2^2048", "long"])
    func badDHValue(_ kind: String) throws {
        var pair = try pair(.tlsDHERSAWithAES128GCMSHA256)
        try pair.server.serverKeyExchange(parameters: { parameters in
            guard case .dhe(let prime, let generator, _) = parameters else { return }
            var value = prime
            switch kind {
            case "0": value = [0]
            case "1": value = [UInt8](repeating: 0, count: 255) + [1]
            case "p-1": value[255] -= 1
            case "2^2048": value = [1] + [UInt8](repeating: 0, count: 256)
            case "long": value = [1] + prime
            default: break
            }
            parameters = .dhe(prime: prime, generator: generator, publicValue: value)
        })
        try pair.server.serverHelloDone()
        try pair.refuses(.illegalParameter)
    }

    @Test(
        "RFC 8422 §5.4: a curve that was not offered, and a finite-field group as a curve, is illegal_parameter",
        arguments: [0x001e, 0x0019, 0x0100, 0x0013, 0x1234] as [UInt16])
    func unofferedCurve(_ code: UInt16) throws {
        var pair = try pair()
        try pair.server.serverKeyExchange(parameters: { parameters in
            guard case .ecdhe(_, let point) = parameters else { return }
            parameters = .ecdhe(NamedGroup(rawValue: code), point: point)
        })
        try pair.refuses(.illegalParameter)
    }

    @Test("T-03: RFC 8422 §5.4: a curve given by its parameters is decode_error", arguments: [1, 2, 0] as [UInt8])
    func explicitCurve(_ type: UInt8) throws {
        var pair = try pair()
        pair.server.queueRaw([12, 0, 0, 9, type, 0, 29, 1, 4, 4, 3, 0, 0])
        try pair.refuses(.decodeError)
    }

    @Test(
        "T-16: RFC 8422 §5.11: a bad point is illegal_parameter",
        arguments: [NamedGroup.secp256r1, .secp384r1], ["off the curve", "infinity", "compressed", "short", "long"])
    func badPoint(_ group: NamedGroup, _ kind: String) throws {
        var pair = try pair(group: group)
        try pair.server.serverKeyExchange(parameters: { parameters in
            guard case .ecdhe(let group, var point) = parameters else { return }
            switch kind {
            case "off the curve": point[point.count - 1] ^= 1
            case "infinity": point = [0]
            case "compressed": point = [2] + point[1...(point.count / 2)]
            case "short": point.removeLast()
            default: point.append(0)
            }
            parameters = .ecdhe(group, point: point)
        })
        try pair.server.serverHelloDone()
        try pair.refuses(.illegalParameter)
    }

    @Test("T-17: RFC 8422 §5.11: an x25519 share of low order is illegal_parameter", arguments: [0, 1] as [UInt8])
    func lowOrder(_ first: UInt8) throws {
        var pair = try pair()
        try pair.server.serverKeyExchange(parameters: { parameters in
            parameters = .ecdhe(.x25519, point: [first] + [UInt8](repeating: 0, count: 31))
        })
        try pair.server.serverHelloDone()
        try pair.refuses(.illegalParameter)
    }

    // MARK: The signature

    @Test(
        "RFC 5246 §7.4.3: a signature over other randoms or parameters is decrypt_error",
        arguments: ["client random", "server random", "parameters", "signature"],
        [CipherSuite.tlsECDHEECDSAWithAES128GCMSHA256, .tlsECDHERSAWithAES128GCMSHA256, .tlsDHERSAWithAES128GCMSHA256])
    func badSignature(_ kind: String, _ suite: CipherSuite) throws {
        var pair = try pair(suite)
        try pair.server.serverKeyExchange(
            signed: { content in
                switch kind {
                case "client random": content[0] ^= 1
                case "server random": content[32] ^= 1
                case "parameters": content[content.count - 1] ^= 1
                default: break
                }
            }, signature: { if kind == "signature" { $0[$0.count - 1] ^= 1 } })
        try pair.refuses(.decryptError)
    }

    @Test(
        "T-11: RFC 9155 §4, RFC 5246 §7.4.3: SHA-1, MD5 and schemes that were not offered are illegal_parameter",
        arguments: [0x0203, 0x0201, 0x0101, 0x0103, 0x0301, 0x0303, 0x0402, 0xffff] as [UInt16])
    func weakScheme(_ code: UInt16) throws {
        for suite in [CipherSuite.tlsECDHEECDSAWithAES128GCMSHA256, .tlsECDHERSAWithAES128GCMSHA256] {
            var pair = try pair(suite)
            try pair.server.serverKeyExchange(claims: SignatureScheme(rawValue: code))
            try pair.refuses(.illegalParameter)
        }
    }

    @Test("T-11: RFC 9155 §2: the ClientHello of TLS 1.2 offers neither SHA-1 nor MD5 nor DSA")
    func offeredSchemes() throws {
        let pair = try TLS12Pair()
        for type in [ExtensionType.signatureAlgorithms, .signatureAlgorithmsCert] {
            guard let body = pair.server.hello.extensions.body(of: type) else { continue }
            let schemes = try SignatureAlgorithmsExtension.parseClientHello(body.span)
            #expect(!schemes.isEmpty)
            // The old form is hash and signature: 1 MD5, 2 SHA-1, 3 SHA-224; 2 in the second octet is DSA.
            #expect(schemes.allSatisfy { $0.rawValue >> 8 > 3 && $0.rawValue & 0xff != 2 })
        }
    }

    @Test(
        "RFC 5246 §7.4.3: a scheme that does not fit the certificate's key is illegal_parameter",
        arguments: [
            (.p256, .rsaPSSRSAESHA256), (.p256, .ed25519), (.rsaPSS256, .ecdsaSecp256r1SHA256),
            (.rsaPSS256, .rsaPSSPSSSHA256), (.ed25519, .ecdsaSecp256r1SHA256),
        ] as [(ServerKind, SignatureScheme)])
    func schemeOfOtherKey(_ kind: ServerKind, _ scheme: SignatureScheme) throws {
        let suite: CipherSuite =
            kind == .rsaPSS256 ? .tlsECDHERSAWithAES128GCMSHA256 : .tlsECDHEECDSAWithAES128GCMSHA256
        var pair = try pair(suite, kind)
        try pair.server.serverKeyExchange(claims: scheme)
        try pair.refuses(.illegalParameter)
    }

    @Test(
        "RFC 8446 §4.2.3: in TLS 1.2 an ECDSA scheme names a hash and no curve",
        arguments: [
            SignatureScheme.ecdsaSecp256r1SHA256, .ecdsaSecp384r1SHA384, .ecdsaSecp521r1SHA512,
        ])
    func hashOfOtherCurve(_ scheme: SignatureScheme) throws {
        for kind in [ServerKind.p256, .p384] {
            var pair = try pair(.tlsECDHEECDSAWithAES128GCMSHA256, kind)
            try pair.server.serverKeyExchange(scheme: scheme)
            try pair.server.serverHelloDone()
            try pair.finish()
            try pair.exchange()
        }
    }

    // MARK: Finished

    @Test("T-49: RFC 5246 §7.4.9: a verify_data with any bit wrong is decrypt_error", arguments: 0..<12)
    func verifyData(_ octet: Int) throws {
        for bit in [UInt8(1), 0x80] {
            var pair = try TLS12Pair.at(octet.isMultiple(of: 2) ? .waitFinished : .waitFinishedResumed)
            try pair.server.finished { $0.verifyData[octet] ^= bit }
            try pair.refuses(.decryptError)
        }
    }

    @Test("RFC 5246 §7.4.9: a verify_data of another length is decode_error", arguments: [0, 11, 13, 32])
    func verifyDataLength(_ count: Int) throws {
        var pair = try TLS12Pair.at(.waitFinished)
        try pair.server.finished { $0.verifyData = [UInt8](repeating: 0, count: count) }
        try pair.refuses(.decodeError)
    }

    @Test("RFC 5246 §7.4.9: our own verify_data sent back is decrypt_error")
    func reflected() throws {
        var pair = try TLS12Pair.at(.waitFinished)
        let own = try pair.server.verifyDataOfClient()
        try pair.server.finished { $0.verifyData = own }
        try pair.refuses(.decryptError)
    }

    @Test(
        "T-09: RFC 5246 §7.4.7.1: the premaster secret holds the version of the ClientHello and is a new one each time")
    func premaster() throws {
        var configuration = try TLS12Pair.configuration(store: nil)
        configuration.versions = .tls12 ... .tls13
        var masters: Set<[UInt8]> = []
        for _ in 0..<3 {
            // The scripted server replaces a premaster with another version by a random one: then Finished would fail.
            var pair = try TLS12Pair(configuration, suite: .tlsRSAWithAES128GCMSHA256)
            pair.server.usesExtendedMasterSecret = false
            try pair.connect()
            masters.insert(pair.server.master)
        }
        #expect(masters.count == 3)
    }

    @Test("RFC 5246 §7.3: nothing follows ServerHelloDone before the client's second flight, not even part of one")
    func messageAfterDone() throws {
        var pair = try TLS12Pair()
        try pair.server.answer()
        pair.server.queueRaw([HandshakeType.newSessionTicket.rawValue])
        let error = try pair.refuses(.unexpectedMessage)
        #expect(error?.reason == .handshake(.keyChangeInsideRecord(.serverHelloDone)))
    }
}
