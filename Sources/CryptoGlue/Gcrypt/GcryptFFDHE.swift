// GcryptFFDHE.swift — finite-field Diffie-Hellman over safe primes with generator 2.
// RFC 7919 §5.1, §5.2; RFC 8446 §4.2.8.1, §7.4.1; RFC 5246 §8.1.2.
// Next: GcryptRSA.swift.

extension DHGroup {
    /// The length of the prime and of a share, in bytes.
    var length: Int { bitCount / 8 }

    /// RFC 7919 §5.2: an exponent of this many bits is as strong as the group. It is more than RFC 3526 §8 asks for.
    private var exponentBits: Int {
        switch self {
        case .ffdhe2048, .modp2048: 225
        case .ffdhe3072, .modp3072: 275
        case .ffdhe4096, .modp4096: 325
        case .ffdhe6144, .modp6144: 375
        case .ffdhe8192, .modp8192: 400
        }
    }

    /// Draws a short exponent with its top bit set, so that all have the same length.
    func drawExponent(from random: any RandomSource) throws(CryptoError) -> SecretBytes {
        var exponent = SecretBytes(count: (exponentBits + 7) / 8)
        var bytes = exponent.mutableBytes
        try random.fill(&bytes)
        let top = UInt8(1) << ((exponentBits - 1) % 8)
        bytes[0] = bytes[0] & (top - 1) | top
        return exponent
    }

    func publicShare(of exponent: borrowing SecretBytes) throws(CryptoError) -> [UInt8] {
        try power(of: GcryptNumber(2), exponent).bytes(length)
    }

    /// Z as long as the prime, leading zeros kept (RFC 8446 §7.4.1).
    func sharedSecret(_ exponent: borrowing SecretBytes, peerShare: Span<UInt8>) throws(CryptoError) -> SecretBytes {
        // RFC 7919 §5.1: 1 < Y < p - 1. p is a safe prime and the exponent is used once, so no other subgroup can be made
        // use of.
        var bound = prime
        bound[length - 1] -= 1
        let one: InlineArray<1, UInt8> = [1]
        guard BigEndian.isLess(one.span, than: peerShare), BigEndian.isLess(peerShare, than: bound.span) else {
            throw .invalidDHShare(self)
        }
        return try power(of: GcryptNumber(peerShare), exponent).secretBytes(length)
    }

    /// base ^ exponent mod p, secret. The prime is marked secret too: only then are all of libgcrypt's temporaries wiped.
    private func power(
        of base: consuming GcryptNumber, _ exponent: borrowing SecretBytes
    ) throws(CryptoError) -> GcryptNumber {
        try GcryptStartup.version()
        let octets = prime
        let prime = try GcryptNumber(octets.span)
        prime.markSecret()
        let result = try GcryptNumber(secretBits: length * 8)
        result.setPower(base, try GcryptNumber(secret: exponent), modulus: prime)
        return result
    }
}
