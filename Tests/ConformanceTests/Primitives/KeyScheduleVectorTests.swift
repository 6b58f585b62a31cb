// KeyScheduleVectorTests.swift — TLS 1.3's derivations against the project's own known answers.
// RFC 8446 §7.1–§7.5, §4.4.4, §4.6.1.
// Next: ../Wycheproof/WycheproofFile.swift.

import CryptoGlue
import Handshake
import RecordLayer
import TestSupport
import Testing
import WireFormat

@Suite("Known answers: the TLS 1.3 key schedule")
struct KeyScheduleVectorTests {
    private struct Case: Decodable {
        let suite: String
        let psk: HexBytes
        let sharedSecret: HexBytes
        let helloHash: HexBytes
        let finishedHash: HexBytes
        let clientFinishedHash: HexBytes
        let early: HexBytes
        let handshake: HexBytes
        let main: HexBytes
        let clientHandshake: Traffic
        let serverHandshake: Traffic
        let serverVerifyData: HexBytes
        let clientVerifyData: HexBytes
        let clientApplication: Traffic
        let serverApplication: Traffic
        let exporter: HexBytes
        let exports: [Export]
        let resumption: HexBytes
        let ticketPSK: HexBytes
    }

    private struct Traffic: Decodable {
        let secret: HexBytes
        let key: HexBytes
        let iv: HexBytes
        let finishedKey: HexBytes
        let next: HexBytes
    }

    private struct Export: Decodable {
        let label: String
        let context: HexBytes
        let length: Int
        let value: HexBytes
    }

    @Test("RFC 8446 §7: every secret, key, IV, finished key, update, exporter and ticket PSK of every suite")
    func schedule() throws {
        let cases = try PrimitiveFile<Case>("tls13-key-schedule").cases
        for suite in CipherSuite.named.compactMap(TLS13Suite.init) {
            var tally = VectorTally("key schedule of \(suite.code)", source: primitiveSource)
            for test in cases where test.suite == suite.code.description {
                if test.psk.bytes.isEmpty {
                    try Self.check(test, suite, &tally)
                } else {
                    tally.setAside("a pre-shared key, which the client does not offer yet")
                }
            }
            tally.finish()
        }
    }

    private static func check(_ test: Case, _ suite: TLS13Suite, _ tally: inout VectorTally) throws {
        let early = try EarlySecret(suite)
        tally.compare("early", octets(early.secret), test.early.bytes)
        let shared = SecretBytes(copying: test.sharedSecret.bytes.span)
        let handshake = try early.intoHandshakeSecret(sharedSecret: shared)
        tally.compare("handshake", octets(handshake.secret), test.handshake.bytes)
        let hello = TranscriptHash(bytes: test.helloHash.bytes)
        let finished = TranscriptHash(bytes: test.finishedHash.bytes)
        let client = try handshake.clientTraffic(hello)
        let server = try handshake.serverTraffic(hello)
        try compare(client, test.clientHandshake, "client handshake", &tally)
        try compare(server, test.serverHandshake, "server handshake", &tally)
        let serverVerify = try server.verifyData(finished)
        tally.compare("server verify_data", octets(serverVerify), test.serverVerifyData.bytes)
        let clientVerify = try client.verifyData(TranscriptHash(bytes: test.clientFinishedHash.bytes))
        tally.compare("client verify_data", octets(clientVerify), test.clientVerifyData.bytes)

        let main = try handshake.intoMainSecret()
        tally.compare("main", octets(main.secret), test.main.bytes)
        let up = try main.clientTraffic(finished)
        let down = try main.serverTraffic(finished)
        try compare(up, test.clientApplication, "client application", &tally)
        try compare(down, test.serverApplication, "server application", &tally)
        let nextUp = try up.updated()
        let nextDown = try down.updated()
        tally.compare("client update", octets(nextUp.secret), test.clientApplication.next.bytes)
        tally.compare("server update", octets(nextDown.secret), test.serverApplication.next.bytes)
        let exporter = try main.exporter(finished)
        tally.compare("exporter", octets(exporter.secret), test.exporter.bytes)
        for export in test.exports {
            let value = try exporter.export(label: export.label, context: export.context.bytes, length: export.length)
            tally.compare("export \(export.label)", octets(value), export.value.bytes)
        }
        let resumption = try main.resumption(TranscriptHash(bytes: test.clientFinishedHash.bytes))
        tally.compare("resumption", octets(resumption.secret), test.resumption.bytes)
        let psk = try resumption.preSharedKey(ticketNonce: [0, 1])
        tally.compare("ticket PSK", octets(psk), test.ticketPSK.bytes)
    }

    private static func compare<E>(
        _ found: borrowing TrafficSecret<E>, _ expected: Traffic, _ name: String, _ tally: inout VectorTally
    ) throws {
        tally.compare(name, octets(found.secret), expected.secret.bytes)
        let key = try found.recordKey()
        tally.compare("\(name) key", octets(key.key), expected.key.bytes)
        tally.compare("\(name) iv", octets(key.iv), expected.iv.bytes)
        let finishedKey = try HKDFLabel.expand(
            found.suite.hash, secret: found.secret.bytes, label: "finished", context: [],
            length: found.suite.hash.digestLength)
        tally.compare("\(name) finished key", octets(finishedKey), expected.finishedKey.bytes)
    }
}
