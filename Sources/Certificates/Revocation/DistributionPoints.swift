// DistributionPoints.swift — where a certificate says its revocation lists are: only names to compare, never fetched.
// RFC 5280 §4.2.1.13.
// Next: IssuingDistributionPoint.swift.

import SwiftASN1

/// DistributionPointName.
enum DistributionPointName {
    case full([GeneralName])
    /// nameRelativeToCRLIssuer, as it came.
    case relative([UInt8])

    /// Reads the field [0] around the CHOICE.
    init(_ node: ASN1Node) throws(Fault) {
        var wrapper = try FieldReader(node, .context(0), "a distribution point's name")
        let choice = try wrapper.read("a distribution point's name")
        try wrapper.end()
        if choice.identifier == .context(1) {
            self = .relative(Array(choice.encodedBytes))
            return
        }
        var fields = try FieldReader(choice, .context(0), "fullName")
        var names: [GeneralName] = []
        while !fields.isAtEnd { names.append(try GeneralName(try fields.read("a general name"))) }
        guard !names.isEmpty else { throw Fault(.structure, expected: "a name in fullName", found: "none") }
        self = .full(names)
    }

    /// RFC 5280 §6.3.3(b)(2)(i): one of the names on either side is the same.
    func hasNameInCommon(with other: DistributionPointName) -> Bool {
        switch (self, other) {
        case (.full(let names), .full(let others)):
            names.contains { name in
                // Forms whose value is not kept are never the same.
                if case .other = name { false } else { others.contains(name) }
            }
        case (.relative(let name), .relative(let other)): name == other
        // The two spellings of one name are not compared: the list then does not cover the certificate.
        case (.full, .relative), (.relative, .full): false
        }
    }
}

/// One DistributionPoint.
struct DistributionPoint {
    let name: DistributionPointName?
    /// The lists there are for some reasons alone.
    let isForSomeReasons: Bool
    /// The lists there are another issuer's.
    let hasOtherIssuer: Bool

    /// Reads cRLDistributionPoints.
    static func parse(_ node: ASN1Node) throws(Fault) -> [DistributionPoint] {
        var points: [DistributionPoint] = []
        var list = try FieldReader(node, "cRLDistributionPoints")
        while !list.isAtEnd {
            var fields = try FieldReader(try list.read("a distribution point"), "a distribution point")
            let name = fields.readIf(.context(0))
            let reasons = fields.readIf(.context(1))
            let issuer = fields.readIf(.context(2))
            try fields.end()
            points.append(
                DistributionPoint(
                    name: try name.map { node throws(Fault) in try DistributionPointName(node) },
                    isForSomeReasons: reasons != nil, hasOtherIssuer: issuer != nil))
        }
        return points
    }
}
