// GcryptRSAPrivateKey.swift — RSA signing over libgcrypt's arithmetic.
// RFC 8017 §5.1.2, §5.2.1, §8; RFC 8446 §4.2.3.
// Next: RSAEncoding.swift.

import WireFormat

/// An RSA private key in the form of the Chinese remainder theorem. Reading it from many threads is safe.
///
/// `gcry_pk_sign` does the same steps as `apply(to:)`, but leaves copies of the private key in freed memory.
struct GcryptRSAPrivateKey: ~Copyable, Sendable {
    /// What the key's algorithm identifier allows: rsaEncryption anything, id-RSASSA-PSS that alone.
    enum Use: Sendable {
        case any
        case pss(PSSParameters?)
    }

    private let publicNumbers: GcryptRSAPublicKey
    private let use: Use
    private let prime1: SecretBytes
    private let prime2: SecretBytes
    /// d mod p-1 and d mod q-1.
    private let exponent1: SecretBytes
    private let exponent2: SecretBytes
    /// p⁻¹ mod q.
    private let coefficient: SecretBytes

    var publicKey: PublicKey {
        let (modulus, exponent) = (publicNumbers.modulus, publicNumbers.exponent)
        return switch use {
        case .any: .rsa(modulus: modulus, publicExponent: exponent)
        case .pss(let restriction): .rsaPSS(modulus: modulus, publicExponent: exponent, restriction: restriction)
        }
    }

    /// Checks that the numbers belong together: n = p q, and e d = 1 modulo p-1 and q-1.
    ///
    /// - Throws: ``CryptoError/invalidKey(_:)``.
    init(
        publicNumbers: GcryptRSAPublicKey, privateExponent: borrowing SecretBytes, prime1: borrowing SecretBytes,
        prime2: borrowing SecretBytes, use: Use
    ) throws(CryptoError) {
        try GcryptStartup.version()
        let length = publicNumbers.modulus.count
        for count in [privateExponent.count, prime1.count, prime2.count] where count > length + 8 {
            throw .invalidKey("an RSA private number longer than the modulus")
        }
        let n = try GcryptNumber(publicNumbers.modulus.span)
        let e = try GcryptNumber(publicNumbers.exponent.span)
        let d = try GcryptNumber(secret: privateExponent)
        let p = try GcryptNumber(secret: prime1)
        let q = try GcryptNumber(secret: prime2)
        let product = try GcryptNumber(secretBits: length * 8)
        product.setProduct(p, q)
        // n is odd, so p and q are; neither may be 1.
        guard product.isEqual(to: n), p.bitCount >= 2, q.bitCount >= 2 else {
            throw .invalidKey("RSA primes whose product is not the modulus")
        }
        let u = try GcryptNumber(secretBits: length * 8)
        guard u.setInverse(p, modulus: q) else { throw .invalidKey("RSA primes that are not coprime") }
        let (length1, length2) = ((p.bitCount + 7) / 8, (q.bitCount + 7) / 8)
        let first = try GcryptRSAPrivateKey.remainder(of: d, e, prime: p).secretBytes(length1)
        let second = try GcryptRSAPrivateKey.remainder(of: d, e, prime: q).secretBytes(length2)
        let storedPrime1 = try p.secretBytes(length1)
        let storedPrime2 = try q.secretBytes(length2)
        let storedCoefficient = try u.secretBytes(length2)
        self.publicNumbers = publicNumbers
        self.use = use
        self.prime1 = storedPrime1
        self.prime2 = storedPrime2
        exponent1 = first
        exponent2 = second
        coefficient = storedCoefficient
    }

    /// d mod prime-1, checked against e.
    private static func remainder(
        of d: borrowing GcryptNumber, _ e: borrowing GcryptNumber, prime: borrowing GcryptNumber
    ) throws(CryptoError) -> GcryptNumber {
        let modulus = try GcryptNumber(secretBits: prime.bitCount)
        modulus.setDifference(prime, 1)
        let result = try GcryptNumber(secretBits: prime.bitCount)
        result.setRemainder(d, modulus: modulus)
        let product = try GcryptNumber(secretBits: prime.bitCount)
        product.setProduct(result, e, modulus: modulus)
        guard product.isEqual(to: try GcryptNumber(1)) else {
            throw .invalidKey("an RSA private exponent that does not fit the public one")
        }
        return result
    }

    func sign(_ message: Span<UInt8>, using algorithm: SignatureAlgorithm) throws(CryptoError) -> [UInt8] {
        switch (algorithm, use) {
        case (.rsaPKCS1(let hash), .any):
            let digest = try GcryptHash.digest(hash, message)
            return try apply(to: RSAEncoding.pkcs1(digest, hash, length: publicNumbers.modulus.count))
        case (.rsaPSS(let parameters), .any):
            return try signPSS(message, parameters)
        case (.rsaPSS(let parameters), .pss(let restriction)):
            try PSSParameters.check(parameters, against: restriction)
            return try signPSS(message, parameters)
        default:
            throw .unsupported("\(algorithm) with an RSA key")
        }
    }

    /// PKCS #1 block type 1 over a digest without its DigestInfo, as handshakes before TLS 1.2 sign (RFC 2246 §4.7).
    func sign(digest: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard case .any = use else { throw .unsupported("PKCS #1 v1.5 with an id-RSASSA-PSS key") }
        return try apply(to: RSAEncoding.pkcs1(content: digest, length: publicNumbers.modulus.count))
    }

    private func signPSS(_ message: Span<UInt8>, _ parameters: PSSParameters) throws(CryptoError) -> [UInt8] {
        let hash = parameters.hash
        // RFC 8446 §4.2.3: the salt is as long as the digest.
        guard parameters.saltLength == hash.digestLength else {
            throw .unsupported("signing RSA-PSS with a salt that is not as long as the digest")
        }
        let digest = try GcryptHash.digest(hash, message)
        var salt = [UInt8](repeating: 0, count: hash.digestLength)
        var bytes = salt.mutableSpan
        try GcryptRandom.fill(&bytes)
        return try apply(to: RSAEncoding.pss(digest, hash, salt: salt, bits: publicNumbers.bitCount - 1))
    }

    /// RFC 5246 §7.4.7.1: the premaster secret, or random bytes in its place.
    func decryptPremasterSecret(
        _ encrypted: Span<UInt8>, version: ProtocolVersion, random: any RandomSource
    ) throws(CryptoError) -> SecretBytes {
        guard case .any = use else { throw .unsupported("decryption with an id-RSASSA-PSS key") }
        // Drawn before anything is known about `encrypted`.
        var substitute = SecretBytes(count: RSAEncryptionPadding.premasterLength)
        try GcryptRSAPrivateKey.fill(&substitute, from: random)
        let length = publicNumbers.modulus.count
        // RFC 8017 §7.2.2, §5.1.2: as long as the modulus and less than it. Both are public, so is the answer.
        guard encrypted.count == length, BigEndian.isLess(encrypted, than: publicNumbers.modulus.span) else {
            return substitute
        }
        let number = try power(of: [UInt8](copying: encrypted))
        // libgcrypt prints as many bytes as the number has, so with a bit before its first byte it always prints as many.
        number.setBit(length * 8)
        let encoded = try number.secretBytes(length + 1)
        return RSAEncryptionPadding.premaster(
            in: encoded.bytes.extracting(droppingFirst: 1), version: version, otherwise: substitute)
    }

    /// RFC 8017 §5.2.1: encoded ^ d mod n, public.
    private func apply(to encoded: [UInt8]) throws(CryptoError) -> [UInt8] {
        try power(of: encoded).bytes(publicNumbers.modulus.count)
    }

    /// encoded ^ d mod n, with the base and both exponents blinded and the result checked.
    private func power(of encoded: [UInt8]) throws(CryptoError) -> GcryptNumber {
        let length = publicNumbers.modulus.count
        let n = try GcryptNumber(publicNumbers.modulus.span)
        let e = try GcryptNumber(publicNumbers.exponent.span)
        let input = try GcryptNumber(encoded.span)
        // Base blinding: (c r^e)^d r⁻¹ = c^d.
        let blinding = try GcryptNumber(secretBits: length * 8)
        let unblinding = try GcryptNumber(secretBits: length * 8)
        blinding.setRemainder(try GcryptRSAPrivateKey.random(length), modulus: n)
        guard unblinding.setInverse(blinding, modulus: n) else { throw .backend(operation: "RSA", code: 0) }
        let base = try GcryptNumber(secretBits: length * 8)
        base.setPower(blinding, e, modulus: n)
        base.setProduct(base, input, modulus: n)
        let output = try power(of: base, length: length)
        output.setProduct(output, unblinding, modulus: n)
        // A fault in one half would show the primes to whoever sees the result (Lenstra).
        let check = try GcryptNumber()
        check.setPower(output, e, modulus: n)
        guard check.isEqual(to: input) else { throw .backend(operation: "RSA: result fails its check", code: 0) }
        return output
    }

    /// base ^ d mod n from its two halves: m1 + p (u (m2 - m1) mod q).
    private func power(of base: borrowing GcryptNumber, length: Int) throws(CryptoError) -> GcryptNumber {
        let p = try GcryptNumber(secret: prime1)
        let q = try GcryptNumber(secret: prime2)
        let m1 = try GcryptRSAPrivateKey.power(of: base, GcryptNumber(secret: exponent1), prime: p)
        let m2 = try GcryptRSAPrivateKey.power(of: base, GcryptNumber(secret: exponent2), prime: q)
        let result = try GcryptNumber(secretBits: length * 8)
        result.setDifference(m2, m1, modulus: q)
        result.setProduct(result, try GcryptNumber(secret: coefficient), modulus: q)
        result.setProduct(result, p)
        result.setSum(result, m1)
        return result
    }

    /// base ^ (exponent + r (prime - 1)) mod prime, with a random r a quarter as long as the prime.
    private static func power(
        of base: borrowing GcryptNumber, _ exponent: consuming GcryptNumber, prime: borrowing GcryptNumber
    ) throws(CryptoError) -> GcryptNumber {
        let bits = prime.bitCount
        let factor = try random(max(bits / 32, 12))
        factor.setBit(max(bits / 32, 12) * 8 - 1)
        let blinded = try GcryptNumber(secretBits: bits * 2)
        blinded.setDifference(prime, 1)
        blinded.setProduct(blinded, factor)
        blinded.setSum(blinded, exponent)
        let result = try GcryptNumber(secretBits: bits)
        result.setPower(base, blinded, modulus: prime)
        return result
    }

    /// A random secret number of `length` bytes.
    private static func random(_ length: Int) throws(CryptoError) -> GcryptNumber {
        var bytes = SecretBytes(count: length)
        try fill(&bytes)
        return try GcryptNumber(secret: bytes)
    }

    private static func fill(_ bytes: inout SecretBytes, from random: any RandomSource) throws(CryptoError) {
        var target = bytes.mutableBytes
        try random.fill(&target)
    }

    private static func fill(_ bytes: inout SecretBytes) throws(CryptoError) {
        var target = bytes.mutableBytes
        try GcryptRandom.fill(&target)
    }
}
