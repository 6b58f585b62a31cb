// CertificatePolicies.swift — what is made of a critical certificatePolicies extension.
// RFC 5280 §4.2.1.4, §6.1.
// Next: NameConstraints.swift.

import SwiftASN1

/// Certificate policies, as far as a TLS peer's path needs them.
///
/// Validation here starts with the user-initial-policy-set {anyPolicy} and without initial-explicit-policy. Then
/// RFC 5280 §6.1 can only fail for a policy when a policyConstraints asks for an explicit one, or for a malformed
/// policyMappings. So certificatePolicies and inhibitAnyPolicy pass when critical; critical policyConstraints and
/// policyMappings are refused as extensions that are not enforced.
enum CertificatePolicies {
    /// Whether a critical extension may pass: RFC 5280 §4.2.1.4 wants every qualifier in it understood.
    static func areUnderstood(_ node: ASN1Node) throws(Fault) -> Bool {
        var areUnderstood = true
        var policies = try FieldReader(node, "certificatePolicies")
        while !policies.isAtEnd {
            var policy = try FieldReader(try policies.read("a policy"), "a policy")
            _ = try policy.read("a policy identifier").objectIdentifier("a policy identifier")
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
        return areUnderstood
    }
}
