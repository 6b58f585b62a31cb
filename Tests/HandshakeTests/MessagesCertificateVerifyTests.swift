// MessagesCertificateVerifyTests.swift — CertificateVerify.
// RFC 8446 §4.4.3.
// Next: MessagesFinishedTests.swift.

import Handshake
import Testing
import WireFormat

@Suite("Messages: CertificateVerify")
struct MessagesCertificateVerifyTests {
    @Test("RFC 8446 §4.4.3: the message is an algorithm and a signature")
    func form() throws {
        let bytes: [UInt8] = [8, 4, 0, 2, 1, 2]
        let parsed = try Codec.parse(bytes, CertificateVerify.parse)
        #expect(parsed == CertificateVerify(scheme: .rsaPSSRSAESHA256, signature: [1, 2]))
        #expect(try parsed.message().encoded == [15, 0, 0, 6] + bytes)
    }

    @Test("RFC 8446 §4.4.3: signature has 0 to 2^16-1 octets; a scheme without a name survives")
    func bounds() throws {
        let unknown = SignatureScheme(rawValue: 0x0a0a)
        for count in [0, 65535] {
            let message = CertificateVerify(scheme: unknown, signature: Codec.filler(count))
            #expect(try Codec.parse(Codec.body(try message.message()), CertificateVerify.parse) == message)
        }
        let tooLong = CertificateVerify(scheme: .ed25519, signature: Codec.filler(65536))
        #expect(throws: DecodeError(.lengthOutOfRange, "signature")) { try tooLong.message() }
    }
}
