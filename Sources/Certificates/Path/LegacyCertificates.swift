// LegacyCertificates.swift — what certificates may be besides, when a permission for an old version has the option.
// RFC 8446 §4.4.2.4; RFC 9325 §4.5; RFC 9155 §1.
// Next: CertificateChecks.swift.

package import CryptoGlue

/// The options of a permission for the certificates of one connection, whose version is before TLS 1.2.
package struct LegacyCertificates: Sendable {
    private let use: LegacyUse

    package init(_ use: LegacyUse) { self.use = use }

    /// The fewest bits of an RSA key.
    var leastRSABits: Int { use.permission.acceptsShortRSAKeys ? 1024 : PathSearch.leastRSABits }

    /// How the certificate is signed, when that is an old way and is accepted.
    func accepted(_ certificate: Certificate) -> LegacyCertificateSignature? {
        certificate.legacySignature.flatMap { use.permission.accepts($0) ? $0 : nil }
    }

    /// Checks the signature of such a certificate.
    func verify(
        _ certificate: Certificate, _ kind: LegacyCertificateSignature, with key: PublicKey
    ) throws(CryptoError) {
        try certificate.verifyLegacySignature(with: key, kind, use)
    }
}
