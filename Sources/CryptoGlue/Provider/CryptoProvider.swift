// CryptoProvider.swift — the value a configuration carries: what the backend can do, and where randomness comes from.
// RFC 8446 App. B.3.1.3, B.3.1.4, B.4.
// Next: HashFunction.swift.

public import WireFormat

/// A cryptographic backend as a value. Nothing about it is global; two configurations may carry different ones.
public struct CryptoProvider: Sendable {
    /// The backend's name, `libgcrypt`.
    public let name: String
    /// The backend's version, as `1.10.1`.
    public let version: String
    /// The cipher suites the backend can do, best first.
    public let cipherSuites: [CipherSuite]
    /// The key exchange groups the backend can do, best first.
    public let groups: [NamedGroup]
    /// The signature schemes the backend can sign and verify with, best first.
    public let signatureSchemes: [SignatureScheme]
    /// Where private keys, nonces and hello randoms come from.
    public let random: any RandomSource

    /// The libgcrypt provider. Starts libgcrypt, once a process, in a thread-safe way.
    ///
    /// - Throws: ``CryptoError/backendTooOld(found:required:)``.
    public static func gcrypt(random: any RandomSource = SystemRandom()) throws(CryptoError) -> CryptoProvider {
        try CryptoProvider(
            name: "libgcrypt",
            version: GcryptStartup.version(),
            cipherSuites: [
                .tlsAES128GCMSHA256, .tlsAES256GCMSHA384, .tlsChaCha20Poly1305SHA256, .tlsAES128CCMSHA256,
                .tlsAES128CCM8SHA256,
            ],
            groups: [
                .x25519, .secp256r1, .secp384r1, .secp521r1, .x448, .ffdhe2048, .ffdhe3072, .ffdhe4096,
            ],
            signatureSchemes: [
                .ed25519, .ecdsaSecp256r1SHA256, .ecdsaSecp384r1SHA384, .ecdsaSecp521r1SHA512, .ed448,
                .rsaPSSRSAESHA256, .rsaPSSRSAESHA384, .rsaPSSRSAESHA512,
                .rsaPSSPSSSHA256, .rsaPSSPSSSHA384, .rsaPSSPSSSHA512,
                .rsaPKCS1SHA256, .rsaPKCS1SHA384, .rsaPKCS1SHA512,
            ],
            random: random
        )
    }
}
