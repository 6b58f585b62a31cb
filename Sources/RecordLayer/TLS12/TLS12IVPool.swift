// TLS12IVPool.swift — IVs for CBC records, drawn many at a time.
// RFC 5246 §6.2.3.2.
// Next: TLS12PaddingCheck.swift.

internal import CryptoGlue
internal import WireFormat

/// Unpredictable IVs. A draw from the system costs as much as the encryption of 500 octets, so 32 are drawn at once.
struct TLS12IVPool: ~Copyable, Sendable {
    private static let count = 32
    private let random: any RandomSource
    private var octets = SecretBytes(count: 0)
    private var used = 0

    init(_ random: any RandomSource) { self.random = random }

    /// Writes an IV of 8 or 16 octets that was never used to `record` at `offset`.
    mutating func next(into record: inout MutableSpan<UInt8>, _ length: Int, at offset: Int) throws(CryptoError) {
        if used == octets.count { try refill() }
        record.copy(octets.bytes.extracting(used..<used + length), at: offset)
        used += length
    }

    @inline(never)
    private mutating func refill() throws(CryptoError) {
        // All of them count as used until the draw has succeeded: none may be used twice.
        if octets.count == 0 { octets = SecretBytes(count: TLS12IVPool.count * RecordCBC.longestBlock) }
        used = octets.count
        let random = random
        var bytes = octets.mutableBytes
        try random.fill(&bytes)
        used = 0
    }
}
