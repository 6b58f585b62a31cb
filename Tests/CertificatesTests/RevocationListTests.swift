// RevocationListTests.swift — which revocation lists parse, from which files, and what a set of them is.
// RFC 5280 §5.
// Next: RevocationCheckTests.swift.

import Certificates
import TestSupport
import Testing
import WireFormat

@Suite("Revocation lists")
struct RevocationListTests {
    @Test("RFC 5280 §5: a list parses, or is refused by the rule it breaks", arguments: RevocationListVectors.all)
    func parsing(_ vector: RevocationListVectors.Case) throws {
        do throws(CertificateError) {
            let list = try CertificateRevocationList(derEncoded: vector.der.bytes)
            #expect(vector.result == "valid", "accepted, but \(vector.rule ?? "") is broken")
            #expect(list.count == vector.count)
            #expect(list.issuer.description == "CN=issuing,O=Example")
            #expect(list.thisUpdate.description == "2026-05-25T00:00:00Z" && list.thisUpdate < list.nextUpdate)
            #expect(list.derEncoded == vector.der.bytes)
        } catch {
            #expect(vector.result == "invalid", "refused: \(error)")
            #expect(error.rule.rawValue == vector.rule, "\(error)")
            if let says = vector.says { #expect(error.found.contains(says), "\(error)") }
        }
    }

    @Test("RFC 5280 §5.2.3: cRLNumber is a number without leading zeros, or absent")
    func number() throws {
        let numbered = try CertificateRevocationList(
            derEncoded: try RevocationListVectors.der("every extension that is known"))
        #expect(numbered.number == [0x40] + [UInt8](repeating: 0, count: 19))
        #expect(try CertificateRevocationList(derEncoded: try RevocationListVectors.der("an empty list")).number == nil)
    }

    @Test("RFC 7468 §6: every block of a PEM file is parsed, in its order, and a file in DER is one list")
    func files() throws {
        let (first, second) = (
            try RevocationListVectors.der("two entries"), try RevocationListVectors.der("an empty list")
        )
        let text =
            "text\n" + armour(first, label: "X509 CRL") + armour([0x30, 0x00]) + armour(second, label: "CRL")
        let lists = try CertificateRevocationList.parse(pem: Array(text.utf8))
        #expect(lists.map(\.derEncoded) == [first, second])
        #expect(try CertificateRevocationList.parse(file: Array(text.utf8)) == lists)
        #expect(try CertificateRevocationList.parse(file: first) == [lists[0]])
        for (file, rule) in [
            ("", CertificateError.Rule.pem), (armour(first), .pem), ("0 lists\n", .pem),
            (armour([0x30, 0x00], label: "X509 CRL"), .revocationList), ("-----BEGIN X509 CRL-----\nMAA=\n", .pem),
            ("-----BEGIN X509 CRL-----\n!\n-----END X509 CRL-----\n", .pem),
        ] {
            let error = #expect(throws: CertificateError.self) {
                try CertificateRevocationList.parse(file: Array(file.utf8))
            }
            #expect(error?.rule == rule, "\(file.prefix(40)): \(String(describing: error))")
        }
    }

    @Test("A second list of a file that cannot be read is named by its position")
    func position() throws {
        let text =
            armour(try RevocationListVectors.der("an empty list"), label: "X509 CRL")
            + armour(try RevocationListVectors.der("no nextUpdate"), label: "X509 CRL")
        let error = #expect(throws: CertificateError.self) {
            try CertificateRevocationList.parse(pem: Array(text.utf8))
        }
        #expect(error?.subject == "revocation list 2 of the file")
        #expect(error?.expected == "nextUpdate")
        #expect(error?.alert == .internalError)
    }

    @Test("A set of lists is the same whatever the order, and another with other lists")
    func sets() throws {
        let lists = try ["issuing-empty", "root-empty", "issuing-leaf"].map { try StatusVectors.all.list($0) }
        let set = RevocationLists(lists)
        #expect(set.count == 3 && set.lists == lists)
        let same = RevocationLists(lists.reversed() + lists)
        #expect(same == set && same.hashValue == set.hashValue && same.count == 3)
        #expect(try same.digest == set.digest)
        let other = RevocationLists(Array(lists.dropLast()))
        #expect(other != set)
        #expect(try other.digest != set.digest && other.digest.count == 32)
        #expect(try RevocationLists().digest == RevocationLists([]).digest)
        #expect(RevocationLists() == RevocationLists([]) && RevocationLists().count == 0)
        #expect(try lists[0].fingerprintSHA256 != lists[1].fingerprintSHA256)
    }

    @Test("The text of a policy tells modes, scopes and lists apart")
    func canonicalText() throws {
        let lists = RevocationLists([try StatusVectors.all.list("issuing-empty")])
        let policies = [
            RevocationPolicy(), RevocationPolicy(mode: .off), RevocationPolicy(mode: .require),
            RevocationPolicy(scope: .peer), RevocationPolicy(lists: lists),
        ]
        #expect(Set(policies).count == policies.count)
        let texts = policies.map { PathPolicy(revocation: $0).canonicalText }
        #expect(Set(texts).count == policies.count)
        #expect(PathPolicy(revocation: RevocationPolicy(lists: lists)).canonicalText == texts[4])
        #expect(PathPolicy().revocation == RevocationPolicy(mode: .prefer, scope: .path, lists: RevocationLists()))
    }
}
