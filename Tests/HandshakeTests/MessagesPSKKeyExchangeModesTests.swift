// MessagesPSKKeyExchangeModesTests.swift — psk_key_exchange_modes.
// RFC 8446 §4.2.9.
// Next: MessagesPreSharedKeyTests.swift.

import Handshake
import Testing
import WireFormat

@Suite("Messages: PSKKeyExchangeModesExtension")
struct MessagesPSKKeyExchangeModesTests {
    @Test("RFC 8446 §4.2.9: psk_ke is 0, psk_dhe_ke 1; other modes survive")
    func form() throws {
        let modes: [PSKKeyExchangeMode] = [.pskDHEKE, .pskKE, PSKKeyExchangeMode(rawValue: 0x0b)]
        #expect(try Codec.write { PSKKeyExchangeModesExtension.writeClientHello(modes, into: &$0) } == [3, 1, 0, 0x0b])
        #expect(try Codec.parse([3, 1, 0, 0x0b], PSKKeyExchangeModesExtension.parseClientHello) == modes)
    }

    @Test("RFC 8446 §4.2.9: ke_modes has 1 to 255 octets")
    func bounds() throws {
        #expect(throws: DecodeError(.lengthOutOfRange, "ke_modes")) {
            try Codec.parse([0], PSKKeyExchangeModesExtension.parseClientHello)
        }
        let longest = Codec.vector(1, Codec.filler(255))
        #expect(try Codec.parse(longest, PSKKeyExchangeModesExtension.parseClientHello).count == 255)
        for count in [0, 256] {
            let modes = [PSKKeyExchangeMode](repeating: .pskDHEKE, count: count)
            #expect(throws: DecodeError(.lengthOutOfRange, "ke_modes")) {
                try Codec.write { PSKKeyExchangeModesExtension.writeClientHello(modes, into: &$0) }
            }
        }
    }
}
