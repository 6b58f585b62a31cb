// MessagesEndOfEarlyDataTests.swift — EndOfEarlyData.
// RFC 8446 §4.5.
// Next: MessagesCodePointListTests.swift.

import Handshake
import Testing
import WireFormat

@Suite("Messages: EndOfEarlyData")
struct MessagesEndOfEarlyDataTests {
    @Test("RFC 8446 §4.5: the message has no body")
    func form() throws {
        #expect(try EndOfEarlyData().message().encoded == [5, 0, 0, 0])
        #expect(try Codec.parse([], EndOfEarlyData.parse) == EndOfEarlyData())
        #expect(throws: DecodeError(.trailingBytes, "EndOfEarlyData")) { try Codec.parse([0], EndOfEarlyData.parse) }
    }
}
