// GcryptCBC.swift — AES and 3DES in CBC mode by libgcrypt: one handle for each direction, keyed once, in place.
// RFC 5246 §6.2.3.2; NIST SP 800-38A §6.2.
// Next: GcryptNumber.swift.

import CGcrypt

/// One direction's keyed cipher. libgcrypt wipes the key schedule when the handle is closed.
@safe
struct GcryptCBC: ~Copyable, @unchecked Sendable {
    private let handle: gcry_cipher_hd_t
    /// 8 or 16.
    let blockLength: Int

    init(_ algorithm: CBCAlgorithm, key: Span<UInt8>) throws(CryptoError) {
        try self.init(algorithm.keyLength == 16 ? .aes128 : .aes256, key: key, name: algorithm.rawValue)
    }

    /// - Parameter name: of the cipher, for the error.
    init(_ cipher: LegacyCipher, key: Span<UInt8>, name: String) throws(CryptoError) {
        guard key.count == cipher.keyLength, let blockLength = cipher.blockLength else {
            throw .invalidKey("a key for \(name) has \(cipher.keyLength) bytes, not \(key.count)")
        }
        let identifier =
            switch cipher {
            case .rc4: GCRY_CIPHER_ARCFOUR
            case .tripleDES: GCRY_CIPHER_3DES
            case .aes128: GCRY_CIPHER_AES
            case .aes256: GCRY_CIPHER_AES256
            }
        let opened = try unsafe GcryptCipher.open(
            Int32(identifier.rawValue), Int32(GCRY_CIPHER_MODE_CBC.rawValue), key: key, "CBC")
        unsafe handle = opened
        self.blockLength = blockLength
    }

    deinit {
        unsafe gcry_cipher_close(handle)
    }

    mutating func encrypt(_ record: inout MutableSpan<UInt8>, in range: Range<Int>) throws(CryptoError) {
        try begin(&record, range)
        try encryptNext(&record, in: range)
    }

    /// The IV is the last block of the ciphertext before.
    mutating func encryptNext(_ record: inout MutableSpan<UInt8>, in range: Range<Int>) throws(CryptoError) {
        try check(record.count, range)
        let handle = unsafe self.handle
        let code = unsafe record.withUnsafeMutableBufferPointer { buffer in
            let blocks = unsafe UnsafeMutableBufferPointer(rebasing: buffer[range])
            return unsafe gcry_cipher_encrypt(handle, blocks.baseAddress, blocks.count, nil, 0)
        }
        try GcryptError.check(code, "encrypt")
    }

    mutating func decrypt(_ record: inout MutableSpan<UInt8>, in range: Range<Int>) throws(CryptoError) {
        try begin(&record, range)
        try decryptNext(&record, in: range)
    }

    /// The IV is the last block of the ciphertext before.
    mutating func decryptNext(_ record: inout MutableSpan<UInt8>, in range: Range<Int>) throws(CryptoError) {
        try check(record.count, range)
        let handle = unsafe self.handle
        let code = unsafe record.withUnsafeMutableBufferPointer { buffer in
            let blocks = unsafe UnsafeMutableBufferPointer(rebasing: buffer[range])
            return unsafe gcry_cipher_decrypt(handle, blocks.baseAddress, blocks.count, nil, 0)
        }
        try GcryptError.check(code, "decrypt")
    }

    /// The IV of the first record, when the others follow from it.
    mutating func begin(iv: Span<UInt8>) throws(CryptoError) {
        guard iv.count == blockLength else { throw .lengthOutOfRange("an IV of \(blockLength) bytes") }
        let handle = unsafe self.handle
        let code = unsafe iv.withUnsafeBufferPointer { unsafe gcry_cipher_setiv(handle, $0.baseAddress, $0.count) }
        try GcryptError.check(code, "IV")
    }

    private func check(_ count: Int, _ range: Range<Int>) throws(CryptoError) {
        guard range.lowerBound >= 0, range.upperBound <= count, range.count.isMultiple(of: blockLength) else {
            throw .lengthOutOfRange("whole blocks")
        }
    }

    /// Takes the block before `range` as IV.
    private func begin(_ record: inout MutableSpan<UInt8>, _ range: Range<Int>) throws(CryptoError) {
        let block = blockLength
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
