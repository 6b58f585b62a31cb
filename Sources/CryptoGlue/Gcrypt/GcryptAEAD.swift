// GcryptAEAD.swift — record protection by libgcrypt: one handle, keyed once, in place, no allocation per record.
// RFC 8446 §5.2; RFC 5246 §6.2.3.3; RFC 5116; RFC 6655 §4; RFC 8439 §2.8.
// Next: GcryptCBC.swift.

import CGcrypt

extension AEADAlgorithm {
    var gcryptCipher: Int32 {
        switch self {
        case .aes128GCM, .aes128CCM, .aes128CCM8: Int32(GCRY_CIPHER_AES.rawValue)
        case .aes256GCM, .aes256CCM, .aes256CCM8: Int32(GCRY_CIPHER_AES256.rawValue)
        case .chaCha20Poly1305: Int32(GCRY_CIPHER_CHACHA20.rawValue)
        }
    }

    var gcryptMode: Int32 {
        switch self {
        case .aes128GCM, .aes256GCM: Int32(GCRY_CIPHER_MODE_GCM.rawValue)
        case .chaCha20Poly1305: Int32(GCRY_CIPHER_MODE_POLY1305.rawValue)
        case .aes128CCM, .aes128CCM8, .aes256CCM, .aes256CCM8: Int32(GCRY_CIPHER_MODE_CCM.rawValue)
        }
    }

    /// CCM puts the lengths into its first block, so it must be told them before the data.
    var needsLengths: Bool {
        switch self {
        case .aes128GCM, .aes256GCM, .chaCha20Poly1305: false
        case .aes128CCM, .aes128CCM8, .aes256CCM, .aes256CCM8: true
        }
    }
}

/// One direction's keyed cipher. libgcrypt wipes the key schedule when the handle is closed.
@safe
struct GcryptAEAD: ~Copyable, @unchecked Sendable {
    private let handle: gcry_cipher_hd_t
    private let tagLength: Int
    private let needsLengths: Bool
    let algorithm: AEADAlgorithm

    init(_ algorithm: AEADAlgorithm, key: Span<UInt8>) throws(CryptoError) {
        guard key.count == algorithm.keyLength else {
            throw .invalidKey("a key for \(algorithm.rawValue) has \(algorithm.keyLength) bytes, not \(key.count)")
        }
        try GcryptStartup.version()
        var opened: gcry_cipher_hd_t?
        try GcryptError.check(
            unsafe gcry_cipher_open(&opened, algorithm.gcryptCipher, algorithm.gcryptMode, 0), "AEAD")
        guard let opened = unsafe opened else { throw .backend(operation: "AEAD", code: 0) }
        let code = unsafe key.withUnsafeBufferPointer { unsafe gcry_cipher_setkey(opened, $0.baseAddress, $0.count) }
        guard code == 0 else {
            unsafe gcry_cipher_close(opened)
            throw GcryptError.error(code, "AEAD key")
        }
        unsafe handle = opened
        tagLength = algorithm.tagLength
        needsLengths = algorithm.needsLengths
        self.algorithm = algorithm
    }

    deinit {
        unsafe gcry_cipher_close(handle)
    }

    @inline(__always)
    mutating func seal(
        _ record: inout MutableSpan<UInt8>, header: Int, nonce: InlineArray<12, UInt8>
    ) throws(CryptoError) {
        guard header >= 0, header <= record.count - tagLength else {
            throw .lengthOutOfRange("a record with room for its header and tag")
        }
        let length = record.count - header - tagLength
        let handle = unsafe self.handle
        let tagLength = tagLength
        var code = begin(nonce, header: header, length: length)
        if code == 0 {
            code = unsafe record.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return 0 }
                let content = unsafe base + header
                var code = unsafe gcry_cipher_authenticate(handle, base, header)
                if code == 0 { code = unsafe gcry_cipher_encrypt(handle, content, length, nil, 0) }
                if code == 0 { code = unsafe gcry_cipher_gettag(handle, content + length, tagLength) }
                return code
            }
        }
        try GcryptError.check(code, "seal")
    }

    @inline(__always)
    mutating func open(
        _ record: inout MutableSpan<UInt8>, header: Int, nonce: InlineArray<12, UInt8>
    ) throws(CryptoError) {
        guard header >= 0, header <= record.count else { throw .lengthOutOfRange("a record with its header") }
        let length = record.count - header - tagLength
        guard length >= 0 else {
            GcryptAEAD.wipe(&record, from: header)
            throw .authenticationFailed
        }
        let handle = unsafe self.handle
        let tagLength = tagLength
        var code = begin(nonce, header: header, length: length)
        if code == 0 {
            code = unsafe record.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return 0 }
                let content = unsafe base + header
                var code = unsafe gcry_cipher_authenticate(handle, base, header)
                if code == 0 { code = unsafe gcry_cipher_decrypt(handle, content, length, nil, 0) }
                // libgcrypt compares the tags in constant time.
                if code == 0 { code = unsafe gcry_cipher_checktag(handle, content + length, tagLength) }
                return code
            }
        }
        guard code == 0 else {
            // Decrypted in place: without this an attacker's plaintext would stay in the buffer.
            GcryptAEAD.wipe(&record, from: header)
            throw GcryptError.error(code, "open")
        }
    }

    /// Like the other, with additional data that does not stand in the record.
    mutating func seal(
        _ record: inout MutableSpan<UInt8>, header: Int, nonce: InlineArray<12, UInt8>, additionalData: Span<UInt8>
    ) throws(CryptoError) {
        guard header >= 0, header <= record.count - tagLength else {
            throw .lengthOutOfRange("a record with room for its header and tag")
        }
        let length = record.count - header - tagLength
        let handle = unsafe self.handle
        let tagLength = tagLength
        var code = begin(nonce, header: additionalData.count, length: length)
        if code == 0 { code = authenticate(additionalData) }
        if code == 0 {
            code = unsafe record.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return 0 }
                let content = unsafe base + header
                var code = unsafe gcry_cipher_encrypt(handle, content, length, nil, 0)
                if code == 0 { code = unsafe gcry_cipher_gettag(handle, content + length, tagLength) }
                return code
            }
        }
        try GcryptError.check(code, "seal")
    }

    /// Like the other, with additional data that does not stand in the record.
    mutating func open(
        _ record: inout MutableSpan<UInt8>, header: Int, nonce: InlineArray<12, UInt8>, additionalData: Span<UInt8>
    ) throws(CryptoError) {
        guard header >= 0, header <= record.count else { throw .lengthOutOfRange("a record with its header") }
        let length = record.count - header - tagLength
        guard length >= 0 else {
            GcryptAEAD.wipe(&record, from: header)
            throw .authenticationFailed
        }
        let handle = unsafe self.handle
        let tagLength = tagLength
        var code = begin(nonce, header: additionalData.count, length: length)
        if code == 0 { code = authenticate(additionalData) }
        if code == 0 {
            code = unsafe record.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return 0 }
                let content = unsafe base + header
                var code = unsafe gcry_cipher_decrypt(handle, content, length, nil, 0)
                if code == 0 { code = unsafe gcry_cipher_checktag(handle, content + length, tagLength) }
                return code
            }
        }
        guard code == 0 else {
            GcryptAEAD.wipe(&record, from: header)
            throw GcryptError.error(code, "open")
        }
    }

    private func authenticate(_ additionalData: Span<UInt8>) -> gcry_error_t {
        let handle = unsafe self.handle
        return unsafe additionalData.withUnsafeBufferPointer {
            unsafe gcry_cipher_authenticate(handle, $0.baseAddress, $0.count)
        }
    }

    /// Sets the nonce, which also resets the handle, and for CCM the lengths.
    @inline(__always)
    private func begin(_ nonce: InlineArray<12, UInt8>, header: Int, length: Int) -> gcry_error_t {
        let handle = unsafe self.handle
        var code = unsafe nonce.span.withUnsafeBufferPointer { unsafe gcry_cipher_setiv(handle, $0.baseAddress, 12) }
        if needsLengths, code == 0 { code = setLengths(header: header, length: length) }
        return code
    }

    /// Out of line, so that the way of the other algorithms stays small.
    @inline(never)
    private func setLengths(header: Int, length: Int) -> gcry_error_t {
        let handle = unsafe self.handle
        var lengths: InlineArray<3, UInt64> = [UInt64(length), UInt64(header), UInt64(tagLength)]
        var span = lengths.mutableSpan
        return unsafe span.withUnsafeMutableBufferPointer { buffer in
            unsafe gcry_cipher_ctl(handle, Int32(GCRYCTL_SET_CCM_LENGTHS.rawValue), buffer.baseAddress, 24)
        }
    }

    private static func wipe(_ record: inout MutableSpan<UInt8>, from start: Int) {
        unsafe record.withUnsafeMutableBufferPointer { buffer in
            unsafe Wipe.erase(UnsafeMutableBufferPointer(rebasing: buffer[start...]))
        }
    }
}
