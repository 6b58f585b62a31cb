// LegacyPRF.swift — the pseudorandom function of TLS 1.0 and 1.1.
// RFC 2246 §5; RFC 4346 §5.
// Next: SSL30Derivation.swift.

internal import WireFormat

/// PRF(secret, label, seed) = P_MD5(S1, label + seed) xor P_SHA-1(S2, label + seed), stateless; safe from any thread.
package enum LegacyPRF {
    /// The first `length` bytes of the PRF.
    ///
    /// - Throws: ``CryptoError/lengthOutOfRange(_:)`` for a negative length or one over ``PRF/longestOutput``.
    package static func derive(
        _ use: LegacyUse, secret: Span<UInt8>, label: String, seed: Span<UInt8>, length: Int
    ) throws(CryptoError) -> SecretBytes {
        let label = Array(label.utf8)
        // RFC 2246 §5: two halves, which share the octet in the middle when their number is odd.
        let half = (secret.count + 1) / 2
        var md5 = try GcryptMAC(.md5, key: secret.extracting(first: half))
        var sha1 = try GcryptMAC(.sha1, key: secret.extracting(last: half))
        var output = try PRF.expand(&md5, label, seed: seed, length: length)
        let other = try PRF.expand(&sha1, label, seed: seed, length: length)
        LegacyPRF.combine(&output, other.bytes)
        return output
    }

    private static func combine(_ output: inout SecretBytes, _ other: Span<UInt8>) {
        var bytes = output.mutableBytes
        for index in 0..<other.count { bytes[index] ^= other[index] }
    }
}
