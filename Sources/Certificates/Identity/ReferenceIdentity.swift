// ReferenceIdentity.swift — the name a peer must prove.
// RFC 9525 §6.1.
// Next: DNSName.swift.

/// Whom the caller wants to talk to: a host name or an IP address.
public enum ReferenceIdentity: Sendable, Hashable {
    case dns(DNSName)
    case ip(IPAddressName)

    /// Reads an IP address literal (an IPv6 one with or without brackets) or else a host name.
    ///
    /// - Throws: ``CertificateError`` with the rule `referenceIdentity`.
    public init(_ text: String) throws(CertificateError) {
        if let address = IPAddressName(text) {
            self = .ip(address)
        } else {
            self = .dns(try DNSName(text))
        }
    }
}

extension ReferenceIdentity: CustomStringConvertible {
    /// The host name in lower case without a trailing dot, or the address.
    public var description: String {
        switch self {
        case .dns(let name): name.description
        case .ip(let address): address.description
        }
    }
}
