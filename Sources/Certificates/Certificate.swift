// Certificate.swift — one X.509 certificate, parsed once and never changed.
// RFC 5280 §4.1.
// Next: TBSCertificate.swift.

public import CryptoGlue
public import WireFormat

/// A parsed X.509 certificate.
///
/// A value is one reference to immutable storage: cheap to copy, safe to share between threads. Two certificates are
/// equal when their DER is equal byte for byte. Parsing checks the encoding and the fields; whether the certificate may
/// be used, for what and under which name is for path validation to say.
public struct Certificate: Sendable {
    private let storage: Storage

    /// Parses one DER-encoded certificate of at most 64 KiB.
    ///
    /// Versions 1 to 3, serial numbers that are not positive or too long, and GeneralizedTime before 2050 are parsed,
    /// because old trust anchors have them; path validation refuses them below the anchor.
    ///
    /// - Throws: ``CertificateError`` when the DER is not strict, a field breaks the profile, or the key is of a kind
    ///   this library cannot use.
    public init(derEncoded: [UInt8]) throws(CertificateError) {
        self = try Certificate(derEncoded: derEncoded, label: "a certificate")
    }

    /// Parses a certificate that error messages call `label`.
    init(derEncoded: [UInt8], label: String) throws(CertificateError) {
        do {
            storage = Storage(contents: try TBSCertificate(certificate: derEncoded), derEncoded: derEncoded)
        } catch {
            throw error.error(subject: label)
        }
    }

    /// Parses every certificate of a PEM file, in the file's order. Text and other blocks between them are skipped.
    ///
    /// - Throws: ``CertificateError`` when a block is damaged, a certificate cannot be parsed, or there is none.
    public static func parse(pem: [UInt8]) throws(CertificateError) -> [Certificate] {
        var certificates: [Certificate] = []
        let file = pem.span
        for block in try PEM.blocks(file, subject: "a certificate file") where block.isCertificate {
            let label = "certificate \(certificates.count + 1) of the file"
            certificates.append(try Certificate(derEncoded: try block.decoded(file, subject: label), label: label))
        }
        guard !certificates.isEmpty else {
            throw CertificateError(
                .pem, subject: "a certificate file", expected: "a block BEGIN CERTIFICATE", found: "none")
        }
        return certificates
    }

    /// The whole certificate as it came.
    public var derEncoded: [UInt8] { storage.derEncoded }
    /// 1, 2 or 3.
    public var version: Int { storage.contents.version }
    /// The serial number's INTEGER contents: big-endian, two's complement, with a leading zero where DER has one.
    public var serialNumber: [UInt8] { storage.contents.serialNumber }
    /// Who signed the certificate.
    public var issuer: DistinguishedName { storage.contents.issuer }
    /// Whom the certificate is about. A peer's name is in ``subjectAlternativeName``, never here.
    public var subject: DistinguishedName { storage.contents.subject }
    /// The first second in which the certificate is valid.
    public var notBefore: UnixTime { storage.contents.notBefore }
    /// The last second in which the certificate is valid.
    public var notAfter: UnixTime { storage.contents.notAfter }
    /// The certified key.
    public var publicKey: PublicKey { storage.contents.publicKey }
    /// The whole SubjectPublicKeyInfo as it came, what a ``PublicKeyPin`` is the hash of: RFC 5280 §4.1.2.7.
    public var subjectPublicKeyInfo: [UInt8] { Array(storage.derEncoded[storage.contents.publicKeyRange]) }
    /// How the certificate is signed; nil when the algorithm is one this library never accepts (MD5, SHA-1, DSA …).
    public var signatureAlgorithm: SignatureAlgorithm? { storage.contents.signatureAlgorithm.algorithm }
    /// subjectAltName, in its order; empty when the extension is absent.
    public var subjectAlternativeName: [GeneralName] { storage.contents.extensions.subjectAlternativeName }
    /// basicConstraints; nil when the extension is absent.
    public var basicConstraints: BasicConstraints? { storage.contents.extensions.basicConstraints }
    /// keyUsage; nil when the extension is absent, which means any usage.
    public var keyUsage: KeyUsage? { storage.contents.extensions.keyUsage }
    /// extendedKeyUsage; nil when the extension is absent, which means any purpose.
    public var extendedKeyUsage: [ExtendedKeyUsage]? { storage.contents.extensions.extendedKeyUsage }
    /// subjectKeyIdentifier; nil when absent.
    public var subjectKeyIdentifier: [UInt8]? { storage.contents.extensions.subjectKeyIdentifier }
    /// The keyIdentifier of authorityKeyIdentifier; nil when absent.
    public var authorityKeyIdentifier: [UInt8]? { storage.contents.extensions.authorityKeyIdentifier }

    /// SHA-256 over ``derEncoded``: 32 bytes.
    ///
    /// - Throws: ``CertificateError`` with the rule `backend` when the backend fails.
    public var fingerprintSHA256: [UInt8] {
        get throws(CertificateError) { try Fingerprint.sha256(derEncoded) }
    }

    /// How the certificate is signed, named also when it is not understood.
    var signatureAlgorithmName: String { storage.contents.signatureAlgorithm.name }
    /// Signed with MD5 or SHA-1.
    package var isSignedWithWeakHash: Bool { storage.contents.signatureAlgorithm.isWeak }
    /// Signed in a way that a permission for an old version may accept.
    var legacySignature: LegacyCertificateSignature? { storage.contents.signatureAlgorithm.legacy }
    /// A date before 2050 is written as GeneralizedTime.
    var hasMisplacedGeneralizedTime: Bool { storage.contents.hasMisplacedGeneralizedTime }
    /// All extensions.
    var extensions: CertificateExtensions { storage.contents.extensions }
    /// RFC 5280 §6.1: subject and issuer are the same name.
    var isSelfIssued: Bool { subject == issuer }

    /// Checks the certificate's signature with an issuer's key.
    package func verifySignature(
        with key: PublicKey, using algorithm: SignatureAlgorithm
    ) throws(CryptoError) {
        let encoded = storage.derEncoded
        let span = encoded.span
        try key.verify(
            span.extracting(storage.contents.signatureRange), over: span.extracting(storage.contents.signedRange),
            using: algorithm)
    }

    /// As `verifySignature`, for a certificate that is signed in an old way.
    func verifyLegacySignature(
        with key: PublicKey, _ kind: LegacyCertificateSignature, _ use: LegacyUse
    ) throws(CryptoError) {
        let encoded = storage.derEncoded
        let span = encoded.span
        try key.verify(
            span.extracting(storage.contents.signatureRange), over: span.extracting(storage.contents.signedRange),
            using: kind, use)
    }

    private final class Storage: Sendable {
        let contents: TBSCertificate
        let derEncoded: [UInt8]

        init(contents: TBSCertificate, derEncoded: [UInt8]) {
            self.contents = contents
            self.derEncoded = derEncoded
        }
    }
}

extension Certificate: Hashable {
    public static func == (left: Certificate, right: Certificate) -> Bool {
        left.storage === right.storage || left.derEncoded == right.derEncoded
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(derEncoded) }
}

extension Certificate: CustomStringConvertible {
    /// The subject, as RFC 4514 writes it.
    public var description: String { subject.description }
}
