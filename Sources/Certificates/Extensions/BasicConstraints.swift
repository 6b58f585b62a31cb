// BasicConstraints.swift — whether a certificate may issue others.
// RFC 5280 §4.2.1.9.
// Next: KeyUsage.swift.

import SwiftASN1

/// The basicConstraints extension.
public struct BasicConstraints: Sendable, Hashable {
    /// Whether the certified key may sign certificates.
    public let isAuthority: Bool
    /// How many intermediate certificates that are not self-issued may follow; nil for any number.
    public let pathLength: Int?

    init(_ node: ASN1Node) throws(Fault) {
        var fields = try FieldReader(node, "basicConstraints")
        let flag = try fields.readIf(.boolean)?.boolean("cA")
        // X.690 §11.5: DER does not encode a default value.
        guard flag != false else {
            throw Fault(.derEncoding, expected: "no default value", found: "cA FALSE written out")
        }
        isAuthority = flag == true
        if let length = fields.readIf(.integer) {
            // RFC 5280 §4.2.1.9: only where cA is true.
            guard isAuthority else {
                throw Fault(.structure, expected: "pathLenConstraint in authorities only", found: "it without cA")
            }
            let contents = try length.unsignedInteger("pathLenConstraint")
            // No path is longer than PathPolicy.greatestDepth: beyond 16 bits every number means the same.
            pathLength = contents.count > 2 ? Int(UInt16.max) : contents.reduce(0) { $0 << 8 | Int($1) }
        } else {
            pathLength = nil
        }
        try fields.end()
    }
}
