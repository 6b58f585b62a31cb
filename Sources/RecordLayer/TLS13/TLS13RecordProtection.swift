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

    init(
        _ key: RecordKey, limit: KeyUsageLimit?, firstSequence: SequenceNumber = SequenceNumber()
    ) throws(RecordError) {
        guard key.iv.count == SequenceNumber.nonceLength else {
            throw .crypto(.lengthOutOfRange("an IV of \(key.iv.count) octets"))
        }
        let octets = key.key.copy()
        do throws(CryptoError) { aead = try RecordAEAD(key.algorithm, key: octets.bytes) } catch {
            throw .crypto(error)
        }
        iv = key.iv.copy()
        self.limit = limit ?? KeyUsageLimit(of: key.algorithm)
        sequence = firstSequence
    }

    /// Octets that protection adds to the content, padding not counted: the inner type and the tag.
    var overhead: Int { 1 + aead.algorithm.tagLength }

    /// RFC 8446 §5.5: the key has protected as many records as it should.
    var isDueForUpdate: Bool { sequence.value >= limit.records }

    /// Seals `record`, a header, the inner plaintext and room for the tag, in place.
    mutating func seal(_ record: inout MutableSpan<UInt8>) throws(RecordError) {
        let number = try sequence.next()
        let nonce = SequenceNumber.nonce(of: number, iv: iv.bytes)
        do throws(CryptoError) {
            try aead.seal(&record, header: RecordLimits.header, nonce: nonce)
        } catch { throw .crypto(error) }
    }

    /// Opens `record` in place and returns the content type and where its content ends.
    mutating func open(_ record: inout MutableSpan<UInt8>) throws(RecordError) -> (type: ContentType, end: Int) {
        let tagLength = aead.algorithm.tagLength
        // RFC 8446 §5.2: shorter than a tag cannot authenticate. One error for every way to fail.
        guard record.count >= RecordLimits.header + tagLength else { throw .authenticationFailed }
        let number = try sequence.next()
        let nonce = SequenceNumber.nonce(of: number, iv: iv.bytes)
        do throws(CryptoError) {
            try aead.open(&record, header: RecordLimits.header, nonce: nonce)
        } catch .authenticationFailed {
            throw .authenticationFailed
        } catch { throw .crypto(error) }

        var end = record.count - tagLength
        // RFC 8446 §5.4: TLSInnerPlaintext is at most 2^14 + 1 octets, padding included.
        let innerLength = end - RecordLimits.header
        guard innerLength <= RecordLimits.plaintext + 1 else {
            throw .overflow(length: innerLength, limit: RecordLimits.plaintext + 1)
        }
        // RFC 8446 §5.4: the last non-zero octet is the content type.
        while end > RecordLimits.header, record[end - 1] == 0 { end -= 1 }
        guard end > RecordLimits.header else { throw .innerTypeMissing }
        return (ContentType(rawValue: record[end - 1]), end - 1)
    }
}
