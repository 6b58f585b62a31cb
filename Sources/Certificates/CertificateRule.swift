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
        case certificateAuthority, pathLength, certificateSigning, anchorConstraints
        case leafIsAuthority, leafKeyUsage, extendedKeyUsage
        case nameConstraints, nameConstraintForm, nameConstraintBudget
        case certificatePolicy, policyBudget
        // Revocation.
        case revoked, revocationStatusUnknown, stapledResponse, stapledResponseRequired, revocationList
        // The name.
        case subjectAlternativeName, nameMatch
        // A key without a certificate.
        case rawPublicKeyAccepted
        // What the local caller gave.
        case referenceIdentity, publicKeyPin, pem, privateKey, encryptedPrivateKey
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
        case .pathDepth: "a path has at most as many certificates as the policy permits"
        case .signatureBudget: "the search for a path checks at most 100 signatures"
        case .signature: "a certificate's signature verifies with its issuer's key"
        case .signatureAlgorithmPermitted: "a certificate is signed with an algorithm that was offered"
        case .weakHash: "no certificate is signed with MD5 or SHA-1"
        case .expired: "a certificate is used before its notAfter"
        case .notYetValid: "a certificate is used after its notBefore"
        case .certificateAuthority: "a certificate that issues certificates says so in basicConstraints"
        case .pathLength: "no more intermediate certificates follow than pathLenConstraint permits"
        case .certificateSigning: "a key that signs certificates has keyCertSign in keyUsage when there is a keyUsage"
        case .leafIsAuthority:
            "the peer's own certificate is neither a certificate authority's nor signed by itself, unless its key is pinned"
        case .anchorConstraints: "a path obeys what its trust anchor is restricted to"
        case .leafKeyUsage: "the key of a TLS 1.3 peer has digitalSignature in keyUsage when there is a keyUsage"
        case .extendedKeyUsage: "every extendedKeyUsage in the path permits the purpose"
        case .nameConstraints: "a certificate's names obey the name constraints above it"
        case .nameConstraintForm: "a critical name constraint is on a form of name that is understood"
        case .nameConstraintBudget: "name constraints need at most 250000 comparisons"
        case .certificatePolicy: "a path is valid for a certificate policy where one is required"
        case .policyBudget: "the search for a path processes at most 4096 policies and mappings"
        case .revoked: "no certificate of a path is revoked"
        case .revocationStatusUnknown: "every certificate whose status is required has a good and current one"
        case .stapledResponse: "a stapled OCSP response is the authority's own and says that the certificate is good"
        case .stapledResponseRequired: "a certificate that requires a stapled OCSP response comes with a current one"
        case .revocationList: "a revocation list is a complete CRL of the issuer's own, in strict DER"
        case .subjectAlternativeName: "a peer is named by subjectAltName, never by the subject's common name"
        case .nameMatch: "one of the certificate's names matches the name that was asked for"
        case .rawPublicKeyAccepted: "a raw public key is one of those that are accepted"
        case .publicKeyPin: "a pin is the SHA-256 of a SubjectPublicKeyInfo"
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
        case .anchorConstraints: "RFC 5280 §6.1.1"
        case .rawPublicKeyAccepted: "RFC 7250 §6"
        case .publicKeyPin: "RFC 7469 §2.4"
        case .signature: "RFC 5280 §6.1.3"
        case .signatureAlgorithmPermitted: "RFC 8446 §4.2.3"
        case .weakHash: "RFC 8446 §4.4.2.4"
        case .expired, .notYetValid: "RFC 5280 §4.1.2.5"
        case .certificateAuthority, .pathLength, .leafIsAuthority: "RFC 5280 §4.2.1.9"
        case .certificateSigning: "RFC 5280 §4.2.1.3"
        case .leafKeyUsage: "RFC 8446 §4.4.2.2"
        case .extendedKeyUsage: "RFC 5280 §4.2.1.12"
        case .nameConstraints, .nameConstraintForm, .nameConstraintBudget: "RFC 5280 §4.2.1.10"
        case .certificatePolicy: "RFC 5280 §6.1.5"
        case .policyBudget: "RFC 9618 §1"
        case .revoked: "RFC 5280 §6.3"
        case .revocationStatusUnknown: "RFC 5280 §6.3.3"
        case .stapledResponse: "RFC 6960 §3.2"
        case .stapledResponseRequired: "RFC 7633 §4"
        case .revocationList: "RFC 5280 §5"
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
            .signatureBudget, .certificateAuthority, .pathLength, .anchorConstraints, .nameConstraints,
            .nameConstraintForm, .nameConstraintBudget, .certificatePolicy, .policyBudget, .rawPublicKeyAccepted,
            .publicKeyPin,
            .pem,
            .backend:
            .certificatePath
        case .revoked, .revocationStatusUnknown, .stapledResponse, .stapledResponseRequired, .revocationList:
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
        case .unknownIssuer, .pathDepth, .certificateAuthority, .pathLength, .certificateSigning, .anchorConstraints:
            .unknownCA
        // "A certificate was revoked by its signer."
        case .revoked: .certificateRevoked
        // "Sent by clients when an invalid or unacceptable OCSP response is provided by the server": RFC 6066 §8.
        case .stapledResponse, .stapledResponseRequired: .badCertificateStatusResponse
        // "A certificate has expired or is not currently valid."
        case .expired, .notYetValid: .certificateExpired
        // "Some other (unspecified) issue arose in processing the certificate."
        // A path without the policy that is required is such an issue: nothing in it is corrupt or of a wrong type, and its
        // authorities are known. Nor is anything known to be wrong where a status is missing. An unknown key is not corrupt,
        // as bad_certificate would have it, and no authority is missing, as unknown_ca would.
        case .signatureBudget, .nameConstraintBudget, .policyBudget, .certificatePolicy, .revocationStatusUnknown,
            .rawPublicKeyAccepted:
            .certificateUnknown
        case .revocationList, .referenceIdentity, .publicKeyPin, .pem, .privateKey, .encryptedPrivateKey, .backend:
            .internalError
        }
    }

    /// What to change, where nothing more special is known.
    var advice: String {
        switch self {
        case .derEncoding, .structure, .signatureAlgorithmsEqual, .duplicateExtension, .version, .serialNumber,
            .signature:
            "have the certificate issued again, by software that follows RFC 5280"
        case .parsingLimit: "have a smaller certificate issued"
        case .unsupportedPublicKey: "have a certificate issued for a key of one of these kinds"
        case .keySize: "have a certificate issued for an RSA key of 2048 to 8192 bits, or for an elliptic curve key"
        case .criticalExtension: "have the certificate issued without this extension, or with it not critical"
        case .unknownIssuer:
            "have the peer send its intermediate certificates, or add its root certificate to the trust anchors"
        case .pathDepth, .signatureBudget: "have the peer send only the certificates of one short path"
        case .signatureAlgorithmPermitted: "have the certificate signed with an algorithm that is offered, or offer it"
        case .weakHash: "have the certificate signed with SHA-256 or better"
        case .expired: "renew the certificate; if it is current, check the clock of this machine"
        case .notYetValid: "wait until it is valid; if it is already, check the clock of this machine"
        case .certificateAuthority, .pathLength, .certificateSigning:
            "have the certificate issued by an authority that may issue it"
        case .leafIsAuthority:
            "have an end-entity certificate issued for the peer, or pin the key of this very certificate"
        case .leafKeyUsage: "have the certificate issued with digitalSignature in keyUsage"
        case .anchorConstraints: "have a certificate issued by an authority that is trusted for this"
        case .rawPublicKeyAccepted: "ask the peer, by another way, whether it is its key; if so, accept its pin"
        case .publicKeyPin: "give sha256/ and the base64 of the hash, or its 64 hexadecimal digits"
        case .extendedKeyUsage: "have the certificate issued for this purpose"
        case .nameConstraints: "have the certificate issued by an authority that may issue for its names"
        case .nameConstraintForm: "have the certificate issued without names of this form"
        case .nameConstraintBudget: "have the certificate issued with fewer names"
        case .policyBudget: "have the peer send only the certificates of one short path, with few policies"
        case .certificatePolicy:
            "have the certificate issued under a policy that is accepted, by authorities that may issue under it"
        case .revoked: "have a new certificate issued, for a new key"
        case .revocationStatusUnknown:
            "give a current CRL of the issuer, have the peer staple an OCSP response, or do not require a status"
        case .stapledResponse: "have the peer fetch a new OCSP response from the authority that issued its certificate"
        case .stapledResponseRequired:
            "have the peer staple OCSP responses, or have its certificate issued without the TLS feature extension"
        case .revocationList: "give a complete CRL as RFC 5280 describes it, in DER or PEM"
        case .subjectAlternativeName, .nameMatch:
            "use a name the certificate holds, or have it issued with this name in subjectAltName"
        case .referenceIdentity: "give a host name as a.example.org or an IP address as 192.0.2.1 or 2001:db8::1"
        case .pem: "give a PEM file that is whole"
        case .privateKey: "give a key in PKCS#8, PKCS#1 or SEC 1 PEM: RSA, P-256, P-384, P-521, Ed25519 or Ed448"
        case .encryptedPrivateKey: "decrypt the file first: openssl pkey -in FILE -out PLAIN_FILE"
        case .backend: "install a libgcrypt that works"
        }
    }
}
