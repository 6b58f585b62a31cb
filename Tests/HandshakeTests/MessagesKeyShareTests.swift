// MessagesKeyShareTests.swift — key_share.
// RFC 8446 §4.2.8.
// Next: MessagesSignatureAlgorithmsTests.swift.

import Handshake
import Testing
import WireFormat

@Suite("Messages: KeyShareExtension")
struct MessagesKeyShareTests {
    private let share = KeyShareEntry(group: .x25519, keyExchange: [7, 8])

    @Test("RFC 8446 §4.2.8: a list in the ClientHello, one share in the ServerHello, a group in the HelloRetryRequest")
    func form() throws {
        let entry: [UInt8] = [0, 0x1d, 0, 2, 7, 8]
        #expect(
            try Codec.write { KeyShareExtension.writeClientHello([share, share], into: &$0) } == [0, 12] + entry + entry
        )
        #expect(try Codec.parse([0, 12] + entry + entry, KeyShareExtension.parseClientHello) == [share, share])
        #expect(try Codec.write { KeyShareExtension.writeServerHello(share, into: &$0) } == entry)
        #expect(try Codec.parse(entry, KeyShareExtension.parseServerHello) == share)
        #expect(try Codec.write { KeyShareExtension.writeHelloRetryRequest(.secp256r1, into: &$0) } == [0, 0x17])
        #expect(try Codec.parse([0, 0x17], KeyShareExtension.parseHelloRetryRequest) == .secp256r1)
    }

    @Test("RFC 8446 §4.2.8: client_shares may be empty, to ask for a HelloRetryRequest")
    func noShare() throws {
        #expect(try Codec.parse([0, 0], KeyShareExtension.parseClientHello) == [])
        #expect(try Codec.write { KeyShareExtension.writeClientHello([], into: &$0) } == [0, 0])
    }

    @Test("RFC 8446 §4.2.8: key_exchange has 1 to 2^16-1 octets")
    func bounds() throws {
        let longest = [0, 0x1d] + Codec.vector(2, Codec.filler(65535))
        #expect(try Codec.parse(longest, KeyShareExtension.parseServerHello).keyExchange.count == 65535)
        #expect(throws: DecodeError(.lengthOutOfRange, "key_exchange")) {
            try Codec.parse([0, 0x1d, 0, 0], KeyShareExtension.parseServerHello)
        }
        #expect(throws: DecodeError(.lengthOutOfRange, "key_exchange")) {
            try Codec.parse([0, 4, 0, 0x1d, 0, 0], KeyShareExtension.parseClientHello)
        }
        for count in [0, 65536] {
            let share = KeyShareEntry(group: .x25519, keyExchange: Codec.filler(count))
            #expect(throws: DecodeError(.lengthOutOfRange, "key_exchange")) {
                try Codec.write { KeyShareExtension.writeServerHello(share, into: &$0) }
            }
        }
    }

    @Test("RFC 8446 §4.2.8: a share that overruns the list is refused")
    func overrun() {
        #expect(throws: DecodeError(.truncated, "key_exchange")) {
            try Codec.parse([0, 6, 0, 0x1d, 0, 3, 7, 8], KeyShareExtension.parseClientHello)
        }
    }

    @Test("The three forms are not taken for one another")
    func confusion() throws {
        let list = try Codec.write { KeyShareExtension.writeClientHello([share], into: &$0) }
        #expect(throws: DecodeError.self) { try Codec.parse(list, KeyShareExtension.parseServerHello) }
        #expect(throws: DecodeError.self) { try Codec.parse(list, KeyShareExtension.parseHelloRetryRequest) }
        #expect(throws: DecodeError.self) { try Codec.parse([0, 0x1d], KeyShareExtension.parseServerHello) }
    }
}
