// PolicyCheck.swift — whether a path is valid for a policy, where one is required.
// RFC 5280 §6.1.1-§6.1.5 as RFC 9618 amends it.
// Next: AnchorCheck.swift.

/// The policy part of validating one path.
package struct PolicyCheck {
    private let inputs: CertificatePolicyInputs
    private var graph = PolicyGraph()
    // RFC 5280 §6.1.2(d)-(f): how many certificates may follow before the demand holds.
    private var explicitPolicy: Int
    private var inhibitAnyPolicy: Int
    private var policyMapping: Int

    private init(count: Int, _ inputs: CertificatePolicyInputs) {
        self.inputs = inputs
        explicitPolicy = inputs.requiresExplicitPolicy ? 0 : count + 1
        inhibitAnyPolicy = inputs.inhibitsAnyPolicy ? 0 : count + 1
        policyMapping = inputs.inhibitsPolicyMapping ? 0 : count + 1
    }

    /// Checks a path, the peer's certificate first and the anchor last.
    ///
    /// The anchor's own policies and mappings take no part: RFC 5280 §6.1 has the path begin below it, and most roots
    /// name no policy, which would leave none for the path. Its policyConstraints and inhibitAnyPolicy do, as its name
    /// constraints and its path length do here: they only ever forbid, and a critical extension is never passed over.
    /// When the peer's key is pinned, its certificate is the whole path: what is asked of policies is asked of it.
    ///
    /// - Returns: user-constrained-policy-set of RFC 9618 §5.6: the policies that are valid for the path and accepted.
    /// - Throws: `CertificateError` with the rule `certificatePolicy`.
    package static func validPolicies(
        of path: [Certificate], _ inputs: CertificatePolicyInputs
    ) throws(CertificateError) -> Set<CertificatePolicy> {
        let below = path.count > 1 ? path.dropLast() : path[...]
        var check = PolicyCheck(count: below.count, inputs)
        if path.count > 1, let anchor = path.last { check.constrain(by: anchor.extensions) }
        for (index, certificate) in below.enumerated().reversed() {
            try check.process(certificate, index == 0 ? .leaf : .intermediate(index))
        }
        guard let leaf = path.first else { return [] }
        return try check.finish(at: leaf)
    }

    /// RFC 5280 §6.1.3(d)-(f), and §6.1.4 when other certificates follow.
    private mutating func process(_ certificate: Certificate, _ position: Position) throws(CertificateError) {
        let extensions = certificate.extensions
        let isLast = if case .leaf = position { true } else { false }
        let above = graph
        graph.descend(
            extensions.certificatePolicies,
            expandsAnyPolicy: inhibitAnyPolicy > 0 || (!isLast && certificate.isSelfIssued))
        guard explicitPolicy > 0 || !graph.isEmpty else {
            throw CertificateError(
                .certificatePolicy, subject: position.of(certificate),
                expected: PolicyCheck.text(anyOf: above.expectedPolicies),
                found: extensions.certificatePolicies.map { PolicyCheck.text(Set($0)) } ?? "no certificatePolicies")
        }
        if isLast { return }
        // §6.1.4(b), with (a) in the parser; then (h), and (i) and (j).
        if let mappings = extensions.policyMappings { graph.map(mappings, isInhibited: policyMapping == 0) }
        if !certificate.isSelfIssued {
            explicitPolicy = max(explicitPolicy - 1, 0)
            policyMapping = max(policyMapping - 1, 0)
            inhibitAnyPolicy = max(inhibitAnyPolicy - 1, 0)
        }
        constrain(by: extensions)
    }

    /// RFC 5280 §6.1.4(i) and (j): what an authority demands of those below it.
    private mutating func constrain(by extensions: CertificateExtensions) {
        if let limit = extensions.policyConstraints?.requireExplicitPolicy {
            explicitPolicy = min(explicitPolicy, limit)
        }
        if let limit = extensions.policyConstraints?.inhibitPolicyMapping { policyMapping = min(policyMapping, limit) }
        if let limit = extensions.inhibitAnyPolicy { inhibitAnyPolicy = min(inhibitAnyPolicy, limit) }
    }

    /// RFC 5280 §6.1.5(a), (b) and (g).
    private mutating func finish(at leaf: Certificate) throws(CertificateError) -> Set<CertificatePolicy> {
        explicitPolicy = max(explicitPolicy - 1, 0)
        if leaf.extensions.policyConstraints?.requireExplicitPolicy == 0 { explicitPolicy = 0 }
        let valid = Set(graph.validPolicies.map { CertificatePolicy(rawValue: $0.description) })
        let accepted: Set<CertificatePolicy>
        if let wanted = inputs.acceptedPolicies, !inputs.acceptsAnyPolicy {
            // RFC 9618 §5.6(g): anyPolicy at the end stands for each policy that is accepted.
            accepted = valid.contains(.any) ? wanted : valid.intersection(wanted)
        } else {
            accepted = valid
        }
        guard explicitPolicy > 0 || !accepted.isEmpty else {
            let wanted = inputs.acceptsAnyPolicy ? nil : inputs.acceptedPolicies
            throw CertificateError(
                .certificatePolicy, subject: Position.leaf.of(leaf),
                expected: wanted.map { "a path for the policy \(PolicyCheck.text($0))" } ?? "a path for any policy",
                found: valid.isEmpty ? "one for none" : "one for \(PolicyCheck.text(valid))")
        }
        return accepted
    }

    private static func text(anyOf policies: Set<ObjectIdentifier>) -> String {
        policies.isEmpty
            ? "a path above it for any policy" : policies.contains(.anyPolicy) ? "a policy" : text(policies)
    }

    private static func text(_ policies: Set<ObjectIdentifier>) -> String {
        text(Set(policies.map { CertificatePolicy(rawValue: $0.description) }))
    }

    /// The first few policies in their order, for people.
    package static func text(_ policies: Set<CertificatePolicy>) -> String {
        let sorted = policies.map(\.description).sorted()
        return sorted.isEmpty ? "none" : sorted.prefix(8).joined(separator: ", ") + (sorted.count > 8 ? " …" : "")
    }
}

extension PathSearch {
    /// Policies and mappings processed in one search: a path may hold thousands, and a search come upon many paths.
    static let policyBudget = 4096

    /// The policies of a whole path, the peer's certificate first and the anchor last.
    mutating func checkPolicies(of path: [Certificate]) throws(CertificateError) {
        guard let leaf = path.first else { return }
        for certificate in path {
            let extensions = certificate.extensions
            policiesProcessed += (extensions.certificatePolicies?.count ?? 0) + (extensions.policyMappings?.count ?? 0)
        }
        guard policiesProcessed <= PathSearch.policyBudget else {
            throw CertificateError(
                .policyBudget, subject: Position.leaf.of(leaf), expected: "at most \(PathSearch.policyBudget)",
                found: "more")
        }
        let valid = try PolicyCheck.validPolicies(of: path, request.policy.certificatePolicies)
        accept(
            .certificatePolicy, Position.leaf.of(leaf), expected: "a policy for the whole path where one is required",
            found: PolicyCheck.text(valid))
    }
}
