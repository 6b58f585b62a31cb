// CertificateType.swift — what a Certificate message holds: IANA code points, nothing else.
// RFC 7250 §4; RFC 8446 §4.4.2.
// Next: AlertDescription.swift.

/// A certificate type's code point. An open set; `description` is the RFC's name.
public struct CertificateType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// A certification path, what everybody has who says nothing else.
    public static let x509 = CertificateType(rawValue: 0)
    /// A key by itself, as a SubjectPublicKeyInfo.
    public static let rawPublicKey = CertificateType(rawValue: 2)
}

extension CertificateType: CustomStringConvertible {
    public var description: String {
        switch self {
        case .x509: "X509"
        case .rawPublicKey: "RawPublicKey"
        default: "certificate type \(rawValue)"
        }
    }
}
