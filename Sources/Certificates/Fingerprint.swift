// Fingerprint.swift — SHA-256 over certificates.
// FIPS 180-4.
// Next: TrustAnchors.swift.

import CryptoGlue

enum Fingerprint {
    /// SHA-256 over `bytes`: 32 bytes.
    static func sha256(_ bytes: [UInt8]) throws(CertificateError) -> [UInt8] {
        do {
            return try HashFunction.digest(.sha256, bytes.span)
        } catch {
            throw CertificateError(.backend, subject: "SHA-256", expected: "a digest", found: "\(error)")
        }
    }
}
