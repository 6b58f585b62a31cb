// CodePointList.swift — vectors of 16-bit code points and of random values, which several messages share.
// RFC 8446 §3.4.
// Next: Extensions/ExtensionBlock.swift.

import WireFormat

extension WireReader {
    /// All bytes not yet read, as code points.
    mutating func codePoints<Element: RawRepresentable>(
        _ field: String
    ) throws(DecodeError) -> [Element] where Element.RawValue == UInt16 {
        // RFC 8446 §3.4: the length of an encoded vector must be an exact multiple of the length of an element.
        guard remaining.isMultiple(of: 2) else { throw DecodeError(.lengthOutOfRange, field) }
        var list: [Element] = []
        list.reserveCapacity(remaining / 2)
        while !isEmpty {
            guard let element = Element(rawValue: try uint16(field)) else {
                throw DecodeError(.valueOutOfRange, field)
            }
            list.append(element)
        }
        return list
    }
}

extension WireWriter {
    /// Each code point in two octets, without a length prefix.
    mutating func codePoints<Element: RawRepresentable>(_ list: [Element]) where Element.RawValue == UInt16 {
        for element in list { uint16(element.rawValue) }
    }

    /// A field of fixed length.
    mutating func fixed(_ value: [UInt8], _ count: Int, _ field: String) {
        if value.count != count { refuse(field) }
        bytes(value)
    }
}
