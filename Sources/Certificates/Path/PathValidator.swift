// PathValidator.swift — builds and validates a path; the only maker of ValidatedPath.
// RFC 5280 §6.1.
// Next: PathBuilder.swift.

package import WireFormat

/// A path that was validated: for a purpose, a name and a time. Only ``PathValidator`` makes one.
public struct ValidatedPath: Sendable, Equatable {
    /// The path: the peer's certificate first, the anchor last. One element when the peer's certificate is the anchor.
    public let certificates: [Certificate]
    /// The trust anchor, the last of ``certificates``.
    public let anchor: Certificate

    fileprivate init(certificates: [Certificate], anchor: Certificate) {
        self.certificates = certificates
        self.anchor = anchor
    }
}

package enum PathValidator {
    package static func validate(
        _ path: UnvalidatedPath, anchors: TrustAnchors, identity: ReferenceIdentity?, purpose: CertificatePurpose,
        at now: UnixTime, allowedSignatures: [SignatureScheme], log: inout DecisionLog
    ) throws(CertificateError) -> ValidatedPath {
        throw CertificateError(.unknownIssuer, subject: "", expected: "", found: "", advice: "")
    }
}
