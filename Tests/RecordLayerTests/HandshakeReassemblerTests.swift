// HandshakeReassemblerTests.swift — messages out of fragments, and when a message is proven to end its record.
// RFC 8446 §5.1.
// Next: FloodGuardTests.swift.

import RecordLayer
import Testing
import WireFormat

@Suite("HandshakeReassembler")
struct HandshakeReassemblerTests {
    private struct Seen: Equatable {
        let type: HandshakeType
        let encoded: [UInt8]
        let endsRecord: Bool
    }

    private static let messages: [[UInt8]] = [
        message(2, pattern(5)), message(8, []), message(11, pattern(300)), message(20, pattern(32)),
    ]

    @Test("T-25, RFC 8446 §5.1: every split of a flight at every octet gives the same messages")
    func everySplit() throws {
        let stream = Self.messages.flatMap { $0 }
        let ends = Self.messages.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
        for split in 1..<stream.count {
            let seen = try reassemble([Array(stream[..<split]), Array(stream[split...])])
            #expect(seen.map(\.encoded) == Self.messages, "split at \(split)")
            #expect(seen.map(\.type.rawValue) == [2, 8, 11, 20])
            // The proof is given exactly to messages that end where a record ends.
            let expected = ends.dropFirst().map { $0 == split || $0 == stream.count }
            #expect(seen.map(\.endsRecord) == expected, "split at \(split)")
        }
    }

    @Test("T-25: one octet a record gives the same messages, each ending its record")
    func octetByOctet() throws {
        let seen = try reassemble(Self.messages.flatMap { $0 }.map { [$0] })
        #expect(seen.map(\.encoded) == Self.messages)
        #expect(!seen.contains { !$0.endsRecord })
    }

    @Test("RFC 8446 §5.1: of many messages in one record only the last ends it")
    func coalesced() throws {
        let one = Self.message(4, pattern(9))
        let seen = try reassemble([Array(repeating: one, count: 1000).flatMap { $0 }])
        #expect(seen.count == 1000)
        #expect(seen.filter(\.endsRecord).count == 1)
        #expect(seen.last?.endsRecord == true)
    }

    @Test("RFC 8446 §5.1: octets after a message, even a part of a header, withhold the proof")
    func trailingOctets() throws {
        for extra in 1...4 {
            let seen = try reassemble([Self.message(2, pattern(3)) + Array([9, 0, 0, 1][..<extra])])
            #expect(seen.count == 1)
            #expect(seen.first?.endsRecord == false)
        }
    }

    @Test(
        "T-23: a message announced longer than its limit is refused from its header, before anything is buffered for it"
    )
    func tooLong() {
        let cases: [(type: UInt8, length: Int, limit: Int)] = [
            (1, 0xff_ffff, 65536), (11, 0xff_ffff, 131072), (4, 65537, 65536), (11, 131073, 131072), (99, 65537, 65536),
        ]
        for (type, length, limit) in cases {
            var reassembler = HandshakeReassembler()
            reassembler.append([type, UInt8(length >> 16), UInt8(length >> 8 & 255), UInt8(length & 255)].span)
            do throws(RecordError) {
                _ = try reassembler.next()
                Issue.record("\(type) with \(length) octets passed")
            } catch {
                #expect(error == .messageTooLong(HandshakeType(rawValue: type), length: length, limit: limit))
                #expect(error.alert == .illegalParameter)
            }
        }
    }

    @Test("T-23: a message of exactly its limit passes")
    func longest() throws {
        for (type, length) in [(UInt8(4), 65536), (11, 131072)] {
            let whole = Self.message(type, pattern(length))
            let records = stride(from: 0, to: whole.count, by: 16384).map {
                Array(whole[$0..<min($0 + 16384, whole.count)])
            }
            #expect(try reassemble(records).map(\.encoded) == [whole])
        }
    }

    @Test("T-23: messages that never end with their record do not pile up")
    func neverEmpty() throws {
        // Each record ends one message and begins the next: nothing but the begun one may stay.
        let one = Self.message(4, pattern(16380))
        var reassembler = HandshakeReassembler()
        let begun = Array(one[..<1])
        reassembler.append(begun.span)
        for _ in 0..<64 {
            let record = Array(one[1...] + one[..<1])
            reassembler.append(record.span)
            let encoded = try reassembler.next()?.encoded
            #expect(encoded == one)
            let isWaiting = try reassembler.next() == nil
            #expect(isWaiting)
            #expect(reassembler.bufferedCount <= one.count + 1)
        }
    }

    @Test("T-24: a record without octets changes nothing")
    func empty() throws {
        var reassembler = HandshakeReassembler()
        let nothing: [UInt8] = []
        #expect(reassembler.isEmpty)
        reassembler.append(nothing.span)
        #expect(reassembler.isEmpty)
        let isNil = try reassembler.next() == nil
        #expect(isNil)
        reassembler.append([20, 0].span)
        #expect(!reassembler.isEmpty)
        reassembler.append(nothing.span)
        reassembler.append([0, 0].span)
        let type = try reassembler.next()?.type
        #expect(type == .finished)
        #expect(reassembler.isEmpty)
    }

    @Test("Memory is given back only when nothing is pending")
    func release() throws {
        var reassembler = HandshakeReassembler()
        reassembler.append([20, 0].span)
        reassembler.releaseIfEmpty()
        reassembler.append([0, 1, 7].span)
        reassembler.releaseIfEmpty()
        let encoded = try reassembler.next()?.encoded
        #expect(encoded == [20, 0, 0, 1, 7])
        reassembler.releaseIfEmpty()
        #expect(reassembler.bufferedCount == 0)
    }

    private static func message(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
        [type, UInt8(body.count >> 16), UInt8(body.count >> 8 & 255), UInt8(body.count & 255)] + body
    }

    private func reassemble(_ records: [[UInt8]]) throws -> [Seen] {
        var reassembler = HandshakeReassembler()
        var seen: [Seen] = []
        for record in records {
            reassembler.append(record.span)
            while let input = try reassembler.next() {
                let (type, encoded) = (input.type, input.encoded)
                let endsRecord = input.takeBoundary() != nil
                seen.append(Seen(type: type, encoded: encoded, endsRecord: endsRecord))
            }
        }
        #expect(reassembler.isEmpty == (seen.last?.endsRecord ?? true))
        return seen
    }
}
