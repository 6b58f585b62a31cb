// PathValidatorTests.swift — which paths are found, which refused and by which rule.
// RFC 5280 §6.1; docs/attacks.md T-11, T-40, T-41, T-45.
// Next: PolicyTests.swift.

import Certificates
import TestSupport
import Testing
import WireFormat

@Suite("PathValidator")
struct PathValidatorTests {
    @Test(
        "RFC 5280 §6.1: a path is found, or refused by the rule it breaks",
        arguments: PathVectors.paths.cases.filter { !$0.name.hasPrefix("T-") })
    func paths(_ vector: PathVectors.Case) throws { try PathVectors.paths.check(vector) }

    @Test("T-11: no path holds a signature over MD5 or SHA-1", arguments: PathVectors.paths.cases("T-11"))
    func weakHashes(_ vector: PathVectors.Case) throws { try PathVectors.paths.check(vector) }

    @Test("T-11: offering SHA-1 for certificates does not permit it", arguments: PathVectors.paths.cases("T-11"))
    func weakHashesOffered(_ vector: PathVectors.Case) throws {
        var log = DecisionLog(isEnabled: false)
        let chain = try vector.chain.map { try PathVectors.paths.certificate($0) }
        let path = UnvalidatedPath(leaf: chain[0], intermediates: Array(chain.dropFirst()))
        #expect(throws: CertificateError.self) {
            try PathValidator.validate(
                path,
                PathRequest(
                    anchors: TrustAnchors(try vector.anchors.map { try PathVectors.paths.certificate($0) }),
                    identity: try ReferenceIdentity("server.example.org"), purpose: .serverAuthentication,
                    at: UnixTime(seconds: vector.at), allowedSignatures: allSchemes + [.rsaPKCS1SHA1, .ecdsaSHA1]),
                log: &log)
        }
    }

    @Test(
        "T-40: cross-signed authorities cost at most 100 signature checks", arguments: PathVectors.paths.cases("T-40"))
    func explosion(_ vector: PathVectors.Case) throws {
        // 100 checks of P-256 take some 30 ms.
        let time = try seconds { try PathVectors.paths.check(vector) }
        #expect(time < 1 * timeFactor, "\(time) s")
    }

    @Test("T-41: name constraints cost at most 250000 comparisons", arguments: PathVectors.paths.cases("T-41"))
    func constraints(_ vector: PathVectors.Case) throws {
        let time = try seconds { try PathVectors.paths.check(vector) }
        #expect(time < 0.2 * timeFactor, "\(time) s")
    }

    @Test(
        "T-45: a certificate of an authority, or signed by itself, is a peer's by its pin alone",
        arguments: PathVectors.paths.cases("T-45"))
    func authorities(_ vector: PathVectors.Case) throws { try PathVectors.paths.check(vector) }

    @Test("Every check of a path found is logged, and nothing when the log is off")
    func decisions() throws {
        let vector = try #require(PathVectors.paths.cases("one intermediate").first)
        var log = DecisionLog(isEnabled: true)
        _ = try PathVectors.paths.run(vector, log: &log).get()
        let leaf = "the peer's certificate (CN=leaf,O=Example)"
        let rules = log.decisions.filter { $0.subject == leaf }.map(\.section)
        for section in [
            "RFC 5280 §4.1.2.5", "RFC 5280 §4.2.1.12", "RFC 8446 §4.4.2.2", "RFC 9525 §6", "RFC 5280 §4.1.2.1",
            "RFC 5280 §4.1.2.2", "RFC 5280 §6.1.3", "RFC 8446 §4.2.3", "RFC 8446 §4.4.2.4", "RFC 5280 §4.2.1.9",
        ] {
            #expect(rules.contains(section), "\(section) is missing")
        }
        #expect(log.decisions.contains { $0.subject == "intermediate certificate 1 (CN=issuing,O=Example)" })
        #expect(log.decisions.contains { $0.subject == "the trust anchor (CN=root,O=Example)" })
        #expect(log.decisions.allSatisfy { $0.outcome == .accepted })
        var off = DecisionLog(isEnabled: false)
        _ = try PathVectors.paths.run(vector, log: &off).get()
        #expect(off.decisions.isEmpty)
    }

    @Test("A candidate that is passed over is logged with the reason, and its other checks are not")
    func passedOver() throws {
        let vector = try #require(PathVectors.paths.cases("an expired twin of the issuer is passed over").first)
        var log = DecisionLog(isEnabled: true)
        _ = try PathVectors.paths.run(vector, log: &log).get()
        let passed = log.decisions.filter { $0.outcome == .chosen }
        #expect(passed.count == 1)
        #expect(passed.first?.found.contains("passed over") == true)
        // The twin's own checks are taken back: of two intermediates, only the good one has any.
        #expect(
            log.decisions.filter { $0.subject.hasPrefix("intermediate") && $0.section == "RFC 5280 §4.1.2.2" }.count
                == 1)
    }

    @Test("A refusal says rule, certificate, what was expected, what came and what to change")
    func explanation() throws {
        let vector = try #require(PathVectors.paths.cases("an intermediate that is expired").first)
        var log = DecisionLog(isEnabled: true)
        guard case .failure(let error) = try PathVectors.paths.run(vector, log: &log) else {
            Issue.record("accepted")
            return
        }
        #expect(error.rule == .expired)
        #expect(error.alert == .certificateExpired)
        #expect(error.subject == "intermediate certificate 1 (CN=expired issuing,O=Example)")
        #expect(error.expected == "2025-01-01T00:00:00Z to 2026-01-01T00:00:00Z")
        #expect(error.found == "2026-06-01T00:00:00Z")
        let decision = error.explanation
        #expect(decision.outcome == .refused && decision.topic == .certificateTime)
        #expect(decision.section == "RFC 5280 §4.1.2.5" && decision.advice.contains("renew"))
        #expect(error.description.contains("renew the certificate"))
    }

    @Test("RFC 8446 §4.4.2: an intermediate with an unknown kind of key is left out, a broken one is refused")
    func unknownKeys() throws {
        let vectors = PathVectors.paths
        let unknown = try #require(ParsingVectors.all.first { $0.name == "a key on P-224" }).der.bytes
        let broken = try #require(ParsingVectors.all.first { $0.name == "an empty issuer" }).der.bytes
        let chain = try ["leaf", "issuing"].map { try vectors.certificate($0).derEncoded }
        var log = DecisionLog(isEnabled: true)
        let path = try UnvalidatedPath.parse([chain[0], unknown, chain[1]], log: &log)
        #expect(path.intermediates == [try vectors.certificate("issuing")])
        #expect(log.decisions.count == 1)
        #expect(throws: CertificateError.self) { try UnvalidatedPath.parse([chain[0], broken], log: &log) }
        #expect(throws: CertificateError.self) { try UnvalidatedPath.parse([unknown], log: &log) }
        #expect(throws: CertificateError.self) { try UnvalidatedPath.parse([], log: &log) }
    }

    @Test("A validated path ends when the first of its certificates does")
    func notAfter() throws {
        var log = DecisionLog(isEnabled: false)
        let vector = try #require(PathVectors.paths.cases("no well-defined end").first)
        let path = try PathVectors.paths.run(vector, log: &log).get()
        #expect(path.certificates[0].notAfter.description == "9999-12-31T00:00:00Z")
        #expect(path.notAfter.description == "2035-01-01T00:00:00Z")
    }

    @Test("RFC 8446 §6.2: every rule has a sentence, a section, advice and an alert")
    func rules() {
        for rule in CertificateError.Rule.allCases {
            let error = CertificateError(rule, subject: "a", expected: "b", found: "c")
            #expect(!rule.sentence.isEmpty && !rule.sentence.hasSuffix("."))
            #expect(rule.section.hasPrefix("RFC "))
            #expect(!error.advice.isEmpty && !error.advice.hasSuffix("."))
            #expect(
                [
                    .badCertificate, .unsupportedCertificate, .unknownCA, .certificateExpired, .certificateUnknown,
                    .internalError, .certificateRevoked, .badCertificateStatusResponse,
                ].contains(error.alert))
        }
    }
}
