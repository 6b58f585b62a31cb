// SigningKeyTests.swift — signing, the derivation of public keys, and keys whose parts do not belong together.
// RFC 8446 §4.4.3; RFC 8017 §3.2, §5.2.1; RFC 8032.
// Next: ConstantTimeTests.swift.

import CryptoGlue
import Synchronization
import TestSupport
import Testing

private func outcome(_ material: consuming PrivateKeyMaterial) -> CryptoError? {
    do throws(CryptoError) {
        _ = try SigningKey(material)
        return nil
    } catch {
        return error
    }
}

private func expectInvalid(_ error: CryptoError?, _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation) {
    guard case .invalidKey = error else {
        Issue.record("\(what): \(String(describing: error))", sourceLocation: sourceLocation)
        return
    }
}

@Suite("SigningKey")
struct SigningKeyTests {
    @Test(
        "What a key signs, its public key verifies; and over another message it does not", arguments: KeyKind.allCases)
    func roundTrip(kind: KeyKind) throws {
        let key = try SigningKey(kind.material())
        #expect(key.publicKey == kind.publicKey)
        for algorithm in kind.algorithms {
            for length in [0, 1, 130, 1000] {
                let message = [UInt8](repeating: 0x61, count: length)
                let signature = try key.sign(message.span, using: algorithm)
                try key.publicKey.verify(signature.span, over: message.span, using: algorithm)
                let other = message + [1]
                let error = refusal { () throws(CryptoError) in
                    try key.publicKey.verify(signature.span, over: other.span, using: algorithm)
                }
                #expect(error == .badSignature)
            }
        }
    }

    @Test("An algorithm that does not fit the key is not signed with", arguments: KeyKind.allCases)
    func mismatch(kind: KeyKind) throws {
        let key = try SigningKey(kind.material())
        for algorithm in KeyKind.everyAlgorithm where !kind.algorithms.contains(algorithm) {
            #expect(refusal { () throws(CryptoError) in _ = try key.sign([1].span, using: algorithm) } != nil)
        }
    }

    @Test("Deterministic signatures equal those of another implementation")
    func deterministic() throws {
        let message = KnownKeys.message
        let ed25519 = try SigningKey(KeyKind.ed25519.material())
        #expect(try ed25519.sign(message.span, using: .ed25519) == octets(KnownKeys.ed25519Sig))
        #expect(try ed25519.sign([UInt8]().span, using: .ed25519) == octets(KnownKeys.ed25519SigEmpty))
        let ed448 = try SigningKey(KeyKind.ed448.material())
        #expect(try ed448.sign(message.span, using: .ed448) == octets(KnownKeys.ed448Sig))
        #expect(try ed448.sign([UInt8]().span, using: .ed448) == octets(KnownKeys.ed448SigEmpty))
        let rsa = try SigningKey(KeyKind.rsa2048.material())
        #expect(try rsa.sign(message.span, using: .rsaPKCS1(.sha256)) == octets(KnownKeys.rsaPkcs1Sha256))
    }

    @Test("ECDSA and RSA-PSS signatures are fresh each time")
    func randomised() throws {
        for (kind, algorithm) in [
            (KeyKind.p256, SignatureAlgorithm.ecdsa(.sha256)), (.rsa2048, .rsaPSS(.init(.sha256))),
        ] {
            let key = try SigningKey(kind.material())
            let signatures = try (0..<5).map { _ in try key.sign([1, 2, 3].span, using: algorithm) }
            #expect(Set(signatures).count == 5)
        }
    }

    @Test("RSA signatures are as long as the modulus, also when they begin with zeros")
    func fixedLength() throws {
        let key = try SigningKey(KeyKind.rsa1025.material())
        for index in 0..<40 {
            let message = [UInt8(index)]
            let signature = try key.sign(message.span, using: .rsaPKCS1(.sha256))
            #expect(signature.count == 129)
            try key.publicKey.verify(signature.span, over: message.span, using: .rsaPKCS1(.sha256))
        }
    }

    @Test("ECDSA: leading zeros of r and s are not lost", arguments: [KeyKind.p256, .p384, .p521])
    func manyECDSASignatures(kind: KeyKind) throws {
        let key = try SigningKey(kind.material())
        for index in 0..<60 {
            let message = [UInt8(index)]
            let signature = try key.sign(message.span, using: .ecdsa(.sha256))
            try key.publicKey.verify(signature.span, over: message.span, using: .ecdsa(.sha256))
        }
    }

    @Test("RFC 8446 §4.2.3: RSA-PSS is signed with a salt as long as the digest and no other")
    func saltLength() throws {
        let key = try SigningKey(KeyKind.rsa2048.material())
        for length in [0, 20, 31, 33, -1] {
            let algorithm = SignatureAlgorithm.rsaPSS(PSSParameters(hash: .sha256, saltLength: length))
            #expect(refusal { () throws(CryptoError) in _ = try key.sign([1].span, using: algorithm) } != nil)
        }
    }

    @Test(
        "One key signs from many threads at once",
        arguments: [
            (KeyKind.rsa2048, SignatureAlgorithm.rsaPSS(.init(.sha256))), (.p256, .ecdsa(.sha256)),
            (.ed25519, .ed25519), (.ed448, .ed448),
        ])
    func manyThreads(kind: KeyKind, algorithm: SignatureAlgorithm) async throws {
        let key = try SigningKey(kind.material())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for round in 0..<10 {
                        let message = [UInt8(task), UInt8(round)]
                        let signature = try key.sign(message.span, using: algorithm)
                        try key.publicKey.verify(signature.span, over: message.span, using: algorithm)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("SEC 1 §3.2: an EC scalar may lack leading zeros or have some too many, but is in 1…n-1")
    func scalars() throws {
        let one = try SigningKey(.ec(.p256, scalar: SecretBytes([1])))
        let padded = try SigningKey(.ec(.p256, scalar: SecretBytes([UInt8](repeating: 0, count: 39) + [1])))
        #expect(one.publicKey == padded.publicKey)
        let order = octets("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
        expectInvalid(outcome(.ec(.p256, scalar: SecretBytes([]))), "no bytes")
        expectInvalid(outcome(.ec(.p256, scalar: SecretBytes([UInt8](repeating: 0, count: 32)))), "zero")
        expectInvalid(outcome(.ec(.p256, scalar: SecretBytes(order))), "n")
        expectInvalid(outcome(.ec(.p256, scalar: SecretBytes([UInt8](repeating: 0xff, count: 32)))), "above n")
        expectInvalid(outcome(.ec(.p256, scalar: SecretBytes([1] + [UInt8](repeating: 0, count: 32)))), "33 bytes")
        expectInvalid(outcome(.ec(.p521, scalar: SecretBytes([UInt8](repeating: 0xff, count: 66)))), "528 bits")
    }

    @Test("RFC 8032 §5.1.5, §5.2.5: private keys of another length are refused")
    func seeds() {
        for length in [0, 31, 33, 57, 64] {
            expectInvalid(outcome(.ed25519(seed: SecretBytes(count: length))), "Ed25519 \(length)")
        }
        for length in [0, 32, 56, 58, 114] {
            expectInvalid(outcome(.ed448(seed: SecretBytes(count: length))), "Ed448 \(length)")
        }
    }

    private func rsa(
        n: [UInt8] = octets(KnownKeys.rsaN), e: [UInt8] = [1, 0, 1], d: [UInt8] = octets(KnownKeys.rsaD),
        p: [UInt8] = octets(KnownKeys.rsaP), q: [UInt8] = octets(KnownKeys.rsaQ)
    ) -> CryptoError? {
        outcome(
            .rsa(
                modulus: n, publicExponent: e, privateExponent: SecretBytes(d), prime1: SecretBytes(p),
                prime2: SecretBytes(q), restrictedToPSS: false, restriction: nil))
    }

    @Test("RFC 8017 §3.2: RSA parts that do not belong together are refused")
    func inconsistentRSA() {
        func altered(_ hexadecimal: String) -> [UInt8] {
            var bytes = octets(hexadecimal)
            bytes[bytes.count / 2] ^= 1
            return bytes
        }
        #expect(rsa() == nil)
        // Leading zeros and the order of the primes do not matter.
        #expect(rsa(n: [0] + octets(KnownKeys.rsaN), d: [0] + octets(KnownKeys.rsaD)) == nil)
        #expect(rsa(p: octets(KnownKeys.rsaQ), q: octets(KnownKeys.rsaP)) == nil)
        expectInvalid(rsa(n: altered(KnownKeys.rsaN)), "modulus")
        expectInvalid(rsa(d: altered(KnownKeys.rsaD)), "private exponent")
        expectInvalid(rsa(p: altered(KnownKeys.rsaP)), "first prime")
        expectInvalid(rsa(q: altered(KnownKeys.rsaQ)), "second prime")
        expectInvalid(rsa(e: [3]), "public exponent")
        expectInvalid(rsa(e: []), "no public exponent")
        expectInvalid(rsa(d: []), "no private exponent")
        expectInvalid(rsa(p: [], q: []), "no primes")
        expectInvalid(rsa(p: [1], q: octets(KnownKeys.rsaN)), "one and the modulus")
        expectInvalid(rsa(p: octets(KnownKeys.rsaN), q: [1]), "the modulus and one")
        expectInvalid(rsa(d: [UInt8](repeating: 0xff, count: 10_000)), "huge exponent")
        expectInvalid(rsa(n: [UInt8](repeating: 0xff, count: 100)), "small modulus")
    }
}
