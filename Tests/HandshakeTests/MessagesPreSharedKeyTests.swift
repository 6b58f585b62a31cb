// MessagesPreSharedKeyTests.swift — pre_shared_key.
// RFC 8446 §4.2.11; RFC 8448 §4.
// Next: MessagesEarlyDataTests.swift.

import Handshake
import TestSupport
import Testing
import WireFormat

@Suite("Messages: PreSharedKeyExtension")
struct MessagesPreSharedKeyTests {
    /// RFC 8448 §4, the extension_data of pre_shared_key.
    static let resumption =
        "00b800b22c035d829359ee5ff7af4ec900000000262a6494dc486d2c8a34cb33fa90bf1b0070ad3c498883c9367c09a2be785abc55"
        + "cd226097a3a982117283f82a03a143efd3ff5dd36d64e861be7fd61d2827db279cce145077d454a3664d4e6da4d29ee03725a6a4"
        + "dafcd0fc67d2aea70529513e3da2677fa5906c5b3f7d8f92f228bda40dda721470f9fbf297b5aea617646fac5c03272e970727c6"
        + "21a79141ef5f7de6505e5bfbc388e93343694093934ae4d357fad6aacb0021203add4fb2d8fdf822a0ca3cf7678ef5e88dae9901"
        + "41c5924d57bb6fa31b9e5f9d"

    @Test("RFC 8448 §4: one identity and one binder, written to the same octets; the binders are the last 35")
    func resumedHandshake() throws {
        let bytes = try #require(Hex.decode(Self.resumption))
        let offered = try Codec.parse(bytes, PreSharedKeyExtension.parseClientHello)
        #expect(offered.identities.map(\.identity.count) == [178])
        #expect(offered.identities.map(\.obfuscatedTicketAge) == [0xfad6_aacb])
        #expect(
            offered.binders.map(Hex.encode) == ["3add4fb2d8fdf822a0ca3cf7678ef5e88dae990141c5924d57bb6fa31b9e5f9d"])
        #expect(offered.bindersLength == 35)
        #expect(try Codec.write { offered.writeClientHello(into: &$0) } == bytes)
    }

    @Test("RFC 8446 §4.2.11.2: bindersLength is what the binders and their lengths take")
    func bindersLength() throws {
        let bytes = try Codec.write { Samples.preSharedKey.writeClientHello(into: &$0) }
        let identities = 2 + Int(bytes[0]) << 8 + Int(bytes[1])
        #expect(Samples.preSharedKey.bindersLength == bytes.count - identities)
    }

    @Test("RFC 8446 §4.2.11: the server answers with an index")
    func answer() throws {
        #expect(try Codec.write { PreSharedKeyExtension.writeServerHello(0x0102, into: &$0) } == [1, 2])
        #expect(try Codec.parse([1, 2], PreSharedKeyExtension.parseServerHello) == 0x0102)
    }

    private func offered(_ identities: [UInt8], _ binders: [UInt8]) throws(DecodeError) -> PreSharedKeyExtension {
        try Codec.parse(
            Codec.vector(2, identities) + Codec.vector(2, binders), PreSharedKeyExtension.parseClientHello)
    }

    private let identity: [UInt8] = [0, 1, 7, 0, 0, 0, 0]

    @Test("RFC 8446 §4.2.11: identities has at least 7 octets, identity at least one")
    func identities() throws {
        let binder = Codec.vector(1, Codec.filler(32))
        #expect(try offered(identity, binder).identities == [PSKIdentity(identity: [7], obfuscatedTicketAge: 0)])
        for count in [0, 6] {
            #expect(throws: DecodeError(.lengthOutOfRange, "identities")) {
                try offered(Codec.filler(count, 0), binder)
            }
        }
        #expect(throws: DecodeError(.lengthOutOfRange, "identity")) {
            try offered([0, 0, 0, 0, 0, 0] + identity, binder)
        }
    }

    @Test("RFC 8446 §4.2.11: binders has at least 33 octets, each binder 32 to 255")
    func binders() throws {
        for count in [32, 48, 255] {
            #expect(try offered(identity, Codec.vector(1, Codec.filler(count))).binders == [Codec.filler(count)])
        }
        for count in [0, 32] {
            #expect(throws: DecodeError(.lengthOutOfRange, "binders")) {
                try offered(identity, Codec.filler(count, 0))
            }
        }
        #expect(throws: DecodeError(.lengthOutOfRange, "PskBinderEntry")) {
            try offered(identity, Codec.vector(1, Codec.filler(31)) + Codec.vector(1, Codec.filler(31)))
        }
    }

    @Test("Nothing outside the bounds is written")
    func writing() {
        func refusal(_ change: (inout PreSharedKeyExtension) -> Void) -> DecodeError? {
            var value = Samples.preSharedKey
            change(&value)
            do throws(DecodeError) {
                _ = try Codec.write { value.writeClientHello(into: &$0) }
                return nil
            } catch {
                return error
            }
        }
        #expect(refusal { _ in } == nil)
        #expect(refusal { $0.identities = [] } == DecodeError(.lengthOutOfRange, "identities"))
        #expect(refusal { $0.identities[0].identity = [] } == DecodeError(.lengthOutOfRange, "identity"))
        #expect(
            refusal { $0.identities[0].identity = Codec.filler(65536) } == DecodeError(.lengthOutOfRange, "identity"))
        #expect(refusal { $0.binders = [] } == DecodeError(.lengthOutOfRange, "binders"))
        #expect(refusal { $0.binders[1] = Codec.filler(31) } == DecodeError(.lengthOutOfRange, "PskBinderEntry"))
        #expect(refusal { $0.binders[1] = Codec.filler(256) } == DecodeError(.lengthOutOfRange, "PskBinderEntry"))
    }
}
