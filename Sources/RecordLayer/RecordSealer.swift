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
        guard case .tls13(let algorithm) = key.protection else { throw .crypto(.unsupported("TLS 1.2")) }
        protection = try TLS13RecordProtection(key, algorithm, limit: keyUsageLimit, firstSequence: firstSequence)
    }

    /// Records are unprotected again: only after a HelloRetryRequest, which rejects early data (RFC 8446 §4.2.10).
    package mutating func removeKey() { protection = nil }

    /// Appends `content` to `output` as as many records as it needs; nothing when it is empty.
    ///
    /// - Parameter legacyVersion: of an unprotected record; a protected one always says TLS 1.2 (RFC 8446 §5.2).
    package mutating func seal(
        _ type: ContentType, _ content: Span<UInt8>, legacyVersion: ProtocolVersion = .tls12,
        into output: inout SendBuffer
    ) throws(RecordError) {
        // RFC 8446 §5.1: at most 2^14 octets a record.
        if content.count > RecordLimits.plaintext {
            try fragment(type, content, legacyVersion: legacyVersion, into: &output)
        } else if !content.isEmpty {
            try sealOne(type, content, legacyVersion: legacyVersion, into: &output)
        }
    }

    private mutating func fragment(
        _ type: ContentType, _ content: Span<UInt8>, legacyVersion: ProtocolVersion, into output: inout SendBuffer
    ) throws(RecordError) {
        let (full, last) = content.count.quotientAndRemainder(dividingBy: RecordLimits.plaintext)
        output.makeRoom(full * recordLength(RecordLimits.plaintext) + recordLength(last))
        var rest = content
        while !rest.isEmpty {
            let fragment = rest.extracting(first: min(rest.count, RecordLimits.plaintext))
            rest = rest.extracting(droppingFirst: fragment.count)
            try sealOne(type, fragment, legacyVersion: legacyVersion, into: &output)
        }
    }

    @inline(__always)
    private mutating func sealOne(
        _ type: ContentType, _ content: Span<UInt8>, legacyVersion: ProtocolVersion, into output: inout SendBuffer
    ) throws(RecordError) {
        if try protection?.seal(type, content, padding: padding, into: &output) == nil {
            RecordSealer.append(type, content, legacyVersion: legacyVersion, into: &output)
        }
    }

    /// The length of the record, header included, that carries `count` octets of content.
    private func recordLength(_ count: Int) -> Int {
        switch protection {
        case .some(let protection): protection.recordLength(count, padding: padding)
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
