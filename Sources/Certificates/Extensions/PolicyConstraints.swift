// PolicyConstraints.swift — what an authority demands of the policies below it.
// RFC 5280 §4.2.1.11, §4.2.1.14.
// Next: NameConstraints.swift.

import SwiftASN1

/// The policyConstraints extension. The numbers are of certificates that may still follow before the demand holds.
struct PolicyConstraints: Sendable {
    let requireExplicitPolicy: Int?
    let inhibitPolicyMapping: Int?

    init(_ node: ASN1Node) throws(Fault) {
        var fields = try FieldReader(node, "policyConstraints")
        requireExplicitPolicy = try fields.readIf(.context(0)).map { node throws(Fault) in
            try node.skipCertificates(.context(0), "requireExplicitPolicy")
        }
        inhibitPolicyMapping = try fields.readIf(.context(1)).map { node throws(Fault) in
            try node.skipCertificates(.context(1), "inhibitPolicyMapping")
        }
        try fields.end()
        // RFC 5280 §4.2.1.11: an empty sequence must not be issued.
        guard requireExplicitPolicy != nil || inhibitPolicyMapping != nil else {
            throw Fault(.structure, expected: "a constraint in policyConstraints", found: "none")
        }
    }
}

extension ASN1Node {
    /// SkipCerts, an INTEGER of 0 or more, as inhibitAnyPolicy and both fields of policyConstraints have it.
    func skipCertificates(_ identifier: ASN1Identifier, _ name: String) throws(Fault) -> Int {
        let contents = try unsignedInteger(identifier, name)
        // No path is longer than PathPolicy.greatestDepth: beyond 16 bits every number means the same.
        return contents.count > 2 ? Int(UInt16.max) : contents.reduce(0) { $0 << 8 | Int($1) }
    }
}
