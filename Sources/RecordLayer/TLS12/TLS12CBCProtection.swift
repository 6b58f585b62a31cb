// TLS12CBCProtection.swift — AES-CBC with an HMAC, the MAC outside (encrypt_then_mac) or inside.
// RFC 5246 §6.2.3.2; RFC 7366.
// Next: TLS12PaddingCheck.swift.

internal import CryptoGlue
internal import WireFormat

/// One direction under one pair of keys, of TLS 1.2 or of a version before it.
///
///     header (5) | IV (16) | content | MAC | padding          MAC over the content
///                          └ encrypted ──────────────┘
///     header (5) | IV (16) | content | padding | MAC          MAC over IV and ciphertext (RFC 7366)
///                          └ encrypted ────────┘
struct TLS12CBCProtection: ~Copyable, Sendable {
    private var cipher: RecordCBC
    private var mac: RecordMAC
    private var ivs: TLS12IVPool
    private var sequence: SequenceNumber
    private let limit: KeyUsageLimit
    private let rules: CBCRules
    /// Where the content of a record begins.
    private let contentStart: Int

    init(
        _ key: RecordKey, _ algorithm: CBCAlgorithm, encryptThenMAC: Bool, random: any RandomSource,
        limit: KeyUsageLimit?, firstSequence: SequenceNumber
    ) throws(RecordError) {
        let cipher = try TLS12CBCProtection.cipher(key, algorithm)
        let mac = try TLS12CBCProtection.mac(key, algorithm)
        self.init(
            cipher, mac, .tls12(algorithm, encryptThenMAC: encryptThenMAC), random: random, limit: limit,
            firstSequence: firstSequence)
    }

    /// A version before TLS 1.2.
    init(
        _ key: RecordKey, _ protection: LegacyProtection, _ rules: CBCRules, random: any RandomSource,
        limit: KeyUsageLimit?, firstSequence: SequenceNumber
    ) throws(RecordError) {
        let cipher = try TLS12CBCProtection.cipher(key, protection)
        let mac = try protection.recordMAC(key)
        self.init(cipher, mac, rules, random: random, limit: limit, firstSequence: firstSequence)
    }

    private init(
        _ cipher: consuming RecordCBC, _ mac: consuming RecordMAC, _ rules: CBCRules, random: any RandomSource,
        limit: KeyUsageLimit?, firstSequence: SequenceNumber
    ) {
        self.cipher = cipher
        self.mac = mac
        ivs = TLS12IVPool(random)
        sequence = firstSequence
        self.limit = limit ?? KeyUsageLimit(records: .max)
        self.rules = rules
        contentStart = RecordLimits.header + (rules.hasExplicitIV ? rules.blockLength : 0)
    }

    private static func cipher(_ key: RecordKey, _ algorithm: CBCAlgorithm) throws(RecordError) -> RecordCBC {
        let octets = key.key.copy()
        do throws(CryptoError) { return try RecordCBC(algorithm, key: octets.bytes) } catch { throw .crypto(error) }
    }

    private static func cipher(_ key: RecordKey, _ protection: LegacyProtection) throws(RecordError) -> RecordCBC {
        let octets = key.key.copy()
        let iv = key.iv.copy()
        do throws(CryptoError) {
            return try RecordCBC(protection.cipher, key: octets.bytes, iv: iv.bytes, protection.use)
        } catch { throw .crypto(error) }
    }

    private static func mac(_ key: RecordKey, _ algorithm: CBCAlgorithm) throws(RecordError) -> RecordMAC {
        let octets = key.macKey.copy()
        do throws(CryptoError) { return try RecordMAC(algorithm, key: octets.bytes) } catch { throw .crypto(error) }
    }

    /// Application data goes out with its first octet in a record of its own (T-05).
    var splitsFirstOctet: Bool { rules.splitsFirstOctet }

    private var encryptThenMAC: Bool { rules.encryptThenMAC }
    private var macLength: Int { rules.macLength }

    /// padding and padding_length: as little as fills the last block (RFC 5246 §6.2.3.2).
    private func paddingLength(_ count: Int) -> Int {
        let unpadded = encryptThenMAC ? count : count + macLength
        return rules.blockLength - unpadded % rules.blockLength
    }

    /// The length of the record, header included, that carries `count` octets of content.
    func recordLength(_ count: Int) -> Int {
        contentStart + count + macLength + paddingLength(count)
    }

    /// Appends `content`, at most 2^14 octets, to `output` as one record, sealed there.
    mutating func seal(
        _ type: ContentType, _ content: Span<UInt8>, into output: inout SendBuffer
    ) throws(RecordError) {
        let number = try sequence.next(for: type, limit: limit)
        let range = output.reserve(recordLength(content.count))
        do throws(RecordError) {
            var record = output.mutableBytes(in: range)
            RecordHeader(type: type, legacyVersion: rules.version, length: range.count - RecordLimits.header)
                .write(into: &record)
            record.copy(content, at: contentStart)
            do throws(CryptoError) {
                // RFC 5246 §6.2.3.2: since TLS 1.1 each record has an IV that nobody can predict.
                if rules.hasExplicitIV { try ivs.next(into: &record, rules.blockLength, at: RecordLimits.header) }
                try protect(&record, type, number, content.count)
            } catch { throw .crypto(error) }
        } catch {
            output.takeBack(range)
            throw error
        }
    }

    /// Pads, authenticates and encrypts `record`, whose header, IV and content are there.
    private mutating func protect(
        _ record: inout MutableSpan<UInt8>, _ type: ContentType, _ number: UInt64, _ count: Int
    ) throws(CryptoError) {
        let start = contentStart
        let padding = paddingLength(count)
        if encryptThenMAC {
            let end = start + count + padding
            for index in start + count..<end { record[index] = UInt8(truncatingIfNeeded: padding - 1) }
            try encrypt(&record, in: start..<end)
            authenticate(&record, type, number, RecordLimits.header..<end)
            try mac.finalize(into: &record, at: end)
        } else {
            authenticate(&record, type, number, start..<start + count)
            try mac.finalize(into: &record, at: start + count)
            for index in start + count + macLength..<record.count {
                record[index] = UInt8(truncatingIfNeeded: padding - 1)
            }
            try encrypt(&record, in: start..<record.count)
        }
    }

    /// Begins the MAC over the octets of `range`.
    private mutating func authenticate(
        _ record: inout MutableSpan<UInt8>, _ type: ContentType, _ number: UInt64, _ range: Range<Int>
    ) {
        TLS12PseudoHeader.update(
            &mac, number, type, rules.version, length: UInt16(truncatingIfNeeded: range.count))
        mac.update(record.span.extracting(range))
    }

    private mutating func encrypt(_ record: inout MutableSpan<UInt8>, in range: Range<Int>) throws(CryptoError) {
        guard rules.hasExplicitIV else { return try cipher.encryptNext(&record, in: range) }
        try cipher.encrypt(&record, in: range)
    }

    private mutating func decrypt(_ record: inout MutableSpan<UInt8>, in range: Range<Int>) throws(CryptoError) {
        guard rules.hasExplicitIV else { return try cipher.decryptNext(&record, in: range) }
        try cipher.decrypt(&record, in: range)
    }

    /// Opens `record` in place and returns where its content is. One error for every way to fail, and the record is
    /// wiped before it is thrown.
    mutating func open(
        _ record: inout MutableSpan<UInt8>, _ type: ContentType
    ) throws(RecordError) -> Range<Int> {
        let number = try sequence.next()
        let length: Int?
        do throws(CryptoError) {
            length = try encryptThenMAC ? openOutside(&record, type, number) : openInside(&record, type, number)
        } catch {
            record.wipe()
            throw .crypto(error)
        }
        guard let length else {
            record.wipe()
            throw .authenticationFailed
        }
        return contentStart..<contentStart + length
    }

    /// RFC 7366 §3: the MAC is looked at first, and nothing is decrypted unless it matches. Nil when it does not.
    private mutating func openOutside(
        _ record: inout MutableSpan<UInt8>, _ type: ContentType, _ number: UInt64
    ) throws(CryptoError) -> Int? {
        let start = contentStart
        let end = record.count - macLength
        guard end >= start + rules.blockLength, (end - start).isMultiple(of: rules.blockLength) else {
            return nil
        }
        authenticate(&record, type, number, RecordLimits.header..<end)
        var code = InlineArray<48, UInt8>(repeating: 0)
        var expected = code.mutableSpan
        try mac.finalize(into: &expected, at: 0)
        let isAuthentic = ConstantTime.equal(
            expected.span.extracting(first: macLength), record.span.extracting(droppingFirst: end))
        expected.wipe()
        guard isAuthentic else { return nil }
        try decrypt(&record, in: start..<end)
        return TLS12PaddingCheck.contentLength(of: record.span.extracting(start..<end))
    }

    /// RFC 5246 §6.2.3.2, MAC-then-encrypt. Nil when padding or MAC is wrong, and the time does not say which.
    private mutating func openInside(
        _ record: inout MutableSpan<UInt8>, _ type: ContentType, _ number: UInt64
    ) throws(CryptoError) -> Int? {
        let start = contentStart
        let count = record.count - start
        guard count > macLength, count.isMultiple(of: rules.blockLength) else { return nil }
        try decrypt(&record, in: start..<record.count)
        let decrypted = record.span.extracting(droppingFirst: start)
        return try TLS12PaddingCheck.contentLength(
            of: decrypted, number, type, &mac, rules)
    }
}
