// ReferenceIdentityTests.swift — names asked for, and names that certificates hold.
// RFC 9525 §6; docs/attacks.md T-43.
// Next: TrustAnchorsTests.swift.

import Certificates
import TestSupport
import Testing
import WireFormat

@Suite("ReferenceIdentity")
struct ReferenceIdentityTests {
    @Test("T-43: a certificate names the peer, or does not", arguments: PathVectors.names.cases)
    func names(_ vector: PathVectors.Case) throws { try PathVectors.names.check(vector) }

    @Test(
        "RFC 9525 §6.1: host names are lowered, one trailing dot is dropped",
        arguments: [
            ("example.org", "example.org"), ("EXAMPLE.Org", "example.org"), ("example.org.", "example.org"),
            ("localhost", "localhost"), ("_dmarc.example.org", "_dmarc.example.org"), ("a-b.c", "a-b.c"),
            ("xn--mnchen-3ya.example", "xn--mnchen-3ya.example"), ("1.example", "1.example"), ("3com.com", "3com.com"),
            (String(repeating: "a", count: 63) + ".org", String(repeating: "a", count: 63) + ".org"),
        ])
    func hostNames(_ given: String, _ wanted: String) throws {
        let identity = try ReferenceIdentity(given)
        #expect(identity.description == wanted)
        #expect(identity == .dns(try DNSName(wanted)))
    }

    @Test(
        "RFC 9525 §6.4: addresses are read and written as RFC 5952 has them",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("::", "::"),
            ("::1", "::1"), ("1::", "1::"), ("[::1]", "::1"), ("2001:DB8::1", "2001:db8::1"),
            ("2001:db8:0:0:0:0:0:1", "2001:db8::1"), ("2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"),
            ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
            ("1:2:3:0:5:6:7:8", "1:2:3:0:5:6:7:8"),
            ("::ffff:192.0.2.1", "::ffff:c000:201"), ("1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201"),
            ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("fe80::1", "fe80::1"),
        ])
    func addresses(_ given: String, _ wanted: String) throws {
        guard case .ip(let address) = try ReferenceIdentity(given) else {
            Issue.record("\(given) is read as a host name")
            return
        }
        #expect(address.description == wanted)
        #expect(IPAddressName(bytes: address.bytes) == address)
        #expect(IPAddressName(wanted) == address)
    }

    @Test(
        "T-43: what is no name of a peer is refused",
        arguments: [
            "", ".", "..", "a..b", ".a", "a..", "a.example.org..", "*.example.org", "*", "a*.example.org", "a b",
            " example.org", "example.org ", "example.org\n", "a\u{0}.example.org", "example.org\u{0}",
            "münchen.example",
            "пример.example", "a.example.org:443", "http://a.example.org", "a.example.org/", "user@example.org",
            "-a.org",
            "a-.org", "a.-", "192.0.2", "192.0.2.256", "192.0.2.1.", "192.0.02.1", "1.2.3.4.5", "127.1", "0x7f.1", "1",
            "[::1",
            "::1]", "[192.0.2.1]", "[]", "[a.example.org]", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7::8", "12345::", "g::", "fe80::1%eth0", "::192.0.2", "192.0.2.1::", "1:192.0.2.1::",
            "::1.2.3.4:5",
            "a.example.org\u{202e}", "%61.example.org", "..example.org", "a,b",
            String(repeating: "a", count: 64) + ".org", String(repeating: "a.", count: 127) + "org",
        ])
    func refused(_ text: String) {
        do {
            let identity = try ReferenceIdentity(text)
            Issue.record("\(text.debugDescription) is read as \(identity)")
        } catch {
            #expect(error.rule == .referenceIdentity)
            #expect(error.alert == .internalError)
            #expect(!error.found.contains("\n") && !error.found.contains("\u{0}") && !error.found.contains("\u{202e}"))
        }
    }

    @Test("T-43: a name beyond ASCII is answered with the advice to give its A-labels")
    func internationalNames() {
        #expect { try ReferenceIdentity("münchen.example") } throws: { error in
            (error as? CertificateError)?.advice.contains("xn--") == true
        }
    }

    @Test("RFC 5280 §4.2.1.6: an address has 4 or 16 bytes", arguments: 0...17)
    func addressLengths(_ count: Int) {
        #expect((IPAddressName(bytes: Array(repeating: 1, count: count)) != nil) == (count == 4 || count == 16))
    }

    @Test("RFC 9525 §6: a refusal lists the names that the certificate holds")
    func namesAreListed() throws {
        let vector = try #require(
            PathVectors.names.cases.first { $0.rule == "nameMatch" && $0.name.hasPrefix("T-43: a.example.org and") })
        var log = DecisionLog(isEnabled: false)
        guard case .failure(let error) = try PathVectors.names.run(vector, log: &log) else {
            Issue.record("accepted")
            return
        }
        #expect(error.expected == "DNS:a.example.org in subjectAltName")
        #expect(error.found == "DNS:b.example.org")
        #expect(error.advice.contains("ask for b.example.org"))
        #expect(error.alert == .badCertificate)
    }
}
