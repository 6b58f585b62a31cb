// GcryptCBC.swift — AES in CBC mode by libgcrypt: one handle for each direction, keyed once, in place.
// RFC 5246 §6.2.3.2; NIST SP 800-38A §6.2.
// Next: GcryptNumber.swift.

import CGcrypt

/// One direction's keyed cipher. libgcrypt wipes the key schedule when the handle is closed.
@safe
struct GcryptCBC: ~Copyable, @unchecked Sendable {
    private let handle: gcry_cipher_hd_t

    init(_ algorithm: CBCAlgorithm, key: Span<UInt8>) throws(CryptoError) {
        guard key.count == algorithm.keyLength else {
            throw .invalidKey("a key for \(algorithm.rawValue) has \(algorithm.keyLength) bytes, not \(key.count)")
        }
        try GcryptStartup.version()
        let cipher = algorithm.keyLength == 16 ? GCRY_CIPHER_AES : GCRY_CIPHER_AES256
        var opened: gcry_cipher_hd_t?
        try GcryptError.check(
            unsafe gcry_cipher_open(&opened, Int32(cipher.rawValue), Int32(GCRY_CIPHER_MODE_CBC.rawValue), 0), "CBC")
        guard let opened = unsafe opened else { throw .backend(operation: "CBC", code: 0) }
        let code = unsafe key.withUnsafeBufferPointer { unsafe gcry_cipher_setkey(opened, $0.baseAddress, $0.count) }
        guard code == 0 else {
            unsafe gcry_cipher_close(opened)
            throw GcryptError.error(code, "CBC key")
        }
        unsafe handle = opened
    }

    deinit {
        unsafe gcry_cipher_close(handle)
    }

    mutating func encrypt(_ record: inout MutableSpan<UInt8>, in range: Range<Int>) throws(CryptoError) {
        try begin(&record, range)
        let handle = unsafe self.handle
        let code = unsafe record.withUnsafeMutableBufferPointer { buffer in
            let blocks = unsafe UnsafeMutableBufferPointer(rebasing: buffer[range])
            return unsafe gcry_cipher_encrypt(handle, blocks.baseAddress, blocks.count, nil, 0)
        }
        try GcryptError.check(code, "encrypt")
    }

    mutating func decrypt(_ record: inout MutableSpan<UInt8>, in range: Range<Int>) throws(CryptoError) {
        try begin(&record, range)
        let handle = unsafe self.handle
        let code = unsafe record.withUnsafeMutableBufferPointer { buffer in
            let blocks = unsafe UnsafeMutableBufferPointer(rebasing: buffer[range])
            return unsafe gcry_cipher_decrypt(handle, blocks.baseAddress, blocks.count, nil, 0)
        }
        try GcryptError.check(code, "decrypt")
    }

    /// Takes the block before `range` as IV.
    private func begin(_ record: inout MutableSpan<UInt8>, _ range: Range<Int>) throws(CryptoError) {
        let block = RecordCBC.blockLength
        guard range.lowerBound >= block, range.upperBound <= record.count, range.count.isMultiple(of: block) else {
            throw .lengthOutOfRange("whole blocks with an IV before them")
        }
        let handle = unsafe self.handle
        let code = unsafe record.withUnsafeMutableBufferPointer { buffer in
            let iv = unsafe UnsafeMutableBufferPointer(rebasing: buffer[range.lowerBound - block..<range.lowerBound])
            return unsafe gcry_cipher_setiv(handle, iv.baseAddress, block)
        }
        try GcryptError.check(code, "IV")
    }
}
