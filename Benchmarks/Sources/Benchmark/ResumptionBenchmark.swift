// ResumptionBenchmark.swift — what a resumed handshake costs, beside a full one and beside OpenSSL's.
// RFC 8446 §2.2; RFC 5077.
// Next: Accepted.swift.

import CPeer
import CryptoGlue
import Handshake
import TLS
import WireFormat

enum ResumptionBenchmark {
    struct Kind {
        let name: String
        let version: ProtocolVersion
        let suite: CipherSuite
        let opensslSuite: String
    }

    static let kinds = [
        Kind(
            name: "TLS 1.2, ticket", version: .tls12, suite: .tlsECDHEECDSAWithAES128GCMSHA256,
            opensslSuite: "ECDHE-ECDSA-AES128-GCM-SHA256"),
        Kind(
            name: "TLS 1.3, psk_dhe_ke", version: .tls13, suite: .tlsAES128GCMSHA256,
            opensslSuite: "TLS_AES_128_GCM_SHA256"),
    ]

    /// What X25519 takes on our side: a key pair and a shared secret.
    static func keyExchange(_ provider: CryptoProvider) throws -> UInt64 {
        let share = try KeyExchange.start(.x25519, random: provider.random).publicShare
        let start = peer_nanoseconds()
        let exchange = try KeyExchange.start(.x25519, random: provider.random)
        let secret = try exchange.finish(peerShare: share.span)
        let spent = peer_nanoseconds() - start
        guard secret.count == 32 else { throw PeerFailure("X25519") }
        return spent
    }

    static func run(_ effort: Effort, _ provider: CryptoProvider, _ report: inout Report) throws {
        report.section("Resumed handshake, P-256, X25519, client's CPU time")
        let identity = try ReferenceIdentity("localhost")
        for kind in kinds {
            let isTLS12 = kind.version == .tls12
            let server = try Server("P-256", suite: kind.opensslSuite, isTLS12: isTLS12, resumes: true)
            var full = server.configuration(provider, kind.suite)
            full.versions = kind.version...kind.version
            var resuming = full
            resuming.sessionStore = MemorySessionStore()
            var first = try Client.connect(resuming, identity, server)
            try first.takeTickets()
            guard peer_handshake_nanoseconds(server.handle) > 0 else { throw PeerFailure("OpenSSL's own handshake") }
            var againstPeer: [Double] = []
            var againstFull: [Double] = []
            var againstKeyExchange: [Double] = []
            for turn in 0..<effort.handshakes + 2 {
                var resumed = try Client.connect(resuming, identity, server)
                guard resumed.connection.info.isResumed else { throw PeerFailure("the session is not resumed") }
                try resumed.takeTickets()
                let peer = peer_handshake_nanoseconds(server.handle)
                guard peer > 0 else { throw PeerFailure("OpenSSL's own resumption") }
                // A path that was validated before would spare the check of the CA's signature.
                full.trust = TrustAnchors([server.anchor])
                let whole = try Client.connect(full, identity, server)
                guard !whole.connection.info.isResumed else { throw PeerFailure("the session was resumed") }
                // The first two warm up.
                guard turn >= 2 else { continue }
                againstPeer.append(Double(resumed.spent) / Double(peer))
                againstFull.append(Double(resumed.spent) / Double(whole.spent))
                againstKeyExchange.append(Double(resumed.spent) / Double(try keyExchange(provider)))
            }
            report.time("\(kind.name), ours / OpenSSL's", median(againstPeer), atMost: isTLS12 ? 1.0 : nil)
            if !isTLS12 {
                // The backend's X25519 is the floor: no handshake with psk_dhe_ke can be faster than its key exchange.
                report.time("\(kind.name), ours / its X25519 alone", median(againstKeyExchange), atMost: 1.11)
            }
            report.time("\(kind.name), resumed / full", median(againstFull), atMost: nil)
        }
    }
}
