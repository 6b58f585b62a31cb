// MessagesSignatureAlgorithmsTests.swift — signature_algorithms and signature_algorithms_cert.
// RFC 8446 §4.2.3.
// Next: MessagesALPNTests.swift.

import Handshake
import Testing
import WireFormat

@Suite("Messages: SignatureAlgorithmsExtension")
struct MessagesSignatureAlgorithmsTests {
    @Test("RFC 8446 §4.2.3: the list has one form in the ClientHello and in the CertificateRequest")
    func form() throws {
        let bytes: [UInt8] = [0, 4, 8, 7, 4, 3]
        let schemes: [SignatureScheme] = [.ed25519, .ecdsaSecp256r1SHA256]
        #expect(try Codec.write { SignatureAlgorithmsExtension.writeClientHello(schemes, into: &$0) } == bytes)
        #expect(try Codec.write { SignatureAlgorithmsExtension.writeCertificateRequest(schemes, into: &$0) } == bytes)
        #expect(try Codec.parse(bytes, SignatureAlgorithmsExtension.parseClientHello) == schemes)
        #expect(try Codec.parse(bytes, SignatureAlgorithmsExtension.parseCertificateRequest) == schemes)
    }

    @Test(
        "RFC 8446 §4.2.3: supported_signature_algorithms has 2 to 2^16-2 octets, two for each scheme",
        arguments: [0, 1, 3, 65535])
    func bounds(_ count: Int) {
        let forms: [([UInt8]) throws -> [SignatureScheme]] = [
            { try Codec.parse($0, SignatureAlgorithmsExtension.parseClientHello) },
            { try Codec.parse($0, SignatureAlgorithmsExtension.parseCertificateRequest) },
        ]
        for parse in forms {
            #expect(throws: DecodeError(.lengthOutOfRange, "supported_signature_algorithms")) {
                try parse(Codec.vector(2, Codec.filler(count)))
            }
        }
    }

    @Test("No list is written that is empty or too long", arguments: [0, 32768])
    func writing(_ count: Int) {
        let schemes = [SignatureScheme](repeating: .ed448, count: count)
        #expect(throws: DecodeError(.lengthOutOfRange, "supported_signature_algorithms")) {
            try Codec.write { SignatureAlgorithmsExtension.writeClientHello(schemes, into: &$0) }
        }
    }
}
