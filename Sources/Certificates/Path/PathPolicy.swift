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

    /// Whether certificates must not be revoked, by which lists and by what the peer staples.
    public var revocation: RevocationPolicy

    public init(
        maximumDepth: Int = PathPolicy.greatestDepth,
        certificatePolicies: CertificatePolicyInputs = CertificatePolicyInputs(),
        revocation: RevocationPolicy = RevocationPolicy()
    ) {
        self.maximumDepth = PathPolicy.bounded(maximumDepth)
        self.certificatePolicies = certificatePolicies
        self.revocation = revocation
    }

    /// No path is longer than this: 10 certificates.
    public static let greatestDepth = 10

    /// The same policies give the same text, others another: for digests.
    ///
    /// - Throws: ``CertificateError`` with the rule `backend` when the backend fails.
    package var canonicalText: String {
        get throws(CertificateError) { try text(lists: revocation.lists.digest) }
    }

    private func text(lists: [UInt8]) -> String {
        let accepted = certificatePolicies.acceptedPolicies.map { $0.map(\.rawValue).sorted().joined(separator: ",") }
        return [
            "\(maximumDepth)", accepted.map { "[\($0)]" } ?? "any", "\(certificatePolicies.requiresExplicitPolicy)",
            "\(certificatePolicies.inhibitsPolicyMapping)", "\(certificatePolicies.inhibitsAnyPolicy)",
            revocation.mode.rawValue, revocation.scope.rawValue, Printable.hexadecimal(lists),
        ].joined(separator: ";")
    }

    private static func bounded(_ depth: Int) -> Int { min(max(depth, 1), greatestDepth) }
}
