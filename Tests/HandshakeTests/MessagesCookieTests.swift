// MessagesCookieTests.swift — cookie.
// RFC 8446 §4.2.2.
// Next: MessagesPSKKeyExchangeModesTests.swift.

import Handshake
import Testing
import WireFormat

@Suite("Messages: CookieExtension")
struct MessagesCookieTests {
    @Test("RFC 8446 §4.2.2: the cookie has one form in the HelloRetryRequest and in the ClientHello")
    func form() throws {
        let bytes: [UInt8] = [0, 2, 7, 8]
        #expect(try Codec.write { CookieExtension.writeClientHello([7, 8], into: &$0) } == bytes)
        #expect(try Codec.write { CookieExtension.writeHelloRetryRequest([7, 8], into: &$0) } == bytes)
        #expect(try Codec.parse(bytes, CookieExtension.parseClientHello) == [7, 8])
        #expect(try Codec.parse(bytes, CookieExtension.parseHelloRetryRequest) == [7, 8])
    }

    @Test("RFC 8446 §4.2.2: cookie has 1 to 2^16-1 octets")
    func bounds() throws {
        let longest = Codec.vector(2, Codec.filler(65535))
        let forms: [([UInt8]) throws -> [UInt8]] = [
            { try Codec.parse($0, CookieExtension.parseClientHello) },
            { try Codec.parse($0, CookieExtension.parseHelloRetryRequest) },
        ]
        for parse in forms {
            #expect(throws: DecodeError(.lengthOutOfRange, "cookie")) { try parse([0, 0]) }
            #expect(try parse(longest).count == 65535)
        }
        for count in [0, 65536] {
            #expect(throws: DecodeError(.lengthOutOfRange, "cookie")) {
                try Codec.write { CookieExtension.writeClientHello(Codec.filler(count), into: &$0) }
            }
        }
    }
}
