// GcryptMAC.swift — HMAC by libgcrypt, keyed once and reset after each message.
// RFC 2104; RFC 5246 §6.2.3.1.
// Next: GcryptAEAD.swift.

import CGcrypt

/// HMAC under one key. libgcrypt wipes the padded key states when the handle is closed.
@safe
struct GcryptMAC: ~Copyable, @unchecked Sendable {
    private let handle: gcry_md_hd_t
    let codeLength: Int

    init(_ algorithm: HashAlgorithm, key: Span<UInt8>) throws(CryptoError) {
        try self.init(algorithm.gcryptIdentifier, length: algorithm.digestLength, key: key)
    }

    /// The MAC of a CBC suite. HMAC-SHA1 exists here alone: SHA-1 is no hash of this library.
    init(_ algorithm: CBCAlgorithm, key: Span<UInt8>) throws(CryptoError) {
        try self.init(algorithm.gcryptMACIdentifier, length: algorithm.macLength, key: key)
    }

    /// HMAC with MD5 or SHA-1, for what came before TLS 1.2.
    init(_ algorithm: LegacyHashAlgorithm, key: Span<UInt8>) throws(CryptoError) {
        try self.init(algorithm.gcryptIdentifier, length: algorithm.digestLength, key: key)
    }

    private init(_ identifier: Int32, length: Int, key: Span<UInt8>) throws(CryptoError) {
        let opened = try unsafe GcryptHash.open(identifier, flags: UInt32(GCRY_MD_FLAG_HMAC.rawValue))
        let code = unsafe key.withUnsafeBufferPointer { unsafe gcry_md_setkey(opened, $0.baseAddress, $0.count) }
        guard code == 0 else {
            unsafe gcry_md_close(opened)
            throw GcryptError.error(code, "HMAC key")
        }
        unsafe handle = opened
        codeLength = length
    }

    deinit {
        unsafe gcry_md_close(handle)
    }

    mutating func update(_ bytes: Span<UInt8>) {
        let handle = unsafe self.handle
        unsafe bytes.withUnsafeBufferPointer { unsafe gcry_md_write(handle, $0.baseAddress, $0.count) }
    }

    /// Writes the code to `code` from `offset` on and returns to the state right after the key.
    mutating func finalize(into code: inout MutableSpan<UInt8>, at offset: Int = 0) throws(CryptoError) {
        try unsafe GcryptMAC.read(handle, codeLength, into: &code, at: offset)
        reset()
    }

    /// Writes the code of the message so far to the start of `code`, from a copy: the message may go on.
    func snapshot(into code: inout MutableSpan<UInt8>) throws(CryptoError) {
        var copy: gcry_md_hd_t?
        try GcryptError.check(unsafe gcry_md_copy(&copy, handle), "HMAC snapshot")
        defer { unsafe gcry_md_close(copy) }
        guard let copy = unsafe copy else { throw .backend(operation: "HMAC snapshot", code: 0) }
        try unsafe GcryptMAC.read(copy, codeLength, into: &code, at: 0)
    }

    /// Forgets the message, not the key.
    mutating func reset() {
        unsafe gcry_md_reset(handle)
    }

    private static func read(
        _ handle: gcry_md_hd_t, _ length: Int, into code: inout MutableSpan<UInt8>, at offset: Int
    ) throws(CryptoError) {
        guard offset >= 0, length <= code.count - offset else {
            throw .lengthOutOfRange("room for an HMAC of \(length) bytes")
        }
        guard let value = unsafe gcry_md_read(handle, 0) else { throw .backend(operation: "HMAC", code: 0) }
        for index in 0..<length { code[offset + index] = unsafe value[index] }
    }
}

extension CBCAlgorithm {
    fileprivate var gcryptMACIdentifier: Int32 {
        switch self {
        case .aes128SHA1, .aes256SHA1: Int32(GCRY_MD_SHA1.rawValue)
        case .aes128SHA256, .aes256SHA256: Int32(GCRY_MD_SHA256.rawValue)
        case .aes256SHA384: Int32(GCRY_MD_SHA384.rawValue)
        }
    }
}
