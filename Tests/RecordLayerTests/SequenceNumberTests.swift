// SequenceNumberTests.swift — record numbers, nonces, and how many records a key protects.
// RFC 8446 §5.3, §5.5.
// Next: HandshakeReassemblerTests.swift.

import CryptoGlue
import RecordLayer
import Testing
import WireFormat

@Suite("SequenceNumber, KeyUsageLimit")
struct SequenceNumberTests {
    @Test("RFC 8446 §5.3: numbers go up by one from 0 and stop before they wrap")
    func counts() throws {
        var number = SequenceNumber()
        for expected in UInt64(0)..<1000 { #expect(try number.next() == expected) }
        number = SequenceNumber(.max - 2)
        #expect(try number.next() == .max - 2)
        #expect(try number.next() == .max - 1)
        for _ in 0..<3 {
            do throws(RecordError) {
                _ = try number.next()
                Issue.record("the number wrapped")
            } catch { #expect(error == .sequenceExhausted) }
        }
        #expect(number.value == .max)
    }

    @Test("RFC 8446 §5.3: the nonce is the IV XOR the number, big-endian, in the last eight octets")
    func nonce() throws {
        let iv: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xf0, 0xf0, 0xf0, 0xf0]
        let cases: [(UInt64, [UInt8])] = [
            (0, iv),
            (1, [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xf0, 0xf0, 0xf0, 0xf1]),
            (0x0102_0304_0506_0708, [0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4, 0xf5, 0xf6, 0xf7, 0xf8]),
            (.max, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x0f, 0x0f, 0x0f]),
        ]
        for (number, expected) in cases {
            let nonce = try SequenceNumber.nonce(of: number, iv: iv.span)
            #expect((0..<12).map { nonce[$0] } == expected)
        }
    }

    @Test("T-19: RFC 8446 §5.3: no two records of a key have the same nonce")
    func unique() throws {
        var number = SequenceNumber(0xffff_fff0)
        let iv = testIV()
        var seen: Set<[UInt8]> = []
        for _ in 0..<5000 {
            let nonce = try SequenceNumber.nonce(of: try number.next(), iv: iv.span)
            #expect(seen.insert((0..<12).map { nonce[$0] }).inserted)
        }
    }

    @Test(
        "RFC 8446 §5.5: an update is due after the injected number of records, and not before",
        arguments: [1, 3, 10])
    func injectedLimit(records: UInt64) throws {
        let limit = KeyUsageLimit(records: records)
        var sealer = try RecordSealer.keyed(testKey(.aes128GCM), limit: limit)
        var opener = try RecordOpener.keyed(testKey(.aes128GCM), limit: limit)
        for count in 0..<records + 2 {
            #expect(sealer.isDueForUpdate == (count >= records))
            #expect(opener.isDueForUpdate == (count >= records))
            _ = try opener.opened(sealer.sealed(.applicationData, [1]))
        }
        try sealer.install(testKey(.aes128GCM, seed: 2))
        try opener.install(testKey(.aes128GCM, seed: 2), at: recordBoundary())
        #expect(sealer.isDueForUpdate == false)
        #expect(opener.isDueForUpdate == false)
    }

    @Test("RFC 8446 §5.5: without keys nothing is due")
    func noKey() {
        let sealer = RecordSealer(keyUsageLimit: KeyUsageLimit(records: 0))
        let opener = RecordOpener(keyUsageLimit: KeyUsageLimit(records: 0))
        #expect(sealer.isDueForUpdate == false)
        #expect(opener.isDueForUpdate == false)
    }

    @Test("RFC 8446 §5.5: each algorithm's limit is at most what the RFC's analysis allows")
    func limits() {
        for algorithm in AEADAlgorithm.allCases {
            let records = KeyUsageLimit(of: algorithm).records
            switch algorithm {
            // 2^24.5 rounded down.
            case .aes128GCM, .aes256GCM: #expect(records > 0 && records <= 23_726_566)
            // RFC 9147 §4.5.3.
            case .aes128CCM, .aes128CCM8, .aes256CCM, .aes256CCM8:
                #expect(records > 0 && records <= 1 << 23)
            // Before the sequence number wraps.
            case .chaCha20Poly1305: #expect(records > 0 && records < UInt64.max)
            }
        }
    }
}
