// CryptographySymmetricTests.swift — NIST's and the RFCs' answers for hash, HMAC, HKDF, CCM and ChaCha20-Poly1305.
// Next: CryptographyKeyExchangeTests.swift.

import CryptoGlue
import TestSupport
import Testing
import WireFormat

@Suite("cryptography-vectors: symmetric", .enabled(if: CryptographyVectors.isPresent, "needs cryptography-vectors"))
struct CryptographySymmetricTests {
    @Test("NIST CAVP: SHA-2, short and long messages", arguments: HashAlgorithm.allCases)
    func hash(algorithm: HashAlgorithm) throws {
        var tally = VectorTally(algorithm.title, source: CryptographyVectors.source)
        for length in ["Short", "Long"] {
            let name = algorithm.title.replacing("-", with: "")
            for block in try CryptographyVectors.blocks("hashes/SHA2/\(name)\(length)Msg.rsp") {
                // A message of no bits is written 00.
                let message = Array(try block.bytes("Msg").prefix(try block.number("Len") / 8))
                let digest = try block.bytes("MD")
                let outcome = Outcome { .comparing(try DigestCheck.digest(algorithm, message), with: digest) }
                tally.record(.valid, outcome, "\(length), \(message.count) octets")
            }
        }
        tally.finish()
    }

    @Test(
        "NIST CAVP: SHA-2, the first 20 of 100 checkpoints of the pseudorandom test", arguments: HashAlgorithm.allCases)
    func hashChain(algorithm: HashAlgorithm) throws {
        let name = algorithm.title.replacing("-", with: "")
        var tally = VectorTally("\(algorithm.title) Monte Carlo", source: CryptographyVectors.source)
        let fields = try KeyValueFile(CryptographyVectors.path("hashes/SHA2/\(name)Monte.rsp")).lines
        var seed: [UInt8] = []
        for case .field(let field, let value) in fields {
            guard let bytes = Hex.decode(value), bytes.count == algorithm.digestLength else { continue }
            if field == "Seed" { seed = bytes }
            guard field == "MD" else { continue }
            // SHAVS §6.4: each message is the last three digests; 1000 rounds a checkpoint.
            var last = [seed, seed, seed]
            for _ in 0..<1000 {
                let message = last[0] + last[1] + last[2]
                last = [last[1], last[2], try HashFunction.digest(algorithm, message.span)]
            }
            seed = last[2]
            tally.record(.valid, .comparing(seed, with: bytes), "checkpoint")
            seed = bytes
            if tally.count == 20 { break }
        }
        tally.finish(expecting: 20)
    }

    @Test("RFC 4231: HMAC", arguments: HashAlgorithm.allCases)
    func hmac(algorithm: HashAlgorithm) throws {
        var tally = VectorTally("HMAC-" + algorithm.title, source: CryptographyVectors.source + " (RFC 4231)")
        for block in try CryptographyVectors.blocks("HMAC/rfc-4231-\(algorithm.rawValue).txt") {
            let (key, message, code) = (try block.bytes("Key"), try block.bytes("Msg"), try block.bytes("MD"))
            let outcome = Outcome { .comparing(try DigestCheck.mac(algorithm, key: key, message), with: code) }
            tally.record(.valid, outcome, "\(message.count) octets")
        }
        tally.finish()
    }

    @Test("RFC 5869 App. A: HKDF, and an output of 1200 octets")
    func hkdf() throws {
        var tally = VectorTally("HKDF-SHA-256", source: CryptographyVectors.source + " (RFC 5869)")
        for name in ["rfc-5869-HKDF-SHA256", "hkdf-generated"] {
            for block in try CryptographyVectors.records("KDF/\(name).txt") {
                let (salt, secret) = (try block.bytes("salt"), try block.bytes("IKM"))
                let (info, okm) = (try block.bytes("info"), try block.bytes("OKM"))
                let length = try block.number("L")
                let outcome = Outcome {
                    let prk = try HKDF.extract(.sha256, salt: salt.span, inputKeyMaterial: secret.span)
                    if let expected = block["PRK"].flatMap(Hex.decode), expected != Array(copying: prk.bytes) {
                        return .wrong("extract differs")
                    }
                    let found = try HKDF.expand(.sha256, secret: prk.bytes, info: info.span, length: length)
                    return .comparing(Array(copying: found.bytes), with: okm)
                }
                tally.record(.valid, outcome, "\(name) \(length) octets")
            }
        }
        tally.finish(expecting: 4)
    }

    @Test("NIST CAVP: AES-128-CCM")
    func ccm() throws {
        var tally = VectorTally("AES-128-CCM", source: CryptographyVectors.source)
        for name in ["VNT128", "VADT128", "VPT128", "VTT128", "DVPT128"] {
            let file = try KeyValueFile(CryptographyVectors.path("ciphers/AES/CCM/\(name).rsp"))
            let sticky: Set = ["Alen", "Plen", "Nlen", "Tlen", "Key", "Nonce"]
            for block in file.blocks(sticky: sticky) {
                func length(_ name: String) throws -> Int { try block.heading(name) ?? block.number(name) }
                guard try block.bytes("Nonce").count == 12 else {
                    tally.setAside("nonce not of 12 octets")
                    continue
                }
                let tagLength = try length("Tlen")
                guard let algorithm = [16: AEADAlgorithm.aes128CCM, 8: .aes128CCM8][tagLength] else {
                    tally.setAside("tag not of 8 or 16 octets")
                    continue
                }
                let outcome = Outcome.aead(
                    algorithm, key: try block.bytes("Key"), nonce: try block.bytes("Nonce"),
                    additionalData: Array(try block.bytes("Adata").prefix(try length("Alen"))),
                    plaintext: Array(try block.bytes("Payload").prefix(try length("Plen"))),
                    sealed: try block.bytes("CT"))
                tally.record(.valid, outcome, "\(name) \(block["Count"] ?? "")")
            }
        }
        tally.finish()
    }

    @Test("RFC 8439 and the vectors of BoringSSL and OpenSSL: ChaCha20-Poly1305")
    func chaCha() throws {
        var tally = VectorTally("ChaCha20-Poly1305", source: CryptographyVectors.source)
        for name in ["boringssl", "openssl"] {
            for block in try CryptographyVectors.records("ciphers/ChaCha20Poly1305/\(name).txt") {
                func octets(_ names: String...) throws -> [UInt8] {
                    guard let text = names.compactMap({ block[$0] }).first else {
                        throw VectorFileError("none of \(names) in \(block.fields.keys.sorted())")
                    }
                    if text.hasPrefix("\"") { return Array(text.utf8.dropFirst().dropLast()) }
                    guard let bytes = Hex.decode(text) else { throw VectorFileError("not hex: \(text)") }
                    return bytes
                }
                let nonce = try octets("NONCE", "IV")
                guard nonce.count == 12 else {
                    tally.setAside("nonce not of 12 octets")
                    continue
                }
                let tag = try octets("TAG", "Tag")
                guard tag.count == 16 else {
                    tally.setAside("truncated tag")
                    continue
                }
                let key = try octets("KEY", "Key")
                let aad = try octets("AD", "AAD")
                let sealed = try octets("CT", "Ciphertext") + tag
                let fails = block["Result"] == "CIPHERFINAL_ERROR"
                let outcome =
                    fails
                    ? Outcome.opening(.chaCha20Poly1305, key: key, nonce: nonce, additionalData: aad, sealed: sealed)
                    : Outcome.aead(
                        .chaCha20Poly1305, key: key, nonce: nonce, additionalData: aad,
                        plaintext: try octets("IN", "Plaintext"), sealed: sealed)
                tally.record(fails ? .invalid : .valid, outcome, "\(name) \(block["COUNT"] ?? "")")
            }
        }
        tally.finish()
    }
}
