// GeneralName.swift — one name in subjectAltName or nameConstraints.
// RFC 5280 §4.2.1.6.
// Next: SubjectPublicKeyInfo.swift.

import SwiftASN1

/// A GeneralName.
public enum GeneralName: Sendable, Hashable {
    /// dNSName, as it stands in the certificate: it may hold a wildcard, or be no host name at all.
    case dns(String)
    /// iPAddress: in subjectAltName 4 or 16 bytes, in network order.
    case ip([UInt8])
    /// directoryName.
    case directory(DistinguishedName)
    /// rfc822Name.
    case email(String)
    /// uniformResourceIdentifier.
    case uri(String)
    /// registeredID, in dotted decimals.
    case registeredID(String)
    /// otherName, x400Address or ediPartyName: the context tag, 0, 3 or 5.
    case other(tag: UInt8)
}

extension GeneralName: CustomStringConvertible {
    /// The form and the name, as `DNS:example.org`; what does not print is escaped.
    public var description: String {
        switch self {
        case .dns(let name): "DNS:\(Printable.escaped(name))"
        case .ip(let bytes): "IP:\(IPAddressName(bytes: bytes)?.description ?? Printable.hexadecimal(bytes))"
        case .directory(let name): "DirName:\(name)"
        case .email(let address): "email:\(Printable.escaped(address))"
        case .uri(let uri): "URI:\(Printable.escaped(uri))"
        case .registeredID(let identifier): "RID:\(identifier)"
        case .other(let tag): "name of form [\(tag)]"
        }
    }
}

extension GeneralName {
    /// Reads one GeneralName. The length of an iPAddress is for the caller to check: constraints have a mask as well.
    init(_ node: ASN1Node) throws(Fault) {
        guard node.identifier.tagClass == .contextSpecific else {
            throw Fault(.structure, expected: "a general name", found: "\(node.identifier)")
        }
        switch node.identifier.tagNumber {
        case 0, 3, 5:
            self = .other(tag: UInt8(node.identifier.tagNumber))
        case 1:
            self = .email(try node.ia5String(.context(1), "an rfc822Name"))
        case 2:
            self = .dns(try node.ia5String(.context(2), "a dNSName"))
        case 4:
            // Name is a CHOICE, so its tag is explicit.
            var fields = try FieldReader(node, .context(4), "a directoryName")
            self = .directory(try DistinguishedName(try fields.read("a name"), "a directoryName"))
            try fields.end()
        case 6:
            self = .uri(try node.ia5String(.context(6), "a uniformResourceIdentifier"))
        case 7:
            self = .ip(Array(try node.primitive(.context(7), "an iPAddress")))
        case 8:
            let contents = try node.primitive(.context(8), "a registeredID")
            self = .registeredID(try ObjectIdentifier(contents: contents, "a registeredID").description)
        default:
            throw Fault(.structure, expected: "a general name", found: "\(node.identifier)")
        }
    }

    /// Reads the names of a subjectAltName: RFC 5280 §4.2.1.6, at least one, addresses of 4 or 16 bytes.
    static func subjectAlternativeName(_ node: ASN1Node) throws(Fault) -> [GeneralName] {
        var names: [GeneralName] = []
        var fields = try FieldReader(node, "subjectAltName")
        while !fields.isAtEnd {
            let name = try GeneralName(try fields.read("a general name"))
            if case .ip(let bytes) = name, bytes.count != 4, bytes.count != 16 {
                throw Fault(.structure, expected: "an iPAddress of 4 or 16 bytes", found: "\(bytes.count) bytes")
            }
            names.append(name)
        }
        guard !names.isEmpty else { throw Fault(.structure, expected: "a name in subjectAltName", found: "none") }
        return names
    }
}
