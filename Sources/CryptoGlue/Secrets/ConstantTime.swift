// ConstantTime.swift — the only place where secrets are compared.
// RFC 8446 §4.4.4; RFC 7748 §6.1.
// Next: Wipe.swift.

/// Comparisons whose time depends on lengths alone, never on what the bytes are.
public enum ConstantTime {
    /// Whether `a` and `b` hold the same bytes. Lengths are public: unequal ones answer false at once.
    public static func equal(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
        guard a.count == b.count else { return false }
        var difference: UInt8 = 0
        for index in a.indices { difference |= a[index] ^ b[index] }
        return opaque(difference) == 0
    }

    /// Whether every byte of `a` is zero; true when there is none.
    public static func isZero(_ a: Span<UInt8>) -> Bool {
        var seen: UInt8 = 0
        for index in a.indices { seen |= a[index] }
        return opaque(seen) == 0
    }

    @inline(never)
    private static func opaque(_ value: UInt8) -> UInt8 { value }
}
