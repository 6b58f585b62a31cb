// RecordCBC.swift — the two primitives of a CBC suite: the cipher, and the MAC of records.
// RFC 5246 §6.2.3.1, §6.2.3.2; RFC 2104.
// Next: KeyExchange.swift.

/// AES-CBC, or in old versions 3DES-CBC, in one direction under one key, in place and without allocating.
///
/// A value belongs to one task at a time; it may be sent to another. The key is wiped with the value.
package struct RecordCBC: ~Copyable, Sendable {
    /// The longest block, in bytes: that of AES.
    package static let longestBlock = 16

    private var state: GcryptCBC

    /// The length of a block and of an IV, in bytes: 16, and 8 with 3DES.
    package var blockLength: Int { state.blockLength }

    /// Takes the key, `keyLength` bytes.
    ///
    /// - Throws: ``CryptoError/invalidKey(_:)`` for a key of another length.
    package init(_ algorithm: CBCAlgorithm, key: Span<UInt8>) throws(CryptoError) {
        state = try GcryptCBC(algorithm, key: key)
    }

    /// Takes the key of a version before TLS 1.2, and the IV of its first record when each record continues the one before
    /// (RFC 6101 §5.2.3.2, RFC 2246 §6.2.3.2).
    ///
    /// - Parameter iv: as long as a block, or empty when each record has an IV of its own.
    /// - Throws: ``CryptoError/invalidKey(_:)`` for a key of another length.
    package init(_ cipher: LegacyCipher, key: Span<UInt8>, iv: Span<UInt8>, _ use: LegacyUse) throws(CryptoError) {
        var state = try GcryptCBC(cipher, key: key, name: cipher.rawValue)
        if !iv.isEmpty { try state.begin(iv: iv) }
        self.state = state
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

    /// Encrypts the whole blocks of `range`; the last block of the record before is the IV.
    ///
    /// - Throws: ``CryptoError/lengthOutOfRange(_:)``.
    package mutating func encryptNext(_ record: inout MutableSpan<UInt8>, in range: Range<Int>) throws(CryptoError) {
        try state.encryptNext(&record, in: range)
    }

    /// Decrypts the whole blocks of `range`; the last block of the record before is the IV.
    ///
    /// - Throws: ``CryptoError/lengthOutOfRange(_:)``.
    package mutating func decryptNext(_ record: inout MutableSpan<UInt8>, in range: Range<Int>) throws(CryptoError) {
        try state.decryptNext(&record, in: range)
    }
}

/// The MAC of the records of a CBC suite, HMAC-SHA1 among them; it can authenticate records and nothing else.
///
/// A value belongs to one task at a time; it may be sent to another. The key is wiped with the value.
package struct RecordMAC: ~Copyable, Sendable {
    /// The longest code, in bytes: that of HMAC-SHA384.
    package static let longest = 48

    /// One of the two.
    private var hmac: GcryptMAC?
    private var ssl30: SSL30MAC?

    /// Takes the key, `macLength` bytes.
    ///
    /// - Throws: ``CryptoError/invalidKey(_:)`` for a key of another length.
    package init(_ algorithm: CBCAlgorithm, key: Span<UInt8>) throws(CryptoError) {
        guard key.count == algorithm.macLength else {
            throw .invalidKey("a MAC key for \(algorithm.rawValue) has \(algorithm.macLength) bytes, not \(key.count)")
        }
        let mac = try GcryptMAC(algorithm, key: key)
        hmac = consume mac
        ssl30 = nil
    }

    /// Takes the key of a version before TLS 1.2, as long as a digest.
    ///
    /// - Parameter isHMAC: false for the MAC of SSL 3.0 (RFC 6101 §5.2.3.1).
    /// - Throws: ``CryptoError/invalidKey(_:)`` for a key of another length.
    package init(
        _ hash: LegacyHashAlgorithm, isHMAC: Bool, key: Span<UInt8>, _ use: LegacyUse
    ) throws(CryptoError) {
        guard key.count == hash.digestLength else {
            throw .invalidKey("a MAC key for \(hash.rawValue) has \(hash.digestLength) bytes, not \(key.count)")
        }
        if isHMAC {
            let mac = try GcryptMAC(hash, key: key)
            hmac = consume mac
            ssl30 = nil
        } else {
            let mac = try SSL30MAC(hash, key: key)
            hmac = nil
            ssl30 = consume mac
        }
    }

    /// Adds bytes to the current message.
    package mutating func update(_ bytes: Span<UInt8>) {
        if hmac?.update(bytes) == nil { ssl30?.update(bytes) }
    }

    /// Ends the current message: writes its code, `macLength` bytes, to `code` from `offset` on.
    ///
    /// - Throws: ``CryptoError/lengthOutOfRange(_:)`` when it does not fit.
    package mutating func finalize(into code: inout MutableSpan<UInt8>, at offset: Int) throws(CryptoError) {
        if try hmac?.finalize(into: &code, at: offset) == nil { try ssl30?.finalize(into: &code, at: offset) }
    }

    /// Writes the code of the message so far, `macLength` bytes, to the start of `code`; the message may go on.
    ///
    /// - Throws: ``CryptoError/backend(operation:code:)`` when the backend has no memory left.
    package func snapshot(into code: inout MutableSpan<UInt8>) throws(CryptoError) {
        switch hmac {
        case .some(let mac): try mac.snapshot(into: &code)
        case .none: try ssl30Snapshot(into: &code)
        }
    }

    private func ssl30Snapshot(into code: inout MutableSpan<UInt8>) throws(CryptoError) {
        switch ssl30 {
        case .some(let mac): try mac.snapshot(into: &code)
        case .none: throw .backend(operation: "a MAC without a key", code: 0)
        }
    }

    /// Forgets the current message, not the key.
    package mutating func reset() {
        if hmac?.reset() == nil { ssl30?.reset() }
    }
}
