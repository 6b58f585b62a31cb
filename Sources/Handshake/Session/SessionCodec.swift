// SessionCodec.swift — a session as octets, for stores that outlive the process; strict in what it takes back.
// RFC 8446 §3 for the notation; RFC 5077 §5.6 for what becomes of a stolen one.
// Next: SessionCodecError.swift.

internal import Certificates
package import CryptoGlue
internal import WireFormat

/// Writes and reads sessions:
///
///     struct {
///         opaque magic[8] = "TLSSESS3";         // the last octet is the version of this form
///         opaque binding[32];
///         ProtocolVersion version;
///         CipherSuite cipher_suite;
///         opaque ticket<0..2^16-1>;
///         opaque session_id<0..32>;
///         uint32 lifetime;                      // 0 for none
///         uint32 age_add;
///         uint8 takes_early_data;
///         uint32 max_early_data_size;
///         uint64 received_at, authenticated_at; // seconds since 1970
///         opaque identity<1..255>;
///         opaque alpn_protocol<0..255>;         // empty for none
///         opaque certificates<0..2^24-1>;       // each as opaque der<1..2^24-1>
///         opaque validated_path<0..2^24-1>;     // the same
///         opaque raw_public_key<0..2^16-1>;     // SubjectPublicKeyInfo; empty for none
///         SignatureScheme peer_signature_scheme; // 0 for none
///         NamedGroup group;                     // 0 for none
///         uint8 uses_extended_master_secret;
///         opaque ocsp_response<0..2^24-1>;      // empty for none
///         opaque secret<0..255>;
///         opaque checksum[32];                  // SHA-256 of all before it
///     } StoredSession;
///
/// The checksum finds damage, not forgery: who can write a stored session can also read it, and has its secret.
package enum SessionCodec {
    /// Octets a stored session has at most: its ticket, and the peer's certificates and path at their largest.
    package static let longest = 512 * 1024

    private static let magic = Array("TLSSESS".utf8)
    private static let version = UInt8(ascii: "3")
    private static let digestLength = 32
    /// 9999-12-31T23:59:59Z, as far as certificates reach (RFC 5280 §4.1.2.5).
    private static let latest: UInt64 = 253_402_300_799

    // MARK: Writing

    /// - Throws: `SessionCodecError.malformed` for a session that this form cannot hold, `.crypto`.
    package static func encode(
        _ session: Session, for binding: SessionBinding
    ) throws(SessionCodecError) -> SecretBytes {
        let facts: [UInt8]
        do throws(DecodeError) { facts = try encodeFacts(of: session, binding) } catch { throw .malformed(error) }
        return try assemble(facts, session.secret)
    }

    /// Joins facts, secret and checksum. The secret is nowhere but in memory that is wiped.
    private static func assemble(
        _ facts: [UInt8], _ secret: borrowing SecretBytes
    ) throws(SessionCodecError) -> SecretBytes {
        let end = facts.count + 1 + secret.count
        guard let length = UInt8(exactly: secret.count), end + digestLength <= longest else {
            throw .malformed(DecodeError(.lengthOutOfRange, "StoredSession"))
        }
        var encoded = SecretBytes(count: end + digestLength)
        let source = secret.bytes
        do {
            var octets = encoded.mutableBytes
            octets.copy(facts.span, at: 0)
            octets[facts.count] = length
            octets.copy(source, at: facts.count + 1)
        }
        let checksum = try self.checksum(of: encoded)
        var octets = encoded.mutableBytes
        octets.copy(checksum.span, at: end)
        return encoded
    }

    private static func encodeFacts(
        of session: Session, _ binding: SessionBinding
    ) throws(DecodeError) -> [UInt8] {
        let facts = session.facts
        var writer = WireWriter()
        writer.bytes(magic)
        writer.uint8(version)
        writer.fixed(binding.digest, digestLength, "binding")
        writer.uint16(facts.version.rawValue)
        writer.uint16(facts.cipherSuite.rawValue)
        writer.vector16("ticket") { $0.bytes(facts.ticket) }
        writer.vector8("session_id", 0...32) { $0.bytes(facts.sessionID) }
        writer.uint32(facts.lifetime ?? 0)
        writer.uint32(facts.ageAdd)
        writer.uint8(facts.maxEarlyDataSize == nil ? 0 : 1)
        writer.uint32(facts.maxEarlyDataSize ?? 0)
        for time in [facts.receivedAt, facts.authenticatedAt] {
            guard (0...Int64(latest)).contains(time.seconds) else { throw DecodeError(.valueOutOfRange, "received_at") }
            writer.uint32(UInt32(truncatingIfNeeded: time.seconds >> 32))
            writer.uint32(UInt32(truncatingIfNeeded: time.seconds))
        }
        writer.vector8("identity", 1...255) { $0.bytes(Array("\(facts.identity)".utf8)) }
        writer.vector8("alpn_protocol") { $0.bytes(Array((facts.alpnProtocol ?? "").utf8)) }
        for certificates in [facts.peerCertificates, facts.validatedPath] {
            writer.vector24("certificates") { list in
                for certificate in certificates {
                    list.vector24("der", 1...0xff_ffff) { $0.bytes(certificate.derEncoded) }
                }
            }
        }
        writer.vector16("raw_public_key") { $0.bytes(facts.peerRawPublicKey?.derEncoded ?? []) }
        writer.uint16(facts.peerSignatureScheme?.rawValue ?? 0)
        writer.uint16(facts.group?.rawValue ?? 0)
        writer.uint8(facts.usesExtendedMasterSecret ? 1 : 0)
        writer.vector24("ocsp_response") { $0.bytes(facts.stapledOCSPResponse ?? []) }
        return try writer.finish()
    }

    // MARK: Reading

    /// Takes back exactly what `encode` wrote for this binding.
    ///
    /// - Throws: `SessionCodecError`, whatever the octets are.
    package static func decode(
        _ encoded: borrowing SecretBytes, for binding: SessionBinding
    ) throws(SessionCodecError) -> Session {
        let octets = encoded.bytes
        guard octets.count <= longest else { throw .malformed(DecodeError(.lengthOutOfRange, "StoredSession")) }
        guard octets.count > magic.count + digestLength,
            Array(copying: octets.extracting(first: magic.count)) == magic
        else { throw .foreign }
        guard octets[magic.count] == version else { throw .unknownVersion(octets[magic.count]) }
        // What was cut short or damaged is found here, before anything in it is looked at.
        let checksum = try self.checksum(of: encoded)
        guard checksum == Array(copying: octets.extracting(last: digestLength)) else { throw .damaged }
        var reader = WireReader(octets.extracting(droppingLast: digestLength))
        do throws(DecodeError) { _ = try reader.bytes(magic.count + 1, "magic") } catch { throw .malformed(error) }
        return try decodeFacts(&reader, binding)
    }

    private static func decodeFacts(
        _ reader: inout WireReader, _ binding: SessionBinding
    ) throws(SessionCodecError) -> Session {
        do {
            guard try reader.array(digestLength, "binding") == binding.digest else {
                throw SessionCodecError.otherBinding
            }
            let version = try ProtocolVersion(rawValue: reader.uint16("version"))
            let suite = try CipherSuite(rawValue: reader.uint16("cipher_suite"))
            let ticket = try vector16(&reader, "ticket")
            let sessionID = try vector8(&reader, "session_id", 0...32)
            let lifetime = try reader.uint32("lifetime")
            let ageAdd = try reader.uint32("age_add")
            let takesEarlyData = try flag(&reader, "takes_early_data")
            let earlyDataSize = try reader.uint32("max_early_data_size")
            let receivedAt = try time(&reader, "received_at")
            let authenticatedAt = try time(&reader, "authenticated_at")
            let identity = try text(&reader, "identity", 1...255)
            let alpnProtocol = try text(&reader, "alpn_protocol", 0...255)
            let certificates = try certificates(&reader, "certificates")
            let path = try self.certificates(&reader, "validated_path")
            let rawPublicKey = try vector16(&reader, "raw_public_key")
            let scheme = try reader.uint16("peer_signature_scheme")
            let group = try reader.uint16("group")
            let usesExtendedMasterSecret = try flag(&reader, "uses_extended_master_secret")
            var ocspResponse = try reader.vector24("ocsp_response")
            let staple = ocspResponse.restAsArray()
            let secretLength = Int(try reader.uint8("secret"))
            let secret = try SecretBytes(copying: reader.bytes(secretLength, "secret"))
            try reader.end("StoredSession")

            try require(secretLength == self.secretLength(version, suite), "secret")
            try require(!ticket.isEmpty || version < .tls13 && !sessionID.isEmpty, "ticket")
            try require(version < .tls13 || sessionID.isEmpty && !usesExtendedMasterSecret, "session_id")
            try require(version == .tls13 || ageAdd == 0 && !takesEarlyData, "age_add")
            try require(takesEarlyData || earlyDataSize == 0, "max_early_data_size")
            try require(rawPublicKey.isEmpty || certificates.isEmpty && path.isEmpty, "raw_public_key")
            try require(lifetime <= Session.longestLifetime, "lifetime")
            try require(authenticatedAt <= receivedAt, "authenticated_at")
            let reference = try ReferenceIdentity(identity)
            // There is one way to write a name.
            try require("\(reference)" == identity, "identity")

            var facts = Session.Facts(
                version: version, cipherSuite: suite, ticket: ticket, receivedAt: receivedAt,
                authenticatedAt: authenticatedAt, identity: reference, peerCertificates: certificates,
                validatedPath: path)
            facts.peerRawPublicKey = rawPublicKey.isEmpty ? nil : try RawPublicKey(derEncoded: rawPublicKey)
            facts.sessionID = sessionID
            facts.lifetime = lifetime == 0 ? nil : lifetime
            facts.ageAdd = ageAdd
            facts.maxEarlyDataSize = takesEarlyData ? earlyDataSize : nil
            facts.alpnProtocol = alpnProtocol.isEmpty ? nil : alpnProtocol
            facts.peerSignatureScheme = scheme == 0 ? nil : SignatureScheme(rawValue: scheme)
            facts.group = group == 0 ? nil : NamedGroup(rawValue: group)
            facts.usesExtendedMasterSecret = usesExtendedMasterSecret
            facts.stapledOCSPResponse = staple.isEmpty ? nil : staple
            return Session(facts, secret: secret)
        } catch let error as SessionCodecError {
            throw error
        } catch let error as DecodeError {
            throw .malformed(error)
        } catch let error as CertificateError {
            throw .certificate(error)
        } catch {
            throw .damaged
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

    private static func vector8(
        _ reader: inout WireReader, _ field: String, _ bounds: ClosedRange<Int>
    ) throws(DecodeError) -> [UInt8] {
        var vector = try reader.vector8(field, bounds)
        return vector.restAsArray()
    }

    private static func vector16(_ reader: inout WireReader, _ field: String) throws(DecodeError) -> [UInt8] {
        var vector = try reader.vector16(field)
        return vector.restAsArray()
    }

    private static func flag(_ reader: inout WireReader, _ field: String) throws(DecodeError) -> Bool {
        let value = try reader.uint8(field)
        try require(value <= 1, field)
        return value == 1
    }

    private static func time(_ reader: inout WireReader, _ field: String) throws(DecodeError) -> UnixTime {
        let seconds = UInt64(try reader.uint32(field)) << 32 | UInt64(try reader.uint32(field))
        try require(seconds <= latest, field)
        return UnixTime(seconds: Int64(seconds))
    }

    private static func text(
        _ reader: inout WireReader, _ field: String, _ bounds: ClosedRange<Int>
    ) throws(DecodeError) -> String {
        let octets = try vector8(&reader, field, bounds)
        guard let text = String(validating: octets, as: UTF8.self) else { throw DecodeError(.valueOutOfRange, field) }
        return text
    }

    private static func certificates(_ reader: inout WireReader, _ field: String) throws -> [Certificate] {
        var list = try reader.vector24(field)
        var certificates: [Certificate] = []
        while !list.isEmpty {
            var der = try list.vector24("der", 1...0xff_ffff)
            certificates.append(try Certificate(derEncoded: der.restAsArray()))
        }
        return certificates
    }

    /// SHA-256 of all but the checksum.
    private static func checksum(of encoded: borrowing SecretBytes) throws(SessionCodecError) -> [UInt8] {
        let octets = encoded.bytes
        do throws(CryptoError) {
            return try HashFunction.digest(.sha256, octets.extracting(droppingLast: digestLength))
        } catch { throw .crypto(error) }
    }
}
