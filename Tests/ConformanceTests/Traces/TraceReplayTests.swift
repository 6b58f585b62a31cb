// TraceReplayTests.swift — the client replays the traces: recorded ClientHello and private keys in, every record out.
// RFC 8448 §3, §4, §5, §6, §7; RFC 8446 App. A.1.
// Next: ../../TestSupport/ScriptedServer.swift.

import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import Synchronization
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("RFC 8448: the client replays the traces")
struct TraceReplayTests {
    @Test(
        "RFC 8448: the client sends every record and derives every secret of a trace, octet for octet",
        arguments: Trace.all)
    func wholeRecords(trace: Trace) throws {
        var tally = VectorTally("client, \(trace.title)", source: "RFC 8448")
        var replay = try Replay(trace)
        try replay.run(&tally)
        tally.finish()
    }

    @Test("RFC 8446 §5.1: the same when every octet arrives by itself", arguments: Trace.all)
    func octetByOctet(trace: Trace) throws {
        var tally = VectorTally("client, octet by octet, \(trace.title)", source: "RFC 8448")
        var replay = try Replay(trace, step: 1)
        try replay.run(&tally)
        tally.finish()
    }

    @Test("RFC 8446 §4.1.2: our own second ClientHello is the trace's but for padding and order")
    func secondHello() throws {
        for trace in Trace.all where trace.optional("record_client_hello_2") != nil {
            let replay = try Replay(trace, injectsSecondHello: false)
            _ = replay.client.takeOutput()
            try replay.client.receive(trace("record_hello_retry_request"))
            let record = replay.client.takeOutput()
            #expect(record.prefix(3) == [22, 3, 3])
            let octets = Array(record.dropFirst(RecordLimits.header))
            let second = HandshakeMessage(type: .clientHello, encoded: octets)
            let ours = try ClientHello.parse(second.body)
            let theirs = try trace.clientHello("record_client_hello_2")
            #expect(ours.random == theirs.random)
            #expect(ours.legacySessionID == theirs.legacySessionID)
            #expect(ours.cipherSuites == theirs.cipherSuites)
            let padding = ExtensionType(rawValue: 21)  // RFC 7685
            func bodies(_ hello: ClientHello) -> [ExtensionType: [UInt8]] {
                var bodies: [ExtensionType: [UInt8]] = [:]
                for item in hello.extensions.list where item.type != padding { bodies[item.type] = item.body }
                return bodies
            }
            #expect(bodies(ours) == bodies(theirs))
        }
    }
}

/// One client that lives through one trace.
private struct Replay: ~Copyable {
    private let trace: Trace
    private let secrets: RecordedSecrets
    private let sessions: RecordedSessions
    /// How many octets arrive at once; nil is a flight.
    private let step: Int?
    private let certificateSignature: [UInt8]?
    var client: TestClient

    init(_ trace: Trace, step: Int? = nil, injectsSecondHello: Bool = true) throws {
        let secrets = RecordedSecrets()
        let sessions = RecordedSessions()
        var configuration = try TestClient.configuration()
        // The only thing left to draw is the share that a HelloRetryRequest asks for.
        let secondKey = trace.optional("client_private_key_2") ?? []
        configuration.provider = try .gcrypt(random: ScriptedRandom(secondKey))
        configuration.groups = [.x25519, .secp256r1, .secp384r1]
        // The traces' certificates have RSA keys of 1024 bits and end nowhere.
        configuration.verification = .takeOver { _ in .accept }
        configuration.keyLog = secrets
        configuration.sessionStore = sessions
        let certificateSignature = try Self.clientSignature(trace)
        if trace.optional("client_certificate") != nil {
            let certificate = try trace.message("client_certificate")
            let entries = try CertificateMessage.parse(certificate.body).entries
            configuration.credentials = .fixed([
                try Credential(
                    certificates: entries.map { try Certificate(derEncoded: $0.certificate) },
                    externalSchemes: [.rsaPSSRSAESHA256])
            ])
        }

        let message = try trace.message(inRecord: "record_client_hello")
        var offer = try ClientOffer(
            configuration: configuration, identity: try ReferenceIdentity("server"),
            hello: try trace.clientHello("record_client_hello"))
        if injectsSecondHello, trace.optional("record_client_hello_2") != nil {
            offer.recordedSecondHello = try trace.clientHello("record_client_hello_2")
        }
        if let key = try Self.resumedKey(trace) { offer.preSharedKeys = [key] }
        let shares = try KeyShares([.x25519], random: ScriptedRandom(try trace("client_private_key")))
        var output = SendBuffer()
        let connection = try TLSConnection(
            replaying: message, offer: offer, shares: shares, earlyData: trace.optional("client_early_data") ?? [],
            into: &output)
        self.trace = trace
        self.step = step
        self.secrets = secrets
        self.sessions = sessions
        self.certificateSignature = certificateSignature
        client = TestClient(connection: connection, toSend: output)
    }

    /// The session that a resumed trace offers.
    private static func resumedKey(_ trace: Trace) throws -> OfferedPreSharedKey? {
        guard let psk = trace.optional("psk") else { return nil }
        let hello = try trace.clientHello("record_client_hello")
        let body = try #require(hello.extensions.body(of: .preSharedKey))
        let ticket = try #require(try PreSharedKeyExtension.parseClientHello(body.span).identities.first)
        let now = FixedClock().now()
        var facts = Session.Facts(
            version: .tls13, cipherSuite: try trace.suite.code, ticket: ticket.identity, receivedAt: now,
            authenticatedAt: now, identity: try ReferenceIdentity("server"), peerCertificates: [], validatedPath: [])
        facts.maxEarlyDataSize = 1024
        return OfferedPreSharedKey(Session(facts, secret: SecretBytes(copying: psk.span)))
    }

    private static func clientSignature(_ trace: Trace) throws -> [UInt8]? {
        guard trace.optional("client_certificate_verify") != nil else { return nil }
        let message = try trace.message("client_certificate_verify")
        return try CertificateVerify.parse(message.body).signature
    }

    mutating func run(_ tally: inout VectorTally) throws {
        let early = trace.optional("record_client_early_data") ?? []
        tally.compare("first flight", client.takeOutput(), try trace("record_client_hello") + early)
        if let retry = trace.optional("record_hello_retry_request") {
            try receive(retry)
            try tally.compare("record_client_hello_2", client.takeOutput(), in: trace)
        }
        try receive(trace("record_server_hello"))
        try receive(trace("records_server_flight"))
        if let certificateSignature {
            #expect(client.events == [.wantsSignature])
            try client.resume(.signature(certificateSignature))
        }
        #expect(client.events.last == .handshakeComplete)
        try tally.compare("records_client_flight", client.takeOutput(), in: trace)
        #expect(client.connection.info.earlyData == (early.isEmpty ? .notOffered : .accepted))
        for (label, name) in RecordedSecrets.names where trace.optional(name) != nil {
            try tally.compare(name, secrets.secret(label), in: trace)
        }
        try checkExporter(&tally)
        if let ticket = trace.optional("record_new_session_ticket") {
            try receive(ticket)
            #expect(sessions.preSharedKeys.count == 1)
            try tally.compare("ticket_psk", sessions.preSharedKeys.first ?? [], in: trace)
        }
        if trace.optional("client_data") != nil {
            try client.send(trace("client_data"))
            try tally.compare("record_client_data", client.takeOutput(), in: trace)
            try receive(trace("record_server_data"))
            try tally.compare("server_data", client.data, in: trace)
        }
        client.close()
        try tally.compare("record_client_close", client.takeOutput(), in: trace)
        try receive(trace("record_server_close"))
        #expect(client.events.last == .peerClosed)
        try client.receiveEndOfFile()
    }

    /// What the connection exports is what the trace's exporter secret exports.
    private func checkExporter(_ tally: inout VectorTally) throws {
        let found = try client.connection.exportKeyingMaterial(label: "EXPERIMENTAL test", context: [1, 2], length: 40)
        tally.compare("exported keying material", octets(found), try Self.expectedExport(trace))
    }

    private static func expectedExport(_ trace: Trace) throws -> [UInt8] {
        let bytes = try trace("exporter_secret")
        let hash = try trace.suite.hash
        let secret = ExporterSecret(hash: hash, secret: SecretBytes(copying: bytes.span))
        return octets(try secret.export(label: "EXPERIMENTAL test", context: [1, 2], length: 40))
    }

    private mutating func receive(_ octets: [UInt8]) throws {
        let step = self.step ?? octets.count
        for start in stride(from: 0, to: octets.count, by: step) {
            try client.receive(Array(octets[start..<min(start + step, octets.count)]))
        }
    }
}

/// The lines of a key log, by label.
private final class RecordedSecrets: KeyLog {
    static let names = [
        ("CLIENT_EARLY_TRAFFIC_SECRET", "client_early_traffic_secret"),
        ("EARLY_EXPORTER_SECRET", "early_exporter_secret"),
        ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", "client_handshake_traffic_secret"),
        ("SERVER_HANDSHAKE_TRAFFIC_SECRET", "server_handshake_traffic_secret"),
        ("CLIENT_TRAFFIC_SECRET_0", "client_application_traffic_secret"),
        ("SERVER_TRAFFIC_SECRET_0", "server_application_traffic_secret"),
        ("EXPORTER_SECRET", "exporter_secret"),
    ]
    private let lines = Mutex<[String]>([])

    func write(line: String) { lines.withLock { $0.append(line) } }

    func secret(_ label: String) -> [UInt8] {
        let line = lines.withLock { lines in lines.first { $0.hasPrefix(label + " ") } }
        return line?.split(separator: " ").last.flatMap { Hex.decode($0) } ?? []
    }
}

/// The pre-shared keys of the tickets that came.
private final class RecordedSessions: SessionStore {
    private let keys = Mutex<[[UInt8]]>([])

    var preSharedKeys: [[UInt8]] { keys.withLock { $0 } }

    func store(_ session: Session, for binding: SessionBinding) {
        let secret = session.secret.copy()
        let key = octets(secret)
        keys.withLock { $0.append(key) }
    }
    func take(for binding: SessionBinding, at now: UnixTime, timeout: UInt32) -> Session? { nil }
    func remove(for binding: SessionBinding) {}
    func purge() {}
}
