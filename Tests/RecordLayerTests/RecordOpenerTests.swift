// RecordOpenerTests.swift — what a read key accepts and what it refuses.
// RFC 8446 §5, §5.2, §5.4; App. D.4.
// Next: RecordSealerTests.swift.

import CryptoGlue
import RecordLayer
import TestSupport
import Testing
import WireFormat

@Suite("RecordOpener")
struct RecordOpenerTests {
    @Test("RFC 8446 §5.2, §5.3: records made by another implementation open", arguments: IndependentRecord.all)
    func independent(_ expected: IndependentRecord) throws {
        var opener = try RecordOpener.keyed(expected.recordKey, from: expected.number)
        #expect(try opener.opened(expected.record) == [Opened(type: expected.type, content: expected.content)])
    }

    @Test(
        "T-21: a change of any octet of a record gives bad_record_mac, and the record is wiped",
        arguments: AEADAlgorithm.allCases)
    func tampering(_ algorithm: AEADAlgorithm) throws {
        let key = testKey(algorithm)
        var sealer = try RecordSealer.keyed(key, padding: .multiple(of: 32))
        let record = try sealer.sealed(.applicationData, pattern(50))
        for index in record.indices {
            for bit in [UInt8(0x01), 0x80] {
                var changed = record
                changed[index] ^= bit
                // The type and the length are judged by the deframer; what is left of the header is authenticated.
                if index == 0 || index == 3 || index == 4 { continue }
                var opener = try RecordOpener.keyed(key)
                let (error, left) = opener.refusal(of: changed)
                #expect(error == .authenticationFailed, "octet \(index)")
                #expect(error?.alert == .badRecordMAC)
                #expect(left.allSatisfy { $0 == 0 }, "octet \(index): \(Hex.encode(left))")
            }
        }
        // One octet less, one more: the length in the header is authenticated too.
        for length in [record.count - 6, record.count - 4] {
            var changed = Array((record + [0])[..<(5 + length)])
            changed[3] = UInt8(length >> 8)
            changed[4] = UInt8(length & 255)
            var opener = try RecordOpener.keyed(key)
            #expect(opener.refusal(of: changed).error == .authenticationFailed)
        }
    }

    @Test("T-21: a record of 0 to 40 octets with a bad tag gives bad_record_mac", arguments: AEADAlgorithm.allCases)
    func short(_ algorithm: AEADAlgorithm) throws {
        for count in 0...40 {
            var opener = try RecordOpener.keyed(testKey(algorithm))
            let (error, _) = opener.refusal(of: plain(23, [UInt8](repeating: 0x5a, count: count)))
            #expect(error == .authenticationFailed, "\(count) octets")
        }
    }

    @Test(
        "RFC 8446 §5.3: a record out of order, replayed or under another key gives bad_record_mac",
        arguments: AEADAlgorithm.allCases)
    func order(_ algorithm: AEADAlgorithm) throws {
        var sealer = try RecordSealer.keyed(testKey(algorithm))
        let first = try sealer.sealed(.applicationData, [1])
        let second = try sealer.sealed(.applicationData, [2])
        var skipped = try RecordOpener.keyed(testKey(algorithm))
        #expect(skipped.refusal(of: second).error == .authenticationFailed)
        var replayed = try RecordOpener.keyed(testKey(algorithm))
        #expect(try replayed.opened(first) == [Opened(type: .applicationData, content: [1])])
        #expect(replayed.refusal(of: first).error == .authenticationFailed)
        var other = try RecordOpener.keyed(testKey(algorithm, seed: 2))
        #expect(other.refusal(of: first).error == .authenticationFailed)
    }

    @Test(
        "RFC 8446 §5.4: an inner plaintext of zeros, or of nothing, has no type: unexpected_message",
        arguments: [0, 1, 2, 16, 16385])
    func innerTypeMissing(zeros: Int) throws {
        let key = testKey(.aes128GCM)
        var opener = try RecordOpener.keyed(key)
        let (error, _) = opener.refusal(of: try protected([UInt8](repeating: 0, count: zeros), key))
        #expect(error == .innerTypeMissing)
        #expect(error?.alert == .unexpectedMessage)
    }

    @Test("T-02, RFC 8446 §5: a protected change_cipher_spec or unknown inner type is refused with unexpected_message")
    func innerType() throws {
        let key = testKey(.aes128GCM)
        for type in UInt8(1)...255 where !(21...23).contains(type) {
            for zeros in [0, 3] {
                var opener = try RecordOpener.keyed(key)
                let inner = [1, type] + [UInt8](repeating: 0, count: zeros)
                let (error, _) = opener.refusal(of: try protected(inner, key))
                #expect(error == .innerTypeUnexpected(ContentType(rawValue: type)))
                #expect(error?.alert == .unexpectedMessage)
            }
        }
    }

    @Test("T-24, RFC 8446 §5.4: handshake and alert without content are refused, application data passes empty")
    func emptyContent() throws {
        let key = testKey(.chaCha20Poly1305)
        for zeros in [0, 1, 100] {
            let padding = [UInt8](repeating: 0, count: zeros)
            for type in [ContentType.handshake, .alert] {
                var opener = try RecordOpener.keyed(key)
                let (error, _) = opener.refusal(of: try protected([type.rawValue] + padding, key))
                #expect(error == .emptyFragment(type))
                #expect(error?.alert == .unexpectedMessage)
                var unprotected = RecordOpener()
                #expect(unprotected.refusal(of: plain(type.rawValue, [])).error == .emptyFragment(type))
            }
            var opener = try RecordOpener.keyed(key)
            #expect(try opener.opened(protected([23] + padding, key)) == [Opened(type: .applicationData, content: [])])
        }
    }

    @Test(
        "T-24, RFC 8446 §5.4: an inner plaintext over 2^14 + 1 octets is refused with record_overflow",
        arguments: AEADAlgorithm.allCases)
    func innerOverflow(_ algorithm: AEADAlgorithm) throws {
        let key = testKey(algorithm)
        // Content alone too long, and padding that takes it too far.
        for inner in [pattern(16385) + [23], pattern(16384) + [23, 0], [23] + [UInt8](repeating: 0, count: 16385)] {
            var opener = try RecordOpener.keyed(key)
            let (error, _) = opener.refusal(of: try protected(inner, key))
            #expect(error == .overflow(length: 16386, limit: 16385))
            #expect(error?.alert == .recordOverflow)
        }
        for inner in [pattern(16384) + [23], pattern(16383) + [23, 0], [7, 23] + [UInt8](repeating: 0, count: 16383)] {
            var opener = try RecordOpener.keyed(key)
            let content = Array(inner[..<(inner.lastIndex(of: 23) ?? 0)])
            #expect(try opener.opened(protected(inner, key)) == [Opened(type: .applicationData, content: content)])
        }
    }

    @Test("RFC 8446 §5.1: zeros at the end of the content are content, not padding")
    func trailingZeros() throws {
        let key = testKey(.aes256GCM)
        var opener = try RecordOpener.keyed(key)
        let content: [UInt8] = [5, 0, 0, 0]
        #expect(
            try opener.opened(protected(content + [23, 0, 0], key)) == [
                Opened(type: .applicationData, content: content)
            ])
    }

    @Test("RFC 8446 §5: after the keys an unprotected handshake or alert record is refused with unexpected_message")
    func unprotectedAfterKeys() throws {
        for type in [ContentType.handshake, .alert] {
            var opener = try RecordOpener.keyed(testKey(.aes128GCM))
            let (error, _) = opener.refusal(of: plain(type.rawValue, [2, 40]))
            #expect(error == .unprotected(type))
            #expect(error?.alert == .unexpectedMessage)
        }
    }

    @Test("RFC 8446 §5.1: before the keys application data is refused, the other types pass as they are")
    func beforeKeys() throws {
        var opener = RecordOpener()
        #expect(opener.isProtected == false)
        let (error, _) = opener.refusal(of: plain(23, [1]))
        #expect(error == .applicationDataBeforeKeys)
        #expect(error?.alert == .unexpectedMessage)
        #expect(
            try opener.opened(plain(22, [1, 2]) + plain(21, [2, 40]) + plain(20, [1]))
                == [
                    Opened(type: .handshake, content: [1, 2]), Opened(type: .alert, content: [2, 40]),
                    Opened(type: .changeCipherSpec, content: [1]),
                ])
    }

    @Test("T-02, App. D.4: an unprotected change_cipher_spec between protected records does not count as a record")
    func changeCipherSpec() throws {
        let key = testKey(.aes128GCM)
        var opener = try RecordOpener.keyed(key)
        let wire = try protected([1, 23], key) + plain(20, [1]) + protected([2, 23], key, number: 1)
        #expect(
            try opener.opened(wire)
                == [
                    Opened(type: .applicationData, content: [1]), Opened(type: .changeCipherSpec, content: [1]),
                    Opened(type: .applicationData, content: [2]),
                ])
    }

    @Test("RFC 8446 §5.3: the count begins at 0 with every key")
    func newKey() throws {
        var opener = try RecordOpener.keyed(testKey(.aes128GCM))
        #expect(try opener.opened(protected([1, 23], testKey(.aes128GCM))).count == 1)
        try opener.install(testKey(.chaCha20Poly1305, seed: 9), at: recordBoundary())
        #expect(try opener.opened(protected([1, 23], testKey(.chaCha20Poly1305, seed: 9))).count == 1)
    }

    @Test("T-19: RFC 8446 §5.3: the record after number 2^64 - 2 is refused, not opened under a repeated number")
    func exhaustion() throws {
        let key = testKey(.aes128GCM)
        var opener = try RecordOpener.keyed(key, from: .max - 1)
        #expect(try opener.opened(protected([1, 23], key, number: .max - 1)).count == 1)
        for number in [UInt64.max, 0] {
            let (error, _) = opener.refusal(of: try protected([1, 23], key, number: number))
            #expect(error == .sequenceExhausted)
            #expect(error?.alert == .internalError)
        }
    }

    @Test("RFC 8446 §5.3: a key whose IV is not 12 octets, or whose length is wrong, is refused")
    func wrongKey() throws {
        for (keyLength, ivLength) in [(16, 11), (16, 13), (16, 0), (15, 12), (32, 12), (0, 12)] {
            let key = RecordKey(
                algorithm: .aes128GCM, key: SecretBytes(count: keyLength), iv: SecretBytes(count: ivLength))
            #expect(throws: RecordError.self) { _ = try RecordOpener.keyed(key) }
            #expect(throws: RecordError.self) { _ = try RecordSealer.keyed(key) }
        }
    }
}
