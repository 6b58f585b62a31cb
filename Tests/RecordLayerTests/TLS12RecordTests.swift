// TLS12RecordTests.swift — the records of TLS 1.2 under every protection: what is sealed, opened and refused.
// RFC 5246 §6.2; RFC 5288; RFC 6655; RFC 7366; RFC 7905; RFC 8449.
// Next: TLS12CBCTests.swift.

import CryptoGlue
import RecordLayer
import TestSupport
import Testing
import WireFormat

@Suite("TLS 1.2 records")
struct TLS12RecordTests {
    @Test("RFC 5246 §6.2: contents of any length and type come back, in order", arguments: Protection12.all)
    func roundTrip(_ protection: Protection12) throws {
        var sealer = try RecordSealer.keyed(protection.key())
        var opener = try RecordOpener.keyed(protection.key())
        let isProtected = sealer.isProtected && opener.isProtected && opener.keyedVersion == .tls12
        #expect(isProtected)
        for count in [1, 2, 15, 16, 17, 31, 33, 47, 48, 49, 255, 256, 257, 1000, 16383, 16384] {
            for type in [ContentType.applicationData, .handshake, .alert] {
                let content = pattern(count, from: count)
                let wire = try sealer.sealed(type, content)
                #expect(wire[0] == type.rawValue && wire[1] == 3 && wire[2] == 3)
                #expect(try opener.opened(wire) == [Opened(type: type, content: content)])
            }
        }
        // RFC 8446 §4.6.3: there is no KeyUpdate before TLS 1.3.
        let isDue = sealer.isDueForUpdate || opener.isDueForUpdate
        #expect(!isDue)
    }

    @Test("T-24, RFC 5246 §6.2.1: content over 2^14 octets goes out as several records", arguments: Protection12.all)
    func fragments(_ protection: Protection12) throws {
        var sealer = try RecordSealer.keyed(protection.key())
        var opener = try RecordOpener.keyed(protection.key())
        let content = pattern(40000)
        let opened = try opener.opened(sealer.sealed(.applicationData, content))
        #expect(opened.map(\.content.count) == [16384, 16384, 7232])
        #expect(opened.flatMap(\.content) == content)
    }

    @Test("T-25: a record that comes in two pieces, split at every octet, opens the same", arguments: Protection12.all)
    func splits(_ protection: Protection12) throws {
        var sealer = try RecordSealer.keyed(protection.key())
        let wire = try sealer.sealed(.handshake, pattern(70)) + sealer.sealed(.applicationData, pattern(3))
        for split in 0...wire.count {
            var opener = try RecordOpener.keyed(protection.key())
            var buffer = ReceiveBuffer()
            var found: [Opened] = []
            for piece in [Array(wire[..<split]), Array(wire[split...])] {
                buffer.append(piece.span)
                while let record = try RecordDeframer.next(in: buffer, isProtected: true, keyedVersion: .tls12) {
                    let opened = try opener.open(record, in: &buffer)
                    found.append(Opened(type: opened.type, content: [UInt8](copying: buffer.bytes(in: opened.content))))
                    buffer.consume(record.range.count)
                }
            }
            #expect(
                found == [
                    Opened(type: .handshake, content: pattern(70)), Opened(type: .applicationData, content: pattern(3)),
                ], "split at \(split)")
        }
    }

    @Test(
        "T-21: a change of any octet of a TLS 1.2 record gives bad_record_mac, and the record is wiped",
        arguments: Protection12.all)
    func tampering(_ protection: Protection12) throws {
        var sealer = try RecordSealer.keyed(protection.key())
        let record = try sealer.sealed(.applicationData, pattern(50))
        for index in record.indices where index == 0 || index > 4 {
            for bit in [UInt8(0x01), 0x80] where index > 0 || bit == 1 {
                var changed = record
                changed[index] ^= bit
                var opener = try RecordOpener.keyed(protection.key())
                let (error, left) = opener.refusal(of: changed)
                #expect(error == .authenticationFailed, "octet \(index)")
                #expect(error?.alert == .badRecordMAC)
                #expect(left.allSatisfy { $0 == 0 }, "octet \(index): \(Hex.encode(left))")
            }
        }
        for length in [record.count - 6, record.count - 4, record.count - 21, record.count + 11] {
            var changed = Array((record + [UInt8](repeating: 7, count: 16))[..<(5 + length)])
            changed[3] = UInt8(length >> 8)
            changed[4] = UInt8(length & 255)
            var opener = try RecordOpener.keyed(protection.key())
            #expect(opener.refusal(of: changed).error == .authenticationFailed)
        }
    }

    @Test("T-21: a TLS 1.2 record of 0 to 130 octets of nothing gives bad_record_mac", arguments: Protection12.all)
    func short(_ protection: Protection12) throws {
        for count in 0...130 {
            var opener = try RecordOpener.keyed(protection.key())
            let (error, left) = opener.refusal(of: plain(23, [UInt8](repeating: 0x5a, count: count)))
            #expect(error == .authenticationFailed, "\(count) octets")
            #expect(left.allSatisfy { $0 == 0 })
        }
    }

    @Test(
        "RFC 5246 §6.1: a record out of order, replayed or under another key gives bad_record_mac",
        arguments: Protection12.all)
    func order(_ protection: Protection12) throws {
        var sealer = try RecordSealer.keyed(protection.key())
        let first = try sealer.sealed(.applicationData, [1])
        let second = try sealer.sealed(.applicationData, [2])
        var skipped = try RecordOpener.keyed(protection.key())
        #expect(skipped.refusal(of: second).error == .authenticationFailed)
        var replayed = try RecordOpener.keyed(protection.key())
        #expect(try replayed.opened(first) == [Opened(type: .applicationData, content: [1])])
        #expect(replayed.refusal(of: first).error == .authenticationFailed)
        var other = try RecordOpener.keyed(protection.key(seed: 2))
        #expect(other.refusal(of: first).error == .authenticationFailed)
    }

    @Test(
        "T-19, RFC 5288 §3: the explicit nonce is the sequence number, so no two records of a key share one",
        arguments: Protection12.aeads)
    func explicitNonces(_ protection: Protection12) throws {
        let hasExplicit = RecordKey.lengths(protection.protection).iv == 4
        for first: UInt64 in [0, 250, 65530, 0x0102_0304_0506_0708] {
            var sealer = try RecordSealer.keyed(
                protection.key(), limit: KeyUsageLimit(records: .max), from: first)
            var seen: Set<[UInt8]> = []
            for number in first..<first + 20 {
                let wire = try sealer.sealed(.applicationData, [9, 9, 9])
                let explicit = (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }
                if hasExplicit { #expect(Array(wire[5..<13]) == explicit) }
                // The same content each time: another ciphertext shows another nonce.
                #expect(seen.insert(Array(wire[(hasExplicit ? 13 : 5)...])).inserted)
            }
        }
    }

    @Test("T-19, RFC 5246 §6.1: after number 2^64 - 2 nothing is sealed or opened", arguments: Protection12.all)
    func lastNumber(_ protection: Protection12) throws {
        let limit = KeyUsageLimit(records: .max)
        var sealer = try RecordSealer.keyed(protection.key(), limit: limit, from: .max - 1)
        var opener = try RecordOpener.keyed(protection.key(), limit: limit, from: .max - 1)
        let last = try sealer.sealed(.applicationData, [1])
        #expect(try opener.opened(last) == [Opened(type: .applicationData, content: [1])])
        #expect(throws: RecordError.keyExhausted(records: .max)) { try sealer.sealed(.applicationData, [1]) }
        #expect(throws: RecordError.sequenceExhausted) { try sealer.sealed(.alert, [1, 0]) }
        #expect(throws: RecordError.sequenceExhausted) { try opener.opened(last) }
    }

    @Test("T-20: at a key's limit TLS 1.2 seals alerts alone", arguments: Protection12.aeads)
    func keyLimit(_ protection: Protection12) throws {
        var sealer = try RecordSealer.keyed(protection.key(), limit: KeyUsageLimit(records: 3))
        for _ in 0..<3 { _ = try sealer.sealed(.applicationData, [1]) }
        #expect(throws: RecordError.keyExhausted(records: 3)) { try sealer.sealed(.applicationData, [1]) }
        var output = SendBuffer()
        let alert: [UInt8] = [1, 0]
        try sealer.seal(.alert, alert.span, into: &output)
        #expect(output.pendingCount > 0)
    }

    @Test("T-24, RFC 5246 §6.2.3: 2^14 + 2048 octets of ciphertext, and not one more, whatever the type")
    func ciphertextLimit() throws {
        for type in UInt8(20)...23 {
            var buffer = ReceiveBuffer()
            let most: [UInt8] = [type, 3, 3, 0x48, 0x00]
            buffer.append(most.span)
            #expect(try RecordDeframer.next(in: buffer, isProtected: true, keyedVersion: .tls12) == nil)
            var over = ReceiveBuffer()
            let more: [UInt8] = [type, 3, 3, 0x48, 0x01]
            over.append(more.span)
            #expect(throws: RecordError.overflow(length: 18433, limit: 18432)) {
                try RecordDeframer.next(in: over, isProtected: true, keyedVersion: .tls12)
            }
        }
    }

    @Test(
        "T-24, RFC 5246 §6.2.1: a plaintext over 2^14 octets is refused with record_overflow",
        arguments: Protection12.all)
    func plaintextLimit(_ protection: Protection12) throws {
        for (count, isLegal) in [(16384, true), (16385, false), (17000, false)] {
            let content = pattern(count)
            let least = protection.leastPadding(count)
            let wire =
                least == 0
                ? try protection.sealed(content)
                : try protection.record(content, padding: [UInt8](repeating: UInt8(least - 1), count: least))
            var opener = try RecordOpener.keyed(protection.key())
            if isLegal {
                #expect(try opener.opened(wire) == [Opened(type: .applicationData, content: content)])
            } else {
                let (error, _) = opener.refusal(of: wire)
                #expect(error == .overflow(length: count, limit: 16384))
                #expect(error?.alert == .recordOverflow)
            }
        }
    }

    @Test("RFC 5246 §6.2.1: application data may be empty, handshake and alert may not", arguments: Protection12.all)
    func empty(_ protection: Protection12) throws {
        let least = protection.leastPadding(0)
        for type in [UInt8(23), 22, 21] {
            let wire =
                least == 0
                ? try protection.sealed([], type: type)
                : try protection.record([], padding: [UInt8](repeating: UInt8(least - 1), count: least), type: type)
            var opener = try RecordOpener.keyed(protection.key())
            if type == 23 {
                #expect(try opener.opened(wire) == [Opened(type: .applicationData, content: [])])
            } else {
                #expect(opener.refusal(of: wire).error == .emptyFragment(ContentType(rawValue: type)))
            }
        }
    }

    @Test("T-02: under a key of TLS 1.2 no ChangeCipherSpec is taken, protected or not", arguments: Protection12.all)
    func changeCipherSpec(_ protection: Protection12) throws {
        var sealer = try RecordSealer.keyed(protection.key())
        var opener = try RecordOpener.keyed(protection.key())
        #expect(opener.refusal(of: try sealer.sealed(.changeCipherSpec, [1])).error == .changeCipherSpecUnexpected)
        var other = try RecordOpener.keyed(protection.key())
        #expect(other.refusal(of: plain(20, [1])).error == .authenticationFailed)
    }

    @Test("RFC 5246 §6.2.1: a protected record of another version is refused with protocol_version")
    func version() throws {
        let protection = Protection12(protection: .tls12AEAD(.aes128GCM))
        var sealer = try RecordSealer.keyed(protection.key())
        let record = try sealer.sealed(.applicationData, [1])
        for version: UInt16 in [0x0300, 0x0301, 0x0302, 0x0304, 0x0203, 0x7f1c] {
            var changed = record
            changed[1] = UInt8(version >> 8)
            changed[2] = UInt8(version & 255)
            var opener = try RecordOpener.keyed(protection.key())
            let (error, _) = opener.refusal(of: changed)
            #expect(error == .versionUnexpected(ProtocolVersion(rawValue: version), negotiated: .tls12))
            #expect(error?.alert == .protocolVersion)
        }
    }

    @Test(
        "RFC 8449 §4: no record we make is over the peer's limit, and one over ours is record_overflow",
        arguments: Protection12.all + [Protection12(protection: .tls13(.aes128GCM))])
    func sizeLimit(_ protection: Protection12) throws {
        let isTLS13 = protection.protection == .tls13(.aes128GCM)
        for padding in [RecordPadding.none, .multiple(of: 50)] {
            var sealer = RecordSealer(padding: padding)
            sealer.limitPlaintext(64)
            // RFC 8449 §4: what is not protected is not limited.
            #expect(try sealer.sealed(.handshake, pattern(100)).count == 105)
            try sealer.install(protection.key())
            let wire = try sealer.sealed(.applicationData, pattern(200))
            var opener = RecordOpener()
            opener.limitPlaintext(64)
            try opener.install(protection.key(), at: recordBoundary())
            let opened = try opener.opened(wire)
            #expect(opened.map(\.content.count) == (isTLS13 ? [63, 63, 63, 11] : [64, 64, 64, 8]))
            #expect(opened.flatMap(\.content) == pattern(200))
            var strict = RecordOpener()
            try strict.install(protection.key(), at: recordBoundary())
            strict.limitPlaintext(63)
            let (error, _) = strict.refusal(of: wire)
            #expect(error == .overflow(length: 64, limit: 63))
            #expect(error?.alert == .recordOverflow)
        }
        var large = RecordSealer()
        large.limitPlaintext(70000)
        try large.install(protection.key())
        var opener = try RecordOpener.keyed(protection.key())
        #expect(try opener.opened(large.sealed(.applicationData, pattern(16385))).map(\.content.count) == [16384, 1])
    }

    @Test("RFC 5246 §6.3: keys and IVs of another length are refused", arguments: Protection12.all)
    func keyLengths(_ protection: Protection12) throws {
        let (macKey, key, iv) = RecordKey.lengths(protection.protection)
        let bad: [RecordKey]
        switch protection.protection {
        case .tls13: bad = []
        case .tls12AEAD(let algorithm):
            bad = [
                RecordKey(tls12: algorithm, key: SecretBytes(count: key + 1), iv: SecretBytes(count: iv)),
                RecordKey(tls12: algorithm, key: SecretBytes(count: key), iv: SecretBytes(count: iv + 1)),
            ]
        case .tls12CBC(let algorithm, let outside):
            bad = [
                RecordKey(
                    tls12: algorithm, encryptThenMAC: outside, key: SecretBytes(count: key - 1),
                    macKey: SecretBytes(count: macKey)),
                RecordKey(
                    tls12: algorithm, encryptThenMAC: outside, key: SecretBytes(count: key),
                    macKey: SecretBytes(count: macKey - 1)),
            ]
        case .legacy: bad = []
        }
        #expect(bad.count == 2)
        for key in bad {
            var sealer = RecordSealer()
            #expect(throws: RecordError.self) { try sealer.install(key) }
            let isProtected = sealer.isProtected
            #expect(!isProtected)
        }
    }
}
