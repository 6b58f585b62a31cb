// TLS13RecordProtection.swift — inner type, padding, nonce, additional data.
// RFC 8446 §5.2, §5.3, §5.4.
// Next: HandshakeReassembler.swift.

internal import CryptoGlue
internal import WireFormat

/// One direction under one key.
///
///     header (5) | content | type (1) | zeros | tag
///     └ additional data    └── encrypted ──────┘
struct TLS13RecordProtection: ~Copyable, Sendable {
    private var aead: RecordAEAD
    private let iv: SecretBytes
    private var sequence: SequenceNumber
    private let limit: KeyUsageLimit
    private let tagLength: Int
    /// RFC 8446 §5.4, RFC 8449 §4: TLSInnerPlaintext is at most so long, type and padding included.
    var innerLimit: Int

    init(
        _ key: RecordKey, _ algorithm: AEADAlgorithm, limit: KeyUsageLimit?,
        firstSequence: SequenceNumber = SequenceNumber(), innerLimit: Int = RecordLimits.plaintext + 1
    ) throws(RecordError) {
        // A key that cannot seal is refused here, not at the first record.
        guard key.iv.count == SequenceNumber.nonceLength else { throw SequenceNumber.wrongLength(key.iv.count) }
        let octets = key.key.copy()
        do throws(CryptoError) { aead = try RecordAEAD(algorithm, key: octets.bytes) } catch {
            throw .crypto(error)
        }
        iv = key.iv.copy()
        self.limit = limit ?? KeyUsageLimit(of: algorithm)
        sequence = firstSequence
        tagLength = algorithm.tagLength
        self.innerLimit = innerLimit
    }

    /// The length of the record, header included, that carries `count` octets of content.
    @inline(__always)
    func recordLength(_ count: Int, padding: RecordPadding) -> Int {
        let inner = count + 1
        return RecordLimits.header + inner + padding.count(after: inner, limit: innerLimit) + tagLength
    }

    /// RFC 8446 §5.5: the key has protected as many records as it should.
    var isDueForUpdate: Bool { sequence.value >= limit.records }

    /// Appends `content`, at most 2^14 octets, to `output` as one record, sealed there.
    mutating func seal(
        _ type: ContentType, _ content: Span<UInt8>, padding: RecordPadding, into output: inout SendBuffer
    ) throws(RecordError) {
        let range = output.reserve(recordLength(content.count, padding: padding))
        do throws(RecordError) {
            var record = output.mutableBytes(in: range)
            // RFC 8446 §5.2: the outer type and version are always these.
            RecordHeader(type: .applicationData, legacyVersion: .tls12, length: range.count - RecordLimits.header)
                .write(into: &record)
            record.copy(content, at: RecordLimits.header)
            let typeIndex = RecordLimits.header + content.count
            record[typeIndex] = type.rawValue
            for index in typeIndex + 1..<record.count { record[index] = 0 }
            let nonce = try SequenceNumber.nonce(of: try sequence.next(), iv: iv.bytes)
            do throws(CryptoError) {
                try aead.seal(&record, header: RecordLimits.header, nonce: nonce)
            } catch { throw .crypto(error) }
        } catch {
            // No octet of a record that could not be sealed may reach the wire.
            output.takeBack(range)
            throw error
        }
    }

    /// Opens `record` in place and returns the content type and where its content ends.
    @inline(__always)
    mutating func open(_ record: inout MutableSpan<UInt8>) throws(RecordError) -> (type: ContentType, end: Int) {
        // RFC 8446 §5.2: shorter than a tag cannot authenticate. One error for every way to fail.
        guard record.count >= RecordLimits.header + tagLength else { throw .authenticationFailed }
        let number = try sequence.next()
        let nonce = try SequenceNumber.nonce(of: number, iv: iv.bytes)
        do throws(CryptoError) {
            try aead.open(&record, header: RecordLimits.header, nonce: nonce)
        } catch .authenticationFailed {
            throw .authenticationFailed
        } catch { throw .crypto(error) }

        var end = record.count - tagLength
        let innerLength = end - RecordLimits.header
        guard innerLength <= innerLimit else { throw .overflow(length: innerLength, limit: innerLimit) }
        // RFC 8446 §5.4: the last non-zero octet is the content type.
        while end > RecordLimits.header, record[end - 1] == 0 { end -= 1 }
        guard end > RecordLimits.header else { throw .innerTypeMissing }
        return (ContentType(rawValue: record[end - 1]), end - 1)
    }

    /// The record that did not open was not under this key, and has no number here.
    mutating func takeBackNumber() { sequence = SequenceNumber(max(sequence.value, 1) - 1) }
}
