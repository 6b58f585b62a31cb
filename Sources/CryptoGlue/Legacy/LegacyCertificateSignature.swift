// LegacyCertificateSignature.swift — the signatures of certificates that nobody should trust: RSA with MD5 or SHA-1, ECDSA with
// SHA-1.
// RFC 3279 §2.2; RFC 8017 §8.2; RFC 6151 §2; RFC 9155 §1.

/// How an old certificate is signed.
package enum LegacyCertificateSignature: Sendable, Hashable {
    case rsaMD5, rsaSHA1, ecdsaSHA1
}

extension LegacyPermission {
    /// Whether the permission's own option accepts such a signature.
    package func accepts(_ signature: LegacyCertificateSignature) -> Bool {
        switch signature {
        case .rsaMD5: acceptsMD5Certificates
        case .rsaSHA1, .ecdsaSHA1: acceptsSHA1Certificates
        }
    }
}

extension PublicKey {
    /// Checks the signature of a certificate that is signed in an old way, when the permission accepts that.
    ///
    /// - Throws: as ``verify(_:over:using:)``; ``CryptoError/unsupported(_:)`` when the permission does not accept it.
    package func verify(
        _ signature: Span<UInt8>, over message: Span<UInt8>, using kind: LegacyCertificateSignature, _ use: LegacyUse
    ) throws(CryptoError) {
        guard use.permission.accepts(kind) else {
            throw .unsupported("a signature that the permission does not accept")
        }
        switch (self, kind) {
        case (.rsa(let modulus, let exponent), .rsaMD5):
            let digest = try LegacyHashAlgorithm.md5.digest(message)
            try GcryptRSAPublicKey(modulus: modulus, exponent: exponent)
                .verifyPKCS1(signature, overDigest: LegacyHashAlgorithm.md5.digestInfo + digest)
        case (.rsa(let modulus, let exponent), .rsaSHA1):
            let digest = try LegacyHashAlgorithm.sha1.digest(message)
            try GcryptRSAPublicKey(modulus: modulus, exponent: exponent)
                .verifyPKCS1(signature, overDigest: LegacyHashAlgorithm.sha1.digestInfo + digest)
        case (.ec(let curve, let point), .ecdsaSHA1):
            let digest = try LegacyHashAlgorithm.sha1.digest(message)
            try GcryptECDSA.verify(signature, overSHA1: digest, curve, point: point)
        default: throw .unsupported("such a signature with a key of another kind")
        }
    }
}

extension LegacyHashAlgorithm {
    fileprivate func digest(_ bytes: Span<UInt8>) throws(CryptoError) -> [UInt8] {
        var hash = try GcryptHash(self)
        hash.update(bytes)
        return try hash.snapshot()
    }

    /// RFC 8017 §9.2 note 1: the DER of DigestInfo up to the digest.
    fileprivate var digestInfo: [UInt8] {
        switch self {
        case .md5: [0x30, 32, 0x30, 12, 0x06, 8, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 5, 0x05, 0, 0x04, 16]
        case .sha1: [0x30, 33, 0x30, 9, 0x06, 5, 0x2b, 0x0e, 3, 2, 0x1a, 0x05, 0, 0x04, 20]
        }
    }
}
