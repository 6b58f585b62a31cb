// CertificateErrorTests.swift — a refusal as a value, a sentence and JSON.
// RFC 5280 §6.1.
// Next: TrustAnchorConstraintTests.swift.

import Certificates
import Foundation
import TestSupport
import Testing
import WireFormat

@Suite("CertificateError")
struct CertificateErrorTests {
    @Test(
        "A refusal says which certificate of the path it was, counted from the peer's own",
        arguments: [
            ("an intermediate that is expired", 1), ("the same under another name", 0),
            ("an anchor without basicConstraints issues nothing", 1), ("an intermediate without cA", 1),
        ] as [(String, Int)])
    func position(_ name: String, _ position: Int) throws {
        let vector = try #require(PathVectors.paths.cases(name).first)
        var log = DecisionLog(isEnabled: false)
        guard case .failure(let error) = try PathVectors.paths.run(vector, log: &log) else {
            Issue.record("accepted")
            return
        }
        #expect(error.position == position, "\(error)")
    }

    @Test("What is no certificate of a path has no position")
    func none() throws {
        let error = #expect(throws: CertificateError.self) { try ReferenceIdentity("a b") }
        #expect(error?.position == nil)
    }

    @Test("JSON has the rule, its sentence and section, and what was expected, found and to be changed")
    func json() throws {
        let vector = try #require(PathVectors.paths.cases("an intermediate that is expired").first)
        var log = DecisionLog(isEnabled: false)
        guard case .failure(let error) = try PathVectors.paths.run(vector, log: &log) else {
            Issue.record("accepted")
            return
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json = String(decoding: try encoder.encode(error), as: UTF8.self)
        #expect(
            json == """
                {"advice":"renew the certificate; if it is current, check the clock of this machine",\
                "alert":"certificate_expired","expected":"2025-01-01T00:00:00Z to 2026-01-01T00:00:00Z",\
                "found":"2026-06-01T00:00:00Z","position":1,"rule":"expired","section":"RFC 5280 §4.1.2.5",\
                "sentence":"a certificate is used before its notAfter",\
                "subject":"intermediate certificate 1 (CN=expired issuing,O=Example)"}
                """)
    }
}
