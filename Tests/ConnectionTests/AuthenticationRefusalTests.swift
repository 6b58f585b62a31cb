// AuthenticationRefusalTests.swift — the refusals of EncryptedExtensions to Finished.
// RFC 8446 §4.3, §4.4.

import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("Authentication refusals")
struct AuthenticationRefusalTests {
    @Test(
        "RFC 7301 §3.2: a protocol that was not offered is illegal_parameter, and one where none was is unsupported_extension"
    )
    func alpn() throws {
        func pair(offering protocols: [String]) throws -> InMemoryPair {
            var configuration = try TestClient.configuration()
            configuration.alpnProtocols = protocols
            return try InMemoryPair(configuration)
        }
        var other = try pair(offering: ["h2"])
        try other.server.answer(alpn: "http/1.1")
        _ = try other.refuses(.illegalParameter)
        var none = try pair(offering: [])
        try none.server.answer(alpn: "h2")
        _ = try none.refuses(.unsupportedExtension)
        var right = try pair(offering: ["h2", "http/1.1"])
        try right.client.receive(try right.answer(alpn: "http/1.1"))
        #expect(right.client.connection.info.alpnProtocol == "http/1.1")
    }

    @Test(
        "RFC 8446 §4.3.1: key_share in EncryptedExtensions is illegal_parameter, server_name with content is decode_error"
    )
    func encryptedExtensions() throws {
        var misplaced = try InMemoryPair()
        try misplaced.server.serverHello()
        try misplaced.server.encryptedExtensions { $0.list.append(RawExtension(type: .keyShare, body: [])) }
        _ = try misplaced.refuses(.illegalParameter)
        var content = try InMemoryPair()
        try content.server.serverHello()
        try content.server.encryptedExtensions { $0.list.append(RawExtension(type: .serverName, body: [0])) }
        _ = try content.refuses(.decodeError)
    }

    @Test(
        "RFC 8446 §4.3.2: CertificateRequest with a context is illegal_parameter, without signature_algorithms missing_extension"
    )
    func certificateRequest() throws {
        var context = try InMemoryPair()
        try context.advance(to: .waitCertificateOrRequest)
        try context.server.certificateRequest { $0.requestContext = [1] }
        _ = try context.refuses(.illegalParameter)
        var missing = try InMemoryPair()
        try missing.advance(to: .waitCertificateOrRequest)
        try missing.server.certificateRequest {
            $0.extensions = ExtensionBlock([RawExtension(type: ExtensionType(rawValue: 0xfafa), body: [])])
        }
        _ = try missing.refuses(.missingExtension)
    }

    @Test("RFC 8446 §4.4.2.4: an empty Certificate is decode_error; a context in it is illegal_parameter")
    func emptyCertificate() throws {
        var empty = try InMemoryPair()
        try empty.advance(to: .waitCertificateOrRequest)
        try empty.server.certificate { $0.entries = [] }
        let error = try empty.refuses(.decodeError)
        #expect(error?.reason == .handshake(.peerMisbehaved(.emptyCertificateList)))
        var context = try InMemoryPair()
        try context.advance(to: .waitCertificateOrRequest)
        try context.server.certificate { $0.requestContext = [1] }
        _ = try context.refuses(.illegalParameter)
    }

    @Test("More certificates than any path needs are refused unread")
    func tooManyCertificates() throws {
        var pair = try InMemoryPair()
        try pair.advance(to: .waitCertificateOrRequest)
        try pair.server.certificate { $0.entries += Array(repeating: $0.entries[0], count: 64) }
        let error = try pair.refuses(.badCertificate)
        #expect(error?.explanation.found == "65")
    }

    @Test("RFC 8446 §4.4.2: an extension of a certificate that was not asked for is unsupported_extension")
    func certificateExtension() throws {
        var pair = try InMemoryPair()
        try pair.advance(to: .waitCertificateOrRequest)
        try pair.server.certificate {
            $0.entries[0].extensions.list.append(RawExtension(type: .statusRequest, body: [1, 0, 0, 0]))
        }
        _ = try pair.refuses(.unsupportedExtension)
    }

    @Test("RFC 8446 §6.2: a certificate that is no DER is bad_certificate")
    func malformedCertificate() throws {
        for bytes in [[0x30, 0x80] as [UInt8], [1], [UInt8](repeating: 0x30, count: 5000)] {
            var pair = try InMemoryPair()
            try pair.advance(to: .waitCertificateOrRequest)
            try pair.server.certificate { $0.entries[0].certificate = bytes }
            _ = try pair.refuses(.badCertificate)
        }
    }

    @Test("T-43: RFC 9525 §6: a certificate for other names is refused, the common name does not count")
    func wrongName() throws {
        for name in ["example.org", "wild.example", "a.b.wild.example", "Test server-p256", "127.0.0.2", "::2"] {
            guard let identity = try? ReferenceIdentity(name) else { continue }
            let client = try TestClient(try TestClient.configuration(), identity: identity)
            let server = try ScriptedServer.accepting(client.takeOutput())
            try server.answer()
            let flight = try server.takeOutput()
            let error = #expect(throws: TLSError.self) { try client.receive(flight) }
            #expect(error?.alert == .badCertificate || error?.alert == .certificateUnknown, "\(name)")
            #expect(error?.explanation.topic == .certificateName, "\(name)")
            #expect(client.events.isEmpty)
        }
        for name in ["LOCALHOST", "server.example", "server.example.", "x.wild.example", "127.0.0.1", "::1"] {
            var pair = try InMemoryPair(name: name)
            try pair.connect()
            #expect(pair.client.events == [.handshakeComplete], "\(name)")
        }
    }

    @Test("RFC 6066 §3: server_name carries the DNS name, and never an address")
    func serverName() throws {
        let named = try InMemoryPair(name: "server.example")
        let body = try #require(named.server.hello.extensions.body(of: .serverName))
        #expect(try ServerNameExtension.parseClientHello(body.span) == Array("server.example".utf8))
        for address in ["127.0.0.1", "::1"] {
            let pair = try InMemoryPair(name: address)
            #expect(pair.server.hello.extensions.body(of: .serverName) == nil)
        }
    }

    @Test("RFC 8446 §6.2: no path to a trust anchor is unknown_ca; an expired certificate is certificate_expired")
    func pathRefusals() throws {
        var untrusted = try TestClient.configuration()
        untrusted.trust = TrustAnchors([])
        var unknown = try InMemoryPair(untrusted)
        try unknown.server.answer()
        _ = try unknown.refuses(.unknownCA)
        var late = try TestClient.configuration()
        late.clock = FixedClock(UnixTime(seconds: 5_000_000_000))
        var expired = try InMemoryPair(late)
        try expired.server.answer()
        _ = try expired.refuses(.certificateExpired)
    }

    @Test(
        "T-11: RFC 8446 §4.4.3: PKCS #1 v1.5, SHA-1 and schemes not offered are illegal_parameter in CertificateVerify",
        arguments: [
            SignatureScheme.rsaPKCS1SHA256, .rsaPKCS1SHA384, .rsaPKCS1SHA512, .rsaPKCS1SHA1, .ecdsaSHA1,
            SignatureScheme(rawValue: 0x0101),
        ])
    func weakSchemes(_ scheme: SignatureScheme) throws {
        var pair = try InMemoryPair(identity: .serverRSA())
        try pair.advance(to: .waitCertificateVerify)
        try pair.server.certificateVerify { $0.scheme = scheme }
        _ = try pair.refuses(.illegalParameter)
    }

    @Test("T-11: RFC 8446 §4.2.3: no SHA-1 and no MD5 in the ClientHello, PKCS #1 v1.5 for certificates only")
    func offeredSchemes() throws {
        // A client that offers TLS 1.2 too lists PKCS #1 v1.5 for that.
        var configuration = try TestClient.configuration()
        configuration.versions = .tls13 ... .tls13
        let pair = try InMemoryPair(configuration)
        let body = try #require(pair.server.hello.extensions.body(of: .signatureAlgorithms))
        let schemes = try SignatureAlgorithmsExtension.parseClientHello(body.span)
        #expect(schemes.allSatisfy { SignatureNegotiation.isForHandshake($0) })
        let certificateBody = try #require(pair.server.hello.extensions.body(of: .signatureAlgorithmsCert))
        let all = try SignatureAlgorithmsExtension.parseClientHello(certificateBody.span)
        #expect(all.contains(.rsaPKCS1SHA256))
        #expect((schemes + all).allSatisfy { ![1, 2].contains($0.rawValue >> 8) })
    }

    @Test(
        "RFC 8446 §4.4.3: a scheme that does not fit the key is illegal_parameter",
        arguments: [SignatureScheme.ecdsaSecp384r1SHA384, .ed25519, .rsaPSSRSAESHA256])
    func wrongScheme(_ scheme: SignatureScheme) throws {
        var pair = try InMemoryPair()
        try pair.advance(to: .waitCertificateVerify)
        try pair.server.certificateVerify { $0.scheme = scheme }
        _ = try pair.refuses(.illegalParameter)
    }

    @Test("RFC 8446 §4.2.3: rsa_pss_pss with an rsaEncryption key is illegal_parameter")
    func pssKeyKind() throws {
        var pair = try InMemoryPair(identity: .serverRSA())
        try pair.advance(to: .waitCertificateVerify)
        try pair.server.certificateVerify { $0.scheme = .rsaPSSPSSSHA256 }
        _ = try pair.refuses(.illegalParameter)
    }

    @Test("RFC 8446 §4.4.3: a signature that does not verify is decrypt_error", arguments: [0, 1, 2, 3])
    func badSignature(_ kind: Int) throws {
        let identity = [try TestIdentity.serverP256(), try .serverP384(), try .serverRSA(), try .serverEd25519()][kind]
        var pair = try InMemoryPair(identity: identity)
        try pair.advance(to: .waitCertificateVerify)
        try pair.server.certificateVerify { $0.signature[$0.signature.count - 1] ^= 1 }
        let error = try pair.refuses(.decryptError)
        #expect(error?.reason == .handshake(.peerMisbehaved(.badCertificateVerify(identity.scheme))))
    }

    @Test("T-49: RFC 8446 §4.4.4: a verify_data with any bit wrong is decrypt_error, of another length decode_error")
    func badFinished() throws {
        for index in 0..<32 {
            var pair = try InMemoryPair()
            try pair.advance(to: .waitFinished)
            try pair.server.finished(installsKeys: false) { $0.verifyData[index] ^= 0x80 }
            let error = try pair.refuses(.decryptError)
            #expect(error?.reason == .handshake(.peerMisbehaved(.wrongVerifyData)))
        }
        for length in [0, 31, 33, 48] {
            var pair = try InMemoryPair()
            try pair.advance(to: .waitFinished)
            try pair.server.finished(installsKeys: false) { $0.verifyData = [UInt8](repeating: 1, count: length) }
            _ = try pair.refuses(.decodeError)
        }
    }

    @Test("RFC 8446 §5.1: octets after Finished in its record are unexpected_message")
    func finishedInsideRecord() throws {
        var pair = try InMemoryPair()
        try pair.advance(to: .waitFinished)
        try pair.server.finished(installsKeys: false)
        let record = try pair.server.takeOutput()
        // The record cannot be changed from outside; the server seals another one with more behind it instead.
        #expect(!record.isEmpty)
        var second = try InMemoryPair()
        try second.advance(to: .waitFinished)
        try second.server.queueFinishedAndMore()
        let error = try second.refuses(.unexpectedMessage)
        #expect(error?.reason == .handshake(.keyChangeInsideRecord(.finished)))
    }

    @Test("RFC 8446 §4.4.2: without a credential an empty list is sent; with one of no common scheme too")
    func emptyClientCertificate() throws {
        var configuration = try TestClient.configuration()
        for hasCredential in [false, true] {
            let own = try TestIdentity.clientP256()
            if hasCredential {
                configuration.credentials = .fixed([try Credential(certificates: own.certificates, key: own.key)])
            }
            let pair = try InMemoryPair(configuration)
            try pair.server.serverHello()
            try pair.server.encryptedExtensions()
            try pair.server.certificateRequest([.ed448])
            try pair.server.certificate()
            try pair.server.certificateVerify()
            try pair.server.finished()
            try pair.client.receive(try pair.server.takeOutput())
            let types = try pair.server.receive(pair.client.takeOutput()).compactMap { item -> HandshakeMessage? in
                if case .handshake(let message) = item { return message }
                return nil
            }
            #expect(types.map(\.type) == [.certificate, .finished])
            let certificate = types[0]
            let list = try CertificateMessage.parse(certificate.body)
            #expect(list.entries == [])
            #expect(pair.client.connection.info.clientCertificateRequested == true)
            #expect(pair.client.connection.info.clientCertificateSent == false)
        }
    }
}

extension ScriptedServer {
    /// Finished and, in the same record, a NewSessionTicket.
    func queueFinishedAndMore() throws {
        let ticket = NewSessionTicket(lifetime: 1, ageAdd: 1, nonce: [], ticket: [1], extensions: ExtensionBlock())
        try finished(installsKeys: false)
        queueRaw(try ticket.message().encoded)
    }
}
