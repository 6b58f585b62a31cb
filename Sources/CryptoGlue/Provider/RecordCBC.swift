// RecordCBC.swift — the two primitives of a CBC suite: the cipher, and the MAC of records.
// RFC 5246 §6.2.3.1, §6.2.3.2; RFC 2104.
// Next: KeyExchange.swift.

/// AES-CBC in one direction under one key, in place and without allocating.
///
/// A value belongs to one task at a time; it may be sent to another. The key is wiped with the value.
package struct RecordCBC: ~Copyable, Sendable {
    /// The length of a block and of an IV, in bytes.
    package static let blockLength = 16

    private var state: GcryptCBC

    /// Takes the key, `keyLength` bytes.
    ///
    /// - Throws: ``CryptoError/invalidKey(_:)`` for a key of another length.
    package init(_ algorithm: CBCAlgorithm, key: Span<UInt8>) throws(CryptoError) {
        state = try GcryptCBC(algorithm, key: key)
    }

    /// Encrypts the whole blocks of `range`; the block before them is the IV.
    ///
    /// - Throws: ``CryptoError/lengthOutOfRange(_:)``.
    package mutating func encrypt(_ record: inout MutableSpan<UInt8>, in range: Range<Int>) throws(CryptoError) {
        try state.encrypt(&record, in: range)
    }

    /// Decrypts the whole blocks of `range`; the block before them is the IV.
    ///
    /// - Throws: ``CryptoError/lengthOutOfRange(_:)``.
    package mutating func decrypt(_ record: inout MutableSpan<UInt8>, in range: Range<Int>) throws(CryptoError) {
        try state.decrypt(&record, in: range)
    }
}

/// The MAC of the records of a CBC suite, HMAC-SHA1 among them; it can authenticate records and nothing else.
///
/// A value belongs to one task at a time; it may be sent to another. The key is wiped with the value.
package struct RecordMAC: ~Copyable, Sendable {
    /// The longest code, in bytes: that of HMAC-SHA384.
    package static let longest = 48

    private var state: GcryptMAC

    /// Takes the key, `macLength` bytes.
    ///
    /// - Throws: ``CryptoError/invalidKey(_:)`` for a key of another length.
    package init(_ algorithm: CBCAlgorithm, key: Span<UInt8>) throws(CryptoError) {
        guard key.count == algorithm.macLength else {
            throw .invalidKey("a MAC key for \(algorithm.rawValue) has \(algorithm.macLength) bytes, not \(key.count)")
        }
        state = try GcryptMAC(algorithm, key: key)
    }

    /// Adds bytes to the current message.
    package mutating func update(_ bytes: Span<UInt8>) { state.update(bytes) }

    /// Ends the current message: writes its code, `macLength` bytes, to `code` from `offset` on.
    ///
    /// - Throws: ``CryptoError/lengthOutOfRange(_:)`` when it does not fit.
    package mutating func finalize(into code: inout MutableSpan<UInt8>, at offset: Int) throws(CryptoError) {
        try state.finalize(into: &code, at: offset)
    }

    /// Writes the code of the message so far, `macLength` bytes, to the start of `code`; the message may go on.
    ///
    /// - Throws: ``CryptoError/backend(operation:code:)`` when the backend has no memory left.
    package func snapshot(into code: inout MutableSpan<UInt8>) throws(CryptoError) {
        try state.snapshot(into: &code)
    }

    /// Forgets the current message, not the key.
    package mutating func reset() { state.reset() }
}
