// CertificatePurpose.swift — what a path is validated for.
// RFC 5280 §4.2.1.12.
// Next: UnvalidatedPath.swift.

/// What the peer uses its certificate for.
public enum CertificatePurpose: Sendable, Hashable {
    /// The peer is a TLS server.
    case serverAuthentication
    /// The peer is a TLS client.
    case clientAuthentication

    /// `server` or `client`.
    var name: String {
        switch self {
        case .serverAuthentication: "server"
        case .clientAuthentication: "client"
        }
    }

    /// The purpose that an extendedKeyUsage must hold, unless it holds anyExtendedKeyUsage.
    var extendedKeyUsage: ExtendedKeyUsage {
        switch self {
        case .serverAuthentication: .serverAuthentication
        case .clientAuthentication: .clientAuthentication
        }
    }
}
