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

    /// 255 when `value` is zero, 0 otherwise.
    @inline(__always)
    package static func maskIfZero(_ value: UInt8) -> UInt8 {
        // Only 0 borrows from bit 8.
        shim_opaque(UInt8(truncatingIfNeeded: (UInt16(value) &- 1) >> 8))
    }

    /// 255 when `a` equals `b`, 0 otherwise.
    @inline(__always)
    package static func maskIfEqual(_ a: UInt8, _ b: UInt8) -> UInt8 { maskIfZero(a ^ b) }

    /// 255 when `a` is at most `b`, 0 otherwise.
    @inline(__always)
    package static func maskIfAtMost(_ a: UInt8, _ b: UInt8) -> UInt8 {
        // b - a borrows from bit 8 only when a is greater.
        ~shim_opaque(UInt8(truncatingIfNeeded: (UInt16(b) &- UInt16(a)) >> 8))
    }

    /// `a` where `mask` is 255, `b` where it is 0.
    @inline(__always)
    package static func select(_ mask: UInt8, _ a: UInt8, _ b: UInt8) -> UInt8 { a & mask | b & ~mask }

    /// Makes a secret public: whether `value` is zero. The only branch on what was secret stands behind this call.
    @inline(never)
    package static func revealIsZero(_ value: UInt8) -> Bool { shim_opaque(value) == 0 }
}
