// ServerHello.swift — the server's choice; HelloRetryRequest is the same message with a fixed random.
// RFC 8446 §4.1.3, §4.1.4.
// Next: EncryptedExtensions.swift.

package import WireFormat

package struct ServerHello: Equatable, Sendable {
    /// RFC 8446 §4.1.3: SHA-256 of "HelloRetryRequest"; this random makes a ServerHello a HelloRetryRequest.
    package static let helloRetryRequestRandom: [UInt8] = [
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
        0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
    ]

    package var legacyVersion: ProtocolVersion
    /// 32 octets.
    package var random: [UInt8]
    /// At most 32 octets.
    package var legacySessionIDEcho: [UInt8]
    package var cipherSuite: CipherSuite
    package var legacyCompressionMethod: UInt8
    package var extensions: ExtensionBlock

    package init(
        legacyVersion: ProtocolVersion = .tls12, random: [UInt8], legacySessionIDEcho: [UInt8],
        cipherSuite: CipherSuite, legacyCompressionMethod: UInt8 = 0, extensions: ExtensionBlock
    ) {
        self.legacyVersion = legacyVersion
        self.random = random
        self.legacySessionIDEcho = legacySessionIDEcho
        self.cipherSuite = cipherSuite
        self.legacyCompressionMethod = legacyCompressionMethod
        self.extensions = extensions
    }

    package var isHelloRetryRequest: Bool { random == ServerHello.helloRetryRequestRandom }

    package func message() throws(DecodeError) -> HandshakeMessage {
        try HandshakeMessage(type: .serverHello) { writer in
            writer.uint16(legacyVersion.rawValue)
            writer.fixed(random, 32, "random")
            writer.vector8("legacy_session_id_echo", 0...32) { $0.bytes(legacySessionIDEcho) }
            writer.uint16(cipherSuite.rawValue)
            writer.uint8(legacyCompressionMethod)
            // RFC 5246 §7.4.1.3: a client that sent no extensions may not know that there can be a block of them.
            if !extensions.isEmpty { extensions.write(into: &writer) }
        }
    }

    package static func parse(_ body: Span<UInt8>) throws(DecodeError) -> ServerHello {
        var reader = WireReader(body)
        let legacyVersion = ProtocolVersion(rawValue: try reader.uint16("legacy_version"))
        let random = try reader.array(32, "random")
        var sessionID = try reader.vector8("legacy_session_id_echo", 0...32)
        let suite = CipherSuite(rawValue: try reader.uint16("cipher_suite"))
        let compression = try reader.uint8("legacy_compression_method")
        // RFC 5246 §7.4.1.3: a server of an older version may send no extensions block. The block of a 1.3 server has
        // at least the 6 octets of RFC 8446 §4.1.3, because supported_versions alone takes them.
        let extensions = reader.isEmpty ? ExtensionBlock() : try ExtensionBlock.parse(&reader, "extensions")
        try reader.end("ServerHello")
        return ServerHello(
            legacyVersion: legacyVersion, random: random, legacySessionIDEcho: sessionID.restAsArray(),
            cipherSuite: suite, legacyCompressionMethod: compression, extensions: extensions)
    }
}
