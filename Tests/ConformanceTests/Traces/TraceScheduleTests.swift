// TraceScheduleTests.swift — every secret, key, Finished, signature and record of the traces, from their inputs alone.
// RFC 8448 §3, §4, §5, §6, §7; RFC 8446 §4.2.11.2, §7.
// Next: TraceTranscriptionTests.swift.

import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import TestSupport
import Testing
import WireFormat

@Suite("RFC 8448: secrets and records")
struct TraceScheduleTests {
    @Test("RFC 8448: the five traces are there")
    func traces() {
        #expect(Trace.all.count == 5)
    }

    @Test("T-29: RFC 8448 §4: the binder of the resumed hello follows from the ticket of the first trace")
    func binder() throws {
        let first = try #require(Trace.all.first { $0.title.hasSuffix("§3") })
        let trace = try #require(Trace.all.first { $0.title.hasSuffix("§4") })
        let psk = try trace("psk")
        #expect(try psk == first("ticket_psk"))
        let hello = try trace.clientHello("record_client_hello")
        #expect(hello.extensions.types.last == .preSharedKey)
        let body = try #require(hello.extensions.body(of: .preSharedKey))
        let offer = try PreSharedKeyExtension.parseClientHello(body.span)
        let message = try trace.message(inRecord: "record_client_hello")
        let truncated = Array(message.encoded.dropLast(offer.bindersLength))
        let digest = TranscriptHash(bytes: try HashFunction.digest(.sha256, truncated.span))
        let binder = try PreSharedKeyBinder.compute(.sha256, psk.span, label: "res binder", digest)
        #expect(try [octets(binder)] == [trace("psk_binder")])
        #expect(try offer.binders == [trace("psk_binder")])
        let ticket = try first.message("new_session_ticket")
        #expect(try offer.identities.map(\.identity) == [NewSessionTicket.parse(ticket.body).ticket])
    }

    @Test(
        "RFC 8448: every secret, key, Finished and signature of a trace follows from its messages", arguments: Trace.all
    )
    func secrets(trace: Trace) throws {
        var tally = VectorTally("key schedule, \(trace.title)", source: "RFC 8448")
        let suite = try trace.suite
        let shared = try Self.sharedSecret(trace)
        tally.compare("shared_secret", octets(shared), try trace("shared_secret"))
        let psk = trace.optional("psk") ?? [UInt8](repeating: 0, count: suite.hash.digestLength)
        let early = try EarlySecret(suite, preSharedKey: psk.span)
        try tally.compare("early_secret", octets(early.secret), in: trace)
        if trace.optional("psk") != nil { try Self.followEarlyData(early, trace, &tally) }
        let handshake = try early.intoHandshakeSecret(sharedSecret: shared)
        try tally.compare("handshake_secret", octets(handshake.secret), in: trace)

        var transcript = try Self.transcript(trace)
        let hello = try transcript.hash()
        let client = try handshake.clientTraffic(hello)
        let server = try handshake.serverTraffic(hello)
        try tally.compare("client_handshake_traffic_secret", octets(client.secret), in: trace)
        try tally.compare("server_handshake_traffic_secret", octets(server.secret), in: trace)
        try Self.compare(client.recordKey(), "client_handshake", trace, &tally)
        try Self.compare(server.recordKey(), "server_handshake", trace, &tally)
        let main = try handshake.intoMainSecret()
        try tally.compare("main_secret", octets(main.secret), in: trace)

        try Self.follow(try trace.serverFlight(), .server, server, &transcript, &tally)
        let finished = try transcript.hash()
        let up = try main.clientTraffic(finished)
        let down = try main.serverTraffic(finished)
        try tally.compare("client_application_traffic_secret", octets(up.secret), in: trace)
        try tally.compare("server_application_traffic_secret", octets(down.secret), in: trace)
        try Self.compare(up.recordKey(), "client_application", trace, &tally)
        try Self.compare(down.recordKey(), "server_application", trace, &tally)
        let exporter = try main.exporter(finished)
        try tally.compare("exporter_secret", octets(exporter.secret), in: trace)

        if trace.optional("client_end_of_early_data") != nil {
            transcript.add(try trace.message("client_end_of_early_data"))
        }
        try Self.follow(try trace.clientFlight(), .client, client, &transcript, &tally)
        let resumption = try main.resumption(transcript.hash())
        try tally.compare("resumption_secret", octets(resumption.secret), in: trace)
        if let expected = trace.optional("ticket_psk") {
            let message = try trace.message("new_session_ticket")
            let ticket = try NewSessionTicket.parse(message.body)
            let psk = try resumption.preSharedKey(ticketNonce: ticket.nonce)
            tally.compare("ticket_psk", octets(psk), expected)
        }
        tally.finish()
    }

    /// The secrets of 0-RTT, from the ClientHello alone.
    private static func followEarlyData(
        _ early: borrowing EarlySecret, _ trace: Trace, _ tally: inout VectorTally
    ) throws {
        let hash = try trace.suite.hash
        var buffer = TranscriptBuffer()
        buffer.add(try trace.message(inRecord: "record_client_hello"))
        let hello = try buffer.hash(hash)
        let traffic = try early.clientTraffic(hello)
        try tally.compare("client_early_traffic_secret", octets(traffic.secret), in: trace)
        try compare(traffic.recordKey(), "client_early", trace, &tally)
        let exporter = try early.exporter(hello)
        try tally.compare("early_exporter_secret", octets(exporter.secret), in: trace)
    }

    /// The client's side of the key exchange, from its private key and the server's share.
    private static func sharedSecret(_ trace: Trace) throws -> SecretBytes {
        let (group, privateKey) = try trace.exchange
        let exchange = try KeyExchange.start(group, random: ScriptedRandom(privateKey))
        let message = try trace.message(inRecord: "record_server_hello")
        let hello = try ServerHello.parse(message.body)
        guard let body = hello.extensions.body(of: .keyShare) else { throw VectorFileError("no key_share") }
        let share = try KeyShareExtension.parseServerHello(body.span)
        #expect(share.group == group)
        return try exchange.finish(peerShare: share.keyExchange.span)
    }

    /// The transcript up to ServerHello.
    private static func transcript(_ trace: Trace) throws -> Transcript {
        let hash = try trace.suite.hash
        var buffer = TranscriptBuffer()
        buffer.add(try trace.message(inRecord: "record_client_hello"))
        if trace.optional("record_hello_retry_request") != nil {
            buffer = try buffer.afterHelloRetry(with: hash)
            buffer.add(try trace.message(inRecord: "record_hello_retry_request"))
            buffer.add(try trace.message(inRecord: "record_client_hello_2"))
        }
        buffer.add(try trace.message(inRecord: "record_server_hello"))
        return try buffer.start(with: hash)
    }

    private static func compare(
        _ key: RecordKey, _ name: String, _ trace: Trace, _ tally: inout VectorTally
    ) throws {
        try tally.compare(name + "_key", octets(key.key), in: trace)
        try tally.compare(name + "_iv", octets(key.iv), in: trace)
    }

    /// Adds a flight to the transcript; checks the signature and the Finished in it.
    private static func follow(
        _ flight: [HandshakeMessage], _ side: HandshakeRole,
        _ secret: borrowing TrafficSecret<Epoch.Handshake>, _ transcript: inout Transcript, _ tally: inout VectorTally
    ) throws {
        var key: PublicKey?
        for message in flight {
            let before = try transcript.hash()
            switch message.type {
            case .certificate:
                let entry = try CertificateMessage.parse(message.body).entries.first
                key = try entry.map { try Certificate(derEncoded: $0.certificate).publicKey }
            case .certificateVerify:
                let verify = try CertificateVerify.parse(message.body)
                let content = CertificateVerifyContent.bytes(side, before)
                guard let key, let algorithm = SignatureNegotiation.handshakeAlgorithm(verify.scheme, key: key) else {
                    throw VectorFileError("no key for \(verify.scheme)")
                }
                tally.record(.valid, .signature(verify.signature, over: content, by: key, algorithm), "signature")
            case .finished:
                let verifyData = try secret.verifyData(before)
                let received = [UInt8](copying: message.body)
                tally.compare("\(side) verify_data", octets(verifyData), received)
            default:
                break
            }
            transcript.add(message)
        }
    }

    @Test(
        "RFC 8448: every record of a trace is sealed to the same octets and opens to the same content",
        arguments: Trace.all)
    func records(trace: Trace) throws {
        var tally = VectorTally("records, \(trace.title)", source: "RFC 8448")
        func flight(_ messages: [HandshakeMessage]) -> [UInt8] { messages.flatMap(\.encoded) }
        let closeNotify: [UInt8] = [1, 0]

        for (name, record, content) in try [
            ("client_handshake", trace.protectedRecords("records_client_flight"), flight(trace.clientFlight())),
            ("server_handshake", trace.protectedRecords("records_server_flight"), flight(trace.serverFlight())),
        ] {
            let direction = try Direction(trace, name)
            try direction.check([(.handshake, content, record)], name, &tally)
        }
        if let record = trace.optional("record_client_early_data") {
            let direction = try Direction(trace, "client_early")
            let data: (ContentType, [UInt8], [UInt8]) = (.applicationData, try trace("client_early_data"), record)
            let end = try trace("record_end_of_early_data")
            try direction.check(
                [data, (.handshake, try trace("client_end_of_early_data"), end)], "client_early", &tally)
        }
        for side in ["client", "server"] {
            var records: [(ContentType, [UInt8], [UInt8])] = []
            if side == "server", let ticket = trace.optional("record_new_session_ticket") {
                records.append((.handshake, try trace("new_session_ticket"), ticket))
            }
            if let data = trace.optional("record_\(side)_data") {
                records.append((.applicationData, try trace("\(side)_data"), data))
            }
            records.append((.alert, closeNotify, try trace("record_\(side)_close")))
            let direction = try Direction(trace, side + "_application")
            try direction.check(records, side + "_application", &tally)
        }
        tally.finish()
    }

    /// One direction under one key.
    private struct Direction {
        let algorithm: AEADAlgorithm
        let key: [UInt8]
        let iv: [UInt8]

        init(_ trace: Trace, _ name: String) throws {
            algorithm = try trace.suite.aead
            key = try trace(name + "_key")
            iv = try trace(name + "_iv")
        }

        private var recordKey: RecordKey {
            RecordKey(
                algorithm: algorithm, key: SecretBytes(copying: key.span), iv: SecretBytes(copying: iv.span))
        }

        /// Seals the contents one after another, and opens the records one after another.
        func check(
            _ records: [(type: ContentType, content: [UInt8], record: [UInt8])], _ name: String,
            _ tally: inout VectorTally
        ) throws {
            var sealer = RecordSealer()
            try sealer.install(recordKey)
            var opener = RecordOpener()
            try opener.install(recordKey, at: Self.boundary())
            var input = ReceiveBuffer()
            for (type, content, record) in records {
                var output = SendBuffer()
                try sealer.seal(type, content.span, into: &output)
                let sealed = [UInt8](copying: output.pending)
                tally.compare("\(name) \(type) sealed", sealed, record)

                input.append(record.span)
                guard let deframed = try RecordDeframer.next(in: input, isProtected: true) else {
                    throw VectorFileError("\(name): half a record")
                }
                let opened = try opener.open(deframed, in: &input)
                let found = [UInt8](copying: input.bytes(in: opened.content))
                tally.compare("\(name) \(type) opened", [opened.type.rawValue] + found, [type.rawValue] + content)
                input.consume(deframed.range.count)
            }
        }

        /// A reassembler with nothing pending is the only source of this proof.
        private static func boundary() throws -> RecordBoundary {
            var reassembler = HandshakeReassembler()
            let message: [UInt8] = [HandshakeType.finished.rawValue, 0, 0, 0]
            reassembler.append(message.span)
            let input = try reassembler.next()
            guard let boundary = input?.takeBoundary() else { throw VectorFileError("no boundary") }
            return boundary
        }
    }
}
