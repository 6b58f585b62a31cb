// RevocationListContents.swift — the fields of a certificate revocation list, out of strict DER.
// RFC 5280 §5.1, §5.2.
// Next: RevokedEntries.swift.

import CryptoGlue
import SwiftASN1
import WireFormat

/// The parsed fields. CertificateRevocationList keeps one in shared storage.
///
/// What this library can make no use of is refused here rather than passed over later: whoever gives a list expects that it
/// counts. That are delta lists, indirect lists, lists without nextUpdate and lists with an unknown critical extension.
struct RevocationListContents: Sendable {
    let issuer: DistinguishedName
    let thisUpdate: UnixTime
    let nextUpdate: UnixTime
    let entries: RevokedEntries
    let number: [UInt8]?
    let authorityKeyIdentifier: [UInt8]?
    let scope: IssuingDistributionPoint
    let signatureAlgorithm: CertificateSignatureAlgorithm
    let signedRange: Range<Int>
    let signatureRange: Range<Int>

    /// The longest list that is read, in bytes: 16 MiB, what DERHeader's lengths can say. Lists of public authorities have
    /// some hundred KiB, a few have 10 MB.
    static let maximumLength = 1 << 24

    init(_ der: [UInt8]) throws(Fault) {
        guard der.count <= RevocationListContents.maximumLength else {
            throw Fault(
                .parsingLimit, expected: "a list of at most \(RevocationListContents.maximumLength) bytes",
                found: "\(der.count) bytes")
        }
        let bytes = der.span
        var file = DERCursor(der.indices)
        var list = DERCursor(try file.read(DERTag.sequence, bytes, "a revocation list"))
        try file.expectEnd("the revocation list")
        let start = list.offset
        let signed = try list.read(DERTag.sequence, bytes, "tbsCertList")
        signedRange = start..<list.offset
        let outer = try RevocationListContents.algorithm(&list, der, "signatureAlgorithm")
        let bits = try list.read(DERTag.bitString, bytes, "signatureValue")
        // The first octet counts the unused bits of the last.
        guard let unused = bits.first, bytes[unused] == 0 else {
            throw Fault(.structure, expected: "signatureValue in whole octets", found: "unused bits")
        }
        signatureRange = bits.dropFirst()
        try list.expectEnd("the revocation list")

        var fields = DERCursor(signed)
        let version = try fields.readIf(DERTag.integer, bytes)
        // RFC 5280 §5.1.2.1: version 2 is written as 1, version 1 not at all.
        if let version, version.count != 1 || bytes[version.lowerBound] != 1 {
            throw Fault(.structure, expected: "version 2, or none for 1", found: "another version")
        }
        let inner = try RevocationListContents.algorithm(&fields, der, "signature")
        // RFC 5280 §5.1.1.2: otherwise the outer one, which is not signed, could be exchanged.
        guard inner.encoded == outer.encoded else {
            throw Fault(
                .signatureAlgorithmsEqual, expected: "\(inner.identifier) in both", found: "\(outer.identifier) outside"
            )
        }
        signatureAlgorithm = try CertificateSignatureAlgorithm(inner)
        let issuerStart = fields.offset
        _ = try fields.read(DERTag.sequence, bytes, "issuer")
        issuer = try DistinguishedName(try StrictDER.parse(der[issuerStart..<fields.offset], "issuer"), "issuer")
        guard !issuer.isEmpty else { throw Fault(.structure, expected: "a non-empty issuer", found: "an empty one") }
        thisUpdate = try DERTime.read(&fields, bytes, "thisUpdate")
        // RFC 5280 §5.1.2.5: it must be there; without it nothing says until when the list counts.
        guard let next = try DERTime.readIf(&fields, bytes, "nextUpdate") else {
            throw Fault(.structure, expected: "nextUpdate", found: "none")
        }
        nextUpdate = next
        // RFC 5280 §5.1.2.6: without entries the field is absent; an empty one says no less.
        if let revoked = try fields.readIf(DERTag.sequence, bytes) {
            entries = try RevokedEntries(bytes, revoked, permitsExtensions: version != nil)
        } else {
            entries = RevokedEntries()
        }
        var extensions = Extensions()
        if version != nil, let wrapper = try fields.readIf(DERTag.context0, bytes) {
            var inner = DERCursor(wrapper)
            _ = try inner.read(DERTag.sequence, bytes, "crlExtensions")
            try inner.expectEnd("crlExtensions")
            try extensions.read(try StrictDER.parse(der[wrapper], "crlExtensions"))
        }
        try fields.expectEnd("tbsCertList")
        number = extensions.number
        authorityKeyIdentifier = extensions.authorityKeyIdentifier
        scope = extensions.scope
    }

    private static func algorithm(
        _ cursor: inout DERCursor, _ der: [UInt8], _ name: StaticString
    ) throws(Fault) -> AlgorithmIdentifier {
        let start = cursor.offset
        _ = try cursor.read(DERTag.sequence, der.span, name)
        return try AlgorithmIdentifier(try StrictDER.parse(der[start..<cursor.offset], "\(name)"), "\(name)")
    }

    /// RFC 5280 §5.2.
    private struct Extensions {
        var number: [UInt8]?
        var authorityKeyIdentifier: [UInt8]?
        var scope = IssuingDistributionPoint()

        mutating func read(_ node: ASN1Node) throws(Fault) {
            for item in try ExtensionList(node).items {
                // RFC 5280 §5.2.1, §5.2.3: never critical.
                if item.isCritical, [.cRLNumber, .authorityKeyIdentifier].contains(item.identifier) {
                    throw Fault(
                        .structure, expected: "cRLNumber and authorityKeyIdentifier not critical",
                        found: "one of them critical")
                }
                switch item.identifier {
                case .cRLNumber:
                    let value = try StrictDER.parse(item.value, "cRLNumber").unsignedInteger("cRLNumber")
                    // RFC 5280 §5.2.3: at most 20 octets.
                    guard value.count <= 20 else {
                        throw Fault(.structure, expected: "a cRLNumber of 20 bytes", found: "\(value.count) bytes")
                    }
                    number = Array(value)
                case .authorityKeyIdentifier:
                    var fields = try FieldReader(
                        try StrictDER.parse(item.value, "authorityKeyIdentifier"), "authorityKeyIdentifier")
                    if let identifier = fields.readIf(.context(0)) {
                        authorityKeyIdentifier = Array(try identifier.primitive(.context(0), "keyIdentifier"))
                    }
                case .issuingDistributionPoint:
                    scope = try IssuingDistributionPoint(try StrictDER.parse(item.value, "issuingDistributionPoint"))
                case .deltaCRLIndicator:
                    throw Fault(.structure, expected: "a complete list", found: "a delta list")
                default:
                    if item.isCritical { throw ExtensionList.unknownCritical(item) }
                }
            }
        }
    }
}
