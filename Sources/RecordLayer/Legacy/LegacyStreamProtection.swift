// LegacyStreamProtection.swift — RC4 records of SSL 3.0: MAC, then encrypt, without blocks and padding.
// RFC 6101 §5.2.3.1.
// Next: SSL30Alert.swift.

internal import CryptoGlue
internal import WireFormat

/// One direction under one pair of keys.
///
///     header (5) | content | MAC
///                └ encrypted ┘
struct LegacyStreamProtection: ~Copyable, Sendable {
    private var cipher: RecordRC4
    private var mac: RecordMAC
    private var sequence: SequenceNumber
    private let version: ProtocolVersion
    private let macLength: Int
    private let limit: KeyUsageLimit

    init(
        _ key: RecordKey, _ protection: LegacyProtection, limit: KeyUsageLimit?, firstSequence: SequenceNumber
    ) throws(RecordError) {
        let cipher = try LegacyStreamProtection.cipher(key, protection.use)
        let mac = try protection.recordMAC(key)
        self.cipher = cipher
        self.mac = mac
        sequence = firstSequence
        version = protection.version
        macLength = protection.mac.digestLength
        self.limit = limit ?? KeyUsageLimit(records: .max)
    }

    private static func cipher(_ key: RecordKey, _ use: LegacyUse) throws(RecordError) -> RecordRC4 {
        let octets = key.key.copy()
        do throws(CryptoError) { return try RecordRC4(key: octets.bytes, use) } catch { throw .crypto(error) }
    }

    /// The length of the record, header included, that carries `count` octets of content.
    func recordLength(_ count: Int) -> Int { RecordLimits.header + count + macLength }

    /// Appends `content`, at most 2^14 octets, to `output` as one record, sealed there.
    mutating func seal(
        _ type: ContentType, _ content: Span<UInt8>, into output: inout SendBuffer
    ) throws(RecordError) {
        let number = try sequence.next(for: type, limit: limit)
        let range = output.reserve(recordLength(content.count))
        let start = RecordLimits.header
        do throws(RecordError) {
            var record = output.mutableBytes(in: range)
            RecordHeader(type: type, legacyVersion: version, length: range.count - start).write(into: &record)
            record.copy(content, at: start)
            TLS12PseudoHeader.update(
                &mac, number, type, version, length: UInt16(truncatingIfNeeded: content.count))
            mac.update(content)
            do throws(CryptoError) {
                try mac.finalize(into: &record, at: start + content.count)
                try cipher.process(&record, in: start..<record.count)
            } catch { throw .crypto(error) }
        } catch {
            output.takeBack(range)
            throw error
        }
    }

    /// Opens `record` in place and returns where its content is. A record that fails is wiped before the error is thrown.
    mutating func open(
        _ record: inout MutableSpan<UInt8>, _ type: ContentType
    ) throws(RecordError) -> Range<Int> {
        let number = try sequence.next()
        let start = RecordLimits.header
        let end = record.count - macLength
        guard end >= start else {
            record.wipe()
            throw .authenticationFailed
        }
        do throws(CryptoError) {
            try cipher.process(&record, in: start..<record.count)
            TLS12PseudoHeader.update(&mac, number, type, version, length: UInt16(truncatingIfNeeded: end - start))
            mac.update(record.span.extracting(start..<end))
            var code = InlineArray<48, UInt8>(repeating: 0)
            var expected = code.mutableSpan
            try mac.finalize(into: &expected, at: 0)
            let isAuthentic = ConstantTime.equal(
                expected.span.extracting(first: macLength), record.span.extracting(droppingFirst: end))
            expected.wipe()
            if isAuthentic { return start..<end }
        } catch {
            record.wipe()
            throw .crypto(error)
        }
        record.wipe()
        throw .authenticationFailed
    }
}
