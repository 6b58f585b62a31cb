// PathPolicyTests.swift — two policies that differ are never taken for one.
// Next: VerifiedPathsTests.swift.

import Certificates
import Testing

@Suite("PathPolicy")
struct PathPolicyTests {
    @Test("Policies that differ have different texts, for the digests of sessions and validated paths")
    func canonicalText() {
        let (one, other) = (CertificatePolicy(rawValue: "1.2.3"), CertificatePolicy(rawValue: "1.2.4"))
        let policies = [
            CertificatePolicyInputs(), CertificatePolicyInputs(acceptedPolicies: []),
            CertificatePolicyInputs(acceptedPolicies: [one]), CertificatePolicyInputs(acceptedPolicies: [one, other]),
            CertificatePolicyInputs(requiresExplicitPolicy: true),
            CertificatePolicyInputs(inhibitsPolicyMapping: true), CertificatePolicyInputs(inhibitsAnyPolicy: true),
        ]
        let all = policies.map { PathPolicy(certificatePolicies: $0) } + (1..<10).map { PathPolicy(maximumDepth: $0) }
        #expect(Set(all).count == all.count)
        #expect(Set(all.map(\.canonicalText)).count == all.count)
        let same = PathPolicy(certificatePolicies: CertificatePolicyInputs(acceptedPolicies: [other, one]))
        #expect(same.canonicalText == all[3].canonicalText)
    }
}
