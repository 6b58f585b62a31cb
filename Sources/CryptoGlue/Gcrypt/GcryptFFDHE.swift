// GcryptFFDHE.swift — finite-field Diffie-Hellman over the groups of RFC 7919.
// RFC 7919 App. A; RFC 8446 §4.2.8.1, §7.4.1.
// Next: GcryptRSA.swift.

import WireFormat

/// A safe-prime group with generator 2.
enum FiniteFieldGroup {
    case ffdhe2048, ffdhe3072, ffdhe4096

    private var group: NamedGroup {
        switch self {
        case .ffdhe2048: .ffdhe2048
        case .ffdhe3072: .ffdhe3072
        case .ffdhe4096: .ffdhe4096
        }
    }

    /// The length of the prime and of a share, in bytes.
    private var length: Int {
        switch self {
        case .ffdhe2048: 256
        case .ffdhe3072: 384
        case .ffdhe4096: 512
        }
    }

    /// RFC 7919 §5.2: an exponent of this many bits is as strong as the group.
    private var exponentBits: Int {
        switch self {
        case .ffdhe2048: 225
        case .ffdhe3072: 275
        case .ffdhe4096: 325
        }
    }

    /// Draws a short exponent with its top bit set, so that all have the same length.
    func drawScalar(from random: any RandomSource) throws(CryptoError) -> SecretBytes {
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

    /// RFC 8446 §7.4.1: as long as the prime, leading zeros kept.
    func sharedSecret(_ exponent: borrowing SecretBytes, peerShare: Span<UInt8>) throws(CryptoError) -> SecretBytes {
        // RFC 8446 §4.2.8.1: 1 < Y < p - 1, padded to the length of p. p is a safe prime and the exponent is used once,
        // so no other subgroup can be made use of.
        guard peerShare.count == length else { throw .invalidPeerShare(group) }
        var bound = try prime().bytes(length)
        bound[length - 1] -= 1
        let one: InlineArray<1, UInt8> = [1]
        guard BigEndian.isLess(one.span, than: peerShare), BigEndian.isLess(peerShare, than: bound.span) else {
            throw .invalidPeerShare(group)
        }
        return try power(of: GcryptNumber(peerShare), exponent).secretBytes(length)
    }

    /// base ^ exponent mod p, secret. The prime is marked secret too: only then are all of libgcrypt's temporaries wiped.
    private func power(
        of base: consuming GcryptNumber, _ exponent: borrowing SecretBytes
    ) throws(CryptoError) -> GcryptNumber {
        try GcryptStartup.version()
        let prime = try prime()
        prime.markSecret()
        let result = try GcryptNumber(secretBits: length * 8)
        result.setPower(base, try GcryptNumber(secret: exponent), modulus: prime)
        return result
    }

    private func prime() throws(CryptoError) -> GcryptNumber {
        try GcryptNumber(hexadecimal: hexadecimalPrime)
    }

    /// p = 2^b - 2^(b-64) + ([2^(b-130) e] + X) 2^64 - 1, with b = 2048, 3072, 4096 and X = 560316, 2625351, 5736041.
    private var hexadecimalPrime: StaticString {
        switch self {
        case .ffdhe2048:
            """
            ffffffffffffffffadf85458a2bb4a9aafdc5620273d3cf1d8b9c583ce2d3695a9e13641146433fbcc939dce249b3ef9\
            7d2fe363630c75d8f681b202aec4617ad3df1ed5d5fd65612433f51f5f066ed0856365553ded1af3b557135e7f57c935\
            984f0c70e0e68b77e2a689daf3efe8721df158a136ade73530acca4f483a797abc0ab182b324fb61d108a94bb2c8e3fb\
            b96adab760d7f4681d4f42a3de394df4ae56ede76372bb190b07a7c8ee0a6d709e02fce1cdf7e2ecc03404cd28342f61\
            9172fe9ce98583ff8e4f1232eef28183c3fe3b1b4c6fad733bb5fcbc2ec22005c58ef1837d1683b2c6f34a26c1b2effa\
            886b423861285c97ffffffffffffffff
            """
        case .ffdhe3072:
            """
            ffffffffffffffffadf85458a2bb4a9aafdc5620273d3cf1d8b9c583ce2d3695a9e13641146433fbcc939dce249b3ef9\
            7d2fe363630c75d8f681b202aec4617ad3df1ed5d5fd65612433f51f5f066ed0856365553ded1af3b557135e7f57c935\
            984f0c70e0e68b77e2a689daf3efe8721df158a136ade73530acca4f483a797abc0ab182b324fb61d108a94bb2c8e3fb\
            b96adab760d7f4681d4f42a3de394df4ae56ede76372bb190b07a7c8ee0a6d709e02fce1cdf7e2ecc03404cd28342f61\
            9172fe9ce98583ff8e4f1232eef28183c3fe3b1b4c6fad733bb5fcbc2ec22005c58ef1837d1683b2c6f34a26c1b2effa\
            886b4238611fcfdcde355b3b6519035bbc34f4def99c023861b46fc9d6e6c9077ad91d2691f7f7ee598cb0fac186d91c\
            aefe130985139270b4130c93bc437944f4fd4452e2d74dd364f2e21e71f54bff5cae82ab9c9df69ee86d2bc522363a0d\
            abc521979b0deada1dbf9a42d5c4484e0abcd06bfa53ddef3c1b20ee3fd59d7c25e41d2b66c62e37ffffffffffffffff
            """
        case .ffdhe4096:
            """
            ffffffffffffffffadf85458a2bb4a9aafdc5620273d3cf1d8b9c583ce2d3695a9e13641146433fbcc939dce249b3ef9\
            7d2fe363630c75d8f681b202aec4617ad3df1ed5d5fd65612433f51f5f066ed0856365553ded1af3b557135e7f57c935\
            984f0c70e0e68b77e2a689daf3efe8721df158a136ade73530acca4f483a797abc0ab182b324fb61d108a94bb2c8e3fb\
            b96adab760d7f4681d4f42a3de394df4ae56ede76372bb190b07a7c8ee0a6d709e02fce1cdf7e2ecc03404cd28342f61\
            9172fe9ce98583ff8e4f1232eef28183c3fe3b1b4c6fad733bb5fcbc2ec22005c58ef1837d1683b2c6f34a26c1b2effa\
            886b4238611fcfdcde355b3b6519035bbc34f4def99c023861b46fc9d6e6c9077ad91d2691f7f7ee598cb0fac186d91c\
            aefe130985139270b4130c93bc437944f4fd4452e2d74dd364f2e21e71f54bff5cae82ab9c9df69ee86d2bc522363a0d\
            abc521979b0deada1dbf9a42d5c4484e0abcd06bfa53ddef3c1b20ee3fd59d7c25e41d2b669e1ef16e6f52c3164df4fb\
            7930e9e4e58857b6ac7d5f42d69f6d187763cf1d5503400487f55ba57e31cc7a7135c886efb4318aed6a1e012d9e6832\
            a907600a918130c46dc778f971ad0038092999a333cb8b7a1a1db93d7140003c2a4ecea9f98d0acc0a8291cdcec97dcf\
            8ec9b55a7f88a46b4db5a851f44182e1c68a007e5e655f6affffffffffffffff
            """
        }
    }
}
