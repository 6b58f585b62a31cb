// LegacyStateTableTests.swift — in every state of an old version, every message that the state does not permit.
// RFC 6101 §5.5; RFC 2246 §7.3; RFC 4346 §7.3.
// Next: LegacyRefusalTests.swift.

import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("State × message of versions before TLS 1.2")
struct LegacyStateTableTests {
    private static let suite = CipherSuite.tlsDHERSAWithAES128CBCSHA

    /// A handshake with everything a side can be sent: a certificate of each, a signed key exchange.
    private static func pair(_ version: ProtocolVersion, _ log: MasterSecretLog) throws -> LegacyPair {
        var client = try LegacyPair.client(version, suite: suite)
        let identity = try TestIdentity.clientRSA()
        client.credentials = .fixed([try Credential(certificates: identity.certificates, key: identity.key)])
        client.keyLog = log
        var server = try LegacyPair.server(version, suite: suite)
        server.clientAuthentication = .required(ClientAuthenticationPolicy(trust: try TestCertificates.trust()))
        return try LegacyPair(client, server)
    }

    /// The messages and ChangeCipherSpecs of a flight, each as a record of its own; what is protected as it is.
    private static func records(_ flight: [UInt8], _ version: ProtocolVersion) -> [[UInt8]] {
        var all: [[UInt8]] = []
        var rest = flight[...]
        var isProtected = false
        while rest.count >= 5 {
            let start = rest.startIndex
            let length = Int(rest[start + 3]) << 8 | Int(rest[start + 4])
            let record = rest.prefix(5 + length)
            rest = rest.dropFirst(record.count)
            guard record[start] == 22, !isProtected else {
                if record[start] == 20 { isProtected = true }
                all.append(Array(record))
                continue
            }
            var messages = record.dropFirst(5)
            while messages.count >= 4 {
                let first = messages.startIndex
                let count =
                    4 + Int(messages[first + 1]) << 16 + Int(messages[first + 2]) << 8 + Int(messages[first + 3])
                all.append(wrapped(22, Array(messages.prefix(count)), version))
                messages = messages.dropFirst(count)
            }
        }
        return all
    }

    private static func wrapped(_ type: UInt8, _ content: [UInt8], _ version: ProtocolVersion) -> [UInt8] {
        [type, 3, UInt8(version.rawValue & 255), UInt8(content.count >> 8), UInt8(content.count & 255)] + content
    }

    /// What a state permits; HelloRequest brings a client nothing at any time.
    private static let permitted: [String: Set<HandshakeType>] = [
        "WAIT_SH": [.serverHello, .helloRequest], "client WAIT_CERT": [.certificate, .helloRequest],
        "WAIT_SKE": [.serverKeyExchange, .helloRequest],
        "WAIT_CR_DONE": [.certificateRequest, .serverHelloDone, .helloRequest], "client WAIT_CCS": [.helloRequest],
        "client WAIT_FINISHED": [.finished, .helloRequest], "client CONNECTED": [.helloRequest],
        "WAIT_CH": [.clientHello], "server WAIT_CERT": [.certificate], "WAIT_CKE": [.clientKeyExchange],
        "WAIT_CV": [.certificateVerify], "server WAIT_CCS": [], "server WAIT_FINISHED": [.finished],
        "server CONNECTED": [.clientHello],
    ]

    private static func permits(_ isClient: Bool, _ name: String) throws -> Set<HandshakeType> {
        try #require(permitted[name] ?? permitted[(isClient ? "client " : "server ") + name], "\(name)")
    }

    /// Brings one side to where `count` records have come, and returns it with the master secret's log.
    private static func side(
        _ version: ProtocolVersion, isClient: Bool, after count: Int
    ) throws -> (TestClient, Prefix)? {
        let log = MasterSecretLog()
        let pair = try pair(version, log)
        let (tested, other) = isClient ? (pair.client, pair.server) : (pair.server, pair.client)
        var prefix = Prefix(log: log)
        var given = 0
        for _ in 0..<4 {
            // What the tested side says goes to the other one whole.
            let said = tested.takeOutput()
            prefix.note(said)
            if !said.isEmpty { try other.receive(said) }
            let answer = other.takeOutput()
            prefix.note(answer)
            for record in records(answer, version) {
                guard given < count else { return (tested, prefix) }
                try tested.receive(record)
                prefix.last = record
                given += 1
            }
        }
        return given == count ? (tested, prefix) : nil
    }

    /// The randoms of a handshake and its master secret: enough to seal what an attacker cannot.
    private struct Prefix {
        let log: MasterSecretLog
        var randoms: [[UInt8]] = []
        /// The last record the tested side was given.
        var last: [UInt8] = []

        mutating func note(_ flight: [UInt8]) {
            guard flight.count > 43, flight[0] == 22, randoms.count < 2 else { return }
            randoms.append(Array(flight[11..<43]))
        }

        /// A record under the peer's key: its first, or the one after Finished, which was the last one given.
        func sealed(
            _ type: ContentType, _ content: [UInt8], _ version: ProtocolVersion, byClient: Bool, afterFinished: Bool,
            use: LegacyUse
        ) throws -> [UInt8] {
            let secret = try log.secret()
            let master = TLS12MasterSecret(
                version == .ssl30 ? .ssl30(use) : .tls10(use), resuming: SecretBytes(copying: secret.span),
                TLS12Randoms(client: randoms[0], server: randoms[1]))
            let protection = LegacyProtection(
                version: version, cipher: .aes128, mac: .sha1, encryptThenMAC: version > .ssl30, use: use)
            let keys = try master.recordKeys(.legacy(protection))
            var key = byClient ? keys.client : keys.server
            if afterFinished, version < .tls11 {
                // The last block of a record is the IV of the next; with encrypt_then_mac a MAC follows it.
                let block = last.dropLast(protection.encryptThenMAC ? 20 : 0).suffix(16)
                key = RecordKey(
                    legacy: protection, key: key.key.copy(), macKey: key.macKey.copy(),
                    iv: SecretBytes(copying: Array(block).span))
            }
            var sealer = RecordSealer(firstSequence: SequenceNumber(afterFinished ? 1 : 0))
            try sealer.install(key)
            var output = SendBuffer()
            try sealer.seal(type, content.span, into: &output)
            return [UInt8](copying: output.pending)
        }
    }

    @Test(
        "T-25: every message that a state does not permit is unexpected_message",
        arguments: LegacyPermission.legacyVersions, [true, false])
    func table(_ version: ProtocolVersion, isClient: Bool) throws {
        var names: [String] = []
        var cases = 0
        for count in 0..<12 {
            guard let (probe, _) = try Self.side(version, isClient: isClient, after: count) else { break }
            let name = try present(probe.connection.stateName)
            names.append(name)
            let permitted = try Self.permits(isClient, name)
            for type in HandshakeType.named where !permitted.contains(type) {
                let (side, prefix) = try #require(try Self.side(version, isClient: isClient, after: count))
                let message: [UInt8] = [type.rawValue, 0, 0, 0]
                var record = Self.wrapped(22, message, version)
                if ["WAIT_FINISHED", "CONNECTED"].contains(name) {
                    let use = try present(side.connection.info.legacyUse)
                    record = try prefix.sealed(
                        .handshake, message, version, byClient: !isClient, afterFinished: name == "CONNECTED",
                        use: use)
                }
                _ = side.takeOutput()
                var found: TLSError?
                do throws(TLSError) { try side.receive(record) } catch { found = error }
                #expect(found?.alert == .unexpectedMessage, "\(name) \(type)")
                #expect(side.connection.stateName == nil, "\(name) \(type)")
                cases += 1
            }
            // A ChangeCipherSpec where none may come.
            if !["WAIT_CCS", "WAIT_FINISHED", "CONNECTED", "WAIT_SH"].contains(name) {
                let (side, _) = try #require(try Self.side(version, isClient: isClient, after: count))
                #expect(throws: TLSError.self, "\(name)") { try side.receive(Self.wrapped(20, [1], version)) }
                cases += 1
            }
        }
        let expected =
            isClient
            ? [
                "WAIT_SH", "WAIT_CERT", "WAIT_SKE", "WAIT_CR_DONE", "WAIT_CR_DONE", "WAIT_CCS", "WAIT_FINISHED",
                "CONNECTED",
            ]
            : ["WAIT_CH", "WAIT_CERT", "WAIT_CKE", "WAIT_CV", "WAIT_CCS", "WAIT_FINISHED", "CONNECTED"]
        #expect(names == expected)
        #expect(cases > 80)
    }

    @Test(
        "RFC 5746 §4.5: renegotiation is no_renegotiation in TLS, and in SSL 3.0 the end",
        arguments: LegacyPermission.legacyVersions)
    func renegotiation(_ version: ProtocolVersion) throws {
        for isClient in [true, false] {
            // The records up to CONNECTED: as many as the table has states before it.
            let count = isClient ? 7 : 6
            let (side, prefix) = try #require(try Self.side(version, isClient: isClient, after: count))
            #expect(side.connection.stateName == "CONNECTED")
            let type = isClient ? HandshakeType.helloRequest : .clientHello
            let record = try prefix.sealed(
                .handshake, [type.rawValue, 0, 0, 0], version, byClient: !isClient, afterFinished: true,
                use: try present(side.connection.info.legacyUse))
            _ = side.takeOutput()
            guard version == .ssl30 else {
                try side.receive(record)
                // One protected alert, and the connection goes on.
                #expect(side.takeOutput().first == 21)
                #expect(side.connection.stateName == "CONNECTED")
                continue
            }
            var found: TLSError?
            do throws(TLSError) { try side.receive(record) } catch { found = error }
            #expect(found?.reason == .handshake(.peerMisbehaved(.renegotiationInSSL30)))
            #expect(found?.alert == .handshakeFailure)
        }
    }
}
