// DistinguishedName.swift — the names of subjects and issuers.
// RFC 5280 §4.1.2.4, §7.1; RFC 4514 for the text.
// Next: GeneralName.swift.

import SwiftASN1

/// An X.501 name: a sequence of relative distinguished names.
///
/// Equality is that of RFC 5280 §7.1 as far as ASCII goes: letter case, runs of spaces and the kind of string do not
/// count. Letters beyond ASCII are compared byte for byte.
public struct DistinguishedName: Sendable {
    /// The name as the certificate encodes it.
    public let derEncoded: [UInt8]
    /// The RDNs in comparable form, most significant first, each with its length in front: so a name that begins with all
    /// RDNs of another begins with its bytes.
    private let normalized: [UInt8]

    /// Whether the name has no parts at all.
    public var isEmpty: Bool { normalized.isEmpty }

    init(_ node: ASN1Node, _ field: String) throws(Fault) {
        var normalized: [UInt8] = []
        var sequence = try FieldReader(node, field)
        while !sequence.isAtEnd {
            let set = try sequence.read(field)
            var parts = try FieldReader(set, .set, "a relative distinguished name")
            guard !parts.isAtEnd else {
                throw Fault(.structure, expected: "\(field) of non-empty parts", found: "an empty part")
            }
            // X.690 §11.6: DER sorts a SET OF. Old names are not always sorted, so they are sorted here to compare.
            var attributes: [[UInt8]] = []
            while !parts.isAtEnd {
                attributes.append(try NameAttribute(try parts.read("an attribute")).normalized)
            }
            if attributes.count > 1 { attributes.sort { $0.lexicographicallyPrecedes($1) } }
            normalized.appendLength(attributes.reduce(0) { $0 + $1.count })
            for attribute in attributes { normalized += attribute }
        }
        self.normalized = normalized
        derEncoded = Array(node.encodedBytes)
    }

    /// Whether this name lies in the subtree that `base` names: RFC 5280 §4.2.1.10, §7.1.
    func isWithin(_ base: DistinguishedName) -> Bool {
        normalized.starts(with: base.normalized)
    }
}

extension DistinguishedName: Hashable {
    public static func == (left: DistinguishedName, right: DistinguishedName) -> Bool {
        left.normalized == right.normalized
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(normalized) }
}

extension DistinguishedName: CustomStringConvertible {
    /// The name as RFC 4514 writes it, most specific part first; `(empty)` when it has no parts. What does not print is
    /// escaped, and long values are cut, so the text is for reading, not for parsing.
    public var description: String {
        guard !isEmpty else { return "(empty)" }
        guard let node = try? StrictDER.parse(derEncoded[...], "a name"), case .constructed(let sets) = node.content
        else { return "(unreadable)" }
        return sets.map { set in
            guard case .constructed(let attributes) = set.content else { return "" }
            return attributes.compactMap { try? NameAttribute($0).description }.joined(separator: "+")
        }
        .reversed().joined(separator: ",")
    }

    /// The value of the last common name, for advice only: no peer is ever identified by it.
    var commonName: String? { values(of: "CN").last }

    /// The values of emailAddress attributes, for name constraints.
    var emailAddresses: [String] { values(of: "emailAddress") }

    private func values(of keyword: String) -> [String] {
        guard let node = try? StrictDER.parse(derEncoded[...], "a name"), case .constructed(let sets) = node.content
        else { return [] }
        var found: [String] = []
        for set in sets {
            guard case .constructed(let attributes) = set.content else { continue }
            for attribute in attributes {
                guard let attribute = try? NameAttribute(attribute), attribute.keyword == keyword else { continue }
                // A value that is no text matches no name: it stands for one that nothing permits.
                found.append(attribute.text ?? "")
            }
        }
        return found
    }
}

/// AttributeTypeAndValue.
private struct NameAttribute {
    let type: ObjectIdentifier
    let value: ASN1Node

    init(_ node: ASN1Node) throws(Fault) {
        var fields = try FieldReader(node, "an attribute")
        type = try fields.read("an attribute type").objectIdentifier("an attribute type")
        value = try fields.read("an attribute value")
        try fields.end()
    }

    /// The value's characters when it is a string of a known kind, otherwise nil.
    var text: String? {
        guard case .primitive(let contents) = value.content else { return nil }
        switch value.identifier {
        case .utf8String, .printableString, .ia5String, .visibleString, .numericString:
            return String(decoding: contents, as: UTF8.self)
        case .teletexString:
            // In practice ISO 8859-1, whose code points are Unicode's.
            var text = ""
            for byte in contents { text.unicodeScalars.append(Unicode.Scalar(byte)) }
            return text
        case .bmpString:
            guard contents.count % 2 == 0 else { return nil }
            let units = stride(from: contents.startIndex, to: contents.endIndex, by: 2).map {
                UInt16(contents[$0]) << 8 | UInt16(contents[$0 + 1])
            }
            return String(decoding: units, as: UTF16.self)
        default: return nil
        }
    }

    /// RFC 5280 §7.1: strings lose case, outer spaces and all but one of inner spaces; other values stay as they are.
    var normalized: [UInt8] {
        var result: [UInt8] = []
        result.appendLength(type.contents.count)
        result += type.contents
        guard let text else {
            result.append(0)
            result.appendLength(value.encodedBytes.count)
            return result + value.encodedBytes
        }
        var folded: [UInt8] = []
        var pendingSpace = false
        for byte in text.utf8 {
            if byte == 0x20 {
                pendingSpace = !folded.isEmpty
            } else {
                if pendingSpace { folded.append(0x20) }
                pendingSpace = false
                folded.append((0x41...0x5a).contains(byte) ? byte + 0x20 : byte)
            }
        }
        result.append(1)
        result.appendLength(folded.count)
        return result + folded
    }

    var keyword: String {
        // RFC 4514 §3, and a few more that people know by name.
        switch type.contents {
        case [0x55, 0x04, 0x03]: "CN"
        case [0x55, 0x04, 0x05]: "serialNumber"
        case [0x55, 0x04, 0x06]: "C"
        case [0x55, 0x04, 0x07]: "L"
        case [0x55, 0x04, 0x08]: "ST"
        case [0x55, 0x04, 0x09]: "STREET"
        case [0x55, 0x04, 0x0a]: "O"
        case [0x55, 0x04, 0x0b]: "OU"
        case [0x55, 0x04, 0x61]: "organizationIdentifier"
        case [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x01]: "UID"
        case [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19]: "DC"
        case [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01]: "emailAddress"
        default: type.description
        }
    }

    var description: String {
        guard let text else { return "\(keyword)=#\(Printable.hexadecimal(value.encodedBytes.prefix(64)))" }
        // RFC 4514 §2.4.
        var escaped = ""
        for (offset, character) in Printable.escaped(text).unicodeScalars.enumerated() {
            let isSpecial = "\"+,;<>".unicodeScalars.contains(character)
            if isSpecial || (offset == 0 && (character == " " || character == "#")) { escaped += "\\" }
            escaped.unicodeScalars.append(character)
        }
        return "\(keyword)=\(escaped)"
    }
}

extension [UInt8] {
    fileprivate mutating func appendLength(_ length: Int) {
        append(UInt8(truncatingIfNeeded: length >> 16))
        append(UInt8(truncatingIfNeeded: length >> 8))
        append(UInt8(truncatingIfNeeded: length))
    }
}
