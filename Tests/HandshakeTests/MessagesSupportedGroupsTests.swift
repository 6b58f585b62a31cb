// MessagesSupportedGroupsTests.swift — supported_groups.
// RFC 8446 §4.2.7.
// Next: MessagesKeyShareTests.swift.

import Handshake
import Testing
import WireFormat

@Suite("Messages: SupportedGroupsExtension")
struct MessagesSupportedGroupsTests {
    @Test("RFC 8446 §4.2.7: the list has one form in the ClientHello and in EncryptedExtensions")
    func form() throws {
        let bytes: [UInt8] = [0, 4, 0, 0x1d, 0, 0x17]
        let groups: [NamedGroup] = [.x25519, .secp256r1]
        #expect(try Codec.write { SupportedGroupsExtension.writeClientHello(groups, into: &$0) } == bytes)
        #expect(try Codec.write { SupportedGroupsExtension.writeEncryptedExtensions(groups, into: &$0) } == bytes)
        #expect(try Codec.parse(bytes, SupportedGroupsExtension.parseClientHello) == groups)
        #expect(try Codec.parse(bytes, SupportedGroupsExtension.parseEncryptedExtensions) == groups)
    }

    @Test("RFC 8446 §4.2.7: named_group_list has at least 2 octets, two for each group", arguments: [0, 1, 3, 65535])
    func bounds(_ count: Int) {
        let forms: [([UInt8]) throws -> [NamedGroup]] = [
            { try Codec.parse($0, SupportedGroupsExtension.parseClientHello) },
            { try Codec.parse($0, SupportedGroupsExtension.parseEncryptedExtensions) },
        ]
        for parse in forms {
            #expect(throws: DecodeError(.lengthOutOfRange, "named_group_list")) {
                try parse(Codec.vector(2, Codec.filler(count)))
            }
        }
    }

    @Test("No list is written that is empty or too long", arguments: [0, 32768])
    func writing(_ count: Int) {
        let groups = [NamedGroup](repeating: .x25519, count: count)
        #expect(throws: DecodeError(.lengthOutOfRange, "named_group_list")) {
            try Codec.write { SupportedGroupsExtension.writeClientHello(groups, into: &$0) }
        }
    }
}
