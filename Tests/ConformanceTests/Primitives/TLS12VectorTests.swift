// TLS12VectorTests.swift — what TLS 1.2 needs, against TestVectors/tls12.
// RFC 5246 §5, §6.2.3, §7.4.7.1, §8.1.2; RFC 5288; RFC 6655; RFC 7366; RFC 7905; RFC 7919; RFC 3526.
// Next: LegacyVectorTests.swift.

import CryptoGlue
import RecordLayer
import TestSupport
import Testing
import WireFormat

private let source = "TestVectors/tls12 (cryptography)"

extension CBCAlgorithm: Decodable {}
extension DHGroup: Decodable {}

@Suite("TLS 1.2 vectors")
struct TLS12VectorTests {
    private struct PRFCase: Decodable {
        let hash: HashAlgorithm
        let secret: HexBytes
        let label: String
        let seed: HexBytes
        let length: Int
        let output: HexBytes
        let result: Verdict
    }

    @Test("RFC 5246 §5: the PRF with each hash, 0 to 1000 octets")
    func prf() throws {
        var tally = VectorTally("TLS 1.2 PRF", source: source)
        for test in try PrimitiveFile<PRFCase>("prf", in: "tls12").cases {
            let (secret, seed) = (test.secret.bytes, test.seed.bytes)
            let outcome = Outcome {
                let found = try PRF.derive(
                    test.hash, secret: secret.span, label: test.label, seed: seed.span, length: test.length)
                return .comparing(Array(copying: found.bytes), with: test.output.bytes)
            }
            tally.record(test.result, outcome, "\(test.hash.title) \(test.label) \(test.length)")
        }
        tally.finish(expecting: 45)
    }

    private struct RecordCase: Decodable {
        let key: HexBytes
        let iv: HexBytes
        let macKey: HexBytes?
        let encryptThenMAC: Bool?
        let algorithm: String
        let number: String
        let type: UInt8
        let length: Int
        let seed: Int
        let record: HexBytes
        let opensOnly: Bool?
        let result: Verdict
        let why: String?

        /// A key of TLS 1.2.
        func recordKey() throws -> RecordKey {
            let (key, iv) = (key.bytes, iv.bytes)
            if let algorithm = AEADAlgorithm(rawValue: algorithm) {
                return RecordKey(
                    tls12: algorithm, key: SecretBytes(copying: key.span), iv: SecretBytes(copying: iv.span))
            }
            guard let algorithm = CBCAlgorithm(rawValue: algorithm), let macKey = macKey?.bytes else {
                throw VectorFileError("no algorithm \(algorithm)")
            }
            return RecordKey(
                tls12: algorithm, encryptThenMAC: encryptThenMAC ?? false, key: SecretBytes(copying: key.span),
                macKey: SecretBytes(copying: macKey.span))
        }

        var name: String { "\(algorithm) \(encryptThenMAC == true ? "outside " : "")\(length) \(why ?? "")" }
    }

    @Test(
        "T-06, T-21: records of another implementation open, ours equal its, and a spoilt one is bad_record_mac",
        arguments: [("aead-records", 520), ("cbc-records", 1395)])
    func records(file: String, count: Int) throws {
        var tally = VectorTally(file, source: source)
        for test in try PrimitiveFile<RecordCase>(file, in: "tls12").cases {
            let content = patternMessage(length: test.length, seed: test.seed)
            let number = SequenceNumber(UInt64(test.number) ?? 0)
            let outcome = Outcome {
                let opened = try open(test, number)
                guard let opened else { return .refused }
                if opened != [test.type] + content { return .wrong("opens to something else") }
                // An empty record is legal, but never made.
                if test.opensOnly == true || test.length == 0 || test.result == .invalid { return .passed }
                // The IV of our CBC records comes from the random source, which draws several at once.
                var sealer = RecordSealer(
                    keyUsageLimit: KeyUsageLimit(records: .max), firstSequence: number,
                    random: RepeatedRandom(test.iv.bytes))
                try sealer.install(test.recordKey())
                var output = SendBuffer()
                try sealer.seal(ContentType(rawValue: test.type), content.span, into: &output)
                return .comparing([UInt8](copying: output.pending), with: test.record.bytes)
            }
            tally.record(test.result, outcome, test.name)
        }
        tally.finish(expecting: count)
    }

    /// Type and content; nil when the record was refused as it should be: bad_record_mac, and wiped.
    private func open(_ test: RecordCase, _ number: SequenceNumber) throws -> [UInt8]? {
        var opener = RecordOpener(firstSequence: number)
        try opener.install(test.recordKey(), at: recordBoundary())
        var input = ReceiveBuffer()
        let octets = test.record.bytes
        input.append(octets.span)
        guard let record = try RecordDeframer.next(in: input, isProtected: true, keyedVersion: .tls12) else {
            throw VectorFileError("half a record")
        }
        do throws(RecordError) {
            let opened = try opener.open(record, in: &input)
            return [opened.type.rawValue] + [UInt8](copying: input.bytes(in: opened.content))
        } catch {
            guard error == .authenticationFailed else { throw error }
            let left = [UInt8](copying: input.bytes(in: 5..<octets.count))
            guard left.allSatisfy({ $0 == 0 }) || octets.count == 5 else { throw VectorFileError("is not wiped") }
            return nil
        }
    }

    private func recordBoundary() throws -> RecordBoundary {
        var reassembler = HandshakeReassembler()
        let message: [UInt8] = [20, 0, 0, 0]
        reassembler.append(message.span)
        guard let boundary = try reassembler.next()?.takeBoundary() else { throw VectorFileError("no boundary") }
        return boundary
    }

    private struct DHCase: Decodable {
        let group: DHGroup
        let prime: HexBytes
        let `private`: HexBytes
        let publicShare: HexBytes?
        let peerShare: HexBytes
        let shared: HexBytes?
        let result: Verdict
        let why: String?
    }

    @Test("T-03, RFC 7919 App. A, RFC 3526: each group by its prime, shares, secrets without leading zeros, refusals")
    func diffieHellman() throws {
        var tally = VectorTally("TLS 1.2 DH", source: source)
        for test in try PrimitiveFile<DHCase>("dh", in: "tls12").cases {
            let outcome = Outcome {
                let (prime, generator) = (test.prime.bytes, [UInt8]([2]))
                guard DHGroup.recognized(prime: prime.span, generator: generator.span) == test.group else {
                    return .wrong("the group is not recognised")
                }
                let exchange = try DHKeyExchange.start(test.group, random: ScriptedRandom(test.private.bytes))
                if let share = test.publicShare?.bytes, share != exchange.publicShare { return .wrong("another share") }
                let peer = test.peerShare.bytes
                let shared = try exchange.finish(peerShare: peer.span)
                return .comparing(Array(copying: shared.bytes), with: test.shared?.bytes ?? [])
            }
            tally.record(test.result, outcome, "\(test.group.rawValue) \(test.why ?? "")")
        }
        tally.finish(expecting: 104)
    }

    private struct RSAFile: Decodable {
        struct Key: Decodable {
            let modulus: HexBytes
            let publicExponent: HexBytes
            let privateExponent: HexBytes
            let prime1: HexBytes
            let prime2: HexBytes
        }
        struct Case: Decodable {
            let operation: String
            let key: String
            let message: HexBytes
            let random: HexBytes
            let encrypted: HexBytes
            let result: Verdict
            let why: String?
        }
        let keys: [String: Key]
        let cases: [Case]
    }

    @Test("T-09, RFC 8017 §7.2, RFC 5246 §7.4.7.1: RSA key transport; whatever is wrong, the random secret comes out")
    func rsa() throws {
        let file = try VectorFile.json(RSAFile.self, "\(SharedFolder.testVectors)/tls12/rsa.json")
        var keys: [String: SigningKey] = [:]
        for (name, key) in file.keys {
            let (d, p, q) = (key.privateExponent.bytes, key.prime1.bytes, key.prime2.bytes)
            keys[name] = try SigningKey(
                .rsa(
                    modulus: key.modulus.bytes, publicExponent: key.publicExponent.bytes,
                    privateExponent: SecretBytes(copying: d.span), prime1: SecretBytes(copying: p.span),
                    prime2: SecretBytes(copying: q.span), restrictedToPSS: false, restriction: nil))
        }
        var tally = VectorTally("RSA key transport", source: source)
        for test in file.cases {
            let key = try #require(keys[test.key])
            let (message, encrypted) = (test.message.bytes, test.encrypted.bytes)
            let random = ScriptedRandom(test.random.bytes)
            let outcome = Outcome {
                if test.operation == "encrypt" {
                    return .comparing(try key.publicKey.encryptPKCS1(message.span, random: random), with: encrypted)
                }
                let found = try key.decryptPremasterSecret(encrypted.span, version: .tls12, random: random)
                return .comparing(Array(copying: found.bytes), with: message)
            }
            tally.record(test.result, outcome, "\(test.operation) \(test.key) \(test.why ?? "")")
        }
        tally.finish(expecting: 112)
    }
}

/// The same octets over and over.
private struct RepeatedRandom: RandomSource {
    private let octets: [UInt8]
    init(_ octets: [UInt8]) { self.octets = octets }

    func fill(_ bytes: inout MutableSpan<UInt8>) throws(CryptoError) {
        for index in bytes.indices { bytes[index] = octets[index % octets.count] }
    }
}
