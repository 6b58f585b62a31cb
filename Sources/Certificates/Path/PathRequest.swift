// PathRequest.swift — everything that a path is validated by, besides what the peer sent.
// RFC 5280 §6.1.1.
// Next: PathValidator.swift.

package import WireFormat

/// The inputs of RFC 5280 §6.1.1, and those of TLS.
package struct PathRequest: Sendable {
    /// Whether a server may be validated without a name.
    package enum NameCheck: Sendable {
        /// A TLS server is always asked for by name: a request without one is refused. Clients have no name.
        case ofServers
        /// Only a name that is given is checked: for files of certificates that nobody connects to.
        case whenGiven
    }

    package var anchors: TrustAnchors
    /// The name the certificate must hold.
    package var identity: ReferenceIdentity?
    package var nameCheck = NameCheck.ofServers
    package var purpose: CertificatePurpose
    /// What the peer's own key has to do; nil for anything.
    package var keyUsage: KeyUsage?
    package var now: UnixTime
    /// What was offered for certificates.
    package var allowedSignatures: [SignatureScheme]
    package var policy: PathPolicy
    /// The OCSP response that the peer stapled; nil for none. It counts by ``PathPolicy/revocation``.
    package var stapledResponse: [UInt8]?
    /// Whether the peer was asked for one: only then a certificate may require it.
    package var isStatusRequested = false
    /// What may be weaker, in a connection before TLS 1.2 by its permission's options.
    package var legacy: LegacyCertificates?

    package init(
        anchors: TrustAnchors, identity: ReferenceIdentity?, purpose: CertificatePurpose,
        keyUsage: KeyUsage? = .digitalSignature, at now: UnixTime, allowedSignatures: [SignatureScheme],
        policy: PathPolicy = PathPolicy(), legacy: LegacyCertificates? = nil
    ) {
        self.anchors = anchors
        self.identity = identity
        self.purpose = purpose
        self.keyUsage = keyUsage
        self.now = now
        self.allowedSignatures = allowedSignatures
        self.policy = policy
        self.legacy = legacy
    }
}
