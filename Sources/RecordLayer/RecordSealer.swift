// RecordSealer.swift — the write direction: fragments, makes room once, encrypts in the send buffer.
// RFC 8446 §5.1, §5.2.
// Next: RecordPadding.swift.

internal import CryptoGlue
package import WireFormat

/// The write direction of a connection. Before a key is installed records go out as they are.
package struct RecordSealer: ~Copyable, Sendable {
    private var protection: TLS13RecordProtection?
    private let keyUsageLimit: KeyUsageLimit?
    private let padding: RecordPadding
    private let firstSequence: SequenceNumber

    /// - Parameters:
    ///   - keyUsageLimit: a lower limit than the RFC's, for tests; nil is the RFC's.
    ///   - firstSequence: where every key begins to count; other than 0 (RFC 8446 §5.3) only in tests.
    package init(
        padding: RecordPadding = .none, keyUsageLimit: KeyUsageLimit? = nil,
        firstSequence: SequenceNumber = SequenceNumber()
    ) {
        self.padding = padding
        self.keyUsageLimit = keyUsageLimit
        self.firstSequence = firstSequence
    }

    package var isProtected: Bool {
        switch protection {
        case .some: true
        case .none: false
        }
    }

    /// RFC 8446 §5.5: so many records went out under this key that it has to be updated before the next.
    package var isDueForUpdate: Bool {
        switch protection {
        case .some(let protection): protection.isDueForUpdate
        case .none: false
        }
    }

    /// Installs the key of the next epoch; records sealed before keep the old one.
    package mutating func install(_ key: RecordKey) throws(RecordError) {
        protection = try TLS13RecordProtection(key, limit: keyUsageLimit, firstSequence: firstSequence)
    }

    /// Appends `content` to `output` as as many records as it needs; nothing when it is empty.
    ///
    /// - Parameter legacyVersion: of an unprotected record; a protected one always says TLS 1.2 (RFC 8446 §5.2).
    package mutating func seal(
        _ type: ContentType, _ content: Span<UInt8>, legacyVersion: ProtocolVersion = .tls12,
        into output: inout SendBuffer
    ) throws(RecordError) {
        var rest = content
        if content.count > RecordLimits.plaintext {
            let (full, last) = content.count.quotientAndRemainder(dividingBy: RecordLimits.plaintext)
            output.makeRoom(full * recordLength(RecordLimits.plaintext) + recordLength(last))
        }
        while !rest.isEmpty {
            // RFC 8446 §5.1: at most 2^14 octets a record.
            let fragment = rest.extracting(first: min(rest.count, RecordLimits.plaintext))
            rest = rest.extracting(droppingFirst: fragment.count)
            if isProtected {
                try sealProtected(type, fragment, into: &output)
            } else {
                RecordSealer.append(type, fragment, legacyVersion: legacyVersion, into: &output)
            }
        }
    }

    private mutating func sealProtected(
        _ type: ContentType, _ content: Span<UInt8>, into output: inout SendBuffer
    ) throws(RecordError) {
        let range = output.reserve(recordLength(content.count))
        do throws(RecordError) {
            var record = output.mutableBytes(in: range)
            RecordHeader(type: .applicationData, legacyVersion: .tls12, length: range.count - RecordLimits.header)
                .write(into: &record)
            record.copy(content, at: RecordLimits.header)
            let typeIndex = RecordLimits.header + content.count
            record[typeIndex] = type.rawValue
            for index in typeIndex + 1..<record.count { record[index] = 0 }
            // `isProtected` was checked; were it not, the record would be refused, not sent in the clear.
            guard try protection?.seal(&record) != nil else { throw .crypto(.unsupported("sealing without a key")) }
        } catch {
            // No octet of a record that could not be sealed may reach the wire: it would be plaintext.
            var record = output.mutableBytes(in: range)
            record.wipe()
            output.unreserve(range.count)
            throw error
        }
    }

    /// The length of the record, header included, that carries `count` octets of content.
    private func recordLength(_ count: Int) -> Int {
        switch protection {
        case .some(let protection):
            RecordLimits.header + count + padding.count(after: count + 1) + protection.overhead
        case .none: RecordLimits.header + count
        }
    }

    private static func append(
        _ type: ContentType, _ content: Span<UInt8>, legacyVersion: ProtocolVersion, into output: inout SendBuffer
    ) {
        let range = output.reserve(RecordLimits.header + content.count)
        var record = output.mutableBytes(in: range)
        RecordHeader(type: type, legacyVersion: legacyVersion, length: content.count).write(into: &record)
        record.copy(content, at: RecordLimits.header)
    }
}
