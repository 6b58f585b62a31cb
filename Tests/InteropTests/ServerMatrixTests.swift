// ServerMatrixTests.swift — our server with every client: suites × groups × kinds of our certificate, both versions.
// RFC 8446 §4.1.1, §4.1.4, §4.2.8, §4.4.2.2; RFC 5246 §7.4.1, §7.4.3; RFC 8422 §5; RFC 7919.
// Next: ServerNegotiationTests.swift.

import CryptoGlue
import Handshake
import TLS
import Testing
import WireFormat

/// Our servers of one test, each made when it is first needed.
final class EngineServers {
    private var servers: [String: EngineServer] = [:]

    /// - Parameters:
    ///   - suite: the only suite; all of them when nil.
    ///   - group: the only group; all of them when nil.
    func server(
        _ peer: ClientPeer, _ kind: KeyKind, suite: CipherSuite? = nil, group: NamedGroup? = nil
    ) throws -> EngineServer {
        let name = "\(kind) \(suite, default: "") \(group, default: "")"
        if let server = servers[name] { return server }
        let server = try EngineServer([kind], peer.service) {
            if let suite { $0.cipherSuites = [suite] }
            if let group { $0.groups = [group] }
        }
        servers[name] = server
        return server
    }
}

extension ClientPeer {
    /// What our server has to do for it.
    var service: EngineServer.Service { style == .http ? .http : .echo }
}

extension Interop {
    @Suite("our server: matrix")
    struct ServerMatrixTests {
        @Test(
            "RFC 8446 §4.1.1: suite × group of the client, by kind of our certificate; every pair in a release build",
            arguments: ClientPeer.allCases, KeyKind.allCases)
        func matrix(peer: ClientPeer, kind: KeyKind) throws {
            guard peer.isPresent, peer.keyKinds.contains(kind) else { return }
            let servers = EngineServers()
            let row = "TLS 1.3: \(Interop.pairing)"
            for (suite, group) in Interop.pairs(peer.cipherSuites, peer.groups) {
                InteropSummary.count(peer, row, "\(suite) \(group) \(kind)") {
                    // Who cannot be told what to offer is told by the server what there is.
                    let server = try servers.server(
                        peer, kind, suite: peer.choosesSuites(.tls13) ? nil : suite,
                        group: peer.choosesGroups ? nil : group)
                    var task = ClientTask()
                    task.suites = [suite]
                    task.groups = [group]
                    try peer.withKeys(of: group) {
                        let info = try peer.meet(server, task).server.info
                        try equal(info.version, .tls13, "version")
                        try equal(info.cipherSuite, suite, "cipher suite")
                        try equal(info.group, group, "group")
                        try equal(info.serverName, "localhost", "server name")
                        try equal(info.isResumed, false, "resumed")
                        if peer.choosesGroups { try equal(info.helloRetried, false, "hello retried") }
                    }
                }
            }
            InteropSummary.note(peer, row, peer.lacks)
        }

        @Test(
            "RFC 5246 §7.4.3: every suite of the client that our key fits, by kind of our certificate",
            arguments: ClientPeer.allCases, KeyKind.allCases)
        func tls12(peer: ClientPeer, kind: KeyKind) throws {
            guard peer.isPresent, peer.keyKinds.contains(kind) else { return }
            let servers = EngineServers()
            // RFC 8422 §4: a curve that supported_groups lacks is none for a key either, and rustls cannot be told to name it.
            guard !(peer == .rustls && kind == .p521) else { return }
            let row = "TLS 1.2: suite × certificate"
            for suite in peer.tls12Suites where kind.fits(suite) {
                InteropSummary.count(peer, row, "\(suite.code) \(kind)") {
                    let server = try servers.server(peer, kind)
                    var task = ClientTask(.tls12)
                    task.suites = [suite.code]
                    let info = try peer.meet(server, task).server.info
                    try equal(info.version, .tls12, "version")
                    try equal(info.cipherSuite, suite.code, "cipher suite")
                    try equal(info.serverName, "localhost", "server name")
                    try equal(info.isResumed, false, "resumed")
                    try equal(info.usesExtendedMasterSecret, true, "extended_master_secret")
                    switch suite.protection {
                    case .aead: try equal(info.usesEncryptThenMAC, false, "encrypt_then_mac")
                    case .cbc, .legacy: try equal(info.usesEncryptThenMAC, peer.hasEncryptThenMAC, "encrypt_then_mac")
                    }
                    if suite.keyExchange == .ecdheRSA || suite.keyExchange == .ecdheECDSA {
                        try holds(info.group.map(peer.groups.contains) ?? false, "group \(info.group, default: "none")")
                    }
                }
            }
            InteropSummary.note(peer, row, peer.lacksInTLS12)
        }

        @Test("RFC 8422 §5.1, RFC 7919 §4: every group of the client in TLS 1.2", arguments: ClientPeer.allCases)
        func tls12Groups(peer: ClientPeer) throws {
            guard peer.isPresent else { return }
            let servers = EngineServers()
            let hasDHE = peer.tls12Suites.contains { $0.keyExchange == .dheRSA }
            for group in peer.groups where hasDHE || !group.isFinite {
                InteropSummary.count(peer, "TLS 1.2: every group", "\(group)") {
                    let suite: CipherSuite =
                        group.isFinite ? .tlsDHERSAWithAES128GCMSHA256 : .tlsECDHERSAWithAES128GCMSHA256
                    let server = try servers.server(peer, .rsa2048, suite: suite, group: group)
                    var task = ClientTask(.tls12)
                    task.suites = [suite]
                    if !group.isFinite { task.groups = [group] }
                    try peer.withKeys(of: group) {
                        let info = try peer.meet(server, task).server.info
                        try equal(info.cipherSuite, suite, "cipher suite")
                        try equal(info.group, group, "group")
                    }
                }
            }
        }

        @Test(
            "RFC 8446 §4.1.4: with a share of another group our server asks for the one it wants",
            arguments: ClientPeer.allCases)
        func helloRetry(peer: ClientPeer) throws {
            guard peer.isPresent else { return }
            let servers = EngineServers()
            for group in peer.groups {
                // The groups that a client which cannot be told sends shares for at once.
                let isCertain = peer.choosesGroups && peer != .go || group != .x25519 && group != .secp256r1
                guard isCertain else { continue }
                InteropSummary.count(peer, "HelloRetryRequest for every group", "\(group)") {
                    let server = try servers.server(peer, .p256, group: group)
                    var task = ClientTask()
                    task.groups = [group == .x25519 ? .secp256r1 : .x25519, group]
                    // GnuTLS sends a share of each kind of group otherwise.
                    if peer == .gnutls { task.more = ["--single-key-share"] }
                    try peer.withKeys(of: group) {
                        let info = try peer.meet(server, task).server.info
                        try equal(info.helloRetried, true, "hello retried")
                        try equal(info.group, group, "group")
                    }
                }
            }
        }

        @Test(
            "RFC 8446 §4.4.2.2: of several certificates the client gets one whose signature it can verify",
            arguments: ClientPeer.allCases, [ProtocolVersion.tls12, .tls13])
        func severalCertificates(peer: ClientPeer, version: ProtocolVersion) throws {
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "one of several certificates", "\(version)") {
                let server = try EngineServer([.ed448, .rsapss, .p521, .ed25519, .p384, .rsa2048], peer.service)
                try peer.meet(server, ClientTask(version))
            }
        }

        @Test("RFC 8446 §4.4.2: our path with an intermediate authority", arguments: ClientPeer.allCases)
        func intermediate(peer: ClientPeer) throws {
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "path with an intermediate") {
                let credential = try InteropCertificates.serverCredential(certificate: "chain", key: "p256")
                let server = try EngineServer([], peer.service) { $0.credentials = .fixed([credential]) }
                try peer.meet(server, ClientTask())
            }
        }
    }
}
