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

    /// A backend that calls itself by this name.
    package init(
        name: String, version: String, cipherSuites: [CipherSuite], groups: [NamedGroup],
        signatureSchemes: [SignatureScheme], random: any RandomSource
    ) {
        self.name = name
        self.version = version
        self.cipherSuites = cipherSuites
        self.groups = groups
        self.signatureSchemes = signatureSchemes
        self.random = random
    }

    /// The libgcrypt provider. Starts libgcrypt, once a process, in a thread-safe way.
    ///
    /// - Throws: ``CryptoError/backendTooOld(found:required:)``.
    public static func gcrypt(random: any RandomSource = SystemRandom()) throws(CryptoError) -> CryptoProvider {
        // First: asking what there is presupposes a started library.
        let version = try GcryptStartup.version()
        return CryptoProvider(
            name: "libgcrypt",
            version: version,
            cipherSuites: GcryptProvider.cipherSuites(),
            groups: GcryptProvider.groups(),
            signatureSchemes: GcryptProvider.signatureSchemes(),
            random: random
        )
    }
}
