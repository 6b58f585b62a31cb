// DERCursor.swift — walks DER values in place, for revocation lists that are too long for a tree of nodes.
// X.690 §8.1, §10.1.
// Next: DERTime.swift.

import WireFormat

/// Where in a buffer the next value is, and where the values end. Nothing is allocated and nothing recurses: one step for
/// each value, however many there are.
struct DERCursor {
    private(set) var offset: Int
    private let end: Int

    /// The values in `range`.
    init(_ range: Range<Int>) {
        offset = range.lowerBound
        end = range.upperBound
    }

    var isAtEnd: Bool { offset >= end }

    /// Whether the next value has this identifier octet.
    func isNext(_ tag: UInt8, _ bytes: Span<UInt8>) -> Bool { offset < end && bytes[offset] == tag }

    /// Steps over the next value, which must have this identifier octet; answers where its contents are.
    mutating func read(_ tag: UInt8, _ bytes: Span<UInt8>, _ name: StaticString) throws(Fault) -> Range<Int> {
        guard offset < end else { throw Fault(.structure, expected: "\(name)", found: "the end of what holds it") }
        guard bytes[offset] == tag else {
            throw Fault(
                .structure, expected: "\(name) with the identifier 0x\(Printable.hexadecimal(tag))",
                found: "0x\(Printable.hexadecimal(bytes[offset]))")
        }
        return try step(bytes)
    }

    /// Steps over the next value when it has this identifier octet.
    mutating func readIf(_ tag: UInt8, _ bytes: Span<UInt8>) throws(Fault) -> Range<Int>? {
        isNext(tag, bytes) ? try step(bytes) : nil
    }

    func expectEnd(_ name: StaticString) throws(Fault) {
        guard isAtEnd else { throw Fault(.structure, expected: "the end of \(name)", found: "another value") }
    }

    private mutating func step(_ bytes: Span<UInt8>) throws(Fault) -> Range<Int> {
        let header = try DERHeader.read(bytes, at: offset)
        let start = offset + header.length
        // The header knows the buffer's end, not that of the value around it.
        guard header.contentLength <= end - start else {
            throw Fault(.derEncoding, expected: "a value inside the one around it", found: "a longer one")
        }
        offset = start + header.contentLength
        return start..<offset
    }
}

/// Identifier octets: X.690 §8.1.2.
enum DERTag {
    static let boolean: UInt8 = 0x01
    static let integer: UInt8 = 0x02
    static let bitString: UInt8 = 0x03
    static let octetString: UInt8 = 0x04
    static let objectIdentifier: UInt8 = 0x06
    static let enumerated: UInt8 = 0x0a
    static let utcTime: UInt8 = 0x17
    static let generalizedTime: UInt8 = 0x18
    static let sequence: UInt8 = 0x30
    /// [0], constructed.
    static let context0: UInt8 = 0xa0
}
