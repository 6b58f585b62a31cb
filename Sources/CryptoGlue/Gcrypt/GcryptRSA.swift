// GcryptRSA.swift — RSA public keys, and the verification of their signatures by libgcrypt.
// RFC 8017 §5.2.2, §8; RFC 8446 §4.2.3.
// Next: GcryptRSAPrivateKey.swift.

import WireFormat

/// An RSA public key whose numbers have been checked.
struct GcryptRSAPublicKey: Sendable {
    /// Without leading zeros.
    let modulus: [UInt8]
    let exponent: [UInt8]

    /// - Throws: ``CryptoError/invalidKey(_:)``.
    init(modulus: [UInt8], exponent: [UInt8]) throws(CryptoError) {
        let bits = BigEndian.bitCount(modulus.span)
        guard GcryptRSAPublicKey.sizes.contains(bits) else { throw .invalidKey("an RSA modulus of \(bits) bits") }
        guard let last = modulus.last, last & 1 == 1 else { throw .invalidKey("an even RSA modulus") }
        let exponentBits = BigEndian.bitCount(exponent.span)
        guard let low = exponent.last, low & 1 == 1 else { throw .invalidKey("an even RSA exponent") }
        guard GcryptRSAPublicKey.exponentSizes.contains(exponentBits) else {
            throw .invalidKey("an RSA exponent of \(exponentBits) bits")
        }
        self.modulus = BigEndian.significant(modulus)
        self.exponent = BigEndian.significant(exponent)
    }

    /// Bits. Fewer are broken; more let a stranger's certificate cost seconds.
    private static let sizes = 1024...16384

    /// Bits. Exponent 1 signs nothing; above 2^64 no key in use goes, and the cost of a check grows with it.
    private static let exponentSizes = 2...64

    var bitCount: Int { BigEndian.bitCount(modulus.span) }

    func verifyPKCS1(
        _ signature: Span<UInt8>, over message: Span<UInt8>, _ hash: HashAlgorithm
    ) throws(CryptoError) {
        let digest = try GcryptHash.digest(hash, message)
        let data = try GcryptExpression("data") {
            $0.list("flags") { $0.text("pkcs1") }
            $0.list("hash") {
                $0.text(hash.gcryptName)
                $0.atom(digest)
            }
        }
        try verify(signature, data)
    }

    /// PKCS #1 block type 1 over a digest without its DigestInfo, as handshakes before TLS 1.2 sign (RFC 2246 §4.7).
    func verifyPKCS1(_ signature: Span<UInt8>, overDigest digest: [UInt8]) throws(CryptoError) {
        let encoded = try RSAEncoding.pkcs1(content: digest, length: modulus.count)
        let data = try GcryptExpression("data") {
            $0.list("flags") { $0.text("raw") }
            $0.item("value", encoded)
        }
        try verify(signature, data)
    }

    func verifyPSS(
        _ signature: Span<UInt8>, over message: Span<UInt8>, _ parameters: PSSParameters
    ) throws(CryptoError) {
        let hash = parameters.hash
        // RFC 8017 §9.1.2 step 3, before libgcrypt makes room for a salt of the announced length.
        let room = (bitCount - 1 + 7) / 8 - hash.digestLength - 2
        guard parameters.saltLength >= 0, parameters.saltLength <= room else { throw .badSignature }
        let digest = try GcryptHash.digest(hash, message)
        let data = try GcryptExpression("data") {
            $0.list("flags") { $0.text("pss") }
            $0.list("hash") {
                $0.text(hash.gcryptName)
                $0.atom(digest)
            }
            $0.item("salt-length", Array("\(parameters.saltLength)".utf8))
        }
        try verify(signature, data)
    }

    private func verify(_ signature: Span<UInt8>, _ data: borrowing GcryptExpression) throws(CryptoError) {
        // RFC 8017 §8.1.2, §8.2.2, §5.2.2: exactly as long as the modulus, and less than it. libgcrypt looks at neither.
        guard signature.count == modulus.count, BigEndian.isLess(signature, than: modulus.span) else {
            throw .badSignature
        }
        let parsed = try GcryptExpression("sig-val") {
            $0.list("rsa") { $0.item("s", [UInt8](copying: signature)) }
        }
        let key = try GcryptExpression("public-key") {
            $0.list("rsa") {
                $0.item("n", modulus)
                $0.item("e", exponent)
            }
        }
        try key.verify(parsed, over: data)
    }

    /// RFC 8017 §7.2.1: 00 02 PS 00 M, raised to the public exponent.
    func encryptPKCS1(_ message: Span<UInt8>, random: any RandomSource) throws(CryptoError) -> [UInt8] {
        let encoded = try RSAEncryptionPadding.pad(message, length: modulus.count, random: random)
        let result = try GcryptNumber(secretBits: bitCount)
        let n = try GcryptNumber(modulus.span)
        result.setPower(try GcryptNumber(secret: encoded), try GcryptNumber(exponent.span), modulus: n)
        return try result.bytes(modulus.count)
    }
}
