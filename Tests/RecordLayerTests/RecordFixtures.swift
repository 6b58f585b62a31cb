// RecordFixtures.swift — keys, records and seeded choices for the tests of the record layer.
// Next: RecordDeframerTests.swift.

import CryptoGlue
import RecordLayer
import WireFormat

/// Seeded choices, so that a failure can be repeated (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    /// The same octets again from a random place of a random block: cheap, and no two calls alike.
    mutating func bytes(_ count: Int) -> [UInt8] {
        let first = Int.random(in: 0..<251, using: &self)
        return Array(SeededGenerator.block[first..<first + count])
    }

    private static let block: [UInt8] = {
        var random = SeededGenerator(seed: 0)
        return (0..<32768).map { _ in UInt8.random(in: 0...255, using: &random) }
    }()
}

/// Octets that are easy to recognise and never zero.
func pattern(_ count: Int, from first: Int = 1) -> [UInt8] { (0..<count).map { UInt8(1 + (first + $0) % 255) } }

/// A key whose octets follow from the algorithm alone.
func testKey(_ algorithm: AEADAlgorithm, seed: UInt8 = 1) -> RecordKey {
    let key = (0..<algorithm.keyLength).map { seed &+ UInt8($0) }
    return RecordKey(
        algorithm: algorithm, key: SecretBytes(copying: key.span), iv: SecretBytes(copying: testIV(seed: seed).span))
}

func testIV(seed: UInt8 = 1) -> [UInt8] { (0..<12).map { (seed &* 3) &+ UInt8($0) } }

extension RecordSealer {
    static func keyed(
        _ key: RecordKey, padding: RecordPadding = .none, limit: KeyUsageLimit? = nil, from number: UInt64 = 0
    ) throws -> RecordSealer {
        var sealer = RecordSealer(padding: padding, keyUsageLimit: limit, firstSequence: SequenceNumber(number))
        try sealer.install(key)
        return sealer
    }

    /// What goes on the wire for `content`.
    mutating func sealed(_ type: ContentType, _ content: [UInt8]) throws(RecordError) -> [UInt8] {
        var output = SendBuffer()
        try seal(type, content.span, into: &output)
        return [UInt8](copying: output.pending)
    }
}

/// A record after it was opened, out of its buffer.
struct Opened: Equatable {
    let type: ContentType
    let content: [UInt8]
}

extension RecordOpener {
    static func keyed(
        _ key: RecordKey, limit: KeyUsageLimit? = nil, from number: UInt64 = 0
    ) throws -> RecordOpener {
        var opener = RecordOpener(keyUsageLimit: limit, firstSequence: SequenceNumber(number))
        try opener.install(key, at: recordBoundary())
        return opener
    }

    /// Opens all records of `wire`.
    mutating func opened(_ wire: [UInt8]) throws(RecordError) -> [Opened] {
        var buffer = ReceiveBuffer()
        buffer.append(wire.span)
        var all: [Opened] = []
        while let record = try RecordDeframer.next(in: buffer, isProtected: isProtected, keyedVersion: keyedVersion) {
            let opened = try open(record, in: &buffer)
            buffer.consume(record.range.count)
            all.append(Opened(type: opened.type, content: [UInt8](copying: buffer.bytes(in: opened.content))))
        }
        return all
    }

    /// Opens one record that must be refused; returns the error and the octets that lie after the header then.
    mutating func refusal(of wire: [UInt8]) -> (error: RecordError?, left: [UInt8]) {
        var buffer = ReceiveBuffer()
        buffer.append(wire.span)
        do throws(RecordError) {
            let record = try RecordDeframer.next(in: buffer, isProtected: isProtected, keyedVersion: keyedVersion)
            guard let record else { return (nil, []) }
            _ = try open(record, in: &buffer)
            return (nil, [])
        } catch {
            return (error, [UInt8](copying: buffer.bytes(in: 5..<wire.count)))
        }
    }
}

/// The proof that only a message which ends its record gives.
func recordBoundary() throws -> RecordBoundary {
    var reassembler = HandshakeReassembler()
    let message: [UInt8] = [20, 0, 0, 0]
    reassembler.append(message.span)
    guard let boundary = try reassembler.next()?.takeBoundary() else { throw RecordError.interleaved(.handshake) }
    return boundary
}

/// A record that says `application_data` and protects `inner` as it is, whatever the rules say about it.
func protected(_ inner: [UInt8], _ key: RecordKey, number: UInt64 = 0) throws -> [UInt8] {
    guard case .tls13(let algorithm) = key.protection else { throw RecordError.crypto(.unsupported("TLS 1.2")) }
    let length = inner.count + algorithm.tagLength
    var record: [UInt8] = [23, 3, 3, UInt8(length >> 8), UInt8(length & 255)] + inner
    record += [UInt8](repeating: 0, count: algorithm.tagLength)
    let octets = key.key.copy()
    var aead = try RecordAEAD(algorithm, key: octets.bytes)
    var nonce = InlineArray<12, UInt8>(repeating: 0)
    let iv = key.iv.copy()
    for index in 0..<12 { nonce[index] = iv.bytes[index] }
    for index in 0..<8 { nonce[11 - index] ^= UInt8(truncatingIfNeeded: number >> UInt64(8 * index)) }
    var span = record.mutableSpan
    try aead.seal(&span, header: 5, nonce: nonce)
    return record
}

/// A record as it goes before any key.
func plain(_ type: UInt8, _ content: [UInt8], version: UInt16 = 0x0303) -> [UInt8] {
    [type, UInt8(version >> 8), UInt8(version & 255), UInt8(content.count >> 8), UInt8(content.count & 255)] + content
}
