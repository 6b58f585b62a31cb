// TestBytes.swift — what the suites here share: octets from hex, secrets from octets, randomness from a list.
// Next: HashFunctionTests.swift.

import CryptoGlue
import Synchronization
import TestSupport

/// The octets of a literal; a literal that is no hex gives none, and the comparison fails.
func octets(_ hexadecimal: String) -> [UInt8] {
    Hex.decode(hexadecimal) ?? []
}

extension SecretBytes {
    init(_ bytes: [UInt8]) { self.init(copying: bytes.span) }
    init(_ hexadecimal: String) { self.init(octets(hexadecimal)) }
    var array: [UInt8] { (0..<count).map { bytes[$0] } }
}

/// Hands out given octets, then zeros; remembers how many were asked for in each call.
final class ReplayedRandom: RandomSource {
    private let state: Mutex<(rest: [UInt8], draws: [Int])>

    init(_ bytes: [UInt8]) { state = Mutex((bytes, [])) }

    var draws: [Int] { state.withLock { $0.draws } }

    func fill(_ bytes: inout MutableSpan<UInt8>) throws(CryptoError) {
        let count = bytes.count
        let taken = state.withLock { state -> [UInt8] in
            state.draws.append(count)
            let taken = Array(state.rest.prefix(count))
            state.rest.removeFirst(taken.count)
            return taken
        }
        for index in 0..<count { bytes[index] = index < taken.count ? taken[index] : 0 }
    }
}

/// The error that `body` throws, or nil.
func refusal(_ body: () throws(CryptoError) -> Void) -> CryptoError? {
    do throws(CryptoError) {
        try body()
        return nil
    } catch {
        return error
    }
}
