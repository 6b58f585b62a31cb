// PKITSTests.swift — NIST's suite of certification paths, every case.
// RFC 5280 §6.1; docs/pkits.md.
// Next: ReferenceIdentityTests.swift.

import Certificates
import Testing

@Suite("PKITS")
struct PKITSTests {
    /// Cases answered otherwise than NIST expects, with the answer (nil is valid). docs/pkits.md argues each.
    private static let deviations: [String: CertificateError.Rule?] = [
        // DSA is not supported.
        "4.1.4": .unsupportedPublicKey, "4.1.5": .unsupportedPublicKey,
        // A date before 2050 as GeneralizedTime, below the anchor.
        "4.2.4": .structure,
        // The certificate of an authority is no peer's.
        "4.6.8": .leafIsAuthority, "4.6.14": .leafIsAuthority, "4.8.6/1": .leafIsAuthority, "4.8.6/2": .leafIsAuthority,
    ]

    /// Groups about CRLs, and cases of others that only a CRL decides: they wait for revocation.
    private static let pendingGroups: Set = ["4.4", "4.14", "4.15"]
    private static let pendingCases: Set = ["4.5.2", "4.5.5", "4.5.7", "4.7.4", "4.7.5"]

    /// By which rules a group's invalid paths are refused.
    private static let rules: [String: Set<CertificateError.Rule>] = [
        // NIST broke the signature of 4.1.2 in the first octet of its BIT STRING; 4.1.6 is DSA.
        "4.1": [.signature, .structure], "4.2": [.notYetValid, .expired], "4.3": [.unknownIssuer],
        "4.5": [.certificateAuthority], "4.6": [.certificateAuthority, .pathLength], "4.7": [.certificateSigning],
        "4.8": [.certificatePolicy], "4.9": [.certificatePolicy], "4.10": [.certificatePolicy],
        "4.11": [.certificatePolicy], "4.12": [.certificatePolicy], "4.13": [.nameConstraints],
        "4.16": [.criticalExtension],
    ]

    /// Invalid paths that another rule refuses before that of their group is reached.
    private static let refusedOtherwise: [String: CertificateError.Rule] = [
        // A mapping with anyPolicy does not parse.
        "4.10.7": .structure, "4.10.8": .structure,
    ]

    private static func isPending(_ vector: PKITSVectors.Case) -> Bool {
        pendingGroups.contains(vector.group) || pendingCases.contains(vector.number)
    }

    @Test(
        "RFC 5280 §6.1: NIST's paths are valid or not, as NIST says, but for those of docs/pkits.md",
        arguments: PKITSVectors.all.cases.filter { !isPending($0) })
    func paths(_ vector: PKITSVectors.Case) throws {
        let answer = try PKITSVectors.all.answer(vector)
        if let deviation = PKITSTests.deviations[vector.number] {
            #expect((answer == nil) != vector.valid, "deviates no longer")
            #expect(answer == deviation)
        } else if vector.valid {
            #expect(answer == nil)
        } else {
            let rule = try #require(answer, "accepted")
            let rules = PKITSTests.refusedOtherwise[vector.number].map { [$0] } ?? PKITSTests.rules[vector.group]
            #expect(rules?.contains(rule) == true, "refused by the rule \(rule)")
        }
    }

    @Test("RFC 9618 §5: NIST's paths alone are valid for policies or not, as NIST says, without any deviation")
    func policies() throws {
        let vectors = PKITSVectors.all
        let cases = vectors.cases.filter { ["4.8", "4.9", "4.10", "4.11", "4.12"].contains($0.group) }
        #expect(cases.count == 88)
        for vector in cases {
            var isValid = true
            do {
                let path = try (vector.path + [vectors.anchor]).map(vectors.certificate)
                _ = try PolicyCheck.validPolicies(of: path, vector.policyInputs)
            } catch let error as CertificateError {
                isValid = false
                #expect(error.rule == .certificatePolicy || PKITSTests.refusedOtherwise[vector.number] == .structure)
            }
            #expect(isValid == vector.valid, "\(vector)")
        }
    }

    @Test("All 249 cases are there: 178 are answered, 71 wait for revocation, and every deviation is one of a case")
    func numbers() {
        let cases = PKITSVectors.all.cases
        #expect(cases.count == 249 && Set(cases.map(\.number)).count == 249)
        #expect(cases.filter(PKITSTests.isPending).count == 71)
        let answered = Set(cases.filter { !PKITSTests.isPending($0) }.map(\.number))
        #expect(answered.count == 178)
        #expect(answered.isSuperset(of: PKITSTests.deviations.keys))
        #expect(answered.isSuperset(of: PKITSTests.refusedOtherwise.keys))
        #expect(PKITSTests.pendingCases.isSubset(of: cases.map(\.number)))
    }
}
