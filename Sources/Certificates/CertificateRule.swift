// CertificateRule.swift — every rule this module enforces, with its sentence, section, topic and alert.
// RFC 5280 §4, §6; RFC 9525 §6; RFC 8446 §4.4.2, §6.2.
// Next: Certificate.swift.

public import WireFormat

extension CertificateError {
    /// A rule that something broke. One case for each rule; a later version may add cases.
    public enum Rule: String, Sendable, Hashable, CaseIterable {
        // The encoding of one certificate.
        case derEncoding, parsingLimit, structure, signatureAlgorithmsEqual, duplicateExtension, unsupportedPublicKey
        // What a certificate below the anchor must keep.
        case version, serialNumber, keySize, criticalExtension
        // The path.
        case unknownIssuer, pathDepth, signatureBudget, signature, signatureAlgorithmPermitted, weakHash
        case expired, notYetValid
        case certificateAuthority, pathLength, certificateSigning
        case leafIsAuthority, leafKeyUsage, extendedKeyUsage
        case nameConstraints, nameConstraintForm, nameConstraintBudget
        // The name.
        case subjectAlternativeName, nameMatch
        // What the local caller gave.
        case referenceIdentity, pem, privateKey, encryptedPrivateKey
        // Not the certificate's fault.
        case backend
    }
}

extension CertificateError.Rule {
    /// The rule as a sentence without a full stop.
    public var sentence: String {
        switch self {
        case .derEncoding: "a certificate is one strict DER value and nothing after it"
        case .parsingLimit: "a certificate stays within the parser's limits"
        case .structure: "a certificate has the fields of the X.509 profile"
        case .signatureAlgorithmsEqual: "the two signature algorithm fields of a certificate are equal"
        case .duplicateExtension: "a certificate holds an extension at most once"
        case .unsupportedPublicKey: "a certificate's key is of a kind this library can use"
        case .version: "a certificate below a trust anchor is of version 3"
        case .serialNumber: "a serial number is positive and at most 20 bytes long"
        case .keySize: "an RSA key in a path has at least 2048 bits"
        case .criticalExtension: "every critical extension is one that is understood and enforced"
        case .unknownIssuer: "a path leads from the certificate to a configured trust anchor"
        case .pathDepth: "a path has at most 10 certificates"
        case .signatureBudget: "the search for a path checks at most 100 signatures"
        case .signature: "a certificate's signature verifies with its issuer's key"
        case .signatureAlgorithmPermitted: "a certificate is signed with an algorithm that was offered"
        case .weakHash: "no certificate is signed with MD5 or SHA-1"
        case .expired: "a certificate is used before its notAfter"
        case .notYetValid: "a certificate is used after its notBefore"
        case .certificateAuthority: "a certificate that issues certificates says so in basicConstraints"
        case .pathLength: "no more intermediate certificates follow than pathLenConstraint permits"
        case .certificateSigning: "a key that signs certificates has keyCertSign in keyUsage when there is a keyUsage"
        case .leafIsAuthority: "the peer's own certificate is not a certificate authority's"
        case .leafKeyUsage: "the key of a TLS 1.3 peer has digitalSignature in keyUsage when there is a keyUsage"
        case .extendedKeyUsage: "every extendedKeyUsage in the path permits the purpose"
        case .nameConstraints: "a certificate's names obey the name constraints above it"
        case .nameConstraintForm: "a critical name constraint is on a form of name that is understood"
        case .nameConstraintBudget: "name constraints need at most 250000 comparisons"
        case .subjectAlternativeName: "a peer is named by subjectAltName, never by the subject's common name"
        case .nameMatch: "one of the certificate's names matches the name that was asked for"
        case .referenceIdentity: "the name of the peer is a host name or an IP address"
        case .pem: "a PEM file holds whole base64 blocks of the kind asked for"
        case .privateKey: "a private key file holds a key this library can use"
        case .encryptedPrivateKey: "a private key file is not encrypted"
        case .backend: "the cryptographic backend can do what the path needs"
        }
    }

    /// Where the rule stands.
    public var section: String {
        switch self {
        case .derEncoding, .structure: "RFC 5280 §4.1"
        case .parsingLimit: "RFC 5280 §8"
        case .signatureAlgorithmsEqual: "RFC 5280 §4.1.1.2"
        case .duplicateExtension, .criticalExtension: "RFC 5280 §4.2"
        case .unsupportedPublicKey: "RFC 5280 §4.1.2.7"
        case .version: "RFC 5280 §4.1.2.1"
        case .serialNumber: "RFC 5280 §4.1.2.2"
        case .keySize: "RFC 9325 §4.5"
        case .unknownIssuer, .pathDepth, .signatureBudget: "RFC 5280 §6.1"
        case .signature: "RFC 5280 §6.1.3"
        case .signatureAlgorithmPermitted: "RFC 8446 §4.2.3"
        case .weakHash: "RFC 8446 §4.4.2.4"
        case .expired, .notYetValid: "RFC 5280 §4.1.2.5"
        case .certificateAuthority, .pathLength, .leafIsAuthority: "RFC 5280 §4.2.1.9"
        case .certificateSigning: "RFC 5280 §4.2.1.3"
        case .leafKeyUsage: "RFC 8446 §4.4.2.2"
        case .extendedKeyUsage: "RFC 5280 §4.2.1.12"
        case .nameConstraints, .nameConstraintForm, .nameConstraintBudget: "RFC 5280 §4.2.1.10"
        case .subjectAlternativeName: "RFC 9525 §2"
        case .nameMatch: "RFC 9525 §6"
        case .referenceIdentity: "RFC 9525 §6.1"
        case .pem: "RFC 7468 §2"
        case .privateKey, .encryptedPrivateKey: "RFC 5958 §2"
        case .backend: "RFC 8446 §6.2"
        }
    }

    /// What part of the handshake report the rule belongs to.
    public var topic: Decision.Topic {
        switch self {
        case .derEncoding, .parsingLimit, .structure, .signatureAlgorithmsEqual, .duplicateExtension,
            .unsupportedPublicKey, .version, .serialNumber, .keySize, .criticalExtension, .unknownIssuer, .pathDepth,
            .signatureBudget, .certificateAuthority, .pathLength, .nameConstraints, .nameConstraintForm,
            .nameConstraintBudget, .pem, .backend:
            .certificatePath
        case .signature, .signatureAlgorithmPermitted, .weakHash: .signature
        case .expired, .notYetValid: .certificateTime
        case .certificateSigning, .leafIsAuthority, .leafKeyUsage, .extendedKeyUsage: .certificateUsage
        case .subjectAlternativeName, .nameMatch, .referenceIdentity: .certificateName
        case .privateKey, .encryptedPrivateKey: .clientCertificate
        }
    }

    /// The alert for a peer that broke the rule: RFC 8446 §6.2.
    var alert: AlertDescription {
        switch self {
        // "A certificate was corrupt, contained signatures that did not verify correctly, etc."
        case .derEncoding, .parsingLimit, .structure, .signatureAlgorithmsEqual, .duplicateExtension, .version,
            .serialNumber, .keySize, .signature, .weakHash, .nameConstraints, .subjectAlternativeName, .nameMatch:
            .badCertificate
        // "A certificate was of an unsupported type."
        case .unsupportedPublicKey, .criticalExtension, .signatureAlgorithmPermitted, .leafIsAuthority, .leafKeyUsage,
            .extendedKeyUsage, .nameConstraintForm:
            .unsupportedCertificate
        // "… the certificate was not accepted because the CA certificate could not be located or could not be matched
        // with a known trust anchor." An issuer that may not issue is no CA.
        case .unknownIssuer, .pathDepth, .certificateAuthority, .pathLength, .certificateSigning: .unknownCA
        // "A certificate has expired or is not currently valid."
        case .expired, .notYetValid: .certificateExpired
        // "Some other (unspecified) issue arose in processing the certificate."
        case .signatureBudget, .nameConstraintBudget: .certificateUnknown
        case .referenceIdentity, .pem, .privateKey, .encryptedPrivateKey, .backend: .internalError
        }
    }
}
