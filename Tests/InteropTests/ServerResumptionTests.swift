// ServerResumptionTests.swift — clients come back to our server: by ticket, by ID, early, and where they may not.
// RFC 8446 §2.2, §2.3, §4.2.10, §4.2.11, §4.6.1, §8; RFC 5246 §7.3; RFC 5077.
// Next: ServerClientCertificateTests.swift.

import Certificates
import CryptoGlue
import Foundation
import Handshake
import SocketProvider
import Synchronization
import TLS
import Testing
import WireFormat

extension Interop {
    @Suite("our server: resumption")
    struct ServerResumptionTests {
        /// How our server knows a session.
        enum Way: String, Sendable, CaseIterable, CustomTestStringConvertible {
            case ticket12 = "TLS 1.2 by ticket"
            case sessionID12 = "TLS 1.2 by session ID"
            case ticket13 = "TLS 1.3 by ticket"
            case stateful13 = "TLS 1.3 by what our server keeps"

            var testDescription: String { rawValue }
            var version: ProtocolVersion { self == .ticket12 || self == .sessionID12 ? .tls12 : .tls13 }

            /// A suite for each hash of the key schedule.
            var suites: [CipherSuite] {
                version == .tls13
                    ? [.tlsAES128GCMSHA256, .tlsAES256GCMSHA384]
                    : [.tlsECDHEECDSAWithAES128GCMSHA256, .tlsECDHEECDSAWithAES256GCMSHA384]
            }

            /// In TLS 1.2, Go's client knows tickets only, and curl switches them off.
            func isKnown(to peer: ClientPeer) -> Bool {
                switch self {
                case .ticket12: peer != .curl
                case .sessionID12: peer != .go
                case .ticket13, .stateful13: true
                }
            }

            /// A server with keys, or a cache, of its own.
            func configuration(
                _ change: (inout ServerConfiguration) throws -> Void = { _ in }
            ) throws -> ServerConfiguration {
                try EngineServer.configuration {
                    switch self {
                    case .ticket12, .ticket13:
                        $0.sessionTickets = try TicketKeyRing(random: $0.provider.random, clock: $0.clock)
                    case .sessionID12, .stateful13: $0.sessionCache = MemoryServerSessionCache()
                    }
                    try change(&$0)
                }
            }

            func task(_ session: String) -> ClientTask {
                var task = ClientTask(version)
                task.session = session
                return task
            }
        }

        /// A name that no other test uses.
        private func newSession() -> String { UUID().uuidString }

        @Test(
            "RFC 8446 §2.2, RFC 5077 §3.1, RFC 5246 §7.3: the client comes back, and both ends say that it is resumed",
            arguments: ClientPeer.allCases, Way.allCases)
        func resumed(peer: ClientPeer, way: Way) throws {
            guard peer.isPresent, way.isKnown(to: peer), let resumption = peer.resumption(way.version) else { return }
            for suite in way.suites {
                InteropSummary.count(peer, "resumption, " + way.rawValue, "\(suite)") {
                    let server = try EngineServer(way.configuration { $0.cipherSuites = [suite] }, peer.service)
                    var task = way.task(newSession())
                    let first: EngineServer.Served
                    var next: [EngineServer.Served] = []
                    switch resumption {
                    case .later:
                        let meeting = try peer.meet(server, task)
                        try equal(meeting.client.isResumed ?? false, false, "the client: resumed at first")
                        first = meeting.server
                        for _ in 1...2 {
                            let meeting = try peer.meet(server, task)
                            try equal(meeting.client.isResumed, true, "the client: resumed")
                            next.append(meeting.server)
                        }
                    case .atOnce:
                        task.reconnects = true
                        if peer == .curl { task.lines = ["first", "second"] }
                        let client = try peer.connect(to: server, task)
                        if let error = client.error { throw InteropFailure("\(error): \(client)") }
                        try equal(client.isResumed, true, "the client: resumed")
                        first = try server.next()
                        next.append(try server.next())
                    }
                    try equal(first.info.isResumed, false, "our server: resumed at first")
                    for served in next {
                        try equal(served.info.isResumed, true, "our server: resumed")
                        try equal(served.info.version, way.version, "version")
                        try equal(served.info.cipherSuite, suite, "cipher suite")
                        try equal(served.info.usesExtendedMasterSecret, true, "extended_master_secret")
                    }
                }
            }
        }

        /// Clients that keep sessions between two connections: the one that proves it from outside, and another.
        private static let later: [ClientPeer] = [.openssl, .go]

        @Test("RFC 8446 §4.1.4, §4.2.11.2: resumed through a HelloRetryRequest", arguments: later)
        func throughHelloRetry(peer: ClientPeer) throws {
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "resumption through HelloRetryRequest") {
                let server = try EngineServer(Way.ticket13.configuration { $0.groups = [.secp384r1] })
                var task = Way.ticket13.task(newSession())
                task.groups = [.x25519, .secp384r1]
                for number in 1...3 {
                    let info = try peer.meet(server, task).server.info
                    try equal(info.helloRetried, true, "hello retried")
                    try equal(info.isResumed, number > 1, "resumed")
                    try equal(info.group, .secp384r1, "group")
                }
            }
        }

        @Test(
            "RFC 8446 §4.2.11, RFC 5077 §3.1: a session that our server does not know leads to a full handshake",
            arguments: later, Way.allCases)
        func unknown(peer: ClientPeer, way: Way) throws {
            guard peer.isPresent, way.isKnown(to: peer) else { return }
            InteropSummary.count(peer, "sessions our server does not know", way.rawValue) {
                let task = way.task(newSession())
                try peer.meet(EngineServer(way.configuration()), task)
                // Another one, with keys of its own.
                let other = try EngineServer(way.configuration())
                try equal(try peer.meet(other, task).server.info.isResumed, false, "resumed elsewhere")
                try equal(try peer.meet(other, task).server.info.isResumed, true, "resumed with that one's session")
            }
        }

        @Test("RFC 5077 §5.5: servers that share ticket keys resume each other's sessions", arguments: later)
        func shared(peer: ClientPeer) throws {
            guard peer.isPresent else { return }
            for way in [Way.ticket12, .ticket13] {
                InteropSummary.count(peer, "sessions of another server with the same keys", way.rawValue) {
                    let task = way.task(newSession())
                    let configuration = try way.configuration()
                    try peer.meet(EngineServer(configuration), task)
                    let other = try EngineServer(configuration)
                    try equal(try peer.meet(other, task).server.info.isResumed, true, "resumed")
                }
            }
        }

        @Test("RFC 8446 §4.6.1: not after sessionCacheTimeout, whatever time it is for the client")
        func timeout() throws {
            let peer = ClientPeer.openssl
            guard peer.isPresent else { return }
            for way in Way.allCases {
                let clock = LateClock()
                let configuration = try way.configuration { $0.clock = clock }
                InteropSummary.count(peer, "sessions end with their timeout", way.rawValue) {
                    let server = try EngineServer(configuration)
                    let task = way.task(newSession())
                    try peer.meet(server, task)
                    clock.add(Int64(configuration.sessionCacheTimeout) / 2)
                    try equal(try peer.meet(server, task).server.info.isResumed, true, "resumed in time")
                    // In TLS 1.3 there was a new ticket, with a time of its own.
                    clock.add(Int64(configuration.sessionCacheTimeout) + 1)
                    try equal(try peer.meet(server, task).server.info.isResumed, false, "resumed late")
                }
            }
        }

        @Test("A server that keeps no sessions, or resumes none, gives out nothing that is resumed")
        func off() throws {
            let peer = ClientPeer.openssl
            guard peer.isPresent else { return }
            for way in Way.allCases {
                InteropSummary.count(peer, "no resumption when it is off", way.rawValue) {
                    let changes: [(inout ServerConfiguration) -> Void] = [
                        { $0.resumesSessions = false }, { $0.sessionCacheTimeout = 0 },
                        {
                            $0.sessionTickets = nil
                            $0.sessionCache = nil
                        },
                    ]
                    for change in changes {
                        let server = try EngineServer(way.configuration { change(&$0) })
                        let task = way.task(newSession())
                        for _ in 1...2 {
                            try equal(try peer.meet(server, task).server.info.isResumed, false, "resumed")
                        }
                    }
                }
            }
        }

        @Test(
            "T-31, RFC 6066 §3: a session of one name is not resumed for another, nor for none", arguments: Way.allCases
        )
        func otherName(way: Way) throws {
            let peer = ClientPeer.openssl
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "no resumption under another name", way.rawValue) {
                let server = try EngineServer(way.configuration())
                var task = way.task(newSession())
                try peer.meet(server, task)
                task.name = nil
                let info = try peer.meet(server, task).server.info
                try equal(info.serverName, nil, "server name")
                try equal(info.isResumed, false, "resumed")
            }
        }

        @Test(
            "T-32, T-34, RFC 8446 §4.6.1: who the client is after resumption, and where its session is worth nothing",
            arguments: Way.allCases)
        func clientCertificate(way: Way) throws {
            let peer = ClientPeer.openssl
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "resumption with a client certificate", way.rawValue) {
                let trust = try InteropCertificates.anchors()
                let configuration = try way.configuration { $0.clientAuthentication = .required(.init(trust: trust)) }
                let server = try EngineServer(configuration)
                var task = way.task(newSession())
                task.present(.p384)
                let first = try peer.meet(server, task).server.info
                let second = try peer.meet(server, task).server.info
                try equal(second.isResumed, true, "resumed")
                try equal(
                    second.peerCertificates.map(\.derEncoded), first.peerCertificates.map(\.derEncoded), "certificates")
                try equal(second.validatedPath.map(\.derEncoded), first.validatedPath.map(\.derEncoded), "path")
                try equal(second.authenticatedAt, first.authenticatedAt, "when the client proved itself")
            }
            InteropSummary.count(peer, "no resumption under other client trust", way.rawValue) {
                // The session of a client without a certificate is worth nothing where one is required.
                let open = try way.configuration()
                let task = way.task(newSession())
                try peer.meet(EngineServer(open), task)
                var closed = open
                closed.clientAuthentication = .required(.init(trust: try InteropCertificates.anchors()))
                let alert: AlertDescription = way.version == .tls13 ? .certificateRequired : .handshakeFailure
                let served = try peer.isRefused(by: EngineServer(closed), task, with: alert).server
                try equal(served.info.isResumed, false, "resumed")
            }
        }

        // MARK: Early data

        private func earlyConfiguration(
            _ change: (inout ServerConfiguration) throws -> Void = { _ in }
        ) throws -> ServerConfiguration {
            try Way.ticket13.configuration {
                $0.maxEarlyDataSize = 4096
                $0.earlyDataReplayGuard = EarlyDataReplayGuard()
                try change(&$0)
            }
        }

        @Test("RFC 8446 §2.3: openssl's early data is there before the handshake is done")
        func earlyData() throws {
            let peer = ClientPeer.openssl
            guard peer.isPresent else { return }
            for suite in [CipherSuite.tlsAES128GCMSHA256, .tlsAES256GCMSHA384, .tlsChaCha20Poly1305SHA256] {
                InteropSummary.count(peer, "0-RTT accepted", "\(suite)") {
                    let server = try EngineServer(earlyConfiguration { $0.cipherSuites = [suite] })
                    var task = Way.ticket13.task(newSession())
                    let first = try peer.meet(server, task)
                    try equal(first.server.earlyData, [], "early data at first")
                    task.earlyData = "early with \(suite)\n"
                    let second = try peer.meet(server, task)
                    try equal(String(decoding: second.server.earlyData, as: UTF8.self), task.earlyData, "early data")
                    try equal(second.server.info.earlyData, .accepted, "outcome")
                    try holds(second.client.log.contains("Early data was accepted"), "the client: \(second.client)")
                    // It came back after the handshake.
                    try holds(
                        second.client.log.contains("early with \(suite)\n"), "nothing came back: \(second.client)")
                }
            }
        }

        @Test("RFC 8446 §4.2.10, §8: early data that our server does not take is skipped, and the handshake goes on")
        func earlyDataRefused() throws {
            let peer = ClientPeer.openssl
            guard peer.isPresent else { return }
            let changes: [(String, Bool, (inout ServerConfiguration) throws -> Void)] = [
                (
                    "early data is off", true,
                    {
                        $0.maxEarlyDataSize = 0
                        $0.earlyDataReplayGuard = nil
                    }
                ),
                ("HelloRetryRequest", true, { $0.groups = [.secp384r1] }),
                (
                    "the session is unknown", false,
                    { $0.sessionTickets = try TicketKeyRing(random: $0.provider.random, clock: $0.clock) }
                ),
            ]
            for (name, isResumed, change) in changes {
                InteropSummary.count(peer, "0-RTT refused", name) {
                    let configuration = try earlyConfiguration()
                    var task = Way.ticket13.task(newSession())
                    try peer.meet(EngineServer(configuration), task)
                    var other = configuration
                    try change(&other)
                    task.earlyData = String(repeating: "too early\n", count: 300)
                    let second = try peer.meet(EngineServer(other), task)
                    try equal(second.server.earlyData, [], "early data")
                    try equal(second.server.info.isResumed, isResumed, "resumed")
                    try holds(second.client.log.contains("Early data was rejected"), "the client: \(second.client)")
                }
            }
        }

        @Test("T-30, RFC 8446 §8.2: a copy of a flight whose early data was taken gets none of it taken")
        func earlyDataReplayed() throws {
            let peer = ClientPeer.openssl
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "0-RTT refused", "somebody sends a recorded flight again") {
                let flights = Recorded()
                let server = try EngineServer(earlyConfiguration(), tamper: { flights.add($0) })
                var task = Way.ticket13.task(newSession())
                try peer.meet(server, task)
                task.earlyData = "once\n"
                try equal(try peer.meet(server, task).server.info.earlyData, .accepted, "the first time")
                let socket = try LoopbackSocket(server.port)
                try socket.send(flights.last)
                // Our ServerHello: whoever recorded cannot go on from here.
                try holds(!(try socket.receive()).isEmpty, "our server says nothing")
                socket.close()
                let copy = try server.next()
                try equal(copy.info.earlyData, .rejected, "the copy")
                try equal(copy.earlyData, [], "early data of the copy")
            }
        }

        @Test("RFC 8446 §2.3: early data of other clients", arguments: [ClientPeer.gnutls, .nss])
        func earlyDataOfOthers(peer: ClientPeer) throws {
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "0-RTT accepted") {
                let server = try EngineServer(earlyConfiguration())
                var task = ClientTask()
                task.reconnects = true
                task.earlyData = "early\n"
                let client = try peer.connect(to: server, task)
                if let error = client.error { throw InteropFailure("\(error): \(client)") }
                try equal(try server.next().info.earlyData, .notOffered, "at first")
                let second = try server.next()
                if let error = second.error { throw InteropFailure("our server: \(error); the client: \(client)") }
                try equal(second.info.isResumed, true, "resumed")
                InteropSummary.note(peer, "0-RTT accepted", "\(second.info.earlyData)")
                // tstclnt sends some when its input is there before the server's answer is.
                if peer == .nss, second.info.earlyData == .notOffered { return }
                try equal(second.info.earlyData, .accepted, "early data")
                try holds(!second.earlyData.isEmpty, "no early data came")
            }
        }
    }
}

/// The first octets of each connection.
private final class Recorded: Sendable {
    private let flights = Mutex<[[UInt8]]>([])
    var last: [UInt8] { flights.withLock { $0.last ?? [] } }

    func add(_ octets: [UInt8]) -> [UInt8] {
        flights.withLock { $0.append(octets) }
        return octets
    }
}

/// The time of this machine and some seconds more.
private final class LateClock: WallClock {
    private let lead = Mutex<Int64>(0)
    func add(_ seconds: Int64) { lead.withLock { $0 += seconds } }
    func now() -> UnixTime { UnixTime(seconds: SystemClock().now().seconds + lead.withLock { $0 }) }
}
