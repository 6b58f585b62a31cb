// Wipe.swift — overwriting memory in a way the optimiser may not remove.
// RFC 8446 App. C.
// Next: SecretBytes.swift.

import Glibc

enum Wipe {
    /// Overwrites every byte of `bytes` with zero.
    static func erase(_ bytes: UnsafeMutableBufferPointer<UInt8>) {
        guard let base = bytes.baseAddress else { return }
        unsafe explicit_bzero(base, bytes.count)
    }

    /// The same for an array; its other copies, if there are any, stay.
    static func erase(_ bytes: inout [UInt8]) {
        unsafe bytes.withUnsafeMutableBufferPointer { unsafe erase($0) }
    }
}
