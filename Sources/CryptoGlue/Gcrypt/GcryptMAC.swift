// GcryptMAC.swift — HMAC by libgcrypt, keyed once and reset after each message.
// RFC 2104.
// Next: GcryptAEAD.swift.

import CGcrypt

/// HMAC under one key. libgcrypt wipes the padded key states when the handle is closed.
@safe
struct GcryptMAC: ~Copyable, @unchecked Sendable {
    private let handle: gcry_md_hd_t
    private let codeLength: Int

    init(_ algorithm: HashAlgorithm, key: Span<UInt8>) throws(CryptoError) {
        let opened = try unsafe GcryptHash.open(algorithm.gcryptIdentifier, flags: UInt32(GCRY_MD_FLAG_HMAC.rawValue))
        let code = unsafe key.withUnsafeBufferPointer { unsafe gcry_md_setkey(opened, $0.baseAddress, $0.count) }
        guard code == 0 else {
            unsafe gcry_md_close(opened)
            throw GcryptError.error(code, "HMAC key")
        }
        unsafe handle = opened
        codeLength = algorithm.digestLength
    }

    deinit {
        unsafe gcry_md_close(handle)
    }

    mutating func update(_ bytes: Span<UInt8>) {
        let handle = unsafe self.handle
        unsafe bytes.withUnsafeBufferPointer { unsafe gcry_md_write(handle, $0.baseAddress, $0.count) }
    }

    /// Writes the code to the start of `code` and returns to the state right after the key.
    mutating func finalize(into code: inout MutableSpan<UInt8>) throws(CryptoError) {
        guard code.count >= codeLength else { throw .lengthOutOfRange("room for an HMAC of \(codeLength) bytes") }
        guard let value = unsafe gcry_md_read(handle, 0) else { throw .backend(operation: "HMAC", code: 0) }
        for index in 0..<codeLength { code[index] = unsafe value[index] }
        unsafe gcry_md_reset(handle)
    }
}
