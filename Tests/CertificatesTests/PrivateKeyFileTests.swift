// PrivateKeyFileTests.swift — key files that are read, and those that are refused.
// RFC 5958, RFC 8017 App. A.1.2, RFC 5915, RFC 8410 §7.
// Next: X509Vectors.swift.

import Certificates
import CryptoGlue
import Foundation
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

    /// The octets of the first block that holds a private key, as a DER file has them.
    private static func der(_ pem: String) -> [UInt8] {
        let lines = pem.split(whereSeparator: \.isNewline)
        guard let start = lines.firstIndex(where: { $0.hasPrefix("-----BEGIN") && $0.hasSuffix("PRIVATE KEY-----") }),
            let end = lines[start...].firstIndex(where: { $0.hasPrefix("-----END") })
        else { return [] }
        return [UInt8](Data(base64Encoded: lines[(start + 1)..<end].joined()) ?? Data())
    }

    @Test(
        "RFC 5958, RFC 8017, RFC 5915: a key in DER is told apart by its structure, and is the same key",
        arguments: KeyVectors.all.cases.filter { $0.result == "valid" })
    func readDER(_ vector: KeyVectors.Case) throws {
        let octets = Self.der(vector.pem)
        let key = try PrivateKeyFile.parse(der: octets.span)
        let file = SecretBytes(copying: octets.span)
        #expect(try PrivateKeyFile.parse(file: file).publicKey == key.publicKey)
        #expect(key.publicKey == (try PrivateKeyFile.parse(pem: Array(vector.pem.utf8))).publicKey)
        // Nothing may follow, and nothing may be missing.
        for wrong in [octets + [0], Array(octets.dropLast()), []] {
            let error = #expect(throws: CertificateError.self) { _ = try PrivateKeyFile.parse(der: wrong.span) }
            #expect(error?.alert == .internalError)
        }
    }

    @Test("RFC 5958 §3: an encrypted key in DER is refused by name, and what is no key too")
    func refusedDER() throws {
        let algorithm = tlv(0x30, tlv(0x06, [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d]))
        let encrypted = tlv(0x30, algorithm + tlv(0x04, [1, 2, 3]))
        let error = #expect(throws: CertificateError.self) { _ = try PrivateKeyFile.parse(der: encrypted.span) }
        #expect(error?.rule == .encryptedPrivateKey)
        for other in [
            tlv(0x30, []), tlv(0x30, tlv(0x02, [0])), tlv(0x30, tlv(0x02, [0]) + tlv(0x31, [])), tlv(0x31, []),
            tlv(0x30, tlv(0x02, [9]) + algorithm + tlv(0x04, [1])), [0x30, 0x80], Array("-----BEGIN".utf8),
        ] {
            let error = #expect(throws: CertificateError.self) { _ = try PrivateKeyFile.parse(der: other.span) }
            #expect(error?.rule == .privateKey, "\(other)")
        }
    }

    @Test("T-47: no change of a key in DER makes the reader trap")
    func mutationsOfDER() {
        var generator = SplitMix64(state: 0xde5)
        let files = KeyVectors.all.cases.filter { $0.result == "valid" && !$0.name.contains("rsa") }.map {
            Self.der($0.pem)
        }
        for round in 0..<1500 {
            var der = files[round % files.count]
            for _ in 0...Int.random(in: 0...2, using: &generator) {
                let index = Int.random(in: der.indices, using: &generator)
                if Bool.random(using: &generator) {
                    der[index] = UInt8.random(in: 0...255, using: &generator)
                } else {
                    der.remove(at: index)
                }
            }
            _ = try? PrivateKeyFile.parse(der: der.span)
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
