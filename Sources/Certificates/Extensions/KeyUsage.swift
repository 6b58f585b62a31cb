// KeyUsage.swift — what a certified key may be used for.
// RFC 5280 §4.2.1.3.
// Next: ExtendedKeyUsage.swift.

import SwiftASN1

/// The keyUsage extension, a set of bits. Bit 0 of RFC 5280 is the lowest bit of `rawValue`.
public struct KeyUsage: OptionSet, Sendable, Hashable {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let digitalSignature = KeyUsage(rawValue: 1 << 0)
    public static let nonRepudiation = KeyUsage(rawValue: 1 << 1)
    public static let keyEncipherment = KeyUsage(rawValue: 1 << 2)
    public static let dataEncipherment = KeyUsage(rawValue: 1 << 3)
    public static let keyAgreement = KeyUsage(rawValue: 1 << 4)
    public static let keyCertSign = KeyUsage(rawValue: 1 << 5)
    public static let cRLSign = KeyUsage(rawValue: 1 << 6)
    public static let encipherOnly = KeyUsage(rawValue: 1 << 7)
    public static let decipherOnly = KeyUsage(rawValue: 1 << 8)

    private static let names = [
        "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign",
        "cRLSign", "encipherOnly", "decipherOnly",
    ]

    init(_ node: ASN1Node) throws(Fault) {
        let bits = try StrictDER.rethrowing("keyUsage") { () throws in try ASN1BitString(derEncoded: node) }
        guard bits.bytes.count <= 2 else {
            throw Fault(.structure, expected: "at most 9 usages", found: "\(bits.bytes.count) bytes of them")
        }
        // BIT STRING's bit 0 is the highest bit of the first octet.
        var usages: UInt16 = 0
        for (octetIndex, octet) in bits.bytes.enumerated() {
            for bit in 0..<8 where octet & (0x80 >> bit) != 0 { usages |= 1 << (octetIndex * 8 + bit) }
        }
        self.init(rawValue: usages)
    }
}

extension KeyUsage: CustomStringConvertible {
    /// RFC 5280's names, joined by commas.
    public var description: String {
        let set = KeyUsage.names.indices.filter { rawValue & (1 << $0) != 0 }.map { KeyUsage.names[$0] }
        return set.isEmpty ? "no usage" : set.joined(separator: ", ")
    }
}
