// LegacyVectorTests.swift — SSL 3.0, TLS 1.0 and TLS 1.1 against TestVectors/legacy.
// RFC 6101 §5.2.3, §5.6.8, §5.6.9, §6; RFC 2246 §5, §6.2.3, §6.3; RFC 4346 §6.2.3; RFC 7366; RFC 7627.
// Next: ../Wycheproof/WycheproofFile.swift.

import CryptoGlue
import Handshake
import RecordLayer
import TestSupport
import Testing
import WireFormat

private let source = "TestVectors/legacy (tlslite-ng)"

private func use() throws -> LegacyUse {
    let permission = try LegacyPermission(
        versions: Set(LegacyPermission.legacyVersions), reason: "vectors", until: UnixTime(seconds: 1))
    guard let use = permission.use(at: UnixTime(seconds: 0), peer: nil) else {
        throw VectorFileError("the permission does not hold")
    }
    return use
}

private func version(_ name: String) throws -> ProtocolVersion {
    guard let version = LegacyPermission.legacyVersions.first(where: { "\($0)" == name }) else {
        throw VectorFileError("no version \(name)")
    }
    return version
}

private func derivation(_ version: ProtocolVersion) throws -> VersionDerivation {
    version == .ssl30 ? .ssl30(try use()) : .tls10(try use())
}

private func secret(_ octets: HexBytes) -> SecretBytes {
    let octets = octets.bytes
    return SecretBytes(copying: octets.span)
}

@Suite("Vectors of versions before TLS 1.2")
struct LegacyVectorTests {
    private struct DerivationCase: Decodable {
        let version: String
        let premaster: HexBytes
        let clientRandom: HexBytes
        let serverRandom: HexBytes
        let messages: HexBytes
        let masterSecret: HexBytes
        let keyBlock: HexBytes
        let clientFinished: HexBytes
        let serverFinished: HexBytes
        let certificateVerify: HexBytes
        let extendedMasterSecret: HexBytes?
        let exported: HexBytes?
    }

    @Test("RFC 6101 §6, RFC 2246 §5, §8.1: master secret, key block, Finished, CertificateVerify, keying material")
    func derivations() throws {
        let cases = try PrimitiveFile<DerivationCase>("derivations", in: "legacy").cases
        #expect(cases.count == 15)
        for test in cases {
            let name = "\(test.version), a premaster secret of \(test.premaster.bytes.count)"
            let derivation = try derivation(version(test.version))
            let randoms = TLS12Randoms(client: test.clientRandom.bytes, server: test.serverRandom.bytes)
            let master = try TLS12MasterSecret(derivation, premaster: secret(test.premaster), randoms)
            #expect([UInt8](copying: master.secret.bytes) == test.masterSecret.bytes, "\(name)")
            let seed = randoms.server + randoms.client
            let block = try derivation.derive(
                secret: master.secret.bytes, label: "key expansion", seed: seed.span, length: 136)
            #expect([UInt8](copying: block.bytes) == test.keyBlock.bytes, "\(name)")

            let messages = test.messages.bytes
            var legacy = try LegacyHash(use())
            // In two pieces: a transcript is never there at once.
            legacy.update(messages.span.extracting(first: 100))
            legacy.update(messages.span.extracting(droppingFirst: 100))
            let sessionHash = TranscriptHash(bytes: try legacy.snapshot())
            let hashes =
                try test.version == "SSL 3.0"
                ? ssl30Hash(legacy, master.secret) : sessionHash.bytes
            #expect(hashes == test.certificateVerify.bytes, "\(name)")
            let transcript = TLS12RunningHash(legacy)
            let client = try master.verifyData(.client, transcript)
            let server = try master.verifyData(.server, transcript)
            #expect([UInt8](copying: client.bytes) == test.clientFinished.bytes, "\(name)")
            #expect([UInt8](copying: server.bytes) == test.serverFinished.bytes, "\(name)")
            guard let extended = test.extendedMasterSecret?.bytes, let exported = test.exported?.bytes else {
                #expect(test.version == "SSL 3.0")
                continue
            }
            let bound = try TLS12MasterSecret(
                derivation, premaster: secret(test.premaster), sessionHash: sessionHash, randoms)
            #expect([UInt8](copying: bound.secret.bytes) == extended, "\(name)")
            let material = try master.export(label: "EXPERIMENTAL legacy", context: nil, length: 32)
            #expect([UInt8](copying: material.bytes) == exported, "\(name)")
        }
    }

    private func ssl30Hash(_ hash: borrowing LegacyHash, _ master: borrowing SecretBytes) throws -> [UInt8] {
        let hashes = try hash.ssl30Hash(sender: [], master: master.bytes)
        return [UInt8](copying: hashes.bytes)
    }

    private struct MACCase: Decodable {
        let hash: String
        let key: HexBytes
        let message: HexBytes
        let code: HexBytes
    }

    @Test("RFC 6101 §5.2.3.1: the MAC of SSL 3.0, which may be read on the way and begun anew")
    func mac() throws {
        let cases = try PrimitiveFile<MACCase>("mac", in: "legacy").cases
        #expect(cases.count == 14)
        for test in cases {
            let hash = try #require(LegacyHashAlgorithm(rawValue: test.hash))
            let (key, message) = (test.key.bytes, test.message.bytes)
            var mac = try RecordMAC(hash, isHMAC: false, key: key.span, use())
            for _ in 0..<2 {
                mac.update(message.span.extracting(first: 5))
                var early = [UInt8](repeating: 0, count: 20)
                var span = early.mutableSpan
                try mac.snapshot(into: &span)
                mac.update(message.span.extracting(droppingFirst: 5))
                var code = [UInt8](repeating: 0, count: test.code.bytes.count)
                var target = code.mutableSpan
                try mac.finalize(into: &target, at: 0)
                #expect(code == test.code.bytes)
                #expect(Array(early.prefix(code.count)) != code)
            }
        }
    }

    private struct RecordsCase: Decodable {
        struct Record: Decodable {
            let type: UInt8
            let length: Int
            let seed: Int
            let record: HexBytes
        }
        let version: String
        let suite: String
        let encryptThenMAC: Bool
        let byClient: Bool
        let masterSecret: HexBytes
        let clientRandom: HexBytes
        let serverRandom: HexBytes
        let records: [Record]

        func key() throws -> RecordKey {
            let version = try ConformanceTests.version(version)
            let code = try #require(CipherSuite(name: suite))
            let suite = try #require(TLS12Suite.suite(code, in: version))
            guard case .legacy(let cipher, let mac) = suite.protection else { throw VectorFileError("no old suite") }
            let protection = LegacyProtection(
                version: version, cipher: cipher, mac: mac, encryptThenMAC: encryptThenMAC, use: try use())
            let master = TLS12MasterSecret(
                try derivation(version), resuming: secret(masterSecret),
                TLS12Randoms(client: clientRandom.bytes, server: serverRandom.bytes))
            let keys = try master.recordKeys(.legacy(protection))
            return byClient ? keys.client : keys.server
        }
    }

    @Test(
        "RFC 6101 §5.2.3, RFC 2246 §6.2.3, RFC 4346 §6.2.3: records of another implementation open, and ours equal its")
    func records() throws {
        let cases = try PrimitiveFile<RecordsCase>("records", in: "legacy").cases
        #expect(cases.count == 34)
        for test in cases {
            let name = "\(test.version) \(test.suite) \(test.encryptThenMAC) \(test.byClient)"
            let version = try version(test.version)
            var opener = RecordOpener()
            try opener.install(test.key(), at: boundary())
            for record in test.records {
                let content = try open(record.record.bytes, &opener, version)
                #expect(content == [record.type] + patternMessage(length: record.length, seed: record.seed), "\(name)")
            }
            // In TLS 1.1 each record has an IV of its own: 8 or 16 octets after the header.
            let ivs = test.records.flatMap { Array($0.record.bytes[5..<5 + (test.suite.contains("3DES") ? 8 : 16)]) }
            var sealer = RecordSealer(random: OctetsRandom(ivs))
            try sealer.install(test.key())
            var output = SendBuffer()
            for record in test.records.dropLast(2) {
                let content = patternMessage(length: record.length, seed: record.seed)
                try sealer.seal(ContentType(rawValue: record.type), content.span, into: &output)
            }
            // T-05: where the IV is known before, the first octet of application data goes alone.
            let last = test.records.suffix(2)
            let isSplit = version < .tls11 && !test.suite.contains("RC4")
            let message = last.flatMap { patternMessage(length: $0.length, seed: $0.seed) }
            if isSplit {
                try sealer.seal(.applicationData, message.span, into: &output)
            } else {
                try sealer.seal(.applicationData, message.span.extracting(first: 1), into: &output)
                try sealer.seal(.applicationData, message.span.extracting(droppingFirst: 1), into: &output)
            }
            #expect([UInt8](copying: output.pending) == test.records.flatMap(\.record.bytes), "\(name)")
        }
    }

    @Test("T-06, T-21: each octet of a record spoilt is bad_record_mac, and the record is wiped")
    func spoilt() throws {
        var refused = 0
        for test in try PrimitiveFile<RecordsCase>("records", in: "legacy").cases {
            let version = try version(test.version)
            for number in [0, 1, 3] {
                let whole = test.records[number].record.bytes
                for place in [5, 6, whole.count / 2, whole.count - 22, whole.count - 2, whole.count - 1]
                where place >= 5 {
                    var opener = RecordOpener()
                    try opener.install(test.key(), at: boundary())
                    for before in test.records.prefix(number) { _ = try open(before.record.bytes, &opener, version) }
                    var spoilt = whole
                    spoilt[place] ^= 0x20
                    // POODLE: in SSL 3.0 nobody looks at the octets of padding themselves. The last block spoilt makes
                    // another padding_length and another MAC; only all but its last octet may be anything.
                    var input = ReceiveBuffer()
                    input.append(spoilt.span)
                    let record = try #require(
                        try RecordDeframer.next(in: input, isProtected: true, keyedVersion: version))
                    do throws(RecordError) {
                        _ = try opener.open(record, in: &input)
                        Issue.record("\(test.version) \(test.suite) \(number) \(place) opens")
                    } catch {
                        #expect(error == .authenticationFailed)
                        #expect([UInt8](copying: input.bytes(in: 5..<spoilt.count)).allSatisfy { $0 == 0 })
                        refused += 1
                    }
                }
            }
        }
        #expect(refused > 500)
    }

    private func open(
        _ octets: [UInt8], _ opener: inout RecordOpener, _ version: ProtocolVersion
    ) throws -> [UInt8] {
        var input = ReceiveBuffer()
        input.append(octets.span)
        guard let record = try RecordDeframer.next(in: input, isProtected: true, keyedVersion: version) else {
            throw VectorFileError("half a record")
        }
        let opened = try opener.open(record, in: &input)
        return [opened.type.rawValue] + [UInt8](copying: input.bytes(in: opened.content))
    }

    private func boundary() throws -> RecordBoundary {
        var reassembler = HandshakeReassembler()
        let message: [UInt8] = [20, 0, 0, 0]
        reassembler.append(message.span)
        guard let boundary = try reassembler.next()?.takeBoundary() else { throw VectorFileError("no boundary") }
        return boundary
    }
}

/// The octets in order, then zeros: the source of IVs is asked for many at once.
private struct OctetsRandom: RandomSource {
    private let octets: [UInt8]
    init(_ octets: [UInt8]) { self.octets = octets }

    func fill(_ bytes: inout MutableSpan<UInt8>) throws(CryptoError) {
        for index in bytes.indices { bytes[index] = index < octets.count ? octets[index] : 0 }
    }
}
