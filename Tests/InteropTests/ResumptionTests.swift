// ResumptionTests.swift — sessions by ticket, by ID and by pre-shared key, with every peer.
// RFC 8446 §2.2, §4.2.11, §4.6.1; RFC 5246 §7.3; RFC 5077; RFC 7627 §5.3.
// Next: EarlyDataTests.swift.

import Foundation
import Handshake
import SocketProvider
import TLS
import Testing
import WireFormat

extension Interop {
    @Suite("resumption")
    struct ResumptionTests {
        /// How a server knows a session.
        enum Way: String, Sendable, CaseIterable, CustomTestStringConvertible {
            case ticket12 = "TLS 1.2 by ticket"
            case sessionID12 = "TLS 1.2 by session ID"
            case ticket13 = "TLS 1.3 by ticket"
            /// TLS 1.3 has tickets only; here they are names of what the server keeps.
            case stateful13 = "TLS 1.3 by what the server keeps"

            var testDescription: String { rawValue }
            var version: ProtocolVersion { self == .ticket12 || self == .sessionID12 ? .tls12 : .tls13 }
            var usesTickets: Bool { self == .ticket12 || self == .ticket13 }

            /// A suite for each hash of the key schedule.
            var suites: [CipherSuite] {
                version == .tls13
                    ? [.tlsAES128GCMSHA256, .tlsAES256GCMSHA384]
                    : [.tlsECDHEECDSAWithAES128GCMSHA256, .tlsECDHEECDSAWithAES256GCMSHA384]
            }

            func isKnown(to peer: Peer) -> Bool {
                switch self {
                case .ticket12, .ticket13: true
                case .sessionID12: peer.hasSessionIDs
                case .stateful13: peer == .openssl || peer == .jsse
                }
            }

            func server(_ peer: Peer, _ change: (inout PeerSetup) -> Void = { _ in }) throws -> PeerServer {
                var setup = PeerSetup()
                setup.versions = version...version
                setup.tickets = usesTickets
                change(&setup)
                return try PeerServer(peer, setup)
            }
        }

        /// One connection: what is known of it, with a line through it.
        @discardableResult
        private func connection(
            _ configured: ConfiguredProvider, _ server: PeerServer, _ line: String
        ) throws -> ConnectionInfo {
            let socket = configured.makeSocket()
            try socket.connect(to: .address(server.address))
            // The tickets of TLS 1.3 come before the answer.
            try socket.exchange(line, with: server)
            let info = try socket.tls
            try socket.finish()
            return info
        }

        @Test(
            "RFC 8446 §2.2, RFC 5077 §3.1, RFC 5246 §7.3: three connections, the second and third resumed",
            arguments: Peer.allCases, Way.allCases)
        func resumed(peer: Peer, way: Way) throws {
            guard peer.isPresent, way.isKnown(to: peer) else { return }
            let server = try way.server(peer)
            for suite in way.suites {
                InteropSummary.count(peer, "resumption, " + way.rawValue, "\(suite)") {
                    let configured = try InteropClient.configured(for: server) { $0.cipherSuites = [suite] }
                    let first = try connection(configured, server, "the first")
                    try equal(first.isResumed, false, "first resumed")
                    for line in ["the second", "the third"] {
                        let next = try connection(configured, server, line)
                        try equal(next.isResumed, true, "\(line) resumed")
                        // What the full handshake proved, and when.
                        try equal(next.version, way.version, "version")
                        try equal(next.cipherSuite, suite, "cipher suite")
                        try equal(
                            next.peerCertificates.map(\.derEncoded), first.peerCertificates.map(\.derEncoded),
                            "certificates of the peer")
                        try equal(next.validatedPath.map(\.derEncoded), first.validatedPath.map(\.derEncoded), "path")
                        try equal(next.authenticatedAt, first.authenticatedAt, "when the peer proved itself")
                        try equal(next.peerSignatureScheme, first.peerSignatureScheme, "scheme of its signature")
                        try equal(next.usesExtendedMasterSecret, true, "extended_master_secret")
                    }
                }
            }
        }

        @Test(
            "RFC 8446 §4.2.11, RFC 5246 §7.3: a server that does not know the session shakes hands in full",
            arguments: Peer.allCases, Way.allCases)
        func unknownToTheServer(peer: Peer, way: Way) throws {
            guard peer.isPresent, way.isKnown(to: peer) else { return }
            InteropSummary.count(peer, "sessions the server does not know", way.rawValue) {
                let server = try way.server(peer)
                let configured = try InteropClient.configured(for: server)
                try connection(configured, server, "the first")
                // Another process of the same name, with keys of its own.
                let other = try way.server(peer)
                let second = try connection(configured, other, "elsewhere")
                try equal(second.isResumed, false, "resumed elsewhere")
                try equal(second.validatedPath.count, 2, "certificates in the validated path")
                let third = try connection(configured, other, "elsewhere again")
                try equal(third.isResumed, true, "resumed with the session from elsewhere")
            }
        }

        @Test("RFC 8446 §4.1.4, §4.2.11.2: resumed through a HelloRetryRequest", arguments: Peer.allCases)
        func throughHelloRetry(peer: Peer) throws {
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "resumption through HelloRetryRequest") {
                let server = try Way.ticket13.server(peer) { $0.groups = [.secp384r1] }
                let configured = try InteropClient.configured(for: server) { $0.groups = [.x25519, .secp384r1] }
                for number in 1...3 {
                    let info = try connection(configured, server, "retried \(number)")
                    try equal(info.helloRetried, true, "hello retried")
                    try equal(info.isResumed, number > 1, "resumed")
                    try equal(info.group, .secp384r1, "group")
                }
            }
        }

        @Test("RFC 8446 §4.6.1: not after sessionCacheTimeout, by the real clock", arguments: [Peer.openssl])
        func timeout(peer: Peer) throws {
            guard peer.isPresent else { return }
            let made = try [Way.ticket12, .sessionID12, .ticket13].map { way in
                let server = try way.server(peer)
                return (way, server, try InteropClient.configured(for: server) { $0.sessionCacheTimeout = 2 })
            }
            for (way, server, configured) in made {
                InteropSummary.count(peer, "sessions end with their timeout of 2 s", way.rawValue + ", before") {
                    try connection(configured, server, "first")
                    try equal(try connection(configured, server, "at once").isResumed, true, "resumed at once")
                }
            }
            Thread.sleep(forTimeInterval: 4)
            for (way, server, configured) in made {
                InteropSummary.count(peer, "sessions end with their timeout of 2 s", way.rawValue + ", after") {
                    try equal(try connection(configured, server, "late").isResumed, false, "resumed late")
                }
            }
        }

        @Test("A session cache that is off, or empties at once, resumes nothing", arguments: [Way.ticket12, .ticket13])
        func off(way: Way) throws {
            let peer = Peer.openssl
            guard peer.isPresent else { return }
            let server = try way.server(peer)
            InteropSummary.count(peer, "no resumption when it is off", way.rawValue) {
                for change in [{ $0.reuse = .off }, { $0.sessionCacheTimeout = 0 }] as [(inout ClientOptions) -> Void] {
                    let configured = try InteropClient.configured(for: server) { change(&$0) }
                    for _ in 1...2 {
                        try equal(try connection(configured, server, "off").isResumed, false, "resumed")
                    }
                }
                let configured = try InteropClient.configured(for: server)
                for _ in 1...2 {
                    try equal(try connection(configured, server, "purged").isResumed, false, "resumed")
                    configured.purgeSessions()
                }
            }
        }

        @Test(
            "T-12, RFC 7627 §5.3: sessions without extended_master_secret are not resumed",
            arguments: Peer.allCases, [Way.ticket12, .sessionID12])
        func withoutExtendedMasterSecret(peer: Peer, way: Way) throws {
            guard peer.isPresent, peer.canLeaveExtendedMasterSecret else { return }
            InteropSummary.count(peer, "TLS 1.2: no resumption without EMS", way.rawValue) {
                let server = try way.server(peer) { $0.extendedMasterSecret = false }
                let configured = try InteropClient.configured(for: server)
                for _ in 1...2 {
                    let info = try connection(configured, server, "without")
                    try equal(info.usesExtendedMasterSecret, false, "extended_master_secret")
                    try equal(info.isResumed, false, "resumed")
                }
            }
        }

        @Test(
            "RFC 8446 §4.6.1, RFC 5246 §7.4.6: with a client certificate, which is not asked for again",
            arguments: [Way.ticket12, .ticket13])
        func clientCertificate(way: Way) throws {
            let peer = Peer.openssl
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "resumption with a client certificate", way.rawValue) {
                // Sessions of clients need a context of their own with s_server, or they are refused.
                let server = try way.server(peer) {
                    $0.clientCertificate = .required
                    $0.more = ["-context", "interop"]
                }
                let credential = try InteropCertificates.credential(.p384)
                let configured = try InteropClient.configured(for: server) { $0.credentials = .fixed([credential]) }
                let first = try connection(configured, server, "first")
                try equal(first.clientCertificateSent, true, "sent")
                let second = try connection(configured, server, "second")
                try equal(second.isResumed, true, "resumed")
            }
        }
    }
}
