// MessagesCertificateRequestTests.swift — CertificateRequest.
// RFC 8446 §4.3.2; RFC 8448 §6.
// Next: MessagesCertificateMessageTests.swift.

import Handshake
import TestSupport
import Testing
import WireFormat

@Suite("Messages: CertificateRequest")
struct MessagesCertificateRequestTests {
    @Test("RFC 8448 §6: the message parses to its fields and is written to the same octets")
    func clientAuthentication() throws {
        let encoded = try #require(
            Hex.decode(
                "0d000027000024000d0020001e040305030603020308040805080604010501060102010402050206020202"))
        let request = try Codec.parse(Array(encoded.dropFirst(4)), CertificateRequest.parse)
        #expect(request.requestContext == [])
        #expect(request.extensions.types == [.signatureAlgorithms])
        let schemes = try Codec.parse(
            request.extensions.body(of: .signatureAlgorithms) ?? [],
            SignatureAlgorithmsExtension.parseCertificateRequest)
        #expect(schemes.prefix(2) == [.ecdsaSecp256r1SHA256, .ecdsaSecp384r1SHA384])
        #expect(try request.message() == HandshakeMessage(type: .certificateRequest, encoded: encoded))
    }

    @Test("RFC 8446 §4.3.2: extensions has at least 2 octets")
    func emptyBlock() {
        #expect(throws: DecodeError(.lengthOutOfRange, "extensions")) {
            try Codec.parse([0, 0, 0], CertificateRequest.parse)
        }
        let request = CertificateRequest(requestContext: [], extensions: ExtensionBlock())
        #expect(throws: DecodeError(.lengthOutOfRange, "extensions")) { try request.message() }
    }

    @Test("RFC 8446 §4.3.2: certificate_request_context has at most 255 octets")
    func context() throws {
        var request = CertificateRequest(requestContext: Codec.filler(255), extensions: Samples.block)
        let body = Codec.body(try request.message())
        #expect(try Codec.parse(body, CertificateRequest.parse) == request)
        request.requestContext.append(0)
        #expect(throws: DecodeError(.lengthOutOfRange, "certificate_request_context")) { try request.message() }
    }
}
