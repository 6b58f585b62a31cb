// ClientAuthentication.swift — whether a server asks clients for certificates, and whom it trusts to issue them.
// RFC 8446 §4.3.2, §4.4.2.4; RFC 5246 §7.4.4, §7.4.6.
// Next: PeerVerification.swift.

public import Certificates

/// Whether a server asks its clients for a certificate.
public enum ClientAuthentication: Sendable {
    /// It does not ask.
    case none
    /// It asks; a client may have none, but one that it sends has to be accepted.
    case optional(ClientAuthenticationPolicy)
    /// It asks, and refuses clients without one: certificate_required in TLS 1.3, handshake_failure in TLS 1.2.
    case required(ClientAuthenticationPolicy)

    /// nil when the server does not ask.
    package var policy: ClientAuthenticationPolicy? {
        switch self {
        case .none: nil
        case .optional(let policy), .required(let policy): policy
        }
    }

    package var isRequired: Bool {
        if case .required = self { true } else { false }
    }
}

/// How a client's certificate is judged.
public struct ClientAuthenticationPolicy: Sendable {
    /// The anchors that the client's certification path has to end in.
    public var trust: TrustAnchors
    /// How strictly the path of a client's certificates is validated.
    public var pathPolicy = PathPolicy()
    /// Clients' raw public keys (RFC 7250) that are accepted in the place of a certificate, by their pins; none by default.
    /// Clients that say that they have one are asked for it, and all others for a certificate. `verification` is not asked
    /// about them: the pin is the whole decision.
    public var acceptedRawPublicKeys: Set<PublicKeyPin> = []
    /// Who decides whether the client is accepted. A certificate for a client needs the usage clientAuth, and no name.
    public var verification: PeerVerification = .standard
    /// Tells the client the names of the anchors, so that it can choose a certificate (RFC 8446 §4.2.4).
    public var sendsAuthorities = true

    /// The standard verification against these anchors.
    public init(trust: TrustAnchors) { self.trust = trust }
}
