// ClientHello.swift — the client's offer.
// RFC 8446 §4.1.2.
// Next: ServerHello.swift.

package import WireFormat

package struct ClientHello: Equatable, Sendable {
    package var legacyVersion: ProtocolVersion
    /// 32 octets.
    package var random: [UInt8]
    /// At most 32 octets.
    package var legacySessionID: [UInt8]
    package var cipherSuites: [CipherSuite]
    package var legacyCompressionMethods: [UInt8]
    package var extensions: ExtensionBlock

    package init(
        legacyVersion: ProtocolVersion = .tls12, random: [UInt8], legacySessionID: [UInt8],
        cipherSuites: [CipherSuite], legacyCompressionMethods: [UInt8] = [0], extensions: ExtensionBlock
    ) {
        self.legacyVersion = legacyVersion
        self.random = random
        self.legacySessionID = legacySessionID
        self.cipherSuites = cipherSuites
        self.legacyCompressionMethods = legacyCompressionMethods
        self.extensions = extensions
    }

    package func message() throws(DecodeError) -> HandshakeMessage {
        try HandshakeMessage(type: .clientHello) { writer in
            writer.uint16(legacyVersion.rawValue)
            writer.fixed(random, 32, "random")
            writer.vector8("legacy_session_id", 0...32) { $0.bytes(legacySessionID) }
            writer.vector16("cipher_suites", 2...65534) { $0.codePoints(cipherSuites) }
            writer.vector8("legacy_compression_methods", 1...255) { $0.bytes(legacyCompressionMethods) }
            // RFC 6101 §5.6.1.2: in SSL 3.0 there is no block, not even an empty one.
            guard legacyVersion > .ssl30 || !extensions.isEmpty else { return }
            extensions.write(into: &writer, ClientHello.extensionsBounds(extensions))
        }
    }

    package static func parse(_ body: Span<UInt8>) throws(DecodeError) -> ClientHello {
        var reader = WireReader(body)
        let legacyVersion = ProtocolVersion(rawValue: try reader.uint16("legacy_version"))
        let random = try reader.array(32, "random")
        var sessionID = try reader.vector8("legacy_session_id", 0...32)
        var suites = try reader.vector16("cipher_suites", 2...65534)
        var compression = try reader.vector8("legacy_compression_methods", 1...255)
        // RFC 8446 §4.1.2: a client of an older version may send no extensions block; the version check comes later.
        let blockLength = max(0, reader.remaining - 2)
        let extensions = reader.isEmpty ? ExtensionBlock() : try ExtensionBlock.parse(&reader, "extensions")
        try reader.end("ClientHello")
        guard extensionsBounds(extensions).contains(blockLength) else {
            throw DecodeError(.lengthOutOfRange, "extensions")
        }
        return ClientHello(
            legacyVersion: legacyVersion, random: random, legacySessionID: sessionID.restAsArray(),
            cipherSuites: try suites.codePoints("cipher_suites"),
            legacyCompressionMethods: compression.restAsArray(), extensions: extensions)
    }

    /// RFC 8446 §4.1.2 bounds the block to <8..2^16-1>; RFC 5246 §7.4.1.2, which a hello without supported_versions
    /// follows, to <0..2^16-1>.
    private static func extensionsBounds(_ extensions: ExtensionBlock) -> ClosedRange<Int> {
        extensions.body(of: .supportedVersions) == nil ? 0...65535 : 8...65535
    }
}
