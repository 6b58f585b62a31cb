// ECDSASignatureValue.swift — the DER form of an ECDSA signature, read strictly.
// RFC 8446 §4.2.3; RFC 3279 §2.2.3; ITU-T X.690 §8.3, §10.1.
// Next: SigningKey.swift.

/// `Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }`.
struct ECDSASignatureValue {
    /// Big-endian, without leading zeros.
    let r: [UInt8]
    let s: [UInt8]

    init(r: [UInt8], s: [UInt8]) {
        self.r = BigEndian.significant(r)
        self.s = BigEndian.significant(s)
    }

    /// Reads DER and nothing else: shortest lengths, shortest integers, nothing after the end. Nil for all other bytes.
    init?(derEncoded bytes: Span<UInt8>) {
        guard bytes.count >= 2, bytes[0] == ECDSASignatureValue.sequence else { return nil }
        // Two integers of at most 67 bytes with their headers: at most 138 bytes, so one length byte or 81 and another.
        let start: Int
        let length: Int
        if bytes[1] < 0x80 {
            (start, length) = (2, Int(bytes[1]))
        } else {
            guard bytes[1] == 0x81, bytes.count >= 3, bytes[2] >= 0x80 else { return nil }
            (start, length) = (3, Int(bytes[2]))
        }
        guard bytes.count == start + length else { return nil }
        var position = start
        guard let r = ECDSASignatureValue.integer(bytes, &position),
            let s = ECDSASignatureValue.integer(bytes, &position),
            position == bytes.count
        else { return nil }
        self.r = r
        self.s = s
    }

    /// Reads one non-negative integer; `position` moves behind it. Nil for anything that is not shortest DER.
    private static func integer(_ bytes: Span<UInt8>, _ position: inout Int) -> [UInt8]? {
        guard bytes.count - position >= 2, bytes[position] == integer else { return nil }
        let length = Int(bytes[position + 1])
        let start = position + 2
        guard length >= 1, length < 0x80, bytes.count - start >= length else { return nil }
        let first = bytes[start]
        // Negative, or a leading zero that the sign does not need.
        if first >= 0x80 { return nil }
        if first == 0, length > 1, bytes[start + 1] < 0x80 { return nil }
        position = start + length
        var value: [UInt8] = []
        for index in start..<position where !(value.isEmpty && bytes[index] == 0) { value.append(bytes[index]) }
        return value
    }

    var derEncoded: [UInt8] {
        let contents = ECDSASignatureValue.encode(r) + ECDSASignatureValue.encode(s)
        let length = contents.count < 0x80 ? [UInt8(contents.count)] : [0x81, UInt8(contents.count)]
        return [ECDSASignatureValue.sequence] + length + contents
    }

    private static func encode(_ number: [UInt8]) -> [UInt8] {
        let needsZero = number.first.map { $0 >= 0x80 } ?? true
        let body = needsZero ? [0] + number : number
        return [integer, UInt8(body.count)] + body
    }

    private static let sequence: UInt8 = 0x30
    private static let integer: UInt8 = 0x02
}
