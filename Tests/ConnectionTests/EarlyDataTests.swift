// EarlyDataTests.swift — 0-RTT: when early data goes out, accepted, rejected in both ways, and what a server may not do.
// RFC 8446 §2.3, §4.2.10, §4.5, §8, App. D.3, D.4.
// Next: ExternalPSKTests.swift.

import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("Early data")
struct EarlyDataTests {
    static let early = Array("GET / early".utf8)

    /// A client that has a ticket for early data.
    static func lab(
        alpn: String? = nil, limit: UInt32? = 1 << 14, suite: CipherSuite = .tlsAES128GCMSHA256,
        _ edit: (inout ClientConfiguration) throws -> Void = { _ in }
    ) throws -> (lab: ResumptionLab, key: ScriptedKey) {
        let lab = try ResumptionLab { configuration in
            if alpn != nil { configuration.alpnProtocols = ["h2", "http/1.1"] }
            try edit(&configuration)
        }
        let key = try lab.connect(suite: suite, alpn: alpn, earlyDataLimit: limit)
        return (lab, key)
    }

    @Test(
        "RFC 8446 §2.3, §4.5: accepted early data follows the ClientHello and ends with EndOfEarlyData before Finished",
        arguments: ResumptionTests.suites, [false, true])
    func accepted(_ suite: CipherSuite, compatibility: Bool) throws {
        let log = LabelLog()
        let (lab, key) = try EarlyDataTests.lab(alpn: "h2", suite: suite) {
            $0.middleboxCompatibility = compatibility
        }
        var configuration = lab.configuration
        configuration.keyLog = log
        var rest: [UInt8] = []
        var pair = try InMemoryPair(early: EarlyDataTests.early, configuration, suite: suite, rest: &rest)
        // RFC 8446 App. D.4: with early data, ChangeCipherSpec comes right after the ClientHello, and only there.
        #expect(recordTypes(rest) == (compatibility ? [20, 23] : [23]))
        #expect(pair.offersEarlyData == true)
        let hash: HashAlgorithm = suite == .tlsAES256GCMSHA384 ? .sha384 : .sha256
        #expect(try pair.server.isBinderValid(key, hash) == true)
        try pair.server.acceptEarlyData(key)
        #expect(try pair.server.receive(rest).last == .data(EarlyDataTests.early))
        try pair.server.resume(key, alpn: "h2", acceptsEarlyData: true)
        try pair.client.receive(try pair.server.takeOutput())
        let flight = try pair.server.receive(pair.client.takeOutput())
        #expect(flight.first == .handshake(try EndOfEarlyData().message()))
        #expect(flight.count == 2)
        #expect(pair.server.isClientFinished == true)
        let info = pair.client.connection.info
        #expect(info.earlyData == .accepted)
        #expect(info.isResumed == true)
        #expect(info.bytesSent == UInt64(EarlyDataTests.early.count))
        #expect(log.labels.prefix(2) == ["CLIENT_EARLY_TRAFFIC_SECRET", "EARLY_EXPORTER_SECRET"])
        try pair.exchange()
    }

    @Test("RFC 8446 §4.2.10: early data rejected in EncryptedExtensions is the first data after the handshake")
    func rejected() throws {
        let (lab, key) = try EarlyDataTests.lab()
        var rest: [UInt8] = []
        var pair = try InMemoryPair(early: EarlyDataTests.early, lab.configuration, rest: &rest)
        try pair.server.resume(key)
        try pair.client.receive(try pair.server.takeOutput())
        try pair.client.send([9])
        let flight = try pair.server.receive(pair.client.takeOutput())
        #expect(flight.count == 3)
        #expect(Array(flight.suffix(2)) == [.data(EarlyDataTests.early), .data([9])])
        #expect(pair.client.connection.info.earlyData == .sentAfterHandshake)
        #expect(pair.client.connection.info.isResumed == true)
        #expect(pair.client.connection.info.bytesSent == UInt64(EarlyDataTests.early.count + 1))
        try pair.exchange()
    }

    @Test(
        "RFC 8446 §4.2.10: a HelloRetryRequest rejects early data: the second hello is in the clear, without early_data"
    )
    func rejectedByRetry() throws {
        for selects in [true, false] {
            let (lab, key) = try EarlyDataTests.lab()
            var rest: [UInt8] = []
            var pair = try InMemoryPair(
                early: EarlyDataTests.early, lab.configuration, group: .secp256r1, rest: &rest)
            try pair.server.helloRetryRequest(group: .secp256r1)
            try pair.client.receive(try pair.server.takeOutput())
            let second = pair.client.takeOutput()
            #expect(recordTypes(second) == [22])
            try pair.server.receiveSecondHello(second)
            #expect(pair.offersEarlyData == false)
            #expect(pair.offersKeys == true)
            #expect(try pair.server.isBinderValid(key, .sha256) == true)
            if selects { try pair.server.resume(key) } else { try pair.server.answer() }
            try pair.client.receive(try pair.server.takeOutput())
            let flight = try pair.server.receive(pair.client.takeOutput())
            // No ChangeCipherSpec: it went out with the early data.
            #expect(flight.count == 2)
            #expect(flight.last == .data(EarlyDataTests.early))
            #expect(pair.client.connection.info.earlyData == .sentAfterHandshake)
            #expect(pair.client.connection.info.isResumed == selects)
            try pair.exchange()
        }
    }

    @Test("RFC 8446 §4.2.10: rejected early data is left to the application when the configuration says so")
    func rejectedForTheApplication() throws {
        let (lab, key) = try EarlyDataTests.lab()
        var configuration = lab.configuration
        configuration.resendsRefusedEarlyData = false
        var rest: [UInt8] = []
        var pair = try InMemoryPair(early: EarlyDataTests.early, configuration, rest: &rest)
        try pair.server.resume(key)
        try pair.client.receive(try pair.server.takeOutput())
        try pair.client.send([9])
        let flight = try pair.server.receive(pair.client.takeOutput())
        #expect(flight.count == 2)
        #expect(flight.last == .data([9]))
        #expect(pair.client.connection.info.earlyData == .rejected)
        #expect(pair.client.connection.info.bytesSent == 1)
        try pair.exchange()
        // Data that could not go early was not refused.
        var late = try InMemoryPair(early: EarlyDataTests.early, configuration, rest: &rest)
        try late.connect()
        #expect(late.client.connection.info.earlyData == .sentAfterHandshake)
    }

    @Test("RFC 8446 §4.2.10: early data that a full handshake rejects is the first data after it")
    func rejectedByFullHandshake() throws {
        let (lab, _) = try EarlyDataTests.lab()
        var rest: [UInt8] = []
        var pair = try InMemoryPair(early: EarlyDataTests.early, lab.configuration, rest: &rest)
        try pair.connect()
        #expect(pair.client.connection.info.earlyData == .sentAfterHandshake)
        #expect(pair.client.connection.info.isResumed == false)
        try pair.exchange()
    }

    @Test("RFC 8446 §4.2.10: rejected early data is not sent under another application protocol than the ticket's")
    func otherProtocol() throws {
        for (ticket, selected) in [("h2", "http/1.1"), ("h2", nil)] as [(String?, String?)] {
            let (lab, key) = try EarlyDataTests.lab(alpn: ticket)
            var rest: [UInt8] = []
            var pair = try InMemoryPair(early: EarlyDataTests.early, lab.configuration, rest: &rest)
            try pair.server.resume(key, alpn: selected)
            try pair.client.receive(try pair.server.takeOutput())
            let flight = try pair.server.receive(pair.client.takeOutput())
            #expect(flight.count == 1)
            #expect(pair.client.connection.info.earlyData == .rejected)
            #expect(pair.client.connection.info.bytesSent == 0)
            try pair.exchange()
        }
    }

    @Test(
        "T-30: RFC 8446 §4.2.10: early data goes out early only when it is given, with a ticket that allows so many octets",
        arguments: [(16, 16, true), (17, 16, false), (1, 0, false), (1, nil, false), (1, UInt32.max, true)]
            as [(Int, UInt32?, Bool)])
    func limits(_ count: Int, _ limit: UInt32?, _ isEarly: Bool) throws {
        let (lab, key) = try EarlyDataTests.lab(limit: limit)
        let data = [UInt8](repeating: 3, count: count)
        var rest: [UInt8] = []
        let pair = try InMemoryPair(early: data, lab.configuration, rest: &rest)
        #expect(pair.offersEarlyData == isEarly)
        #expect(pair.offersKeys == true)
        #expect(rest.isEmpty == !isEarly)
        if isEarly {
            try pair.server.acceptEarlyData(key)
            try pair.server.receive(rest)
        }
        try pair.server.resume(key, acceptsEarlyData: isEarly)
        try pair.client.receive(try pair.server.takeOutput())
        let flight = try pair.server.receive(pair.client.takeOutput())
        #expect(flight.contains(.data(data)) == !isEarly)
        #expect(pair.client.connection.info.earlyData == (isEarly ? .accepted : .sentAfterHandshake))
    }

    @Test("T-30: a ticket serves early data once; without the call, and without a ticket, none goes out early")
    func once() throws {
        let (lab, _) = try EarlyDataTests.lab()
        let silent = try InMemoryPair(lab.configuration)
        #expect(silent.offersKeys == true)
        #expect(silent.offersEarlyData == false)
        // That took the ticket.
        var rest: [UInt8] = []
        var pair = try InMemoryPair(early: EarlyDataTests.early, lab.configuration, rest: &rest)
        #expect(pair.offersKeys == false)
        #expect(pair.offersEarlyData == false)
        #expect(rest.isEmpty)
        try pair.client.receive(try pair.answer())
        let flight = try pair.server.receive(pair.client.takeOutput())
        #expect(flight.last == .data(EarlyDataTests.early))
        #expect(pair.client.connection.info.earlyData == .sentAfterHandshake)
    }

    @Test("RFC 8446 §5.1: early data of several records, accepted and rejected")
    func large() throws {
        let data = (0..<50_000).map { UInt8(truncatingIfNeeded: $0) }
        for isAccepted in [true, false] {
            let (lab, key) = try EarlyDataTests.lab(limit: 50_000)
            var rest: [UInt8] = []
            let pair = try InMemoryPair(early: data, lab.configuration, rest: &rest)
            #expect(recordTypes(rest) == [20, 23, 23, 23, 23])
            func joined(_ received: [ServerReceived]) -> [UInt8] {
                received.flatMap { if case .data(let octets) = $0 { octets } else { [] as [UInt8] } }
            }
            if isAccepted {
                try pair.server.acceptEarlyData(key)
                #expect(joined(try pair.server.receive(rest)) == data)
            }
            try pair.server.resume(key, acceptsEarlyData: isAccepted)
            try pair.client.receive(try pair.server.takeOutput())
            let after = joined(try pair.server.receive(pair.client.takeOutput()))
            #expect(after == (isAccepted ? [] : data))
            #expect(pair.client.connection.info.bytesSent == 50_000)
        }
    }

    @Test(
        "T-25: a handshake with early data is the same for every split, and octet by octet", arguments: [true, false])
    func everySplit(_ isAccepted: Bool) throws {
        let (lab, key) = try EarlyDataTests.lab()
        let session = try #require(lab.store.sessions.first)
        func run(_ pieces: ([UInt8]) -> [ArraySlice<UInt8>]) throws -> ([UInt8], [TestEvent], Int) {
            var rest: [UInt8] = []
            let pair = try InMemoryPair(early: EarlyDataTests.early, try lab.rewind(to: session), rest: &rest)
            if isAccepted {
                try pair.server.acceptEarlyData(key)
                try pair.server.receive(rest)
            }
            try pair.server.resume(key, acceptsEarlyData: isAccepted)
            try pair.server.send(Array("hello".utf8))
            let flight = try pair.server.takeOutput()
            for piece in pieces(flight) { try pair.client.receive(Array(piece)) }
            let output = pair.client.takeOutput()
            try pair.server.receive(output)
            return (output, pair.client.events, flight.count)
        }
        let whole = try run { [$0[...]] }
        #expect(whole.1 == [.handshakeComplete, .data(Array("hello".utf8))])
        let single = try run { octets in octets.indices.map { octets[$0...$0] } }
        #expect(single == whole)
        for split in 1..<whole.2 {
            let result = try run { [$0[..<split], $0[split...]] }
            #expect(result == whole, "split at \(split)")
        }
    }
}

@Suite("Early data: refusals")
struct EarlyDataRefusalTests {
    static let mark = RawExtension(type: .earlyData, body: [])

    /// A client whose early data was offered, and its server.
    private func pair(
        alpn: String? = nil, suite: CipherSuite = .tlsAES128GCMSHA256,
        _ edit: (inout ClientConfiguration) throws -> Void = { _ in }
    ) throws -> (pair: InMemoryPairBox, key: ScriptedKey) {
        let (lab, key) = try EarlyDataTests.lab(alpn: alpn, edit)
        var rest: [UInt8] = []
        let pair = try InMemoryPair(early: EarlyDataTests.early, lab.configuration, suite: suite, rest: &rest)
        #expect(pair.offersEarlyData == true)
        return (InMemoryPairBox(pair), key)
    }

    /// The client refuses the flight with this error. What it sends then is under the early key, which this server has not.
    private func refuses(_ box: InMemoryPairBox, _ misbehavior: PeerMisbehavior) throws {
        let flight = try box.pair.server.takeOutput()
        let error = #expect(throws: TLSError.self) { try box.pair.client.receive(flight) }
        #expect(error?.reason == .handshake(.peerMisbehaved(misbehavior)))
        #expect(box.pair.client.events.isEmpty)
        #expect(box.pair.client.connection.info.isHandshakeComplete == false)
        #expect(recordTypes(box.pair.client.takeOutput()) == [23])
    }

    @Test(
        "RFC 8446 §4.2.10: early data accepted without a pre-shared key, or under another than the first, is illegal_parameter"
    )
    func otherKey() throws {
        #expect(PeerMisbehavior.earlyDataUnderOtherKey(selected: 1).alert == .illegalParameter)
        let (none, _) = try pair()
        try none.pair.server.serverHello()
        try none.pair.server.encryptedExtensions { $0.list.append(EarlyDataRefusalTests.mark) }
        try refuses(none, .earlyDataUnderOtherKey(selected: nil))
        let external: [UInt8] = [UInt8](repeating: 5, count: 32)
        let (second, _) = try pair { configuration in
            configuration.externalPreSharedKeys = [
                try ExternalPreSharedKey(identity: [1], secret: SecretBytes(copying: external.span))
            ]
        }
        second.pair.server.selectedKey = ScriptedKey(external, index: 1, label: "ext binder")
        try second.pair.server.serverHello()
        try second.pair.server.encryptedExtensions { $0.list.append(EarlyDataRefusalTests.mark) }
        try refuses(second, .earlyDataUnderOtherKey(selected: 1))
    }

    @Test("RFC 8446 §4.2.10: early data accepted with another cipher suite than the ticket's is illegal_parameter")
    func otherSuite() throws {
        let (box, key) = try pair(suite: .tlsChaCha20Poly1305SHA256)
        box.pair.server.selectedKey = key
        try box.pair.server.serverHello()
        try box.pair.server.encryptedExtensions { $0.list.append(EarlyDataRefusalTests.mark) }
        let expected = PeerMisbehavior.earlyDataUnderOtherCipherSuite(
            .tlsChaCha20Poly1305SHA256, ticket: .tlsAES128GCMSHA256)
        #expect(expected.alert == .illegalParameter)
        try refuses(box, expected)
    }

    @Test(
        "RFC 8446 §4.2.10: early data accepted with another application protocol than the ticket's is illegal_parameter"
    )
    func otherProtocol() throws {
        for selected in ["http/1.1", nil] {
            let (box, key) = try pair(alpn: "h2")
            box.pair.server.selectedKey = key
            try box.pair.server.serverHello()
            try box.pair.server.encryptedExtensions { extensions in
                if let selected {
                    extensions.append(.applicationLayerProtocolNegotiation) {
                        ALPNExtension.writeEncryptedExtensions(Array(selected.utf8), into: &$0)
                    }
                }
                extensions.list.append(EarlyDataRefusalTests.mark)
            }
            let expected = PeerMisbehavior.earlyDataUnderOtherProtocol(selected ?? "none", ticket: "h2")
            #expect(expected.alert == .illegalParameter)
            try refuses(box, expected)
        }
    }

    @Test("RFC 8446 §4.2: early_data that was not offered, or not any more, is unsupported_extension")
    func unsolicited() throws {
        let (lab, key) = try EarlyDataTests.lab()
        var plain = try InMemoryPair(lab.configuration)
        plain.server.selectedKey = key
        try plain.server.serverHello()
        try plain.server.encryptedExtensions { $0.list.append(EarlyDataRefusalTests.mark) }
        _ = try plain.refuses(.unsupportedExtension)
        let (other, second) = try EarlyDataTests.lab()
        var rest: [UInt8] = []
        var retried = try InMemoryPair(
            early: EarlyDataTests.early, other.configuration, group: .secp256r1, rest: &rest)
        try retried.server.helloRetryRequest(group: .secp256r1)
        try retried.client.receive(try retried.server.takeOutput())
        try retried.server.receiveSecondHello(retried.client.takeOutput())
        retried.server.selectedKey = second
        try retried.server.serverHello()
        try retried.server.encryptedExtensions { $0.list.append(EarlyDataRefusalTests.mark) }
        _ = try retried.refuses(.unsupportedExtension)
    }

    @Test(
        "RFC 8446 §4.2: early_data with a body is decode_error; in ServerHello and HelloRetryRequest illegal_parameter")
    func malformed() throws {
        let (box, key) = try pair()
        box.pair.server.selectedKey = key
        try box.pair.server.serverHello()
        try box.pair.server.encryptedExtensions { $0.list.append(RawExtension(type: .earlyData, body: [0])) }
        let flight = try box.pair.server.takeOutput()
        let error = #expect(throws: TLSError.self) { try box.pair.client.receive(flight) }
        #expect(error?.alert == .decodeError)
        let (hello, _) = try pair()
        try hello.pair.server.serverHello(installsKeys: false) { $0.extensions.list.append(EarlyDataRefusalTests.mark) }
        try refuses(hello, .misplacedExtension(.earlyData, in: .serverHello))
        let (retry, _) = try pair()
        try retry.pair.server.helloRetryRequest(group: .secp256r1) {
            $0.extensions.list.append(EarlyDataRefusalTests.mark)
        }
        try refuses(retry, .misplacedExtension(.earlyData, in: .serverHello))
    }

    @Test("RFC 8446 App. D.3: TLS 1.2 in answer to early data is protocol_version")
    func oldVersion() throws {
        let (box, _) = try pair()
        try box.pair.server.serverHello(installsKeys: false) { hello in
            hello.extensions = ExtensionBlock()
            hello.cipherSuite = .tlsECDHEECDSAWithAES128GCMSHA256
        }
        #expect(PeerMisbehavior.oldVersionAfterEarlyData(.tls12).alert == .protocolVersion)
        try refuses(box, .oldVersionAfterEarlyData(.tls12))
    }

    @Test("T-30: a connection that fails does not send its early data again")
    func failure() throws {
        let (lab, key) = try EarlyDataTests.lab()
        var rest: [UInt8] = []
        let pair = try InMemoryPair(early: EarlyDataTests.early, lab.configuration, rest: &rest)
        try pair.server.acceptEarlyData(key)
        try pair.server.receive(rest)
        pair.server.selectedKey = key
        try pair.server.serverHello()
        try pair.server.encryptedExtensions { $0.list.append(EarlyDataRefusalTests.mark) }
        try pair.server.finished(installsKeys: false) { $0.verifyData[3] ^= 8 }
        let flight = try pair.server.takeOutput()
        let error = #expect(throws: TLSError.self) { try pair.client.receive(flight) }
        #expect(error?.alert == .decryptError)
        // The alert comes under the early key, where the server still reads.
        #expect(try pair.server.receive(pair.client.takeOutput()) == [.alert(.decryptError)])
        #expect(throws: TLSError.self) { try pair.client.run() }
        #expect(pair.client.takeOutput().isEmpty)
        let next = try InMemoryPair(lab.configuration)
        #expect(next.offersKeys == false)
    }

    @Test("RFC 8446 §2.3: nothing but the early data goes out before the handshake is done")
    func misuse() throws {
        let (box, key) = try pair()
        let early = #expect(throws: TLSError.self) { try box.pair.client.send([1]) }
        #expect(early?.origin == .caller)
        box.pair.server.selectedKey = key
        try box.pair.server.serverHello()
        try box.pair.client.receive(try box.pair.server.takeOutput())
        #expect(box.pair.client.takeOutput().isEmpty)
        let late = #expect(throws: TLSError.self) { try box.pair.client.send([1]) }
        #expect(late?.origin == .caller)
    }
}

/// A pair that can be returned beside something else.
final class InMemoryPairBox {
    var pair: InMemoryPair
    init(_ pair: consuming InMemoryPair) { self.pair = pair }
}
