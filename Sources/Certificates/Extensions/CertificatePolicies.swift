// CertificatePolicies.swift — under which policies a certificate was issued.
// RFC 5280 §4.2.1.4.
// Next: PolicyMappings.swift.

import SwiftASN1

/// A certificate policy: what an authority promises about how it issued a certificate. An open set.
public struct CertificatePolicy: RawRepresentable, Sendable, Hashable {
    /// The object identifier in dotted decimals without leading zeros, as `2.16.840.1.101.3.2.1.48.1`. An arc of 63 bits
    /// or more is written in hexadecimal, as errors and logs write it.
    public let rawValue: String
    /// Takes dotted decimals. Text that is no object identifier is a policy that no certificate has.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// anyPolicy: every policy.
    public static let any = CertificatePolicy(rawValue: "2.5.29.32.0")
}

extension CertificatePolicy: CustomStringConvertible {
    /// `anyPolicy`, otherwise the object identifier.
    public var description: String { self == .any ? "anyPolicy" : Printable.escaped(rawValue) }
}

/// The certificatePolicies extension.
struct CertificatePolicies: Sendable {
    /// As many as one certificate may name, and as many mappings as it may make. Bridge authorities, which have most of all,
    /// stay below 50.
    static let mostPolicies = 256

    /// The policies, anyPolicy among them where the certificate holds it, each once.
    let policies: [ObjectIdentifier]
    /// Whether every qualifier is one that is understood: RFC 5280 §4.2.1.4 wants it of a critical extension. A qualifier
    /// is text for people and changes nothing for a path.
    let areUnderstood: Bool

    init(_ node: ASN1Node) throws(Fault) {
        var policies: [ObjectIdentifier] = []
        var seen: Set<ObjectIdentifier> = []
        var areUnderstood = true
        var list = try FieldReader(node, "certificatePolicies")
        while !list.isAtEnd {
            var policy = try FieldReader(try list.read("a policy"), "a policy")
            let identifier = try policy.read("a policy identifier").objectIdentifier("a policy identifier")
            // RFC 5280 §4.2.1.4: a policy OID must not appear more than once.
            guard seen.insert(identifier).inserted else {
                throw Fault(.structure, expected: "the policy \(identifier) once", found: "it twice")
            }
            policies.append(identifier)
            guard policies.count <= CertificatePolicies.mostPolicies else {
                throw Fault(
                    .parsingLimit, expected: "at most \(CertificatePolicies.mostPolicies) policies", found: "more")
            }
            if !policy.isAtEnd {
                var qualifiers = try FieldReader(try policy.read("qualifiers"), "policy qualifiers")
                while !qualifiers.isAtEnd {
                    var qualifier = try FieldReader(try qualifiers.read("a qualifier"), "a policy qualifier")
                    let identifier = try qualifier.read("a qualifier").objectIdentifier("a qualifier")
                    if identifier != .practiceStatementQualifier, identifier != .userNoticeQualifier {
                        areUnderstood = false
                    }
                }
            }
            try policy.end()
        }
        guard !policies.isEmpty else {
            throw Fault(.structure, expected: "a policy in certificatePolicies", found: "none")
        }
        self.policies = policies
        self.areUnderstood = areUnderstood
    }
}
