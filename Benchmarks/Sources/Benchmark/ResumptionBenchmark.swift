// ResumptionBenchmark.swift — what a resumed handshake costs, beside a full one and beside OpenSSL's.
// RFC 8446 §2.2; RFC 5077.
// Next: ConfigurationBenchmark.swift.

import CPeer
import CryptoGlue
import Handshake
import TLS
import WireFormat

enum ResumptionBenchmark {
    private struct Kind {
        let name: String
        let version: ProtocolVersion
        let suite: CipherSuite
        let opensslSuite: String
        /// Time, ours / OpenSSL's.
        let target: Double
    }

    private static let kinds = [
        Kind(
            name: "TLS 1.2, ticket", version: .tls12, suite: .tlsECDHEECDSAWithAES128GCMSHA256,
            opensslSuite: "ECDHE-ECDSA-AES128-GCM-SHA256", target: 1.0),
        Kind(
            name: "TLS 1.3, psk_dhe_ke", version: .tls13, suite: .tlsAES128GCMSHA256,
            opensslSuite: "TLS_AES_128_GCM_SHA256", target: 1.11),
    ]

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
            for turn in 0..<effort.handshakes + 2 {
                var resumed = try Client.connect(resuming, identity, server)
                guard resumed.connection.info.isResumed else { throw PeerFailure("the session is not resumed") }
                try resumed.takeTickets()
                let peer = peer_handshake_nanoseconds(server.handle)
                guard peer > 0 else { throw PeerFailure("OpenSSL's own resumption") }
                let whole = try Client.connect(full, identity, server)
                guard !whole.connection.info.isResumed else { throw PeerFailure("the session was resumed") }
                // The first two warm up.
                guard turn >= 2 else { continue }
                againstPeer.append(Double(resumed.spent) / Double(peer))
                againstFull.append(Double(resumed.spent) / Double(whole.spent))
            }
            report.time("\(kind.name), ours / OpenSSL's", median(againstPeer), atMost: kind.target)
            report.time("\(kind.name), resumed / full", median(againstFull), atMost: nil)
        }
    }
}
