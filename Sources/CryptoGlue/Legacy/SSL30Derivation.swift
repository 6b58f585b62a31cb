// SSL30Derivation.swift — how SSL 3.0 derives the master secret and the key block.
// RFC 6101 §6.1, §6.2.2.
// Next: SSL30MAC.swift.

internal import WireFormat

/// MD5(secret + SHA('A' + secret + seed)) + MD5(secret + SHA('BB' + secret + seed)) + …, stateless; safe from any thread.
package enum SSL30Derivation {
    /// 26 letters give so many bytes.
    package static let longestOutput = 26 * 16

    /// The first `length` bytes.
    ///
    /// - Throws: ``CryptoError/lengthOutOfRange(_:)`` for a negative length or one over ``longestOutput``.
    package static func derive(
        _ use: LegacyUse, secret: Span<UInt8>, seed: Span<UInt8>, length: Int
    ) throws(CryptoError) -> SecretBytes {
        guard length >= 0, length <= longestOutput else {
            throw .lengthOutOfRange("SSL 3.0 derives at most \(longestOutput) bytes, not \(length)")
        }
        var output = SecretBytes(count: length)
        var filled = 0
        var round = 0
        while filled < length {
            let label = [UInt8](repeating: UInt8(ascii: "A") + UInt8(round), count: round + 1)
            var inner = try GcryptHash(.sha1)
            inner.update(label.span)
            inner.update(secret)
            inner.update(seed)
            let digest = try secretDigest(inner, .sha1)
            var outer = try GcryptHash(.md5)
            outer.update(secret)
            outer.update(digest.bytes)
            let block = try secretDigest(outer, .md5)
            let taken = min(block.count, length - filled)
            append(block.bytes.extracting(first: taken), to: &output, at: filled)
            filled += taken
            round += 1
        }
        return output
    }

    private static func secretDigest(
        _ hash: borrowing GcryptHash, _ algorithm: LegacyHashAlgorithm
    ) throws(CryptoError) -> SecretBytes {
        var digest = SecretBytes(count: algorithm.digestLength)
        var bytes = digest.mutableBytes
        try hash.snapshot(into: &bytes)
        return digest
    }

    private static func append(_ bytes: Span<UInt8>, to output: inout SecretBytes, at offset: Int) {
        var target = output.mutableBytes
        target.copy(bytes, at: offset)
    }
}
