// HostileClientTests.swift — T-47: whatever a client sends first, the server refuses it with an alert or goes on; no trap.
// RFC 8446 §4.1.2, §6.2.

import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("Hostile clients")
struct HostileClientTests {
    /// A server that has everything: tickets, early data, an external key, protocols, both versions, weak suites too.
    static func lab() throws -> TLS13ServerLab {
        try TLS13ServerLab(earlyData: 1000) {
            $0.acceptedTLS12Weaknesses = Set(TLS12Weakness.allCases)
            $0.cipherSuites = TLS13ServerTests.suites + TLS12Pair.suites
            $0.credentials = .fixed([
                try TLS12ServerPair.credential(.serverP256()), try TLS12ServerPair.credential(.serverRSAEncipherment()),
            ])
            $0.alpnProtocols = ["h2", "http/1.1"]
            $0.externalPreSharedKeys = [
                try ExternalPreSharedKey(identity: [1, 0, 2], secret: TLS13ServerRefusalTests.secretBytes())
            ]
            $0.recordSizeLimit = 4096
        }
    }

    /// A ClientHello of every kind, as the message.
    static func hellos(_ lab: TLS13ServerLab) throws -> [[UInt8]] {
        let new = ScriptedClient13()
        new.keys = [try lab.keys { $0.alpn = ["h2"] }[0], TLS13ServerRefusalTests.key]
        new.alpn = ["x", "h2"]
        new.modes = [.pskKE, .pskDHEKE]
        new.offersEarlyData = true
        try new.clientHello(cookie: [1, 2, 3])
        let plain = ScriptedClient13()
        try plain.clientHello()
        let old = ScriptedClient12(TLS12Pair.suites)
        old.alpn = ["h2"]
        old.requestsStatus = true
        old.recordSizeLimit = 100
        old.offeredTicket = [UInt8](repeating: 7, count: 100)
        old.sessionID = [UInt8](repeating: 8, count: 32)
        try old.clientHello()
        let both = try TestClient(TestClient.configuration(), identity: try ReferenceIdentity("localhost"))
        return [
            try new.hello.message().encoded, try plain.hello.message().encoded, try old.hello.message().encoded,
            Array(both.takeOutput().dropFirst(5)),
        ]
    }

    /// The octets as records of handshake messages.
    static func records(_ message: [UInt8]) -> [UInt8] {
        var rest = message[...]
        var octets: [UInt8] = []
        repeat {
            let piece = rest.prefix(1 << 14)
            rest = rest.dropFirst(piece.count)
            octets += [22, 3, 1, UInt8(piece.count >> 8), UInt8(piece.count & 0xff)] + piece
        } while !rest.isEmpty
        return octets
    }

    /// The server took the octets or refused them as it should; it never trapped or stood still.
    ///
    /// - Returns: whether it refused them.
    static func isRefused(_ configuration: ServerConfiguration, _ flight: [UInt8]) throws -> Bool {
        let server = try TestClient(server: configuration)
        var refusal: TLSError?
        do throws(TLSError) { try server.receive(flight) } catch { refusal = error }
        #expect(server.connection.isHandshakeComplete == false)
        // A changed record may be an alert.
        if server.events.contains(.peerClosed) { return true }
        #expect(!server.events.contains { if case .data = $0 { true } else { false } })
        guard let refusal else {
            // It waits for more, and the end of it is an end before its time.
            #expect(server.connection.stateName != nil)
            let error = #expect(throws: TLSError.self) { try server.receiveEndOfFile() }
            #expect(error?.isTruncation == true)
            return false
        }
        #expect(refusal.origin != .caller)
        if refusal.origin == .local {
            #expect(refusal.alert != nil)
            #expect(refusal.alert != .internalError, "\(refusal)")
            let alert = server.takeOutput()
            #expect(!alert.isEmpty)
        }
        #expect(refusal.explanation.outcome == .refused)
        #expect(server.connection.stateName == nil)
        return true
    }

    /// The message with the octets of its body changed and its length right.
    private static func withChangedBody(_ message: [UInt8], _ choices: inout Choices) -> [UInt8] {
        let body = choices.mutate(Array(message.dropFirst(4)))
        return [1, UInt8(body.count >> 16), UInt8(body.count >> 8 & 0xff), UInt8(body.count & 0xff)] + body
    }

    /// The message with one thing of it changed, every length around it right.
    private static func withChangedField(_ message: [UInt8], _ choices: inout Choices) throws -> [UInt8] {
        let body = Array(message.dropFirst(4))
        var hello = try ClientHello.parse(body.span)
        let index = choices.below(hello.extensions.list.count)
        let other = choices.below(hello.extensions.list.count)
        switch choices.below(10) {
        case 0: hello.extensions.list.remove(at: index)
        case 1: hello.extensions.list.swapAt(index, other)
        case 2: hello.extensions.list.append(hello.extensions.list[index])
        case 3: hello.extensions.list[index].body = hello.extensions.list[other].body
        case 4: hello.legacySessionID = Array(hello.legacySessionID.prefix(choices.below(33)))
        case 5: hello.legacyVersion = ProtocolVersion(rawValue: UInt16(choices.below(0x10000)))
        case 6: hello.cipherSuites.remove(at: choices.below(hello.cipherSuites.count))
        default: hello.extensions.list[index].body = choices.mutate(hello.extensions.list[index].body)
        }
        return (try? hello.message().encoded) ?? message
    }

    @Test(
        "T-47: a ClientHello of either version, changed anywhere, is refused with an alert or answered",
        arguments: 0..<10)
    func hellos(_ seed: Int) throws {
        let lab = try Self.lab()
        let hellos = try Self.hellos(lab)
        var choices = Choices(seed: 4000 + seed)
        var refused = 0
        for round in 0..<400 {
            let hello = hellos[round % hellos.count]
            let flight: [UInt8]
            switch choices.below(4) {
            case 0: flight = choices.mutate(Self.records(hello))
            case 1: flight = Self.records(Self.withChangedBody(hello, &choices))
            default: flight = Self.records(try Self.withChangedField(hello, &choices))
            }
            if try Self.isRefused(lab.configuration, flight) { refused += 1 }
        }
        // Both happen, or the changes would be too coarse or too fine.
        #expect((20...395).contains(refused), "\(refused) of 400 were refused")
    }

    @Test("T-47: a second ClientHello, changed anywhere, is refused with an alert or answered", arguments: 0..<4)
    func secondHellos(_ seed: Int) throws {
        var choices = Choices(seed: 5000 + seed)
        let configuration = try TLS13ServerLab().configuration
        for _ in 0..<50 {
            var pair = try TLS13ServerPair(configuration)
            pair.client.shareGroup = nil
            try pair.hello()
            pair.client.shareGroup = .x25519
            try pair.client.clientHello()
            _ = try pair.client.takeOutput()
            let flight = Self.records(try Self.withChangedField(pair.client.hello.message().encoded, &choices))
            do throws(TLSError) { try pair.server.receive(flight) } catch {
                #expect(error.origin == .local)
                #expect(error.alert != nil && error.alert != .internalError, "\(error)")
                #expect(pair.server.connection.stateName == nil)
            }
            #expect(pair.server.connection.isHandshakeComplete == false)
        }
    }

    @Test("T-47: random octets instead of a client", arguments: 0..<4)
    func noise(_ seed: Int) throws {
        var choices = Choices(seed: 6000 + seed)
        let configuration = try TLS13ServerLab().configuration
        for _ in 0..<100 {
            var octets = (0..<choices.below(600)).map { _ in UInt8(choices.below(256)) }
            // Half of them begin like a record with a ClientHello, so that they get further.
            if choices.below(2) == 0 { octets = Self.records([1, 0, UInt8(choices.below(3)), 0, 3, 3] + octets) }
            _ = try Self.isRefused(configuration, octets)
        }
    }

    // MARK: NUL

    @Test("T-29: a server tells identities apart behind NUL, and reports them whole (CVE-2026-42010)")
    func nulInIdentity() throws {
        var configuration = try TestClient.serverConfiguration(.serverEd25519())
        let secrets = (1...2).map { [UInt8](repeating: $0, count: 32) }
        let identities: [[UInt8]] = [[97, 0, 98], [97, 0, 99]]
        configuration.externalPreSharedKeys = try zip(identities, secrets).map { identity, secret in
            try ExternalPreSharedKey(identity: identity, secret: SecretBytes(copying: secret.span))
        }
        for (identity, secret) in zip(identities, secrets) {
            var pair = try TLS13ServerPair(configuration)
            pair.client.keys = [OfferedScriptKey(identity, secret, label: "ext binder")]
            try pair.hello()
            try pair.finish()
            #expect(pair.server.connection.info.externalPreSharedKeyIdentity == identity)
            try pair.exchangeData()
        }
        // What ends at the NUL, or differs behind it, is nobody's.
        for identity in [[97], [97, 0], [97, 0, 100], [0], [97, 0, 98, 0]] as [[UInt8]] {
            var pair = try TLS13ServerPair(configuration)
            pair.client.keys = [OfferedScriptKey(identity, secrets[0], label: "ext binder")]
            try pair.hello()
            try pair.finish()
            #expect(pair.server.connection.info.externalPreSharedKeyIdentity == nil)
        }
        // The secret of the other one does not do.
        var crossed = try TLS13ServerPair(configuration)
        crossed.client.keys = [OfferedScriptKey(identities[0], secrets[1], label: "ext binder")]
        try crossed.client.clientHello()
        #expect(try crossed.refusal().alert == .decryptError)
    }

    @Test(
        "T-29, T-43: a client's certificate with NUL in its name is reported whole, never cut there",
        arguments: [true, false])
    func nulInCertificate(_ isTLS13: Bool) throws {
        let now = FixedClock().now().seconds
        let maker = CertificateMaker(
            validity: UnixTime(seconds: now - 86_400)...UnixTime(seconds: now + 30 * 86_400))
        let authorityKey = try MadePrivateKey(.ed25519).key
        let authority = try maker.makeAuthority(commonName: "an authority", key: authorityKey)
        let key = try MadePrivateKey(.ec(.p256)).key
        let made = try maker.makeLeaf(
            names: [.dns("adminX.evil.test")], key: key.publicKey, issuedBy: (authority, authorityKey))
        let leaf = try Self.replacing(Array("adminX".utf8), by: Array("admin\0".utf8), in: made, authorityKey)
        var server = try TLS13ServerTests.server {
            $0.clientAuthentication = .required(ClientAuthenticationPolicy(trust: TrustAnchors([authority])))
        }
        server.versions = isTLS13 ? .tls13 ... .tls13 : .tls12 ... .tls12
        var client = try TestClient.configuration()
        client.credentials = .fixed([try Credential(certificates: [leaf], key: key)])
        var ends = try BothEnds(client, server)
        try ends.run()
        let reported = try #require(ends.server.connection.info.peerCertificates.first)
        #expect(reported.subjectAlternativeName == [.dns("admin\0.evil.test")])
        #expect(reported.subjectAlternativeName != [.dns("admin")])
        // What is printed shows it, and does not end there.
        let printed = "\(reported.subject) \(try #require(reported.subjectAlternativeName.first))"
        #expect(!printed.contains("\0"))
        #expect(printed.contains(".evil.test"))
    }

    /// The certificate with other octets of the same number in it, signed anew with Ed25519.
    private static func replacing(
        _ old: [UInt8], by new: [UInt8], in certificate: Certificate, _ key: SigningKey
    ) throws -> Certificate {
        var der = certificate.derEncoded
        var index = 0
        while index + old.count <= der.count {
            if Array(der[index..<index + old.count]) == old {
                der.replaceSubrange(index..<index + old.count, with: new)
            }
            index += 1
        }
        // SEQUENCE { TBSCertificate, AlgorithmIdentifier (7 octets), BIT STRING (3 + 64 octets) }, lengths of two octets.
        let signed = Array(der[4..<der.count - 74])
        der.replaceSubrange((der.count - 64)..., with: try key.sign(signed.span, using: .ed25519))
        return try Certificate(derEncoded: der)
    }
}
