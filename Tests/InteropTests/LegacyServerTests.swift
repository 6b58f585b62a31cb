// LegacyServerTests.swift — our server, by permission, with clients that speak SSL 3.0, TLS 1.0 and TLS 1.1.
// RFC 6101; RFC 2246; RFC 4346; RFC 7507.
// Next: none.

import CryptoGlue
import Foundation
import Handshake
import SocketProvider
import TLS
import Testing
import WireFormat

extension LegacyStack {
    var client: ClientPeer {
        switch peer {
        case .openssl: .openssl
        case .gnutls: .gnutls
        case .nss: .nss
        default: .jsse
        }
    }
}

extension LegacyInterop {
    static func server(
        _ version: ProtocolVersion, _ suite: CipherSuite? = nil,
        _ change: (inout ServerConfiguration) throws -> Void = { _ in }
    ) throws -> EngineServer {
        try EngineServer([.rsa2048, .p256]) {
            $0.versions = version...version
            $0.legacyPermission = try permission(version, suite)
            $0.groups = [.secp256r1, .secp384r1, .ffdhe2048]
            try change(&$0)
        }
    }
}

extension Interop {
    @Suite("Our server in old versions")
    struct LegacyServerTests {
        private let row = "server: old version × suite"

        @Test("Every suite of every old version that a client has", arguments: LegacyStack.all)
        func suites(_ stack: LegacyStack) throws {
            let peer = stack.client
            guard peer.isPresent else { return }
            for version in stack.versions {
                for suite in stack.suites(version) {
                    InteropSummary.count(peer, row, "\(version) \(suite.code)") {
                        let server = try LegacyInterop.server(version, suite.code)
                        var task = ClientTask(version)
                        task.suites = [suite.code]
                        task.groups = peer == .gnutls || peer == .jsse ? nil : [.secp256r1, .secp384r1]
                        let info = try peer.meet(server, task).server.info
                        try LegacyInterop.check(info, version, suite.code)
                    }
                }
            }
            InteropSummary.note(peer, row, stack.lacks.isEmpty ? "" : "it has no \(stack.lacks)")
        }

        @Test("Client certificates, and clients without our permission", arguments: LegacyStack.all)
        func certificates(_ stack: LegacyStack) throws {
            let peer = stack.client
            guard peer.isPresent else { return }
            for version in stack.versions {
                InteropSummary.count(peer, "server: old version, certificate", "\(version)") {
                    let server = try LegacyInterop.server(version, .tlsRSAWithAES128CBCSHA) {
                        $0.clientAuthentication = .required(
                            ClientAuthenticationPolicy(trust: try InteropCertificates.anchors()))
                    }
                    var task = ClientTask(version)
                    task.suites = [.tlsRSAWithAES128CBCSHA]
                    task.present(.rsa2048)
                    let info = try peer.meet(server, task).server.info
                    try LegacyInterop.check(info, version, nil)
                    try holds(!info.peerCertificates.isEmpty, "the client has no certificate")
                }
                InteropSummary.count(peer, "server: old version, without permission", "\(version)") {
                    let server = try EngineServer([.rsa2048])
                    var task = ClientTask(version)
                    task.suites = [.tlsRSAWithAES128CBCSHA]
                    let client = try peer.connect(to: server, task)
                    try holds(client.error != nil, "a connection was made: \(client)")
                    try equal(try server.next().failure.alert, .protocolVersion, "alert")
                }
            }
        }

        @Test("Clients resume sessions", arguments: LegacyStack.all.filter { $0.peer == .openssl || $0.peer == .jsse })
        func resumption(_ stack: LegacyStack) throws {
            let peer = stack.client
            guard peer.isPresent else { return }
            for version in stack.versions {
                for usesTickets in version == .ssl30 ? [false] : [true, false] {
                    InteropSummary.count(peer, "server: old version, resumed", "\(version) \(usesTickets)") {
                        let server = try LegacyInterop.server(version, .tlsRSAWithAES128CBCSHA) {
                            if usesTickets {
                                $0.sessionTickets = try TicketKeyRing(clock: SystemClock())
                            } else {
                                $0.sessionCache = MemoryServerSessionCache()
                            }
                        }
                        var task = ClientTask(version)
                        task.suites = [.tlsRSAWithAES128CBCSHA]
                        task.session = "legacy-\(version)-\(usesTickets)".replacing(" ", with: "")
                        for isResumed in [false, true] {
                            let info = try peer.meet(server, task).server.info
                            try LegacyInterop.check(info, version, nil, isResumed: isResumed)
                        }
                    }
                }
            }
        }

        @Test(
            "tlslite-ng and OpenSSL 1.0.2: suite by suite, resumed in SSL 3.0, with certificates, and refused",
            arguments: LegacyProgram.allCases, LegacyPermission.legacyVersions)
        func programs(_ program: LegacyProgram, _ version: ProtocolVersion) throws {
            guard program.isPresent else { return }
            let client = try LegacyClient(program)
            func meet(
                _ server: EngineServer, _ suite: CipherSuite?, certificate: KeyKind? = nil, session: String? = nil,
                isResumed: Bool = false
            ) throws {
                // The ciphers of one of them are Python: long data once a version is enough.
                let outcome = try client.connect(
                    server.port, version, transfer: certificate == nil ? 1_000 : 40_000, certificate: certificate,
                    session: session)
                let served = try server.next()
                if let error = outcome.error {
                    throw InteropFailure("the client: \(error); our server: \(served.error.map { "\($0)" } ?? "?")")
                }
                try equal(outcome.version, "\(version)", "the client's version")
                try LegacyInterop.check(served.info, version, suite, isResumed: isResumed)
            }
            for suite in TLS12Suite.legacySuites(of: version) {
                InteropSummary.count(program, row, "\(version) \(suite.code)") {
                    try meet(LegacyInterop.server(version, suite.code), suite.code)
                }
            }
            // OpenSSL 1.0.2 is older than extended_master_secret: in TLS its sessions are not resumed.
            let resumes = program == .tlslite || version == .ssl30
            InteropSummary.count(program, "server: old version, resumed", "\(version)") {
                let server = try LegacyInterop.server(version) { $0.sessionCache = MemoryServerSessionCache() }
                for isResumed in [false, resumes] {
                    try meet(server, nil, session: "\(version)", isResumed: isResumed)
                }
            }
            InteropSummary.count(program, "server: old version, certificate", "\(version)") {
                for isRequired in [true, false] {
                    let server = try LegacyInterop.server(version) {
                        let policy = ClientAuthenticationPolicy(trust: try InteropCertificates.anchors())
                        $0.clientAuthentication = isRequired ? .required(policy) : .optional(policy)
                    }
                    try meet(server, nil, certificate: isRequired ? .rsa2048 : nil)
                }
            }
            InteropSummary.count(program, "server: old version, without permission", "\(version)") {
                let server = try EngineServer([.rsa2048])
                let outcome = try client.connect(server.port, version)
                try holds(outcome.error != nil, "a connection was made")
                try equal(try server.next().failure.alert, .protocolVersion, "alert")
            }
            guard program == .nassl else { return }
            InteropSummary.count(program, "server: old version, fallback", "\(version)") {
                let server = try LegacyInterop.server(version) { $0.versions = .tls12 ... .tls13 }
                let outcome = try client.connect(server.port, version, isFallback: true)
                try holds(outcome.error != nil, "a connection was made")
                try equal(try server.next().failure.alert, .inappropriateFallback, "alert")
            }
        }
    }
}
