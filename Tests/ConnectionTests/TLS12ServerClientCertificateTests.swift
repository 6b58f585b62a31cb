// TLS12ServerClientCertificateTests.swift — a TLS 1.2 server that asks for client certificates.
// RFC 5246 §7.4.4, §7.4.6, §7.4.8; RFC 8422 §5.5.
// Next: TLS12ServerResumptionTests.swift.

import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("TLS 1.2 server: client certificates")
struct TLS12ServerClientCertificateTests {
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

    /// A pair whose client has the request.
    private func pair(
        _ configuration: ServerConfiguration? = nil, _ kind: ClientKind? = .p256,
        suite: CipherSuite = TLS12ServerPair.suite
    ) throws -> TLS12ServerPair {
        var pair = try TLS12ServerPair(configuration ?? TLS12ServerPair.asking(), suites: [suite])
        pair.client.identity = try kind?.identity()
        try pair.greet()
        return pair
    }

    @Test(
        "RFC 5246 §7.4.8: a client is who its certificate says when it has signed all messages, whatever the suite's hash",
        arguments: ClientKind.allCases,
        [
            TLS12ServerPair.suite, .tlsECDHEECDSAWithAES256GCMSHA384, .tlsDHERSAWithAES128GCMSHA256,
            .tlsRSAWithAES128GCMSHA256,
        ])
    func proven(_ kind: ClientKind, _ suite: CipherSuite) throws {
        var pair = try pair(nil, kind, suite: suite)
        try pair.client.answer()
        try pair.settle()
        try pair.exchange()
        let info = pair.server.connection.info
        let identity = try kind.identity()
        #expect(info.peerCertificates == identity.certificates)
        #expect(info.validatedPath.first == identity.certificates.first)
        #expect(info.peerSignatureScheme == identity.scheme)
        #expect(info.authenticatedAt == FixedClock().now())
        #expect(info.clientCertificateRequested && info.clientCertificateSent)
    }

    @Test(
        "RFC 5246 §7.4.4: the request names the types, the schemes, never SHA-1, and the anchors",
        arguments: [true, false])
    func request(_ sendsAuthorities: Bool) throws {
        var policy = ClientAuthenticationPolicy(trust: try TestCertificates.trust())
        policy.sendsAuthorities = sendsAuthorities
        var configuration = try TLS12ServerPair.configuration()
        configuration.clientAuthentication = .required(policy)
        let pair = try pair(configuration)
        let request = try present(pair.client.certificateRequest)
        #expect(request.certificateTypes == [TLS12CertificateRequest.ecdsaSign, TLS12CertificateRequest.rsaSign])
        #expect(request.signatureSchemes.contains(.rsaPKCS1SHA256))
        #expect(!request.signatureSchemes.contains(.rsaPKCS1SHA1))
        #expect(!request.signatureSchemes.contains(.ecdsaSHA1))
        let names = policy.trust.certificates.map(\.subject.derEncoded)
        #expect(request.authorities == (sendsAuthorities ? names : []))
    }

    @Test("RFC 5246 §7.4.6: a client without a certificate is handshake_failure where one is required")
    func required() throws {
        var pair = try pair(nil, nil)
        try pair.client.certificate()
        try pair.refuses(.handshakeFailure)
    }

    @Test("RFC 5246 §7.4.6: a client without a certificate connects where one is optional", arguments: [true, false])
    func optional(_ sends: Bool) throws {
        var pair = try pair(TLS12ServerPair.asking(isRequired: false), sends ? .p256 : nil)
        try pair.client.answer()
        try pair.settle()
        try pair.exchange()
        #expect(pair.server.connection.info.peerCertificates.isEmpty != sends)
        #expect(pair.server.connection.info.clientCertificateSent == sends)
    }

    @Test(
        "RFC 5246 §7.4.6: a certificate that is not accepted ends the handshake, also where none is needed",
        arguments: [true, false])
    func untrusted(_ isRequired: Bool) throws {
        var pair = try pair(TLS12ServerPair.asking(isRequired: isRequired))
        // A server's certificate is no client's.
        pair.client.identity = try .serverP256()
        try pair.client.certificate()
        let flight = try pair.client.takeOutput()
        let error = #expect(throws: TLSError.self) { try pair.server.receive(flight) }
        guard case .handshake(.certificate) = error?.reason else {
            Issue.record("expected a refused certificate, found \(String(describing: error))")
            return
        }
        #expect(try pair.alerts().count == 1)
    }

    @Test("T-39: a client certificate that is none is refused", arguments: [[0x30, 0], [1, 2, 3]] as [[UInt8]])
    func malformed(_ der: [UInt8]) throws {
        let pair = try pair()
        try pair.client.certificate { $0.certificates = [der] }
        let flight = try pair.client.takeOutput()
        let error = #expect(throws: TLSError.self) { try pair.server.receive(flight) }
        #expect(error?.origin == .local)
    }

    @Test(
        "RFC 5246 §7.4.8: a CertificateVerify over other messages, or with a wrong signature, is decrypt_error",
        arguments: ["first octet", "last octet", "signature", "nothing"])
    func badSignature(_ kind: String) throws {
        var pair = try pair()
        try pair.client.certificate()
        try pair.client.clientKeyExchange()
        try pair.client.certificateVerify(
            signed: { content in
                switch kind {
                case "first octet": content[0] ^= 1
                case "last octet": content[content.count - 1] ^= 1
                case "nothing": content = []
                default: break
                }
            }, signature: { if kind == "signature" { $0[$0.count - 1] ^= 1 } })
        try pair.refuses(.decryptError)
    }

    @Test(
        "T-11: RFC 5246 §7.4.8: a scheme that was not asked for, or that the key cannot make, is illegal_parameter",
        arguments: [0x0203, 0x0201, 0x0101, 0x0402, 0x0804, 0x0807, 0xffff] as [UInt16])
    func wrongScheme(_ code: UInt16) throws {
        var pair = try pair()
        try pair.client.certificate()
        try pair.client.clientKeyExchange()
        try pair.client.certificateVerify(claims: SignatureScheme(rawValue: code))
        try pair.refuses(.illegalParameter)
    }

    @Test("RFC 5246 §7.4.8: a signature by another key than the certificate's is decrypt_error")
    func otherKey() throws {
        var pair = try pair()
        try pair.client.certificate()
        try pair.client.clientKeyExchange()
        pair.client.identity = try .serverP256()
        try pair.client.certificateVerify()
        try pair.refuses(.decryptError)
    }

    @Test("RFC 5246 §7.4.8: the callback may answer later, and go on or refuse", arguments: [true, false])
    func later(_ accepts: Bool) throws {
        var pair = try pair(TLS12ServerPair.asking(.additional({ _ in .later })))
        try pair.client.certificate()
        try pair.settle()
        #expect(pair.server.events == [.wantsVerification])
        guard case .wants(.verifyPeer(let request)) = try pair.server.event() else {
            Issue.record("a verification was expected to be asked for")
            return
        }
        #expect(request.identity == nil)
        #expect(request.certificates == (try TestIdentity.clientP256().certificates))
        guard accepts else {
            let error = #expect(throws: TLSError.self) { try pair.server.resume(.peerRejected(reason: "no")) }
            #expect(error?.alert == .certificateUnknown)
            return
        }
        try pair.server.resume(.peerAccepted)
        try pair.client.clientKeyExchange()
        try pair.client.certificateVerify()
        try pair.client.finish()
        try pair.settle()
        try pair.exchange()
        #expect(!pair.server.connection.info.validatedPath.isEmpty)
    }

    @Test("RFC 5246 §7.4.8: a callback that takes over decides alone, and no path counts as validated")
    func takeOver() throws {
        var pair = try pair(TLS12ServerPair.asking(.takeOver({ _ in .accept })))
        pair.client.identity = try .serverP256()
        try pair.client.answer()
        try pair.settle()
        try pair.exchange()
        #expect(pair.server.connection.info.validatedPath.isEmpty)
        #expect(pair.server.connection.info.peerCertificates == (try TestIdentity.serverP256().certificates))
    }

    @Test("RFC 5246 §7.4.4: a server that does not ask refuses a Certificate")
    func notAsked() throws {
        var pair = try TLS12ServerPair()
        pair.client.identity = try .clientP256()
        try pair.greet()
        #expect(pair.client.certificateRequest == nil)
        try pair.client.certificate()
        try pair.refuses(.unexpectedMessage)
    }
}
