// TLS13ServerKeysTests.swift — pre-shared keys at the TLS 1.3 server: external ones, tickets, what they resume.
// RFC 8446 §2.2, §4.2.9, §4.2.11, §4.6.1; RFC 9258.

import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("TLS 1.3 server: pre-shared keys")
struct TLS13ServerKeysTests {
    @Test("RFC 8446 §2.2, RFC 9258: external keys, as they are and imported, for either hash, with a retry and without")
    func externalKeys() throws {
        let secret = TLS13ServerRefusalTests.secretBytes()
        let imported = try ExternalPreSharedKey.imported(identity: [7, 0], secret: secret, context: [1])
        let plain = [try ExternalPreSharedKey(identity: [0], secret: secret.copy())]
        for keys in [plain, imported, [imported[1]]] {
            for retries in [false, true] {
                let client = try TLS13ServerTests.client {
                    $0.trust = TrustAnchors([])
                    $0.externalPreSharedKeys = keys
                    if retries { $0.keyShareGroups = [] }
                }
                let server = try TLS13ServerTests.server {
                    $0.credentials = .fixed([])
                    $0.externalPreSharedKeys = plain + imported
                }
                var ends = try BothEnds(client, server)
                try ends.run()
                let info = ends.server.connection.info
                #expect(info.externalPreSharedKeyIdentity == keys[0].identity)
                #expect(info.isResumed == false)
                #expect(info.cipherSuite == (keys[0].hash == .sha384 ? .tlsAES256GCMSHA384 : .tlsAES128GCMSHA256))
                try ends.exchangeData()
            }
        }
    }

    @Test("RFC 8446 §4.2.9: psk_ke is used only when the server allows it, and only when the client wants nothing else")
    func modes() throws {
        var configuration = try TLS13ServerRefusalTests.external()
        for (modes, allows, isPSK, hasShare) in [
            ([.pskKE], false, false, true), ([.pskKE], true, true, false), ([.pskDHEKE, .pskKE], true, true, true),
            ([.pskKE, .pskDHEKE], false, true, true), ([PSKKeyExchangeMode(rawValue: 9)], true, false, true),
        ] as [([PSKKeyExchangeMode], Bool, Bool, Bool)] {
            configuration.allowsPSKWithoutForwardSecrecy = allows
            var pair = try TLS13ServerPair(configuration)
            pair.client.keys = [TLS13ServerRefusalTests.key]
            pair.client.modes = modes
            try pair.hello()
            try pair.finish()
            let received = pair.client.serverHello
            let extensions = try #require(received).extensions
            #expect((extensions.body(of: .preSharedKey) != nil) == isPSK)
            #expect((extensions.body(of: .keyShare) != nil) == hasShare)
            try pair.exchangeData()
        }
        // A hello that has nothing for another way.
        configuration.allowsPSKWithoutForwardSecrecy = true
        var bare = try TLS13ServerPair(configuration)
        bare.client.keys = [TLS13ServerRefusalTests.key]
        bare.client.modes = [.pskKE]
        try bare.client.clientHello { hello in
            for type in [ExtensionType.keyShare, .supportedGroups, .signatureAlgorithms] {
                hello.extensions.remove(type)
            }
        }
        try bare.exchange()
        try bare.finish()
        try bare.exchangeData()
    }

    @Test("RFC 8446 §4.6.1: as many tickets as configured, in one record, for clients that can use them")
    func tickets() throws {
        for count in [0, 1, 2, 8] {
            let lab = try TLS13ServerLab { $0.ticketsPerConnection = count }
            let keys = try lab.keys()
            #expect(keys.count == count)
            #expect(Set(keys.map(\.identity)).count == count)
            #expect(Set(keys.map(\.secret)).count == count)
        }
        var pair = try TLS13ServerPair(try TLS13ServerLab().configuration)
        try pair.hello()
        try pair.client.finished()
        try pair.server.receive(try pair.client.takeOutput())
        let flight = pair.server.takeOutput()
        #expect(flight.count == 5 + Int(flight[3]) << 8 + Int(flight[4]))
        _ = try pair.client.receive(flight)
        #expect(pair.client.tickets.count == 2)
        #expect(pair.server.connection.info.sessionTicketsSent == 2)
        #expect(pair.client.tickets[0].lifetime == 600)
        #expect(pair.client.tickets[0].ageAdd != pair.client.tickets[1].ageAdd)
        #expect(pair.client.tickets[0].maxEarlyDataSize == nil)
        #expect(try TLS13ServerLab().keys { $0.modes = [] }.isEmpty)
        #expect(try TLS13ServerLab().keys { $0.modes = [.pskKE] }.isEmpty)
    }

    @Test("RFC 8446 §4.2.11: a ticket resumes; the client is who it was, and the proof gets no younger")
    func resumes() throws {
        let own = try TestIdentity.clientP256()
        let lab = try TLS13ServerLab { $0.clientAuthentication = .required(try TLS13ServerTests.policy()) }
        var first = try TLS13ServerPair(lab.configuration)
        try first.hello()
        try first.finish(own, isAsked: true)
        let key = try first.client.key(of: first.client.tickets[0], age: 30_000)
        var configuration = lab.configuration
        configuration.clock = FixedClock(UnixTime(seconds: FixedClock().now().seconds + 30))
        var next = try TLS13ServerPair(configuration)
        next.client.keys = [key]
        try next.hello()
        #expect(next.client.certificateRequest == nil)
        try next.finish()
        let info = next.server.connection.info
        #expect(info.isResumed == true)
        #expect(info.peerCertificates == own.certificates)
        #expect(info.validatedPath.isEmpty == false)
        #expect(info.authenticatedAt == FixedClock().now())
        #expect(info.serverName == "localhost")
        try next.exchangeData()
        // And on, from ticket to ticket.
        var third = try TLS13ServerPair(configuration)
        third.client.keys = [try next.client.key(of: next.client.tickets[1])]
        try third.hello()
        try third.finish()
        #expect(third.server.connection.info.peerCertificates == own.certificates)
        #expect(third.server.connection.info.authenticatedAt == FixedClock().now())
    }

    @Test("RFC 8446 §6.2: tickets that stand for sessions in the cache end with a fatal alert, and sealed ones cannot")
    func forgotten() throws {
        for (isCache, isFatal) in [(true, true), (true, false), (false, true)] {
            let lab = try TLS13ServerLab {
                guard isCache else { return }
                $0.sessionTickets = nil
                $0.sessionCache = MemoryServerSessionCache()
            }
            var first = try TLS13ServerPair(lab.configuration)
            try first.hello()
            try first.finish()
            #expect(first.client.tickets.count == 2)
            let key = try first.client.key(of: first.client.tickets[1])
            try first.client.sendRecord(.alert, isFatal ? [2, 80] : [1, 0])
            let octets = try first.client.takeOutput()
            if isFatal {
                #expect(throws: TLSError.self) { try first.server.receive(octets) }
            } else {
                try first.server.receive(octets)
            }
            var next = try TLS13ServerPair(lab.configuration)
            next.client.keys = [key]
            try next.hello()
            try next.finish()
            #expect(next.server.connection.info.isResumed == !(isCache && isFatal))
        }
    }

    @Test(
        "RFC 8446 §4.2.11: a ticket that is unknown or forged leads to a full handshake; of several the first known one is taken"
    )
    func unknownTickets() throws {
        let lab = try TLS13ServerLab()
        let keys = try lab.keys()
        var forged = keys[0]
        forged.identity[forged.identity.count / 2] ^= 1
        let unknown = OfferedScriptKey([1, 2, 3], [UInt8](repeating: 0, count: 32))
        for (offered, isResumed) in [([forged], false), ([unknown], false), ([unknown, forged, keys[1]], true)] {
            var pair = try TLS13ServerPair(lab.configuration)
            pair.client.keys = offered
            try pair.hello()
            try pair.finish()
            #expect(pair.server.connection.info.isResumed == isResumed)
            try pair.exchangeData()
        }
        // Not more than a few are looked at.
        var many = try TLS13ServerPair(lab.configuration)
        many.client.keys = [OfferedScriptKey](repeating: unknown, count: 16) + [keys[0]]
        try many.hello()
        try many.finish()
        #expect(many.server.connection.info.isResumed == false)
    }

    @Test("RFC 8446 §8.1: a ticket of the cache is taken once")
    func singleUse() throws {
        let lab = try TLS13ServerLab {
            $0.sessionTickets = nil
            $0.sessionCache = MemoryServerSessionCache()
        }
        let keys = try lab.keys()
        for isResumed in [true, false] {
            var pair = try TLS13ServerPair(lab.configuration)
            pair.client.keys = [keys[0]]
            // With a HelloRetryRequest too, the ticket is looked up once.
            pair.client.shareGroup = nil
            try pair.hello()
            pair.client.shareGroup = .x25519
            try pair.hello()
            try pair.finish()
            #expect(pair.server.connection.info.isResumed == isResumed)
            try pair.exchangeData()
        }
    }

    @Test("T-36: RFC 8446 §4.2.11: who saw a ticket of the cache cannot use it up: only a binder that verifies does")
    func wrongBinder() throws {
        let lab = try TLS13ServerLab {
            $0.sessionTickets = nil
            $0.sessionCache = MemoryServerSessionCache()
        }
        let key = try lab.keys()[0]
        for shareGroup in [NamedGroup.x25519, nil] {
            var observer = try TLS13ServerPair(lab.configuration)
            observer.client.shareGroup = shareGroup
            observer.client.keys = [OfferedScriptKey(key.identity, [UInt8](repeating: 9, count: 32))]
            try observer.client.clientHello()
            #expect(try observer.refusal().alert == .decryptError)
        }
        for isResumed in [true, false] {
            var pair = try TLS13ServerPair(lab.configuration)
            pair.client.keys = [key]
            try pair.hello()
            try pair.finish()
            #expect(pair.server.connection.info.isResumed == isResumed)
        }
    }

    @Test("RFC 8446 §8.1: of two that look a ticket of the cache up at once, one resumes and one has a full handshake")
    func race() throws {
        let lab = try TLS13ServerLab {
            $0.sessionTickets = nil
            $0.sessionCache = ForgetfulCache()
        }
        var pair = try TLS13ServerPair(lab.configuration)
        pair.client.keys = [try lab.keys()[0]]
        try pair.hello()
        try pair.finish()
        #expect(pair.server.connection.info.isResumed == false)
        #expect(pair.server.connection.info.cipherSuite == .tlsAES128GCMSHA256)
        try pair.exchangeData()
    }

    @Test("RFC 8446 §4.3.2: where a certificate is required an external key is not enough")
    func requiredAndExternal() throws {
        var configuration = try TLS13ServerRefusalTests.external()
        configuration.clientAuthentication = .required(try TLS13ServerTests.policy())
        var pair = try TLS13ServerPair(configuration)
        pair.client.keys = [TLS13ServerRefusalTests.key]
        try pair.hello()
        #expect(pair.client.certificateRequest != nil)
        try pair.finish(.clientP256(), isAsked: true)
        #expect(pair.server.connection.info.externalPreSharedKeyIdentity == nil)
        try pair.exchangeData()
    }
}

/// A cache in which somebody else is always faster: what was found is gone when it is to be taken.
private final class ForgetfulCache: ServerSessionCache {
    private let cache = MemoryServerSessionCache()

    func store(_ session: ServerSession, id: [UInt8], at now: UnixTime) { cache.store(session, id: id, at: now) }

    func find(id: [UInt8], at now: UnixTime, timeout: UInt32) -> ServerSession? {
        cache.find(id: id, at: now, timeout: timeout)
    }

    func take(id: [UInt8], at now: UnixTime, timeout: UInt32) -> ServerSession? { nil }

    func remove(id: [UInt8]) { cache.remove(id: id) }

    func purge() { cache.purge() }
}
