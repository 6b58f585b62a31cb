// MessagesClientHelloTests.swift — ClientHello: RFC 8448's octets and every bound.
// RFC 8446 §4.1.2; RFC 8448 §3, §4.
// Next: MessagesServerHelloTests.swift.

import Handshake
import TestSupport
import Testing
import WireFormat

@Suite("Messages: ClientHello")
struct MessagesClientHelloTests {
    /// RFC 8448 §3, the ClientHello with its header.
    static let simple =
        "010000c00303cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7000006130113031302010000910000"
        + "000b0009000006736572766572ff01000100000a00140012001d0017001800190100010101020103010400230000003300260024"
        + "001d002099381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c002b0003020304000d0020001e040305"
        + "030603020308040805080604010501060102010402050206020202002d00020101001c00024001"

    @Test("RFC 8448 §3: the ClientHello parses to its fields and is written to the same octets")
    func simpleHandshake() throws {
        let encoded = try #require(Hex.decode(Self.simple))
        let hello = try Codec.parse(Array(encoded.dropFirst(4)), ClientHello.parse)
        #expect(hello.legacyVersion == .tls12)
        #expect(Hex.encode(hello.random) == "cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7")
        #expect(hello.legacySessionID == [])
        #expect(hello.cipherSuites == [.tlsAES128GCMSHA256, .tlsChaCha20Poly1305SHA256, .tlsAES256GCMSHA384])
        #expect(hello.legacyCompressionMethods == [0])
        #expect(
            hello.extensions.types == [
                .serverName, .renegotiationInfo, .supportedGroups, .sessionTicket, .keyShare, .supportedVersions,
                .signatureAlgorithms, .pskKeyExchangeModes, .recordSizeLimit,
            ])
        #expect(try hello.message() == HandshakeMessage(type: .clientHello, encoded: encoded))
    }

    @Test("RFC 8448 §3: the ClientHello's extensions parse to their values")
    func simpleExtensions() throws {
        let encoded = try #require(Hex.decode(Self.simple))
        let extensions = try Codec.parse(Array(encoded.dropFirst(4)), ClientHello.parse).extensions
        func value<Value>(
            _ type: ExtensionType, _ parse: (Span<UInt8>) throws(DecodeError) -> Value
        ) throws -> Value {
            try Codec.parse(try #require(extensions.body(of: type)), parse)
        }
        #expect(try value(.serverName, ServerNameExtension.parseClientHello) == Array("server".utf8))
        #expect(
            try value(.supportedGroups, SupportedGroupsExtension.parseClientHello) == [
                .x25519, .secp256r1, .secp384r1, .secp521r1, .ffdhe2048, .ffdhe3072, .ffdhe4096,
                NamedGroup(rawValue: 0x0103), NamedGroup(rawValue: 0x0104),
            ])
        let shares = try value(.keyShare, KeyShareExtension.parseClientHello)
        #expect(shares.map(\.group) == [.x25519])
        #expect(
            shares.map { Hex.encode($0.keyExchange) } == [
                "99381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c"
            ])
        #expect(try value(.supportedVersions, SupportedVersionsExtension.parseClientHello) == [.tls13])
        let schemes = try value(.signatureAlgorithms, SignatureAlgorithmsExtension.parseClientHello)
        #expect(schemes.count == 15)
        #expect(schemes.first == .ecdsaSecp256r1SHA256)
        #expect(try value(.pskKeyExchangeModes, PSKKeyExchangeModesExtension.parseClientHello) == [.pskDHEKE])
    }

    /// A ClientHello body, each vector as given and without any bounds.
    private func hello(
        sessionID: [UInt8] = [], suites: [UInt8] = [0x13, 0x01], compression: [UInt8] = [0], rest: [UInt8] = [0, 0]
    ) -> [UInt8] {
        [3, 3] + Codec.filler(32) + Codec.vector(1, sessionID) + Codec.vector(2, suites)
            + Codec.vector(1, compression) + rest
    }

    @Test("RFC 8446 §4.1.2: legacy_session_id has 0 to 32 octets")
    func sessionID() throws {
        for count in 0...32 {
            let parsed = try Codec.parse(hello(sessionID: Codec.filler(count)), ClientHello.parse)
            #expect(parsed.legacySessionID.count == count)
        }
        for count in [33, 64, 255] {
            #expect(throws: DecodeError(.lengthOutOfRange, "legacy_session_id")) {
                try Codec.parse(hello(sessionID: Codec.filler(count)), ClientHello.parse)
            }
        }
    }

    @Test("RFC 8446 §4.1.2: cipher_suites has 2 to 2^16-2 octets, two for each suite")
    func cipherSuites() throws {
        let longest = try Codec.parse(hello(suites: Codec.filler(65534)), ClientHello.parse)
        #expect(longest.cipherSuites.count == 32767)
        for count in [0, 1, 3, 65533, 65535] {
            #expect(throws: DecodeError(.lengthOutOfRange, "cipher_suites")) {
                try Codec.parse(hello(suites: Codec.filler(count)), ClientHello.parse)
            }
        }
    }

    @Test(
        "RFC 8446 §4.1.2: legacy_compression_methods has at least one octet; what it says is the handshake's to judge")
    func compression() throws {
        #expect(throws: DecodeError(.lengthOutOfRange, "legacy_compression_methods")) {
            try Codec.parse(hello(compression: []), ClientHello.parse)
        }
        let parsed = try Codec.parse(hello(compression: [1, 0]), ClientHello.parse)
        #expect(parsed.legacyCompressionMethods == [1, 0])
    }

    @Test("RFC 8446 §4.1.2: a hello of an older version may have no extensions, or few")
    func olderVersions() throws {
        #expect(try Codec.parse(hello(rest: []), ClientHello.parse).extensions == ExtensionBlock())
        #expect(try Codec.parse(hello(rest: [0, 0]), ClientHello.parse).extensions == ExtensionBlock())
        let few = try Codec.parse(hello(rest: [0, 4, 0, 23, 0, 0]), ClientHello.parse)
        #expect(few.extensions.types == [.extendedMasterSecret])
        #expect(throws: DecodeError(.truncated, "extensions")) {
            try Codec.parse(hello(rest: [0]), ClientHello.parse)
        }
    }

    @Test("RFC 8446 §4.1.2: the extensions of a TLS 1.3 hello have at least 8 octets")
    func smallBlock() throws {
        let seven: [UInt8] = [0, 7, 0, 43, 0, 3, 2, 3, 4]
        #expect(throws: DecodeError(.lengthOutOfRange, "extensions")) {
            try Codec.parse(hello(rest: seven), ClientHello.parse)
        }
        let eleven: [UInt8] = [0, 11, 0, 43, 0, 3, 2, 3, 4, 0, 21, 0, 0]
        #expect(try Codec.parse(hello(rest: eleven), ClientHello.parse).extensions.list.count == 2)
    }

    @Test("A hello outside the bounds is not written, and the error names the field")
    func writing() {
        var hello = Samples.clientHello
        hello.random = Codec.filler(31)
        #expect(throws: DecodeError(.lengthOutOfRange, "random")) { try hello.message() }
        hello.random = Codec.filler(33)
        #expect(throws: DecodeError(.lengthOutOfRange, "random")) { try hello.message() }
        hello = Samples.clientHello
        hello.legacySessionID = Codec.filler(33)
        #expect(throws: DecodeError(.lengthOutOfRange, "legacy_session_id")) { try hello.message() }
        hello = Samples.clientHello
        hello.cipherSuites = []
        #expect(throws: DecodeError(.lengthOutOfRange, "cipher_suites")) { try hello.message() }
        hello.cipherSuites = [CipherSuite](repeating: .tlsAES128GCMSHA256, count: 32768)
        #expect(throws: DecodeError(.lengthOutOfRange, "cipher_suites")) { try hello.message() }
        hello = Samples.clientHello
        hello.legacyCompressionMethods = []
        #expect(throws: DecodeError(.lengthOutOfRange, "legacy_compression_methods")) { try hello.message() }
        hello = Samples.clientHello
        hello.extensions = ExtensionBlock([RawExtension(type: .supportedVersions, body: [2, 3, 4])])
        #expect(throws: DecodeError(.lengthOutOfRange, "extensions")) { try hello.message() }
    }
}
