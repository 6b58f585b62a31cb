// CryptographySignatureTests.swift — NIST's and the RFCs' answers for ECDSA, EdDSA and RSA.
// Next: ../Traces/TraceFile.swift.

import CryptoGlue
import TestSupport
import Testing
import WireFormat

@Suite("cryptography-vectors: signatures", .enabled(if: CryptographyVectors.isPresent, "needs cryptography-vectors"))
struct CryptographySignatureTests {
    @Test("NIST CAVP: ECDSA on three curves with three hashes", arguments: EllipticCurve.allCases)
    func ecdsa(curve: EllipticCurve) throws {
        var tally = VectorTally("ECDSA \(curve.title)", source: CryptographyVectors.source)
        for name in ["SigVer", "SigGen"] {
            for block in try CryptographyVectors.blocks("asymmetric/ECDSA/FIPS_186-3/\(name).rsp") {
                guard let heading = block.sections.first, EllipticCurve(heading: heading) == curve else { continue }
                guard let hash = heading.split(separator: ",").last.flatMap({ HashAlgorithm(title: String($0)) }) else {
                    tally.setAside("SHA-1 or SHA-224")
                    continue
                }
                guard let x = block["Qx"], let y = block["Qy"], let r = block["R"], let s = block["S"] else {
                    throw VectorFileError("a case without key or signature")
                }
                let signature = DER.sequence(try DER.integer(r) + DER.integer(s))
                let key = PublicKey.ec(curve, point: try curve.point(x, y))
                let verdict = name == "SigGen" ? .valid : try block.verdict
                let outcome = Outcome.signature(signature, over: try block.bytes("Msg"), by: key, .ecdsa(hash))
                tally.record(verdict, outcome, "\(name) \(heading): \(block["Result"] ?? "")")
            }
        }
        tally.finish()
    }

    @Test("RFC 8032: Ed25519, the 1024 signatures of its authors, verified and made again")
    func ed25519() throws {
        var tally = VectorTally("Ed25519", source: CryptographyVectors.source)
        var signing = VectorTally("Ed25519 signing", source: CryptographyVectors.source)
        let text = try VectorFile.text(CryptographyVectors.path("asymmetric/Ed25519/sign.input"))
        for (index, line) in text.split(separator: "\n").enumerated() {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false).map { Hex.decode($0) ?? [] }
            guard fields.count >= 4, fields[0].count == 64 else { throw VectorFileError("line \(index + 1)") }
            let (seed, key, message) = (Array(fields[0].prefix(32)), PublicKey.ed25519(fields[1]), fields[2])
            let signature = Array(fields[3].prefix(64))
            tally.record(
                .valid, .signature(signature, over: message, by: key, .ed25519), "line \(index + 1)")
            var changed = signature
            changed[index % 64] ^= 1 << UInt8(index % 7)
            tally.record(.invalid, .signature(changed, over: message, by: key, .ed25519), "line \(index + 1), changed")
            // One in four is enough for signing.
            guard index.isMultiple(of: 4) else { continue }
            let made = Outcome.signing(
                message, with: .ed25519(seed: SecretBytes(copying: seed.span)), .ed25519, gives: signature,
                publicKey: key)
            signing.record(.valid, made, "line \(index + 1)")
        }
        tally.finish(expecting: 2048)
        signing.finish(expecting: 256)
    }

    @Test("RFC 8032 §7.4: Ed448")
    func ed448() throws {
        var tally = VectorTally("Ed448", source: CryptographyVectors.source + " (RFC 8032)")
        for block in try CryptographyVectors.records("asymmetric/Ed448/rfc8032.txt") {
            guard block["CONTEXT"] == nil else {
                tally.setAside("a context, which TLS has not")
                continue
            }
            let (seed, message) = (try block.bytes("SECRET"), try block.bytes("MESSAGE"))
            let (key, signature) = (PublicKey.ed448(try block.bytes("PUBLIC")), try block.bytes("SIGNATURE"))
            let name = "case \(block["COUNT"] ?? "")"
            tally.record(.valid, .signature(signature, over: message, by: key, .ed448), name)
            let made = Outcome.signing(
                message, with: .ed448(seed: SecretBytes(copying: seed.span)), .ed448, gives: signature, publicKey: key)
            tally.record(.valid, made, name + ", signing")
        }
        tally.finish()
    }

    /// A file of RSA signatures: PSS when it states the length of the salt.
    struct RSAFile: CustomTestStringConvertible {
        let name: String
        var saltLength: Int?
        var testDescription: String { name }
    }

    @Test(
        "NIST CAVP: RSA with 1024 to 4096 bits, PKCS#1 v1.5 and PSS",
        arguments: [
            RSAFile(name: "FIPS_186-2/SigVer15_186-3"), RSAFile(name: "FIPS_186-2/SigGen15_186-3"),
            RSAFile(name: "FIPS_186-2/SigGen15_186-2"), RSAFile(name: "SigVer15EMTest"),
            RSAFile(name: "FIPS_186-2/SigVerPSS_186-3", saltLength: 10),
            RSAFile(name: "FIPS_186-2/SigGenPSS_186-3", saltLength: 0),
            RSAFile(name: "FIPS_186-2/SigGenPSS_186-2", saltLength: 20),
        ])
    func rsa(file: RSAFile) throws {
        let isText = file.name == "SigVer15EMTest"
        let path = try CryptographyVectors.path("asymmetric/RSA/\(file.name).\(isText ? "txt" : "rsp")")
        let blocks = try KeyValueFile(path).blocks(sticky: ["n", "p", "q", "e"])
        var tally = VectorTally(
            "RSA \(file.saltLength == nil ? "PKCS#1" : "PSS") \(file.name.split(separator: "/").last ?? "")",
            source: CryptographyVectors.source)
        for (index, block) in blocks.enumerated() {
            guard let hash = block["SHAAlg"].flatMap(HashAlgorithm.init(title:)) else {
                tally.setAside("SHA-1 or SHA-224")
                continue
            }
            guard let modulus = block["n"], let exponent = block["e"], let size = block.heading("mod") else {
                throw VectorFileError("case \(index) without a key")
            }
            let key = PublicKey.rsa(
                modulus: try Scalar.octets(modulus, length: size / 8),
                publicExponent: try Scalar.octets(exponent, length: size / 8).drop { $0 == 0 }.map { $0 })
            let algorithm = file.saltLength.map { SignatureAlgorithm.rsaPSS(PSSParameters(hash: hash, saltLength: $0)) }
            let outcome = Outcome.signature(
                try block.bytes("S"), over: try block.bytes("Msg"), by: key, algorithm ?? .rsaPKCS1(hash))
            let verdict = block["Result"] == nil ? .valid : try block.verdict
            tally.record(verdict, outcome, "\(size) bits \(hash.title) case \(index): \(block["Result"] ?? "")")
        }
        tally.finish()
    }
}

/// As much DER as an ECDSA signature needs.
enum DER {
    static func sequence(_ body: [UInt8]) -> [UInt8] {
        [0x30] + (body.count < 128 ? [UInt8(body.count)] : [0x81, UInt8(body.count)]) + body
    }

    static func integer(_ hex: String) throws -> [UInt8] {
        let bytes = try Scalar.octets(hex, length: 80).drop { $0 == 0 }
        let body = bytes.isEmpty || bytes.first.map { $0 >= 0x80 } == true ? [0] + bytes : Array(bytes)
        return [2, UInt8(body.count)] + body
    }
}
