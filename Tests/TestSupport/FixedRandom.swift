// FixedRandom.swift — randomness that is the same in every run.
// Next: TestCertificates.swift.

public import CryptoGlue
import Synchronization

/// A repeatable stream of octets from a seed. For tests only: it is not random at all.
public final class FixedRandom: RandomSource {
    private let state: Mutex<UInt64>

    public init(seed: UInt64) { state = Mutex(seed) }

    public func fill(_ bytes: inout MutableSpan<UInt8>) throws(CryptoError) {
        for index in 0..<bytes.count { bytes[index] = nextOctet() }
    }

    /// SplitMix64.
    private func nextOctet() -> UInt8 {
        state.withLock { state in
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return UInt8(truncatingIfNeeded: mixed ^ (mixed >> 31))
        }
    }
}

/// Octets given beforehand, then an error: for the replay of published traces.
public final class ScriptedRandom: RandomSource {
    private let rest: Mutex<ArraySlice<UInt8>>

    public init(_ octets: [UInt8]) { rest = Mutex(octets[...]) }

    public func fill(_ bytes: inout MutableSpan<UInt8>) throws(CryptoError) {
        let taken = rest.withLock { rest in
            defer { rest = rest.dropFirst(bytes.count) }
            return Array(rest.prefix(bytes.count))
        }
        guard taken.count == bytes.count else { throw .lengthOutOfRange("the script has no more octets") }
        for index in 0..<bytes.count { bytes[index] = taken[index] }
    }
}
