// PublicKey.swift — public keys and the check of signatures.
// RFC 8446 §4.2.3, §4.4.3; RFC 8017; RFC 8032; SEC 1.
// Next: SigningKey.swift.

/// A NIST curve, as keys and key exchange name it.
public enum EllipticCurve: String, Sendable, Hashable, CaseIterable {
    case p256, p384, p521

    /// The length of one coordinate, in bytes: 32, 48 or 66. An uncompressed point is 1 + 2 × this long.
    public var coordinateLength: Int {
        switch self {
        case .p256: 32
        case .p384: 48
        case .p521: 66
        }
    }

    /// The length of the field and of the order, in bits.
    var bitCount: Int {
        switch self {
        case .p256: 256
        case .p384: 384
        case .p521: 521
        }
    }
}

/// What an RSASSA-PSS signature was made with; MGF1 uses the same hash.
public struct PSSParameters: Sendable, Hashable {
    /// The hash of the message and of MGF1.
    public var hash: HashAlgorithm
    /// The length of the salt, in bytes. TLS 1.3 fixes it to the length of the digest.
    public var saltLength: Int

    /// RSASSA-PSS with this hash, MGF1 over it, and a salt of so many octets.
    public init(hash: HashAlgorithm, saltLength: Int) {
        self.hash = hash
        self.saltLength = saltLength
    }
}

/// A signature algorithm with its parameters, apart from the key it is used with.
public enum SignatureAlgorithm: Sendable, Hashable {
    case rsaPKCS1(HashAlgorithm)
    case rsaPSS(PSSParameters)
    case ecdsa(HashAlgorithm)
    case ed25519
    case ed448
}

/// A public key as a certificate carries it. Values are free to share between threads.
public enum PublicKey: Sendable, Hashable {
    /// An rsaEncryption key; both numbers big-endian.
    case rsa(modulus: [UInt8], publicExponent: [UInt8])
    /// An id-RSASSA-PSS key; `restriction` is nil when the key says nothing about hash and salt.
    case rsaPSS(modulus: [UInt8], publicExponent: [UInt8], restriction: PSSParameters?)
    /// A point on a NIST curve, uncompressed: 04 || X || Y.
    case ec(EllipticCurve, point: [UInt8])
    /// 32 bytes, as RFC 8032 §5.1.2 encodes them.
    case ed25519([UInt8])
    /// 57 bytes, as RFC 8032 §5.2.2 encodes them.
    case ed448([UInt8])

    /// The size of the key in bits, as people say it: 2048 for RSA-2048, 256 for P-256 and Ed25519, 456 for Ed448.
    public var bitCount: Int {
        switch self {
        case .rsa(let modulus, _), .rsaPSS(let modulus, _, _):
            BigEndian.bitCount(modulus.span)
        case .ec(let curve, _): curve.bitCount
        case .ed25519: 256
        case .ed448: 456
        }
    }
}

extension PublicKey {
    /// Checks that the holder of this key's private half signed `message` with `algorithm`.
    ///
    /// Returns when the signature is good. An ECDSA signature is a DER `Ecdsa-Sig-Value`, read strictly.
    ///
    /// - Throws: ``CryptoError/badSignature``; ``CryptoError/invalidKey(_:)`` when the key itself breaks its rules (point
    ///   not on the curve; RSA under 1024 or over 16384 bits, or an even modulus or exponent);
    ///   ``CryptoError/unsupported(_:)`` when the algorithm does not fit the key.
    public func verify(
        _ signature: Span<UInt8>, over message: Span<UInt8>, using algorithm: SignatureAlgorithm
    ) throws(CryptoError) {
        switch (self, algorithm) {
        case (.rsa(let modulus, let exponent), .rsaPKCS1(let hash)):
            let key = try GcryptRSAPublicKey(modulus: modulus, exponent: exponent)
            try key.verifyPKCS1(signature, over: message, hash)
        case (.rsa(let modulus, let exponent), .rsaPSS(let parameters)):
            let key = try GcryptRSAPublicKey(modulus: modulus, exponent: exponent)
            try key.verifyPSS(signature, over: message, parameters)
        case (.rsaPSS(let modulus, let exponent, let restriction), .rsaPSS(let parameters)):
            try PSSParameters.check(parameters, against: restriction)
            let key = try GcryptRSAPublicKey(modulus: modulus, exponent: exponent)
            try key.verifyPSS(signature, over: message, parameters)
        case (.ec(let curve, let point), .ecdsa(let hash)):
            try GcryptECDSA.verify(signature, over: message, hash, curve, point: point)
        case (.ed25519(let key), .ed25519):
            try GcryptEdDSA.ed25519.verify(signature, over: message, publicKey: key)
        case (.ed448(let key), .ed448):
            try GcryptEdDSA.ed448.verify(signature, over: message, publicKey: key)
        default:
            throw .unsupported("\(algorithm) with a key of another kind")
        }
    }
}

extension PublicKey {
    /// Encrypts `message` for the holder of the private half: RSAES-PKCS1-v1_5 (RFC 8017 §7.2.1), as the RSA key exchange
    /// of TLS 1.2 has it. The result is as long as the modulus.
    ///
    /// - Throws: ``CryptoError/unsupported(_:)`` for a key that is not rsaEncryption, ``CryptoError/invalidKey(_:)`` for
    ///   one that breaks its rules, ``CryptoError/lengthOutOfRange(_:)`` when `message` is longer than the modulus less 11
    ///   bytes, and what `random` throws.
    public func encryptPKCS1(_ message: Span<UInt8>, random: any RandomSource) throws(CryptoError) -> [UInt8] {
        guard case .rsa(let modulus, let exponent) = self else {
            throw .unsupported("encryption with a key that is not rsaEncryption")
        }
        return try GcryptRSAPublicKey(modulus: modulus, exponent: exponent).encryptPKCS1(message, random: random)
    }
}

extension PSSParameters {
    /// RFC 4055 §3.1, §3.3: a key that names its hash and salt length is used with these, or a longer salt, only.
    static func check(_ used: PSSParameters, against restriction: PSSParameters?) throws(CryptoError) {
        guard let restriction else { return }
        guard used.hash == restriction.hash, used.saltLength >= restriction.saltLength else {
            throw .unsupported("RSA-PSS with a hash or salt length that the key does not permit")
        }
    }
}
