// PublicKeyVectorTests.swift — key exchange and signatures against the project's own known answers.
// Next: KeyScheduleVectorTests.swift.

import CryptoGlue
import TestSupport
import Testing
import WireFormat

@Suite("Known answers: key exchange and signatures")
struct PublicKeyVectorTests {
    private struct ExchangeCase: Decodable {
        let group: String
        let `private`: HexBytes
        let publicShare: HexBytes?
        let peerShare: HexBytes
        let shared: HexBytes?
        let result: Verdict
        let why: String?
    }

    @Test(
        "RFC 8446 §7.4: shared secrets with leading zeros kept; bad shares refused",
        arguments: [
            ("montgomery", [NamedGroup.x25519, .x448]), ("ecdh", [.secp256r1, .secp384r1, .secp521r1]),
            ("ffdhe", [.ffdhe2048, .ffdhe3072, .ffdhe4096]),
        ])
    func keyExchange(file: String, groups: [NamedGroup]) throws {
        let cases = try PrimitiveFile<ExchangeCase>(file).cases
        var count = 0
        for group in groups {
            var tally = VectorTally(group.description, source: primitiveSource)
            for (index, test) in cases.enumerated() where test.group == group.description {
                let outcome = Outcome.keyExchange(
                    group, privateKey: test.private.bytes, publicShare: test.publicShare?.bytes,
                    peerShare: test.peerShare.bytes, shared: test.shared?.bytes)
                tally.record(test.result, outcome, caseName(index, test.why))
                count += 1
            }
            tally.finish()
        }
        #expect(count == cases.count)
    }

    private struct ECDSACase: Decodable {
        let curve: EllipticCurve
        let hash: HashAlgorithm
        let point: HexBytes
        let message: HexBytes
        let signature: HexBytes
        let result: Verdict
        let why: String?
    }

    @Test("RFC 8446 §4.2.3: ECDSA on three curves with three hashes; strict DER, ranges, keys on the curve")
    func ecdsa() throws {
        let cases = try PrimitiveFile<ECDSACase>("ecdsa").cases
        for curve in EllipticCurve.allCases {
            var tally = VectorTally("ECDSA \(curve.title)", source: primitiveSource)
            for (index, test) in cases.enumerated() where test.curve == curve {
                let outcome = Outcome.signature(
                    test.signature.bytes, over: test.message.bytes, by: .ec(curve, point: test.point.bytes),
                    .ecdsa(test.hash))
                tally.record(test.result, outcome, caseName(index, test.why))
            }
            tally.finish(expecting: cases.count / 3)
        }
    }

    private struct EdDSACase: Decodable {
        let algorithm: String
        let seed: HexBytes?
        let publicKey: HexBytes
        let message: HexBytes
        let signature: HexBytes
        let result: Verdict
        let why: String?
    }

    @Test("RFC 8032: Ed25519 and Ed448 verify and sign", arguments: [("ed25519", "Ed25519"), ("ed448", "Ed448")])
    func edDSA(name: String, title: String) throws {
        let cases = try PrimitiveFile<EdDSACase>("eddsa").cases
        var tally = VectorTally(title, source: primitiveSource)
        var signing = VectorTally(title + " signing", source: primitiveSource)
        let algorithm: SignatureAlgorithm = name == "ed25519" ? .ed25519 : .ed448
        for (index, test) in cases.enumerated() where test.algorithm == name {
            let key: PublicKey = name == "ed25519" ? .ed25519(test.publicKey.bytes) : .ed448(test.publicKey.bytes)
            let outcome = Outcome.signature(test.signature.bytes, over: test.message.bytes, by: key, algorithm)
            tally.record(test.result, outcome, caseName(index, test.why))
            guard let seed = test.seed?.bytes else { continue }
            let made = Outcome.signing(
                test.message.bytes,
                with: name == "ed25519"
                    ? .ed25519(seed: SecretBytes(copying: seed.span)) : .ed448(seed: SecretBytes(copying: seed.span)),
                algorithm, gives: test.signature.bytes, publicKey: key)
            signing.record(test.result, made, caseName(index, test.why))
        }
        tally.finish()
        signing.finish(expecting: 10)
    }

    private struct RSAFile: Decodable {
        let keys: [String: Key]
        let cases: [Case]

        struct Key: Decodable {
            let modulus: HexBytes
            let publicExponent: HexBytes
            let privateExponent: HexBytes
            let prime1: HexBytes
            let prime2: HexBytes

            var publicKey: PublicKey { .rsa(modulus: modulus.bytes, publicExponent: publicExponent.bytes) }

            var material: PrivateKeyMaterial {
                .rsa(
                    modulus: modulus.bytes, publicExponent: publicExponent.bytes,
                    privateExponent: SecretBytes(copying: privateExponent.bytes.span),
                    prime1: SecretBytes(copying: prime1.bytes.span), prime2: SecretBytes(copying: prime2.bytes.span),
                    restrictedToPSS: false, restriction: nil)
            }
        }

        struct Case: Decodable {
            let key: String
            let scheme: String
            let hash: HashAlgorithm
            let saltLength: Int?
            let message: HexBytes
            let signature: HexBytes
            let result: Verdict
            let why: String?
        }
    }

    @Test(
        "RFC 8017 §8: RSA with 1024 to 4096 bits; padding compared whole, salt length exact",
        arguments: ["pkcs1", "pss"])
    func rsa(scheme: String) throws {
        let file = try VectorFile.json(RSAFile.self, "\(SharedFolder.testVectors)/primitives/rsa.json")
        let title = scheme == "pss" ? "RSA-PSS" : "RSA PKCS#1"
        var tally = VectorTally(title, source: primitiveSource)
        var signing = VectorTally("\(title) signing", source: primitiveSource)
        for (index, test) in file.cases.enumerated() where test.scheme == scheme {
            guard let key = file.keys[test.key] else { throw VectorFileError("no key \(test.key)") }
            let algorithm: SignatureAlgorithm =
                test.saltLength.map { .rsaPSS(PSSParameters(hash: test.hash, saltLength: $0)) } ?? .rsaPKCS1(test.hash)
            let name = "\(test.key) bits, \(test.hash.title), \(caseName(index, test.why))"
            tally.record(
                test.result,
                .signature(test.signature.bytes, over: test.message.bytes, by: key.publicKey, algorithm), name)
            // PKCS#1 v1.5 has no randomness in it, so the signature made here must be the same one.
            if test.result == .valid, scheme == "pkcs1" {
                signing.record(
                    .valid,
                    .signing(
                        test.message.bytes, with: key.material, algorithm, gives: test.signature.bytes,
                        publicKey: key.publicKey), name)
            }
        }
        tally.finish()
        if scheme == "pkcs1" { signing.finish(expecting: 15) }
    }
}
