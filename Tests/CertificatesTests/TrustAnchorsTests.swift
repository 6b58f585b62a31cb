// TrustAnchorsTests.swift — bundles of anchors, and PEM files in general.
// RFC 5280 §6.1.1; RFC 7468 §2.
// Next: PrivateKeyFileTests.swift.

import Certificates
import Foundation
import TestSupport
import Testing
import WireFormat

@Suite("TrustAnchors")
struct TrustAnchorsTests {
    private static let bundlePath = "/etc/ssl/certs/ca-certificates.crt"

    @Test(
        "The system's bundle loads fast, and all of its roots parse",
        // skipped: Debian's ca-certificates is not installed everywhere.
        .enabled(if: FileManager.default.fileExists(atPath: bundlePath)))
    func systemBundle() throws {
        let pem = Array(try VectorFile.contents(TrustAnchorsTests.bundlePath))
        let wanted =
            String(decoding: pem, as: UTF8.self).components(separatedBy: "-----BEGIN CERTIFICATE-----").count - 1
        var loaded: TrustAnchors?
        let time = try seconds { loaded = try TrustAnchors(pem: pem) }
        let anchors = try #require(loaded)
        print("system bundle: \(anchors.count) anchors, \(anchors.skipped.count) skipped, \(time) s")
        for skipped in anchors.skipped { print("  \(skipped.position): \(skipped.error)") }
        #expect(anchors.count == wanted && anchors.skipped.isEmpty)
        #expect(time < 0.1 * timeFactor, "\(time) s")
        let digest = try anchors.digest
        #expect(digest.count == 32)
    }

    @Test("Anchors that cannot be used are skipped and listed; the others stay")
    func skipped() throws {
        let root = try PathVectors.paths.certificate("root")
        let unknown = try #require(ParsingVectors.all.first { $0.name == "a key on P-224" }).der.bytes
        let pem =
            "a comment\n" + armour(unknown) + "\n" + armour(root.derEncoded) + armour([1, 2, 3])
            + armour(root.derEncoded, label: "TRUSTED CERTIFICATE") + armour([5], label: "X509 CRL")
            + "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n"
        let anchors = try TrustAnchors(pem: Array(pem.utf8))
        #expect(anchors.certificates == [root])
        #expect(anchors.skipped.map(\.position) == [1, 3, 4])
        #expect(anchors.skipped.map(\.error.rule) == [.unsupportedPublicKey, .derEncoding, .pem])
    }

    @Test("A file without a single anchor is refused")
    func empty() {
        #expect(throws: CertificateError.self) { try TrustAnchors(pem: []) }
        #expect(throws: CertificateError.self) { try TrustAnchors(pem: Array("no PEM at all".utf8)) }
        #expect(throws: CertificateError.self) { try TrustAnchors(pem: Array(armour([1, 2, 3]).utf8)) }
        #expect(TrustAnchors([]).count == 0)
    }

    @Test("The digest is that of the set: order and repetition do not change it, contents do")
    func digest() throws {
        let certificates = try ["root", "issuing", "leaf"].map { try PathVectors.paths.certificate($0) }
        let all = TrustAnchors(certificates)
        let again = TrustAnchors(certificates.reversed() + certificates)
        #expect(again.count == 3)
        // The compiler trips over these throwing properties inside #expect.
        let digests = (try all.digest, try again.digest, try TrustAnchors(Array(certificates.dropLast())).digest)
        #expect(digests.0 == digests.1 && digests.0 != digests.2)
    }

    @Test("The digest covers what anchors are restricted to, and the pins")
    func constrainedDigest() throws {
        let root = try PathVectors.paths.certificate("root")
        let pin = try PublicKeyPin(of: root)
        let domain = try DNSName("example.org")
        let constraints = [
            TrustAnchorConstraints(), TrustAnchorConstraints(purposes: [.serverAuthentication]),
            TrustAnchorConstraints(purposes: []), TrustAnchorConstraints(permittedDomains: []),
            TrustAnchorConstraints(permittedDomains: [domain]), TrustAnchorConstraints(excludedDomains: [domain]),
            TrustAnchorConstraints(distrustAfter: UnixTime(seconds: 0)), TrustAnchorConstraints(pathLength: 0),
        ]
        var sets = constraints.map { TrustAnchors(anchors: [TrustAnchor(root, constraints: $0)]) }
        sets += [TrustAnchors([]), TrustAnchors([root]).pinning([pin]), TrustAnchors([]).pinning([pin])]
        var digests: Set<[UInt8]> = []
        for set in sets { digests.insert(try set.digest) }
        #expect(digests.count == sets.count)
        let plain = try TrustAnchors([root]).digest
        #expect(digests.contains(plain))
    }

    @Test("RFC 7468 §2: certificates are read out of files with text, CRLF, long lines and other blocks between")
    func tolerance() throws {
        let root = try PathVectors.paths.certificate("root")
        let leaf = try PathVectors.paths.certificate("leaf")
        let long = Data(leaf.derEncoded).base64EncodedString()
        let pem =
            " subject=CN = root\n" + armour(root.derEncoded).replacingOccurrences(of: "\n", with: "\r\n")
            + "text: with a colon\n" + armour([0x30, 0x00], label: "X509 CRL")
            + "-----BEGIN CERTIFICATE-----  \n\(long)\n-----END CERTIFICATE-----"
        #expect(try Certificate.parse(pem: Array(pem.utf8)) == [root, leaf])
    }

    @Test(
        "RFC 7468 §2: a damaged certificate file is refused",
        arguments: [
            "", "-----BEGIN CERTIFICATE-----\n", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END X509 CRL-----\n",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\n====\n-----END CERTIFICATE-----\n",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "-----BEGIN CERTIFICATE----\nAAAA\n-----END CERTIFICATE-----\n",
        ])
    func damaged(_ pem: String) {
        do {
            _ = try Certificate.parse(pem: Array(pem.utf8))
            Issue.record("read")
        } catch {
            #expect(error.rule == .pem, "\(error)")
        }
    }
}
