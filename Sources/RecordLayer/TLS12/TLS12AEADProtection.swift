// TLS12AEADProtection.swift — GCM and CCM with an explicit nonce, ChaCha20-Poly1305 without one.
// RFC 5246 §6.2.3.3; RFC 5288 §3; RFC 6655 §3; RFC 7905 §2.
// Next: TLS12CBCProtection.swift.

internal import CryptoGlue
internal import WireFormat

/// One direction under one key.
///
///     header (5) | explicit nonce (8 or 0) | content | tag
///                                          └ encrypted ┘
struct TLS12AEADProtection: ~Copyable, Sendable {
    private var aead: RecordAEAD
    /// 4 octets, the implicit part of each nonce; 12 where there is no explicit part.
    private let iv: SecretBytes
    private var sequence: SequenceNumber
    private let limit: KeyUsageLimit
    private let tagLength: Int
    private let explicitLength: Int

    init(
        _ key: RecordKey, _ algorithm: AEADAlgorithm, limit: KeyUsageLimit?, firstSequence: SequenceNumber
    ) throws(RecordError) {
        let ivLength = algorithm.fixedIVLength
        guard key.iv.count == ivLength else {
            throw .crypto(.lengthOutOfRange("an IV has \(ivLength) octets, not \(key.iv.count)"))
        }
        let octets = key.key.copy()
        do throws(CryptoError) { aead = try RecordAEAD(algorithm, key: octets.bytes) } catch { throw .crypto(error) }
        iv = key.iv.copy()
        self.limit = limit ?? KeyUsageLimit(of: algorithm)
        sequence = firstSequence
        tagLength = algorithm.tagLength
        explicitLength = SequenceNumber.nonceLength - ivLength
    }

    /// Where the content of a record begins.
    private var contentStart: Int { RecordLimits.header + explicitLength }

    /// The length of the record, header included, that carries `count` octets of content.
    func recordLength(_ count: Int) -> Int { contentStart + count + tagLength }

    /// Appends `content`, at most 2^14 octets, to `output` as one record, sealed there.
    mutating func seal(
        _ type: ContentType, _ content: Span<UInt8>, into output: inout SendBuffer
    ) throws(RecordError) {
        let number = try sequence.next(for: type, limit: limit)
        let range = output.reserve(recordLength(content.count))
        do throws(RecordError) {
            var record = output.mutableBytes(in: range)
            RecordHeader(type: type, legacyVersion: .tls12, length: range.count - RecordLimits.header)
                .write(into: &record)
            // RFC 5288 §3, §6.1: the sequence number is the explicit part, so no nonce of a key comes twice.
            for index in 0..<explicitLength {
                record[RecordLimits.header + index] = UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * index))
            }
            record.copy(content, at: contentStart)
            let nonce = try nonce(number, &record)
            let header = TLS12PseudoHeader.make(number, type, length: UInt16(truncatingIfNeeded: content.count))
            let additional = header.span
            do throws(CryptoError) {
                try aead.seal(&record, header: contentStart, nonce: nonce, additionalData: additional)
            } catch { throw .crypto(error) }
        } catch {
            output.takeBack(range)
            throw error
        }
    }

    /// Opens `record` in place and returns where its content is.
    mutating func open(
        _ record: inout MutableSpan<UInt8>, _ type: ContentType
    ) throws(RecordError) -> Range<Int> {
        let number = try sequence.next()
        let length = record.count - contentStart - tagLength
        guard length >= 0 else {
            record.wipe()
            throw .authenticationFailed
        }
        let nonce = try nonce(number, &record)
        let header = TLS12PseudoHeader.make(number, type, length: UInt16(truncatingIfNeeded: length))
        let additional = header.span
        do throws(CryptoError) {
            try aead.open(&record, header: contentStart, nonce: nonce, additionalData: additional)
        } catch .authenticationFailed {
            record.wipe()
            throw .authenticationFailed
        } catch { throw .crypto(error) }
        return contentStart..<contentStart + length
    }

    /// The implicit part and the explicit one of `record`; without an explicit part the IV XOR the number (RFC 7905 §2).
    private func nonce(
        _ number: UInt64, _ record: inout MutableSpan<UInt8>
    ) throws(RecordError) -> InlineArray<12, UInt8> {
        guard explicitLength > 0 else { return try SequenceNumber.nonce(of: number, iv: iv.bytes) }
        var nonce = InlineArray<12, UInt8>(repeating: 0)
        let fixed = iv.bytes
        for index in fixed.indices { nonce[index] = fixed[index] }
        for index in 0..<explicitLength { nonce[fixed.count + index] = record[RecordLimits.header + index] }
        return nonce
    }
}
