// MessagesKeyUpdateTests.swift — KeyUpdate.
// RFC 8446 §4.6.3.
// Next: MessagesEndOfEarlyDataTests.swift.

import Handshake
import Testing
import WireFormat

@Suite("Messages: KeyUpdate")
struct MessagesKeyUpdateTests {
    @Test("RFC 8446 §4.6.3: update_not_requested is 0, update_requested 1", arguments: KeyUpdate.Request.allCases)
    func requests(_ request: KeyUpdate.Request) throws {
        let octet: UInt8 = request == .requested ? 1 : 0
        #expect(try KeyUpdate(request).message().encoded == [24, 0, 0, 1, octet])
        #expect(try Codec.parse([octet], KeyUpdate.parse).request == request)
    }

    @Test("RFC 8446 §4.6.3: another value parses and asks for nothing known", arguments: [2, 127, 255])
    func otherValues(_ value: UInt8) throws {
        let parsed = try Codec.parse([value], KeyUpdate.parse)
        #expect(parsed.requestUpdate == value)
        #expect(parsed.request == nil)
    }
}
