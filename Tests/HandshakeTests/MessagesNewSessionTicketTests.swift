// MessagesNewSessionTicketTests.swift — NewSessionTicket.
// RFC 8446 §4.6.1, §4.2.10.
// Next: MessagesKeyUpdateTests.swift.

import Handshake
import Testing
import WireFormat

@Suite("Messages: NewSessionTicket")
struct MessagesNewSessionTicketTests {
    private func ticket(
        nonce: [UInt8] = [], ticket: [UInt8] = [1], extensions: [UInt8] = []
    ) -> [UInt8] {
        [0, 0, 0x1c, 0x20, 0xfa, 0xd6, 0xaa, 0xcb] + Codec.vector(1, nonce) + Codec.vector(2, ticket)
            + Codec.vector(2, extensions)
    }

    @Test("RFC 8446 §4.6.1: the message parses to its fields")
    func form() throws {
        let bytes = ticket(nonce: [0, 1], ticket: [7, 8, 9])
        let parsed = try Codec.parse(bytes, NewSessionTicket.parse)
        #expect(parsed.lifetime == 7200)
        #expect(parsed.ageAdd == 0xfad6_aacb)
        #expect(parsed.nonce == [0, 1])
        #expect(parsed.ticket == [7, 8, 9])
        #expect(parsed.extensions.list.isEmpty)
        #expect(parsed.maxEarlyDataSize == nil)
        #expect(try parsed.message().encoded == [4, 0, 0, UInt8(bytes.count)] + bytes)
    }

    @Test("RFC 8446 §4.6.1: ticket has at least one octet, ticket_nonce at most 255")
    func bounds() throws {
        #expect(throws: DecodeError(.lengthOutOfRange, "ticket")) {
            try Codec.parse(ticket(ticket: []), NewSessionTicket.parse)
        }
        let longest = ticket(nonce: Codec.filler(255), ticket: Codec.filler(65535))
        #expect(try Codec.parse(longest, NewSessionTicket.parse).ticket.count == 65535)
        var message = Samples.ticket
        message.ticket = []
        #expect(throws: DecodeError(.lengthOutOfRange, "ticket")) { try message.message() }
        message.ticket = Codec.filler(65536)
        #expect(throws: DecodeError(.lengthOutOfRange, "ticket")) { try message.message() }
        message = Samples.ticket
        message.nonce = Codec.filler(256)
        #expect(throws: DecodeError(.lengthOutOfRange, "ticket_nonce")) { try message.message() }
    }

    @Test("RFC 8446 §4.6.1: extensions has at most 2^16-2 octets")
    func longestBlock() throws {
        let body = { (count: Int) in [0x0a, 0x0a] + Codec.vector(2, Codec.filler(count - 4)) }
        let longest = try Codec.parse(ticket(extensions: body(65534)), NewSessionTicket.parse)
        #expect(longest.extensions.list.count == 1)
        #expect(throws: DecodeError(.lengthOutOfRange, "extensions")) {
            try Codec.parse(ticket(extensions: body(65535)), NewSessionTicket.parse)
        }
    }

    @Test("RFC 8446 §4.2.10: early_data in a ticket is a uint32; another form is refused when the ticket is parsed")
    func earlyData() throws {
        let parsed = try Codec.parse(ticket(extensions: [0, 42, 0, 4, 0, 0, 0x40, 0]), NewSessionTicket.parse)
        #expect(parsed.maxEarlyDataSize == 0x4000)
        #expect(throws: DecodeError(.truncated, "max_early_data_size")) {
            try Codec.parse(ticket(extensions: [0, 42, 0, 3, 0, 0, 0x40]), NewSessionTicket.parse)
        }
        #expect(throws: DecodeError(.truncated, "max_early_data_size")) {
            try Codec.parse(ticket(extensions: [0, 42, 0, 0]), NewSessionTicket.parse)
        }
        #expect(throws: DecodeError(.trailingBytes, "early_data")) {
            try Codec.parse(ticket(extensions: [0, 42, 0, 5, 0, 0, 0x40, 0, 0]), NewSessionTicket.parse)
        }
    }
}
