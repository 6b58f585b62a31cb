// HMAC.swift — keyed hashing: Finished, key derivation, tickets.
// RFC 2104; RFC 8446 §4.4.4, §7.1.
// Next: RecordAEAD.swift.

/// HMAC under one key, for one message after another.
///
/// A value belongs to one task at a time; it may be sent to another. The key is wiped with the value.
public struct HMAC: ~Copyable, Sendable {
    private var state: GcryptMAC

    /// Takes a key of any length, also none.
    ///
    /// - Throws: ``CryptoError/backend(operation:code:)`` when the backend has no memory left, or
    ///   ``CryptoError/backendTooOld(found:required:)``.
    public init(_ algorithm: HashAlgorithm, key: Span<UInt8>) throws(CryptoError) {
        state = try GcryptMAC(algorithm, key: key)
    }

    /// Adds bytes, of any length, to the current message.
    public mutating func update(_ bytes: Span<UInt8>) {
        state.update(bytes)
    }

    /// Ends the current message: writes its code, `digestLength` bytes, to the start of `code`, and is ready for the
    /// next message under the same key.
    ///
    /// - Throws: ``CryptoError/lengthOutOfRange(_:)`` when `code` is shorter than the digest.
    public mutating func finalize(into code: inout MutableSpan<UInt8>) throws(CryptoError) {
        try state.finalize(into: &code)
    }

    /// Returns the code of one message, `digestLength` bytes.
    ///
    /// - Throws: as ``init(_:key:)``.
    public static func authenticate(
        _ algorithm: HashAlgorithm, key: Span<UInt8>, _ message: Span<UInt8>
    ) throws(CryptoError) -> SecretBytes {
        var state = try GcryptMAC(algorithm, key: key)
        state.update(message)
        var code = SecretBytes(count: algorithm.digestLength)
        var bytes = code.mutableBytes
        try state.finalize(into: &bytes)
        return code
    }
}
