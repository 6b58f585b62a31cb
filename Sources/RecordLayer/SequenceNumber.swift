// SequenceNumber.swift — counts the records of one direction under one key; each number makes a nonce.
// RFC 8446 §5.3.
// Next: KeyUsageLimit.swift.

internal import CryptoGlue
internal import WireFormat

/// The number of the next record: it starts at 0 with every key and never wraps.
package struct SequenceNumber: Equatable, Sendable {
    /// The length of the IV and of every nonce, in octets.
    package static let nonceLength = 12

    /// The number of the next record, which is also how many there were when counting began at 0.
    package private(set) var value: UInt64

    /// - Parameter value: where counting begins; other than 0 only in tests, which cannot wait for 2^64 records.
    package init(_ value: UInt64 = 0) { self.value = value }

    /// The number of this record. Moves on to the next one, so that no number is handed out twice.
    package mutating func next() throws(RecordError) -> UInt64 {
        // RFC 8446 §5.3: sequence numbers do not wrap; the last number is left unused.
        guard value < UInt64.max else { throw .sequenceExhausted }
        defer { value += 1 }
        return value
    }

    /// The number of this record of TLS 1.2, whose keys cannot be updated: past the limit only alerts go out.
    mutating func next(for type: ContentType, limit: KeyUsageLimit) throws(RecordError) -> UInt64 {
        guard value < limit.records || type == .alert else { throw .keyExhausted(records: limit.records) }
        return try next()
    }

    /// The nonce of record `number`: `iv`, 12 octets, XOR the number in network order, left-padded with zeros.
    @inline(__always)
    package static func nonce(of number: UInt64, iv: Span<UInt8>) throws(RecordError) -> InlineArray<12, UInt8> {
        // Said once and here, it spares a check for each octet.
        guard iv.count == nonceLength else { throw wrongLength(iv.count) }
        // In two words of the wire's order: octet by octet it takes three times as long.
        let number = number.bigEndian
        var first: UInt64 = 0
        var last: UInt32 = 0
        for index in 0..<8 { first |= UInt64(iv[index]) << UInt64(8 * index) }
        for index in 0..<4 { last |= UInt32(iv[8 + index]) << UInt32(8 * index) }
        first ^= number << 32
        last ^= UInt32(truncatingIfNeeded: number >> 32)
        var nonce = InlineArray<12, UInt8>(repeating: 0)
        for index in 0..<8 { nonce[index] = UInt8(truncatingIfNeeded: first >> UInt64(8 * index)) }
        for index in 0..<4 { nonce[8 + index] = UInt8(truncatingIfNeeded: last >> UInt32(8 * index)) }
        return nonce
    }

    /// Out of line, so that the way without an error stays small.
    @inline(never)
    static func wrongLength(_ count: Int) -> RecordError {
        .crypto(.lengthOutOfRange("an IV has \(nonceLength) octets, not \(count)"))
    }
}
