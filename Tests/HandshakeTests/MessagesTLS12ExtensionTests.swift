// MessagesTLS12ExtensionTests.swift — extensions that only TLS 1.2 answers, and those whose answer differs there.
// RFC 5746 §3.2; RFC 7627 §5.1; RFC 7366 §2; RFC 8422 §5.1.2; RFC 5077 §3.2; RFC 6066 §8; RFC 8449 §4.

import Handshake
import Testing
import WireFormat

@Suite("Messages: extensions of TLS 1.2")
struct MessagesTLS12ExtensionTests {
    @Test("RFC 5746 §3.4: in a first handshake renegotiation_info is one octet, zero")
    func renegotiationInfo() throws {
        #expect(try Codec.write { RenegotiationInfoExtension.writeClientHello([], into: &$0) } == [0])
        #expect(try Codec.parse([0], RenegotiationInfoExtension.parseServerHello) == [])
        #expect(try Codec.parse([2, 7, 8], RenegotiationInfoExtension.parseServerHello) == [7, 8])
        #expect(throws: DecodeError(.truncated, "renegotiated_connection")) {
            try Codec.parse([], RenegotiationInfoExtension.parseServerHello)
        }
        #expect(throws: DecodeError(.lengthOutOfRange, "renegotiated_connection")) {
            try Codec.write { RenegotiationInfoExtension.writeServerHello(Codec.filler(256), into: &$0) }
        }
    }

    @Test("RFC 7627 §5.1, RFC 7366 §2, RFC 6066 §8, RFC 5077 §3.2: marks are empty, and other bodies decode_error")
    func marks() throws {
        #expect(try Codec.write { ExtendedMasterSecretExtension.writeClientHello(into: &$0) } == [])
        #expect(try Codec.write { ExtendedMasterSecretExtension.writeServerHello(into: &$0) } == [])
        #expect(try Codec.write { EncryptThenMACExtension.writeClientHello(into: &$0) } == [])
        #expect(try Codec.write { EncryptThenMACExtension.writeServerHello(into: &$0) } == [])
        #expect(try Codec.write { StatusRequestExtension.writeServerHello(into: &$0) } == [])
        #expect(try Codec.write { SessionTicketExtension.writeServerHello(into: &$0) } == [])
        let forms: [(String, ([UInt8]) throws -> Void)] = [
            ("extended_master_secret", { try Codec.parse($0, ExtendedMasterSecretExtension.parseClientHello) }),
            ("extended_master_secret", { try Codec.parse($0, ExtendedMasterSecretExtension.parseServerHello) }),
            ("encrypt_then_mac", { try Codec.parse($0, EncryptThenMACExtension.parseClientHello) }),
            ("encrypt_then_mac", { try Codec.parse($0, EncryptThenMACExtension.parseServerHello) }),
            ("status_request", { try Codec.parse($0, StatusRequestExtension.parseServerHello) }),
            ("session_ticket", { try Codec.parse($0, SessionTicketExtension.parseServerHello) }),
        ]
        for (name, parse) in forms {
            try parse([])
            for body: [UInt8] in [[0], [0, 0], Codec.filler(40)] {
                #expect(throws: DecodeError(.trailingBytes, name)) { try parse(body) }
            }
        }
    }

    @Test("RFC 8422 §5.1.2: a list of one to 255 formats")
    func pointFormats() throws {
        #expect(
            try Codec.write {
                ECPointFormatsExtension.writeClientHello([ECPointFormatsExtension.uncompressed], into: &$0)
            }
                == [1, 0])
        #expect(throws: DecodeError(.lengthOutOfRange, "ec_point_format_list")) {
            try Codec.parse([0], ECPointFormatsExtension.parseServerHello)
        }
        for formats in [[], Codec.filler(256)] {
            #expect(throws: DecodeError(.lengthOutOfRange, "ec_point_format_list")) {
                try Codec.write { ECPointFormatsExtension.writeClientHello(formats, into: &$0) }
            }
        }
    }

    @Test(
        "RFC 5077 App. A: the ticket fills the extension, without a length of its own", arguments: [0, 1, 300, 65535])
    func sessionTicket(_ count: Int) throws {
        let ticket = Codec.filler(count)
        #expect(try Codec.write { SessionTicketExtension.writeClientHello(ticket, into: &$0) } == ticket)
        #expect(try Codec.parse(ticket, SessionTicketExtension.parseClientHello) == ticket)
    }

    @Test("RFC 6066 §8: a request for OCSP without responders and extensions has five octets")
    func statusRequest() throws {
        #expect(
            try Codec.write { StatusRequestExtension.writeClientHello(StatusRequestExtension.Request(), into: &$0) }
                == [1, 0, 0, 0, 0])
        #expect(throws: DecodeError(.valueOutOfRange, "status_type")) {
            try Codec.parse([2, 0, 0, 0, 0], StatusRequestExtension.parseClientHello)
        }
        #expect(throws: DecodeError(.lengthOutOfRange, "ResponderID")) {
            try Codec.parse([1, 0, 2, 0, 0, 0, 0], StatusRequestExtension.parseClientHello)
        }
        #expect(throws: DecodeError(.lengthOutOfRange, "ResponderID")) {
            try Codec.write { writer in
                StatusRequestExtension.writeClientHello(
                    StatusRequestExtension.Request(responderIDs: [[]]), into: &writer)
            }
        }
    }

    @Test("RFC 8446 §4.4.2.1: in a CertificateEntry the extension is a CertificateStatus")
    func stapled() throws {
        #expect(
            try Codec.write { StatusRequestExtension.writeCertificateEntry([0x30, 0], into: &$0) }
                == [1, 0, 0, 2, 0x30, 0])
        #expect(throws: DecodeError(.lengthOutOfRange, "OCSPResponse")) {
            try Codec.parse([1, 0, 0, 0], StatusRequestExtension.parseCertificateEntry)
        }
    }

    @Test(
        "RFC 8449 §4: a limit is a uint16; that it is too small is the handshake's to say",
        arguments: [0, 63, 64, 0xffff])
    func recordSizeLimit(_ limit: UInt16) throws {
        let body = [UInt8(limit >> 8), UInt8(truncatingIfNeeded: limit)]
        #expect(try Codec.write { RecordSizeLimitExtension.writeServer(limit, into: &$0) } == body)
        #expect(try Codec.parse(body, RecordSizeLimitExtension.parseServer) == limit)
    }
}
