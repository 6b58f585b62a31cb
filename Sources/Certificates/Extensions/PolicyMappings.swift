// PolicyMappings.swift — which policies of its own an authority holds for equal to those of another.
// RFC 5280 §4.2.1.5.
// Next: PolicyConstraints.swift.

import SwiftASN1

/// The policyMappings extension.
struct PolicyMappings: Sendable {
    /// For each policy of the issuer's domain those of the subject's domain that are equal to it, each once.
    let subjectPolicies: [ObjectIdentifier: Set<ObjectIdentifier>]

    /// How many pairs there are.
    var count: Int { subjectPolicies.reduce(0) { $0 + $1.value.count } }

    init(_ node: ASN1Node) throws(Fault) {
        var subjectPolicies: [ObjectIdentifier: Set<ObjectIdentifier>] = [:]
        var count = 0
        var list = try FieldReader(node, "policyMappings")
        while !list.isAtEnd {
            var mapping = try FieldReader(try list.read("a mapping"), "a policy mapping")
            let issuer = try mapping.read("issuerDomainPolicy").objectIdentifier("issuerDomainPolicy")
            let subject = try mapping.read("subjectDomainPolicy").objectIdentifier("subjectDomainPolicy")
            try mapping.end()
            // RFC 5280 §4.2.1.5 and §6.1.4(a): neither to nor from anyPolicy.
            guard issuer != .anyPolicy, subject != .anyPolicy else {
                throw Fault(.structure, expected: "mappings between named policies", found: "one with anyPolicy")
            }
            count += 1
            guard count <= CertificatePolicies.mostPolicies else {
                throw Fault(
                    .parsingLimit, expected: "at most \(CertificatePolicies.mostPolicies) policy mappings",
                    found: "more")
            }
            subjectPolicies[issuer, default: []].insert(subject)
        }
        guard count > 0 else { throw Fault(.structure, expected: "a mapping in policyMappings", found: "none") }
        self.subjectPolicies = subjectPolicies
    }
}
