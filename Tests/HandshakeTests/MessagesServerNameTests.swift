// MessagesServerNameTests.swift — server_name.
// RFC 6066 §3.
// Next: MessagesSupportedVersionsTests.swift.

import Handshake
import Testing
import WireFormat

@Suite("Messages: ServerNameExtension")
struct MessagesServerNameTests {
    @Test("RFC 6066 §3: the client sends a list of one host_name")
    func form() throws {
        let bytes: [UInt8] = [0, 4, 0, 0, 1, 0x61]
        #expect(try Codec.write { ServerNameExtension.writeClientHello([0x61], into: &$0) } == bytes)
        #expect(try Codec.parse(bytes, ServerNameExtension.parseClientHello) == [0x61])
    }

    @Test("RFC 6066 §3: an empty list, an empty name, another type or a second name is refused")
    func refusals() {
        func parse(_ bytes: [UInt8]) throws(DecodeError) -> [UInt8] {
            try Codec.parse(bytes, ServerNameExtension.parseClientHello)
        }
        #expect(throws: DecodeError(.lengthOutOfRange, "server_name_list")) { try parse([0, 0]) }
        #expect(throws: DecodeError(.lengthOutOfRange, "HostName")) { try parse([0, 3, 0, 0, 0]) }
        #expect(throws: DecodeError(.valueOutOfRange, "name_type")) { try parse([0, 4, 1, 0, 1, 0x61]) }
        #expect(throws: DecodeError(.trailingBytes, "server_name_list")) {
            try parse([0, 8, 0, 0, 1, 0x61, 0, 0, 1, 0x62])
        }
        #expect(throws: DecodeError(.lengthOutOfRange, "HostName")) {
            try Codec.write { ServerNameExtension.writeClientHello([], into: &$0) }
        }
        #expect(throws: DecodeError(.lengthOutOfRange, "server_name_list")) {
            try Codec.write { ServerNameExtension.writeClientHello(Codec.filler(65533), into: &$0) }
        }
    }

    @Test("RFC 6066 §3: the server's answer is empty")
    func answer() throws {
        #expect(try Codec.write { ServerNameExtension.writeEncryptedExtensions(into: &$0) } == [])
        try Codec.parse([], ServerNameExtension.parseEncryptedExtensions)
        #expect(throws: DecodeError(.trailingBytes, "server_name")) {
            try Codec.parse([0, 0], ServerNameExtension.parseEncryptedExtensions)
        }
    }
}
