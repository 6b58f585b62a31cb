// PublicKeyPinTests.swift — pins: how they are written, and whose they are.
// RFC 7469 §2.4.
// Next: TrustAnchorConstraintTests.swift.

import Certificates
import Testing

@Suite("PublicKeyPin")
struct PublicKeyPinTests {
    private static let hexadecimal = String(repeating: "0a", count: 31) + "ff"
    private static let base64 = "sha256/CgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCv8="

    @Test("A pin is read from base64 and from hexadecimal digits with and without colons")
    func reading() throws {
        let wanted = [UInt8](repeating: 0x0a, count: 31) + [0xff]
        let colons = Array(repeating: "0A", count: 31).joined(separator: ":") + ":FF"
        for text in [Self.hexadecimal, Self.base64, colons] {
            #expect(try PublicKeyPin(text).sha256 == wanted, "\(text)")
        }
        #expect(try PublicKeyPin(Self.hexadecimal).description == Self.base64)
        #expect(PublicKeyPin(sha256: wanted)?.description == Self.base64)
    }

    @Test(
        "Anything else is refused with what a pin looks like",
        arguments: [
            "", "sha256/", "sha256/AAAA", "sha256/!!!!", "sha1/CgoKCgoKCgoKCgoKCgoKCgoKCgo=", "0a", hexadecimal + "0a",
            "+" + hexadecimal.dropFirst(), "g" + hexadecimal.dropFirst(), base64.replacing("=", with: "A"),
        ])
    func refusing(_ text: String) {
        do throws(CertificateError) {
            _ = try PublicKeyPin(text)
            Issue.record("accepted")
        } catch {
            #expect(error.rule == .publicKeyPin && error.expected.contains("sha256/"))
        }
        #expect(PublicKeyPin(sha256: [UInt8](repeating: 0, count: 31)) == nil)
    }

    @Test("The pin of a certificate is the hash of its SubjectPublicKeyInfo")
    func certificate() throws {
        let vectors = PathVectors.paths
        let leaf = try vectors.certificate("leaf")
        // SEQUENCE { SEQUENCE { id-ecPublicKey, secp256r1 }, BIT STRING of 66 octets }.
        let key = leaf.subjectPublicKeyInfo
        #expect(key.count == 91 && key.starts(with: [0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86]))
        let (one, other) = (try PublicKeyPin(of: leaf), try PublicKeyPin(of: try vectors.certificate("issuing")))
        #expect(one != other)
    }
}
