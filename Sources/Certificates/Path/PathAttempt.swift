// PathAttempt.swift — the ways a search went, for people who ask why.
// RFC 5280 §6.1; RFC 4158 §2.
// Next: PathSearch.swift.

/// One way from the peer's certificate that a search tried: it led to an anchor, or ended where `error` says.
public struct PathAttempt: Sendable, Equatable {
    /// The certificates of the way, the peer's own first; the last is the one that was refused, or the anchor.
    public let certificates: [Certificate]
    /// Whether the last certificate is a trust anchor.
    public let reachesAnchor: Bool
    /// Why the way ended; nil when the path was accepted.
    public let error: CertificateError?

    /// As many as one search keeps: more explain nothing.
    static let most = 64
}

/// What a validation came to, with every way that was tried.
package struct ExplainedValidation: Sendable {
    package let result: Result<ValidatedPath, CertificateError>
    /// In the order tried, at most 64.
    package let attempts: [PathAttempt]
}
