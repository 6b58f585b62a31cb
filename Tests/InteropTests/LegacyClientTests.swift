// LegacyClientTests.swift — our client, by permission, with servers that speak SSL 3.0, TLS 1.0 and TLS 1.1.
// RFC 6101; RFC 2246; RFC 4346.
// Next: LegacyServerTests.swift.

import Certificates
import CryptoGlue
import Foundation
import Handshake
import TLS
import Testing
import WireFormat

/// What a peer still has of the old versions.
struct LegacyStack: Sendable, CustomStringConvertible {
    let peer: Peer
    let versions: [ProtocolVersion]
    /// Whether Debian's build of it has 3DES, and RC4 in SSL 3.0.
    let has3DES: Bool
    let hasRC4: Bool
    let lacks: String

    var description: String { "\(peer)" }

    static let all = [
        LegacyStack(peer: .openssl, versions: [.tls10, .tls11], has3DES: false, hasRC4: false, lacks: "SSL 3.0, 3DES"),
        LegacyStack(peer: .gnutls, versions: [.tls10, .tls11], has3DES: true, hasRC4: false, lacks: "SSL 3.0"),
        LegacyStack(peer: .nss, versions: [.ssl30, .tls10, .tls11], has3DES: true, hasRC4: true, lacks: ""),
        LegacyStack(peer: .jsse, versions: [.ssl30, .tls10, .tls11], has3DES: true, hasRC4: true, lacks: ""),
    ]

    func suites(_ version: ProtocolVersion) -> [TLS12Suite] {
        TLS12Suite.legacySuites(of: version).filter { suite in
            guard case .legacy(let cipher, _) = suite.protection else { return false }
            return switch cipher {
            case .rc4: hasRC4
            case .tripleDES: has3DES
            case .aes128, .aes256: true
            }
        }
    }
}

enum LegacyInterop {
    static func permission(_ version: ProtocolVersion, _ suite: CipherSuite? = nil) throws -> LegacyPermission {
        var permission = try LegacyPermission(
            versions: [version], reason: "interop", until: UnixTime(seconds: 4_000_000_000))
        permission.cipherSuites = suite.map { [$0] }
        return permission
    }

    static func client(
        _ version: ProtocolVersion, _ suite: CipherSuite? = nil, certificate: KeyKind? = nil,
        store: (any SessionStore)? = nil
    ) throws -> ClientConfiguration {
        try EngineClient.configuration {
            $0.versions = version...version
            $0.legacyPermission = try permission(version, suite)
            $0.groups = [.secp256r1, .secp384r1, .x25519]
            $0.keyShareGroups = []
            $0.sessionStore = store
            if let certificate { $0.credentials = .fixed([try InteropCertificates.credential(certificate)]) }
        }
    }

    static func check(
        _ info: ConnectionInfo, _ version: ProtocolVersion, _ suite: CipherSuite?, isResumed: Bool = false
    ) throws {
        try equal(info.version, version, "version")
        if let suite { try equal(info.cipherSuite, suite, "cipher suite") }
        try equal(info.isResumed, isResumed, "resumed")
        try holds(info.legacyUse != nil, "the connection does not say that it is broken")
    }

    /// The kind of key that a suite wants.
    static func kind(_ suite: TLS12Suite) -> KeyKind { suite.keyExchange == .ecdheECDSA ? .p256 : .rsa2048 }
}

extension Interop {
    @Suite("Our client in old versions")
    struct LegacyClientTests {
        private let row = "client: old version × suite"

        @Test("Every suite of every old version that a server has, by the server's key", arguments: LegacyStack.all)
        func suites(_ stack: LegacyStack) throws {
            guard stack.peer.isPresent else { return }
            for version in stack.versions {
                for kind in [KeyKind.rsa2048, .p256] {
                    let suites = stack.suites(version).filter { LegacyInterop.kind($0) == kind }
                    guard !suites.isEmpty else { continue }
                    let server = try PeerServer(stack.peer, Self.setup(version, kind, stack.peer))
                    for suite in suites {
                        InteropSummary.count(stack.peer, row, "\(version) \(suite.code)") {
                            let client = try EngineClient(
                                to: server, LegacyInterop.client(version, suite.code))
                            defer { client.close() }
                            try LegacyInterop.check(client.info, version, suite.code)
                            try client.exchange("\(version) \(suite.code)", with: server)
                        }
                    }
                }
            }
            InteropSummary.note(stack.peer, row, stack.lacks.isEmpty ? "" : "it has no \(stack.lacks)")
        }

        private static func setup(_ version: ProtocolVersion, _ kind: KeyKind, _ peer: Peer) throws -> PeerSetup {
            var setup = PeerSetup(kind)
            setup.versions = version...version
            setup.groups = [.secp256r1, .secp384r1] + (peer == .nss ? [.ffdhe2048] : [])
            if peer == .openssl || peer == .gnutls { setup.dhParameters = try DHParameters.ffdhe2048.get() }
            setup.tickets = version > .ssl30
            return setup
        }

        @Test("Sessions are resumed, and client certificates accepted", arguments: LegacyStack.all)
        func sessionsAndCertificates(_ stack: LegacyStack) throws {
            guard stack.peer.isPresent else { return }
            for version in stack.versions {
                let server = try PeerServer(stack.peer, Self.setup(version, .rsa2048, stack.peer))
                InteropSummary.count(stack.peer, "client: old version, resumed", "\(version)") {
                    let configuration = try LegacyInterop.client(version, store: MemorySessionStore(entries: 8))
                    // JSSE's server resumes no session of SSL 3.0.
                    for isResumed in [false, stack.peer != .jsse || version > .ssl30] {
                        let client = try EngineClient(to: server, configuration)
                        defer { client.close() }
                        try LegacyInterop.check(client.info, version, nil, isResumed: isResumed)
                        try client.exchange("\(version) resumed \(isResumed)", with: server)
                    }
                }
                InteropSummary.count(stack.peer, "client: old version, certificate", "\(version)") {
                    var setup = try Self.setup(version, .rsa2048, stack.peer)
                    setup.clientCertificate = .required
                    let asking = try PeerServer(stack.peer, setup)
                    for kind in version == .ssl30 ? [KeyKind.rsa2048] : [.rsa2048, .p256] {
                        let client = try EngineClient(to: asking, LegacyInterop.client(version, certificate: kind))
                        defer { client.close() }
                        try LegacyInterop.check(client.info, version, nil)
                        try client.exchange("\(version) with \(kind)", with: asking)
                    }
                }
                InteropSummary.count(stack.peer, "client: old version, without permission", "\(version)") {
                    var found: TLSError?
                    do {
                        _ = try EngineClient(
                            to: server, EngineClient.configuration { $0.versions = .tls12 ... .tls13 })
                    } catch let error as TLSError { found = error }
                    try holds(found != nil, "a connection was made")
                }
            }
        }

        @Test(
            "tlslite-ng: every version, suite by suite, resumed, and with a certificate",
            arguments: LegacyPermission.legacyVersions)
        func tlslite(_ version: ProtocolVersion) throws {
            guard LegacyProgram.tlslite.isPresent else { return }
            for kind in [KeyKind.rsa2048, .p256] {
                let suites = TLS12Suite.legacySuites(of: version).filter { LegacyInterop.kind($0) == kind }
                guard !suites.isEmpty else { continue }
                let server = try LegacyServer(version, kind)
                for suite in suites {
                    InteropSummary.count(LegacyProgram.tlslite, row, "\(version) \(suite.code)") {
                        let configuration = try LegacyInterop.client(
                            version, suite.code, store: MemorySessionStore(entries: 8))
                        for isResumed in [false, true] {
                            try Self.talk(server.port, configuration, version, suite.code, isResumed: isResumed)
                        }
                    }
                }
            }
            InteropSummary.count(LegacyProgram.tlslite, "client: old version, certificate", "\(version)") {
                let server = try LegacyServer(version, .rsa2048, asksForCertificate: true)
                for kind in [KeyKind.rsa2048, nil] {
                    try Self.talk(
                        server.port, LegacyInterop.client(version, certificate: kind), version, nil, isResumed: false)
                }
                let log = try server.child.waitForOutput("two connections") { $0.contains("\"client\": true") }
                try holds(log.contains("\"client\": true"), "the certificate did not arrive: \(log)")
            }
        }

        private static func talk(
            _ port: UInt16, _ configuration: ClientConfiguration, _ version: ProtocolVersion, _ suite: CipherSuite?,
            isResumed: Bool
        ) throws {
            let client = try EngineClient(port: port, configuration)
            defer { client.close() }
            try LegacyInterop.check(client.info, version, suite, isResumed: isResumed)
            // Its ciphers are Python: long data once a version is enough.
            let data = (0..<(suite == nil ? 40_000 : 1_000)).map { UInt8(truncatingIfNeeded: $0) }
            try client.send(data)
            try equal(try client.receive(exactly: data.count), data, "what came back")
            try client.closeSending()
        }
    }
}

/// A file with the parameters of ffdhe2048, which openssl makes.
enum DHParameters {
    static let ffdhe2048 = Result<String, any Error> {
        let file = try InteropFolder.newFile("ffdhe2048.pem")
        let text = try InteropFolder.run([
            "openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048",
        ])
        try text.write(toFile: file, atomically: false, encoding: .utf8)
        return file
    }
}
