// WycheproofTests.swift — every case of the Wycheproof files at hand: valid passes, invalid is refused.
// A case that the interface cannot be asked is counted as not applicable, with the reason.
// Next: ../CryptographyVectors/CryptographyVectors.swift.

import CryptoGlue
import TestSupport
import Testing
import WireFormat

@Suite("Wycheproof", .enabled(if: WycheproofFile.isPresent, "needs the shared folder"))
struct WycheproofTests {
    private static let source = "Wycheproof"

    @Test("Wycheproof: AES-GCM", arguments: [(AEADAlgorithm.aes128GCM, "AES-128-GCM"), (.aes256GCM, "AES-256-GCM")])
    func gcm(algorithm: AEADAlgorithm, name: String) throws {
        let file = try WycheproofFile(named: "aes_gcm_test.json")
        var tally = VectorTally(name, source: Self.source)
        for (group, test) in file.cases {
            if group.keySize != algorithm.keyLength * 8 {
                tally.setAside("\(group.keySize ?? 0)-bit keys")
            } else if group.ivSize != 96 {
                tally.setAside("nonce not of 12 octets")
            } else {
                try Self.aead(algorithm, test, &tally)
            }
        }
        tally.finish(expecting: file.numberOfTests)
    }

    @Test("Wycheproof: ChaCha20-Poly1305")
    func chaCha() throws {
        let file = try WycheproofFile(named: "chacha20_poly1305_test.json")
        var tally = VectorTally("ChaCha20-Poly1305", source: Self.source)
        for (group, test) in file.cases {
            if group.ivSize != 96 {
                tally.setAside("nonce not of 12 octets")
            } else {
                try Self.aead(.chaCha20Poly1305, test, &tally)
            }
        }
        tally.finish(expecting: file.numberOfTests)
    }

    private static func aead(
        _ algorithm: AEADAlgorithm, _ test: WycheproofFile.Case, _ tally: inout VectorTally
    ) throws {
        let key = try test.key.required
        let nonce = try test.iv.required
        let aad = try test.aad.required
        let sealed = try test.ct.required + test.tag.required
        let outcome =
            test.result == .invalid
            ? Outcome.opening(algorithm, key: key, nonce: nonce, additionalData: aad, sealed: sealed)
            : Outcome.aead(
                algorithm, key: key, nonce: nonce, additionalData: aad, plaintext: try test.msg.required,
                sealed: sealed)
        tally.record(test.result, outcome, test.name)
    }

    @Test(
        "Wycheproof: HMAC",
        arguments: [
            (HashAlgorithm.sha256, "HMAC-SHA-256", "hmac_sha256_test.json"),
            (.sha384, "HMAC-SHA-384", "hmac_sha384_test.json"),
        ])
    func hmac(hash: HashAlgorithm, name: String, fileName: String) throws {
        let file = try WycheproofFile(named: fileName)
        var tally = VectorTally(name, source: Self.source)
        for (_, test) in file.cases {
            let tag = try test.tag.required
            let code = try DigestCheck.mac(hash, key: test.key.required, test.msg.required)
            // A shorter tag is the beginning of the code.
            let equal = ConstantTime.equal(code.span.extracting(first: tag.count), tag.span)
            tally.record(test.result, equal ? .passed : .refused, test.name)
        }
        tally.finish(expecting: file.numberOfTests)
    }

    @Test(
        "Wycheproof: HKDF",
        arguments: [
            (HashAlgorithm.sha256, "HKDF-SHA-256", "hkdf_sha256_test.json"),
            (.sha384, "HKDF-SHA-384", "hkdf_sha384_test.json"),
        ])
    func hkdf(hash: HashAlgorithm, name: String, fileName: String) throws {
        let file = try WycheproofFile(named: fileName)
        var tally = VectorTally(name, source: Self.source)
        for (_, test) in file.cases {
            let (salt, secret, info) = (try test.salt.required, try test.ikm.required, try test.info.required)
            let expected = try test.okm.required
            let outcome = Outcome {
                let prk = try HKDF.extract(hash, salt: salt.span, inputKeyMaterial: secret.span)
                let okm = try HKDF.expand(hash, secret: prk.bytes, info: info.span, length: test.size ?? 0)
                return .comparing(Array(copying: okm.bytes), with: expected)
            }
            tally.record(test.result, outcome, test.name)
        }
        tally.finish(expecting: file.numberOfTests)
    }

    @Test("Wycheproof: X25519")
    func x25519() throws {
        let file = try WycheproofFile(named: "x25519_test.json")
        var tally = VectorTally("X25519", source: Self.source)
        for (_, test) in file.cases {
            let outcome = Outcome.keyExchange(
                .x25519, privateKey: Hex.decode(test.privateKey ?? "") ?? [], peerShare: try test.publicShare.required,
                shared: try test.shared.required)
            tally.record(test.result, outcome, test.name)
        }
        tally.finish(expecting: file.numberOfTests)
    }

    @Test("Wycheproof: ECDH over P-256")
    func ecdh() throws {
        let file = try WycheproofFile(named: "ecdh_secp256r1_ecpoint_test.json")
        var tally = VectorTally("ECDH P-256", source: Self.source)
        for (_, test) in file.cases {
            let outcome = Outcome.keyExchange(
                .secp256r1, privateKey: try Scalar.octets(test.privateKey ?? "", length: 32),
                peerShare: try test.publicShare.required, shared: try test.shared.required)
            tally.record(test.result, outcome, test.name)
        }
        tally.finish(expecting: file.numberOfTests)
    }

    @Test("Wycheproof: ECDSA over P-256 with SHA-256")
    func ecdsa() throws {
        try Self.signatures("ecdsa_secp256r1_sha256_test.json", "ECDSA P-256 SHA-256", .ecdsa(.sha256)) { key in
            .ec(.p256, point: try key.uncompressed.required)
        }
    }

    @Test("Wycheproof: Ed25519")
    func ed25519() throws {
        try Self.signatures("ed25519_test.json", "Ed25519", .ed25519) { key in .ed25519(try key.pk.required) }
    }

    @Test("Wycheproof: RSASSA-PKCS1-v1_5 with 2048 bits and SHA-256")
    func rsaPKCS1() throws {
        try Self.signatures("rsa_signature_2048_sha256_test.json", "RSA PKCS#1 2048 SHA-256", .rsaPKCS1(.sha256)) {
            key in
            .rsa(modulus: try key.modulus.required, publicExponent: try key.publicExponent.required)
        }
    }

    @Test("Wycheproof: RSASSA-PSS with 2048 bits, SHA-256 and a salt of 32 octets")
    func rsaPSS() throws {
        let parameters = PSSParameters(hash: .sha256, saltLength: 32)
        try Self.signatures(
            "rsa_pss_2048_sha256_mgf1_32_test.json", "RSA-PSS 2048 SHA-256", .rsaPSS(parameters)
        ) { key in
            .rsaPSS(
                modulus: try key.modulus.required, publicExponent: try key.publicExponent.required,
                restriction: parameters)
        }
    }

    private static func signatures(
        _ fileName: String, _ name: String, _ algorithm: SignatureAlgorithm,
        key: (WycheproofFile.Key) throws -> PublicKey
    ) throws {
        let file = try WycheproofFile(named: fileName)
        var tally = VectorTally(name, source: Self.source)
        for (group, test) in file.cases {
            guard let fields = group.publicKey else { throw VectorFileError("a group without a key") }
            let outcome = Outcome.signature(
                try test.sig.required, over: try test.msg.required, by: try key(fields), algorithm)
            tally.record(test.result, outcome, test.name)
        }
        tally.finish(expecting: file.numberOfTests)
    }
}

/// Numbers that files write with or without leading zeros.
enum Scalar {
    /// `hex` as exactly `length` octets, big-endian.
    static func octets(_ hex: String, length: Int) throws -> [UInt8] {
        let even = hex.count.isMultiple(of: 2) ? hex : "0" + hex
        guard let bytes = Hex.decode(even) else { throw VectorFileError("not hex: \(hex)") }
        let significant = Array(bytes.drop { $0 == 0 })
        guard significant.count <= length else { throw VectorFileError("longer than \(length) octets: \(hex)") }
        return [UInt8](repeating: 0, count: length - significant.count) + significant
    }
}
