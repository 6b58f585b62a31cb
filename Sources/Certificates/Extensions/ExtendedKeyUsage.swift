// ExtendedKeyUsage.swift — the purposes a certificate is issued for.
// RFC 5280 §4.2.1.12.
// Next: CertificatePolicies.swift.

import SwiftASN1

/// One purpose of the extendedKeyUsage extension. An open set.
public struct ExtendedKeyUsage: RawRepresentable, Sendable, Hashable {
    /// The object identifier in dotted decimals.
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let serverAuthentication = ExtendedKeyUsage(rawValue: "1.3.6.1.5.5.7.3.1")
    public static let clientAuthentication = ExtendedKeyUsage(rawValue: "1.3.6.1.5.5.7.3.2")
    /// anyExtendedKeyUsage: every purpose.
    public static let any = ExtendedKeyUsage(rawValue: "2.5.29.37.0")

    /// Reads the extension: at least one purpose.
    static func parse(_ node: ASN1Node) throws(Fault) -> [ExtendedKeyUsage] {
        var purposes: [ExtendedKeyUsage] = []
        var fields = try FieldReader(node, "extendedKeyUsage")
        while !fields.isAtEnd {
            let identifier = try fields.read("a purpose").objectIdentifier("a purpose")
            purposes.append(ExtendedKeyUsage(rawValue: identifier.description))
        }
        guard !purposes.isEmpty else {
            throw Fault(.structure, expected: "a purpose in extendedKeyUsage", found: "none")
        }
        return purposes
    }
}

extension ExtendedKeyUsage: CustomStringConvertible {
    /// RFC 5280's name of a known purpose, otherwise the object identifier.
    public var description: String {
        switch self {
        case .serverAuthentication: "serverAuth"
        case .clientAuthentication: "clientAuth"
        case .any: "anyExtendedKeyUsage"
        default: rawValue
        }
    }
}
