// CertificatePolicyInputs.swift — what is asked of the policies of a path.
// RFC 5280 §6.1.1(c)-(g).
// Next: PolicyGraph.swift.

/// What the certificate policies of a peer's path must be. The default asks for nothing: then only an authority's own
/// policyConstraints can make a path fail for its policies.
public struct CertificatePolicyInputs: Sendable, Hashable {
    /// The policies of which one must be valid for the path, where a policy is required: user-initial-policy-set, RFC 5280
    /// §6.1.1(c). nil is any policy, as is a set with ``CertificatePolicy/any``. By itself it requires nothing: see
    /// ``requiresExplicitPolicy``. These are policies as the authorities next to the trust anchor name them.
    public var acceptedPolicies: Set<CertificatePolicy>?
    /// Whether a path must be valid for a policy at all: initial-explicit-policy, RFC 5280 §6.1.1(f).
    public var requiresExplicitPolicy: Bool
    /// Whether no authority may hold another's policy for one of its own: initial-policy-mapping-inhibit, RFC 5280
    /// §6.1.1(e).
    public var inhibitsPolicyMapping: Bool
    /// Whether anyPolicy in a certificate counts for nothing: initial-any-policy-inhibit, RFC 5280 §6.1.1(g).
    public var inhibitsAnyPolicy: Bool

    /// Asks for nothing, unless said otherwise.
    public init(
        acceptedPolicies: Set<CertificatePolicy>? = nil, requiresExplicitPolicy: Bool = false,
        inhibitsPolicyMapping: Bool = false, inhibitsAnyPolicy: Bool = false
    ) {
        self.acceptedPolicies = acceptedPolicies
        self.requiresExplicitPolicy = requiresExplicitPolicy
        self.inhibitsPolicyMapping = inhibitsPolicyMapping
        self.inhibitsAnyPolicy = inhibitsAnyPolicy
    }

    /// Whether every policy is accepted.
    var acceptsAnyPolicy: Bool { acceptedPolicies?.contains(.any) ?? true }
}
