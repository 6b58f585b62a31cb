// MessagesHandshakeMessageTests.swift — the frame of every message.
// RFC 8446 §4.
// Next: MessagesClientHelloTests.swift.

import Handshake
import Testing
import WireFormat

@Suite("Messages: HandshakeMessage")
struct MessagesHandshakeMessageTests {
    @Test("RFC 8446 §4: a message is its type, a uint24 length and the body")
    func frame() throws {
        let message = try HandshakeMessage(type: .finished) { $0.bytes([1, 2, 3]) }
        #expect(message.type == .finished)
        #expect(message.encoded == [20, 0, 0, 3, 1, 2, 3])
        #expect(Codec.body(message) == [1, 2, 3])
    }

    @Test("RFC 8446 §4: the length uses all its three octets, and no body is longer")
    func longBody() throws {
        let longest = [UInt8](repeating: 0, count: 0xff_ffff)
        let message = try HandshakeMessage(type: .certificate) { $0.bytes(longest) }
        #expect(message.encoded.prefix(4) == [11, 0xff, 0xff, 0xff])
        #expect(throws: DecodeError(.lengthOutOfRange, "Certificate")) {
            try HandshakeMessage(type: .certificate) {
                $0.bytes(longest)
                $0.uint8(0)
            }
        }
    }

    @Test("RFC 8446 §4.4.1: the synthetic message_hash message can be made")
    func messageHash() throws {
        let message = try HandshakeMessage(type: .messageHash) { $0.bytes(Codec.filler(32)) }
        #expect(message.encoded.prefix(4) == [254, 0, 0, 32])
    }

    @Test(
        "A received message keeps its octets; the body of one without a header is empty, not a trap", arguments: 0...5)
    func received(_ count: Int) {
        let encoded = Array([24, 0, 0, 1, 1].prefix(count) as ArraySlice<UInt8>)
        let message = HandshakeMessage(type: .keyUpdate, encoded: encoded)
        #expect(message.encoded == encoded)
        #expect(Codec.body(message) == (count == 5 ? [1] : []))
    }
}
