// MessagesALPNTests.swift — application_layer_protocol_negotiation.
// RFC 7301 §3.1.
// Next: MessagesCookieTests.swift.

import Handshake
import Testing
import WireFormat

@Suite("Messages: ALPNExtension")
struct MessagesALPNTests {
    private let h2 = Array("h2".utf8)

    @Test("RFC 7301 §3.1: the client sends a list of names, the server one of them")
    func form() throws {
        let bytes: [UInt8] = [0, 5, 2, 0x68, 0x32, 1, 0]
        #expect(try Codec.write { ALPNExtension.writeClientHello([h2, [0]], into: &$0) } == bytes)
        #expect(try Codec.parse(bytes, ALPNExtension.parseClientHello) == [h2, [0]])
        #expect(try Codec.write { ALPNExtension.writeEncryptedExtensions(h2, into: &$0) } == [0, 3, 2, 0x68, 0x32])
        #expect(try Codec.parse([0, 3, 2, 0x68, 0x32], ALPNExtension.parseEncryptedExtensions) == h2)
    }

    private func checkBounds(_ parse: ([UInt8]) throws -> Void) throws {
        #expect(throws: DecodeError(.lengthOutOfRange, "protocol_name_list")) { try parse([0, 0]) }
        #expect(throws: DecodeError(.lengthOutOfRange, "protocol_name_list")) { try parse([0, 1, 0]) }
        #expect(throws: DecodeError(.lengthOutOfRange, "ProtocolName")) { try parse([0, 2, 0, 0]) }
        try parse(Codec.vector(2, Codec.vector(1, Codec.filler(255))))
    }

    @Test("RFC 7301 §3.1: protocol_name_list has at least 2 octets, each name 1 to 255")
    func bounds() throws {
        try checkBounds { _ = try Codec.parse($0, ALPNExtension.parseClientHello) }
        try checkBounds { _ = try Codec.parse($0, ALPNExtension.parseEncryptedExtensions) }
        #expect(throws: DecodeError(.lengthOutOfRange, "ProtocolName")) {
            try Codec.parse([0, 4, 1, 0x61, 0, 0], ALPNExtension.parseClientHello)
        }
    }

    @Test("T-23: a client may name 256 protocols, and not one more")
    func most() throws {
        for count in [256, 257] {
            let names = [[UInt8]](repeating: [0x61], count: count)
            let octets = try Codec.write { ALPNExtension.writeClientHello(names, into: &$0) }
            if count == 256 {
                #expect(try Codec.parse(octets, ALPNExtension.parseClientHello) == names)
            } else {
                #expect(throws: DecodeError(.lengthOutOfRange, "protocol_name_list")) {
                    try Codec.parse(octets, ALPNExtension.parseClientHello)
                }
            }
        }
    }

    @Test("RFC 7301 §3.1: a server that names two protocols is refused")
    func twoNames() {
        #expect(throws: DecodeError(.trailingBytes, "protocol_name_list")) {
            try Codec.parse([0, 4, 1, 0x61, 1, 0x62], ALPNExtension.parseEncryptedExtensions)
        }
    }

    @Test("No list is written that is empty, too long, or has a name of no or of 256 octets")
    func writing() {
        #expect(throws: DecodeError(.lengthOutOfRange, "protocol_name_list")) {
            try Codec.write { ALPNExtension.writeClientHello([], into: &$0) }
        }
        let many = [[UInt8]](repeating: Codec.filler(255), count: 256)
        #expect(throws: DecodeError(.lengthOutOfRange, "protocol_name_list")) {
            try Codec.write { ALPNExtension.writeClientHello(many, into: &$0) }
        }
        for name in [[], Codec.filler(256)] {
            #expect(throws: DecodeError(.lengthOutOfRange, "ProtocolName")) {
                try Codec.write { ALPNExtension.writeClientHello([h2, name], into: &$0) }
            }
            #expect(throws: DecodeError(.lengthOutOfRange, "ProtocolName")) {
                try Codec.write { ALPNExtension.writeEncryptedExtensions(name, into: &$0) }
            }
        }
    }
}
