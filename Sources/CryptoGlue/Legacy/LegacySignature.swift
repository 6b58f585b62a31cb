// LegacySignature.swift — signatures of handshakes before TLS 1.2: RSA over MD5 and SHA-1, ECDSA over SHA-1.
// RFC 6101 §5.6.8; RFC 2246 §4.7, §7.4.3, §7.4.8; RFC 4492 §5.4.

internal import WireFormat

/// Which of the two a key makes.
package enum LegacySignature: Sendable, Equatable {
    /// RSA, PKCS #1 block type 1, over MD5 and SHA-1 one after the other, without a DigestInfo.
    case rsa
    /// ECDSA over SHA-1.
    case ecdsa

    /// nil when no version before TLS 1.2 signs with such a key.
    package init?(_ key: PublicKey) {
        switch key {
        case .rsa: self = .rsa
        case .ec: self = .ecdsa
        case .rsaPSS, .ed25519, .ed448: return nil
        }
    }

    /// What is signed of MD5 and SHA-1 over a message, 36 bytes.
    package func digest(_ hashes: [UInt8]) -> [UInt8] {
        switch self {
        case .rsa: hashes
        case .ecdsa: Array(hashes.suffix(LegacyHashAlgorithm.sha1.digestLength))
        }
    }

    /// MD5 and SHA-1 over a message, 36 bytes.
    package static func hashes(of message: Span<UInt8>, _ use: LegacyUse) throws(CryptoError) -> [UInt8] {
        var hash = try LegacyHash(use)
        hash.update(message)
        return try hash.snapshot()
    }
}

extension PublicKey {
    /// Checks a signature over a message whose MD5 and SHA-1 are given, 36 bytes.
    ///
    /// - Throws: as ``verify(_:over:using:)``.
    package func verify(
        _ signature: Span<UInt8>, overMD5AndSHA1 hashes: [UInt8], _ use: LegacyUse
    ) throws(CryptoError) {
        guard hashes.count == LegacyHash.digestLength, let kind = LegacySignature(self) else {
            throw .unsupported("a signature before TLS 1.2 with such a key")
        }
        let digest = kind.digest(hashes)
        switch self {
        case .rsa(let modulus, let exponent):
            try GcryptRSAPublicKey(modulus: modulus, exponent: exponent).verifyPKCS1(signature, overDigest: digest)
        case .ec(let curve, let point):
            try GcryptECDSA.verify(signature, overSHA1: digest, curve, point: point)
        default: throw .unsupported("a signature before TLS 1.2 with such a key")
        }
    }
}

extension SigningKey {
    /// Signs a message whose MD5 and SHA-1 are given, 36 bytes.
    ///
    /// - Throws: ``CryptoError/unsupported(_:)`` for a key that no version before TLS 1.2 signs with.
    package func sign(md5AndSHA1 hashes: [UInt8], _ use: LegacyUse) throws(CryptoError) -> [UInt8] {
        guard hashes.count == LegacyHash.digestLength, let kind = LegacySignature(publicKey) else {
            throw .unsupported("a signature before TLS 1.2 with such a key")
        }
        return try signLegacy(kind.digest(hashes))
    }
}
