// CertificateRequestTests.swift — a client's certificate that a callback chooses, at once or later, or not at all.
// RFC 8446 §4.3.2, §4.4.2; RFC 5246 §7.4.4, §7.4.6.
// Next: TrustTests.swift.

import Foundation
import SocketProvider
import Synchronization
import TLS
import Testing

@Suite("A certificate on request", .timeLimit(.minutes(10)))
struct CertificateRequestTests {
    private static let versions: [ProtocolVersion] = [.tls12, .tls13]

    private static func asking(isRequired: Bool = true) throws -> ListeningSocket {
        let trust = ServerOptions.ClientTrust(
            trust: .certificates([try #require(ListenerIdentity.authority).certificate]))
        return try tlsListener { $0.clientAuthentication = isRequired ? .required(trust) : .optional(trust) }
    }

    private static func connect(
        _ client: ConfiguredProvider, _ listener: ListeningSocket
    ) async throws -> [Certificate]? {
        let socket = client.makeSocket().asynchronous
        async let accepted = listener.asynchronous.accept()
        try await socket.connect(to: try listener.endpoint)
        try await socket.send([1])
        let server = try await accepted
        #expect(try await server.receive(upTo: 1) == [1])
        let certificates = server.socket.information.tls?.peerCertificates
        await socket.close()
        await server.close()
        return certificates
    }

    @Test("the callback is told whom the server accepts, and answers from another thread", arguments: versions)
    func later(_ version: ProtocolVersion) async throws {
        let me = try ListenerIdentity([.dns("me")])
        let listener = try Self.asking()
        let asked = Mutex<[CertificateRequestInfo]>([])
        let credential = me.credential
        let client = try tlsClient {
            $0.versions = version...version
            $0.credentials = .callback { request, answer in
                asked.withLock { $0.append(request) }
                Thread.detachNewThread { answer([credential]) }
            }
        }
        #expect(try await Self.connect(client, listener) == [me.certificate])
        let request = try #require(asked.withLock { $0 }.first)
        #expect(request.version == version)
        #expect(request.authorities == [try #require(ListenerIdentity.authority).certificate.subject.derEncoded])
    }

    @Test("a callback without an answer for the server leaves the client anonymous", arguments: versions)
    func none(_ version: ProtocolVersion) async throws {
        let listener = try Self.asking(isRequired: false)
        let client = try tlsClient {
            $0.versions = version...version
            $0.credentials = .callback { _, answer in answer([]) }
        }
        #expect(try await Self.connect(client, listener) == [])
    }

    @Test("a certificate whose key nobody reaches ends the handshake with what to change", arguments: versions)
    func noSigner(_ version: ProtocolVersion) async throws {
        let me = try ListenerIdentity([.dns("me")])
        let listener = try Self.asking()
        let elsewhere = try Credential(certificates: [me.certificate], externalSchemes: [.ecdsaSecp256r1SHA256])
        let client = try tlsClient {
            $0.versions = version...version
            $0.credentials = .callback { _, answer in answer([elsewhere]) }
        }
        let accepting = Task { try await listener.asynchronous.accept() }
        defer { accepting.cancel() }
        let socket = client.makeSocket().asynchronous
        let start = ContinuousClock.now
        let error = await #expect(throws: SocketError.self) { try await socket.connect(to: try listener.endpoint) }
        guard case .package(_, let decision) = try #require(error) else {
            Issue.record("an error of the package was expected")
            return
        }
        #expect(decision.found == "no signer")
        // The server is told, and does not wait for what will not come.
        #expect(ContinuousClock.now - start < .seconds(60))
        for _ in 0..<500 where listener.statistics.failed < 1 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(listener.statistics.failed == 1)
    }
}
