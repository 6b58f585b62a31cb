// GcryptKeyGeneration.swift — new private keys.
// FIPS 186-5 App. A.1.3, A.2.2 (what is wanted of an RSA key and of a scalar); RFC 8032 §5.1.5.
// Next: GcryptSigningKey.swift.

import CGcrypt

/// What kind of private key to make.
package enum PrivateKeyKind: Sendable, Hashable {
    /// rsaEncryption with a modulus of so many bits, 2048...8192 and a multiple of 16, and the exponent 65537.
    case rsa(bits: Int)
    case ec(EllipticCurve)
    case ed25519
    case ed448
}

extension PrivateKeyMaterial {
    /// Makes a new private key.
    ///
    /// - Throws: ``CryptoError/unsupported(_:)`` for another length of an RSA modulus, and what `random` throws.
    package static func generate(
        _ kind: PrivateKeyKind, random: any RandomSource = SystemRandom()
    ) throws(CryptoError) -> PrivateKeyMaterial {
        switch kind {
        case .rsa(let bits): return try GcryptRSAGeneration.generate(bits: bits, random: random)
        case .ec(let curve): return .ec(curve, scalar: try curve.drawScalar(from: random))
        case .ed25519: return .ed25519(seed: try seed(32, random))
        case .ed448: return .ed448(seed: try seed(57, random))
        }
    }

    private static func seed(_ count: Int, _ random: any RandomSource) throws(CryptoError) -> SecretBytes {
        var seed = SecretBytes(count: count)
        do {
            var bytes = seed.mutableBytes
            try random.fill(&bytes)
        }
        return seed
    }
}

/// The numbers of RSA's Chinese remainder theorem, as PKCS #1 writes them.
package struct RSAExponents: ~Copyable, Sendable {
    /// d mod p-1.
    package let exponent1: SecretBytes
    /// d mod q-1.
    package let exponent2: SecretBytes
    /// q⁻¹ mod p.
    package let coefficient: SecretBytes

    /// Computes them from the parts of a key that belong together.
    package init(
        privateExponent: borrowing SecretBytes, prime1: borrowing SecretBytes, prime2: borrowing SecretBytes
    ) throws(CryptoError) {
        try GcryptStartup.version()
        let d = try GcryptNumber(secret: privateExponent)
        let p = try GcryptNumber(secret: prime1)
        let q = try GcryptNumber(secret: prime2)
        let first = try RSAExponents.remainder(of: d, prime: p)
        let second = try RSAExponents.remainder(of: d, prime: q)
        let inverse = try GcryptNumber(secretBits: p.bitCount)
        guard inverse.setInverse(q, modulus: p) else { throw .invalidKey("RSA primes that are not coprime") }
        coefficient = try inverse.secretBytes(prime1.count)
        exponent1 = first
        exponent2 = second
    }

    private static func remainder(
        of d: borrowing GcryptNumber, prime: borrowing GcryptNumber
    ) throws(CryptoError) -> SecretBytes {
        let modulus = try GcryptNumber(secretBits: prime.bitCount)
        modulus.setDifference(prime, 1)
        let result = try GcryptNumber(secretBits: prime.bitCount)
        result.setRemainder(d, modulus: modulus)
        return try result.secretBytes((prime.bitCount + 7) / 8)
    }
}

/// RSA keys out of random primes. `gcry_pk_genkey` makes them too, but leaves copies of the private key in freed memory.
enum GcryptRSAGeneration {
    private static let publicExponent: UInt = 65_537

    static func generate(bits: Int, random: any RandomSource) throws(CryptoError) -> PrivateKeyMaterial {
        guard (2048...8192).contains(bits), bits.isMultiple(of: 16) else {
            throw .unsupported("an RSA key of \(bits) bits")
        }
        try GcryptStartup.version()
        let e = try GcryptNumber(publicExponent)
        // That 65537 divides p-1 or q-1, so that there is no private exponent, has a probability of 2^-15.
        for _ in 0..<10 {
            let p = try prime(bits: bits / 2, random)
            let q = try prime(bits: bits / 2, random)
            let phi = try totient(p, q)
            let d = try GcryptNumber(secretBits: bits)
            guard !p.isEqual(to: q), d.setInverse(e, modulus: phi) else { continue }
            let n = try GcryptNumber(secretBits: bits)
            n.setProduct(p, q)
            return .rsa(
                modulus: try n.bytes(bits / 8), publicExponent: try e.bytes(3),
                privateExponent: try d.secretBytes(bits / 8), prime1: try p.secretBytes(bits / 16),
                prime2: try q.secretBytes(bits / 16), restrictedToPSS: false, restriction: nil)
        }
        throw .backend(operation: "RSA key generation", code: 0)
    }

    /// (p-1) (q-1).
    private static func totient(
        _ p: borrowing GcryptNumber, _ q: borrowing GcryptNumber
    ) throws(CryptoError) -> GcryptNumber {
        let first = try GcryptNumber(secretBits: p.bitCount)
        first.setDifference(p, 1)
        let second = try GcryptNumber(secretBits: q.bitCount)
        second.setDifference(q, 1)
        let phi = try GcryptNumber(secretBits: p.bitCount + q.bitCount)
        phi.setProduct(first, second)
        return phi
    }

    /// FIPS 186-5 App. A.1.3: a random odd number is taken when it is a prime. The two highest bits are set, so that the
    /// product of two has twice as many bits, and more than the root of two.
    private static func prime(bits: Int, _ random: any RandomSource) throws(CryptoError) -> GcryptNumber {
        // Of odd numbers of 4096 bits one in 1420 is a prime; to miss a hundred times as often does not happen.
        for _ in 0..<150_000 {
            var bytes = SecretBytes(count: bits / 8)
            try fill(&bytes, random)
            let candidate = try GcryptNumber(secret: bytes)
            if candidate.isPrime { return candidate }
        }
        throw .backend(operation: "RSA key generation", code: 0)
    }

    private static func fill(_ bytes: inout SecretBytes, _ random: any RandomSource) throws(CryptoError) {
        var span = bytes.mutableBytes
        try random.fill(&span)
        span[0] |= 0xc0
        span[span.count - 1] |= 1
    }
}

extension GcryptNumber {
    /// Whether the number is a prime, by trial division and 64 rounds of Miller and Rabin.
    fileprivate var isPrime: Bool { unsafe gcry_prime_check(handle, 0) == 0 }
}
