// GcryptRC4.swift — RC4 by libgcrypt: one handle for each direction, keyed once, in place.
// RFC 6101 App. A.6.
// Next: ../Provider/RecordCBC.swift.

import CGcrypt

/// One direction's keyed stream. libgcrypt wipes the state when the handle is closed.
@safe
struct GcryptRC4: ~Copyable, @unchecked Sendable {
    private let handle: gcry_cipher_hd_t

    init(key: Span<UInt8>) throws(CryptoError) {
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

    mutating func process(_ record: inout MutableSpan<UInt8>, in range: Range<Int>) throws(CryptoError) {
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
