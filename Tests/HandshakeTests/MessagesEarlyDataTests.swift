// MessagesEarlyDataTests.swift — early_data.
// RFC 8446 §4.2.10.
// Next: MessagesCertificateAuthoritiesTests.swift.

import Handshake
import Testing
import WireFormat

@Suite("Messages: EarlyDataExtension")
struct MessagesEarlyDataTests {
    @Test("RFC 8446 §4.2.10: the extension is empty in the ClientHello and in EncryptedExtensions")
    func empty() throws {
        #expect(try Codec.write { EarlyDataExtension.writeClientHello(into: &$0) } == [])
        #expect(try Codec.write { EarlyDataExtension.writeEncryptedExtensions(into: &$0) } == [])
        let forms: [([UInt8]) throws -> Void] = [
            { try Codec.parse($0, EarlyDataExtension.parseClientHello) },
            { try Codec.parse($0, EarlyDataExtension.parseEncryptedExtensions) },
        ]
        for parse in forms {
            try parse([])
            #expect(throws: DecodeError(.trailingBytes, "early_data")) { try parse([0]) }
            #expect(throws: DecodeError(.trailingBytes, "early_data")) { try parse([0, 0, 0x40, 0]) }
        }
    }

    @Test("RFC 8446 §4.2.10: in a ticket it is a uint32")
    func ticket() throws {
        #expect(try Codec.write { EarlyDataExtension.writeNewSessionTicket(.max, into: &$0) } == [255, 255, 255, 255])
        #expect(try Codec.parse([0, 0, 0x40, 0], EarlyDataExtension.parseNewSessionTicket) == 0x4000)
        #expect(throws: DecodeError(.truncated, "max_early_data_size")) {
            try Codec.parse([], EarlyDataExtension.parseNewSessionTicket)
        }
    }
}
