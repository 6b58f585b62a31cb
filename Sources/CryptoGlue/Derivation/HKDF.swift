// HKDF.swift — extract-and-expand key derivation over HMAC.
// RFC 5869; RFC 8446 §7.1.
// Next: HMAC.swift.

/// HKDF, stateless; safe from any thread.
public enum HKDF {
    /// Concentrates the entropy of `inputKeyMaterial` into a key of `digestLength` bytes. An empty salt stands for
    /// `digestLength` zero bytes (RFC 5869 §2.2).
    ///
    /// - Throws: as ``HMAC/init(_:key:)``.
    public static func extract(
        _ hash: HashAlgorithm, salt: Span<UInt8>, inputKeyMaterial: Span<UInt8>
    ) throws(CryptoError) -> SecretBytes {
        // An empty HMAC key is padded with zeros to the block length, so it equals a key of zeros.
        try HMAC.authenticate(hash, key: salt, inputKeyMaterial)
    }

    /// Derives `length` bytes, at most 255 × `digestLength`, from `secret` for the purpose named by `info`.
    ///
    /// - Throws: ``CryptoError/lengthOutOfRange(_:)``; otherwise as ``HMAC/init(_:key:)``.
    public static func expand(
        _ hash: HashAlgorithm, secret: Span<UInt8>, info: Span<UInt8>, length: Int
    ) throws(CryptoError) -> SecretBytes {
        throw .unsupported("HKDF")
    }
}
