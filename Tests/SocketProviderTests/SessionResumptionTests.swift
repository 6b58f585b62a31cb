// SessionResumptionTests.swift — resumption through sockets, with an independent server.
// RFC 8446 §2.2, §2.3, §4.6.1.
// Next: InteropTests.

import Foundation
import SocketProvider
import Testing

@Suite("Session options")
struct SessionOptionsTests {
    @Test("options about sessions and TLS 1.2 are checked when they are configured")
    func checked() throws {
        let provider = try ProviderCatalog.standard.select(scheme: .tls)
        func expectRefusal(_ name: String, _ change: (inout ClientOptions) -> Void) {
            var options = provider.defaultOptions
            options.trust = .anchors(TrustAnchors([]))
            change(&options)
            do throws(SocketError) {
                _ = try provider.configure(options)
                Issue.record("\(name) was taken")
            } catch {
                guard case .invalidOption(name, _) = error else { return wrong(error) }
            }
        }
        expectRefusal("sessionCacheTimeout") { $0.sessionCacheTimeout = -1 }
        expectRefusal("sessionCacheTimeout") { $0.sessionCacheTimeout = 604_801 }
        expectRefusal("sessionCacheEntries") { $0.sessionCacheEntries = -1 }
        expectRefusal("recordSizeLimit") { $0.recordSizeLimit = 63 }
        expectRefusal("recordSizeLimit") { $0.recordSizeLimit = 16_385 }
        expectRefusal("versions") { $0.versions = .tls10 ... .tls11 }
        for suite in provider.descriptors[0].cipherSuites where !suite.weaknesses.isEmpty {
            expectRefusal("cipherSuites") { $0.cipherSuites.append(suite) }
        }
        var options = provider.defaultOptions
        options.trust = .anchors(TrustAnchors([]))
        #expect(options.sessionCacheTimeout == 600 && options.sessionCacheEntries == 1024 && options.reuse == .on)
        #expect(options.cipherSuites.allSatisfy { $0.weaknesses.isEmpty })
        options.acceptedTLS12Weaknesses = Set(TLS12Weakness.allCases)
        options.cipherSuites = provider.descriptors[0].cipherSuites
        _ = try provider.configure(options)
    }

    @Test("early data to a package that has none is refused, not lost")
    func noEarlyData() throws {
        let listener = try TestListener()
        #expect(throws: SocketError.unsupported("early data")) {
            try plainSocket().connect(to: listener.endpoint, earlyData: [1])
        }
    }
}

// The peer is the openssl command; without it these tests are skipped.
@Suite("Sessions over SecureSocket", .enabled(if: OpenSSL.isInstalled), .timeLimit(.minutes(10)))
struct SessionResumptionTests {
    private func configured(
        _ server: OpenSSLServer, _ change: (inout ClientOptions) -> Void = { _ in }
    ) throws -> ConfiguredProvider {
        let provider = try ProviderCatalog.standard.select(scheme: .tls)
        var options = provider.defaultOptions
        options.trust = .pem(server.anchor)
        change(&options)
        return try provider.configure(options)
    }

    /// Connects, exchanges a line, so that tickets arrive, closes, and says what was known at the end.
    private func visit(_ configured: ConfiguredProvider, _ server: OpenSSLServer) async throws -> ConnectionInfo {
        let port = server.port
        return try await onThread {
            let socket = configured.makeSocket()
            try socket.connect(to: .name("localhost", port: port))
            try socket.send(Array("hello\n".utf8))
            #expect(try socket.receive(upTo: 100) == Array("olleh\n".utf8))
            socket.close()
            return try #require(socket.information.tls)
        }
    }

    @Test("T-34: the second connection is resumed, and reports the chain and the name of the first")
    func resumed() async throws {
        let server = try await onThread { try OpenSSLServer(names: "DNS:localhost") }
        let configured = try configured(server) { $0.alpnProtocols = ["h2"] }
        let first = try await visit(configured, server)
        let second = try await visit(configured, server)
        #expect(!first.isResumed && second.isResumed)
        #expect(first.peerCertificates == second.peerCertificates && !second.peerCertificates.isEmpty)
        #expect(first.validatedPath == second.validatedPath && !second.validatedPath.isEmpty)
        #expect(first.authenticatedAt == second.authenticatedAt && second.authenticatedAt != nil)
        #expect(second.summary.hasSuffix(", resumed") && !first.summary.contains("resumed"))
    }

    @Test("T-31, T-32: sockets of one configured provider share sessions; other options, purging and reuse off do not")
    func sharing() async throws {
        let server = try await onThread { try OpenSSLServer(names: "DNS:localhost") }
        let store = MemorySessionStore()
        let shared = try configured(server) { $0.sessionStore = store }
        #expect(try await !visit(shared, server).isResumed)
        #expect(try await visit(shared, server).isResumed)
        // Another provider with a store of its own, and others that share the store but not what sessions are bound to.
        #expect(try await !visit(configured(server), server).isResumed)
        let others: [(inout ClientOptions) -> Void] = [
            { $0.alpnProtocols = ["h2"] }, { $0.versions = .tls13 ... .tls13 }, { $0.groups.removeLast() },
            { $0.verification = .additional { _, answer in answer(.accept) } }, { $0.sendsServerName = false },
            { $0.trust = .pem(server.anchor + self.anotherAnchor()) }, { $0.reuse = .off },
            { $0.sessionCacheTimeout = 0 },
        ]
        for change in others {
            let other = try configured(server) {
                $0.sessionStore = store
                change(&$0)
            }
            #expect(try await !visit(other, server).isResumed)
        }
        #expect(try await visit(shared, server).isResumed)
        shared.purgeSessions()
        #expect(store.count == 0)
        #expect(try await !visit(shared, server).isResumed)
        #expect(try await visit(shared, server).isResumed)
    }

    /// An authority that has nothing to do with any server.
    private func anotherAnchor() -> [UInt8] {
        guard let folder = try? TemporaryFolder(),
            (try? OpenSSL.run([
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=other",
                "-keyout", "\(folder.path)/key.pem", "-out", "\(folder.path)/other.pem",
            ])) != nil, let pem = try? Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/other.pem"))
        else { return [] }
        return [UInt8](pem)
    }

    @Test("T-33: after a timeout of one second there is nothing to resume")
    func timeout() async throws {
        let server = try await onThread { try OpenSSLServer(names: "DNS:localhost") }
        let configured = try configured(server) { $0.sessionCacheTimeout = 1 }
        #expect(try await !visit(configured, server).isResumed)
        try await Task.sleep(for: .milliseconds(2200))
        #expect(try await !visit(configured, server).isResumed)
    }

    @Test("T-32: with a session file store another provider resumes, under a verification callback only by its name")
    func files() async throws {
        let server = try await onThread { try OpenSSLServer(names: "DNS:localhost") }
        let folder = try TemporaryFolder()
        func resumes(_ verification: ClientOptions.Verification) async throws -> [Bool] {
            var results: [Bool] = []
            for _ in 0..<2 {
                // As another process would: nothing but the directory is shared.
                let store = try SessionFileStore(directory: "\(folder.path)/sessions")
                let other = try configured(server) {
                    $0.sessionStore = store
                    $0.verification = verification
                }
                results.append(try await visit(other, server).isResumed)
                #expect(store.problems.isEmpty)
            }
            return results
        }
        let accept: ClientOptions.Verifier = { _, answer in answer(.accept) }
        #expect(try await resumes(.standard) == [false, true])
        #expect(try await resumes(.additional(accept, identity: .named("all"))) == [false, true])
        #expect(try await resumes(.additional(accept, identity: .named("others"))) == [false, true])
        #expect(try await resumes(.additional(accept)) == [false, false])
    }

    @Test("RFC 8446 §2.3: early data goes out early with a session that allows it, and after the handshake without")
    func earlyData() async throws {
        let server = try await onThread {
            try OpenSSLServer(names: "DNS:localhost", ["-early_data", "-max_early_data", "1000"], reverses: false)
        }
        let configured = try configured(server) { $0.timeouts.read = .milliseconds(300) }
        let port = server.port
        func visit(_ count: Int) async throws -> ConnectionInfo {
            try await onThread {
                let socket = configured.makeSocket()
                try socket.connect(
                    to: .name("localhost", port: port), earlyData: [UInt8](repeating: 0x61, count: count))
                // Nothing comes but tickets.
                #expect(throws: SocketError.timedOut(.receive)) { try socket.receive(upTo: 1) }
                socket.close()
                return try #require(socket.information.tls)
            }
        }
        #expect(try await visit(10).earlyData == .sentAfterHandshake)
        let second = try await visit(10)
        #expect(second.isResumed && second.earlyData == .accepted)
        // More than the ticket allows.
        let third = try await visit(1001)
        #expect(third.isResumed && third.earlyData == .sentAfterHandshake)
        #expect(try await visit(0).earlyData == .notOffered)
    }
}
