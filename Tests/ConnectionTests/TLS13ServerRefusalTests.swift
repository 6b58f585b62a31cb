// TLS13ServerRefusalTests.swift — everything a client must not do in TLS 1.3, and the alert it gets.
// RFC 8446 §4.1.2, §4.2, §4.3.2, §4.4, §9.2.

import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

extension ExtensionBlock {
    mutating func remove(_ type: ExtensionType) { list.removeAll { $0.type == type } }

    /// Puts another body in the place of the one there.
    mutating func replace(_ type: ExtensionType, _ body: [UInt8]) {
        list = list.map { $0.type == type ? RawExtension(type: type, body: body) : $0 }
    }

    mutating func setShares(_ shares: [KeyShareEntry]) {
        var block = ExtensionBlock()
        block.append(.keyShare) { KeyShareExtension.writeClientHello(shares, into: &$0) }
        replace(.keyShare, block.list[0].body)
    }

    var shares: [KeyShareEntry] {
        get throws {
            let octets = body(of: .keyShare) ?? []
            return try KeyShareExtension.parseClientHello(octets.span)
        }
    }
}

@Suite("TLS 1.3 server: refusals of a ClientHello")
struct TLS13ServerRefusalTests {
    /// The alert for an edited hello.
    static func alert(
        _ configuration: ServerConfiguration? = nil, keys: [OfferedScriptKey] = [],
        _ edit: (inout ClientHello) -> Void = { _ in }, prepare: (inout ScriptedClient13) -> Void = { _ in },
        editKeys: (inout PreSharedKeyExtension) -> Void = { _ in }
    ) throws -> AlertDescription? {
        var pair = try TLS13ServerPair(configuration)
        pair.client.keys = keys
        prepare(&pair.client)
        try pair.client.clientHello(edit, editKeys: editKeys)
        return try pair.refusal().alert
    }

    @Test("T-14: RFC 8446 §4.1.2: a hello of TLS 1.3 that offers compression is illegal_parameter")
    func compression() throws {
        #expect(try Self.alert { $0.legacyCompressionMethods = [0, 1] } == .illegalParameter)
        #expect(try Self.alert { $0.legacyCompressionMethods = [1] } == .illegalParameter)
    }

    @Test(
        "RFC 8446 §9.2: a mandatory extension that is missing is missing_extension",
        arguments: [ExtensionType.signatureAlgorithms, .supportedGroups, .keyShare])
    func missing(_ type: ExtensionType) throws {
        #expect(try Self.alert { $0.extensions.remove(type) } == .missingExtension)
    }

    @Test("RFC 8446 §4.2: an extension that comes twice is illegal_parameter")
    func duplicate() throws {
        #expect(try Self.alert { $0.extensions.list.append($0.extensions.list[2]) } == .illegalParameter)
    }

    @Test("T-23: a hello of thousands of extensions or protocol names is decode_error; one of many is not")
    func tooMany() throws {
        func fill(_ hello: inout ClientHello, to count: Int) {
            for number in hello.extensions.list.count..<count {
                hello.extensions.append(ExtensionType(rawValue: UInt16(0x4000 + number)))
            }
        }
        #expect(try Self.alert { fill(&$0, to: 257) } == .decodeError)
        #expect(try Self.alert { fill(&$0, to: 16_000) } == .decodeError)
        #expect(
            try Self.alert { hello in
                hello.extensions.append(.applicationLayerProtocolNegotiation) {
                    ALPNExtension.writeClientHello([[UInt8]](repeating: [0x61], count: 257), into: &$0)
                }
            } == .decodeError)
        var pair = try TLS13ServerPair()
        try pair.client.clientHello { fill(&$0, to: 256) }
        try pair.exchange()
        try pair.finish()
        try pair.exchangeData()
    }

    @Test("T-23: what is said of a client's lists stays short, however long they are")
    func longLists() throws {
        var pair = try TLS13ServerPair()
        try pair.client.clientHello { hello in
            hello.cipherSuites = (0..<30_000).map { CipherSuite(rawValue: UInt16(0x4000 + $0)) }
        }
        let error = try pair.refusal()
        #expect(error.alert == .handshakeFailure)
        let text = "\(error) \(error.explanation)"
        #expect(text.contains("and 29968 more"))
        #expect(text.utf8.count < 4096)
    }

    @Test("RFC 8446 §4.2.8: two shares of one group, and a share of a group that is not offered, are illegal_parameter")
    func shares() throws {
        #expect(
            try Self.alert { hello in
                let share = (try? hello.extensions.shares) ?? []
                hello.extensions.setShares(share + share)
            } == .illegalParameter)
        #expect(
            try Self.alert { hello in
                hello.extensions.setShares([KeyShareEntry(group: .secp521r1, keyExchange: [4])])
            } == .illegalParameter)
    }

    @Test("T-16, T-17: RFC 8446 §4.2.8: a share that is no public value of its group is illegal_parameter")
    func badShares() throws {
        let bad: [(NamedGroup, [UInt8])] = [
            (.x25519, [UInt8](repeating: 0, count: 32)), (.x25519, [1]), (.x25519, [UInt8](repeating: 7, count: 33)),
            (.secp256r1, [4] + [UInt8](repeating: 1, count: 64)), (.secp256r1, [0]),
            (.secp256r1, [2] + [UInt8](repeating: 1, count: 32)),
        ]
        for (group, share) in bad {
            #expect(
                try Self.alert { $0.extensions.setShares([KeyShareEntry(group: group, keyExchange: share)]) }
                    == .illegalParameter)
        }
    }

    @Test("RFC 8446 §4.1.1: nothing in common is handshake_failure: suites, groups, signature schemes")
    func nothingInCommon() throws {
        #expect(try Self.alert { $0.cipherSuites = [.tlsAES128CCMSHA256] } == .handshakeFailure)
        #expect(
            try Self.alert(prepare: {
                $0.groups = [.x448]
                $0.shareGroup = .x448
            }) == .handshakeFailure)
        #expect(
            try Self.alert { hello in
                var block = ExtensionBlock()
                block.append(.signatureAlgorithms) {
                    SignatureAlgorithmsExtension.writeClientHello([.rsaPSSRSAESHA512], into: &$0)
                }
                hello.extensions.replace(.signatureAlgorithms, block.list[0].body)
            } == .handshakeFailure)
    }

    @Test("RFC 8446 §4.2.2: a cookie that no HelloRetryRequest gave is illegal_parameter")
    func cookie() throws {
        #expect(
            try Self.alert { hello in
                hello.extensions.append(.cookie) { CookieExtension.writeClientHello([1, 2], into: &$0) }
            } == .illegalParameter)
    }

    @Test("RFC 8446 §4.2: extensions of other messages, and bodies of the wrong form, are refused")
    func forms() throws {
        #expect(
            try Self.alert { hello in hello.extensions.append(.oidFilters) { $0.uint16(0) } } == .illegalParameter)
        for type in [ExtensionType.supportedVersions, .supportedGroups, .signatureAlgorithms, .keyShare] {
            #expect(try Self.alert { $0.extensions.replace(type, [9]) } == .decodeError)
        }
        #expect(try Self.alert { hello in hello.extensions.append(.earlyData) { $0.uint8(1) } } == .decodeError)
    }

    @Test("RFC 8449 §4: a record_size_limit below 64 is illegal_parameter")
    func recordSizeLimit() throws {
        #expect(
            try Self.alert { hello in
                hello.extensions.append(.recordSizeLimit) { RecordSizeLimitExtension.writeClientHello(63, into: &$0) }
            } == .illegalParameter)
    }

    // MARK: pre_shared_key

    static let secret: [UInt8] = Array(0..<32)

    static func secretBytes() -> SecretBytes {
        let octets = secret
        return SecretBytes(copying: octets.span)
    }

    static func external() throws -> ServerConfiguration {
        var configuration = try TestClient.serverConfiguration(.serverEd25519())
        configuration.externalPreSharedKeys = [
            try ExternalPreSharedKey(identity: [1, 0, 2], secret: secretBytes())
        ]
        return configuration
    }

    static let key = OfferedScriptKey([1, 0, 2], secret, label: "ext binder")

    @Test("T-29: RFC 8446 §4.2.11: pre_shared_key that is not the last extension is illegal_parameter")
    func notLast() throws {
        var pair = try TLS13ServerPair(try Self.external())
        pair.client.keys = [Self.key]
        try pair.client.clientHello()
        var hello = pair.client.hello
        _ = try pair.client.takeOutput()
        hello.extensions.append(.extendedMasterSecret) { _ in }
        let message = try hello.message().encoded
        let record: [UInt8] = [22, 3, 1, UInt8(message.count >> 8), UInt8(truncatingIfNeeded: message.count)]
        #expect(try pair.refusal(record + message).alert == .illegalParameter)
    }

    @Test("T-29: RFC 8446 §4.2.11: more or fewer binders than identities are illegal_parameter")
    func binderCount() throws {
        let configuration = try Self.external()
        #expect(
            try Self.alert(configuration, keys: [Self.key], editKeys: { $0.binders.append($0.binders[0]) })
                == .illegalParameter)
        #expect(
            try Self.alert(
                configuration, keys: [Self.key],
                editKeys: { $0.identities.append(PSKIdentity(identity: [9], obfuscatedTicketAge: 0)) })
                == .illegalParameter)
    }

    @Test("T-29: RFC 8446 §4.2.11: each bit of the binder counts: decrypt_error")
    func binderBits() throws {
        let configuration = try Self.external()
        for bit in 0..<256 {
            let alert = try Self.alert(
                configuration, keys: [Self.key], editKeys: { $0.binders[0][bit / 8] ^= 1 << UInt8(bit % 8) })
            #expect(alert == .decryptError, "bit \(bit)")
        }
        // A binder of another length, and one made of another key or for another use of it.
        #expect(
            try Self.alert(configuration, keys: [Self.key], editKeys: { $0.binders[0] += [0] }) == .decryptError)
        var wrong = Self.key
        wrong.secret[0] ^= 1
        #expect(try Self.alert(configuration, keys: [wrong]) == .decryptError)
        for label in ["res binder", "imp binder"] {
            var other = Self.key
            other.label = label
            #expect(try Self.alert(configuration, keys: [other]) == .decryptError)
        }
    }

    @Test("T-29: RFC 8446 §4.2.11: the binder covers the whole ClientHello before it")
    func binderCoversHello() throws {
        var pair = try TLS13ServerPair(try Self.external())
        pair.client.keys = [Self.key]
        try pair.client.clientHello()
        var octets = try pair.client.takeOutput()
        // A bit of the random.
        octets[20] ^= 1
        #expect(try pair.refusal(octets).alert == .decryptError)
    }

    @Test("RFC 8446 §4.2.9: pre_shared_key without psk_key_exchange_modes is missing_extension")
    func withoutModes() throws {
        #expect(
            try Self.alert(try Self.external(), keys: [Self.key], prepare: { $0.modes = [] }) == .missingExtension)
    }

    @Test("RFC 8446 §6.2: a server that has keys alone: unknown_psk_identity, and handshake_failure without any offer")
    func unknownIdentity() throws {
        var configuration = try Self.external()
        configuration.credentials = .fixed([])
        var other = Self.key
        other.identity = [1]
        #expect(try Self.alert(configuration, keys: [other]) == .unknownPSKIdentity)
        #expect(try Self.alert(configuration) == .handshakeFailure)
    }

    // MARK: Authentication of the client

    static func asking(isRequired: Bool = false) throws -> ServerConfiguration {
        var configuration = try TestClient.serverConfiguration(.serverEd25519())
        let policy = ClientAuthenticationPolicy(trust: try TestCertificates.trust())
        configuration.clientAuthentication = isRequired ? .required(policy) : .optional(policy)
        return configuration
    }

    /// The alert for a client's flight.
    static func flightAlert(
        _ configuration: ServerConfiguration, _ flight: (inout ScriptedClient13) throws -> Void
    ) throws -> AlertDescription? {
        var pair = try TLS13ServerPair(configuration)
        try pair.hello()
        try flight(&pair.client)
        return try pair.refusal().alert
    }

    @Test("RFC 8446 §4.4.2.4: a client without a certificate gets certificate_required where one is required")
    func certificateRequired() throws {
        #expect(
            try Self.flightAlert(try Self.asking(isRequired: true)) { try $0.certificate(nil) } == .certificateRequired)
    }

    @Test("RFC 8446 §4.4.2: a context, an extension nobody asked for, no certificate in an entry")
    func certificateForms() throws {
        let asking = try Self.asking()
        #expect(
            try Self.flightAlert(asking) { try $0.certificate(try .clientP256()) { $0.requestContext = [1] } }
                == .illegalParameter)
        #expect(
            try Self.flightAlert(asking) { client in
                try client.certificate(try .clientP256()) {
                    $0.entries[0].extensions.append(.statusRequest) {
                        StatusRequestExtension.writeCertificateEntry([1], into: &$0)
                    }
                }
            } == .unsupportedExtension)
        #expect(
            try Self.flightAlert(asking) {
                try $0.queueRaw(
                    Array(
                        CertificateMessage(
                            requestContext: [],
                            entries: [
                                CertificateEntry(certificate: [0x30])
                            ]
                        ).message().encoded))
            } == .badCertificate)
    }

    @Test(
        "T-45: RFC 8446 §4.4.2.4: a certificate of an unknown issuer is unknown_ca, one of a server unsupported_certificate"
    )
    func untrusted() throws {
        var configuration = try Self.asking()
        configuration.clientAuthentication = .optional(ClientAuthenticationPolicy(trust: TrustAnchors([])))
        #expect(try Self.flightAlert(configuration) { try $0.certificate(try .clientP256()) } == .unknownCA)
        // RFC 5280 §4.2.1.12: the key may authenticate servers alone.
        let alert = try Self.flightAlert(try Self.asking()) { try $0.certificate(try .serverP256()) }
        #expect(alert == .unsupportedCertificate)
    }

    @Test("RFC 8446 §4.4.3: a CertificateVerify by another key, of another side, scheme or transcript is refused")
    func certificateVerify() throws {
        let asking = try Self.asking()
        #expect(
            try Self.flightAlert(asking) {
                try $0.certificate(try .clientP256())
                try $0.certificateVerify(try .serverP256())
            } == .decryptError)
        // T-35: what a server signs is no signature of a client.
        #expect(
            try Self.flightAlert(asking) {
                try $0.certificate(try .clientP256())
                try $0.certificateVerify(try .clientP256(), as: .server)
            } == .decryptError)
        #expect(
            try Self.flightAlert(asking) {
                try $0.certificate(try .clientP256())
                try $0.certificateVerify(try .clientP256()) { $0.signature[10] ^= 1 }
            } == .decryptError)
        // T-11: SHA-1 and PKCS #1 v1.5 sign no handshake; nor does a scheme of another key.
        for scheme in [SignatureScheme.rsaPKCS1SHA256, .ecdsaSHA1, .ed25519, .rsaPSSRSAESHA256] {
            #expect(
                try Self.flightAlert(asking) {
                    try $0.certificate(try .clientP256())
                    try $0.certificateVerify(try .clientP256()) { $0.scheme = scheme }
                } == .illegalParameter)
        }
    }

    @Test("T-49: RFC 8446 §4.4.4: each bit of the client's Finished counts, and its length")
    func finished() throws {
        let configuration = try TestClient.serverConfiguration(.serverEd25519())
        for bit in 0..<256 {
            #expect(
                try Self.flightAlert(configuration) {
                    try $0.finished(installsKey: false) { $0.verifyData[bit / 8] ^= 1 << UInt8(bit % 8) }
                } == .decryptError)
        }
        #expect(
            try Self.flightAlert(configuration) { try $0.finished(installsKey: false) { $0.verifyData.removeLast() } }
                == .decodeError)
    }

    @Test("RFC 8446 §4.4.2.4: CertificateVerify after an empty Certificate is unexpected_message")
    func verifyWithoutCertificate() throws {
        #expect(
            try Self.flightAlert(try Self.asking()) {
                try $0.certificate(nil)
                try $0.certificateVerify(try .clientP256())
            } == .unexpectedMessage)
        // And Finished where CertificateVerify is due: T-01.
        #expect(
            try Self.flightAlert(try Self.asking(isRequired: true)) {
                try $0.certificate(try .clientP256())
                try $0.finished(installsKey: false)
            } == .unexpectedMessage)
    }

    @Test("RFC 8446 §5: a record in the clear, or under a wrong key, ends the handshake")
    func records() throws {
        var clear = try TLS13ServerPair()
        try clear.hello()
        #expect(try clear.refusal([22, 3, 3, 0, 4, 20, 0, 0, 0]).alert == .unexpectedMessage)
        var wrong = try TLS13ServerPair()
        try wrong.hello()
        #expect(try wrong.refusal([23, 3, 3, 0, 20] + [UInt8](repeating: 1, count: 20)).alert == .badRecordMAC)
    }

    @Test("RFC 8446 §6: a client without its keys refuses our flight in the clear, and that is what is reported")
    func plainAlert() throws {
        var pair = try TLS13ServerPair()
        try pair.hello()
        let found = #expect(throws: TLSError.self) { try pair.server.receive([21, 3, 3, 0, 2, 2, 48]) }
        #expect(found?.origin == .peer)
        #expect(found?.alert == .unknownCA)
        #expect(pair.server.takeOutput().isEmpty)
        #expect(pair.server.connection.stateName == nil)
        // Nor is it a close_notify that could pass for the end of the data.
        var closed = try TLS13ServerPair()
        try closed.hello()
        let end = #expect(throws: TLSError.self) { try closed.server.receive([21, 3, 3, 0, 2, 1, 0]) }
        #expect(end?.reason == .closedDuringHandshake)
    }

    @Test("RFC 8446 §5, §6: an alert in the clear can be malformed, and comes too late after a protected record")
    func plainAlertRefused() throws {
        for octets: [UInt8] in [[21, 3, 3, 0, 1, 2], [21, 3, 3, 0, 3, 2, 48, 0]] {
            var pair = try TLS13ServerPair()
            try pair.hello()
            #expect(try pair.refusal(octets).alert == .decodeError)
        }
        var late = try TLS13ServerPair(try Self.asking())
        try late.hello()
        try late.client.certificate(nil)
        try late.exchange()
        #expect(try late.refusal([21, 3, 3, 0, 2, 2, 48]).alert == .unexpectedMessage)
        var done = try TLS13ServerPair()
        try done.hello()
        try done.finish()
        let found = #expect(throws: TLSError.self) { try done.server.receive([21, 3, 3, 0, 2, 2, 48]) }
        #expect(found?.origin == .local && found?.alert == .unexpectedMessage)
    }
}
