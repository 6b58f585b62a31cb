// MessagesFinishedTests.swift — Finished.
// RFC 8446 §4.4.4.
// Next: MessagesNewSessionTicketTests.swift.

import Handshake
import Testing
import WireFormat

@Suite("Messages: Finished")
struct MessagesFinishedTests {
    @Test("RFC 8446 §4.4.4: verify_data is the whole body, of whatever length", arguments: [0, 1, 32, 48, 64])
    func form(_ count: Int) throws {
        let message = Finished(verifyData: Codec.filler(count))
        #expect(try message.message().encoded == [20, 0, 0, UInt8(count)] + Codec.filler(count))
        #expect(try Codec.parse(Codec.filler(count), Finished.parse) == message)
    }
}
