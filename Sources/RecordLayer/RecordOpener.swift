// RecordOpener.swift — the read direction: what a record carries, decrypted in place.
// RFC 8446 §5; RFC 5246 §6.2; RFC 8449.
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
    /// At most one of the four: the way of TLS 1.3 asks for the first alone.
    private var protection: TLS13RecordProtection?
    private var aead12: TLS12AEADProtection?
    private var cbc12: TLS12CBCProtection?
    private var stream: LegacyStreamProtection?
    private var sizeLimit = RecordLimits.plaintext + 1
    /// Octets of refused early data that may still be skipped; nil when none is expected.
    private var skippable: Int?
    /// The peer may not have its key yet: what it sends in the clear may still be an alert.
    private var takesPlainAlert: Bool
    private let keyUsageLimit: KeyUsageLimit?
    private let firstSequence: SequenceNumber

    /// - Parameters:
    ///   - keyUsageLimit: a lower limit than the RFC's, for tests; nil is the RFC's.
    ///   - firstSequence: where every key begins to count; other than 0 (RFC 8446 §5.3) only in tests.
    ///   - isServer: in TLS 1.3 a server has its keys before the client can have them. A client that does not like the
    ///     ServerHello says so in an alert without protection, and several say so later too; until its first record that is
    ///     protected such an alert is taken. It can only end a connection that nobody has data of yet.
    package init(
        keyUsageLimit: KeyUsageLimit? = nil, firstSequence: SequenceNumber = SequenceNumber(), isServer: Bool = false
    ) {
        self.keyUsageLimit = keyUsageLimit
        self.firstSequence = firstSequence
        takesPlainAlert = isServer
    }

    package var isProtected: Bool {
        switch protection {
        case .some: true
        case .none: keyedVersion != nil
        }
    }

    /// The version of the key installed when it is TLS 1.2 or older.
    package private(set) var keyedVersion: ProtocolVersion?

    /// RFC 8446 §5.5: the peer's key has protected so many records that it should be updated.
    package var isDueForUpdate: Bool {
        switch protection {
        case .some(let protection): protection.isDueForUpdate
        case .none: false
        }
    }

    /// Installs the key of the next epoch. The boundary proves that no octet of the old epoch is pending.
    package mutating func install(_ key: RecordKey, at boundary: consuming RecordBoundary) throws(RecordError) {
        protection = nil
        aead12 = nil
        cbc12 = nil
        stream = nil
        keyedVersion = nil
        skippable = nil
        switch key.protection {
        case .tls13(let algorithm):
            protection = try TLS13RecordProtection(
                key, algorithm, limit: keyUsageLimit, firstSequence: firstSequence, innerLimit: sizeLimit)
        case .tls12AEAD(let algorithm):
            aead12 = try TLS12AEADProtection(key, algorithm, limit: keyUsageLimit, firstSequence: firstSequence)
            keyedVersion = .tls12
        case .tls12CBC(let algorithm, let encryptThenMAC):
            cbc12 = try TLS12CBCProtection(
                key, algorithm, encryptThenMAC: encryptThenMAC, random: SystemRandom(), limit: keyUsageLimit,
                firstSequence: firstSequence)
            keyedVersion = .tls12
        case .legacy(let legacy):
            if let rules = CBCRules(legacy) {
                cbc12 = try TLS12CBCProtection(
                    key, legacy, rules, random: SystemRandom(), limit: keyUsageLimit, firstSequence: firstSequence)
            } else {
                stream = try LegacyStreamProtection(key, legacy, limit: keyUsageLimit, firstSequence: firstSequence)
            }
            keyedVersion = legacy.version
        }
    }

    /// RFC 8449 §4: the record_size_limit we sent, in octets, from now on. In TLS 1.3 it counts the inner type and padding,
    /// in TLS 1.2 the plaintext alone; records without protection are not limited by it.
    package mutating func limitPlaintext(_ limit: Int) {
        sizeLimit = min(limit, RecordLimits.plaintext + 1)
        protection?.innerLimit = sizeLimit
    }

    /// RFC 8446 §4.2.10: the server refused early data, and the client may have sent some. Without a key, after a
    /// HelloRetryRequest, records of application data are it; with the handshake key, records that do not open under it, up
    /// to the first that does. The next key ends it.
    ///
    /// - Parameter octets: protected, more than these end the connection.
    package mutating func skipEarlyData(atMost octets: Int) { skippable = octets }

    package var isSkippingEarlyData: Bool { skippable != nil }

    /// As `open`, where early data is skipped: nil for a record of it.
    package mutating func openOrSkip(
        _ record: DeframedRecord, in buffer: inout ReceiveBuffer
    ) throws(RecordError) -> OpenedRecord? {
        guard record.header.type == .applicationData else { return try open(record, in: &buffer) }
        if isProtected {
            do throws(RecordError) {
                let opened = try open(record, in: &buffer)
                skippable = nil
                return opened
            } catch .authenticationFailed {
                protection?.takeBackNumber()
            } catch { throw error }
        }
        // One octet at least, so that empty records come to an end too.
        let rest = (skippable ?? 0) - max(record.header.length, 1)
        guard rest >= 0 else { throw .earlyDataTooLong }
        skippable = rest
        return nil
    }

    /// Opens `record` in place. A record that does not authenticate is wiped before the error is thrown.
    package mutating func open(
        _ record: DeframedRecord, in buffer: inout ReceiveBuffer
    ) throws(RecordError) -> OpenedRecord {
        let content = record.range.lowerBound + RecordLimits.header..<record.range.upperBound
        guard isProtected else {
            // RFC 8446 §5.1: application data is never sent unprotected.
            if record.header.type == .applicationData { throw .applicationDataBeforeKeys }
            return try RecordOpener.checked(OpenedRecord(type: record.header.type, content: content))
        }
        if keyedVersion != nil { return try openTLS12(record, in: &buffer) }
        switch record.header.type {
        case .applicationData: break
        // RFC 8446 §5, App. D.4: the one record that may come unprotected; the caller counts it and drops it.
        case .changeCipherSpec: return OpenedRecord(type: .changeCipherSpec, content: content)
        case .alert where takesPlainAlert: return try RecordOpener.checked(OpenedRecord(type: .alert, content: content))
        default: throw .unprotected(record.header.type)
        }
        let opened = try openProtected(record.range, in: &buffer)
        takesPlainAlert = false
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

    /// RFC 5246 §6.2.3: the type stands in the header, and every type is protected.
    @inline(never)
    private mutating func openTLS12(
        _ record: DeframedRecord, in buffer: inout ReceiveBuffer
    ) throws(RecordError) -> OpenedRecord {
        let type = record.header.type
        let range = try openTLS12(record.range, type, in: &buffer)
        let limit = min(sizeLimit, RecordLimits.plaintext)
        guard range.count <= limit else { throw .overflow(length: range.count, limit: limit) }
        // There is no renegotiation, so the key never changes again.
        if type == .changeCipherSpec { throw .changeCipherSpecUnexpected }
        let start = record.range.lowerBound
        return try RecordOpener.checked(
            OpenedRecord(type: type, content: start + range.lowerBound..<start + range.upperBound))
    }

    private mutating func openTLS12(
        _ range: Range<Int>, _ type: ContentType, in buffer: inout ReceiveBuffer
    ) throws(RecordError) -> Range<Int> {
        var octets = buffer.mutableBytes(in: range)
        if let content = try aead12?.open(&octets, type) { return content }
        if let content = try cbc12?.open(&octets, type) { return content }
        if let content = try stream?.open(&octets, type) { return content }
        throw .applicationDataBeforeKeys
    }

    /// RFC 8446 §5.1, §5.4: handshake and alert records are never empty.
    private static func checked(_ opened: OpenedRecord) throws(RecordError) -> OpenedRecord {
        if opened.content.isEmpty, opened.type != .applicationData { throw .emptyFragment(opened.type) }
        return opened
    }
}
