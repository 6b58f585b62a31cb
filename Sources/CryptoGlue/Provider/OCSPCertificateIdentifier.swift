// OCSPCertificateIdentifier.swift — the hashes by which OCSP names an issuer, SHA-1 among them.
// RFC 6960 §4.1.1, §4.2.1, §4.3; RFC 5019 §2.1.1.
// Next: HMAC.swift.

/// A digest that only tells which of the issuers already known is meant: of its name, and of its key.
///
/// Nothing is authenticated by it. Whoever finds another name or key with the same SHA-1 names an issuer that nobody trusts;
/// the response is signed, and not with SHA-1. RFC 6960 names responders by SHA-1 alone, and most responders name
/// certificates so. Hence a function that can do nothing else, and no permission.
package enum OCSPCertificateIdentifier {
    /// SHA-1 over an issuer's name or key: 20 bytes.
    ///
    /// - Throws: ``CryptoError/backend(operation:code:)``.
    package static func sha1(_ nameOrKey: Span<UInt8>) throws(CryptoError) -> [UInt8] {
        var hash = try GcryptHash(.sha1)
        hash.update(nameOrKey)
        return try hash.snapshot()
    }
}
