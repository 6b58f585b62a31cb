// RevocationCheckTests.swift — what lists and staples make of a path, alone and inside path validation.
// RFC 5280 §6.3; RFC 6960 §3.2; RFC 7633 §4; docs/attacks.md T-44.
// Next: HostileRevocationTests.swift.

import Certificates
import TestSupport
import Testing
import WireFormat

@Suite("RevocationCheck")
struct RevocationCheckTests {
    private let vectors = StatusVectors.all

    @Test(
        "RFC 5280 §6.3, RFC 6960 §3.2: lists and staples accept a path, or refuse it by the rule it breaks",
        arguments: StatusVectors.others)
    func status(_ vector: StatusVectors.Case) throws { try vectors.check(vector) }

    @Test(
        "T-44: a stapled OCSP response that is expired, for another certificate, by a wrong responder, revoked, or absent on a must-staple certificate",
        arguments: StatusVectors.attacks)
    func staples(_ vector: StatusVectors.Case) throws { try vectors.check(vector) }

    @Test("RFC 8446 §6.2, RFC 6066 §8: each refusal has its own alert")
    func alerts() throws {
        for (name, alert) in [
            ("a revoked peer", AlertDescription.certificateRevoked),
            ("a stale list, required", .certificateUnknown),
            ("T-44: a staple that says unknown, prefer", .badCertificateStatusResponse),
            ("T-44: a must-staple certificate without a staple, prefer", .badCertificateStatusResponse),
        ] {
            var check = try vectors.revocationCheck(try vectors.named(name))
            let error = #expect(throws: CertificateError.self) { try check.run() }
            #expect(error?.alert == alert, "\(name)")
        }
    }

    @Test("A refusal says which certificate, when it was revoked and why")
    func explanation() throws {
        var check = try vectors.revocationCheck(try vectors.named("a revoked intermediate"))
        let error = #expect(throws: CertificateError.self) { try check.run() }
        #expect(error?.subject == "intermediate certificate 1 (CN=issuing,O=Example)")
        #expect(
            error?.found
                == "revoked on 2026-04-01T00:00:00Z, reason cACompromise: the list of 2026-05-25T00:00:00Z")
        #expect(error?.section == "RFC 5280 §6.3")
    }

    @Test("T-40: signature checks of lists and staples count with those of the search")
    func budget() throws {
        let vector = try vectors.named("a staple and lists, the earlier end counts")
        var check = try vectors.revocationCheck(vector, signatureChecks: 97)
        _ = try check.run()
        #expect(check.signatureChecks == 100)
        var exhausted = try vectors.revocationCheck(vector, signatureChecks: 98)
        let error = #expect(throws: CertificateError.self) { try exhausted.run() }
        #expect(error?.rule == .signatureBudget)
    }

    @Test("The time in which an answer holds begins with the newest thisUpdate that was used")
    func window() throws {
        var check = try vectors.revocationCheck(try vectors.named("a staple and lists, the earlier end counts"))
        let window = try check.run()
        #expect(window.first.description == "2026-05-28T00:00:00Z")
        #expect(window.last.description == "2026-06-05T00:00:00Z")
    }

    // Inside path validation.

    private func request(_ revocation: RevocationPolicy, staple: String? = nil) throws -> PathRequest {
        var request = PathRequest(
            anchors: TrustAnchors([try vectors.certificate("root")]),
            identity: try ReferenceIdentity("server.example.org"), purpose: .serverAuthentication,
            at: UnixTime(seconds: 1_780_272_000), allowedSignatures: allSchemes,
            policy: PathPolicy(revocation: revocation))
        request.stapledResponse = try staple.map { try vectors.response($0) }
        request.isStatusRequested = true
        return request
    }

    private func path(_ leaf: String = "leaf") throws -> UnvalidatedPath {
        UnvalidatedPath(leaf: try vectors.certificate(leaf), intermediates: [try vectors.certificate("issuing")])
    }

    private func lists(_ names: String...) throws -> RevocationLists {
        RevocationLists(try names.map { try vectors.list($0) })
    }

    @Test(
        "A path that ends in a revoked certificate is refused by path validation, and kept until its lists end otherwise"
    )
    func validation() throws {
        var log = DecisionLog(isEnabled: false)
        let revoked = try request(RevocationPolicy(lists: try lists("issuing-leaf", "root-empty")))
        let error = #expect(throws: CertificateError.self) {
            try PathValidator.validate(try path(), revoked, log: &log)
        }
        #expect(error?.rule == .revoked)
        let good = try request(RevocationPolicy(mode: .require, lists: try lists("issuing-newer", "root-empty")))
        let validated = try PathValidator.validate(try path(), good, log: &log)
        #expect(validated.notAfter.description == "2026-06-05T00:00:00Z")
        #expect(good.anchors.verifiedPaths.count == 1)
        var later = good
        later.now = UnixTime(seconds: validated.notAfter.seconds + 1)
        let stale = #expect(throws: CertificateError.self) { try PathValidator.validate(try path(), later, log: &log) }
        #expect(stale?.rule == .revocationStatusUnknown)
        #expect(good.anchors.verifiedPaths.count == 0)
    }

    @Test(
        "T-44: a path that was kept with one staple does not count with another, nor without a staple that is required")
    func keptPaths() throws {
        var log = DecisionLog(isEnabled: false)
        var request = try request(RevocationPolicy(scope: .peer), staple: "good")
        _ = try PathValidator.validate(try path("must-staple"), request, log: &log)
        #expect(request.anchors.verifiedPaths.count == 1)
        request.stapledResponse = try vectors.response("revoked")
        let revoked = #expect(throws: CertificateError.self) {
            try PathValidator.validate(try path("must-staple"), request, log: &log)
        }
        #expect(revoked?.rule == .revoked)
        request.stapledResponse = nil
        let absent = #expect(throws: CertificateError.self) {
            try PathValidator.validate(try path("must-staple"), request, log: &log)
        }
        #expect(absent?.rule == .stapledResponseRequired)
        request.isStatusRequested = false
        _ = try PathValidator.validate(try path("must-staple"), request, log: &log)
    }

    @Test("A path with a list that counts later is not kept beyond the second in which it begins to")
    func laterLists() throws {
        var log = DecisionLog(isEnabled: false)
        var request = try request(RevocationPolicy(lists: try lists("issuing-future")))
        let validated = try PathValidator.validate(try path(), request, log: &log)
        #expect(validated.notAfter.description == "2026-06-01T23:59:59Z")
        request.now = UnixTime(seconds: validated.notAfter.seconds + 1)
        let error = #expect(throws: CertificateError.self) {
            try PathValidator.validate(try path(), request, log: &log)
        }
        #expect(error?.rule == .revoked)
    }

    @Test("RFC 7633 §4: a pinned key needs no status")
    func pinned() throws {
        var log = DecisionLog(isEnabled: false)
        var request = try request(RevocationPolicy(mode: .require, lists: try lists("issuing-leaf")))
        let leaf = try vectors.certificate("must-staple")
        request.anchors = request.anchors.pinning([try PublicKeyPin(of: leaf)])
        #expect(try PathValidator.validate(try path("must-staple"), request, log: &log).certificates == [leaf])
    }
}
