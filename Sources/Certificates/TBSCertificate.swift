// TBSCertificate.swift — the fields of a certificate, out of strict DER.
// RFC 5280 §4.1.
// Next: Extensions/CertificateExtensions.swift.

import CryptoGlue
import SwiftASN1
import WireFormat

/// The parsed fields. Certificate keeps one in shared storage.
struct TBSCertificate: Sendable {
    let version: Int
    let serialNumber: [UInt8]
    let issuer: DistinguishedName
    let subject: DistinguishedName
    let notBefore: UnixTime
    let notAfter: UnixTime
    /// A date before 2050 is written as GeneralizedTime, as some old roots have it.
    let hasMisplacedGeneralizedTime: Bool
    let publicKey: PublicKey
    let signatureAlgorithm: CertificateSignatureAlgorithm
    let extensions: CertificateExtensions
    /// Where in the whole certificate the subjectPublicKeyInfo is, its header included.
    let publicKeyRange: Range<Int>
    /// Where in the whole certificate the signed bytes are.
    let signedRange: Range<Int>
    /// Where in the whole certificate the signature is.
    let signatureRange: Range<Int>

    init(certificate der: [UInt8]) throws(Fault) {
        guard der.count <= DERLimits.certificateLength else {
            throw Fault(
                .parsingLimit, expected: "a certificate of at most \(DERLimits.certificateLength) bytes",
                found: "\(der.count) bytes")
        }
        var certificate = try FieldReader(try StrictDER.parse(der[...], "a certificate"), "a certificate")
        let signed = try certificate.read("tbsCertificate")
        let outerAlgorithm = try AlgorithmIdentifier(try certificate.read("signatureAlgorithm"), "signatureAlgorithm")
        let signature = try certificate.read("signatureValue").octetAlignedBitString("signatureValue")
        try certificate.end()
        // Slices of an array keep its indices.
        signedRange = signed.encodedBytes.indices
        signatureRange = signature.indices

        var fields = try FieldReader(signed, "tbsCertificate")
        let version = try TBSCertificate.version(&fields)
        self.version = version
        serialNumber = Array(try fields.read("serialNumber").integer("serialNumber"))
        let algorithm = try AlgorithmIdentifier(try fields.read("signature"), "signature")
        // RFC 5280 §4.1.1.2: otherwise the outer one, which is not signed, could be exchanged.
        guard algorithm.encoded == outerAlgorithm.encoded else {
            throw Fault(
                .signatureAlgorithmsEqual, expected: "\(algorithm.identifier) in both",
                found: outerAlgorithm.identifier == algorithm.identifier
                    ? "other parameters" : "\(outerAlgorithm.identifier) outside")
        }
        signatureAlgorithm = try CertificateSignatureAlgorithm(algorithm)
        issuer = try DistinguishedName(try fields.read("issuer"), "issuer")
        // RFC 5280 §4.1.2.4: the issuer field must contain a non-empty distinguished name.
        guard !issuer.isEmpty else { throw Fault(.structure, expected: "a non-empty issuer", found: "an empty one") }
        var validity = try FieldReader(try fields.read("validity"), "validity")
        let times = [
            try TBSCertificate.time(try validity.read("notBefore"), "notBefore"),
            try TBSCertificate.time(try validity.read("notAfter"), "notAfter"),
        ]
        try validity.end()
        notBefore = times[0].time
        notAfter = times[1].time
        hasMisplacedGeneralizedTime = times.contains { $0.isMisplaced }
        subject = try DistinguishedName(try fields.read("subject"), "subject")
        let key = try fields.read("subjectPublicKeyInfo")
        publicKeyRange = key.encodedBytes.indices
        publicKey = try SubjectPublicKeyInfo.parse(key)
        // RFC 5280 §4.1.2.8: unique identifiers, obsolete; versions 2 and 3 only.
        if version > 1 {
            _ = fields.readIf(.context(1))
            _ = fields.readIf(.context(2))
        }
        // RFC 5280 §4.1.2.9: extensions, version 3 only.
        if version == 3, let wrapped = fields.readIf(.context(3)) {
            extensions = try CertificateExtensions(wrapped)
        } else {
            extensions = CertificateExtensions()
        }
        try fields.end()
    }

    /// RFC 5280 §4.1.2.1: [0] EXPLICIT, DEFAULT v1, and DER does not encode a default.
    private static func version(_ fields: inout FieldReader) throws(Fault) -> Int {
        guard let wrapped = fields.readIf(.context(0)) else { return 1 }
        var inner = try FieldReader(wrapped, .context(0), "version")
        let contents = try inner.read("version").integer("version")
        try inner.end()
        guard let value = contents.first, contents.count == 1, value == 1 || value == 2 else {
            throw Fault(
                .structure, expected: "version 2 or 3, or none for 1",
                found: "version value 0x\(Printable.hexadecimal(contents.prefix(8)))")
        }
        return Int(value) + 1
    }

    /// RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime later; seconds present, in UTC, no fractions.
    private static func time(_ node: ASN1Node, _ name: String) throws(Fault) -> (time: UnixTime, isMisplaced: Bool) {
        let time: UnixTime?
        var isMisplaced = false
        if node.identifier == .utcTime {
            try checkLength(of: node, .utcTime, 13, name)
            let utc = try StrictDER.rethrowing(name) { () throws in try UTCTime(derEncoded: node) }
            time = UnixTime(
                year: utc.year, month: utc.month, day: utc.day, hour: utc.hours, minute: utc.minutes,
                second: utc.seconds)
        } else {
            try checkLength(of: node, .generalizedTime, 15, name)
            let general = try StrictDER.rethrowing(name) { () throws in try GeneralizedTime(derEncoded: node) }
            isMisplaced = general.year < 2050
            time = UnixTime(
                year: general.year, month: general.month, day: general.day, hour: general.hours,
                minute: general.minutes, second: general.seconds)
        }
        guard let time else { throw Fault(.structure, expected: "\(name) as a date that exists", found: "another") }
        return (time, isMisplaced)
    }

    /// A fixed length keeps out fractions, which swift-asn1 would read, and offsets.
    private static func checkLength(
        of node: ASN1Node, _ identifier: ASN1Identifier, _ length: Int, _ name: String
    ) throws(Fault) {
        let count = try node.primitive(identifier, name).count
        guard count == length else {
            throw Fault(.structure, expected: "\(name) in \(length) characters", found: "\(count)")
        }
    }
}
