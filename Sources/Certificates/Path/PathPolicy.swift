// PathPolicy.swift — how strictly paths are validated, as far as an application may choose.
// RFC 5280 §6.1.1.
// Next: PathRequest.swift.

/// What a validation of paths asks for beyond anchors, name, purpose and time. The defaults are those of the Web.
public struct PathPolicy: Sendable, Hashable {
    /// Certificates in a path, the peer's own and the anchor's counted: 1 to 10.
    public var maximumDepth: Int {
        didSet { maximumDepth = PathPolicy.bounded(maximumDepth) }
    }

    /// What is asked of the certificate policies of a path: by default nothing but what its authorities ask for.
    public var certificatePolicies: CertificatePolicyInputs

    /// Whether and how it counts that certificates were revoked: by default what is there counts, and nothing is required.
    public var revocation: RevocationPolicy

    /// The defaults of the Web, unless said otherwise. A depth outside 1 to 10 counts as the nearest of these.
    public init(
        maximumDepth: Int = PathPolicy.greatestDepth,
        certificatePolicies: CertificatePolicyInputs = CertificatePolicyInputs(),
        revocation: RevocationPolicy = RevocationPolicy()
    ) {
        self.revocation = revocation
        self.maximumDepth = PathPolicy.bounded(maximumDepth)
        self.certificatePolicies = certificatePolicies
    }

    /// No path is longer than this: 10 certificates.
    public static let greatestDepth = 10

    /// The same policies give the same text, others another: for digests.
    package var canonicalText: String {
        let accepted = certificatePolicies.acceptedPolicies.map { $0.map(\.rawValue).sorted().joined(separator: ",") }
        return [
            "\(maximumDepth)", accepted.map { "[\($0)]" } ?? "any", "\(certificatePolicies.requiresExplicitPolicy)",
            "\(certificatePolicies.inhibitsPolicyMapping)", "\(certificatePolicies.inhibitsAnyPolicy)",
            revocation.canonicalText,
        ].joined(separator: ";")
    }

    private static func bounded(_ depth: Int) -> Int { min(max(depth, 1), greatestDepth) }
}
