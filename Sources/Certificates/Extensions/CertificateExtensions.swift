// CertificateExtensions.swift — the extensions of one certificate.
// RFC 5280 §4.2.
// Next: BasicConstraints.swift.

import SwiftASN1

/// The extensions that are read, each at most once.
struct CertificateExtensions: Sendable {
    private(set) var subjectAlternativeName: [GeneralName] = []
    private(set) var hasSubjectAlternativeName = false
    private(set) var isSubjectAlternativeNameCritical = false
    private(set) var basicConstraints: BasicConstraints?
    private(set) var keyUsage: KeyUsage?
    private(set) var extendedKeyUsage: [ExtendedKeyUsage]?
    private(set) var nameConstraints: NameConstraints?
    /// The policies the certificate names; nil when the extension is absent.
    private(set) var certificatePolicies: [ObjectIdentifier]?
    private(set) var policyMappings: PolicyMappings?
    private(set) var policyConstraints: PolicyConstraints?
    /// The number of certificates that may still follow before anyPolicy counts no more.
    private(set) var inhibitAnyPolicy: Int?
    private(set) var subjectKeyIdentifier: [UInt8]?
    private(set) var authorityKeyIdentifier: [UInt8]?
    /// RFC 7633 §4: the certificate is to be shown with a stapled OCSP response.
    private(set) var requiresStapledStatus = false
    /// RFC 6960 §4.2.2.2.1: an OCSP responder whose own status is not looked up.
    private(set) var hasNoRevocationCheck = false
    /// cRLDistributionPoints as it came: only RevocationCheck reads it, so a malformed one refuses no certificate.
    private(set) var distributionPoints: ArraySlice<UInt8>?
    /// Critical extensions that are not enforced: a certificate with one is refused in a path.
    private(set) var unhandledCritical: [ObjectIdentifier] = []

    /// No extensions.
    init() {}

    /// Reads the field [3] of a tbsCertificate.
    init(_ node: ASN1Node) throws(Fault) {
        var wrapper = try FieldReader(node, .context(3), "extensions")
        var list = try FieldReader(try wrapper.read("extensions"), "extensions")
        try wrapper.end()
        guard !list.isAtEnd else { throw Fault(.structure, expected: "at least one extension", found: "none") }
        var seen: Set<ObjectIdentifier> = []
        while !list.isAtEnd {
            var fields = try FieldReader(try list.read("an extension"), "an extension")
            let identifier = try fields.read("extnID").objectIdentifier("extnID")
            var isCritical = false
            if let flag = fields.readIf(.boolean) {
                isCritical = try flag.boolean("critical")
                // X.690 §11.5: DER does not encode a default value.
                guard isCritical else {
                    throw Fault(.derEncoding, expected: "no default value", found: "critical FALSE written out")
                }
            }
            let value = try fields.read("extnValue").primitive(.octetString, "extnValue")
            try fields.end()
            // RFC 5280 §4.2: not more than one instance of a particular extension.
            guard seen.insert(identifier).inserted else {
                throw Fault(.duplicateExtension, expected: "one extension \(identifier)", found: "two")
            }
            try read(identifier, isCritical, value)
        }
    }

    private mutating func read(
        _ identifier: ObjectIdentifier, _ isCritical: Bool, _ value: ArraySlice<UInt8>
    ) throws(Fault) {
        switch identifier {
        case .subjectAlternativeName:
            let node = try StrictDER.parse(value, "subjectAltName")
            subjectAlternativeName = try GeneralName.subjectAlternativeName(node)
            hasSubjectAlternativeName = true
            isSubjectAlternativeNameCritical = isCritical
        case .basicConstraints:
            basicConstraints = try BasicConstraints(try StrictDER.parse(value, "basicConstraints"))
        case .keyUsage:
            keyUsage = try KeyUsage(try StrictDER.parse(value, "keyUsage"))
        case .extendedKeyUsage:
            extendedKeyUsage = try ExtendedKeyUsage.parse(try StrictDER.parse(value, "extendedKeyUsage"))
        case .nameConstraints:
            nameConstraints = try NameConstraints(try StrictDER.parse(value, "nameConstraints"), isCritical: isCritical)
        case .certificatePolicies:
            let extensionValue = try CertificatePolicies(try StrictDER.parse(value, "certificatePolicies"))
            certificatePolicies = extensionValue.policies
            if isCritical, !extensionValue.areUnderstood { unhandledCritical.append(identifier) }
        case .policyMappings:
            policyMappings = try PolicyMappings(try StrictDER.parse(value, "policyMappings"))
        case .policyConstraints:
            policyConstraints = try PolicyConstraints(try StrictDER.parse(value, "policyConstraints"))
        case .inhibitAnyPolicy:
            let node = try StrictDER.parse(value, "inhibitAnyPolicy")
            inhibitAnyPolicy = try node.skipCertificates(.integer, "inhibitAnyPolicy")
        case .subjectKeyIdentifier:
            // RFC 5280 §4.2.1.2 and §4.2.1.1: both key identifiers are never critical; they are hints, not enforced.
            let node = try StrictDER.parse(value, "subjectKeyIdentifier")
            subjectKeyIdentifier = Array(try node.primitive(.octetString, "subjectKeyIdentifier"))
            if isCritical { unhandledCritical.append(identifier) }
        case .authorityKeyIdentifier:
            let node = try StrictDER.parse(value, "authorityKeyIdentifier")
            var fields = try FieldReader(node, "authorityKeyIdentifier")
            if let keyIdentifier = fields.readIf(.context(0)) {
                authorityKeyIdentifier = Array(try keyIdentifier.primitive(.context(0), "keyIdentifier"))
            }
            if isCritical { unhandledCritical.append(identifier) }
        case .tlsFeature:
            let features = try TLSFeatures(try StrictDER.parse(value, "the TLS feature extension"))
            requiresStapledStatus = features.requiresStapledStatus
            if isCritical, features.hasUnknown { unhandledCritical.append(identifier) }
        case .noRevocationCheck:
            // Its value is NULL and says nothing.
            hasNoRevocationCheck = true
        case .distributionPoints:
            distributionPoints = value
            if isCritical { unhandledCritical.append(identifier) }
        default:
            if isCritical { unhandledCritical.append(identifier) }
        }
    }
}

extension ObjectIdentifier {
    /// RFC 5280's name of an extension, otherwise the dotted decimals.
    var extensionName: String {
        switch self {
        case .certificatePolicies: "certificatePolicies with a qualifier that is not understood"
        case .subjectKeyIdentifier: "subjectKeyIdentifier"
        case .authorityKeyIdentifier: "authorityKeyIdentifier"
        default: description
        }
    }
}
