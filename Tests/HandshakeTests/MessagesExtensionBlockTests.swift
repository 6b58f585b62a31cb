// MessagesExtensionBlockTests.swift — the list of extensions.
// RFC 8446 §4.2.
// Next: MessagesExtensionPlacementTests.swift.

import Handshake
import Testing
import WireFormat

@Suite("Messages: ExtensionBlock")
struct MessagesExtensionBlockTests {
    private func parse(_ bytes: [UInt8], _ bounds: ClosedRange<Int> = 0...65535) throws(DecodeError) -> ExtensionBlock {
        var reader = WireReader(bytes.span)
        let block = try ExtensionBlock.parse(&reader, "extensions", bounds)
        try reader.end("extensions")
        return block
    }

    @Test("RFC 8446 §4.2: an extension is a type and a body; order, unknown types and empty bodies survive")
    func form() throws {
        let bytes: [UInt8] = [0, 11, 0, 44, 0, 3, 0, 1, 7, 0x0a, 0x0a, 0, 0]
        let block = try parse(bytes)
        #expect(block.types == [.cookie, ExtensionType(rawValue: 0x0a0a)])
        #expect(block.body(of: .cookie) == [0, 1, 7])
        #expect(block.body(of: ExtensionType(rawValue: 0x0a0a)) == [])
        #expect(block.body(of: .keyShare) == nil)
        #expect(try Codec.write { block.write(into: &$0) } == bytes)
    }

    @Test("RFC 8446 §4.2: a repeated extension is kept, and named, so that it can be refused with illegal_parameter")
    func duplicates() throws {
        #expect(Samples.block.firstDuplicate == .padding)
        #expect(Samples.block.body(of: .padding) == [0, 0, 0, 0])
        let bytes = try Codec.write { Samples.block.write(into: &$0) }
        #expect(try parse(bytes) == Samples.block)
        #expect(Samples.clientHello.extensions.firstDuplicate == nil)
        #expect(ExtensionBlock().firstDuplicate == nil)
        let unknown = RawExtension(type: ExtensionType(rawValue: 0xfafa), body: [])
        #expect(ExtensionBlock([unknown, unknown]).firstDuplicate == unknown.type)
    }

    @Test("T-23: a block holds 256 extensions and not one more, in whatever message")
    func most() throws {
        func block(_ count: Int) -> ExtensionBlock {
            ExtensionBlock(
                (0..<count).map { RawExtension(type: ExtensionType(rawValue: UInt16(0x4000 + $0)), body: []) })
        }
        let (most, more) = (block(256), block(257))
        let octets = try Codec.write { most.write(into: &$0) }
        #expect(try parse(octets) == most)
        let tooMany = DecodeError(.lengthOutOfRange, "extensions")
        #expect(throws: tooMany) { try parse(Codec.write { more.write(into: &$0) }) }
        let hello = try EncryptedExtensions(extensions: more).message()
        #expect(throws: tooMany) { try EncryptedExtensions.parse(hello.body) }
    }

    @Test("An extension that overruns its block is refused")
    func overrun() {
        #expect(throws: DecodeError(.truncated, "extension_data")) { try parse([0, 5, 0, 44, 0, 2, 0, 0]) }
        #expect(throws: DecodeError(.truncated, "extension_data")) { try parse([0, 3, 0, 44, 0]) }
        #expect(throws: DecodeError(.truncated, "extension_type")) { try parse([0, 1, 0]) }
        #expect(throws: DecodeError(.truncated, "extensions")) { try parse([0, 4, 0, 44, 0]) }
    }

    @Test("The bounds of the message that carries the block hold on both ways")
    func bounds() throws {
        #expect(throws: DecodeError(.lengthOutOfRange, "extensions")) { try parse([0, 0], 2...65535) }
        #expect(throws: DecodeError(.lengthOutOfRange, "extensions")) {
            try Codec.write { ExtensionBlock().write(into: &$0, 2...65535) }
        }
    }

    @Test("A body or a block that its length cannot say is not written")
    func overflow() throws {
        let longest = ExtensionBlock([RawExtension(type: .padding, body: Codec.filler(65531))])
        #expect(try Codec.write { longest.write(into: &$0) }.count == 65537)
        let block = ExtensionBlock([RawExtension(type: .padding, body: Codec.filler(65532))])
        #expect(throws: DecodeError(.lengthOutOfRange, "extensions")) { try Codec.write { block.write(into: &$0) } }
        let body = ExtensionBlock([RawExtension(type: .padding, body: Codec.filler(65536))])
        #expect(throws: DecodeError(.lengthOutOfRange, "extension_data")) { try Codec.write { body.write(into: &$0) } }
    }

    @Test("A field that append could not write within its bounds fails the message, not the append")
    func refusedAppend() throws {
        var block = ExtensionBlock()
        block.append(.padding)
        #expect(block.list == [RawExtension(type: .padding, body: [])])
        block.append(.cookie) { CookieExtension.writeClientHello([], into: &$0) }
        block.append(.applicationLayerProtocolNegotiation) {
            ALPNExtension.writeClientHello([Codec.filler(256)], into: &$0)
        }
        #expect(throws: DecodeError(.lengthOutOfRange, "cookie")) { try Codec.write { block.write(into: &$0) } }
        #expect(throws: DecodeError(.lengthOutOfRange, "cookie")) {
            try EncryptedExtensions(extensions: block).message()
        }
    }
}
