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
        "4.14.13": .leafIsAuthority,
        // A list is signed with the very key that signed the certificate.
        "4.4.19": .revocationStatusUnknown, "4.5.1": .revocationStatusUnknown, "4.5.4": .revocationStatusUnknown,
        "4.5.6": .revocationStatusUnknown,
        // A name relative to the issuer's is not made whole.
        "4.14.4": .revocationStatusUnknown, "4.14.7": .revocationStatusUnknown,
        // Lists of some reasons are not put together.
        "4.14.18": .revocationStatusUnknown, "4.14.19": .revocationStatusUnknown,
        // Indirect lists are refused.
        "4.14.22": .revocationStatusUnknown, "4.14.24": .revocationStatusUnknown, "4.14.25": .revocationStatusUnknown,
        "4.14.28": .revocationStatusUnknown, "4.14.29": .revocationStatusUnknown, "4.14.30": .revocationStatusUnknown,
        "4.14.33": .revocationStatusUnknown,
        // Delta lists are left out: what they add is not seen, what they take away still counts.
        "4.15.4": nil, "4.15.5": .revoked,
    ]

    /// By which rules a group's invalid paths are refused.
    private static let rules: [String: Set<CertificateError.Rule>] = [
        // NIST broke the signature of 4.1.2 in the first octet of its BIT STRING; 4.1.6 is DSA.
        "4.1": [.signature, .structure], "4.2": [.notYetValid, .expired], "4.3": [.unknownIssuer],
        "4.4": [.revoked, .revocationStatusUnknown],
        "4.5": [.certificateAuthority, .revoked, .revocationStatusUnknown],
        "4.6": [.certificateAuthority, .pathLength], "4.7": [.certificateSigning, .revocationStatusUnknown],
        "4.8": [.certificatePolicy], "4.9": [.certificatePolicy], "4.10": [.certificatePolicy],
        "4.11": [.certificatePolicy], "4.12": [.certificatePolicy], "4.13": [.nameConstraints],
        "4.14": [.revoked, .revocationStatusUnknown], "4.15": [.revoked, .revocationStatusUnknown],
        "4.16": [.criticalExtension],
    ]

    /// Invalid paths that another rule refuses before that of their group is reached.
    private static let refusedOtherwise: [String: CertificateError.Rule] = [
        // A mapping with anyPolicy does not parse.
        "4.10.7": .structure, "4.10.8": .structure,
        // Its serial number is not positive.
        "4.4.15": .serialNumber,
    ]

    @Test(
        "RFC 5280 §6.1: NIST's paths are valid or not, as NIST says, but for those of docs/pkits.md",
        arguments: PKITSVectors.all.cases)
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

    @Test("All 249 cases are there, and every deviation is one of a case")
    func numbers() {
        let numbers = Set(PKITSVectors.all.cases.map(\.number))
        #expect(PKITSVectors.all.cases.count == 249 && numbers.count == 249)
        #expect(numbers.isSuperset(of: PKITSTests.deviations.keys))
        #expect(numbers.isSuperset(of: PKITSTests.refusedOtherwise.keys))
    }
}
