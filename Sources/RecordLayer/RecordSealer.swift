// RecordSealer.swift — the write direction: fragments, makes room once, encrypts in the send buffer.
// RFC 8446 §5.1, §5.2; RFC 5246 §6.2; RFC 8449.
// Next: RecordPadding.swift.

package import CryptoGlue
package import WireFormat

/// The write direction of a connection. Before a key is installed records go out as they are.
package struct RecordSealer: ~Copyable, Sendable {
    /// At most one of the four: the way of TLS 1.3 asks for the first alone.
    private var protection: TLS13RecordProtection?
    private var aead12: TLS12AEADProtection?
    private var cbc12: TLS12CBCProtection?
    private var stream: LegacyStreamProtection?
    /// The version of the key installed when it is TLS 1.2 or older.
    private var keyedVersion: ProtocolVersion?
    /// The most content of a record under the key installed.
    private var contentLimit = RecordLimits.plaintext
    private var sizeLimit = RecordLimits.plaintext + 1
    private let random: any RandomSource
    private let keyUsageLimit: KeyUsageLimit?
    private let padding: RecordPadding
    private let firstSequence: SequenceNumber

    /// - Parameters:
    ///   - keyUsageLimit: a lower limit than the RFC's, for tests; nil is the RFC's.
    ///   - firstSequence: where every key begins to count; other than 0 (RFC 8446 §5.3) only in tests.
    ///   - random: where the IVs of CBC records come from.
    package init(
        padding: RecordPadding = .none, keyUsageLimit: KeyUsageLimit? = nil,
        firstSequence: SequenceNumber = SequenceNumber(), random: any RandomSource = SystemRandom()
    ) {
        self.random = random
        self.padding = padding
        self.keyUsageLimit = keyUsageLimit
        self.firstSequence = firstSequence
    }

    package var isProtected: Bool {
        switch protection {
        case .some: true
        case .none: keyedVersion != nil
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
        protection = nil
        aead12 = nil
        cbc12 = nil
        stream = nil
        keyedVersion = nil
        switch key.protection {
        case .tls13(let algorithm):
            protection = try TLS13RecordProtection(
                key, algorithm, limit: keyUsageLimit, firstSequence: firstSequence, innerLimit: sizeLimit)
        case .tls12AEAD(let algorithm):
            aead12 = try TLS12AEADProtection(key, algorithm, limit: keyUsageLimit, firstSequence: firstSequence)
            keyedVersion = .tls12
        case .tls12CBC(let algorithm, let encryptThenMAC):
            cbc12 = try TLS12CBCProtection(
                key, algorithm, encryptThenMAC: encryptThenMAC, random: random, limit: keyUsageLimit,
                firstSequence: firstSequence)
            keyedVersion = .tls12
        case .legacy(let legacy):
            if let rules = CBCRules(legacy) {
                cbc12 = try TLS12CBCProtection(
                    key, legacy, rules, random: random, limit: keyUsageLimit, firstSequence: firstSequence)
            } else {
                stream = try LegacyStreamProtection(key, legacy, limit: keyUsageLimit, firstSequence: firstSequence)
            }
            keyedVersion = legacy.version
        }
        updateContentLimit()
    }

    /// RFC 8449 §4: the record_size_limit the peer sent, in octets, from now on. In TLS 1.3 it counts the inner type and
    /// padding, in TLS 1.2 the plaintext alone; records without protection are not limited by it.
    package mutating func limitPlaintext(_ limit: Int) {
        // At least one octet of content a record: whoever sends less than 64 was refused before.
        sizeLimit = min(max(limit, 2), RecordLimits.plaintext + 1)
        protection?.innerLimit = sizeLimit
        updateContentLimit()
    }

    private mutating func updateContentLimit() {
        switch protection {
        case .some: contentLimit = min(sizeLimit - 1, RecordLimits.plaintext)
        case .none: contentLimit = keyedVersion != nil ? min(sizeLimit, RecordLimits.plaintext) : RecordLimits.plaintext
        }
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
        // RFC 8446 §5.1, RFC 8449 §4: at most 2^14 octets a record, or as many as the peer takes.
        if content.count > contentLimit {
            try fragment(type, content, legacyVersion: legacyVersion, into: &output)
        } else if !content.isEmpty {
            try sealOne(type, content, legacyVersion: legacyVersion, into: &output)
        }
    }

    private mutating func fragment(
        _ type: ContentType, _ content: Span<UInt8>, legacyVersion: ProtocolVersion, into output: inout SendBuffer
    ) throws(RecordError) {
        let (full, last) = content.count.quotientAndRemainder(dividingBy: contentLimit)
        output.makeRoom(full * recordLength(contentLimit) + recordLength(last))
        var rest = content
        while !rest.isEmpty {
            let fragment = rest.extracting(first: min(rest.count, contentLimit))
            rest = rest.extracting(droppingFirst: fragment.count)
            try sealOne(type, fragment, legacyVersion: legacyVersion, into: &output)
        }
    }

    @inline(__always)
    private mutating func sealOne(
        _ type: ContentType, _ content: Span<UInt8>, legacyVersion: ProtocolVersion, into output: inout SendBuffer
    ) throws(RecordError) {
        if try protection?.seal(type, content, padding: padding, into: &output) == nil {
            try sealOther(type, content, legacyVersion: legacyVersion, into: &output)
        }
    }

    /// Out of line, so that the way of TLS 1.3 stays small.
    @inline(never)
    private mutating func sealOther(
        _ type: ContentType, _ content: Span<UInt8>, legacyVersion: ProtocolVersion, into output: inout SendBuffer
    ) throws(RecordError) {
        if try aead12?.seal(type, content, into: &output) != nil { return }
        if try sealCBC(type, content, into: &output) { return }
        if try stream?.seal(type, content, into: &output) != nil { return }
        // RFC 8446 §5.1: application data is never sent unprotected.
        guard type != .applicationData else { throw .applicationDataBeforeKeys }
        RecordSealer.append(type, content, legacyVersion: legacyVersion, into: &output)
    }

    /// False without a key of a CBC suite.
    private mutating func sealCBC(
        _ type: ContentType, _ content: Span<UInt8>, into output: inout SendBuffer
    ) throws(RecordError) -> Bool {
        var rest = content
        if type == .applicationData, content.count > 1, splitsFirstOctet {
            _ = try cbc12?.seal(type, content.extracting(first: 1), into: &output)
            rest = content.extracting(droppingFirst: 1)
        }
        return try cbc12?.seal(type, rest, into: &output) != nil
    }

    private var splitsFirstOctet: Bool {
        switch cbc12 {
        case .some(let protection): protection.splitsFirstOctet
        case .none: false
        }
    }

    /// The length of the record, header included, that carries `count` octets of content.
    private func recordLength(_ count: Int) -> Int {
        switch protection {
        case .some(let protection): protection.recordLength(count, padding: padding)
        case .none: otherRecordLength(count)
        }
    }

    private func otherRecordLength(_ count: Int) -> Int {
        switch aead12 {
        case .some(let protection): return protection.recordLength(count)
        case .none: break
        }
        switch cbc12 {
        case .some(let protection): return protection.recordLength(count)
        case .none: break
        }
        switch stream {
        case .some(let protection): return protection.recordLength(count)
        case .none: return RecordLimits.header + count
        }
    }

    /// Out of line and not throwing: Swift 6.3 ends a throwing function that ends with a copy wrongly (see `takeClient`).
    @inline(never)
    private static func append(
        _ type: ContentType, _ content: Span<UInt8>, legacyVersion: ProtocolVersion, into output: inout SendBuffer
    ) {
        let range = output.reserve(RecordLimits.header + content.count)
        var record = output.mutableBytes(in: range)
        RecordHeader(type: type, legacyVersion: legacyVersion, length: content.count).write(into: &record)
        record.copy(content, at: RecordLimits.header)
    }
}
