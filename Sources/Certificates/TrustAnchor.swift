// TrustAnchor.swift — one certificate that paths may end in, and how far it is trusted.
// RFC 5280 §6.1.1(d), §6.2; RFC 5937 §3 for constraints that go with an anchor.
// Next: TrustAnchors.swift.

public import WireFormat

/// A trust anchor: a certificate, and what its user restricts it to besides what it says itself.
public struct TrustAnchor: Sendable, Hashable {
    /// The authority's certificate.
    public let certificate: Certificate
    /// What its user restricts it to; nothing by default.
    public var constraints: TrustAnchorConstraints

    /// Trusts a certificate, as far as `constraints` go.
    public init(_ certificate: Certificate, constraints: TrustAnchorConstraints = TrustAnchorConstraints()) {
        self.certificate = certificate
        self.constraints = constraints
    }
}

/// How far an anchor is trusted. What the anchor's own certificate says (its dates, basicConstraints, keyUsage,
/// extendedKeyUsage, nameConstraints) holds besides.
public struct TrustAnchorConstraints: Sendable, Hashable {
    /// What peers below it may use their certificates for; nil for anything.
    public var purposes: Set<CertificatePurpose>?
    /// Domains that the names of peers below it must be in, as `example.org`, which stands for itself and everything below;
    /// nil for any. A peer's certificate with a name elsewhere, or with an IP address, is refused.
    public var permittedDomains: [DNSName]?
    /// Domains that no name of a peer below it may be in.
    public var excludedDomains: [DNSName]
    /// Peers' certificates that begin to be valid after this moment are refused: how root programs let an authority end.
    public var distrustAfter: UnixTime?
    /// Intermediate certificates below it that are not self-issued; nil for any number.
    public var pathLength: Int?

    /// Restricts nothing, unless said otherwise.
    public init(
        purposes: Set<CertificatePurpose>? = nil, permittedDomains: [DNSName]? = nil, excludedDomains: [DNSName] = [],
        distrustAfter: UnixTime? = nil, pathLength: Int? = nil
    ) {
        self.purposes = purposes
        self.permittedDomains = permittedDomains
        self.excludedDomains = excludedDomains
        self.distrustAfter = distrustAfter
        self.pathLength = pathLength
    }

    /// The same constraints give the same text, others another: for digests.
    var canonicalText: String {
        let domains = { (names: [DNSName]) in names.map(\.description).sorted().joined(separator: ",") }
        return [
            purposes.map { $0.map(\.name).sorted().joined(separator: ",") } ?? "any",
            permittedDomains.map { "[\(domains($0))]" } ?? "any", domains(excludedDomains),
            distrustAfter.map { "\($0.seconds)" } ?? "never", pathLength.map { "\($0)" } ?? "any",
        ].joined(separator: ";")
    }
}
