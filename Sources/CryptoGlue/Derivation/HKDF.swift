// HKDF.swift — extract-and-expand key derivation over HMAC.
// RFC 5869; RFC 8446 §7.1.
// Next: PRF.swift.

import WireFormat

/// HKDF, stateless; safe from any thread.
public enum HKDF {
    /// Concentrates the entropy of `inputKeyMaterial` into a key of `digestLength` bytes. An empty salt stands for
    /// `digestLength` zero bytes (RFC 5869 §2.2).
    ///
    /// - Throws: as ``HMAC/init(_:key:)``.
    public static func extract(
        _ hash: HashAlgorithm, salt: Span<UInt8>, inputKeyMaterial: Span<UInt8>
    ) throws(CryptoError) -> SecretBytes {
        // HMAC pads its key with zeros to the block length, so an empty key equals a key of zeros.
        try HMAC.authenticate(hash, key: salt, inputKeyMaterial)
    }

    /// Derives `length` bytes, 0 to 255 × `digestLength`, from `secret` for the purpose named by `info`.
    ///
    /// - Throws: ``CryptoError/lengthOutOfRange(_:)``; otherwise as ``HMAC/init(_:key:)``.
    public static func expand(
        _ hash: HashAlgorithm, secret: Span<UInt8>, info: Span<UInt8>, length: Int
    ) throws(CryptoError) -> SecretBytes {
        // RFC 5869 §2.3: L ≤ 255 × HashLen, for the counter is one octet.
        guard length >= 0, length <= 255 * hash.digestLength else {
            throw .lengthOutOfRange("HKDF output of \(length) bytes, at most \(255 * hash.digestLength)")
        }
        var mac = try GcryptMAC(hash, key: secret)
        var output = SecretBytes(count: length)
        var block = SecretBytes(count: hash.digestLength)
        var filled = 0
        var counter: UInt8 = 0
        while filled < length {
            // RFC 5869 §2.3: T(i) = HMAC(PRK, T(i-1) | info | i), T(0) empty.
            if counter > 0 { mac.update(block.bytes) }
            counter += 1
            let suffix: InlineArray<1, UInt8> = [counter]
            mac.update(info)
            mac.update(suffix.span)
            try finalize(&mac, into: &block)
            let taken = min(hash.digestLength, length - filled)
            append(block.bytes.extracting(first: taken), to: &output, at: filled)
            filled += taken
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
