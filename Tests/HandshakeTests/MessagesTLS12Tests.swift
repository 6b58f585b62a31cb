// MessagesTLS12Tests.swift — the handshake messages of TLS 1.2: their octets and their bounds.
// RFC 5246 §7.4; RFC 8422 §5.4; RFC 5077 §3.3; RFC 6066 §8.
// Next: MessagesTLS12KeyExchangeTests.swift.

import Handshake
import Testing
import WireFormat

@Suite("Messages: TLS 1.2")
struct MessagesTLS12Tests {
    @Test("Every message and extension of TLS 1.2 is among the cases")
    func cases() {
        #expect(CodecCase.messages12.count == 12)
        #expect(CodecCase.extensionBodies12.count == 8)
    }

    @Test("RFC 5246 §7.4.2: a certificate list without extensions, which may be empty")
    func certificate() throws {
        let two = TLS12Certificate(certificates: [[0x30, 0x31], [0x32]])
        #expect(try two.message().encoded == [11, 0, 0, 12, 0, 0, 9, 0, 0, 2, 0x30, 0x31, 0, 0, 1, 0x32])
        let none = TLS12Certificate(certificates: [])
        #expect(try none.message().encoded == [11, 0, 0, 3, 0, 0, 0])
        #expect(try Codec.parse([0, 0, 0], TLS12Certificate.parse) == none)
    }

    @Test("RFC 5246 §7.4.2: an ASN.1Cert has 1 to 2^24-1 octets")
    func certificateBounds() throws {
        #expect(throws: DecodeError(.lengthOutOfRange, "ASN.1Cert")) {
            try Codec.parse([0, 0, 3, 0, 0, 0], TLS12Certificate.parse)
        }
        #expect(throws: DecodeError(.lengthOutOfRange, "ASN.1Cert")) {
            try TLS12Certificate(certificates: [[]]).message()
        }
        let long = TLS12Certificate(certificates: [Codec.filler(70_000)])
        #expect(try Codec.parse(Codec.body(try long.message()), TLS12Certificate.parse) == long)
        #expect(throws: DecodeError(.lengthOutOfRange, "ASN.1Cert")) {
            try TLS12Certificate(certificates: [Codec.filler(1 << 24)]).message()
        }
    }

    @Test("RFC 5246 §7.4.4: the request's three lists, each with its bounds")
    func certificateRequest() throws {
        let body: [UInt8] = [2, 1, 64, 0, 4, 4, 3, 8, 4, 0, 5, 0, 3, 0x30, 1, 0]
        let parsed = try Codec.parse(body, TLS12CertificateRequest.parse)
        #expect(
            parsed
                == TLS12CertificateRequest(
                    certificateTypes: [1, 64], signatureSchemes: [.ecdsaSecp256r1SHA256, .rsaPSSRSAESHA256],
                    authorities: [[0x30, 1, 0]]))
        #expect(try parsed.message().encoded == [13, 0, 0, 16] + body)
        // No authority means any.
        #expect(try Codec.parse([1, 64, 0, 2, 4, 3, 0, 0], TLS12CertificateRequest.parse).authorities.isEmpty)
    }

    @Test(
        "RFC 5246 §7.4.4: a request without a certificate type, without a scheme or with an empty name is decode_error",
        arguments: [
            ([0, 0, 2, 4, 3, 0, 0], .lengthOutOfRange, "certificate_types"),
            ([1, 64, 0, 0, 0, 0], .lengthOutOfRange, "supported_signature_algorithms"),
            ([1, 64, 0, 3, 4, 3, 8, 0, 0], .lengthOutOfRange, "supported_signature_algorithms"),
            ([1, 64, 0, 2, 4, 3, 0, 2, 0, 0], .lengthOutOfRange, "DistinguishedName"),
            ([1, 64, 0, 2, 4, 3, 0, 1, 0], .truncated, "DistinguishedName"),
            ([1, 64, 0, 2, 4, 3], .truncated, "certificate_authorities"),
        ] as [([UInt8], DecodeError.Rule, String)])
    func certificateRequestBounds(_ body: [UInt8], _ rule: DecodeError.Rule, _ field: String) {
        #expect(throws: DecodeError(rule, field)) { try Codec.parse(body, TLS12CertificateRequest.parse) }
    }

    @Test("RFC 5246 §7.4.4: a request outside the bounds is not written")
    func certificateRequestWriting() {
        var request = Samples.request12
        request.certificateTypes = []
        #expect(throws: DecodeError(.lengthOutOfRange, "certificate_types")) { try request.message() }
        request = Samples.request12
        request.signatureSchemes = []
        #expect(throws: DecodeError(.lengthOutOfRange, "supported_signature_algorithms")) { try request.message() }
        request = Samples.request12
        request.authorities = [[]]
        #expect(throws: DecodeError(.lengthOutOfRange, "DistinguishedName")) { try request.message() }
        request.authorities = [Codec.filler(40_000), Codec.filler(40_000)]
        #expect(throws: DecodeError(.lengthOutOfRange, "certificate_authorities")) { try request.message() }
    }

    @Test("RFC 6066 §8: a CertificateStatus holds an OCSP response of at least one octet, and no other type")
    func certificateStatus() throws {
        let status = TLS12CertificateStatus(ocspResponse: [0x30, 0])
        #expect(try status.message().encoded == [22, 0, 0, 6, 1, 0, 0, 2, 0x30, 0])
        #expect(throws: DecodeError(.valueOutOfRange, "status_type")) {
            try Codec.parse([2, 0, 0, 2, 0x30, 0], TLS12CertificateStatus.parse)
        }
        #expect(throws: DecodeError(.lengthOutOfRange, "OCSPResponse")) {
            try Codec.parse([1, 0, 0, 0], TLS12CertificateStatus.parse)
        }
        #expect(throws: DecodeError(.lengthOutOfRange, "OCSPResponse")) {
            try TLS12CertificateStatus(ocspResponse: []).message()
        }
    }

    @Test("RFC 5077 §3.3: a hint of a lifetime and a ticket, which may be empty")
    func newSessionTicket() throws {
        let ticket = TLS12NewSessionTicket(lifetimeHint: 7200, ticket: [7, 8, 9])
        #expect(try ticket.message().encoded == [4, 0, 0, 9, 0, 0, 0x1c, 0x20, 0, 3, 7, 8, 9])
        #expect(try Codec.parse([0, 0, 0, 0, 0, 0], TLS12NewSessionTicket.parse).ticket.isEmpty)
        let longest = TLS12NewSessionTicket(lifetimeHint: .max, ticket: Codec.filler(65535))
        #expect(try Codec.parse(Codec.body(try longest.message()), TLS12NewSessionTicket.parse) == longest)
        #expect(throws: DecodeError(.lengthOutOfRange, "ticket")) {
            try TLS12NewSessionTicket(lifetimeHint: 0, ticket: Codec.filler(65536)).message()
        }
    }

    @Test("RFC 5246 §7.4.5, §7.4.1.1: ServerHelloDone and HelloRequest are empty")
    func empty() throws {
        #expect(try TLS12ServerHelloDone().message().encoded == [14, 0, 0, 0])
        #expect(try HelloRequest().message().encoded == [0, 0, 0, 0])
        #expect(throws: DecodeError(.trailingBytes, "ServerHelloDone")) {
            try Codec.parse([0], TLS12ServerHelloDone.parse)
        }
        #expect(throws: DecodeError(.trailingBytes, "HelloRequest")) { try Codec.parse([0], HelloRequest.parse) }
    }

    @Test("RFC 5246 §7.4.9: verify_data has 12 octets", arguments: [0, 1, 11, 12, 13, 32, 48])
    func finished(_ count: Int) throws {
        switch count {
        case 12: #expect(try Codec.parse(Codec.filler(12), Finished.parse12).verifyData == Codec.filler(12))
        case ..<12:
            #expect(throws: DecodeError(.truncated, "verify_data")) {
                try Codec.parse(Codec.filler(count), Finished.parse12)
            }
        default:
            #expect(throws: DecodeError(.trailingBytes, "Finished")) {
                try Codec.parse(Codec.filler(count), Finished.parse12)
            }
        }
    }
}
