// ExternalPSKTests.swift — keys from outside TLS, as they are and imported; binders, identities and their counts.
// RFC 8446 §4.2.11; RFC 9257; RFC 9258.

import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("External pre-shared keys")
struct ExternalPSKTests {
    static let secret: [UInt8] = Array(0..<32)

    static func key(_ identity: [UInt8], _ hash: HashAlgorithm = .sha256) throws -> ExternalPreSharedKey {
        try ExternalPreSharedKey(identity: identity, secret: SecretBytes(copying: secret.span), hash: hash)
    }

    @Test(
        "RFC 8446 §4.2.11: an external key authenticates the server without a certificate",
        arguments: [CipherSuite.tlsAES128GCMSHA256, .tlsAES256GCMSHA384])
    func connects(_ suite: CipherSuite) throws {
        let hash: HashAlgorithm = suite == .tlsAES128GCMSHA256 ? .sha256 : .sha384
        let identity: [UInt8] = [0, 255, 1]
        var configuration = try TestClient.configuration()
        // Nothing is trusted but the key.
        configuration.trust = TrustAnchors([])
        configuration.externalPreSharedKeys = [try ExternalPSKTests.key(identity, hash)]
        let server = ScriptedKey(ExternalPSKTests.secret, label: "ext binder")
        for retries in [false, true] {
            var pair = try InMemoryPair(configuration, suite: suite, group: retries ? .secp384r1 : .x25519)
            if retries {
                try pair.server.helloRetryRequest(group: .secp384r1)
                try pair.client.receive(try pair.server.takeOutput())
                try pair.server.receiveSecondHello(pair.client.takeOutput())
            }
            let offer = try #require(try pair.server.offeredKeys())
            #expect(offer.identities == [PSKIdentity(identity: identity, obfuscatedTicketAge: 0)])
            #expect(try pair.server.isBinderValid(server, hash) == true)
            try pair.resume(server)
            let info = pair.client.connection.info
            #expect(info.externalPreSharedKeyIdentity == identity)
            #expect(info.isResumed == false)
            #expect(info.peerCertificates.isEmpty)
            #expect(info.validatedPath.isEmpty)
            #expect(info.peerSignatureScheme == nil)
            try pair.exchange()
        }
        let wrong = try InMemoryPair(configuration, suite: suite)
        try wrong.server.resume(ScriptedKey([UInt8](repeating: 0, count: hash.digestLength), label: "ext binder"))
        let flight = try wrong.server.takeOutput()
        let error = #expect(throws: TLSError.self) { try wrong.client.receive(flight) }
        #expect(error?.alert == .badRecordMAC)
    }

    @Test("RFC 8446 §4.2.11: a server that takes no external key has to prove itself with a certificate")
    func notTaken() throws {
        var configuration = try TestClient.configuration()
        configuration.externalPreSharedKeys = [try ExternalPSKTests.key([1])]
        var trusted = try InMemoryPair(configuration)
        try trusted.connect()
        #expect(trusted.client.connection.info.externalPreSharedKeyIdentity == nil)
        #expect(trusted.client.connection.info.peerCertificates.isEmpty == false)
        configuration.trust = TrustAnchors([])
        var untrusted = try InMemoryPair(configuration)
        let flight = try untrusted.answer()
        let error = #expect(throws: TLSError.self) { try untrusted.client.receive(flight) }
        #expect(error?.alert == .unknownCA)
    }

    @Test("RFC 8446 §2.2: an external key without a key exchange, when the configuration allows it")
    func withoutKeyExchange() throws {
        var configuration = try TestClient.configuration()
        configuration.externalPreSharedKeys = [try ExternalPSKTests.key([1])]
        configuration.allowsPSKWithoutForwardSecrecy = true
        var pair = try InMemoryPair(configuration)
        pair.server.omitsKeyShare = true
        try pair.resume(ScriptedKey(ExternalPSKTests.secret, label: "ext binder"))
        #expect(pair.client.connection.info.group == nil)
        try pair.exchange()
    }

    /// Made with Python's hmac and hashlib from RFC 9258 §5.1: external key 00…1f, identity "sensor" 00 "7", context
    /// "client,server"; the hash of the key, then the imported key for SHA-256 and for SHA-384.
    static let imported: [(HashAlgorithm, String, String)] = [
        (
            .sha256, "30cd3ad8fc113cdfca2a536f3143bcfa1e21a7bcdfd275403d4da33ec4451195",
            "86cc473bc6fd7113e4f6b83b74c2bbae2c01857798f1c86330e508426007c3c00f967edc774f1325005763368fc0c574"
        ),
        (
            .sha384, "7fcbef8b6c434ce301d6926539ae8090cfb85feef47aa9fbf256009bb354e024",
            "0fd6797ed3e0e1262f6ef42f58fd62834455473a626bec3b8abe53dd0af07315120b28154beb8d653491463b1c405d05"
        ),
    ]

    @Test(
        "RFC 9258 §5.1, §5.2: imported keys have the identities, the secrets and the binder label of the RFC",
        arguments: imported)
    func importer(_ hash: HashAlgorithm, _ forSHA256: String, _ forSHA384: String) throws {
        let external = SecretBytes(copying: ExternalPSKTests.secret.span)
        let keys = try ExternalPreSharedKey.imported(
            identity: Array("sensor\u{0}7".utf8), secret: external, context: Array("client,server".utf8), hash: hash)
        let head: [UInt8] =
            [0, 8] + Array("sensor\u{0}7".utf8) + [0, 13] + Array("client,server".utf8) + [3, 4]
        #expect(keys.map(\.identity) == [head + [0, 1], head + [0, 2]])
        #expect(keys.map(\.hash) == [.sha256, .sha384])
        var configuration = try TestClient.configuration()
        configuration.externalPreSharedKeys = keys
        let expected = try [forSHA256, forSHA384].map { try #require(Hex.decode($0)) }
        for (index, suite) in [CipherSuite.tlsAES128GCMSHA256, .tlsAES256GCMSHA384].enumerated() {
            var pair = try InMemoryPair(configuration, suite: suite)
            let key = ScriptedKey(expected[index], index: UInt16(index), label: "imp binder")
            #expect(try pair.server.isBinderValid(key, keys[index].hash) == true)
            try pair.resume(key)
            #expect(pair.client.connection.info.externalPreSharedKeyIdentity == keys[index].identity)
            try pair.exchange()
        }
    }

    @Test(
        "T-29: RFC 8446 §4.2.11: as many binders as identities, the ticket first, pre_shared_key last, and any of them may be selected",
        arguments: 0..<4)
    func several(_ index: Int) throws {
        var lab = try ResumptionLab()
        lab.configuration.externalPreSharedKeys = [
            try ExternalPSKTests.key([1]), try ExternalPSKTests.key([2], .sha384), try ExternalPSKTests.key([3]),
        ]
        let ticket = try lab.connect()
        let suite: CipherSuite = index == 2 ? .tlsAES256GCMSHA384 : .tlsAES128GCMSHA256
        var pair = try InMemoryPair(lab.configuration, suite: suite)
        let offer = try #require(try pair.server.offeredKeys())
        #expect(offer.identities.map(\.identity) == [[0xaa, 0], [1], [2], [3]])
        #expect(offer.binders.map(\.count) == [32, 32, 48, 32])
        var key = ticket
        if index > 0 { key = ScriptedKey(ExternalPSKTests.secret, index: UInt16(index), label: "ext binder") }
        #expect(try pair.server.isBinderValid(key, index == 2 ? .sha384 : .sha256) == true)
        try pair.resume(key)
        #expect(pair.client.connection.info.isResumed == (index == 0))
        #expect(pair.client.connection.info.externalPreSharedKeyIdentity == (index == 0 ? nil : [UInt8(index)]))
        try pair.exchange()
    }

    @Test("T-27: RFC 8446 §4.1.4: a HelloRetryRequest keeps the keys of its hash alone, in their order")
    func helloRetry() throws {
        var lab = try ResumptionLab()
        lab.configuration.externalPreSharedKeys = [
            try ExternalPSKTests.key([1]), try ExternalPSKTests.key([2], .sha384),
            try ExternalPSKTests.key([3], .sha384),
        ]
        try lab.connect()
        var pair = try InMemoryPair(lab.configuration, suite: .tlsAES256GCMSHA384, group: .secp256r1)
        try pair.server.helloRetryRequest(group: .secp256r1)
        try pair.client.receive(try pair.server.takeOutput())
        try pair.server.receiveSecondHello(pair.client.takeOutput())
        let offer = try #require(try pair.server.offeredKeys())
        #expect(offer.identities.map(\.identity) == [[2], [3]])
        let key = ScriptedKey(ExternalPSKTests.secret, index: 1, label: "ext binder")
        #expect(try pair.server.isBinderValid(key, .sha384) == true)
        try pair.resume(key)
        #expect(pair.client.connection.info.externalPreSharedKeyIdentity == [3])
        try pair.exchange()
    }

    @Test(
        "T-29: RFC 8446 §4.2.11.2: every bit of a binder counts, the ticket's, an external and an imported one, in both hellos"
    )
    func binderBits() throws {
        var lab = try ResumptionLab()
        let external = SecretBytes(copying: ExternalPSKTests.secret.span)
        lab.configuration.externalPreSharedKeys =
            try [ExternalPSKTests.key([1])]
            + ExternalPreSharedKey.imported(
                identity: Array("sensor\u{0}7".utf8), secret: external, context: Array("client,server".utf8),
                targets: [.sha256])
        let ticket = try lab.connect()
        let plain = ScriptedKey(ExternalPSKTests.secret, index: 1, label: "ext binder")
        let imported = ScriptedKey(
            try #require(Hex.decode(ExternalPSKTests.imported[0].1)), index: 2, label: "imp binder")
        for retries in [false, true] {
            if retries { try lab.connect() }
            let pair = try InMemoryPair(lab.configuration, group: retries ? .secp256r1 : .x25519)
            if retries {
                try pair.server.helloRetryRequest(group: .secp256r1)
                try pair.client.receive(try pair.server.takeOutput())
                try pair.server.receiveSecondHello(pair.client.takeOutput())
            }
            for key in retries ? [plain, imported] : [ticket, plain, imported] {
                #expect(try pair.server.isBinderValid(key, .sha256) == true)
                for bit in 0..<256 {
                    #expect(try pair.server.isBinderValid(key, .sha256, flipping: bit) == false)
                }
                var mislabelled = key
                mislabelled.label = key.label == "imp binder" ? "ext binder" : "imp binder"
                #expect(try pair.server.isBinderValid(mislabelled, .sha256) == false)
            }
        }
    }

    @Test("T-29: identities may hold NUL: they are sent whole and told apart behind it (CVE-2026-42010)")
    func nulIdentities() throws {
        let identities: [[UInt8]] = [[97, 0, 98], [97, 0, 99], [97], [0], [0, 0]]
        var configuration = try TestClient.configuration()
        configuration.externalPreSharedKeys = try identities.map { try ExternalPSKTests.key($0) }
        for index in identities.indices {
            var pair = try InMemoryPair(configuration)
            #expect(try pair.server.offeredKeys()?.identities.map(\.identity) == identities)
            try pair.resume(ScriptedKey(ExternalPSKTests.secret, index: UInt16(index), label: "ext binder"))
            #expect(pair.client.connection.info.externalPreSharedKeyIdentity == identities[index])
        }
    }

    @Test("A connection with an external key keeps no tickets: they would make a session without a certificate")
    func noTickets() throws {
        let lab = try ResumptionLab { $0.externalPreSharedKeys = [try ExternalPSKTests.key([1])] }
        var pair = try InMemoryPair(lab.configuration)
        try pair.resume(ScriptedKey(ExternalPSKTests.secret, label: "ext binder"))
        _ = try pair.tickets(3)
        #expect(lab.store.count == 0)
        #expect(pair.client.connection.info.sessionTicketsReceived == 3)
    }

    @Test("Keys and configurations that no ClientHello can be made from are refused before anything is sent")
    func configurations() throws {
        func refused(_ identity: [UInt8], _ secret: [UInt8], _ hash: HashAlgorithm) -> Bool {
            do throws(HandshakeError) {
                _ = try ExternalPreSharedKey(
                    identity: identity, secret: SecretBytes(copying: secret.span), hash: hash)
                return false
            } catch {
                guard case .configuration = error else { return false }
                return true
            }
        }
        #expect(refused([], [1], .sha256))
        #expect(refused([1], [], .sha256))
        #expect(refused([1], [1], .sha512))
        #expect(refused([UInt8](repeating: 1, count: 16_385), [1], .sha256))
        #expect(refused([UInt8](repeating: 1, count: 16_384), [1], .sha256) == false)
        let secret = SecretBytes(count: 0)
        #expect(throws: HandshakeError.self) { _ = try ExternalPreSharedKey.imported(identity: [1], secret: secret) }
        let edits: [(inout ClientConfiguration) throws -> Void] = [
            { $0.versions = .tls12 ... .tls12 },
            { $0.cipherSuites = [.tlsAES256GCMSHA384] },
            { $0.externalPreSharedKeys.append($0.externalPreSharedKeys[0]) },
            { configuration in
                for index in 0..<2 {
                    let identity = [UInt8](repeating: UInt8(index), count: 9_000)
                    configuration.externalPreSharedKeys.append(try ExternalPSKTests.key(identity))
                }
            },
        ]
        for edit in edits {
            var configuration = try TestClient.configuration()
            configuration.externalPreSharedKeys = [try ExternalPSKTests.key([1])]
            try edit(&configuration)
            let identity = try ReferenceIdentity("localhost")
            let error = #expect(throws: TLSError.self) {
                _ = try TestClient(configuration, identity: identity).events
            }
            #expect(error?.origin == .caller)
        }
    }
}
