// SSL30MAC.swift — the MAC of SSL 3.0's records, which came before HMAC.
// RFC 6101 §5.2.3.1.
// Next: RecordRC4.swift.

/// hash(MAC_write_secret + pad_2 + hash(MAC_write_secret + pad_1 + message)) under one key.
struct SSL30MAC: ~Copyable, Sendable {
    private let codeLength: Int
    /// After the key and pad_1, and after the key and pad_2.
    private let inner: GcryptHash
    private let outer: GcryptHash
    private var running: GcryptHash
    private var isBroken = false

    init(_ algorithm: LegacyHashAlgorithm, key: Span<UInt8>) throws(CryptoError) {
        let (pad1, pad2) = (algorithm.pad1, algorithm.pad2)
        var inner = try GcryptHash(algorithm)
        inner.update(key)
        inner.update(pad1.span)
        var outer = try GcryptHash(algorithm)
        outer.update(key)
        outer.update(pad2.span)
        let running = try inner.copy()
        self.inner = inner
        self.outer = outer
        self.running = running
        codeLength = algorithm.digestLength
    }

    mutating func update(_ bytes: Span<UInt8>) { running.update(bytes) }

    /// Writes the code to `code` from `offset` on and returns to the state right after the key.
    mutating func finalize(into code: inout MutableSpan<UInt8>, at offset: Int) throws(CryptoError) {
        try snapshot(into: &code, at: offset)
        reset()
    }

    /// Writes the code of the message so far to `code` from `offset` on; the message may go on.
    func snapshot(into code: inout MutableSpan<UInt8>, at offset: Int = 0) throws(CryptoError) {
        guard !isBroken else { throw .backend(operation: "SSL 3.0 MAC", code: 0) }
        var digest = SecretBytes(count: codeLength)
        var bytes = digest.mutableBytes
        try running.snapshot(into: &bytes)
        var last = try outer.copy()
        last.update(digest.bytes)
        try last.snapshot(into: &code, at: offset)
    }

    /// Forgets the message, not the key.
    mutating func reset() {
        // Without memory for the copy nothing is authenticated any more.
        do throws(CryptoError) { running = try inner.copy() } catch { isBroken = true }
    }
}
