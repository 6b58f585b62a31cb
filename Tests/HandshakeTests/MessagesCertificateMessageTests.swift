// MessagesCertificateMessageTests.swift — Certificate.
// RFC 8446 §4.4.2.
// Next: MessagesCertificateVerifyTests.swift.

import Handshake
import Testing
import WireFormat

@Suite("Messages: CertificateMessage")
struct MessagesCertificateMessageTests {
    @Test("RFC 8446 §4.4.2.4: an empty list parses; that a server may not send one is the handshake's to say")
    func emptyList() throws {
        let empty = CertificateMessage(requestContext: [], entries: [])
        #expect(try empty.message().encoded == [11, 0, 0, 4, 0, 0, 0, 0])
        #expect(try Codec.parse([0, 0, 0, 0], CertificateMessage.parse) == empty)
    }

    @Test("RFC 8446 §4.4.2: entries keep their order and their extensions")
    func entries() throws {
        let bytes: [UInt8] = [1, 9, 0, 0, 18, 0, 0, 2, 0x30, 0x31, 0, 5, 0, 5, 0, 1, 7, 0, 0, 1, 0x32, 0, 0]
        let parsed = try Codec.parse(bytes, CertificateMessage.parse)
        let stapled = ExtensionBlock([RawExtension(type: .statusRequest, body: [7])])
        let expected = CertificateMessage(
            requestContext: [9],
            entries: [
                CertificateEntry(certificate: [0x30, 0x31], extensions: stapled), CertificateEntry(certificate: [0x32]),
            ])
        #expect(parsed == expected)
        #expect(Codec.body(try expected.message()) == bytes)
    }

    @Test("RFC 8446 §4.4.2: cert_data has at least one octet")
    func emptyCertificate() {
        #expect(throws: DecodeError(.lengthOutOfRange, "cert_data")) {
            try Codec.parse([0, 0, 0, 5, 0, 0, 0, 0, 0], CertificateMessage.parse)
        }
        let message = CertificateMessage(requestContext: [], entries: [CertificateEntry(certificate: [])])
        #expect(throws: DecodeError(.lengthOutOfRange, "cert_data")) { try message.message() }
    }

    @Test("RFC 8446 §4.4.2: a certificate may be longer than a two-octet length could say")
    func longCertificate() throws {
        let message = CertificateMessage(
            requestContext: [], entries: [CertificateEntry(certificate: Codec.filler(70_000))])
        #expect(try Codec.parse(Codec.body(try message.message()), CertificateMessage.parse) == message)
    }

    @Test("RFC 8446 §4.4.2: no certificate is longer than 2^24-1 octets")
    func longestCertificate() {
        let message = CertificateMessage(
            requestContext: [], entries: [CertificateEntry(certificate: Codec.filler(1 << 24))])
        #expect(throws: DecodeError(.lengthOutOfRange, "cert_data")) { try message.message() }
    }

    @Test("RFC 8446 §4.4.2: each entry has an extensions block, be it empty")
    func missingBlock() {
        #expect(throws: DecodeError(.truncated, "extensions")) {
            try Codec.parse([0, 0, 0, 4, 0, 0, 1, 0x30], CertificateMessage.parse)
        }
    }

    @Test("RFC 8446 §4.4.2: certificate_request_context has at most 255 octets")
    func context() {
        let message = CertificateMessage(requestContext: Codec.filler(256), entries: [])
        #expect(throws: DecodeError(.lengthOutOfRange, "certificate_request_context")) { try message.message() }
    }
}
