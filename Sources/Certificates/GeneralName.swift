// GeneralName.swift — one name in subjectAltName or nameConstraints.
// RFC 5280 §4.2.1.6.
// Next: SubjectPublicKeyInfo.swift.

/// A GeneralName.
public enum GeneralName: Sendable, Hashable {
    /// dNSName, as it stands in the certificate: it may hold a wildcard, or be no host name at all.
    case dns(String)
    /// iPAddress: in subjectAltName 4 or 16 bytes, in network order.
    case ip([UInt8])
    /// directoryName.
    case directory(DistinguishedName)
    /// rfc822Name.
    case email(String)
    /// uniformResourceIdentifier.
    case uri(String)
    /// registeredID, in dotted decimals.
    case registeredID(String)
    /// otherName, x400Address or ediPartyName: the context tag, 0, 3 or 5.
    case other(tag: UInt8)
}
