// IssuingDistributionPoint.swift — which certificates a revocation list is about.
// RFC 5280 §5.2.5, §6.3.3(b)(2).
// Next: RevocationListContents.swift.

import SwiftASN1

/// The issuingDistributionPoint extension.
struct IssuingDistributionPoint: Sendable {
    private(set) var name: ArraySlice<UInt8>?
    private(set) var onlyEndEntities = false
    private(set) var onlyAuthorities = false
    private(set) var onlySomeReasons = false

    /// A list without the extension: about every certificate of its issuer.
    init() {}

    init(_ node: ASN1Node) throws(Fault) {
        var fields = try FieldReader(node, "issuingDistributionPoint")
        // RFC 5280 §5.2.5: it must not be an empty sequence.
        guard !fields.isAtEnd else {
            throw Fault(.structure, expected: "a field in issuingDistributionPoint", found: "none")
        }
        if let name = fields.readIf(.context(0)) {
            _ = try DistributionPointName(name)
            self.name = name.encodedBytes
        }
        onlyEndEntities = try IssuingDistributionPoint.flag(&fields, 1)
        onlyAuthorities = try IssuingDistributionPoint.flag(&fields, 2)
        onlySomeReasons = fields.readIf(.context(3)) != nil
        let isIndirect = try IssuingDistributionPoint.flag(&fields, 4)
        let onlyAttributeCertificates = try IssuingDistributionPoint.flag(&fields, 5)
        try fields.end()
        guard !isIndirect else {
            throw Fault(.structure, expected: "a list of one issuer's certificates", found: "an indirect list")
        }
        guard !onlyAttributeCertificates else {
            throw Fault(
                .structure, expected: "a list of public key certificates", found: "one of attribute certificates")
        }
        guard !(onlyEndEntities && onlyAuthorities) else {
            throw Fault(
                .structure, expected: "a list of end-entity or of authority certificates", found: "one of neither")
        }
    }

    /// An implicitly tagged BOOLEAN DEFAULT FALSE.
    private static func flag(_ fields: inout FieldReader, _ tag: UInt) throws(Fault) -> Bool {
        guard let node = fields.readIf(.context(tag)) else { return false }
        // X.690 §11.1, §11.5: TRUE is 0xFF, and a default value is not written.
        guard try node.primitive(.context(tag), "a flag") == [0xff] else {
            throw Fault(.derEncoding, expected: "a flag as TRUE or absent", found: "something else")
        }
        return true
    }

    /// Whether the list says something of a certificate.
    enum Coverage: Equatable {
        /// Of every reason to revoke it.
        case all
        /// Of some reasons: the list can show that it is revoked, never that it is not.
        case someReasons
        /// Nothing, because.
        case none(String)
    }

    func coverage(of certificate: Certificate) -> Coverage {
        let isAuthority = certificate.basicConstraints?.isAuthority == true
        if onlyEndEntities, isAuthority { return .none("it is about end-entity certificates alone") }
        if onlyAuthorities, !isAuthority { return .none("it is about authorities' certificates alone") }
        guard let name else { return onlySomeReasons ? .someReasons : .all }
        guard let encoded = certificate.extensions.distributionPoints else {
            return .none("it is of a distribution point, and the certificate names none")
        }
        guard let own = try? DistributionPointName(try StrictDER.parse(name, "a name")),
            let points = try? DistributionPoint.parse(try StrictDER.parse(encoded, "cRLDistributionPoints"))
        else { return .none("the certificate's distribution points cannot be read") }
        // RFC 5280 §6.3.3(b)(1): where cRLIssuer stands, the lists are another issuer's, and so indirect.
        let matching = points.filter { point in
            !point.hasOtherIssuer && point.name.map { $0.hasNameInCommon(with: own) } == true
        }
        if matching.isEmpty { return .none("it is of another distribution point than the certificate's") }
        // RFC 5280 §6.3.3(d): the reasons are those that both name.
        return onlySomeReasons || matching.allSatisfy(\.isForSomeReasons) ? .someReasons : .all
    }
}
