// MessagesSupportedVersionsTests.swift — supported_versions.
// RFC 8446 §4.2.1.
// Next: MessagesSupportedGroupsTests.swift.

import Handshake
import Testing
import WireFormat

@Suite("Messages: SupportedVersionsExtension")
struct MessagesSupportedVersionsTests {
    @Test("RFC 8446 §4.2.1: the client's list, most preferred first; the server's choice")
    func form() throws {
        let bytes: [UInt8] = [4, 3, 4, 3, 3]
        #expect(
            try Codec.write { SupportedVersionsExtension.writeClientHello([.tls13, .tls12], into: &$0) } == bytes)
        #expect(try Codec.parse(bytes, SupportedVersionsExtension.parseClientHello) == [.tls13, .tls12])
        #expect(try Codec.write { SupportedVersionsExtension.writeServerHello(.tls13, into: &$0) } == [3, 4])
        #expect(try Codec.parse([3, 4], SupportedVersionsExtension.parseServerHello) == .tls13)
    }

    @Test("RFC 8446 §4.2.1: versions has 2 to 254 octets, two for each version")
    func bounds() throws {
        let longest = Codec.vector(1, Codec.filler(254))
        #expect(try Codec.parse(longest, SupportedVersionsExtension.parseClientHello).count == 127)
        for count in [0, 1, 3, 253, 255] {
            #expect(throws: DecodeError(.lengthOutOfRange, "versions")) {
                try Codec.parse(Codec.vector(1, Codec.filler(count)), SupportedVersionsExtension.parseClientHello)
            }
        }
        for count in [0, 128] {
            let versions = [ProtocolVersion](repeating: .tls13, count: count)
            #expect(throws: DecodeError(.lengthOutOfRange, "versions")) {
                try Codec.write { SupportedVersionsExtension.writeClientHello(versions, into: &$0) }
            }
        }
    }
}
