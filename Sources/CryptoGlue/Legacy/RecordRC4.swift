// RecordRC4.swift — the stream cipher of SSL 3.0's records, in place.
// RFC 6101 App. A.6; RFC 7465 (why TLS has none).
// Next: LegacySignature.swift.

import CGcrypt

/// RC4 in one direction under one key; its state goes on from record to record.
///
/// A value belongs to one task at a time; it may be sent to another. The key is wiped with the value.
@safe
package struct RecordRC4: ~Copyable, @unchecked Sendable {
    private let handle: gcry_cipher_hd_t

    /// Takes the key, 16 bytes.
    ///
    /// - Throws: ``CryptoError/invalidKey(_:)`` for a key of another length.
    package init(key: Span<UInt8>, _ use: LegacyUse) throws(CryptoError) {
        guard key.count == LegacyCipher.rc4.keyLength else {
            throw .invalidKey("a key for RC4 has 16 bytes here, not \(key.count)")
        }
        let opened = try unsafe GcryptCipher.open(
            Int32(GCRY_CIPHER_ARCFOUR.rawValue), Int32(GCRY_CIPHER_MODE_STREAM.rawValue), key: key, "RC4")
        unsafe handle = opened
    }

    deinit {
        unsafe gcry_cipher_close(handle)
    }

    /// Encrypts or decrypts the bytes of `range`: the same.
    ///
    /// - Throws: ``CryptoError/lengthOutOfRange(_:)``.
    package mutating func process(_ record: inout MutableSpan<UInt8>, in range: Range<Int>) throws(CryptoError) {
        guard range.lowerBound >= 0, range.upperBound <= record.count else {
            throw .lengthOutOfRange("bytes of the record")
        }
        let handle = unsafe self.handle
        let code = unsafe record.withUnsafeMutableBufferPointer { buffer in
            let bytes = unsafe UnsafeMutableBufferPointer(rebasing: buffer[range])
            return unsafe gcry_cipher_encrypt(handle, bytes.baseAddress, bytes.count, nil, 0)
        }
        try GcryptError.check(code, "RC4")
    }
}
