// BigEndian.swift — public numbers as big-endian bytes. Secret ones go through ConstantTime.
// Next: ConstantTime.swift.

enum BigEndian {
    /// How many bits the number has, leading zeros not counted.
    static func bitCount(_ bytes: Span<UInt8>) -> Int {
        let start = leadingZeros(bytes)
        guard start < bytes.count else { return 0 }
        return (bytes.count - start) * 8 - bytes[start].leadingZeroBitCount
    }

    /// The number without leading zero bytes; empty for zero.
    static func significant(_ bytes: [UInt8]) -> [UInt8] {
        Array(bytes.drop { $0 == 0 })
    }

    /// Whether the number is less than `bound`; the lengths may differ.
    static func isLess(_ bytes: Span<UInt8>, than bound: Span<UInt8>) -> Bool {
        let first = bytes.extracting(droppingFirst: leadingZeros(bytes))
        let second = bound.extracting(droppingFirst: leadingZeros(bound))
        guard first.count == second.count else { return first.count < second.count }
        return ConstantTime.isLess(first, than: second)
    }

    private static func leadingZeros(_ bytes: Span<UInt8>) -> Int {
        var index = 0
        while index < bytes.count, bytes[index] == 0 { index += 1 }
        return index
    }
}
