// ExtensionList.swift — the extensions of revocation lists and OCSP responses.
// RFC 5280 §4.2, §5.2; RFC 6960 §4.4.
// Next: IssuingDistributionPoint.swift.

import SwiftASN1

/// Extensions in their order, each at most once; nothing is made of their values yet.
struct ExtensionList {
    struct Item {
        let identifier: ObjectIdentifier
        let isCritical: Bool
        let value: ArraySlice<UInt8>
    }

    private(set) var items: [Item] = []

    /// Reads a SEQUENCE OF Extension.
    init(_ node: ASN1Node) throws(Fault) {
        var list = try FieldReader(node, "extensions")
        guard !list.isAtEnd else { throw Fault(.structure, expected: "at least one extension", found: "none") }
        var seen: Set<ObjectIdentifier> = []
        while !list.isAtEnd {
            var fields = try FieldReader(try list.read("an extension"), "an extension")
            let identifier = try fields.read("extnID").objectIdentifier("extnID")
            let flag = try fields.readIf(.boolean)?.boolean("critical")
            // X.690 §11.5: DER does not encode a default value.
            guard flag != false else {
                throw Fault(.derEncoding, expected: "no default value", found: "critical FALSE written out")
            }
            let value = try fields.read("extnValue").primitive(.octetString, "extnValue")
            try fields.end()
            guard seen.insert(identifier).inserted else {
                throw Fault(.duplicateExtension, expected: "one extension \(identifier)", found: "two")
            }
            items.append(Item(identifier: identifier, isCritical: flag == true, value: value))
        }
    }

    static func unknownCritical(_ item: Item) -> Fault {
        Fault(
            .criticalExtension, expected: "critical extensions that are understood",
            found: item.identifier.description)
    }
}
