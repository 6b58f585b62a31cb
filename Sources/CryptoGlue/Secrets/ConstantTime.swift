// ConstantTime.swift — the only place where secrets are compared.
// RFC 8446 §4.4.4; RFC 7748 §6.1.
// Next: Wipe.swift.

import CGcrypt

/// Comparisons whose time depends on lengths alone, never on what the bytes are.
///
/// Each byte passes a barrier that the optimiser cannot see through, so a loop cannot be turned into one that stops at
/// the first difference.
public enum ConstantTime {
    /// Whether `a` and `b` hold the same bytes. Lengths are public: unequal ones answer false at once.
    @inline(never)
    public static func equal(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
        guard a.count == b.count else { return false }
        var difference: UInt8 = 0
        for index in a.indices { difference |= shim_opaque(a[index] ^ b[index]) }
        return difference == 0
    }

    /// Whether every byte of `a` is zero; true when there is none.
    @inline(never)
    public static func isZero(_ a: Span<UInt8>) -> Bool {
        var seen: UInt8 = 0
        for index in a.indices { seen |= shim_opaque(a[index]) }
        return seen == 0
    }

    /// Whether the big-endian number `a` is less than `b`, which is as long; false for another length.
    @inline(never)
    static func isLess(_ a: Span<UInt8>, than b: Span<UInt8>) -> Bool {
        guard a.count == b.count else { return false }
        var borrow: UInt8 = 0
        for index in a.indices.reversed() {
            // The borrow of a - b, from the last byte to the first: bit 15 of the wrapped difference.
            let difference = UInt16(a[index]) &- UInt16(b[index]) &- UInt16(borrow)
            borrow = shim_opaque(UInt8(truncatingIfNeeded: difference >> 15))
        }
        return borrow == 1
    }
}
