// TLS13ServerHelloRetryTests.swift — HelloRetryRequest from the server's side, with a cookie and without.
// RFC 8446 §4.1.2, §4.1.4, §4.2.2, §4.4.1, App. D.4.

import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("TLS 1.3 server: HelloRetryRequest")
struct TLS13ServerHelloRetryTests {
    /// A server that has asked for a share of x25519.
    static func retried(
        _ configuration: ServerConfiguration? = nil, keys: [OfferedScriptKey] = []
    ) throws -> TLS13ServerPair {
        var pair = try TLS13ServerPair(configuration)
        pair.client.shareGroup = nil
        pair.client.keys = keys
        try pair.hello()
        #expect(pair.client.serverHello?.isHelloRetryRequest == true)
        pair.client.shareGroup = .x25519
        return pair
    }

    @Test("RFC 8446 §4.1.4: the server asks for its first group that the client has too, and goes on with it")
    func asks() throws {
        var pair = try TLS13ServerHelloRetryTests.retried()
        let received = pair.client.serverHello
        let retry = try #require(received)
        let body = try #require(retry.extensions.body(of: .keyShare))
        #expect(try KeyShareExtension.parseHelloRetryRequest(body.span) == .x25519)
        // RFC 8446 App. D.4: ChangeCipherSpec right after the first message, and only there.
        #expect(pair.received.count == 2)
        #expect(pair.received.last == .changeCipherSpec([1]))
        try pair.hello()
        #expect(!pair.received.dropFirst(2).contains(.changeCipherSpec([1])))
        try pair.finish()
        #expect(pair.server.connection.info.helloRetried == true)
        try pair.exchangeData()
    }

    @Test("RFC 8446 §4.1.4: a share of a group that both have goes before a better group without a share")
    func prefersShares() throws {
        var pair = try TLS13ServerPair()
        pair.client.shareGroup = .secp384r1
        try pair.hello()
        try pair.finish()
        #expect(pair.server.connection.info.group == .secp384r1)
        #expect(pair.server.connection.info.helloRetried == false)
    }

    @Test("RFC 8446 App. D.4: no ChangeCipherSpec for a client that does not ask, or by a server that does not want it")
    func withoutCompatibility() throws {
        var configuration = try TestClient.serverConfiguration(.serverEd25519())
        configuration.middleboxCompatibility = false
        for retries in [false, true] {
            var off = try TLS13ServerPair(configuration)
            if retries { off.client.shareGroup = nil }
            try off.hello()
            #expect(!off.received.contains(.changeCipherSpec([1])))
            var silent = try TLS13ServerPair()
            if retries { silent.client.shareGroup = nil }
            try silent.client.clientHello { $0.legacySessionID = [] }
            try silent.exchange()
            #expect(!silent.received.contains(.changeCipherSpec([1])))
        }
    }

    static let edits: [(String, @Sendable (inout ClientHello) -> Void)] = [
        ("legacy_version", { $0.legacyVersion = .tls11 }),
        ("random", { $0.random[5] ^= 1 }),
        ("legacy_session_id", { $0.legacySessionID[3] ^= 1 }),
        ("legacy_session_id is gone", { $0.legacySessionID = [] }),
        ("cipher_suites", { $0.cipherSuites.removeLast() }),
        ("compression", { $0.legacyCompressionMethods = [0, 0] }),
        ("an extension less", { $0.extensions.remove(.serverName) }),
        ("an extension more", { $0.extensions.append(.extendedMasterSecret) { _ in } }),
        ("supported_groups", { $0.extensions.replace(.supportedGroups, [0, 2, 0, 0x1d]) }),
        ("server_name", { $0.extensions.replace(.serverName, [0, 5, 0, 0, 2, 0x61, 0x62]) }),
        (
            "a share of another group",
            {
                $0.extensions.setShares([KeyShareEntry(group: .secp256r1, keyExchange: [4])])
            }
        ),
        ("no share", { $0.extensions.setShares([]) }),
        (
            "two shares",
            { hello in
                hello.extensions.setShares(
                    ((try? hello.extensions.shares) ?? []) + [KeyShareEntry(group: .secp256r1, keyExchange: [4])])
            }
        ),
        ("early_data", { $0.extensions.append(.earlyData) { _ in } }),
        (
            "a cookie that was not given",
            {
                $0.extensions.append(.cookie) { CookieExtension.writeClientHello([1], into: &$0) }
            }
        ),
    ]

    @Test(
        "T-27: RFC 8446 §4.1.2: any change of the second hello but those asked for is illegal_parameter",
        arguments: edits.indices)
    func changed(_ index: Int) throws {
        let (name, edit) = TLS13ServerHelloRetryTests.edits[index]
        var pair = try TLS13ServerHelloRetryTests.retried()
        try pair.client.clientHello(edit)
        #expect(try pair.refusal().alert == .illegalParameter, "\(name)")
    }

    @Test("RFC 8446 §4.1.2: padding may come, go and change; the order of extensions is the client's affair")
    func padding() throws {
        var pair = try TLS13ServerHelloRetryTests.retried()
        try pair.client.clientHello { hello in
            hello.extensions.append(.padding) { $0.bytes([0, 0, 0]) }
            hello.extensions.list.reverse()
        }
        try pair.exchange()
        try pair.finish()
        try pair.exchangeData()
    }

    @Test("T-27: RFC 8446 §4.1.2: of many extensions each is compared: one that changed, went or came is refused")
    func manyExtensions() throws {
        func fill(_ hello: inout ClientHello) {
            for number in hello.extensions.list.count..<255 {
                hello.extensions.append(ExtensionType(rawValue: UInt16(0x4000 + number))) { $0.uint8(1) }
            }
        }
        let edits: [(Bool, (inout ClientHello) -> Void)] = [
            (true, { _ in }), (true, { $0.extensions.list.reverse() }),
            (false, { $0.extensions.list[254].body = [2] }), (false, { $0.extensions.list.remove(at: 100) }),
            (false, { $0.extensions.append(.extendedMasterSecret) }),
        ]
        for (isSame, edit) in edits {
            var pair = try TLS13ServerPair()
            pair.client.shareGroup = nil
            try pair.client.clientHello(fill)
            try pair.exchange()
            pair.client.shareGroup = .x25519
            try pair.client.clientHello { hello in
                fill(&hello)
                edit(&hello)
            }
            guard isSame else {
                #expect(try pair.refusal().alert == .illegalParameter)
                continue
            }
            try pair.exchange()
            try pair.finish()
        }
    }

    @Test("T-27: RFC 8446 §4.1.4: a third hello is unexpected_message")
    func third() throws {
        var pair = try TLS13ServerHelloRetryTests.retried()
        try pair.hello()
        try pair.client.clientHello()
        #expect(try pair.refusal().alert == .unexpectedMessage)
    }

    @Test("RFC 8446 §4.2.11.2: the binder is made anew over both hellos; T-27: the selected key may not be dropped")
    func preSharedKey() throws {
        let lab = try TLS13ServerLab()
        let keys = try lab.keys()
        var pair = try TLS13ServerHelloRetryTests.retried(lab.configuration, keys: Array(keys.prefix(1)))
        try pair.hello()
        try pair.finish()
        #expect(pair.server.connection.info.isResumed == true)
        try pair.exchangeData()

        var dropped = try TLS13ServerHelloRetryTests.retried(lab.configuration, keys: [keys[1]])
        dropped.client.keys = []
        try dropped.client.clientHello()
        #expect(try dropped.refusal().alert == .illegalParameter)

        var wrong = try TLS13ServerHelloRetryTests.retried(lab.configuration, keys: [keys[1]])
        try wrong.client.clientHello(editKeys: { $0.binders[0][0] ^= 1 })
        #expect(try wrong.refusal().alert == .decryptError)

        var added = try TLS13ServerHelloRetryTests.retried(lab.configuration)
        added.client.keys = [keys[1]]
        try added.client.clientHello()
        #expect(try added.refusal().alert == .illegalParameter)
    }

    // MARK: Cookies

    static func withCookies(lifetime: UInt32 = 60, clock: any WallClock = FixedClock()) throws -> ServerConfiguration {
        var configuration = try TestClient.serverConfiguration(.serverEd25519())
        configuration.clock = clock
        configuration.helloRetryCookies = try HelloRetryCookies(random: FixedRandom(seed: 5), lifetime: lifetime)
        return configuration
    }

    static func cookie(_ hello: ServerHello?) throws -> [UInt8] {
        let body = try #require(hello?.extensions.body(of: .cookie))
        return try CookieExtension.parseHelloRetryRequest(body.span)
    }

    @Test("RFC 8446 §4.2.2: a cookie lets another connection, which saw no first hello, go on")
    func stateless() throws {
        let configuration = try TLS13ServerHelloRetryTests.withCookies()
        for isOther in [false, true] {
            var pair = try TLS13ServerHelloRetryTests.retried(configuration)
            let cookie = try TLS13ServerHelloRetryTests.cookie(pair.client.serverHello)
            if isOther { pair.server = try TestClient(server: configuration) }
            // RFC 8446 App. D.4: a client in compatibility mode says so before its second hello.
            try pair.client.sendRaw([20, 3, 3, 0, 1, 1])
            try pair.client.clientHello(cookie: cookie)
            try pair.exchange()
            #expect(pair.client.isServerFinished == true)
            try pair.finish()
            #expect(pair.server.connection.info.helloRetried == true)
            try pair.exchangeData()
        }
    }

    @Test("T-27: RFC 8446 §4.2.2: a cookie that is changed, old, missing or of another server is illegal_parameter")
    func wrongCookies() throws {
        let configuration = try TLS13ServerHelloRetryTests.withCookies()
        for isOther in [false, true] {
            for bit in [0, 77, 100, 200, 300] {
                var pair = try TLS13ServerHelloRetryTests.retried(configuration)
                var cookie = try TLS13ServerHelloRetryTests.cookie(pair.client.serverHello)
                cookie[bit / 8] ^= 1 << UInt8(bit % 8)
                if isOther { pair.server = try TestClient(server: configuration) }
                try pair.client.clientHello(cookie: cookie)
                #expect(try pair.refusal().alert == .illegalParameter)
            }
        }
        var missing = try TLS13ServerHelloRetryTests.retried(configuration)
        try missing.client.clientHello()
        #expect(try missing.refusal().alert == .illegalParameter)

        var foreign = try TLS13ServerHelloRetryTests.retried(configuration)
        let cookie = try TLS13ServerHelloRetryTests.cookie(foreign.client.serverHello)
        var other = configuration
        other.helloRetryCookies = try HelloRetryCookies(random: FixedRandom(seed: 6))
        foreign.server = try TestClient(server: other)
        try foreign.client.clientHello(cookie: cookie)
        #expect(try foreign.refusal().alert == .illegalParameter)

        for seconds in [-1, 61] as [Int64] {
            var late = try TLS13ServerHelloRetryTests.retried(configuration)
            let cookie = try TLS13ServerHelloRetryTests.cookie(late.client.serverHello)
            var later = configuration
            later.clock = FixedClock(UnixTime(seconds: FixedClock().now().seconds + seconds))
            late.server = try TestClient(server: later)
            try late.client.clientHello(cookie: cookie)
            #expect(try late.refusal().alert == .illegalParameter)
        }
    }

    @Test("RFC 8446 §4.2.11: a resumption over a cookie; the share has to be the one that was asked for")
    func statelessResumption() throws {
        var lab = try TLS13ServerLab()
        lab.configuration.helloRetryCookies = try HelloRetryCookies(random: FixedRandom(seed: 5))
        let keys = try lab.keys()
        var pair = try TLS13ServerHelloRetryTests.retried(lab.configuration, keys: [keys[0]])
        let cookie = try TLS13ServerHelloRetryTests.cookie(pair.client.serverHello)
        pair.server = try TestClient(server: lab.configuration)
        try pair.client.clientHello(cookie: cookie)
        try pair.exchange()
        try pair.finish()
        #expect(pair.server.connection.info.isResumed == true)

        var other = try TLS13ServerHelloRetryTests.retried(lab.configuration)
        let second = try TLS13ServerHelloRetryTests.cookie(other.client.serverHello)
        other.server = try TestClient(server: lab.configuration)
        other.client.shareGroup = .secp256r1
        try other.client.clientHello(cookie: second)
        #expect(try other.refusal().alert == .illegalParameter)
    }
}
