// PrivateKeyFileTests.swift — key files that are read, and those that are refused.
// RFC 5958, RFC 8017 App. A.1.2, RFC 5915, RFC 8410 §7.
// Next: X509Vectors.swift.

import Certificates
import CryptoGlue
import TestSupport
import Testing
import WireFormat

@Suite("PrivateKeyFile")
struct PrivateKeyFileTests {
    @Test(
        "RFC 5958, RFC 8017, RFC 5915: a key file is read",
        arguments: KeyVectors.all.cases.filter { $0.result == "valid" })
    func read(_ vector: KeyVectors.Case) throws {
        let key = try PrivateKeyFile.parse(pem: Array(vector.pem.utf8))
        let der = try #require(KeyVectors.all.certificates[vector.certificate ?? ""]).bytes
        #expect(key.publicKey == (try Certificate(derEncoded: der)).publicKey)
        let message = Array("signed to see that the private half fits".utf8)
        let algorithm: SignatureAlgorithm =
            switch key.publicKey {
            case .rsa: .rsaPKCS1(.sha256)
            case .rsaPSS(_, _, let restriction): .rsaPSS(restriction ?? PSSParameters(hash: .sha256, saltLength: 32))
            case .ec: .ecdsa(.sha256)
            case .ed25519: .ed25519
            case .ed448: .ed448
            }
        let signature = try key.sign(message.span, using: algorithm)
        try key.publicKey.verify(signature.span, over: message.span, using: algorithm)
    }

    @Test(
        "RFC 5958: a key file that breaks a rule is refused",
        arguments: KeyVectors.all.cases.filter { $0.result == "invalid" })
    func refused(_ vector: KeyVectors.Case) {
        do {
            _ = try PrivateKeyFile.parse(pem: Array(vector.pem.utf8))
            Issue.record("read")
        } catch {
            #expect(error.rule.rawValue == vector.rule, "\(error)")
            #expect(error.alert == .internalError)
            #expect(!error.advice.isEmpty)
        }
    }

    @Test("T-48: an error about a key file holds nothing that was in it")
    func errorsHoldNoSecret() throws {
        // Cut off one byte at a time: the error may name lengths and tags, never contents.
        let vector = try #require(KeyVectors.all.cases.first { $0.name == "PKCS#8, ed25519" })
        let body = vector.pem.split(separator: "\n").dropFirst().dropLast().joined()
        for count in stride(from: 4, to: body.count, by: 4) {
            let pem = "-----BEGIN PRIVATE KEY-----\n\(body.prefix(count))\n-----END PRIVATE KEY-----\n"
            do {
                _ = try PrivateKeyFile.parse(pem: Array(pem.utf8))
                #expect(count >= body.count)
            } catch {
                #expect(!error.description.contains(body.suffix(12)))
                #expect(error.description.count < 400)
            }
        }
    }

    @Test("T-47: no change of a key file makes the reader trap")
    func mutations() throws {
        var generator = SplitMix64(state: 0x5ec4e7)
        let files = KeyVectors.all.cases.filter { $0.result == "valid" && !$0.name.contains("rsa") }.map {
            Array($0.pem.utf8)
        }
        for round in 0..<1500 {
            var pem = files[round % files.count]
            for _ in 0...Int.random(in: 0...2, using: &generator) {
                let index = Int.random(in: pem.indices, using: &generator)
                switch Int.random(in: 0...2, using: &generator) {
                case 0: pem[index] = UInt8.random(in: 0x20...0x7e, using: &generator)
                case 1: pem.remove(at: index)
                default: pem[index] ^= 1 << UInt8.random(in: 0...7, using: &generator)
                }
            }
            _ = try? PrivateKeyFile.parse(pem: pem)
        }
    }
}
