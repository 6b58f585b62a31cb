// CertificateParsingTests.swift — what parses, what does not, and by which rule.
// RFC 5280 §4.1, §4.2.
// Next: HostileCertificateTests.swift.

import Certificates
import CryptoGlue
import TestSupport
import Testing
import WireFormat

@Suite("Certificate")
struct CertificateParsingTests {
    @Test("RFC 5280 §4: a certificate parses, or is refused by the rule it breaks", arguments: ParsingVectors.all)
    func parsing(_ vector: ParsingVectors.Case) throws {
        do {
            let certificate = try Certificate(derEncoded: vector.der.bytes)
            #expect(vector.result == "valid", "parsed, but \(vector.rule ?? "") is broken")
            #expect(certificate.derEncoded == vector.der.bytes)
        } catch {
            #expect(vector.result == "invalid", "refused: \(error)")
            #expect(error.rule.rawValue == vector.rule, "\(error)")
            #expect(!error.expected.isEmpty && !error.found.isEmpty && !error.advice.isEmpty)
        }
    }

    @Test("RFC 5280 §4.1: every field of a certificate is read")
    func fields() throws {
        let leaf = try PathVectors.paths.certificate("leaf")
        #expect(leaf.version == 3)
        #expect(leaf.serialNumber == [0x11])
        #expect(leaf.subject.description == "CN=leaf,O=Example")
        #expect(leaf.issuer.description == "CN=issuing,O=Example")
        #expect(leaf.notBefore.description == "2025-01-01T00:00:00Z")
        #expect(leaf.notAfter.description == "2035-01-01T00:00:00Z")
        #expect(leaf.publicKey.bitCount == 256)
        #expect(leaf.signatureAlgorithm == .ecdsa(.sha256))
        #expect(leaf.subjectAlternativeName == [.dns("server.example.org")])
        #expect(leaf.basicConstraints == nil)
        #expect(leaf.keyUsage == .digitalSignature)
        #expect(leaf.extendedKeyUsage == [.serverAuthentication])
        #expect(leaf.authorityKeyIdentifier == (try PathVectors.paths.certificate("issuing")).subjectKeyIdentifier)
        let issuing = try PathVectors.paths.certificate("issuing")
        #expect(issuing.basicConstraints?.isAuthority == true)
        #expect(issuing.basicConstraints?.pathLength == 0)
        #expect(issuing.keyUsage == [.keyCertSign, .cRLSign])
        #expect(issuing.extendedKeyUsage == nil)
    }

    @Test("RFC 5280 §4.2.1.6: every form of name is told apart")
    func generalNames() throws {
        let vector = try #require(ParsingVectors.all.first { $0.name == "every form of name" })
        let names = try Certificate(derEncoded: vector.der.bytes).subjectAlternativeName
        #expect(
            names.map(\.description) == [
                "DNS:a.example.org", "IP:192.0.2.1", "email:a@example.org", "URI:https://example.org/", "DirName:CN=a",
                "RID:1.2.3", "name of form [0]",
            ])
    }

    @Test("RFC 4514 §2: names are written most specific first, and several attributes of one part with a plus sign")
    func names() throws {
        let vector = try #require(ParsingVectors.all.first { $0.name == "several attributes in one part of the name" })
        let certificate = try Certificate(derEncoded: vector.der.bytes)
        #expect(certificate.subject.description == "CN=a+OU=Unit+O=Example,C=XX")
    }

    @Test("RFC 4514 §2.4: what does not print in a name is escaped, so that a report cannot be forged")
    func unprintableNames() throws {
        let attribute = tlv(0x30, [0x06, 0x03, 0x55, 0x04, 0x03] + tlv(0x0c, Array("a\n\u{1b}[2J\u{202e},b".utf8)))
        let name = tlv(0x30, tlv(0x31, attribute))
        let base = try #require(ParsingVectors.all.first).der.bytes
        let original = try Certificate(derEncoded: base).issuer.derEncoded
        let certificate = try Certificate(derEncoded: try replacing(original, with: name, in: base))
        #expect(certificate.issuer.description == #"CN=a\0A\1B[2J\E2\80\AE\,b"#)
    }

    @Test("RFC 5280 §7.1: names are equal without regard to case, spaces and the kind of string")
    func nameEquality() throws {
        let root = try PathVectors.paths.certificate("root").subject
        let loud = try PathVectors.paths.certificate("ROOT").subject
        #expect(root == loud && root.derEncoded != loud.derEncoded)
        #expect(Set([root, loud]).count == 1)
        #expect(root != (try PathVectors.paths.certificate("issuing").subject))
    }

    @Test("Certificates are equal when their DER is, and their fingerprint is SHA-256 over it")
    func identity() throws {
        let one = try PathVectors.paths.certificate("root")
        let same = try Certificate(derEncoded: one.derEncoded)
        let other = try PathVectors.paths.certificate("leaf")
        #expect(one == same && one != other && Set([one, same, other]).count == 2)
        #expect(try one.fingerprintSHA256 == HashFunction.digest(.sha256, one.derEncoded.span))
    }

    /// The first certificate of parsing.json has its name twice, as issuer and as subject.
    private func replacing(_ old: [UInt8], with new: [UInt8], in der: [UInt8]) throws -> [UInt8] {
        // SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }: the lengths of the outer two are made anew.
        let outer = contents(der[...])
        let signed = Array(outer.prefix(headerLength(outer) + contents(outer).count))
        let body = Array(contents(signed[...]))
        let rest = Array(outer.dropFirst(signed.count))
        var changed: [UInt8] = []
        var index = 0
        while index < body.count {
            if body[index...].starts(with: old) {
                changed += new
                index += old.count
            } else {
                changed.append(body[index])
                index += 1
            }
        }
        return tlv(0x30, tlv(0x30, changed) + rest)
    }

    private func headerLength(_ value: ArraySlice<UInt8>) -> Int {
        let first = value[value.startIndex + 1]
        return first < 0x80 ? 2 : 2 + Int(first & 0x7f)
    }

    private func contents(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let header = headerLength(value)
        let first = value[value.startIndex + 1]
        let length =
            first < 0x80
            ? Int(first) : value.dropFirst(2).prefix(header - 2).reduce(0) { $0 << 8 | Int($1) }
        return value.dropFirst(header).prefix(length)
    }
}
