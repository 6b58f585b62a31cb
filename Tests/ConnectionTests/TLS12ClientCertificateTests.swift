// TLS12ClientCertificateTests.swift — a client certificate in TLS 1.2.
// RFC 5246 §7.4.4, §7.4.6, §7.4.8; RFC 8422 §5.5.

import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("TLS 1.2 client certificates")
struct TLS12ClientCertificateTests {
    enum ClientKind: String, CaseIterable, Sendable {
        case p256, rsa, ed25519

        func identity() throws -> TestIdentity {
            switch self {
            case .p256: try .clientP256()
            case .rsa: try .clientRSA()
            case .ed25519: try .clientEd25519()
            }
        }
    }

    private func pair(
        _ kind: ClientKind?, suite: CipherSuite = .tlsECDHEECDSAWithAES256GCMSHA384
    ) throws -> TLS12Pair {
        var configuration = try TLS12Pair.configuration()
        if let own = try kind?.identity() {
            configuration.credentials = .fixed([try Credential(certificates: own.certificates, key: own.key)])
        }
        return try TLS12Pair(configuration, suite: suite)
    }

    /// The types of the client's handshake messages.
    private func types(_ received: [ServerReceived]) -> [HandshakeType] {
        received.compactMap { item in if case .handshake(let message) = item { message.type } else { nil } }
    }

    @Test(
        "RFC 5246 §7.4.8: the certificate is proven with a signature over all messages, whatever the suite's hash",
        arguments: ClientKind.allCases,
        [
            CipherSuite.tlsECDHEECDSAWithAES128GCMSHA256, .tlsECDHEECDSAWithAES256GCMSHA384,
            .tlsDHERSAWithAES128GCMSHA256, .tlsRSAWithAES128GCMSHA256,
        ])
    func proven(_ kind: ClientKind, _ suite: CipherSuite) throws {
        var pair = try pair(kind, suite: suite)
        try pair.server.answer(requestsCertificate: true)
        try pair.client.receive(try pair.server.takeOutput())
        let received = try pair.server.receive(pair.client.takeOutput())
        #expect(types(received) == [.certificate, .clientKeyExchange, .certificateVerify, .finished])
        #expect(pair.server.isClientVerified == true)
        #expect(pair.server.clientCertificates == (try kind.identity().certificates))
        try pair.server.finish()
        try pair.client.receive(try pair.server.takeOutput())
        #expect(pair.client.connection.info.clientCertificateSent)
        try pair.exchange()
    }

    @Test(
        "RFC 5246 §7.4.8: only schemes of the request are used",
        arguments: [
            SignatureScheme.rsaPKCS1SHA256, .rsaPKCS1SHA384, .rsaPSSRSAESHA256, .rsaPSSRSAESHA512,
        ])
    func scheme(_ scheme: SignatureScheme) throws {
        let pair = try pair(.rsa)
        try pair.server.serverHello()
        try pair.server.certificate()
        try pair.server.serverKeyExchange()
        try pair.server.certificateRequest { $0.signatureSchemes = [.ecdsaSecp256r1SHA256, scheme] }
        try pair.server.serverHelloDone()
        try pair.client.receive(try pair.server.takeOutput())
        let received = try pair.server.receive(pair.client.takeOutput())
        let verify = try #require(
            received.compactMap { item -> HandshakeMessage? in
                if case .handshake(let message) = item, message.type == .certificateVerify { message } else { nil }
            }.first)
        let body = [UInt8](copying: verify.body)
        #expect(try CertificateVerify.parse(body.span).scheme == scheme)
    }

    @Test(
        "RFC 5246 §7.4.6: without a suitable certificate an empty list is sent, and no CertificateVerify",
        arguments: [
            "no credential", "other types", "other schemes", "only SHA-1",
        ])
    func unsuitable(_ reason: String) throws {
        var pair = try pair(reason == "no credential" ? nil : .p256)
        try pair.server.serverHello()
        try pair.server.certificate()
        try pair.server.serverKeyExchange()
        try pair.server.certificateRequest { request in
            switch reason {
            case "other types": request.certificateTypes = [TLS12CertificateRequest.rsaSign]
            case "other schemes": request.signatureSchemes = [.rsaPSSRSAESHA256, .ed25519]
            case "only SHA-1": request.signatureSchemes = [.ecdsaSHA1, .rsaPKCS1SHA1]
            default: break
            }
        }
        try pair.server.serverHelloDone()
        try pair.client.receive(try pair.server.takeOutput())
        let received = try pair.server.receive(pair.client.takeOutput())
        #expect(types(received) == [.certificate, .clientKeyExchange, .finished])
        #expect(pair.server.clientCertificates?.isEmpty == true)
        try pair.server.finish()
        try pair.client.receive(try pair.server.takeOutput())
        let info = pair.client.connection.info
        #expect(info.clientCertificateRequested)
        #expect(!info.clientCertificateSent)
        try pair.exchange()
    }

    @Test("RFC 5246 §7.4.8: a key outside the process signs the same messages")
    func external() throws {
        let own = try TestIdentity.clientP256()
        var configuration = try TLS12Pair.configuration()
        configuration.credentials = .fixed([
            try Credential(
                certificates: own.certificates, externalSchemes: [.ecdsaSecp256r1SHA256])
        ])
        var pair = try TLS12Pair(configuration)
        try pair.server.answer(requestsCertificate: true)
        try pair.client.receive(try pair.server.takeOutput())
        #expect(pair.client.events == [.wantsSignature])
        guard case .wants(.sign(let request)) = try pair.client.event() else {
            Issue.record("a signature was expected to be asked for")
            return
        }
        #expect(request.scheme == .ecdsaSecp256r1SHA256)
        let signature = try own.key.sign(request.message.span, using: .ecdsa(.sha256))
        try pair.client.resume(.signature(signature))
        try pair.server.receive(pair.client.takeOutput())
        #expect(pair.server.isClientVerified == true)
        try pair.server.finish()
        try pair.client.receive(try pair.server.takeOutput())
        try pair.exchange()
    }
}
