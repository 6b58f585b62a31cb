// ResumptionRefusalTests.swift — each MUST NOT of resumption: in the ServerHello, in the flight, and in what is offered.
// RFC 8446 §4.2.11, §4.6.1, App. A.1.
// Next: EarlyDataTests.swift.

import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("Resumption: refusals")
struct ResumptionRefusalTests {
    @Test(
        "RFC 8446 §4.2.11: a selected_identity that was not offered is illegal_parameter",
        arguments: [1, 2, 65535] as [UInt16])
    func identityOutOfRange(_ index: UInt16) throws {
        let lab = try ResumptionLab()
        var key = try lab.connect()
        var pair = try InMemoryPair(lab.configuration)
        key.index = index
        pair.server.selectedKey = key
        try pair.server.serverHello(installsKeys: false)
        let error = try pair.refuses(.illegalParameter)
        #expect(error?.reason == .handshake(.peerMisbehaved(.selectedIdentityOutOfRange(index, offered: 1))))
    }

    @Test("T-29: RFC 8446 §4.2.11: a cipher suite of another hash than the selected key's is illegal_parameter")
    func otherHash() throws {
        let lab = try ResumptionLab()
        let key = try lab.connect(suite: .tlsAES128GCMSHA256)
        var pair = try InMemoryPair(lab.configuration, suite: .tlsAES256GCMSHA384)
        pair.server.selectedKey = key
        try pair.server.serverHello(installsKeys: false)
        let error = try pair.refuses(.illegalParameter)
        guard case .handshake(.peerMisbehaved(.selectedKeyOfOtherHash)) = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(
        "RFC 8446 §4.2.11: a selected_identity of another length than two octets is decode_error", arguments: [0, 1, 3])
    func malformed(_ length: Int) throws {
        let lab = try ResumptionLab()
        try lab.connect()
        var pair = try InMemoryPair(lab.configuration)
        try pair.server.serverHello(installsKeys: false) { hello in
            hello.extensions.list.append(
                RawExtension(type: .preSharedKey, body: [UInt8](repeating: 0, count: length)))
        }
        _ = try pair.refuses(.decodeError)
    }

    @Test("RFC 8446 §4.2: pre_shared_key in HelloRetryRequest and in EncryptedExtensions is illegal_parameter")
    func misplaced() throws {
        let lab = try ResumptionLab()
        try lab.connect(tickets: 2)
        let body = RawExtension(type: .preSharedKey, body: [0, 0])
        var retry = try InMemoryPair(lab.configuration)
        try retry.server.helloRetryRequest(group: .secp256r1) { $0.extensions.list.append(body) }
        _ = try retry.refuses(.illegalParameter)
        let other = try ResumptionLab()
        let key = try other.connect()
        var late = try InMemoryPair(other.configuration)
        late.server.selectedKey = key
        try late.server.serverHello()
        try late.server.encryptedExtensions { $0.list.append(body) }
        _ = try late.refuses(.illegalParameter)
    }

    @Test(
        "T-01: RFC 8446 App. A.1: after a pre-shared key only EncryptedExtensions and Finished are taken, no certificate and no request for one",
        arguments: [ClientState.waitEncryptedExtensions, .waitFinished], HandshakeType.named)
    func states(_ state: ClientState, _ type: HandshakeType) throws {
        let lab = try ResumptionLab()
        let key = try lab.connect()
        var pair = try InMemoryPair(lab.configuration)
        pair.server.selectedKey = key
        try pair.server.serverHello()
        if state == .waitFinished { try pair.server.encryptedExtensions() }
        try pair.client.receive(try pair.server.takeOutput())
        #expect(pair.client.connection.stateName == state.name)
        if type == .finished, state == .waitFinished {
            try pair.server.finished()
        } else if type == .serverHello {
            pair.server.queueRaw([type.rawValue, 0, 0, 0])
        } else {
            try pair.queue(type)
        }
        guard !state.legal.contains(type) else {
            try pair.client.receive(try pair.server.takeOutput())
            #expect(pair.client.connection.stateName != nil)
            return
        }
        _ = try pair.refuses(.unexpectedMessage)
        #expect(pair.client.connection.info.isHandshakeComplete == false)
    }

    @Test(
        "T-35: a server that does not know the ticket's key cannot resume it, with a key of zeros neither (CVE-2020-13777)"
    )
    func wrongKey() throws {
        for wrong in [[UInt8](repeating: 0, count: 32), [UInt8](repeating: 7, count: 32), []] {
            let lab = try ResumptionLab()
            try lab.connect()
            let pair = try InMemoryPair(lab.configuration)
            try pair.server.resume(ScriptedKey(wrong))
            let flight = try pair.server.takeOutput()
            let error = #expect(throws: TLSError.self) { try pair.client.receive(flight) }
            #expect(error?.alert == .badRecordMAC)
            #expect(pair.client.events.isEmpty)
            #expect(pair.client.connection.info.isHandshakeComplete == false)
        }
    }

    @Test("T-49: RFC 8446 §4.4.4: a wrong Finished after a pre-shared key is decrypt_error")
    func wrongFinished() throws {
        let lab = try ResumptionLab()
        let key = try lab.connect()
        var pair = try InMemoryPair(lab.configuration)
        pair.server.selectedKey = key
        try pair.server.serverHello()
        try pair.server.encryptedExtensions()
        try pair.server.finished(installsKeys: false) { $0.verifyData[0] ^= 1 }
        _ = try pair.refuses(.decryptError)
    }

    @Test(
        "RFC 8446 §6.2: a connection that fails forgets its sessions; one that is cut off after the handshake does not")
    func failure() throws {
        let lab = try ResumptionLab()
        try lab.connect(tickets: 2)
        let alerted = try InMemoryPair(lab.configuration)
        try alerted.server.sendAlert(.handshakeFailure)
        let alert = try alerted.server.takeOutput()
        #expect(throws: TLSError.self) { try alerted.client.receive(alert) }
        #expect(lab.store.count == 0)
        try lab.connect(tickets: 2)
        let ended = try InMemoryPair(lab.configuration)
        #expect(throws: TLSError.self) { try ended.client.receiveEndOfFile() }
        #expect(lab.store.count == 0)
        let key = try lab.connect(tickets: 2)
        var cut = try InMemoryPair(lab.configuration)
        try cut.resume(key)
        #expect(throws: TLSError.self) { try cut.client.receiveEndOfFile() }
        #expect(lab.store.count == 1)
    }

    @Test("RFC 8446 §4.6.1: a ticket with lifetime 0 and one that no ClientHello could hold are not kept")
    func notKept() throws {
        let lab = try ResumptionLab()
        try lab.connect { $0.lifetime = 0 }
        try lab.connect { $0.ticket = [UInt8](repeating: 1, count: 32_769) }
        #expect(lab.store.count == 0)
        try lab.connect { $0.ticket = [UInt8](repeating: 1, count: 32_768) }
        var pair = try InMemoryPair(lab.configuration)
        #expect(pair.offersKeys == true)
        try pair.connect()
    }

    @Test(
        "RFC 8446 §4.2, §4.6.1: a malformed or doubled extension of a ticket fails the connection, an unknown one is ignored"
    )
    func ticketExtensions() throws {
        let early = RawExtension(type: .earlyData, body: [0, 0, 0, 9])
        for (extensions, alert) in [
            ([RawExtension(type: .earlyData, body: [0, 0, 0])], AlertDescription.decodeError),
            ([early, early], .illegalParameter),
            ([RawExtension(type: .keyShare, body: [])], .illegalParameter),
        ] {
            var pair = try ConnectionLifeTests.connected()
            try pair.server.newSessionTicket { $0.extensions.list = extensions }
            _ = try pair.refuses(alert)
        }
        let lab = try ResumptionLab()
        try lab.connect {
            $0.extensions.list = [early, RawExtension(type: ExtensionType(rawValue: 0xfafa), body: [1])]
        }
        #expect(lab.store.sessions.first?.maxEarlyDataSize == 9)
    }
}

@Suite("Resumption: bound to the configuration")
struct ResumptionBindingTests {
    /// A difference between two configurations, with a name.
    struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let edit: @Sendable (inout ClientConfiguration) throws -> Void

        init(_ name: String, _ edit: @escaping @Sendable (inout ClientConfiguration) throws -> Void) {
            testDescription = name
            self.edit = edit
        }
    }

    static let changes: [Change] = [
        Change("ALPN offer") { $0.alpnProtocols = ["h2"] },
        Change("order of the ALPN offer") { $0.alpnProtocols = ["b", "a"] },
        Change("server_name") { $0.sendsServerName = false },
        Change("versions") { $0.versions = .tls13 ... .tls13 },
        Change("suites") { $0.cipherSuites = [.tlsAES128GCMSHA256] },
        Change("suites of another hash") { $0.cipherSuites = [.tlsAES256GCMSHA384] },
        Change("groups") { $0.groups = [.x25519] },
        Change("client certificate") { configuration in
            let own = try TestIdentity.clientP256()
            configuration.credentials = .fixed([try Credential(certificates: own.certificates, key: own.key)])
        },
    ]

    @Test(
        "T-31: a session is offered only under the configuration it was made with, in both directions of every change",
        arguments: changes)
    func changed(_ change: Change) throws {
        for oldIsChanged in [false, true] {
            var lab = try ResumptionLab { $0.alpnProtocols = ["a", "b"] }
            let plain = lab.configuration
            var edited = plain
            try change.edit(&edited)
            lab.configuration = oldIsChanged ? edited : plain
            let suite = lab.configuration.cipherSuites[0]
            try lab.connect(suite: suite)
            let other = try InMemoryPair(oldIsChanged ? plain : edited)
            #expect(other.offersKeys == false)
            let same = try InMemoryPair(oldIsChanged ? edited : plain)
            #expect(same.offersKeys == true)
        }
    }

    @Test("T-32: trust anchors, verification policy and its callback: any change leads to a full handshake")
    func trust() throws {
        let lab = try ResumptionLab()
        let changes: [(inout ClientConfiguration) throws -> Void] = [
            { $0.verification = .additional({ _ in .accept }) },
            { $0.verification = .takeOver({ _ in .accept }, identity: .named("one")) },
            { $0.verification = .takeOver({ _ in .accept }, identity: .named("two")) },
            { $0.trust = TrustAnchors([]) },
        ]
        for change in changes {
            try lab.connect()
            var other = lab.configuration
            try change(&other)
            let changed = try InMemoryPair(other)
            #expect(changed.offersKeys == false)
            let same = try InMemoryPair(lab.configuration)
            #expect(same.offersKeys == true)
        }
    }

    @Test("T-35: a ticket of one server is not offered to another name")
    func otherName() throws {
        let lab = try ResumptionLab()
        try lab.connect()
        for name in ["www.example.org", "127.0.0.1"] {
            let other = try InMemoryPair(lab.configuration, name: name)
            #expect(other.offersKeys == false)
        }
        let same = try InMemoryPair(lab.configuration)
        #expect(same.offersKeys == true)
    }

    @Test("T-35: a TLS 1.2 session is never offered as a pre-shared key")
    func otherVersion() throws {
        let lab = try ResumptionLab()
        try lab.connect()
        let original = try #require(lab.store.sessions.first)
        let binding = try SessionBinding(lab.configuration, ReferenceIdentity("localhost"))
        var facts = original.facts
        facts.version = .tls12
        lab.store.purge()
        lab.store.store(Session(facts, secret: SecretBytes(count: 48)), for: binding)
        let pair = try InMemoryPair(lab.configuration)
        #expect(pair.offersKeys == false)
        // And a session of a version that is not offered any more is not offered at all.
        var only12 = lab.configuration
        only12.versions = .tls12 ... .tls12
        let old = try SessionBinding(only12, ReferenceIdentity("localhost"))
        lab.store.store(original, for: old)
        let hello = try InMemoryPair(only12)
        #expect(hello.offersKeys == false)
    }

    @Test("T-25: a resumed handshake is the same for every split, and octet by octet")
    func everySplit() throws {
        let lab = try ResumptionLab()
        let key = try lab.connect()
        let session = try #require(lab.store.sessions.first)
        func run(_ pieces: ([UInt8]) -> [ArraySlice<UInt8>]) throws -> ([UInt8], [TestEvent], Int) {
            let pair = try InMemoryPair(try lab.rewind(to: session))
            try pair.server.resume(key)
            try pair.server.newSessionTicket()
            try pair.server.send(Array("hello".utf8))
            let flight = try pair.server.takeOutput()
            for piece in pieces(flight) { try pair.client.receive(Array(piece)) }
            let output = pair.client.takeOutput()
            try pair.server.receive(output)
            #expect(pair.client.connection.info.isResumed == true)
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
