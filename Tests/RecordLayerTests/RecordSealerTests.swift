// RecordSealerTests.swift — what goes on the wire.
// RFC 8446 §5.1, §5.2, §5.4.
// Next: SequenceNumberTests.swift.

import CryptoGlue
import RecordLayer
import TestSupport
import Testing
import WireFormat

@Suite("RecordSealer")
struct RecordSealerTests {
    private static let sizes = Array(0...17) + [255, 256, 16383, 16384]

    @Test("RFC 8446 §5.2, §5.3: a record equals the one another implementation made", arguments: IndependentRecord.all)
    func independent(_ expected: IndependentRecord) throws {
        let filled = expected.content.count + 1 + expected.zeros
        var sealer = try RecordSealer.keyed(
            expected.recordKey, padding: expected.zeros == 0 ? .none : .multiple(of: filled), from: expected.number)
        let record = try sealer.sealed(expected.type, expected.content)
        // We never send a record without content; the other implementation did.
        guard !expected.content.isEmpty else { return #expect(record.isEmpty) }
        #expect(Hex.difference(expected: expected.record, found: record) == nil)
    }

    @Test("RFC 8446 §5.2: what is sealed opens again, at every size", arguments: AEADAlgorithm.allCases)
    func roundTrip(_ algorithm: AEADAlgorithm) throws {
        var sealer = try RecordSealer.keyed(testKey(algorithm))
        var opener = try RecordOpener.keyed(testKey(algorithm))
        for size in Self.sizes {
            for type in [ContentType.applicationData, .handshake, .alert] {
                let content = pattern(size, from: size)
                let wire = try sealer.sealed(type, content)
                #expect(wire.count == (size == 0 ? 0 : 5 + size + 1 + algorithm.tagLength))
                #expect(try opener.opened(wire) == (size == 0 ? [] : [Opened(type: type, content: content)]))
                if size > 0 { #expect(Array(wire[..<3]) == [23, 3, 3]) }
            }
        }
    }

    @Test(
        "RFC 8446 §5.4: padding fills the inner plaintext to a multiple and never takes the record over its limit",
        arguments: [1, 2, 7, 16, 255, 256, 512, 4096, 16384, 16385, 99999, .max])
    func padding(block: Int) throws {
        let key = testKey(.aes128GCM)
        var sealer = try RecordSealer.keyed(key, padding: .multiple(of: block))
        var opener = try RecordOpener.keyed(key)
        for size in Self.sizes where size > 0 {
            let content = pattern(size)
            let wire = try sealer.sealed(.applicationData, content)
            let inner = wire.count - 5 - 16
            let multiple = block > 16385 ? 16385 : (size + block) / block * block
            #expect(inner == min(16385, multiple), "size \(size)")
            #expect(try opener.opened(wire) == [Opened(type: .applicationData, content: content)])
        }
    }

    @Test("A padding block that makes no sense is no padding", arguments: [0, 1, -1, Int.min])
    func noPadding(block: Int) throws {
        var sealer = try RecordSealer.keyed(testKey(.aes128GCM), padding: .multiple(of: block))
        #expect(try sealer.sealed(.applicationData, [1]).count == 5 + 2 + 16)
    }

    @Test("T-24, RFC 8446 §5.1: content over 2^14 octets goes out as several records, none over the limit")
    func fragments() throws {
        for size in [16385, 32768, 32769, 100_000] {
            let content = pattern(size)
            var unprotected = RecordSealer()
            var reader = RecordOpener()
            let clear = try reader.opened(unprotected.sealed(.handshake, content))
            var sealer = try RecordSealer.keyed(testKey(.aes256GCM))
            var opener = try RecordOpener.keyed(testKey(.aes256GCM))
            let secret = try opener.opened(sealer.sealed(.handshake, content))
            for records in [clear, secret] {
                #expect(records.map(\.content.count) == fragmentSizes(size))
                #expect(records.flatMap(\.content) == content)
            }
        }
    }

    @Test("RFC 8446 §5.1: before the keys a record says the version it is told, afterwards TLS 1.2")
    func version() throws {
        var sealer = RecordSealer()
        #expect(sealer.isProtected == false)
        var output = SendBuffer()
        let content: [UInt8] = [1, 2, 3]
        try sealer.seal(.handshake, content.span, legacyVersion: .tls10, into: &output)
        #expect([UInt8](copying: output.pending) == [22, 3, 1, 0, 3, 1, 2, 3])
        #expect(try sealer.sealed(.handshake, content) == [22, 3, 3, 0, 3, 1, 2, 3])
        try sealer.install(testKey(.aes128GCM))
        #expect(sealer.isProtected == true)
        output.discard(output.pendingCount)
        try sealer.seal(.handshake, content.span, legacyVersion: .tls10, into: &output)
        #expect([UInt8](copying: output.pending)[..<3] == [23, 3, 3])
    }

    @Test("Records are appended after what is pending, under the key of their time")
    func appends() throws {
        var sealer = RecordSealer()
        var output = SendBuffer()
        let content: [UInt8] = [7]
        try sealer.seal(.handshake, content.span, into: &output)
        try sealer.install(testKey(.aes128GCM))
        try sealer.seal(.handshake, content.span, into: &output)
        try sealer.install(testKey(.aes128GCM, seed: 2))
        try sealer.seal(.applicationData, content.span, into: &output)
        let wire = [UInt8](copying: output.pending)
        var opener = RecordOpener()
        #expect(try opener.opened(Array(wire[..<6])) == [Opened(type: .handshake, content: [7])])
        try opener.install(testKey(.aes128GCM), at: recordBoundary())
        #expect(try opener.opened(Array(wire[6..<29])) == [Opened(type: .handshake, content: [7])])
        try opener.install(testKey(.aes128GCM, seed: 2), at: recordBoundary())
        #expect(try opener.opened(Array(wire[29...])) == [Opened(type: .applicationData, content: [7])])
    }

    @Test("T-19: RFC 8446 §5.3: the record after number 2^64 - 2 is refused, and no octet of its plaintext stays")
    func exhaustion() throws {
        var sealer = try RecordSealer.keyed(testKey(.aes128GCM), padding: .multiple(of: 64), from: .max - 1)
        var output = SendBuffer()
        let content = pattern(40)
        try sealer.seal(.applicationData, content.span, into: &output)
        let before = [UInt8](copying: output.pending)
        #expect(before.count == 5 + 64 + 16)
        for _ in 0..<2 {
            do throws(RecordError) {
                try sealer.seal(.applicationData, content.span, into: &output)
                Issue.record("sealed under a repeated number")
            } catch {
                #expect(error == .sequenceExhausted)
                #expect(error.alert == .internalError)
            }
            // Nothing is pending but what was, and the memory behind it is wiped.
            #expect([UInt8](copying: output.pending) == before)
            let range = output.reserve(200)
            var seen: UInt8 = 0
            do {
                let behind = output.mutableBytes(in: range)
                for index in behind.indices { seen |= behind[index] }
            }
            #expect(seen == 0)
            output.unreserve(200)
        }
    }

    @Test("RFC 8446 §5.3: when the second of two fragments cannot be sealed, only the first goes out")
    func exhaustionInside() throws {
        var sealer = try RecordSealer.keyed(testKey(.aes128GCM), from: .max - 1)
        var output = SendBuffer()
        let content = pattern(20000)
        do throws(RecordError) {
            try sealer.seal(.applicationData, content.span, into: &output)
            Issue.record("sealed under a repeated number")
        } catch { #expect(error == .sequenceExhausted) }
        var opener = try RecordOpener.keyed(testKey(.aes128GCM), from: .max - 1)
        let wire = [UInt8](copying: output.pending)
        #expect(try opener.opened(wire) == [Opened(type: .applicationData, content: Array(content[..<16384]))])
    }

    private func fragmentSizes(_ size: Int) -> [Int] {
        Array(repeating: 16384, count: size / 16384) + (size % 16384 == 0 ? [] : [size % 16384])
    }
}
