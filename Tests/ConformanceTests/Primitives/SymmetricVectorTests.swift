// SymmetricVectorTests.swift — hash, HMAC, HKDF and AEAD against the project's own known answers.
// Next: PublicKeyVectorTests.swift.

import CryptoGlue
import TestSupport
import Testing
import WireFormat

@Suite("Known answers: symmetric primitives")
struct SymmetricVectorTests {
    private struct HashCase: Decodable {
        let hash: HashAlgorithm
        let length: Int
        let seed: Int
        let digest: HexBytes
    }

    @Test("FIPS 180-4: SHA-256, SHA-384 and SHA-512, whole and in pieces")
    func hash() throws {
        let cases = try PrimitiveFile<HashCase>("hash").cases
        for algorithm in HashAlgorithm.allCases {
            var tally = VectorTally(algorithm.title, source: primitiveSource)
            for test in cases where test.hash == algorithm {
                let outcome = Outcome {
                    let message = patternMessage(length: test.length, seed: test.seed)
                    return .comparing(try DigestCheck.digest(algorithm, message), with: test.digest.bytes)
                }
                tally.record(.valid, outcome, "\(test.length) octets")
            }
            tally.finish(expecting: 19)
        }
    }

    private struct HMACCase: Decodable {
        let hash: HashAlgorithm
        let key: HexBytes
        let length: Int
        let seed: Int
        let mac: HexBytes
    }

    @Test("RFC 2104: HMAC with keys from none to longer than a block")
    func hmac() throws {
        let cases = try PrimitiveFile<HMACCase>("hmac").cases
        for algorithm in HashAlgorithm.allCases {
            var tally = VectorTally("HMAC-" + algorithm.title, source: primitiveSource)
            for test in cases where test.hash == algorithm {
                let outcome = Outcome {
                    let message = patternMessage(length: test.length, seed: test.seed)
                    return .comparing(
                        try DigestCheck.mac(algorithm, key: test.key.bytes, message), with: test.mac.bytes)
                }
                tally.record(.valid, outcome, "key of \(test.key.bytes.count), \(test.length) octets")
            }
            tally.finish(expecting: 48)
        }
    }

    private struct HKDFCase: Decodable {
        let hash: HashAlgorithm
        let salt: HexBytes
        let ikm: HexBytes
        let info: HexBytes
        let length: Int
        let prk: HexBytes
        let okm: HexBytes?
        let okmSHA256: HexBytes?
        let result: Verdict
    }

    @Test("RFC 5869: HKDF extract and expand up to 255 blocks, and not beyond")
    func hkdf() throws {
        let cases = try PrimitiveFile<HKDFCase>("hkdf").cases
        for algorithm in HashAlgorithm.allCases {
            var tally = VectorTally("HKDF-" + algorithm.title, source: primitiveSource)
            for test in cases where test.hash == algorithm {
                let outcome = Outcome {
                    let (salt, secret, info) = (test.salt.bytes, test.ikm.bytes, test.info.bytes)
                    let prk = try HKDF.extract(algorithm, salt: salt.span, inputKeyMaterial: secret.span)
                    if Array(copying: prk.bytes) != test.prk.bytes { return .wrong("extract differs") }
                    let okm = try HKDF.expand(algorithm, secret: prk.bytes, info: info.span, length: test.length)
                    if let digest = test.okmSHA256?.bytes {
                        return .comparing(try HashFunction.digest(.sha256, okm.bytes), with: digest)
                    }
                    return .comparing(Array(copying: okm.bytes), with: test.okm?.bytes ?? [])
                }
                tally.record(test.result, outcome, "\(test.length) octets")
            }
            tally.finish(expecting: 10)
        }
    }

    private struct AEADCase: Decodable {
        let algorithm: AEADAlgorithm
        let key: HexBytes
        let nonce: HexBytes
        let aad: HexBytes
        let length: Int
        let seed: Int
        let sealed: HexBytes?
        let sealedSHA256: HexBytes?
        let result: Verdict
        let why: String?
    }

    @Test("RFC 5116: every AEAD seals and opens 0 to 16640 octets, and opens nothing that was changed")
    func aead() throws {
        let cases = try PrimitiveFile<AEADCase>("aead").cases
        for algorithm in AEADAlgorithm.allCases {
            var tally = VectorTally(algorithm.title, source: primitiveSource)
            for test in cases where test.algorithm == algorithm {
                tally.record(
                    test.result, try Self.outcome(test),
                    "\(test.length) octets, header \(test.aad.bytes.count) \(test.why ?? "")")
            }
            tally.finish(expecting: 82)
        }
    }

    private static func outcome(_ test: AEADCase) throws -> Outcome {
        let (key, nonce, aad) = (test.key.bytes, test.nonce.bytes, test.aad.bytes)
        guard test.result == .valid else {
            return .opening(
                test.algorithm, key: key, nonce: nonce, additionalData: aad, sealed: try test.sealed.required)
        }
        let plaintext = patternMessage(length: test.length, seed: test.seed)
        guard let digest = test.sealedSHA256?.bytes else {
            return .aead(
                test.algorithm, key: key, nonce: nonce, additionalData: aad, plaintext: plaintext,
                sealed: try test.sealed.required)
        }
        // A long record is known by its digest: seal it here, compare, then let the usual check open it again.
        var record = aad + plaintext + [UInt8](repeating: 0, count: test.algorithm.tagLength)
        let sealing = Outcome {
            try Outcome.seal(&record, test.algorithm, key: key, header: aad.count, nonce: nonce)
            return .comparing(try HashFunction.digest(.sha256, record.span.extracting(aad.count...)), with: digest)
        }
        guard case .passed = sealing else { return sealing }
        return .aead(
            test.algorithm, key: key, nonce: nonce, additionalData: aad, plaintext: plaintext,
            sealed: Array(record[aad.count...]))
    }
}
