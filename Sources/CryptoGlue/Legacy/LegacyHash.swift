// LegacyHash.swift — MD5 and SHA-1, for the transcripts, signatures and MACs before TLS 1.2.
// RFC 1321; RFC 3174; RFC 6101 §5.6.8, §5.6.9; RFC 2246 §7.4.9.
// Next: LegacyPRF.swift.

internal import WireFormat

/// A hash function that is broken for signatures.
package enum LegacyHashAlgorithm: String, Sendable, Hashable, CaseIterable {
    case md5, sha1

    /// The length of a digest, in bytes: 16 or 20.
    package var digestLength: Int {
        switch self {
        case .md5: 16
        case .sha1: 20
        }
    }

    /// RFC 6101 §5.2.3.1, §5.6.8: how often the octets of pad_1 and pad_2 are repeated: 48 or 40 times.
    var padLength: Int {
        switch self {
        case .md5: 48
        case .sha1: 40
        }
    }

    /// pad_1 of RFC 6101.
    var pad1: [UInt8] { [UInt8](repeating: 0x36, count: padLength) }
    /// pad_2 of RFC 6101.
    var pad2: [UInt8] { [UInt8](repeating: 0x5c, count: padLength) }
}

/// MD5 and SHA-1 over the same bytes, as handshakes before TLS 1.2 need them, with snapshots.
///
/// A value belongs to one task at a time; it may be sent to another.
package struct LegacyHash: ~Copyable, Sendable {
    /// The length of MD5 followed by SHA-1, in bytes.
    package static let digestLength = 36

    private var md5: GcryptHash
    private var sha1: GcryptHash

    /// Hashes of nothing.
    ///
    /// - Throws: ``CryptoError/backend(operation:code:)``, also when the backend has no MD5, as in FIPS mode.
    package init(_ use: LegacyUse) throws(CryptoError) {
        let first = try GcryptHash(.md5)
        let second = try GcryptHash(.sha1)
        md5 = first
        sha1 = second
    }

    /// Adds bytes to both.
    package mutating func update(_ bytes: Span<UInt8>) {
        md5.update(bytes)
        sha1.update(bytes)
    }

    /// MD5 of everything so far, and SHA-1 of it: 36 bytes. Both go on.
    package func snapshot() throws(CryptoError) -> [UInt8] { try md5.snapshot() + sha1.snapshot() }

    /// RFC 6101 §5.6.8, §5.6.9: hash(master_secret + pad_2 + hash(handshake_messages + sender + master_secret + pad_1)) with
    /// MD5 and with SHA-1: 36 bytes.
    ///
    /// - Parameter sender: who finishes; empty for a CertificateVerify.
    package func ssl30Hash(sender: [UInt8], master: Span<UInt8>) throws(CryptoError) -> SecretBytes {
        var result = SecretBytes(count: LegacyHash.digestLength)
        try LegacyHash.ssl30Hash(md5, .md5, sender, master, into: &result, at: 0)
        try LegacyHash.ssl30Hash(sha1, .sha1, sender, master, into: &result, at: LegacyHashAlgorithm.md5.digestLength)
        return result
    }

    private static func ssl30Hash(
        _ messages: borrowing GcryptHash, _ algorithm: LegacyHashAlgorithm, _ sender: [UInt8], _ master: Span<UInt8>,
        into result: inout SecretBytes, at offset: Int
    ) throws(CryptoError) {
        let (pad1, pad2) = (algorithm.pad1, algorithm.pad2)
        var inner = try messages.copy()
        inner.update(sender.span)
        inner.update(master)
        inner.update(pad1.span)
        var digest = SecretBytes(count: algorithm.digestLength)
        var bytes = digest.mutableBytes
        try inner.snapshot(into: &bytes)
        var outer = try GcryptHash(algorithm)
        outer.update(master)
        outer.update(pad2.span)
        outer.update(digest.bytes)
        var target = result.mutableBytes
        try outer.snapshot(into: &target, at: offset)
    }
}
