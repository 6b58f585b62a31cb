// ResumptionTests.swift — TLS 1.3 sessions that resume: what is offered, what is checked, what is reported.
// RFC 8446 §2.2, §4.2.11, §4.6.1.
// Next: ResumptionRefusalTests.swift.

import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import TLS
import TestSupport
import Testing
import WireFormat

@Suite("Resumption")
struct ResumptionTests {
    static let suites: [CipherSuite] = [.tlsAES128GCMSHA256, .tlsAES256GCMSHA384, .tlsChaCha20Poly1305SHA256]

    @Test(
        "T-34: RFC 8446 §2.2: a ticket resumes, without Certificate, and the connection reports the chain of the full handshake",
        arguments: suites)
    func resumes(_ suite: CipherSuite) throws {
        let lab = try ResumptionLab()
        let key = try lab.connect(suite: suite)
        lab.clock.advance(5)
        var pair = try InMemoryPair(lab.configuration, suite: suite)
        let hash: HashAlgorithm = suite == .tlsAES256GCMSHA384 ? .sha384 : .sha256
        #expect(try pair.server.isBinderValid(key, hash) == true)
        try pair.server.resume(key)
        try pair.client.receive(try pair.server.takeOutput())
        let flight = try pair.server.receive(pair.client.takeOutput())
        #expect(flight.count == 2)  // ChangeCipherSpec and Finished
        #expect(pair.client.events == [.handshakeComplete])
        let info = pair.client.connection.info
        #expect(info.isResumed == true)
        #expect(info.cipherSuite == suite)
        #expect(info.group == .x25519)
        #expect(info.peerCertificates.map(\.derEncoded) == pair.server.identity.certificates.map(\.derEncoded))
        #expect(info.validatedPath.isEmpty == false)
        #expect(info.peerSignatureScheme == .ecdsaSecp256r1SHA256)
        #expect(info.authenticatedAt == FixedClock().now())
        #expect(info.externalPreSharedKeyIdentity == nil)
        #expect(info.earlyData == .notOffered)
        try pair.exchange()
        let own = try pair.client.connection.exportKeyingMaterial(label: "EXPERIMENTAL test", length: 32)
        let octets = [UInt8](copying: own.bytes)
        #expect(try octets == pair.server.export(label: "EXPERIMENTAL test", context: [], length: 32))
    }

    @Test("RFC 8446 §4.4.2.1: a resumed connection reports the OCSP response of the full handshake")
    func staple() throws {
        let lab = try ResumptionLab {
            $0.requestsCertificateStatus = true
            // What is stapled here is no OCSP response.
            $0.pathPolicy.revocation.mode = .off
        }
        var first = try InMemoryPair(lab.configuration)
        try first.server.serverHello()
        try first.server.encryptedExtensions()
        try first.server.certificate { message in
            message.entries[0].extensions.append(.statusRequest) {
                StatusRequestExtension.writeCertificateEntry([0x30, 0], into: &$0)
            }
        }
        try first.server.certificateVerify()
        try first.server.finished()
        try first.client.receive(try first.server.takeOutput())
        try first.server.receive(first.client.takeOutput())
        #expect(first.client.connection.info.stapledOCSPResponse == [0x30, 0])
        let key = try first.tickets()
        var pair = try InMemoryPair(lab.configuration)
        try pair.resume(key)
        #expect(pair.client.connection.info.stapledOCSPResponse == [0x30, 0])
    }

    @Test(
        "RFC 8446 §4.2.11.1: the age on the wire is never more than the ticket's, plus ticket_age_add, modulo 2^32",
        arguments: [(0, 0, 0), (1, 0, 0), (5, 1, 4001), (600, 0xffff_ffff, 598_999), (300, 0xffff_0000, 233_464)])
    func age(_ seconds: Int64, _ add: UInt32, _ expected: UInt32) throws {
        let lab = try ResumptionLab()
        try lab.connect { $0.ageAdd = add }
        lab.clock.advance(seconds)
        var pair = try InMemoryPair(lab.configuration)
        let offer = try #require(try pair.server.offeredKeys())
        #expect(offer.identities == [PSKIdentity(identity: [0xaa, 0], obfuscatedTicketAge: expected)])
        try pair.connect()
    }

    @Test("RFC 8446 App. C.4: a ticket is offered once, another one next, and then there is a full handshake")
    func singleUse() throws {
        let lab = try ResumptionLab()
        try lab.connect(tickets: 2)
        var seen: [[UInt8]] = []
        for _ in 0..<2 {
            let pair = try InMemoryPair(lab.configuration)
            let offer = try #require(try pair.server.offeredKeys())
            seen += offer.identities.map(\.identity)
        }
        #expect(Set(seen) == [[0xaa, 0], [0xaa, 1]])
        let last = try InMemoryPair(lab.configuration)
        #expect(last.offersKeys == false)
    }

    @Test(
        "RFC 8446 §4.6.1: a resumed connection's ticket resumes again, and the proof of the peer stays as old as it is")
    func chain() throws {
        let lab = try ResumptionLab()
        var key = try lab.connect()
        for _ in 0..<3 {
            lab.clock.advance(500)
            var pair = try InMemoryPair(lab.configuration)
            try pair.resume(key)
            #expect(pair.client.connection.info.authenticatedAt == FixedClock().now())
            key = try pair.tickets()
        }
    }

    @Test(
        "RFC 8446 §4.2.11: a ticket resumes with another suite of the same hash, and with a certificate when it is not taken"
    )
    func otherSuite() throws {
        let lab = try ResumptionLab()
        let key = try lab.connect(suite: .tlsAES128GCMSHA256)
        var pair = try InMemoryPair(lab.configuration, suite: .tlsChaCha20Poly1305SHA256)
        try pair.resume(key)
        #expect(pair.client.connection.info.isResumed == true)
        try pair.exchange()
    }

    @Test("RFC 8446 §4.2.11: a server that takes no ticket gets a full handshake, and its sessions are forgotten")
    func refused() throws {
        let lab = try ResumptionLab { $0.reportsDecisions = true }
        try lab.connect(tickets: 3)
        var pair = try InMemoryPair(lab.configuration)
        #expect(pair.offersKeys == true)
        #expect(lab.store.count == 2)
        try pair.connect()
        let info = pair.client.connection.info
        #expect(info.isResumed == false)
        #expect(info.decisions.contains { $0.topic == .session && $0.found == "none: a full handshake" })
        #expect(lab.store.count == 0)
        try pair.exchange()
    }

    @Test(
        "T-27: RFC 8446 §4.1.4: after a HelloRetryRequest the ticket is offered again, age and binder made anew, pre_shared_key last"
    )
    func helloRetry() throws {
        let lab = try ResumptionLab()
        let key = try lab.connect()
        var pair = try InMemoryPair(lab.configuration, group: .secp256r1)
        let first = try #require(try pair.server.offeredKeys())
        #expect(first.identities[0].obfuscatedTicketAge == 1)
        lab.clock.advance(2)
        try pair.server.helloRetryRequest(group: .secp256r1, cookie: [4, 5])
        try pair.client.receive(try pair.server.takeOutput())
        try pair.server.receiveSecondHello(pair.client.takeOutput())
        let second = try #require(try pair.server.offeredKeys())
        #expect(second.identities[0].identity == first.identities[0].identity)
        #expect(second.identities[0].obfuscatedTicketAge == 1001)
        #expect(second.binders != first.binders)
        #expect(try pair.server.isBinderValid(key, .sha256) == true)
        #expect(pair.server.hello.extensions.types.filter { $0 == .preSharedKey }.count == 1)
        try pair.resume(key)
        #expect(pair.client.connection.info.isResumed == true)
        try pair.exchange()
    }

    @Test(
        "T-27: RFC 8446 §4.1.4: a ticket that the suite of a HelloRetryRequest cannot use is dropped, and nobody can select it then (CVE-2025-6395)"
    )
    func droppedByRetry() throws {
        let lab = try ResumptionLab()
        let key = try lab.connect()
        for selects in [false, true] {
            if selects { try lab.connect() }
            var pair = try InMemoryPair(lab.configuration, suite: .tlsAES256GCMSHA384, group: .secp256r1)
            #expect(pair.offersKeys == true)
            try pair.server.helloRetryRequest(group: .secp256r1)
            try pair.client.receive(try pair.server.takeOutput())
            try pair.server.receiveSecondHello(pair.client.takeOutput())
            #expect(pair.offersKeys == false)
            if selects {
                pair.server.selectedKey = key
                try pair.server.serverHello(installsKeys: false)
                _ = try pair.refuses(.unsupportedExtension)
            } else {
                try pair.connect()
                #expect(pair.client.connection.info.isResumed == false)
            }
        }
    }

    @Test("RFC 8446 §4.2.9: a ticket without a key exchange is taken only when the configuration says so")
    func withoutKeyExchange() throws {
        let lab = try ResumptionLab { $0.allowsPSKWithoutForwardSecrecy = true }
        let key = try lab.connect()
        var pair = try InMemoryPair(lab.configuration)
        let modes = try #require(pair.server.hello.extensions.body(of: .pskKeyExchangeModes))
        #expect(try PSKKeyExchangeModesExtension.parseClientHello(modes.span) == [.pskDHEKE, .pskKE])
        pair.server.omitsKeyShare = true
        try pair.resume(key)
        #expect(pair.client.connection.info.group == nil)
        try pair.exchange()

        let strict = try ResumptionLab()
        let other = try strict.connect()
        var refused = try InMemoryPair(strict.configuration)
        let only = try #require(refused.server.hello.extensions.body(of: .pskKeyExchangeModes))
        #expect(try PSKKeyExchangeModesExtension.parseClientHello(only.span) == [.pskDHEKE])
        refused.server.omitsKeyShare = true
        refused.server.selectedKey = other
        try refused.server.serverHello(installsKeys: false)
        let error = try refused.refuses(.illegalParameter)
        #expect(error?.reason == .handshake(.peerMisbehaved(.preSharedKeyWithoutKeyShare)))
    }

    @Test("RFC 8446 §9.2: without a pre-shared key a key share is needed, psk_ke or not")
    func keyShareWithoutKey() throws {
        let lab = try ResumptionLab { $0.allowsPSKWithoutForwardSecrecy = true }
        try lab.connect()
        var pair = try InMemoryPair(lab.configuration)
        pair.server.omitsKeyShare = true
        try pair.server.serverHello(installsKeys: false)
        _ = try pair.refuses(.missingExtension)
    }

    @Test("resumesSessions and a timeout of 0 turn resumption off; off, tickets are kept all the same")
    func switches() throws {
        var lab = try ResumptionLab()
        try lab.connect()
        lab.configuration.resumesSessions = false
        let off = try InMemoryPair(lab.configuration)
        #expect(off.offersKeys == false)
        try lab.connect()
        #expect(lab.store.count == 2)
        lab.configuration.resumesSessions = true
        lab.configuration.sessionCacheTimeout = 0
        let none = try InMemoryPair(lab.configuration)
        #expect(none.offersKeys == false)
        try lab.connect()
        #expect(lab.store.count == 2)
    }
}

@Suite("Resumption: time")
struct ResumptionTimeTests {
    /// Whether a ticket that came at `start` is offered so many seconds later.
    private func offers(
        after seconds: Int64, timeout: UInt32 = 600, lifetime: UInt32 = 604_800,
        start: UnixTime = FixedClock().now()
    ) throws -> Bool {
        let lab = try ResumptionLab(at: start) { $0.sessionCacheTimeout = timeout }
        try lab.connect { $0.lifetime = lifetime }
        lab.clock.advance(seconds)
        return try InMemoryPair(lab.configuration).offersKeys
    }

    @Test("T-33: a session is offered 599 seconds after it came and not after 601, whatever the store thinks")
    func timeout() throws {
        #expect(try offers(after: 0) == true)
        #expect(try offers(after: 599) == true)
        #expect(try offers(after: 601) == false)
    }

    @Test("T-33: RFC 8446 §4.6.1: a ticket is not offered after its lifetime, nor after 7 days")
    func lifetime() throws {
        #expect(try offers(after: 99, lifetime: 100) == true)
        #expect(try offers(after: 101, lifetime: 100) == false)
        #expect(try offers(after: 604_799, timeout: 604_800) == true)
        #expect(try offers(after: 604_801, timeout: 604_800) == false)
        #expect(try offers(after: 604_801, timeout: .max, lifetime: .max) == false)
    }

    @Test("T-33: resumption does not prolong the 7 days after the full handshake")
    func sevenDaysInAll() throws {
        let lab = try ResumptionLab { $0.sessionCacheTimeout = 604_800 }
        let key = try lab.connect { $0.lifetime = 604_800 }
        lab.clock.advance(600_000)
        var pair = try InMemoryPair(lab.configuration)
        try pair.resume(key)
        _ = try pair.tickets { $0.lifetime = 604_800 }
        lab.clock.advance(4_801)
        let late = try InMemoryPair(lab.configuration)
        #expect(late.offersKeys == false)
    }

    @Test("T-33: a session is not offered after the notAfter of a certificate of its path")
    func notAfter() throws {
        // The test certificates end here.
        let end = try #require(UnixTime(year: 2126, month: 1, day: 1))
        let start = UnixTime(seconds: end.seconds - 300)
        #expect(try offers(after: 299, start: start) == true)
        #expect(try offers(after: 301, start: start) == false)
    }

    @Test("T-33: a clock that went backwards makes a session unusable")
    func backwards() throws {
        #expect(try offers(after: -1) == false)
        #expect(try offers(after: -1_000_000) == false)
    }
}
