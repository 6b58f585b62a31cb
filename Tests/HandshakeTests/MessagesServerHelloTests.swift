// MessagesServerHelloTests.swift — ServerHello and HelloRetryRequest: RFC 8448's octets and every bound.
// RFC 8446 §4.1.3, §4.1.4; RFC 8448 §3, §5.
// Next: MessagesEncryptedExtensionsTests.swift.

import Handshake
import TestSupport
import Testing
import WireFormat

@Suite("Messages: ServerHello")
struct MessagesServerHelloTests {
    /// RFC 8448 §3, the ServerHello with its header.
    static let simple =
        "020000560303a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e2692800130100002e00330024001d0020c9"
        + "828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f002b00020304"

    /// RFC 8448 §5, the HelloRetryRequest with its header.
    static let retry =
        "020000ac0303cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c001301000084003300020017002c00"
        + "74007271dcd04bb88bc3189119398a00000000eefafc76c146b823b096f8aacad365dd0030953f4edf625636e5f21bb2e23fcc65"
        + "4b1b5b40318d10d137abcbb87574e36e8a1f025f7dfa5d6e50781b5eda4aa15b0c8be778257d16aa3030e9e7841dd9e4c0342267"
        + "e8ca0caf571fb2b7cff0f934b0002b00020304"

    @Test("RFC 8448 §3: the ServerHello parses to its fields and is written to the same octets")
    func simpleHandshake() throws {
        let encoded = try #require(Hex.decode(Self.simple))
        let hello = try Codec.parse(Array(encoded.dropFirst(4)), ServerHello.parse)
        #expect(!hello.isHelloRetryRequest)
        #expect(hello.legacyVersion == .tls12)
        #expect(hello.legacySessionIDEcho == [])
        #expect(hello.cipherSuite == .tlsAES128GCMSHA256)
        #expect(hello.legacyCompressionMethod == 0)
        #expect(hello.extensions.types == [.keyShare, .supportedVersions])
        let share = try Codec.parse(hello.extensions.body(of: .keyShare) ?? [], KeyShareExtension.parseServerHello)
        #expect(share.group == .x25519)
        #expect(Hex.encode(share.keyExchange) == "c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f")
        let version = hello.extensions.body(of: .supportedVersions) ?? []
        #expect(try Codec.parse(version, SupportedVersionsExtension.parseServerHello) == .tls13)
        #expect(try hello.message() == HandshakeMessage(type: .serverHello, encoded: encoded))
    }

    @Test("RFC 8448 §5: the HelloRetryRequest is known by its random, and its extensions parse")
    func helloRetryRequest() throws {
        let encoded = try #require(Hex.decode(Self.retry))
        let hello = try Codec.parse(Array(encoded.dropFirst(4)), ServerHello.parse)
        #expect(hello.isHelloRetryRequest)
        #expect(hello.random == ServerHello.helloRetryRequestRandom)
        #expect(hello.extensions.types == [.keyShare, .cookie, .supportedVersions])
        let group = hello.extensions.body(of: .keyShare) ?? []
        #expect(try Codec.parse(group, KeyShareExtension.parseHelloRetryRequest) == .secp256r1)
        let cookie = try Codec.parse(
            hello.extensions.body(of: .cookie) ?? [], CookieExtension.parseHelloRetryRequest)
        #expect(cookie.count == 0x72)
        #expect(cookie.prefix(4) == [0x71, 0xdc, 0xd0, 0x4b])
        #expect(try hello.message() == HandshakeMessage(type: .serverHello, encoded: encoded))
    }

    @Test("RFC 8446 §4.1.3: one different bit in the random makes it a ServerHello")
    func almostHelloRetryRequest() {
        var hello = Samples.serverHello
        hello.random = ServerHello.helloRetryRequestRandom
        #expect(hello.isHelloRetryRequest)
        hello.random[31] ^= 1
        #expect(!hello.isHelloRetryRequest)
    }

    private func hello(sessionID: [UInt8] = [], rest: [UInt8] = [0, 0]) -> [UInt8] {
        [3, 3] + Codec.filler(32) + Codec.vector(1, sessionID) + [0x13, 0x01, 0] + rest
    }

    @Test("RFC 8446 §4.1.3: legacy_session_id_echo has 0 to 32 octets")
    func sessionID() throws {
        let longest = try Codec.parse(hello(sessionID: Codec.filler(32)), ServerHello.parse)
        #expect(longest.legacySessionIDEcho.count == 32)
        #expect(throws: DecodeError(.lengthOutOfRange, "legacy_session_id_echo")) {
            try Codec.parse(hello(sessionID: Codec.filler(33)), ServerHello.parse)
        }
    }

    @Test("RFC 5246 §7.4.1.3: a ServerHello of an older version may have no extensions, or few")
    func olderVersions() throws {
        #expect(try Codec.parse(hello(rest: []), ServerHello.parse).extensions == ExtensionBlock())
        #expect(try Codec.parse(hello(rest: [0, 0]), ServerHello.parse).extensions == ExtensionBlock())
        let few = try Codec.parse(hello(rest: [0, 5, 0xff, 1, 0, 1, 0]), ServerHello.parse)
        #expect(few.extensions.types == [.renegotiationInfo])
        #expect(throws: DecodeError(.truncated, "extensions")) {
            try Codec.parse(hello(rest: [0]), ServerHello.parse)
        }
    }

    @Test("Values that the handshake must judge survive parsing")
    func values() throws {
        let bytes: [UInt8] = [2, 0] + Codec.filler(32) + [0, 0x0a, 0x0a, 7]
        let parsed = try Codec.parse(bytes, ServerHello.parse)
        #expect(parsed.legacyVersion.rawValue == 0x0200)
        #expect(parsed.cipherSuite.rawValue == 0x0a0a)
        #expect(parsed.legacyCompressionMethod == 7)
    }

    @Test("A ServerHello outside the bounds is not written, and the error names the field")
    func writing() {
        var hello = Samples.serverHello
        hello.random = []
        #expect(throws: DecodeError(.lengthOutOfRange, "random")) { try hello.message() }
        hello = Samples.serverHello
        hello.legacySessionIDEcho = Codec.filler(33)
        #expect(throws: DecodeError(.lengthOutOfRange, "legacy_session_id_echo")) { try hello.message() }
    }
}
