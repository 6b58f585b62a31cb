// ServerHelloRefusalTests.swift — each MUST NOT of ServerHello and HelloRetryRequest has a refusal.
// RFC 8446 §4.1.3, §4.1.4, §4.2.

import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

extension InMemoryPair {
    /// Hands the server's output to the client, which has to refuse it with this alert; the alert has to reach the server.
    mutating func refuses(
        _ alert: AlertDescription, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> TLSError? {
        let flight = try server.takeOutput()
        let before = client.events
        let error = #expect(throws: TLSError.self, sourceLocation: sourceLocation) { try client.receive(flight) }
        #expect(error?.alert == alert, "\(String(describing: error))", sourceLocation: sourceLocation)
        #expect(error?.origin == .local, sourceLocation: sourceLocation)
        #expect(client.events == before, "nothing is delivered", sourceLocation: sourceLocation)
        #expect(try alerts() == [alert], sourceLocation: sourceLocation)
        // Failed for good, and nothing more is sent.
        let again = #expect(throws: TLSError.self, sourceLocation: sourceLocation) { try client.run() }
        #expect(again == error, sourceLocation: sourceLocation)
        #expect(client.takeOutput().isEmpty, sourceLocation: sourceLocation)
        let explanation = error?.explanation
        #expect(explanation?.outcome == .refused, sourceLocation: sourceLocation)
        #expect(explanation?.rule.isEmpty == false, sourceLocation: sourceLocation)
        return error
    }

    /// A pair whose ServerHello is edited; no keys are installed at the server, so that the alert comes in the clear.
    static func serverHello(_ edit: (inout ServerHello) -> Void) throws -> InMemoryPair {
        let pair = try InMemoryPair()
        try pair.server.serverHello(installsKeys: false, edit)
        return pair
    }
}

@Suite("ServerHello refusals")
struct ServerHelloRefusalTests {
    @Test("T-14: RFC 8446 §4.1.3: a compression method other than null is illegal_parameter")
    func compression() throws {
        var pair = try InMemoryPair.serverHello { $0.legacyCompressionMethod = 1 }
        let error = try pair.refuses(.illegalParameter)
        #expect(error?.reason == .handshake(.peerMisbehaved(.selectedCompression(1))))
    }

    @Test("RFC 8446 §4.1.3: a legacy_session_id_echo that is not ours is illegal_parameter")
    func sessionID() throws {
        var pair = try InMemoryPair.serverHello { $0.legacySessionIDEcho[0] ^= 1 }
        _ = try pair.refuses(.illegalParameter)
        var empty = try InMemoryPair.serverHello { $0.legacySessionIDEcho = [] }
        _ = try empty.refuses(.illegalParameter)
    }

    @Test(
        "RFC 8446 §4.1.3: a cipher suite that was not offered is illegal_parameter",
        arguments: [0x1304, 0x1301 + 0x10, 0xc02f, 0x0000] as [UInt16])
    func cipherSuite(_ code: UInt16) throws {
        var pair = try InMemoryPair.serverHello { $0.cipherSuite = CipherSuite(rawValue: code) }
        _ = try pair.refuses(.illegalParameter)
    }

    @Test(
        "RFC 8446 §4.2.1: a version other than TLS 1.3 in supported_versions is illegal_parameter",
        arguments: [0x0303, 0x0302, 0x0300, 0x0305, 0x7f1c] as [UInt16])
    func version(_ value: UInt16) throws {
        var pair = try InMemoryPair.serverHello { hello in
            hello.extensions.list[0].body = [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)]
        }
        _ = try pair.refuses(.illegalParameter)
    }

    @Test(
        "RFC 8446 §4.2.1: a server of TLS 1.2 is protocol_version without TLS 1.2, and the error says what to change"
    )
    func oldVersion() throws {
        var configuration = try TestClient.configuration()
        configuration.versions = .tls13 ... .tls13
        var pair = try InMemoryPair(configuration)
        try pair.server.serverHello(installsKeys: false) { $0.extensions = ExtensionBlock() }
        let error = try pair.refuses(.protocolVersion)
        #expect(error?.explanation.advice.contains("TLS 1.3") == true)
    }

    @Test(
        "T-28: RFC 8446 §4.1.3: the downgrade sentinel of TLS 1.2 and of TLS 1.1 is illegal_parameter",
        arguments: [1, 0] as [UInt8])
    func sentinel(_ last: UInt8) throws {
        var pair = try InMemoryPair.serverHello { hello in
            hello.extensions = ExtensionBlock()
            hello.random.replaceSubrange(24..<32, with: Array("DOWNGRD".utf8) + [last])
        }
        let error = try pair.refuses(.illegalParameter)
        #expect(error?.reason == .handshake(.peerMisbehaved(.downgradeSentinel(.tls12))))
    }

    @Test("RFC 8446 §4.1.4: nothing follows a HelloRetryRequest before the second ClientHello, not even part of one")
    func messageAfterRetry() throws {
        let pair = try InMemoryPair()
        try pair.server.helloRetryRequest(group: .secp256r1)
        let record = try pair.server.takeOutput()
        // The first octet of another ServerHello, in the same record.
        let length = record.count - 5 + 1
        let longer = record[..<3] + [UInt8(length >> 8), UInt8(truncatingIfNeeded: length)] + record[5...] + [2]
        let error = #expect(throws: TLSError.self) { try pair.client.receive(Array(longer)) }
        #expect(error?.alert == .unexpectedMessage)
    }

    @Test("RFC 8446 §9.2: a ServerHello without key_share is missing_extension")
    func noKeyShare() throws {
        var pair = try InMemoryPair.serverHello { $0.extensions.list.removeAll { $0.type == .keyShare } }
        _ = try pair.refuses(.missingExtension)
    }

    @Test("RFC 8446 §4.2.8: a key share for a group we sent none for is illegal_parameter")
    func otherGroup() throws {
        var pair = try InMemoryPair(group: .secp256r1)
        try pair.server.serverHello(installsKeys: false)
        _ = try pair.refuses(.illegalParameter)
    }

    @Test(
        "T-15: RFC 8446 §4.2: an extension that was not offered is unsupported_extension, heartbeat too",
        arguments: [15, 41, 35, 14, 0xfafa] as [UInt16])
    func unsolicited(_ type: UInt16) throws {
        var pair = try InMemoryPair.serverHello {
            $0.extensions.list.append(RawExtension(type: ExtensionType(rawValue: type), body: [1]))
        }
        _ = try pair.refuses(.unsupportedExtension)
    }

    @Test(
        "RFC 8446 §4.2: an extension that belongs into another message is illegal_parameter",
        arguments: [ExtensionType.supportedGroups, .signatureAlgorithms, .serverName])
    func misplaced(_ type: ExtensionType) throws {
        var pair = try InMemoryPair.serverHello { $0.extensions.list.append(RawExtension(type: type, body: [])) }
        _ = try pair.refuses(.illegalParameter)
    }

    @Test("RFC 8446 §4.2: an extension that comes twice is illegal_parameter")
    func duplicate() throws {
        var pair = try InMemoryPair.serverHello { $0.extensions.list.append($0.extensions.list[0]) }
        _ = try pair.refuses(.illegalParameter)
    }

    @Test("RFC 8446 §5.1: octets after ServerHello in its record are unexpected_message: the keys change there")
    func keyChangeInsideRecord() throws {
        var pair = try InMemoryPair()
        try pair.server.serverHello(installsKeys: false)
        // ServerHello was sealed already; one record with another message behind it is built from its octets.
        let record = try pair.server.takeOutput()
        var octets = Array(record[5...])
        octets += try EncryptedExtensions(extensions: ExtensionBlock()).message().encoded
        try pair.server.sendRecord(.handshake, octets)
        let error = try pair.refuses(.unexpectedMessage)
        #expect(error?.reason == .handshake(.keyChangeInsideRecord(.serverHello)))
    }

    // MARK: Key shares

    @Test(
        "T-16: RFC 8446 §4.2.8.2: a bad point is illegal_parameter",
        arguments: [NamedGroup.secp256r1, .secp384r1, .secp521r1],
        ["off the curve", "infinity", "compressed", "short", "long"])
    func badPoint(_ group: NamedGroup, _ kind: String) throws {
        var configuration = try TestClient.configuration()
        configuration.groups = [group]
        configuration.keyShareGroups = [group]
        var pair = try InMemoryPair(configuration, group: group)
        try pair.server.serverHello(installsKeys: false) { hello in
            guard let body = hello.extensions.body(of: .keyShare),
                var share = try? KeyShareExtension.parseServerHello(body.span)
            else { return }
            switch kind {
            case "off the curve": share.keyExchange[share.keyExchange.count - 1] ^= 1
            case "infinity": share.keyExchange = [0]
            case "compressed": share.keyExchange = [2] + share.keyExchange[1...(share.keyExchange.count / 2)]
            case "short": share.keyExchange.removeLast()
            default: share.keyExchange.append(0)
            }
            hello.extensions.list[1] = InMemoryPair.keyShare(share)
        }
        let error = try pair.refuses(.illegalParameter)
        #expect(error?.reason == .handshake(.peerMisbehaved(.malformedKeyShare(group))))
    }

    @Test("T-17: RFC 8446 §7.4.2: an x25519 share of low order is illegal_parameter", arguments: 0..<4)
    func lowOrder(_ index: Int) throws {
        let points: [[UInt8]] = [
            [UInt8](repeating: 0, count: 32), [1] + [UInt8](repeating: 0, count: 31),
            [0xec] + [UInt8](repeating: 0xff, count: 30) + [0x7f],
            [0xed] + [UInt8](repeating: 0xff, count: 30) + [0x7f],
        ]
        var pair = try InMemoryPair.serverHello { hello in
            hello.extensions.list[1] = InMemoryPair.keyShare(KeyShareEntry(group: .x25519, keyExchange: points[index]))
        }
        let error = try pair.refuses(.illegalParameter)
        #expect(error?.reason == .handshake(.peerMisbehaved(.malformedKeyShare(.x25519))))
    }
}

extension InMemoryPair {
    static func keyShare(_ share: KeyShareEntry) -> RawExtension {
        var block = ExtensionBlock()
        block.append(.keyShare) { KeyShareExtension.writeServerHello(share, into: &$0) }
        return block.list[0]
    }
}

@Suite("HelloRetryRequest refusals")
struct HelloRetryRefusalTests {
    static func pair() throws -> InMemoryPair { try InMemoryPair(group: .x25519) }

    @Test("T-27: RFC 8446 §4.1.4: a second HelloRetryRequest is unexpected_message")
    func second() throws {
        var pair = try HelloRetryRefusalTests.pair()
        try pair.advance(to: .waitServerHelloAfterRetry)
        try pair.server.helloRetryRequest(group: .secp256r1)
        _ = try pair.refuses(.unexpectedMessage)
    }

    @Test("T-27: RFC 8446 §4.2.8: a group that was shared already is illegal_parameter")
    func alreadyShared() throws {
        var pair = try HelloRetryRefusalTests.pair()
        try pair.server.helloRetryRequest(group: .x25519)
        _ = try pair.refuses(.illegalParameter)
    }

    @Test(
        "T-27: RFC 8446 §4.2.8: a group that was not offered is illegal_parameter",
        arguments: [NamedGroup.x448, .ffdhe2048, NamedGroup(rawValue: 0x1234)])
    func unoffered(_ group: NamedGroup) throws {
        var pair = try HelloRetryRefusalTests.pair()
        try pair.server.helloRetryRequest(group: group)
        _ = try pair.refuses(.illegalParameter)
    }

    @Test("T-27: RFC 8446 §4.1.4: a HelloRetryRequest that changes nothing is illegal_parameter")
    func noChange() throws {
        var pair = try HelloRetryRefusalTests.pair()
        try pair.server.helloRetryRequest(group: nil)
        let error = try pair.refuses(.illegalParameter)
        #expect(error?.reason == .handshake(.peerMisbehaved(.retryWithoutChange)))
    }

    @Test("T-27: RFC 8446 §4.1.4: ServerHello with another cipher suite than HelloRetryRequest is illegal_parameter")
    func changedSuite() throws {
        var pair = try HelloRetryRefusalTests.pair()
        try pair.advance(to: .waitServerHelloAfterRetry)
        try pair.server.serverHello(installsKeys: false) { $0.cipherSuite = .tlsChaCha20Poly1305SHA256 }
        _ = try pair.refuses(.illegalParameter)
    }

    @Test("T-27: RFC 8446 §4.2.8: ServerHello with another group than HelloRetryRequest is illegal_parameter")
    func changedGroup() throws {
        var pair = try HelloRetryRefusalTests.pair()
        try pair.advance(to: .waitServerHelloAfterRetry)
        pair.server.group = .x25519
        try pair.server.serverHello(installsKeys: false)
        _ = try pair.refuses(.illegalParameter)
    }

    @Test("T-27: RFC 8446 §4.1.4: HelloRetryRequest without supported_versions is missing_extension")
    func noVersion() throws {
        var pair = try HelloRetryRefusalTests.pair()
        try pair.server.helloRetryRequest(group: .secp256r1) { $0.extensions.list.removeFirst() }
        _ = try pair.refuses(.missingExtension)
    }

    @Test("T-27: RFC 8446 §4.1.2: the second ClientHello keeps everything but key_share and cookie")
    func secondHello() throws {
        let pair = try InMemoryPair()
        let first = pair.server.hello
        let cookie: [UInt8] = Array(repeating: 7, count: 300)
        try pair.server.helloRetryRequest(group: .secp384r1, cookie: cookie)
        try pair.client.receive(try pair.server.takeOutput())
        try pair.server.receiveSecondHello(pair.client.takeOutput())
        let second = pair.server.hello
        #expect(second.random == first.random)
        #expect(second.legacySessionID == first.legacySessionID)
        #expect(second.cipherSuites == first.cipherSuites)
        let changed: Set<ExtensionType> = [.keyShare, .cookie]
        #expect(
            second.extensions.list.filter { !changed.contains($0.type) }
                == first.extensions.list.filter { !changed.contains($0.type) })
        let body = try #require(second.extensions.body(of: .keyShare))
        #expect(try KeyShareExtension.parseClientHello(body.span).map(\.group) == [.secp384r1])
    }

    @Test("T-27: a cookie alone leads to the same share again")
    func cookieAlone() throws {
        var pair = try InMemoryPair()
        let before = try #require(pair.server.hello.extensions.body(of: .keyShare))
        try pair.server.helloRetryRequest(group: nil, cookie: [1])
        try pair.client.receive(try pair.server.takeOutput())
        try pair.server.receiveSecondHello(pair.client.takeOutput())
        #expect(pair.server.hello.extensions.body(of: .keyShare) == before)
        try pair.connect()
        try pair.exchange()
    }
}
