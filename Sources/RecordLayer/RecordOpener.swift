// RecordOpener.swift — the read direction: what a record carries, decrypted in place.
// RFC 8446 §5.
// Next: TLS13RecordProtection.swift.

internal import CryptoGlue
package import WireFormat

/// What a record carried, and where it lies in the receive buffer.
package struct OpenedRecord: Equatable, Sendable {
    package let type: ContentType
    /// The content, without header, inner type and padding.
    package let content: Range<Int>
}

/// The read direction of a connection. Before a key is installed records pass as they are.
package struct RecordOpener: ~Copyable, Sendable {
    private var protection: TLS13RecordProtection?
    private let keyUsageLimit: KeyUsageLimit?
    private let firstSequence: SequenceNumber

    /// - Parameters:
    ///   - keyUsageLimit: a lower limit than the RFC's, for tests; nil is the RFC's.
    ///   - firstSequence: where every key begins to count; other than 0 (RFC 8446 §5.3) only in tests.
    package init(keyUsageLimit: KeyUsageLimit? = nil, firstSequence: SequenceNumber = SequenceNumber()) {
        self.keyUsageLimit = keyUsageLimit
        self.firstSequence = firstSequence
    }

    package var isProtected: Bool {
        switch protection {
        case .some: true
        case .none: false
        }
    }

    /// RFC 8446 §5.5: the peer's key has protected so many records that it should be updated.
    package var isDueForUpdate: Bool {
        switch protection {
        case .some(let protection): protection.isDueForUpdate
        case .none: false
        }
    }

    /// Installs the key of the next epoch. The boundary proves that no octet of the old epoch is pending.
    package mutating func install(_ key: RecordKey, at boundary: consuming RecordBoundary) throws(RecordError) {
        guard case .tls13(let algorithm) = key.protection else { throw .crypto(.unsupported("TLS 1.2")) }
        protection = try TLS13RecordProtection(key, algorithm, limit: keyUsageLimit, firstSequence: firstSequence)
    }

    /// Opens `record` in place. A record whose tag fails is wiped before the error is thrown.
    package mutating func open(
        _ record: DeframedRecord, in buffer: inout ReceiveBuffer
    ) throws(RecordError) -> OpenedRecord {
        let content = record.range.lowerBound + RecordLimits.header..<record.range.upperBound
        guard isProtected else {
            // RFC 8446 §5.1: application data is never sent unprotected.
            if record.header.type == .applicationData { throw .applicationDataBeforeKeys }
            return try RecordOpener.checked(OpenedRecord(type: record.header.type, content: content))
        }
        switch record.header.type {
        case .applicationData: break
        // RFC 8446 §5, App. D.4: the one record that may come unprotected; the caller counts it and drops it.
        case .changeCipherSpec: return OpenedRecord(type: .changeCipherSpec, content: content)
        default: throw .unprotected(record.header.type)
        }
        let opened = try openProtected(record.range, in: &buffer)
        switch opened.type {
        case .handshake, .alert, .applicationData: return try RecordOpener.checked(opened)
        // RFC 8446 §5: a protected change_cipher_spec or an unknown type is refused.
        default: throw .innerTypeUnexpected(opened.type)
        }
    }

    @inline(__always)
    private mutating func openProtected(
        _ range: Range<Int>, in buffer: inout ReceiveBuffer
    ) throws(RecordError) -> OpenedRecord {
        var octets = buffer.mutableBytes(in: range)
        // `isProtected` was checked: without a key nothing reaches this line.
        guard let (type, end) = try protection?.open(&octets) else { throw .applicationDataBeforeKeys }
        return OpenedRecord(type: type, content: range.lowerBound + RecordLimits.header..<range.lowerBound + end)
    }

    /// RFC 8446 §5.1, §5.4: handshake and alert records are never empty.
    private static func checked(_ opened: OpenedRecord) throws(RecordError) -> OpenedRecord {
        if opened.content.isEmpty, opened.type != .applicationData { throw .emptyFragment(opened.type) }
        return opened
    }
}
