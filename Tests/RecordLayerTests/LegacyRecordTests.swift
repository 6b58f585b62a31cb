// LegacyRecordTests.swift — records of SSL 3.0, TLS 1.0 and TLS 1.1.
// RFC 6101 §5.2.3; RFC 2246 §6.2.3; RFC 4346 §6.2.3; RFC 7366.
// Next: none.

import CryptoGlue
import RecordLayer
import Testing
import WireFormat

extension Protection12 {
    static func use() throws -> LegacyUse {
        let permission = try LegacyPermission(
            versions: Set(LegacyPermission.legacyVersions), reason: "records", until: UnixTime(seconds: 1))
        return try #require(permission.use(at: UnixTime(seconds: 0), peer: nil))
    }

    /// Every protection of the version.
    static func legacy(_ version: ProtocolVersion) throws -> [Protection12] {
        var all: [LegacyProtection] = []
        for cipher in LegacyCipher.allCases where version == .ssl30 || cipher != .rc4 {
            all.append(LegacyProtection(version: version, cipher: cipher, mac: .sha1, use: try use()))
            if version == .ssl30 {
                all.append(LegacyProtection(version: version, cipher: cipher, mac: .md5, use: try use()))
            } else {
                all.append(
                    LegacyProtection(version: version, cipher: cipher, mac: .sha1, encryptThenMAC: true, use: try use())
                )
            }
        }
        return all.map { Protection12(protection: .legacy($0)) }
    }

    var legacyProtection: LegacyProtection? {
        if case .legacy(let legacy) = protection { legacy } else { nil }
    }
}

@Suite("Records before TLS 1.2")
struct LegacyRecordTests {
    private static let versions = LegacyPermission.legacyVersions

    @Test("Contents of every length class come back, record after record, and say their version", arguments: versions)
    func roundTrip(_ version: ProtocolVersion) throws {
        for protection in try Protection12.legacy(version) {
            var sealer = RecordSealer()
            try sealer.install(protection.key())
            var opener = try RecordOpener.keyed(protection.key())
            for count in [1, 2, 15, 16, 17, 100, 255, 256, 16384, 16385, 40_000] {
                let wire = try sealer.sealed(.applicationData, pattern(count))
                #expect(wire[1...2] == [3, UInt8(version.rawValue & 255)])
                let opened = try opener.opened(wire)
                #expect(opened.flatMap(\.content) == pattern(count), "\(protection) \(count)")
                #expect(opened.allSatisfy { $0.content.count <= 16384 })
            }
            let keyed = opener.keyedVersion
            #expect(keyed == version)
        }
    }

    @Test("T-05: BEAST: where the next IV is known, the first octet of application data goes in a record of its own")
    func firstOctet() throws {
        for version in Self.versions {
            for protection in try Protection12.legacy(version) {
                let isSplit = version < .tls11 && protection.legacyProtection?.cipher != .rc4
                var sealer = RecordSealer()
                try sealer.install(protection.key())
                var opener = try RecordOpener.keyed(protection.key())
                for (count, records) in [(1, [1]), (2, [1, 1]), (100, [1, 99])] {
                    let opened = try opener.opened(sealer.sealed(.applicationData, pattern(count)))
                    #expect(opened.map(\.content.count) == (isSplit ? records : [count]), "\(protection)")
                }
                // Each record of a long write, because each has an IV that was seen before.
                let long = try opener.opened(sealer.sealed(.applicationData, pattern(20_000)))
                #expect(long.map(\.content.count) == (isSplit ? [1, 16383, 1, 3615] : [16384, 3616]), "\(protection)")
                // Nobody chooses the octets of a handshake message or an alert.
                let opened = try opener.opened(sealer.sealed(.handshake, pattern(100)))
                #expect(opened.map(\.content.count) == [100])
            }
        }
    }

    @Test("T-05: equal contents never give equal records: the chain of IVs goes on, or each record has its own")
    func chain() throws {
        for version in Self.versions {
            for protection in try Protection12.legacy(version) {
                var sealer = RecordSealer()
                try sealer.install(protection.key())
                var seen: Set<[UInt8]> = []
                for _ in 0..<40 { seen.insert(Array(try sealer.sealed(.handshake, pattern(32)).dropFirst(5))) }
                #expect(seen.count == 40)
            }
        }
    }

    /// A record of CBC with this padding, made from the primitives: SSL 3.0 with AES-128 and SHA-1.
    private static func ssl30Record(
        _ protection: Protection12, _ content: [UInt8], padding: [UInt8]
    ) throws -> [UInt8] {
        let legacy = try #require(protection.legacyProtection)
        let key = protection.key()
        let cipherKey = key.key.copy()
        let macKey = key.macKey.copy()
        let firstIV = key.iv.copy()
        let octets = [UInt8](copying: cipherKey.bytes)
        let macOctets = [UInt8](copying: macKey.bytes)
        let iv = [UInt8](copying: firstIV.bytes)
        var cipher = try RecordCBC(legacy.cipher, key: octets.span, iv: iv.span, legacy.use)
        var mac = try RecordMAC(legacy.mac, isHMAC: legacy.version != .ssl30, key: macOctets.span, legacy.use)
        var header: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 23]
        if legacy.version != .ssl30 { header += [3, UInt8(legacy.version.rawValue & 255)] }
        header += [0, UInt8(content.count)]
        mac.update(header.span)
        mac.update(content.span)
        var code = [UInt8](repeating: 0, count: legacy.mac.digestLength)
        var span = code.mutableSpan
        try mac.finalize(into: &span, at: 0)
        var body = content + code + padding
        var bytes = body.mutableSpan
        try cipher.encryptNext(&bytes, in: 0..<bytes.count)
        return [23, 3, UInt8(legacy.version.rawValue & 255), 0, UInt8(body.count)] + body
    }

    @Test("T-07: POODLE: SSL 3.0 looks at padding_length alone, which is less than a block; TLS at every octet")
    func padding() throws {
        for cipher in [LegacyCipher.aes128, .tripleDES] {
            let block = try #require(cipher.blockLength)
            for version in [ProtocolVersion.ssl30, .tls10] {
                let protection = Protection12(
                    protection: .legacy(
                        LegacyProtection(version: version, cipher: cipher, mac: .sha1, use: try Protection12.use())))
                // Content and MAC fill whole blocks, so that the padding is one whole block, or two.
                let content = pattern(2 * block - 20 % block)
                func opens(_ padding: [UInt8]) throws -> Bool {
                    var opener = try RecordOpener.keyed(protection.key())
                    let wire = try Self.ssl30Record(protection, content, padding: padding)
                    let (error, left) = opener.refusal(of: wire)
                    if error != nil { #expect(left.allSatisfy { $0 == 0 } && error == .authenticationFailed) }
                    return error == nil
                }
                let right = [UInt8](repeating: UInt8(block - 1), count: block)
                #expect(try opens(right))
                var anything = right
                for index in 0..<block - 1 { anything[index] = UInt8(17 * index & 255) }
                #expect(try opens(anything) == (version == .ssl30))
                // RFC 6101 §5.2.3.2: two blocks of padding are none of SSL 3.0.
                let two = [UInt8](repeating: UInt8(2 * block - 1), count: 2 * block)
                #expect(try opens(two) == (version == .tls10))
                // padding_length is what POODLE asks for: any other one is refused.
                for last in 0...255 where last != block - 1 {
                    #expect(try !opens(right.dropLast() + [UInt8(last)]))
                }
            }
        }
    }

    @Test(
        "Records that are no whole blocks, too short for a MAC, or of another version are refused", arguments: versions)
    func malformed(_ version: ProtocolVersion) throws {
        for protection in try Protection12.legacy(version) {
            let minor = UInt8(version.rawValue & 255)
            for count in [1, 7, 8, 15, 16, 17, 19, 20] {
                let wire = [23, 3, minor, 0, UInt8(count)] + pattern(count)
                var opener = try RecordOpener.keyed(protection.key())
                let (error, left) = opener.refusal(of: wire)
                #expect(error == .authenticationFailed, "\(protection) \(count)")
                #expect(left.allSatisfy { $0 == 0 })
            }
            for other in 0...4 where other != minor {
                var sealer = RecordSealer()
                try sealer.install(protection.key())
                var wire = try sealer.sealed(.handshake, pattern(9))
                wire[2] = UInt8(other)
                var opener = try RecordOpener.keyed(protection.key())
                let version = ProtocolVersion(rawValue: 0x300 + UInt16(other))
                let expected = RecordError.versionUnexpected(
                    version, negotiated: try #require(protection.legacyProtection).version)
                #expect(opener.refusal(of: wire).error == expected)
            }
        }
    }

    @Test("Keys, MAC keys and IVs of another length are refused", arguments: versions)
    func keyLengths(_ version: ProtocolVersion) throws {
        for protection in try Protection12.legacy(version) {
            let legacy = try #require(protection.legacyProtection)
            let (macKey, key, iv) = RecordKey.lengths(protection.protection)
            #expect((iv > 0) == (version < .tls11 && legacy.cipher != .rc4))
            for (macMore, keyMore) in [(1, 0), (-1, 0), (0, 1), (0, -1)] {
                var sealer = RecordSealer()
                #expect(throws: RecordError.self) {
                    try sealer.install(
                        RecordKey(
                            legacy: legacy, key: SecretBytes(count: key + keyMore),
                            macKey: SecretBytes(count: macKey + macMore), iv: SecretBytes(count: iv)))
                }
            }
        }
    }

    @Test("RFC 6101 §5.4: SSL 3.0 is told in its own words; no_certificate is a warning")
    func alerts() {
        let known: Set<UInt8> = [0, 10, 20, 30, 40, 41, 42, 43, 44, 45, 46, 47, 86]
        for value in UInt8.min...UInt8.max {
            let alert = AlertDescription(rawValue: value)
            #expect(known.contains(alert.ssl30.rawValue))
            if known.contains(value), value != 30 { #expect(alert.ssl30 == alert) }
        }
        #expect(AlertDescription.recordOverflow.ssl30 == .badRecordMAC)
        #expect(Alert(description: .noCertificate).isWarning)
    }
}
