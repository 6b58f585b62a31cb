// ServerSessionCodec.swift — a session as the octets inside a ticket; strict in what it takes back.
// RFC 8446 §3 for the notation; RFC 5077 §4 for what belongs into a ticket.
// Next: TicketKey.swift.

internal import Certificates
package import CryptoGlue
package import WireFormat

/// Writes and reads the plaintext of tickets:
///
///     struct {
///         uint8 form = 2;                       // the kind and the version of this form
///         opaque binding[32];
///         ProtocolVersion version;
///         CipherSuite cipher_suite;
///         uint64 created_at, authenticated_at;  // seconds since 1970
///         uint32 lifetime;                      // seconds, 1 to 604800
///         uint32 age_add;
///         uint32 max_early_data_size;
///         uint64 replay_guard;
///         opaque server_name<0..255>;           // empty for none
///         opaque alpn_protocol<0..255>;         // empty for none
///         SignatureScheme peer_signature_scheme; // 0 for none
///         NamedGroup group;                     // 0 for none
///         uint8 flags;                          // 1: extended_master_secret, 2: encrypt_then_mac
///         uint8 peer_certificates;              // so many of `certificates`, from the first
///         opaque validated_path<0..255>;        // indices into `certificates`
///         opaque certificates<0..2^16-1>;       // each as opaque der<1..2^24-1>, each once
///         opaque raw_public_key<0..2^16-1>;     // SubjectPublicKeyInfo; empty for none
///         opaque secret<0..255>;
///     } TicketPlaintext;
///
/// A certificate that stands in the path and among those that the client sent is written once.
package enum ServerSessionCodec {
    /// Octets of plaintext a ticket has at most. The client sends the ticket back in its ClientHello, and what is longer
    /// than a few kilobytes does not reach every server; a session with more is kept in a cache, or not at all.
    package static let longest = 8 * 1024

    private static let form: UInt8 = 2
    private static let bindingLength = 32
    /// 9999-12-31T23:59:59Z, as far as certificates reach (RFC 5280 §4.1.2.5).
    private static let latest: UInt64 = 253_402_300_799
    private static let extendedMasterSecret: UInt8 = 1
    private static let encryptThenMAC: UInt8 = 2

    // MARK: Writing

    /// The plaintext, with room for a header before it and a tag behind it. The secret is nowhere but in memory that is
    /// wiped.
    ///
    /// - Throws: `DecodeError` for a session that this form cannot hold; `.lengthOutOfRange` of `TicketPlaintext` for one
    ///   that is too long for a ticket.
    package static func encode(
        _ session: ServerSession, header: Int = 0, trailer: Int = 0
    ) throws(DecodeError) -> SecretBytes {
        try assemble(encodeFacts(session.facts), session.secret, header, trailer)
    }

    private static func assemble(
        _ facts: [UInt8], _ secret: borrowing SecretBytes, _ header: Int, _ trailer: Int
    ) throws(DecodeError) -> SecretBytes {
        guard let length = UInt8(exactly: secret.count), facts.count + 1 + secret.count <= longest else {
            throw DecodeError(.lengthOutOfRange, "TicketPlaintext")
        }
        var encoded = SecretBytes(count: header + facts.count + 1 + secret.count + trailer)
        let source = secret.bytes
        var octets = encoded.mutableBytes
        octets.copy(facts.span, at: header)
        octets[header + facts.count] = length
        octets.copy(source, at: header + facts.count + 1)
        return encoded
    }

    private static func encodeFacts(_ facts: ServerSession.Facts) throws(DecodeError) -> [UInt8] {
        var writer = WireWriter(reservingCapacity: 256)
        writer.uint8(form)
        writer.fixed(facts.binding, bindingLength, "binding")
        writer.uint16(facts.version.rawValue)
        writer.uint16(facts.cipherSuite.rawValue)
        for time in [facts.createdAt, facts.authenticatedAt] {
            guard (0...Int64(latest)).contains(time.seconds) else { throw DecodeError(.valueOutOfRange, "created_at") }
            write64(UInt64(time.seconds), to: &writer)
        }
        writer.uint32(facts.lifetime)
        writer.uint32(facts.ageAdd)
        writer.uint32(facts.maxEarlyDataSize)
        write64(facts.replayGuard, to: &writer)
        writer.vector8("server_name") { $0.bytes(Array((facts.serverName ?? "").utf8)) }
        writer.vector8("alpn_protocol") { $0.bytes(Array((facts.alpnProtocol ?? "").utf8)) }
        writer.uint16(facts.peerSignatureScheme?.rawValue ?? 0)
        writer.uint16(facts.group?.rawValue ?? 0)
        writer.uint8(
            (facts.usesExtendedMasterSecret ? extendedMasterSecret : 0)
                | (facts.usesEncryptThenMAC ? encryptThenMAC : 0))
        try writeCertificates(of: facts, to: &writer)
        writer.vector16("raw_public_key") { $0.bytes(facts.peerRawPublicKey?.derEncoded ?? []) }
        return try writer.finish()
    }

    private static func writeCertificates(
        of facts: ServerSession.Facts, to writer: inout WireWriter
    ) throws(DecodeError) {
        var certificates = facts.peerCertificates
        var path: [UInt8] = []
        for certificate in facts.validatedPath {
            let index = certificates.firstIndex(of: certificate) ?? certificates.count
            if index == certificates.count { certificates.append(certificate) }
            guard let octet = UInt8(exactly: index) else { throw DecodeError(.lengthOutOfRange, "TicketPlaintext") }
            path.append(octet)
        }
        guard let count = UInt8(exactly: facts.peerCertificates.count),
            // Before anything is written: somebody's long chain costs no memory here.
            certificates.reduce(0, { $0 + $1.derEncoded.count + 3 }) <= longest
        else { throw DecodeError(.lengthOutOfRange, "TicketPlaintext") }
        writer.uint8(count)
        writer.vector8("validated_path") { $0.bytes(path) }
        writer.vector16("certificates") { list in
            for certificate in certificates {
                list.vector24("der", 1...0xff_ffff) { $0.bytes(certificate.derEncoded) }
            }
        }
    }

    private static func write64(_ value: UInt64, to writer: inout WireWriter) {
        writer.uint32(UInt32(truncatingIfNeeded: value >> 32))
        writer.uint32(UInt32(truncatingIfNeeded: value))
    }

    // MARK: Reading

    /// Reads what `encode` has written, and nothing else: what is taken would be written the same way again.
    ///
    /// - Throws: `DecodeError` naming the first field that is not as it should be.
    package static func decode(_ octets: Span<UInt8>) throws(DecodeError) -> ServerSession {
        guard octets.count <= longest else { throw DecodeError(.lengthOutOfRange, "TicketPlaintext") }
        var reader = WireReader(octets)
        try require(try reader.uint8("form") == form, "form")
        let binding = try reader.array(bindingLength, "binding")
        let version = try ProtocolVersion(rawValue: reader.uint16("version"))
        let suite = try CipherSuite(rawValue: reader.uint16("cipher_suite"))
        let createdAt = try time(&reader, "created_at")
        let authenticatedAt = try time(&reader, "authenticated_at")
        var facts = ServerSession.Facts(
            version: version, cipherSuite: suite, createdAt: createdAt, authenticatedAt: authenticatedAt,
            binding: binding, lifetime: try reader.uint32("lifetime"))
        facts.ageAdd = try reader.uint32("age_add")
        facts.maxEarlyDataSize = try reader.uint32("max_early_data_size")
        facts.replayGuard = try uint64(&reader, "replay_guard")
        facts.serverName = try text(&reader, "server_name")
        facts.alpnProtocol = try text(&reader, "alpn_protocol")
        let scheme = try reader.uint16("peer_signature_scheme")
        facts.peerSignatureScheme = scheme == 0 ? nil : SignatureScheme(rawValue: scheme)
        let group = try reader.uint16("group")
        facts.group = group == 0 ? nil : NamedGroup(rawValue: group)
        let flags = try reader.uint8("flags")
        facts.usesExtendedMasterSecret = flags & extendedMasterSecret != 0
        facts.usesEncryptThenMAC = flags & encryptThenMAC != 0
        try readCertificates(&reader, into: &facts)
        facts.peerRawPublicKey = try rawPublicKey(&reader)
        let secretLength = Int(try reader.uint8("secret"))
        let secret = SecretBytes(copying: try reader.bytes(secretLength, "secret"))
        try reader.end("TicketPlaintext")

        try require(flags <= extendedMasterSecret | encryptThenMAC, "flags")
        try check(facts, secretLength: secretLength)
        return ServerSession(facts, secret: secret)
    }

    /// What no session of ours is without.
    private static func check(_ facts: ServerSession.Facts, secretLength: Int) throws(DecodeError) {
        try require(secretLength == self.secretLength(facts.version, facts.cipherSuite), "secret")
        try require((1...ServerSession.longestLifetime).contains(facts.lifetime), "lifetime")
        try require(facts.authenticatedAt <= facts.createdAt, "authenticated_at")
        try require(
            facts.peerRawPublicKey == nil || facts.peerCertificates.isEmpty && facts.validatedPath.isEmpty,
            "raw_public_key")
        try require(facts.version < .tls13 || !facts.usesExtendedMasterSecret && !facts.usesEncryptThenMAC, "flags")
        try require(facts.version == .tls13 || facts.ageAdd == 0 && facts.maxEarlyDataSize == 0, "age_add")
        try require((facts.maxEarlyDataSize == 0) == (facts.replayGuard == 0), "replay_guard")
    }

    private static func readCertificates(
        _ reader: inout WireReader, into facts: inout ServerSession.Facts
    ) throws(DecodeError) {
        let count = Int(try reader.uint8("peer_certificates"))
        var indices = try reader.vector8("validated_path")
        var list = try reader.vector16("certificates")
        var certificates: [Certificate] = []
        while !list.isEmpty {
            var der = try list.vector24("der", 1...0xff_ffff)
            do throws(CertificateError) { certificates.append(try Certificate(derEncoded: der.restAsArray())) } catch {
                throw DecodeError(.valueOutOfRange, "der")
            }
        }
        try require(count <= certificates.count, "peer_certificates")
        facts.peerCertificates = Array(certificates[..<count])
        // In the order of the path, each that the client did not send comes where it is first needed.
        var next = count
        while !indices.isEmpty {
            let index = Int(try indices.uint8("validated_path"))
            try require(index < certificates.count && index <= next, "validated_path")
            try require(certificates.firstIndex(of: certificates[index]) == index, "validated_path")
            if index == next { next += 1 }
            facts.validatedPath.append(certificates[index])
        }
        try require(next == certificates.count, "certificates")
    }

    /// nil for an empty one.
    private static func rawPublicKey(_ reader: inout WireReader) throws(DecodeError) -> RawPublicKey? {
        var vector = try reader.vector16("raw_public_key")
        guard !vector.isEmpty else { return nil }
        do throws(CertificateError) { return try RawPublicKey(derEncoded: vector.restAsArray()) } catch {
            throw DecodeError(.valueOutOfRange, "raw_public_key")
        }
    }

    /// How long the secret of a session is; nil for a version or suite that no session of ours has.
    private static func secretLength(_ version: ProtocolVersion, _ suite: CipherSuite) -> Int? {
        switch version {
        case .tls13: TLS13Suite(suite)?.hash.digestLength
        // RFC 5246 §8.1: the master secret.
        case .ssl30, .tls10, .tls11, .tls12: TLS12Suite.suite(suite, in: version) == nil ? nil : 48
        default: nil
        }
    }

    // MARK: Fields

    private static func require(_ condition: Bool, _ field: String) throws(DecodeError) {
        guard condition else { throw DecodeError(.valueOutOfRange, field) }
    }

    private static func uint64(_ reader: inout WireReader, _ field: String) throws(DecodeError) -> UInt64 {
        UInt64(try reader.uint32(field)) << 32 | UInt64(try reader.uint32(field))
    }

    private static func time(_ reader: inout WireReader, _ field: String) throws(DecodeError) -> UnixTime {
        let seconds = try uint64(&reader, field)
        try require(seconds <= latest, field)
        return UnixTime(seconds: Int64(seconds))
    }

    /// nil for an empty one.
    private static func text(_ reader: inout WireReader, _ field: String) throws(DecodeError) -> String? {
        var vector = try reader.vector8(field)
        guard !vector.isEmpty else { return nil }
        guard let text = String(validating: vector.restAsArray(), as: UTF8.self) else {
            throw DecodeError(.valueOutOfRange, field)
        }
        return text
    }
}
