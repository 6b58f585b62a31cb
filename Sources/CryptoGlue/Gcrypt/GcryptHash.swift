// GcryptHash.swift — hash functions by libgcrypt.
// FIPS 180-4; FIPS 202 for SHAKE256, which Ed448 needs.
// Next: GcryptMAC.swift.

import CGcrypt

extension HashAlgorithm {
    /// libgcrypt's number of the algorithm.
    var gcryptIdentifier: Int32 {
        switch self {
        case .sha256: Int32(GCRY_MD_SHA256.rawValue)
        case .sha384: Int32(GCRY_MD_SHA384.rawValue)
        case .sha512: Int32(GCRY_MD_SHA512.rawValue)
        }
    }

    /// libgcrypt's name of the algorithm, as S-expressions carry it.
    var gcryptName: StaticString {
        switch self {
        case .sha256: "sha256"
        case .sha384: "sha384"
        case .sha512: "sha512"
        }
    }
}

extension LegacyHashAlgorithm {
    /// libgcrypt's number of the algorithm.
    var gcryptIdentifier: Int32 {
        switch self {
        case .md5: Int32(GCRY_MD_MD5.rawValue)
        case .sha1: Int32(GCRY_MD_SHA1.rawValue)
        }
    }
}

/// A running hash. libgcrypt wipes the context when it is closed.
@safe
struct GcryptHash: ~Copyable, @unchecked Sendable {
    private let handle: gcry_md_hd_t
    private let digestLength: Int

    init(_ algorithm: HashAlgorithm) throws(CryptoError) {
        let opened = try unsafe GcryptHash.open(algorithm.gcryptIdentifier, flags: 0)
        unsafe handle = opened
        digestLength = algorithm.digestLength
    }

    init(_ algorithm: LegacyHashAlgorithm) throws(CryptoError) {
        let opened = try unsafe GcryptHash.open(algorithm.gcryptIdentifier, flags: 0)
        unsafe handle = opened
        digestLength = algorithm.digestLength
    }

    private init(_ handle: gcry_md_hd_t, digestLength: Int) {
        unsafe self.handle = unsafe handle
        self.digestLength = digestLength
    }

    deinit {
        unsafe gcry_md_close(handle)
    }

    mutating func update(_ bytes: Span<UInt8>) {
        let handle = unsafe self.handle
        unsafe bytes.withUnsafeBufferPointer { unsafe gcry_md_write(handle, $0.baseAddress, $0.count) }
    }

    /// A second hash that goes on from here.
    func copy() throws(CryptoError) -> GcryptHash {
        var copy: gcry_md_hd_t?
        try GcryptError.check(unsafe gcry_md_copy(&copy, handle), "hash copy")
        guard let copy = unsafe copy else { throw .backend(operation: "hash copy", code: 0) }
        return unsafe GcryptHash(copy, digestLength: digestLength)
    }

    /// The digest so far, taken from a copy of the context.
    func snapshot() throws(CryptoError) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: digestLength)
        var bytes = digest.mutableSpan
        try snapshot(into: &bytes)
        return digest
    }

    /// Writes the digest so far to `digest` from `offset` on, where there is room for it.
    func snapshot(into digest: inout MutableSpan<UInt8>, at offset: Int = 0) throws(CryptoError) {
        guard offset >= 0, digestLength <= digest.count - offset else { throw .lengthOutOfRange("digest") }
        var copy: gcry_md_hd_t?
        try GcryptError.check(unsafe gcry_md_copy(&copy, handle), "hash snapshot")
        defer { unsafe gcry_md_close(copy) }
        guard let copy = unsafe copy, let value = unsafe gcry_md_read(copy, 0) else {
            throw .backend(operation: "hash snapshot", code: 0)
        }
        for index in 0..<digestLength { digest[offset + index] = unsafe value[index] }
    }

    static func digest(_ algorithm: HashAlgorithm, _ bytes: Span<UInt8>) throws(CryptoError) -> [UInt8] {
        try GcryptStartup.version()
        var digest = [UInt8](repeating: 0, count: algorithm.digestLength)
        var target = digest.mutableSpan
        unsafe bytes.withUnsafeBufferPointer { source in
            unsafe target.withUnsafeMutableBufferPointer { target in
                unsafe gcry_md_hash_buffer(
                    algorithm.gcryptIdentifier, target.baseAddress, source.baseAddress, source.count)
            }
        }
        return digest
    }

    static func open(_ identifier: Int32, flags: UInt32) throws(CryptoError) -> gcry_md_hd_t {
        try GcryptStartup.version()
        var handle: gcry_md_hd_t?
        try GcryptError.check(unsafe gcry_md_open(&handle, identifier, flags), "hash")
        guard let handle = unsafe handle else { throw .backend(operation: "hash", code: 0) }
        return unsafe handle
    }
}

/// SHAKE256 with an output of any length.
@safe
struct GcryptSHAKE256: ~Copyable {
    private let handle: gcry_md_hd_t

    init() throws(CryptoError) {
        let opened = try unsafe GcryptHash.open(Int32(GCRY_MD_SHAKE256.rawValue), flags: 0)
        unsafe handle = opened
    }

    deinit {
        unsafe gcry_md_close(handle)
    }

    mutating func update(_ bytes: Span<UInt8>) {
        let handle = unsafe self.handle
        unsafe bytes.withUnsafeBufferPointer { unsafe gcry_md_write(handle, $0.baseAddress, $0.count) }
    }

    /// Ends the message and fills all of `output`.
    consuming func finalize(into output: inout MutableSpan<UInt8>) throws(CryptoError) {
        let handle = unsafe self.handle
        let code = unsafe output.withUnsafeMutableBufferPointer { buffer in
            unsafe gcry_md_extract(handle, Int32(GCRY_MD_SHAKE256.rawValue), buffer.baseAddress, buffer.count)
        }
        try GcryptError.check(code, "SHAKE256")
    }
}
