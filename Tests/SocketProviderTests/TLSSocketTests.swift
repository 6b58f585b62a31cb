// TLSSocketTests.swift — TLS through the socket against an independent server.
// RFC 8446; the whole matrix of suites, groups and certificates is in InteropTests.
// Next: InteropTests.

import Foundation
import SocketProvider
import Synchronization
import Testing

// The peer is the openssl command; without it these tests are skipped.
@Suite("TLS over SecureSocket", .enabled(if: OpenSSL.isInstalled), .timeLimit(.minutes(10)))
struct TLSSocketTests {
    private func configured(
        _ server: OpenSSLServer, _ change: (inout ClientOptions) -> Void = { _ in }
    ) throws -> ConfiguredProvider {
        let provider = try ProviderCatalog.standard.select(scheme: .tls)
        var options = provider.defaultOptions
        options.trust = .pem(server.anchor)
        change(&options)
        return try provider.configure(options)
    }

    private func failure(_ body: @escaping @Sendable () throws -> Void) async -> SocketError? {
        do {
            try await onThread(body)
            return nil
        } catch {
            return error as? SocketError
        }
    }

    @Test("a verified connection carries data both ways, in all three fronts, and ends with close_notify")
    func works() async throws {
        let server = try await onThread { try OpenSSLServer(names: "DNS:localhost,IP:127.0.0.1") }
        let configured = try configured(server)
        let port = server.port
        let blocking = configured.makeSocket()
        try await onThread {
            try blocking.connect(to: .name("localhost", port: port))
            try blocking.send(Array("hello\n".utf8))
            #expect(try blocking.receive(upTo: 100) == Array("olleh\n".utf8))
            let tls = try #require(blocking.information.tls)
            #expect(tls.version == .tls13 && tls.group == .x25519 && tls.serverName == "localhost")
            #expect(tls.validatedPath.count >= 1)
            #expect(blocking.information.security?.summary == "TLS 1.3, TLS_AES_128_GCM_SHA256, x25519")
            let exported = try blocking.exportKeyingMaterial(label: "EXPERIMENTAL x", context: [], length: 32)
            #expect(exported.count == 32)
            try blocking.updateKeys()
            try blocking.send(Array("again\n".utf8))
            #expect(try blocking.receive(upTo: 100) == Array("niaga\n".utf8))
            blocking.close()
        }
        let asynchronous = configured.makeSocket().asynchronous
        try await asynchronous.connect(to: .name("127.0.0.1", port: port))
        try await asynchronous.send(Array("abc\n".utf8))
        #expect(try await asynchronous.receive(upTo: 100) == Array("cba\n".utf8))
        // RFC 6066 §3: an address is never sent as server_name.
        #expect(asynchronous.socket.information.tls?.serverName == nil)
        await asynchronous.close()
        try await onThread {
            let loop = PollLoop(configured.makeSocket())
            try loop.connect(to: .name("localhost", port: port))
            try loop.send(Array("xyz\n".utf8))
            #expect(try loop.receive(upTo: 100) == Array("zyx\n".utf8))
            try loop.drive { loop.socket.close() }
        }
    }

    @Test("TLS 1.2 has no key update: being asked for one is an error of the call, and the connection goes on")
    func noKeyUpdate() async throws {
        let server = try await onThread { try OpenSSLServer(names: "DNS:localhost", version: "-tls1_2") }
        let configured = try configured(server) { $0.versions = .tls12 ... .tls12 }
        try await onThread {
            let socket = configured.makeSocket()
            try socket.connect(to: .name("localhost", port: server.port))
            for requestPeer in [true, false] {
                let error = #expect(throws: SocketError.self) { try socket.updateKeys(requestPeer: requestPeer) }
                guard case .unsupported = error else {
                    Issue.record("another error: \(String(describing: error))")
                    return
                }
            }
            try socket.send(Array("hello\n".utf8))
            #expect(try socket.receive(upTo: 100) == Array("olleh\n".utf8))
            socket.close()
        }
    }

    @Test("RFC 9525 §6: a certificate for another name or by an unknown issuer ends the connection with a reason")
    func refusals() async throws {
        let server = try await onThread { try OpenSSLServer(names: "DNS:other.example") }
        let port = server.port
        let wrongName = try configured(server)
        guard
            case .security(let error) = await failure({
                try wrongName.makeSocket().connect(to: .name("localhost", port: port))
            })
        else { return wrong("another name was accepted") }
        #expect(error.origin == .local && error.explanation.topic == .certificateName)
        // With no name to prove the address is what has to be in the certificate.
        #expect(await failure { try wrongName.makeSocket().connect(to: .name("127.0.0.1", port: port)) } != nil)
        let rightName = try configured(server) { $0.peerName = "other.example" }
        #expect(await failure { try rightName.makeSocket().connect(to: .name("127.0.0.1", port: port)) } == nil)
        let stranger = try await onThread { try OpenSSLServer(names: "DNS:localhost") }
        let strangersPort = stranger.port
        guard
            case .security(let untrusted) = await failure({
                try wrongName.makeSocket().connect(to: .name("localhost", port: strangersPort))
            })
        else { return wrong("an unknown issuer was accepted") }
        #expect(untrusted.origin == .local && untrusted.alert != nil)
        #expect(untrusted.explanation.topic != .certificateName)
    }

    @Test("a verification callback takes over or adds to the decision, at once or later")
    func verification() async throws {
        let server = try await onThread { try OpenSSLServer(names: "DNS:other.example") }
        let endpoint = Endpoint.name("localhost", port: server.port)
        let accepting = try configured(server) {
            $0.verification = .takeOver { request, answer in
                Thread.detachNewThread {
                    Thread.sleep(forTimeInterval: 0.05)
                    // The standard result says why it would have been refused.
                    if case .failure = request.standardResult { answer(.accept) } else { answer(.reject(reason: "?")) }
                }
            }
        }
        #expect(await failure { try accepting.makeSocket().connect(to: endpoint) } == nil)
        let asynchronous = accepting.makeSocket().asynchronous
        try await asynchronous.connect(to: endpoint)
        await asynchronous.close()
        let rejecting = try configured(server) {
            $0.peerName = "other.example"
            $0.verification = .additional { _, answer in answer(.reject(reason: "not this one")) }
        }
        guard case .security(let error) = await failure({ try rejecting.makeSocket().connect(to: endpoint) }) else {
            return wrong("a rejected peer was accepted")
        }
        #expect("\(error)".contains("not this one"))
    }

    @Test("a required application protocol that is not agreed on ends the connection", arguments: [true, false])
    func requiredALPN(serverSpeaksIt: Bool) async throws {
        let server = try await onThread {
            try OpenSSLServer(names: "DNS:localhost", serverSpeaksIt ? ["-alpn", "h2"] : [])
        }
        let configured = try configured(server) {
            $0.alpnProtocols = ["h2"]
            $0.requiresALPN = true
        }
        let socket = configured.makeSocket()
        let port = server.port
        let outcome = await failure { try socket.connect(to: .name("localhost", port: port)) }
        if serverSpeaksIt {
            #expect(outcome == nil)
            #expect(socket.information.tls?.alpnProtocol == "h2")
            socket.close()
        } else {
            guard case .security(let error) = outcome else { return wrong(outcome) }
            #expect(error.alert == .noApplicationProtocol)
            #expect(error.explanation.topic == .alpn)
        }
    }

    @Test("T-38: a server that dies without close_notify is truncated, not an end of data")
    func truncation() async throws {
        let socket: SecureSocket
        do {
            let server = try await onThread { try OpenSSLServer(names: "DNS:localhost") }
            let connected = try configured(server).makeSocket()
            let port = server.port
            try await onThread {
                try connected.connect(to: .name("localhost", port: port))
                try connected.send(Array("hello\n".utf8))
                _ = try connected.receive(upTo: 100)
            }
            socket = connected
            // The server is killed here, when its owner goes.
        }
        let outcome = await failure { _ = try socket.receive(upTo: 1) }
        switch outcome {
        case .truncated, .connectionReset: break
        default: Issue.record("\(String(describing: outcome))")
        }
    }

    @Test("the keys of a connection go to a key log file when the options name one")
    func keyLog() async throws {
        let server = try await onThread { try OpenSSLServer(names: "DNS:localhost") }
        let folder = try TemporaryFolder()
        let log = try KeyLogFile(path: "\(folder.path)/keys")
        let configured = try configured(server) { $0.keyLog = log }
        let port = server.port
        #expect(await failure { try configured.makeSocket().connect(to: .name("localhost", port: port)) } == nil)
        let lines = try String(contentsOfFile: log.path, encoding: .utf8).split(separator: "\n")
        #expect(Set(lines.compactMap { $0.split(separator: " ").first }).count == 5)
    }
}
