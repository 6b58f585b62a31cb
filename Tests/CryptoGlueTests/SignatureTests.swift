// SignatureTests.swift — verification: signatures of another implementation, altered ones, and strict encodings.
// RFC 8017 §8; RFC 8032; SEC 1 §4.1.4; RFC 8446 §4.2.3.
// Next: SigningKeyTests.swift.

import CryptoGlue
import TestSupport
import Testing

private func outcome(
    _ key: PublicKey, _ signature: [UInt8], _ message: [UInt8], _ algorithm: SignatureAlgorithm
) -> CryptoError? {
    refusal { () throws(CryptoError) in
        try key.verify(signature.span, over: message.span, using: algorithm)
    }
}

@Suite("PublicKey.verify")
struct SignatureTests {
    static let known: [(KeyKind, SignatureAlgorithm, String)] = [
        (.rsa2048, .rsaPKCS1(.sha256), KnownKeys.rsaPkcs1Sha256),
        (.rsa2048, .rsaPSS(.init(.sha256)), KnownKeys.rsaPssSha256),
        (.rsaPSS, .rsaPSS(.init(.sha256)), KnownKeys.rsaPssSha256),
        (.rsaPSSRestricted, .rsaPSS(.init(.sha256)), KnownKeys.rsaPssSha256),
        (.rsa2048, .rsaPSS(PSSParameters(hash: .sha384, saltLength: 20)), KnownKeys.rsaPssSha384Salt20),
        (.rsa1025, .rsaPSS(.init(.sha256)), KnownKeys.rsa1025Pss),
        (.p256, .ecdsa(.sha256), KnownKeys.p256Sig), (.p256, .ecdsa(.sha512), KnownKeys.p256SigSha512),
        (.p384, .ecdsa(.sha384), KnownKeys.p384Sig), (.p384, .ecdsa(.sha512), KnownKeys.p384SigSha512),
        (.p521, .ecdsa(.sha512), KnownKeys.p521Sig), (.p521, .ecdsa(.sha512), KnownKeys.p521SigSha512),
        (.ed25519, .ed25519, KnownKeys.ed25519Sig), (.ed448, .ed448, KnownKeys.ed448Sig),
    ]

    @Test("A signature made by OpenSSL is good; changed in any part it is not", arguments: known)
    func knownSignatures(kind: KeyKind, algorithm: SignatureAlgorithm, signature: String) {
        let good = octets(signature)
        let message = KnownKeys.message
        #expect(outcome(kind.publicKey, good, message, algorithm) == nil)
        var places = [0, 1, good.count / 4, good.count / 2, good.count - 2, good.count - 1]
        if case .rsaPKCS1 = algorithm { places.append(good.count / 3) }
        for place in places {
            var altered = good
            altered[place] ^= 4
            #expect(outcome(kind.publicKey, altered, message, algorithm) == .badSignature, "byte \(place)")
        }
        #expect(outcome(kind.publicKey, good, message + [0], algorithm) == .badSignature)
        #expect(outcome(kind.publicKey, good, [], algorithm) == .badSignature)
        for wrong in [[], [0], Array(good.dropLast()), good + [0], [0] + good, Array(good.dropFirst())] {
            #expect(outcome(kind.publicKey, wrong, message, algorithm) == .badSignature)
        }
        for length in [1, good.count, good.count - 1] {
            let zeros = [UInt8](repeating: 0, count: length)
            let ones = [UInt8](repeating: 0xff, count: length)
            #expect(outcome(kind.publicKey, zeros, message, algorithm) == .badSignature)
            #expect(outcome(kind.publicKey, ones, message, algorithm) == .badSignature)
        }
    }

    @Test("RFC 8032 §7.1, §7.4: the empty message")
    func emptyMessage() {
        #expect(outcome(KeyKind.ed25519.publicKey, octets(KnownKeys.ed25519SigEmpty), [], .ed25519) == nil)
        #expect(outcome(KeyKind.ed448.publicKey, octets(KnownKeys.ed448SigEmpty), [], .ed448) == nil)
    }

    @Test("An algorithm that does not fit the key is unsupported, not a bad signature", arguments: KeyKind.allCases)
    func mismatch(kind: KeyKind) {
        for algorithm in KeyKind.everyAlgorithm where !kind.algorithms.contains(algorithm) {
            // A key too small for the hash is not a mismatch of kinds.
            if kind == .rsa1025, algorithm == .rsaPSS(.init(.sha512)) { continue }
            let error = outcome(kind.publicKey, [UInt8](repeating: 1, count: 256), [], algorithm)
            guard case .unsupported = error else {
                Issue.record("\(kind) with \(algorithm): \(String(describing: error))")
                continue
            }
        }
    }

    @Test("RFC 8017 §9.1.2: the salt length is the one stated, and absurd ones are refused")
    func saltLengths() {
        let good = octets(KnownKeys.rsaPssSha256)
        for length in [0, 31, 33, 222, 223, 224, 65_537, Int.max, -1, Int.min] {
            let algorithm = SignatureAlgorithm.rsaPSS(PSSParameters(hash: .sha256, saltLength: length))
            #expect(outcome(KeyKind.rsa2048.publicKey, good, KnownKeys.message, algorithm) == .badSignature)
        }
    }

    @Test("RFC 8017 §5.2.2: a signature that is not less than the modulus is refused, though it is the same number")
    func notReduced() {
        // rsa1025: one byte has room for s + n.
        let modulus = octets(KnownKeys.rsa1025N)
        let sum = add(octets(KnownKeys.rsa1025Pss), modulus)
        #expect(sum.count == modulus.count)
        #expect(
            outcome(KeyKind.rsa1025.publicKey, sum, KnownKeys.message, .rsaPSS(.init(.sha256))) == .badSignature)
    }

    @Test("RFC 8032 §5.1.7, §5.2.7: S + L is no second signature")
    func malleability() {
        let order25519 = octets("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed")
        let order448 = octets(
            "00" + """
                3fffffffffffffffffffffffffffffffffffffffffffffffffffffff7cca23e9c44edb49aed63690216cc2728dc58f55\
                2378c292ab5844f3
                """)
        for (kind, algorithm, signature, order) in [
            (KeyKind.ed25519, SignatureAlgorithm.ed25519, KnownKeys.ed25519Sig, order25519),
            (.ed448, .ed448, KnownKeys.ed448Sig, order448),
        ] {
            let good = octets(signature)
            let half = good.count / 2
            let proof = add(Array(good[half...].reversed()), order)
            let second = good[..<half] + proof.reversed()
            #expect(outcome(kind.publicKey, Array(second), KnownKeys.message, algorithm) == .badSignature)
        }
    }

    /// a + b, as long as a.
    private func add(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
        var result = a
        var carry = 0
        for index in a.indices.reversed() {
            let place = index - (a.count - b.count)
            let sum = Int(a[index]) + (place >= 0 ? Int(b[place]) : 0) + carry
            result[index] = UInt8(sum & 0xff)
            carry = sum >> 8
        }
        return result
    }

    private static func rsa(_ fill: UInt8, _ count: Int, _ exponent: [UInt8] = [1, 0, 1]) -> PublicKey {
        .rsa(modulus: [UInt8](repeating: fill, count: count), publicExponent: exponent)
    }

    private static func filled(_ first: UInt8, _ fill: UInt8, _ count: Int) -> [UInt8] {
        [first] + [UInt8](repeating: fill, count: count - 1)
    }

    static let brokenRSAKeys: [PublicKey] = [
        rsa(0xff, 127), rsa(0xff, 2049), rsa(0xfe, 256), rsa(0xff, 0), rsa(0, 256),
        rsa(0xff, 256, []), rsa(0xff, 256, [0]), rsa(0xff, 256, [1]), rsa(0xff, 256, [1, 0, 0]),
        rsa(0xff, 256, filled(0xff, 0xff, 9)),
    ]

    @Test("RSA keys that break their rules are named as such", arguments: brokenRSAKeys)
    func brokenRSA(key: PublicKey) {
        expectInvalid(key, .rsaPKCS1(.sha256))
        guard case .rsa(let modulus, let exponent) = key else { return }
        let pss = PublicKey.rsaPSS(modulus: modulus, publicExponent: exponent, restriction: nil)
        expectInvalid(pss, .rsaPSS(.init(.sha256)))
    }

    static let brokenPoints: [(EllipticCurve, [UInt8])] = [
        (.p256, []), (.p256, filled(4, 0, 65)), (.p256, filled(4, 0xff, 65)), (.p384, filled(0, 1, 97)),
        (.p384, filled(4, 1, 97)), (.p521, filled(4, 0xff, 133)), (.p521, filled(4, 0, 133)),
        (.p256, octets(KnownKeys.p384Point)), (.p256, octets(KnownKeys.p256Compressed)),
    ]

    @Test(
        "T-16: EC public keys that are no uncompressed point of their curve are named as such", arguments: brokenPoints)
    func brokenEC(curve: EllipticCurve, point: [UInt8]) {
        expectInvalid(.ec(curve, point: point), .ecdsa(.sha256))
    }

    static let brokenEdwardsKeys: [(PublicKey, SignatureAlgorithm)] = [
        (.ed25519([]), .ed25519), (.ed25519(filled(1, 1, 33)), .ed25519), (.ed25519(filled(0xff, 0xff, 32)), .ed25519),
        (.ed448(filled(1, 1, 56)), .ed448), (.ed448(filled(0xff, 0xff, 57)), .ed448),
    ]

    @Test(
        "RFC 8032 §5.1.3: Edwards keys of another length, or with y of p and more, are named as such",
        arguments: brokenEdwardsKeys)
    func brokenEdwards(key: PublicKey, algorithm: SignatureAlgorithm) {
        expectInvalid(key, algorithm)
    }

    @Test(
        "T-47: Edwards keys with small or zero coordinates end in an error; libgcrypt's own check ends the process",
        arguments: [(SignatureAlgorithm.ed25519, 32), (.ed448, 57)])
    func smallCoordinates(algorithm: SignatureAlgorithm, length: Int) {
        // y = 0 … 255, y = 256^n, and y = p - 1; about half of them are points. The sign bit both ways.
        var encodings = (0...255).map { [UInt8($0)] + [UInt8](repeating: 0, count: length - 1) }
        for place in 1..<(length - 1) {
            encodings.append((0..<length).map { $0 == place ? 1 : 0 })
        }
        encodings.append(
            algorithm == .ed25519
                ? [0xec] + [UInt8](repeating: 0xff, count: 30) + [0x7f]
                : [0xfe] + [UInt8](repeating: 0xff, count: 27) + [0xfe] + [UInt8](repeating: 0xff, count: 27) + [0])
        for encoding in encodings {
            for sign: UInt8 in [0, 0x80] {
                var bytes = encoding
                bytes[length - 1] |= sign
                let key: PublicKey = algorithm == .ed25519 ? .ed25519(bytes) : .ed448(bytes)
                // R = A and S = 1, so that nothing but the key can stop the arithmetic.
                let signature = bytes + [1] + [UInt8](repeating: 0, count: length - 1)
                switch outcome(key, signature, [1], algorithm) {
                case .badSignature, .invalidKey: break
                case let other: Issue.record("\(bytes): \(String(describing: other))")
                }
            }
        }
    }

    private func expectInvalid(_ key: PublicKey, _ algorithm: SignatureAlgorithm) {
        for length in [0, 64, 114, 256] {
            let error = outcome(key, [UInt8](repeating: 1, count: length), [1], algorithm)
            guard case .invalidKey = error else {
                Issue.record("signature of \(length) bytes: \(String(describing: error))")
                return
            }
        }
    }

    @Test("Key sizes are as people say them")
    func bitCounts() {
        #expect(KeyKind.allCases.map(\.publicKey.bitCount) == [2048, 1025, 2048, 2048, 256, 384, 521, 256, 456])
    }
}

@Suite("Ecdsa-Sig-Value")
struct ECDSASignatureEncodingTests {
    @Test("X.690 §10.1: only the one DER encoding of a signature is read")
    func strictEncoding() throws {
        let message = KnownKeys.message
        let key = KeyKind.p256.publicKey
        let good = octets(KnownKeys.p256Sig)
        #expect(good[0] == 0x30 && Int(good[1]) == good.count - 2 && good[2] == 2)
        let r = Array(good[4..<(4 + Int(good[3]))])
        let s = Array(good[(6 + r.count)...])
        func sequence(_ contents: [UInt8]) -> [UInt8] { [0x30, UInt8(contents.count)] + contents }
        func integer(_ body: [UInt8]) -> [UInt8] { [2, UInt8(body.count)] + body }
        #expect(sequence(integer(r) + integer(s)) == good)
        let bad: [[UInt8]] = [
            // Lengths in a long form that is not needed, indefinite, or with zeros.
            [0x30, 0x81, good[1]] + good[2...], [0x30, 0x82, 0, good[1]] + good[2...],
            [0x30, 0x80] + good[2...] + [0, 0],
            sequence([2, 0x81, UInt8(r.count)] + r + integer(s)),
            // Integers with a zero too many, or negative, or empty.
            sequence(integer([0] + r) + integer(s)), sequence(integer(r) + integer([0] + s)),
            sequence(integer([0xff] + r) + integer(s)), sequence(integer([]) + integer(s)),
            sequence(integer(r) + integer([])),
            // Zero, and numbers of one value too few or too many.
            sequence(integer([0]) + integer(s)), sequence(integer(r) + integer([0])),
            sequence(integer(r)), sequence([]), sequence(integer(r) + integer(s) + integer([1])),
            // Bytes behind the end, inside and outside; an end too early.
            good + [0], sequence(integer(r) + integer(s) + [0]), Array(good.dropLast()),
            // Other tags.
            [0x31] + good[1...], sequence([3, UInt8(r.count)] + r + integer(s)), [0x30], [],
            // Not DER at all: the plain pair.
            r + s,
        ]
        for (index, signature) in bad.enumerated() {
            #expect(outcome(key, signature, message, .ecdsa(.sha256)) == .badSignature, "case \(index)")
        }
    }

    @Test("SEC 1 §4.1.4: r and s are less than n")
    func range() {
        let order = octets("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
        let big: [UInt8] = [2, 33, 0] + order
        let one: [UInt8] = [2, 1, 1]
        for contents in [big + one, one + big, big + big] {
            let signature = [0x30, UInt8(contents.count)] + contents
            #expect(outcome(KeyKind.p256.publicKey, signature, [], .ecdsa(.sha256)) == .badSignature)
        }
    }
}
