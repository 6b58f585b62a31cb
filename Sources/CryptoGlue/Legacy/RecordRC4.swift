// RecordRC4.swift — the stream cipher of SSL 3.0's records, in place.
// RFC 6101 App. A.6; RFC 7465 (why TLS has none).
// Next: LegacySignature.swift.

/// RC4 in one direction under one key; its state goes on from record to record.
///
/// A value belongs to one task at a time; it may be sent to another. The key is wiped with the value.
package struct RecordRC4: ~Copyable, Sendable {
    private var state: GcryptRC4

    /// Takes the key, 16 bytes.
    ///
    /// - Throws: ``CryptoError/invalidKey(_:)`` for a key of another length.
    package init(key: Span<UInt8>, _ use: LegacyUse) throws(CryptoError) { state = try GcryptRC4(key: key) }

    /// Encrypts or decrypts the bytes of `range`: the same.
    ///
    /// - Throws: ``CryptoError/lengthOutOfRange(_:)``.
    package mutating func process(_ record: inout MutableSpan<UInt8>, in range: Range<Int>) throws(CryptoError) {
        try state.process(&record, in: range)
    }
}
