// CertificateExtensions.swift — the extensions of one certificate.
// RFC 5280 §4.2.
// Next: BasicConstraints.swift.

/// The extensions that are read, each at most once.
struct CertificateExtensions: Sendable {
    var subjectAlternativeName: [GeneralName] = []
    var basicConstraints: BasicConstraints?
    var keyUsage: KeyUsage?
    var extendedKeyUsage: [ExtendedKeyUsage]?
    var subjectKeyIdentifier: [UInt8]?
    var authorityKeyIdentifier: [UInt8]?
}
