// PRF.swift — the pseudorandom function of TLS 1.2 over HMAC.
// RFC 5246 §5.
// Next: CryptoProvider.swift.

import WireFormat

/// The PRF of TLS 1.2 with the hash of the cipher suite, stateless; safe from any thread.
public enum PRF {
    /// The longest output, in bytes: far more than a key block or an exporter's value needs.
    public static let longestOutput = 65_536

    /// PRF(secret, label, seed) = P_hash(secret, label + seed), the first `length` bytes of it.
    ///
    /// - Throws: ``CryptoError/lengthOutOfRange(_:)`` for a negative length or one over ``longestOutput``; otherwise as
    ///   ``HMAC/init(_:key:)``.
    public static func derive(
        _ hash: HashAlgorithm, secret: Span<UInt8>, label: StaticString, seed: Span<UInt8>, length: Int
    ) throws(CryptoError) -> SecretBytes {
        try derive(hash, secret: secret, labelOctets: Array("\(label)".utf8), seed: seed, length: length)
    }

    /// The same with a label that is known only when the program runs, as exporters have (RFC 5705 §4).
    ///
    /// - Throws: ``CryptoError/lengthOutOfRange(_:)``, as above.
    public static func derive(
        _ hash: HashAlgorithm, secret: Span<UInt8>, label: String, seed: Span<UInt8>, length: Int
    ) throws(CryptoError) -> SecretBytes {
        try derive(hash, secret: secret, labelOctets: Array(label.utf8), seed: seed, length: length)
    }

    private static func derive(
        _ hash: HashAlgorithm, secret: Span<UInt8>, labelOctets label: [UInt8], seed: Span<UInt8>, length: Int
    ) throws(CryptoError) -> SecretBytes {
        var mac = try GcryptMAC(hash, key: secret)
        return try expand(&mac, label, seed: seed, length: length)
    }

    /// P_hash(secret, label + seed) with the MAC under the secret.
    static func expand(
        _ mac: inout GcryptMAC, _ label: [UInt8], seed: Span<UInt8>, length: Int
    ) throws(CryptoError) -> SecretBytes {
        guard length >= 0, length <= longestOutput else {
            throw .lengthOutOfRange("PRF output of \(length) bytes, at most \(longestOutput)")
        }
        var output = SecretBytes(count: length)
        var a = SecretBytes(count: mac.codeLength)
        var block = SecretBytes(count: mac.codeLength)
        // A(1) = HMAC(secret, A(0)), A(0) = label + seed.
        mac.update(label.span)
        mac.update(seed)
        try finalize(&mac, into: &a)
        var filled = 0
        while filled < length {
            // RFC 5246 §5: the next block is HMAC(secret, A(i) + label + seed), and A(i+1) = HMAC(secret, A(i)).
            mac.update(a.bytes)
            mac.update(label.span)
            mac.update(seed)
            try finalize(&mac, into: &block)
            let taken = min(block.count, length - filled)
            append(block.bytes.extracting(first: taken), to: &output, at: filled)
            filled += taken
            guard filled < length else { break }
            mac.update(a.bytes)
            try finalize(&mac, into: &a)
        }
        return output
    }

    private static func finalize(_ mac: inout GcryptMAC, into block: inout SecretBytes) throws(CryptoError) {
        var bytes = block.mutableBytes
        try mac.finalize(into: &bytes)
    }

    private static func append(_ bytes: Span<UInt8>, to output: inout SecretBytes, at offset: Int) {
        var target = output.mutableBytes
        target.copy(bytes, at: offset)
    }
}
