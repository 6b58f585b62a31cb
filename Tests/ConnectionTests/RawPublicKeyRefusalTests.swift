// RawPublicKeyRefusalTests.swift — what a peer can do wrong with certificate types and raw public keys, and what it is told.
// RFC 7250 §3, §4.2; RFC 8446 §4.4.2, §6.2.

import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

/// What stands in the place of a SubjectPublicKeyInfo, and the alert for it.
struct BadKey: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let alert: AlertDescription
    let octets: @Sendable () throws -> [UInt8]

    static let all = [
        BadKey(testDescription: "another key", alert: .certificateUnknown) {
            try TestIdentity.serverRSA().rawPublicKey().derEncoded
        },
        BadKey(testDescription: "no DER", alert: .badCertificate) { [1, 2, 3] },
        BadKey(testDescription: "octets after the key", alert: .badCertificate) {
            try TestIdentity.serverP256().rawPublicKey().derEncoded + [0]
        },
        BadKey(testDescription: "a certificate", alert: .badCertificate) {
            try TestIdentity.serverP256().certificates[0].derEncoded
        },
        BadKey(testDescription: "a key of a kind nobody knows", alert: .unsupportedCertificate) {
            [0x30, 0x0a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x7f, 0x03, 0x01, 0x00]
        },
    ]
}

extension ExtensionBlock {
    /// An answer of one octet, or a list of types.
    fileprivate mutating func add(_ type: ExtensionType, _ body: [UInt8]) {
        list.append(RawExtension(type: type, body: body))
    }
}

@Suite("Raw public keys: a client's refusals")
struct RawPublicKeyClientRefusalTests {
    /// A client that takes the server's raw public key, with or without certificates, and offers its own.
    private static func configuration(takesPaths: Bool = true) throws -> ClientConfiguration {
        var configuration = try TestClient.configuration()
        configuration.acceptedRawPublicKeys = [try TestIdentity.serverP256().pin()]
        configuration.credentials = .fixed([try TestIdentity.clientP256().rawCredential()])
        if !takesPaths { configuration.trust = TrustAnchors([]) }
        return configuration
    }

    /// TLS 1.3, up to EncryptedExtensions.
    private func pair13(_ configuration: ClientConfiguration? = nil, server: [UInt8] = [2]) throws -> InMemoryPair {
        let pair = try InMemoryPair(try configuration ?? Self.configuration())
        try pair.server.serverHello()
        try pair.server.encryptedExtensions { $0.add(.serverCertificateType, server) }
        return pair
    }

    /// TLS 1.2, up to ServerHello.
    private func pair12(_ configuration: ClientConfiguration? = nil, server: [UInt8] = [2]) throws -> TLS12Pair {
        try TLS12Pair.serverHello(try configuration ?? Self.configuration()) {
            $0.extensions.add(.serverCertificateType, server)
        }
    }

    @Test(
        "RFC 7250 §6, RFC 8446 §6.2: an unknown key is certificate_unknown, what is no key bad_certificate",
        arguments: BadKey.all)
    func badKey(_ bad: BadKey) throws {
        let octets = try bad.octets()
        var pair = try pair13()
        try pair.server.certificate { $0.entries = [CertificateEntry(certificate: octets)] }
        let error = try pair.refuses(bad.alert)
        var old = try pair12()
        old.server.queue(try TLS12RawPublicKey(subjectPublicKeyInfo: octets).message())
        // An RSA key does not go with the suite, which is found before.
        let isRSA = bad.alert == .certificateUnknown
        let oldError = try old.refuses(isRSA ? .illegalParameter : bad.alert)
        if isRSA {
            guard case .handshake(.certificate(let refusal))? = error?.reason else {
                Issue.record("another error: \(String(describing: error))")
                return
            }
            #expect(refusal.rule == .rawPublicKeyAccepted)
            #expect(refusal.found == "\(try TestIdentity.serverRSA().pin())")
        } else {
            #expect(error?.reason == oldError?.reason)
        }
    }

    @Test("RFC 7250 §6: in TLS 1.2 too an unknown key is certificate_unknown")
    func unknownInTLS12() throws {
        var pair = try pair12()
        let other = try TestIdentity.serverP384().rawPublicKey().derEncoded
        pair.server.queue(try TLS12RawPublicKey(subjectPublicKeyInfo: other).message())
        try pair.refuses(.certificateUnknown)
    }

    @Test(
        "RFC 8446 §4.4.2: two entries are illegal_parameter, and none is decode_error; in TLS 1.2 both are decode_error"
    )
    func entries() throws {
        let key = try TestIdentity.serverP256().rawPublicKey().derEncoded
        var two = try pair13()
        try two.server.certificate {
            $0.entries = [CertificateEntry(certificate: key), CertificateEntry(certificate: key)]
        }
        let error = try two.refuses(.illegalParameter)
        #expect(error?.reason == .handshake(.peerMisbehaved(.rawPublicKeyCount(2))))
        var none = try pair13()
        try none.server.certificate { $0.entries = [] }
        _ = try none.refuses(.decodeError)
        var twoOld = try pair12()
        let message = try TLS12RawPublicKey(subjectPublicKeyInfo: key).message()
        twoOld.server.queue(
            try HandshakeMessage(type: .certificate) { writer in
                for _ in 0..<2 { writer.bytes([UInt8](copying: message.body)) }
            })
        try twoOld.refuses(.decodeError)
        var noneOld = try pair12()
        noneOld.server.queue(try TLS12RawPublicKey(subjectPublicKeyInfo: []).message())
        try noneOld.refuses(.decodeError)
        // A list with one entry is no key.
        var list = try pair12()
        list.server.queue(try TLS12Certificate(certificates: [key]).message())
        try list.refuses(.badCertificate)
    }

    @Test("RFC 7250 §4.2: a type that was not offered is illegal_parameter", arguments: [0, 1, 3, 255] as [UInt8])
    func notOffered(_ type: UInt8) throws {
        let configuration = try Self.configuration(takesPaths: false)
        var pair = try pair13(configuration, server: [type])
        let error = try pair.refuses(.illegalParameter)
        #expect(
            error?.reason
                == .handshake(
                    .peerMisbehaved(
                        .selectedUnofferedCertificateType(CertificateType(rawValue: type), offered: "RawPublicKey"))))
        var old = try pair12(configuration, server: [type])
        try old.refuses(.illegalParameter)
        // The client's own type as well.
        var own = try InMemoryPair(configuration)
        try own.server.serverHello()
        try own.server.encryptedExtensions { $0.add(.clientCertificateType, [type]) }
        _ = try own.refuses(.illegalParameter)
    }

    @Test("RFC 8446 §4.2: an answer that nobody asked for is unsupported_extension", arguments: [19, 20] as [UInt16])
    func unsolicited(_ type: UInt16) throws {
        var pair = try InMemoryPair()
        try pair.server.serverHello()
        try pair.server.encryptedExtensions { $0.add(ExtensionType(rawValue: type), [2]) }
        _ = try pair.refuses(.unsupportedExtension)
        var old = try TLS12Pair.serverHello { $0.extensions.add(ExtensionType(rawValue: type), [2]) }
        try old.refuses(.unsupportedExtension)
    }

    @Test("RFC 7250 §3: an answer has one octet", arguments: [[], [2, 2], [1, 2]] as [[UInt8]])
    func form(_ body: [UInt8]) throws {
        var pair = try pair13(server: body)
        _ = try pair.refuses(.decodeError)
        var old = try pair12(server: body)
        try old.refuses(.decodeError)
    }

    @Test("RFC 7250 §4.2: a certificate for a client that takes raw public keys alone is unsupported_certificate")
    func noAnswer() throws {
        let configuration = try Self.configuration(takesPaths: false)
        var pair = try InMemoryPair(configuration)
        try pair.server.answer()
        let error = try pair.refuses(.unsupportedCertificate)
        #expect(error?.reason == .handshake(.peerMisbehaved(.noRawPublicKey(offered: "RawPublicKey"))))
        var old = try TLS12Pair(configuration)
        try old.server.answer()
        try old.refuses(.unsupportedCertificate)
    }

    @Test("RFC 8446 §4.4.3: who has the pinned key's octets and not the key is decrypt_error")
    func borrowedKey() throws {
        let stolen = try TestIdentity.serverP256().rawPublicKey().derEncoded
        var pair = try InMemoryPair(try Self.configuration(), identity: try .clientP256())
        try pair.server.serverHello()
        try pair.server.encryptedExtensions { $0.add(.serverCertificateType, [2]) }
        try pair.server.certificate { $0.entries = [CertificateEntry(certificate: stolen)] }
        try pair.server.certificateVerify()
        _ = try pair.refuses(.decryptError)
        var old = try TLS12Pair(try Self.configuration(), identity: try .clientP256())
        try old.server.serverHello { $0.extensions.add(.serverCertificateType, [2]) }
        old.server.queue(try TLS12RawPublicKey(subjectPublicKeyInfo: stolen).message())
        try old.server.serverKeyExchange()
        try old.refuses(.decryptError)
    }
}

@Suite("Raw public keys: a server's refusals")
struct RawPublicKeyServerRefusalTests {
    /// A server that takes the raw public key of one client.
    private func asking() throws -> ServerConfiguration {
        try RawKeys.server([try TestIdentity.serverP256().credential()], accepting: try .clientP256())
    }

    /// TLS 1.3, when it is the client's turn.
    private func pair13() throws -> TLS13ServerPair {
        var pair = try TLS13ServerPair(try asking())
        try pair.client.clientHello { $0.extensions.add(.clientCertificateType, [1, 2]) }
        try pair.exchange()
        return pair
    }

    /// TLS 1.2, when it is the client's turn.
    private func pair12() throws -> TLS12ServerPair {
        var pair = try TLS12ServerPair(try asking())
        pair.client.identity = try .clientP256()
        try pair.greet { $0.extensions.add(.clientCertificateType, [1, 2]) }
        #expect(pair.client.answer(.clientCertificateType) == [2])
        return pair
    }

    @Test(
        "RFC 7250 §4.2: no certificate type in common is unsupported_certificate",
        arguments: [nil, [1, 0], [1, 1], [2, 0, 1]] as [[UInt8]?])
    func noCommonServerType(_ types: [UInt8]?) throws {
        let configuration = try RawKeys.server([try TestIdentity.serverP256().rawCredential()])
        var pair = try TLS13ServerPair(configuration)
        try pair.client.clientHello { if let types { $0.extensions.add(.serverCertificateType, types) } }
        let error = try pair.refusal()
        #expect(error.alert == .unsupportedCertificate)
        guard
            case .handshake(.clientMisbehaved(.noCommonCertificateType(.serverCertificateType, _, "RawPublicKey"))) =
                error.reason
        else {
            Issue.record("another error: \(error)")
            return
        }
        var old = try TLS12ServerPair(configuration)
        try old.client.clientHello { if let types { $0.extensions.add(.serverCertificateType, types) } }
        try old.refuses(.unsupportedCertificate)
    }

    @Test(
        "RFC 7250 §4.2: a client that has no type of the server's is unsupported_certificate",
        arguments: [[1, 0], [2, 1, 3]] as [[UInt8]])
    func noCommonClientType(_ types: [UInt8]) throws {
        var pair = try TLS13ServerPair(try asking())
        try pair.client.clientHello { $0.extensions.add(.clientCertificateType, types) }
        let error = try pair.refusal()
        #expect(error.alert == .unsupportedCertificate)
        var old = try TLS12ServerPair(try asking())
        try old.client.clientHello { $0.extensions.add(.clientCertificateType, types) }
        try old.refuses(.unsupportedCertificate)
    }

    @Test(
        "RFC 7250 §3: a list of types has one at least, and its length",
        arguments: [[], [0], [2, 2], [1, 2, 2]] as [[UInt8]])
    func form(_ body: [UInt8]) throws {
        for type in [ExtensionType.clientCertificateType, .serverCertificateType] {
            var pair = try TLS13ServerPair()
            try pair.client.clientHello { $0.extensions.add(type, body) }
            let error = try pair.refusal()
            #expect(error.alert == .decodeError)
        }
    }

    @Test("RFC 7250 §4.2: a server without raw public keys answers neither extension")
    func offByDefault() throws {
        var policy = ClientAuthenticationPolicy(trust: try TestCertificates.trust())
        policy.sendsAuthorities = false
        for authentication in [ClientAuthentication.none, .required(policy)] {
            var configuration = try TLS12ServerPair.configuration()
            configuration.clientAuthentication = authentication
            var old = try TLS12ServerPair(configuration)
            try old.greet {
                $0.extensions.add(.clientCertificateType, [2, 2, 0])
                $0.extensions.add(.serverCertificateType, [2, 2, 0])
            }
            #expect(old.client.answer(.clientCertificateType) == nil)
            #expect(old.client.answer(.serverCertificateType) == nil)
            #expect(!old.client.serverCertificates.isEmpty)
            var pair = try TLS13ServerPair(configuration)
            try pair.client.clientHello {
                $0.extensions.add(.clientCertificateType, [2, 2, 0])
                $0.extensions.add(.serverCertificateType, [2, 2, 0])
            }
            let answers = try pair.exchange()
            let extensions = try answers.compactMap { answer throws -> ExtensionBlock? in
                guard case .handshake(let message) = answer, message.type == .encryptedExtensions else { return nil }
                return try EncryptedExtensions.parse(message.body).extensions
            }
            #expect(extensions.count == 1)
            #expect(extensions.first?.body(of: .clientCertificateType) == nil)
            #expect(extensions.first?.body(of: .serverCertificateType) == nil)
        }
    }

    @Test(
        "RFC 7250 §6, RFC 8446 §6.2: an unknown key is certificate_unknown, what is no key bad_certificate",
        arguments: BadKey.all)
    func badKey(_ bad: BadKey) throws {
        let octets = try bad.octets()
        var pair = try pair13()
        try pair.client.certificate(nil) { $0.entries = [CertificateEntry(certificate: octets)] }
        let error = try pair.refusal()
        #expect(error.alert == bad.alert)
        var old = try pair12()
        old.client.queue(try TLS12RawPublicKey(subjectPublicKeyInfo: octets).message())
        let oldError = try old.refuses(bad.alert)
        #expect(error.reason == oldError?.reason)
    }

    @Test("RFC 8446 §4.4.2: two entries are illegal_parameter; none is a client without a key")
    func entries() throws {
        let key = try TestIdentity.clientP256().rawPublicKey().derEncoded
        var two = try pair13()
        try two.client.certificate(nil) {
            $0.entries = [CertificateEntry(certificate: key), CertificateEntry(certificate: key)]
        }
        let error = try two.refusal()
        #expect(error.reason == .handshake(.peerMisbehaved(.rawPublicKeyCount(2))))
        #expect(error.alert == .illegalParameter)
        var none = try pair13()
        try none.client.certificate(nil)
        let refusal = try none.refusal()
        #expect(refusal.alert == .certificateRequired)
        var noneOld = try pair12()
        noneOld.client.queue(try TLS12RawPublicKey(subjectPublicKeyInfo: []).message())
        try noneOld.refuses(.handshakeFailure)
    }

    @Test("RFC 8446 §4.4.3, RFC 5246 §7.4.8: the signature of another key is decrypt_error")
    func borrowedKey() throws {
        let stolen = try TestIdentity.clientP256().rawPublicKey().derEncoded
        var pair = try pair13()
        try pair.client.certificate(nil) { $0.entries = [CertificateEntry(certificate: stolen)] }
        try pair.client.certificateVerify(try .serverP256())
        let error = try pair.refusal()
        #expect(error.alert == .decryptError)
        var old = try pair12()
        old.client.queue(try TLS12RawPublicKey(subjectPublicKeyInfo: stolen).message())
        try old.client.clientKeyExchange()
        old.client.identity = try .serverP256()
        try old.client.certificateVerify()
        try old.refuses(.decryptError)
    }

    @Test("RFC 5246 §7.4.1.4, RFC 7250 §4.2: the answers to a client that is asked for its raw public key")
    func answers() throws {
        let server = try TestIdentity.serverP256()
        let configuration = try RawKeys.server([try server.rawCredential()], accepting: try .clientP256())
        let old = try TLS12ServerPair(configuration)
        try old.client.clientHello {
            $0.extensions.add(.clientCertificateType, [2, 1, 2])
            $0.extensions.add(.serverCertificateType, [2, 2, 0])
        }
        let flight = try old.client.takeOutput()
        try old.server.receive(flight)
        // Record header, handshake header, and the Certificate: one vector with the key.
        let key = try server.rawPublicKey().derEncoded
        let length = key.count + 3
        let certificate =
            [11, 0, 0, UInt8(truncatingIfNeeded: length), 0, 0, UInt8(truncatingIfNeeded: key.count)] + key
        let sent = old.server.takeOutput()
        #expect(sent.indices.contains { sent[$0...].starts(with: certificate) })
    }
}
