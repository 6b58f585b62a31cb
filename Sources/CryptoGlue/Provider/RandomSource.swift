// RandomSource.swift — where random bytes come from; injected, so that a handshake can be replayed.
// RFC 8446 App. C.1.
// Next: CryptoProvider.swift.

/// A source of random bytes. Implementations are safe to use from many threads at once.
public protocol RandomSource: Sendable {
    /// Fills all of `bytes`.
    func fill(_ bytes: inout MutableSpan<UInt8>) throws(CryptoError)
}

/// The operating system's random generator, drawn through the backend; good for keys.
public struct SystemRandom: RandomSource {
    /// The operating system's generator, through libgcrypt.
    public init() {}

    /// Fills all of `bytes` with bytes nobody can predict.
    ///
    /// - Throws: ``CryptoError/backendTooOld(found:required:)``.
    public func fill(_ bytes: inout MutableSpan<UInt8>) throws(CryptoError) {
        try GcryptRandom.fill(&bytes)
    }
}
