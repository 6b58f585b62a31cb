// LegacyCertificatesTests.swift — MD5, SHA-1 and short RSA keys in certificates: each by its own option, or not at all.
// RFC 8446 §4.4.2.4; RFC 9325 §4.5.
// Next: none.

import Certificates
import CryptoGlue
import TestSupport
import Testing
import WireFormat

@Suite("Old certificates")
struct LegacyCertificatesTests {
    private enum Option: CaseIterable { case md5, sha1, shortRSAKeys }

    /// A leaf of TestVectors/certificates/legacy, the options it needs, and what it is refused for without them.
    private static let cases: [(name: String, needs: Set<Option>, rule: CertificateError.Rule)] = [
        ("rsa2048-md5", [.md5], .weakHash), ("rsa2048-sha1", [.sha1], .weakHash), ("p256-sha1", [.sha1], .weakHash),
        ("rsa1024-sha256", [.shortRSAKeys], .keySize), ("rsa1024-sha1", [.shortRSAKeys, .sha1], .keySize),
    ]

    private static func legacy(_ options: Set<Option>) throws -> LegacyCertificates {
        var permission = try LegacyPermission(versions: [.ssl30], reason: "a test", until: UnixTime(seconds: 1))
        permission.acceptsMD5Certificates = options.contains(.md5)
        permission.acceptsSHA1Certificates = options.contains(.sha1)
        permission.acceptsShortRSAKeys = options.contains(.shortRSAKeys)
        return LegacyCertificates(try #require(permission.use(at: UnixTime(seconds: 0), peer: nil)))
    }

    private static func validate(
        _ leaf: Certificate, _ trust: TrustAnchors, _ legacy: LegacyCertificates?
    ) throws(CertificateError) -> ValidatedPath {
        var log = DecisionLog(isEnabled: true)
        return try PathValidator.validate(
            UnvalidatedPath(leaf: leaf, intermediates: []),
            PathRequest(
                anchors: trust,
                identity: try ReferenceIdentity("localhost"), purpose: .serverAuthentication, at: FixedClock().now(),
                allowedSignatures: allSchemes, legacy: legacy), log: &log)
    }

    @Test("T-11: each old way of signing and each short key needs its own option, in every combination of options")
    func options() throws {
        let trust = try TestCertificates.legacyTrust()
        var accepted = 0
        for (name, needs, rule) in Self.cases {
            let leaf = try #require(TestIdentity.legacy(name).certificates.first)
            #expect(throws: CertificateError.self) { try Self.validate(leaf, trust, nil) }
            for bits in 0..<8 {
                let options = Set(Option.allCases.enumerated().filter { bits & 1 << $0.offset != 0 }.map(\.element))
                let legacy = try Self.legacy(options)
                do throws(CertificateError) {
                    let path = try Self.validate(leaf, trust, legacy)
                    #expect(needs.isSubset(of: options), "\(name) \(options)")
                    #expect(path.certificates.count == 2)
                    accepted += 1
                } catch {
                    #expect(!needs.isSubset(of: options), "\(name) \(options)")
                    // What is wrong first is said first.
                    #expect(error.rule == rule || error.rule == .weakHash, "\(name) \(options): \(error)")
                }
            }
        }
        #expect(accepted == 4 * 4 + 2)
    }

    @Test("A signature that is not the issuer's is refused under every option")
    func spoilt() throws {
        let trust = try TestCertificates.legacyTrust()
        for (name, _, _) in Self.cases {
            let good = try #require(TestIdentity.legacy(name).certificates.first)
            for place in [good.derEncoded.count - 1, good.derEncoded.count - 40] {
                var octets = good.derEncoded
                octets[place] ^= 1
                let spoilt = try Certificate(derEncoded: octets)
                do throws(CertificateError) {
                    _ = try Self.validate(spoilt, trust, Self.everything())
                    Issue.record("\(name) passes")
                } catch { #expect(error.rule == .signature, "\(name): \(error)") }
            }
        }
    }

    private static func everything() -> LegacyCertificates? { try? legacy(Set(Option.allCases)) }

    @Test("The options permit nothing else: a name, a time or an issuer is wrong as ever")
    func others() throws {
        let leaf = try #require(TestIdentity.legacy("rsa2048-sha1").certificates.first)
        let legacy = try Self.legacy(Set(Option.allCases))
        let (stranger, trust) = (try TestCertificates.trust(), try TestCertificates.legacyTrust())
        do throws(CertificateError) {
            _ = try Self.validate(leaf, stranger, legacy)
            Issue.record("another root is taken")
        } catch { #expect(error.rule == .unknownIssuer) }
        var log = DecisionLog(isEnabled: false)
        do throws(CertificateError) {
            _ = try PathValidator.validate(
                UnvalidatedPath(leaf: leaf, intermediates: []),
                PathRequest(
                    anchors: trust,
                    identity: try ReferenceIdentity("example.org"), purpose: .serverAuthentication,
                    at: FixedClock().now(), allowedSignatures: allSchemes, legacy: legacy), log: &log)
            Issue.record("another name is taken")
        } catch { #expect(error.rule == .nameMatch) }
    }
}
