// MessagesCertificateAuthoritiesTests.swift — certificate_authorities.
// RFC 8446 §4.2.4.

import Handshake
import Testing
import WireFormat

@Suite("Messages: CertificateAuthoritiesExtension")
struct MessagesCertificateAuthoritiesTests {
    @Test("RFC 8446 §4.2.4: the list has one form in the ClientHello and in the CertificateRequest")
    func form() throws {
        let bytes: [UInt8] = [0, 7, 0, 2, 0x30, 0, 0, 1, 7]
        let names: [[UInt8]] = [[0x30, 0], [7]]
        #expect(try Codec.write { CertificateAuthoritiesExtension.writeCertificateRequest(names, into: &$0) } == bytes)
        #expect(try Codec.write { CertificateAuthoritiesExtension.writeClientHello(names, into: &$0) } == bytes)
        #expect(try Codec.parse(bytes, CertificateAuthoritiesExtension.parseCertificateRequest) == names)
        #expect(try Codec.parse(bytes, CertificateAuthoritiesExtension.parseClientHello) == names)
    }

    @Test("RFC 8446 §4.2.4: authorities has at least 3 octets, each name at least one")
    func bounds() {
        let forms: [([UInt8]) throws -> [[UInt8]]] = [
            { try Codec.parse($0, CertificateAuthoritiesExtension.parseCertificateRequest) },
            { try Codec.parse($0, CertificateAuthoritiesExtension.parseClientHello) },
        ]
        for parse in forms {
            for count in [0, 2] {
                #expect(throws: DecodeError(.lengthOutOfRange, "authorities")) {
                    try parse(Codec.vector(2, Codec.filler(count, 0)))
                }
            }
            #expect(throws: DecodeError(.lengthOutOfRange, "DistinguishedName")) {
                try parse([0, 5, 0, 1, 7, 0, 0])
            }
        }
    }

    @Test("No list is written that is empty, too long, or has an empty name")
    func writing() {
        func write(_ names: [[UInt8]]) throws(DecodeError) -> [UInt8] {
            try Codec.write { CertificateAuthoritiesExtension.writeCertificateRequest(names, into: &$0) }
        }
        #expect(throws: DecodeError(.lengthOutOfRange, "authorities")) { try write([]) }
        #expect(throws: DecodeError(.lengthOutOfRange, "authorities")) { try write([Codec.filler(65534)]) }
        #expect(throws: DecodeError(.lengthOutOfRange, "DistinguishedName")) { try write([[7], []]) }
        #expect(throws: DecodeError(.lengthOutOfRange, "DistinguishedName")) { try write([Codec.filler(65536)]) }
    }
}
