// TLS12Weakness.swift — what cipher suites of TLS 1.2 can cost; each has to be accepted by its name.
// RFC 9325 §4.1, §4.2.
// Next: Credential.swift.

/// A known weakness of TLS 1.2 cipher suites. Suites that have one are offered only when it is accepted:
///
///     configuration.acceptedTLS12Weaknesses = [.noForwardSecrecy]
///     configuration.cipherSuites.append(.tlsRSAWithAES128GCMSHA256)
public enum TLS12Weakness: String, Sendable, Hashable, CaseIterable {
    /// CBC suites: unless the peer speaks encrypt_then_mac, what a padding check costs in time is hidden only as well as
    /// software can (RFC 7366 §1; docs/attacks.md, T-08).
    case cbcPaddingTiming
    /// DHE suites: the server chooses a finite-field group, and the client can only refuse it (RFC 7919 §1).
    case groupChosenByServer
    /// Static RSA suites: who gets the server's key one day can read all that was recorded before (RFC 9325 §4.1).
    case noForwardSecrecy
}
