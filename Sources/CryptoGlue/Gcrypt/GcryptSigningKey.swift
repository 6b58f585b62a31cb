// GcryptSigningKey.swift — the private halves behind SigningKey.
// RFC 8446 §4.4.3.
// Next: GcryptProvider.swift.

import WireFormat

/// A checked private key. Its secrets are only read, so many threads may sign at once.
enum GcryptSigningKey: ~Copyable, Sendable {
    case rsa(GcryptRSAPrivateKey)
    case ec(GcryptECDSAPrivateKey)
    case edwards(GcryptEdDSAPrivateKey)

    init(_ material: consuming PrivateKeyMaterial) throws(CryptoError) {
        switch consume material {
        case .rsa(
            let modulus, let publicExponent, let privateExponent, let prime1, let prime2, let restrictedToPSS,
            let restriction):
            let key = try GcryptRSAPrivateKey(
                publicNumbers: GcryptRSAPublicKey(modulus: modulus, exponent: publicExponent),
                privateExponent: privateExponent, prime1: prime1, prime2: prime2,
                use: restrictedToPSS ? .pss(restriction) : .any)
            self = .rsa(key)
        case .ec(let curve, let scalar): self = .ec(try GcryptECDSAPrivateKey(curve, scalar: scalar))
        case .ed25519(let seed): self = .edwards(try GcryptEdDSAPrivateKey(.ed25519, seed: seed))
        case .ed448(let seed): self = .edwards(try GcryptEdDSAPrivateKey(.ed448, seed: seed))
        }
    }

    var publicKey: PublicKey {
        switch self {
        case .rsa(let key): key.publicKey
        case .ec(let key): key.publicKey
        case .edwards(let key): key.publicKey
        }
    }

    func sign(_ message: Span<UInt8>, using algorithm: SignatureAlgorithm) throws(CryptoError) -> [UInt8] {
        switch self {
        case .rsa(let key): try key.sign(message, using: algorithm)
        case .ec(let key): try key.sign(message, using: algorithm)
        case .edwards(let key): try key.sign(message, using: algorithm)
        }
    }

    /// As handshakes before TLS 1.2 sign: RSA over MD5 and SHA-1, ECDSA over SHA-1.
    func signLegacy(_ digest: [UInt8]) throws(CryptoError) -> [UInt8] {
        switch self {
        case .rsa(let key): try key.sign(digest: digest)
        case .ec(let key): try key.sign(digest: digest)
        case .edwards: throw .unsupported("a signature before TLS 1.2 with an Edwards key")
        }
    }

    func decryptPremasterSecret(
        _ encrypted: Span<UInt8>, version: ProtocolVersion, random: any RandomSource
    ) throws(CryptoError) -> SecretBytes {
        switch self {
        case .rsa(let key): try key.decryptPremasterSecret(encrypted, version: version, random: random)
        case .ec: throw .unsupported("decryption with an EC key")
        case .edwards: throw .unsupported("decryption with an Edwards key")
        }
    }
}
