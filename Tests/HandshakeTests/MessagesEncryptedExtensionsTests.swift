// MessagesEncryptedExtensionsTests.swift — EncryptedExtensions.
// RFC 8446 §4.3.1; RFC 8448 §3.
// Next: MessagesCertificateRequestTests.swift.

import Handshake
import TestSupport
import Testing
import WireFormat

@Suite("Messages: EncryptedExtensions")
struct MessagesEncryptedExtensionsTests {
    @Test("RFC 8448 §3: the message parses to its extensions and is written to the same octets")
    func simpleHandshake() throws {
        let encoded = try #require(
            Hex.decode("080000240022000a00140012001d00170018001901000101010201030104001c0002400100000000"))
        let message = try Codec.parse(Array(encoded.dropFirst(4)), EncryptedExtensions.parse)
        #expect(message.extensions.types == [.supportedGroups, .recordSizeLimit, .serverName])
        let groups = message.extensions.body(of: .supportedGroups) ?? []
        #expect(try Codec.parse(groups, SupportedGroupsExtension.parseEncryptedExtensions).count == 9)
        let name = try #require(message.extensions.body(of: .serverName))
        try Codec.parse(name, ServerNameExtension.parseEncryptedExtensions)
        #expect(try message.message() == HandshakeMessage(type: .encryptedExtensions, encoded: encoded))
    }

    @Test("RFC 8446 §4.3.1: the block may be empty but must be there")
    func emptyBlock() throws {
        #expect(try Codec.parse([0, 0], EncryptedExtensions.parse).extensions.list.isEmpty)
        #expect(throws: DecodeError(.truncated, "extensions")) { try Codec.parse([], EncryptedExtensions.parse) }
    }
}
