// BasicConstraints.swift — whether a certificate may issue others.
// RFC 5280 §4.2.1.9.
// Next: KeyUsage.swift.

/// The basicConstraints extension.
public struct BasicConstraints: Sendable, Hashable {
    /// Whether the certified key may sign certificates.
    public let isAuthority: Bool
    /// How many intermediate certificates that are not self-issued may follow; nil for any number.
    public let pathLength: Int?
}
