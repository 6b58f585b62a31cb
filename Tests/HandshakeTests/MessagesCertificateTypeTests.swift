// MessagesCertificateTypeTests.swift — client_certificate_type, server_certificate_type, and TLS 1.2's raw public key.
// RFC 7250 §3.
// Next: MessagesPreSharedKeyTests.swift.

import Handshake
import Testing
import WireFormat

@Suite("Messages: CertificateTypeExtension")
struct MessagesCertificateTypeTests {
    @Test("RFC 7250 §3, §4: X.509 is 0 and RawPublicKey 2; other types survive")
    func form() throws {
        let types: [CertificateType] = [.rawPublicKey, .x509, CertificateType(rawValue: 1)]
        #expect(try Codec.write { CertificateTypeExtension.writeClientHello(types, into: &$0) } == [3, 2, 0, 1])
        #expect(try Codec.parse([3, 2, 0, 1], CertificateTypeExtension.parseClientHello) == types)
        #expect(try Codec.write { CertificateTypeExtension.writeServer(.rawPublicKey, into: &$0) } == [2])
        #expect(try Codec.parse([2], CertificateTypeExtension.parseServer) == .rawPublicKey)
        #expect(types.map(\.description) == ["RawPublicKey", "X509", "certificate type 1"])
    }

    @Test("RFC 7250 §3: a list has 1 to 255 types, and nothing follows")
    func bounds() throws {
        for count in [0, 256] {
            #expect(throws: DecodeError(.lengthOutOfRange, "certificate_types")) {
                try Codec.write {
                    CertificateTypeExtension.writeClientHello(Array(repeating: .x509, count: count), into: &$0)
                }
            }
        }
        #expect(throws: DecodeError(.lengthOutOfRange, "certificate_types")) {
            try Codec.parse([0], CertificateTypeExtension.parseClientHello)
        }
        #expect(throws: DecodeError(.trailingBytes, "certificate_types")) {
            try Codec.parse([1, 2, 0], CertificateTypeExtension.parseClientHello)
        }
        #expect(throws: DecodeError(.trailingBytes, "certificate_type")) {
            try Codec.parse([2, 2], CertificateTypeExtension.parseServer)
        }
    }

    @Test("RFC 7250 §3: in TLS 1.2 the Certificate is one key, and no list")
    func rawPublicKey() throws {
        let message = try TLS12RawPublicKey(subjectPublicKeyInfo: [0x30, 0]).message()
        #expect(message.encoded == [11, 0, 0, 5, 0, 0, 2, 0x30, 0])
        #expect(try TLS12RawPublicKey.parse(message.body).subjectPublicKeyInfo == [0x30, 0])
        #expect(throws: DecodeError(.trailingBytes, "Certificate")) {
            try Codec.parse([0, 0, 1, 7, 0, 0, 1, 7], TLS12RawPublicKey.parse)
        }
    }
}
