// TBSCertificate.swift — the fields of a certificate, out of strict DER.
// RFC 5280 §4.1.
// Next: Extensions/CertificateExtensions.swift.

import CryptoGlue
import WireFormat

/// The parsed fields. Certificate keeps one in shared storage.
struct TBSCertificate: Sendable {
    var version: Int
    var serialNumber: [UInt8]
    var issuer: DistinguishedName
    var subject: DistinguishedName
    var notBefore: UnixTime
    var notAfter: UnixTime
    var publicKey: PublicKey
    var signatureAlgorithm: SignatureAlgorithm?
    var extensions = CertificateExtensions()

    static func parse(_ der: [UInt8]) throws(CertificateError) -> TBSCertificate {
        throw CertificateError(.derEncoding, subject: "a certificate", expected: "", found: "", advice: "")
    }
}
