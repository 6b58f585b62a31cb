// FieldReader.swift — reads the fields of a SEQUENCE in order, over swift-asn1's nodes.
// X.690; RFC 5280 App. A.
// Next: ObjectIdentifier.swift.

import SwiftASN1

/// Parses strict DER within ``DERLimits``.
enum StrictDER {
    /// The one value that fills `bytes`.
    static func parse(_ bytes: ArraySlice<UInt8>, _ name: String) throws(Fault) -> ASN1Node {
        try DERLimits.check(bytes.span)
        return try rethrowing(name) { () throws in try DER.parse(bytes) }
    }

    /// Runs code of swift-asn1 and turns what it throws into a fault on `name`.
    static func rethrowing<T>(_ name: String, _ body: () throws -> T) throws(Fault) -> T {
        do {
            return try body()
        } catch {
            let found = (error as? ASN1Error).map { "\($0.code)" } ?? "\(error)"
            throw Fault(.derEncoding, expected: "\(name) in DER", found: found)
        }
    }
}

/// The fields of one constructed value, first to last. `end` must be called: fields left over are an error.
struct FieldReader {
    private let name: String
    private var iterator: ASN1NodeCollection.Iterator
    private var next: ASN1Node?

    /// Opens a SEQUENCE.
    init(_ node: ASN1Node, _ name: String) throws(Fault) { try self.init(node, .sequence, name) }

    /// Opens a constructed value with this tag.
    init(_ node: ASN1Node, _ identifier: ASN1Identifier, _ name: String) throws(Fault) {
        guard node.identifier == identifier, case .constructed(let fields) = node.content else {
            throw Fault(.structure, expected: "\(name) as \(identifier)", found: "\(node.identifier)")
        }
        self.name = name
        iterator = fields.makeIterator()
        next = iterator.next()
    }

    var isAtEnd: Bool { next == nil }

    mutating func read(_ field: String) throws(Fault) -> ASN1Node {
        guard let node = next else { throw Fault(.structure, expected: field, found: "the end of \(name)") }
        next = iterator.next()
        return node
    }

    /// The next field when it has this identifier; otherwise nil, and the field stays.
    mutating func readIf(_ identifier: ASN1Identifier) -> ASN1Node? {
        guard let node = next, node.identifier == identifier else { return nil }
        next = iterator.next()
        return node
    }

    func end() throws(Fault) {
        if let node = next { throw Fault(.structure, expected: "the end of \(name)", found: "\(node.identifier)") }
    }
}

extension ASN1Identifier {
    /// A context-specific tag.
    static func context(_ number: UInt) -> ASN1Identifier {
        ASN1Identifier(tagWithNumber: number, tagClass: .contextSpecific)
    }
}

extension ASN1Node {
    /// The contents of a primitive value.
    func primitive(_ identifier: ASN1Identifier, _ name: String) throws(Fault) -> ArraySlice<UInt8> {
        guard self.identifier == identifier, case .primitive(let contents) = content else {
            throw Fault(.structure, expected: "\(name) as \(identifier)", found: "\(self.identifier)")
        }
        return contents
    }

    /// The contents of an INTEGER, sign octet included, in its fewest octets: X.690 §8.3.2. (swift-asn1 reads an INTEGER
    /// into octets only as a non-negative number without its sign octet.)
    func integer(_ name: String) throws(Fault) -> ArraySlice<UInt8> { try integer(.integer, name) }

    /// As `integer`, with an implicit tag.
    private func integer(_ identifier: ASN1Identifier, _ name: String) throws(Fault) -> ArraySlice<UInt8> {
        let contents = try primitive(identifier, name)
        guard let first = contents.first else {
            throw Fault(.derEncoding, expected: "\(name) in DER", found: "an INTEGER of no octets")
        }
        if let second = contents.dropFirst().first {
            guard !(first == 0 && second < 0x80), !(first == 0xff && second >= 0x80) else {
                throw Fault(.derEncoding, expected: "\(name) in DER", found: "an INTEGER of more octets than it needs")
            }
        }
        return contents
    }

    /// A non-negative INTEGER without its leading zero.
    func unsignedInteger(_ name: String) throws(Fault) -> ArraySlice<UInt8> { try unsignedInteger(.integer, name) }

    /// As `unsignedInteger`, with an implicit tag.
    func unsignedInteger(_ identifier: ASN1Identifier, _ name: String) throws(Fault) -> ArraySlice<UInt8> {
        let contents = try integer(identifier, name)
        guard let first = contents.first, first < 0x80 else {
            throw Fault(.structure, expected: "\(name) not negative", found: "a negative number")
        }
        return first == 0 && contents.count > 1 ? contents.dropFirst() : contents
    }

    /// A BIT STRING of whole octets.
    func octetAlignedBitString(_ name: String) throws(Fault) -> ArraySlice<UInt8> {
        let bits = try StrictDER.rethrowing(name) { () throws in try ASN1BitString(derEncoded: self) }
        guard bits.paddingBits == 0 else {
            throw Fault(.structure, expected: "\(name) in whole octets", found: "\(bits.paddingBits) unused bits")
        }
        return bits.bytes
    }

    func boolean(_ name: String) throws(Fault) -> Bool {
        try StrictDER.rethrowing(name) { () throws in try Bool(derEncoded: self) }
    }

    func objectIdentifier(_ name: String) throws(Fault) -> ObjectIdentifier {
        try ObjectIdentifier(contents: try primitive(.objectIdentifier, name), name)
    }

    /// An IA5String, implicitly tagged or not: 7-bit characters, NUL among them.
    func ia5String(_ identifier: ASN1Identifier, _ name: String) throws(Fault) -> String {
        let contents = try primitive(identifier, name)
        guard contents.allSatisfy({ $0 < 0x80 }) else {
            throw Fault(.structure, expected: "\(name) in 7-bit characters", found: "a character beyond ASCII")
        }
        return String(decoding: contents, as: UTF8.self)
    }
}
