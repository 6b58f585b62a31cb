// SigningKey.swift — private keys that sign.
// RFC 8446 §4.4.3; RFC 8017; RFC 8032.
// Next: RSAEncryptionPadding.swift.

public import WireFormat

/// The parts of a private key as a key file carries them.
public enum PrivateKeyMaterial: ~Copyable, Sendable {
    /// An RSA key; all numbers big-endian. `restrictedToPSS` marks an id-RSASSA-PSS key, `restriction` its parameters.
    case rsa(
        modulus: [UInt8], publicExponent: [UInt8], privateExponent: SecretBytes, prime1: SecretBytes,
        prime2: SecretBytes, restrictedToPSS: Bool, restriction: PSSParameters?)
    /// A scalar of a NIST curve, big-endian.
    case ec(EllipticCurve, scalar: SecretBytes)
    /// The 32 bytes RFC 8032 §5.1.5 calls the private key.
    case ed25519(seed: SecretBytes)
    /// The 57 bytes RFC 8032 §5.2.5 calls the private key.
    case ed448(seed: SecretBytes)
}

/// A private key that signs. Safe to use from any number of threads at once.
public final class SigningKey: Sendable {
    private let key: GcryptSigningKey

    /// The public half, derived from the private one.
    public let publicKey: PublicKey

    /// Takes a private key, derives its public key and checks that its parts belong together.
    ///
    /// - Throws: ``CryptoError/invalidKey(_:)``.
    public init(_ material: consuming PrivateKeyMaterial) throws(CryptoError) {
        let key = try GcryptSigningKey(material)
        publicKey = key.publicKey
        self.key = key
    }

    /// Signs `message`. An ECDSA signature is a DER `Ecdsa-Sig-Value`; an RSA-PSS salt is as long as the digest, as TLS 1.3
    /// has it.
    ///
    /// - Throws: ``CryptoError/unsupported(_:)`` when the algorithm, or another `saltLength`, does not fit the key.
    public func sign(_ message: Span<UInt8>, using algorithm: SignatureAlgorithm) throws(CryptoError) -> [UInt8] {
        try key.sign(message, using: algorithm)
    }

    func signLegacy(_ digest: [UInt8]) throws(CryptoError) -> [UInt8] { try key.signLegacy(digest) }

    /// Decrypts the premaster secret of TLS 1.2's RSA key exchange: 48 bytes, whatever came.
    ///
    /// When `encrypted` is not the right encryption of 48 bytes that begin with `version` — the version of the ClientHello —
    /// the result is random instead, and neither an error nor the time says so (RFC 5246 §7.4.7.1): the handshake goes on
    /// and ends at Finished. RFC 8017's padding is taken off without a branch or an index that depends on it.
    ///
    /// - Throws: ``CryptoError/unsupported(_:)`` for a key that is not rsaEncryption, and what `random` throws; both do
    ///   not depend on `encrypted`.
    public func decryptPremasterSecret(
        _ encrypted: Span<UInt8>, version: ProtocolVersion, random: any RandomSource
    ) throws(CryptoError) -> SecretBytes {
        try key.decryptPremasterSecret(encrypted, version: version, random: random)
    }
}
