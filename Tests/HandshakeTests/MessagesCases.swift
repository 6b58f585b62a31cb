// MessagesCases.swift — one valid example of every message and extension, and how to break it.
// RFC 8446 §4.
// Next: MessagesSamples.swift.

import Handshake
import Testing
import WireFormat

/// Short ways to call the codec.
enum Codec {
    static func parse<Value>(
        _ bytes: [UInt8], _ parse: (Span<UInt8>) throws(DecodeError) -> Value
    ) throws(DecodeError) -> Value {
        try parse(bytes.span)
    }

    static func write(_ body: (inout WireWriter) -> Void) throws(DecodeError) -> [UInt8] {
        var writer = WireWriter()
        body(&writer)
        return try writer.finish()
    }

    static func body(_ message: HandshakeMessage) -> [UInt8] { [UInt8](copying: message.body) }

    /// A vector whose prefix has `prefix` octets, without any bounds.
    static func vector(_ prefix: Int, _ contents: [UInt8]) -> [UInt8] {
        (0..<prefix).map { UInt8(truncatingIfNeeded: contents.count >> (8 * (prefix - 1 - $0))) } + contents
    }

    static func filler(_ count: Int, _ octet: UInt8 = 0x5a) -> [UInt8] { [UInt8](repeating: octet, count: count) }
}

/// Parsing, writing and parsing again gave something else.
struct NotARoundTrip: Error {
    let reason: String
}

/// A message body or an extension body, with the functions that parse and write it.
struct CodecCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let encoded: [UInt8]
    /// A ClientHello and a ServerHello may end where the extensions block would begin (RFC 8446 §4.1.2).
    var optionalBlock: Int?
    /// Parses, writes, checks that what was written parses to the same value, and returns it.
    let reencode: @Sendable ([UInt8]) throws -> [UInt8]

    init<Value: Equatable & Sendable>(
        _ name: String, _ value: Value, parse: @escaping @Sendable (Span<UInt8>) throws(DecodeError) -> Value,
        writing: @escaping @Sendable (Value) throws -> [UInt8]
    ) {
        testDescription = name
        // A case that cannot be written fails the round trip test, because no body here but one is empty.
        encoded = (try? writing(value)) ?? []
        reencode = { bytes in
            let parsed = try Codec.parse(bytes, parse)
            guard let again = try? writing(parsed) else { throw NotARoundTrip(reason: "not written: \(parsed)") }
            guard (try? Codec.parse(again, parse)) == parsed else { throw NotARoundTrip(reason: "changed: \(parsed)") }
            return again
        }
    }

    static func message<Value: Equatable & Sendable>(
        _ name: String, _ value: Value, _ parse: @escaping @Sendable (Span<UInt8>) throws(DecodeError) -> Value,
        _ message: @escaping @Sendable (Value) throws -> HandshakeMessage
    ) -> CodecCase {
        CodecCase(name, value, parse: parse) { Codec.body(try message($0)) }
    }

    static func body<Value: Equatable & Sendable>(
        _ name: String, _ value: Value, _ parse: @escaping @Sendable (Span<UInt8>) throws(DecodeError) -> Value,
        _ write: @escaping @Sendable (Value, inout WireWriter) -> Void
    ) -> CodecCase {
        CodecCase(name, value, parse: parse) { value in try Codec.write { write(value, &$0) } }
    }
}

/// SplitMix64: the same mutations in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: String) {
        // FNV-1a, because Hasher is seeded anew in every process.
        state = seed.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(1, bound))) }

    mutating func octets(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }

    /// `bytes` with one to three things changed.
    mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0...below(3) {
            let place = below(bytes.count)
            let length = min(bytes.count - min(place, bytes.count), 1 + below(6))
            switch below(8) {
            case 0 where !bytes.isEmpty: bytes[place] ^= 1 << UInt8(below(8))
            case 1 where !bytes.isEmpty: bytes[place] = [0, 1, 2, 0x7f, 0x80, 0xfe, 0xff][below(7)]
            case 2 where !bytes.isEmpty: bytes[place] &+= UInt8(below(2) == 0 ? 1 : 255)
            case 3: bytes.removeSubrange(min(place, bytes.count)..<min(place, bytes.count) + length)
            case 4: bytes.insert(contentsOf: octets(1 + below(6)), at: min(place, bytes.count))
            case 5: bytes.insert(contentsOf: bytes.dropFirst(place).prefix(length), at: min(place, bytes.count))
            case 6: bytes.removeLast(below(bytes.count + 1))
            default:
                for index in bytes.indices.dropFirst(place).prefix(2) {
                    bytes[index] = UInt8(truncatingIfNeeded: next())
                }
            }
        }
        return bytes
    }
}
