// GcryptRandom.swift — the operating system's random generator through libgcrypt.
// RFC 8446 App. C.1.
// Next: GcryptHash.swift.

import CGcrypt

enum GcryptRandom {
    /// Fills all of `bytes`; good for keys. libgcrypt ends the process when the system has no generator.
    static func fill(_ bytes: inout MutableSpan<UInt8>) throws(CryptoError) {
        try GcryptStartup.version()
        unsafe bytes.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            // STRONG is getentropy(). VERY_STRONG adds milliseconds of jitter entropy and no security.
            unsafe gcry_randomize(base, buffer.count, GCRY_STRONG_RANDOM)
        }
    }
}
