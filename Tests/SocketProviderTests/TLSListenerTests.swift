// TLSListenerTests.swift — TLS servers and clients of this library over loopback: what only sockets can show.
// RFC 8446; RFC 5246; RFC 6066 §3; RFC 5077.
// Next: LegacyPackageTests.swift.

import Foundation
import SocketProvider
import Synchronization
import TLS
import Testing

/// An authority and what it issues, made for these tests.
struct ListenerIdentity: Sendable {
    let credential: Credential
    let certificate: Certificate
    let key: SigningKey

    /// The authority of all of them.
    static let authority: (certificate: Certificate, key: SigningKey)? = {
        guard let made = try? MadePrivateKey(.ec(.p256)),
            let certificate = try? maker.makeAuthority(commonName: "listener tests", key: made.key)
        else { return nil }
        return (certificate, made.key)
    }()

    private static var maker: CertificateMaker {
        let now = SystemClock().now().seconds
        return CertificateMaker(validity: UnixTime(seconds: now - 60)...UnixTime(seconds: now + 86_400))
    }

    init(
        _ names: [GeneralName] = [.dns("localhost"), .ip([127, 0, 0, 1])], _ kind: PrivateKeyKind = .ec(.p256)
    ) throws {
        let authority = try #require(Self.authority)
        let made = try MadePrivateKey(kind)
        key = made.key
        certificate = try Self.maker.makeLeaf(names: names, key: made.key.publicKey, issuedBy: authority)
        credential = try Credential(certificates: [certificate], key: made.key)
    }
}

/// A TLS listener on a loopback port with a certificate for localhost.
func tlsListener(_ change: (inout ServerOptions) throws -> Void = { _ in }) throws -> ListeningSocket {
    let provider = try ProviderCatalog.standard.select(scheme: .tls, capabilities: [.server])
    var options = provider.defaultServerOptions
    options.credentials = .fixed([try ListenerIdentity().credential])
    // Under a sanitizer, beside all other tests, a handshake may take its time; these tests are of other things.
    options.timeouts.handshake = .seconds(300)
    try change(&options)
    let listener = try provider.configure(server: options).makeListener()
    try listener.bind(to: .loopback(.ipv4, port: 0))
    try listener.listen()
    return listener
}

/// A client that trusts the authority of these tests.
func tlsClient(_ change: (inout ClientOptions) throws -> Void = { _ in }) throws -> ConfiguredProvider {
    let provider = try ProviderCatalog.standard.select(scheme: .tls)
    var options = provider.defaultOptions
    options.trust = .certificates([try #require(ListenerIdentity.authority).certificate])
    options.peerName = "localhost"
    options.timeouts.handshake = .seconds(300)
    try change(&options)
    return try provider.configure(options)
}

@Suite("TLS listener", .timeLimit(.minutes(10)))
struct TLSListenerTests {
    @Test(
        "RFC 7250: raw public keys at both ends, by the options of a provider",
        arguments: [ProtocolVersion.tls12, .tls13])
    func rawPublicKeys(_ version: ProtocolVersion) async throws {
        let (own, theirs) = (try MadePrivateKey(.ec(.p256)).key, try MadePrivateKey(.ec(.p384)).key)
        let (server, client) = (try Credential(rawPublicKey: own), try Credential(rawPublicKey: theirs))
        let (serverKey, clientKey) = (try #require(server.rawPublicKey), try #require(client.rawPublicKey))
        let listener = try tlsListener {
            $0.credentials = .fixed([server])
            var trust = ServerOptions.ClientTrust(trust: .anchors(TrustAnchors([])))
            trust.acceptedRawPublicKeys = [clientKey.pin]
            $0.clientAuthentication = .required(trust)
        }
        let provider = try tlsClient {
            $0.versions = version...version
            $0.trust = .anchors(TrustAnchors([]))
            $0.acceptedRawPublicKeys = [serverKey.pin]
            $0.credentials = .fixed([client])
        }
        let pair = try await talk(provider, listener)
        #expect(pair.client.socket.information.tls?.peerRawPublicKey == serverKey)
        #expect(pair.server.socket.information.tls?.peerRawPublicKey == clientKey)
        try await close(pair)
    }

    /// Connects, says hello each way, and closes the client's direction; both ends stay open for a look.
    private func talk(
        _ client: ConfiguredProvider, _ listener: ListeningSocket
    ) async throws -> (client: AsynchronousSocket, server: AsynchronousSocket) {
        let socket = client.makeSocket().asynchronous
        async let accepted = listener.asynchronous.accept()
        try await socket.connect(to: try listener.endpoint)
        let server = try await accepted
        try await socket.send([1, 2, 3])
        #expect(try await server.receive(upTo: 10) == [1, 2, 3])
        try await server.send([4, 5])
        #expect(try await socket.receive(upTo: 10) == [4, 5])
        return (socket, server)
    }

    private func close(_ pair: (client: AsynchronousSocket, server: AsynchronousSocket)) async throws {
        try await pair.client.closeSending()
        #expect(try await pair.server.receive(upTo: 1).isEmpty)
        await pair.server.close()
        #expect(try await pair.client.receive(upTo: 1).isEmpty)
        await pair.client.close()
    }

    @Test("both versions, with keys of every kind that is made here", arguments: [ProtocolVersion.tls12, .tls13])
    func versions(_ version: ProtocolVersion) async throws {
        for kind in [PrivateKeyKind.ec(.p256), .ec(.p384), .ed25519, .rsa(bits: 2048)] {
            let identity = try ListenerIdentity([.dns("localhost")], kind)
            let listener = try tlsListener { $0.credentials = .fixed([identity.credential]) }
            let pair = try await talk(try tlsClient { $0.versions = version...version }, listener)
            let info = try #require(pair.server.socket.information.tls)
            #expect(info.version == version && info.serverName == "localhost" && info.isHandshakeComplete)
            #expect(pair.client.socket.information.tls?.peerCertificates == [identity.certificate])
            try await close(pair)
        }
    }

    @Test("a session is resumed under each version, also after a reload; purged sessions are not")
    func resumption() async throws {
        for version in [ProtocolVersion.tls13, .tls12] {
            let listener = try tlsListener()
            let client = try tlsClient { $0.versions = version...version }
            func isResumed() async throws -> Bool {
                let pair = try await talk(client, listener)
                let isResumed = try #require(pair.server.socket.information.tls).isResumed
                #expect(pair.client.socket.information.tls?.isResumed == isResumed)
                try await close(pair)
                return isResumed
            }
            #expect(try await !isResumed())
            #expect(try await isResumed())
            // Keys that the package made go on when the options are replaced.
            try listener.reload(listener.options)
            #expect(try await isResumed())
            listener.purgeSessions()
            #expect(try await !isResumed())
        }
    }

    @Test("a reload replaces the certificate for those who come, and nobody who is there notices")
    func reloadsCertificate() async throws {
        let listener = try tlsListener()
        let client = try tlsClient { $0.reuse = .off }
        let before = try await talk(client, listener)
        let identity = try ListenerIdentity()
        var options = listener.options
        options.credentials = .fixed([identity.credential])
        try listener.reload(options)
        let after = try await talk(client, listener)
        #expect(after.client.socket.information.tls?.peerCertificates == [identity.certificate])
        #expect(before.client.socket.information.tls?.peerCertificates != [identity.certificate])
        try await before.server.send([7])
        #expect(try await before.client.receive(upTo: 1) == [7])
        try await close(before)
        try await close(after)
    }

    @Test("RFC 6066 §3: each name gets its certificate, by table and by a callback that answers later")
    func names() async throws {
        let (one, other) = (try ListenerIdentity([.dns("one.test")]), try ListenerIdentity([.dns("*.two.test")]))
        var named = NamedCredentials(default: [one.credential])
        try named.set([other.credential], for: "*.two.test")
        let (oneCredential, otherCredential) = (one.credential, other.credential)
        let chooser: ServerOptions.CredentialChooser = { hello, answer in
            Thread.detachNewThread {
                switch hello.serverName {
                case "one.test": answer(.use([oneCredential]))
                case "x.two.test": answer(.use([otherCredential]))
                default: answer(.unrecognizedName)
                }
            }
        }
        for credentials in [ServerOptions.Credentials.names(named), .callback(chooser)] {
            let listener = try tlsListener { $0.credentials = credentials }
            for (name, identity) in [("one.test", one), ("x.two.test", other)] {
                let pair = try await talk(try tlsClient { $0.peerName = name }, listener)
                #expect(pair.client.socket.information.tls?.peerCertificates == [identity.certificate])
                try await close(pair)
            }
        }
        let strict = try tlsListener { $0.credentials = .callback(chooser) }
        let accepting = Task { try await strict.asynchronous.accept() }
        let socket = try tlsClient { $0.peerName = "three.test" }.makeSocket().asynchronous
        do {
            try await socket.connect(to: try strict.endpoint)
            wrong("connected to a name that nobody has")
        } catch {
            guard case .security(let error) = error as? SocketError else { return wrong("\(error)") }
            #expect(error.alert == .unrecognizedName && error.origin == .peer)
        }
        strict.close()
        let outcome = await accepting.result
        #expect(throws: SocketError.closed) { try outcome.get() }
    }

    @Test("a server's key may be elsewhere: the signature comes from a callback, later")
    func externalKey() async throws {
        let identity = try ListenerIdentity()
        let key = identity.key
        for version in [ProtocolVersion.tls13, .tls12] {
            let listener = try tlsListener {
                $0.credentials = .fixed([
                    try Credential(certificates: [identity.certificate], externalSchemes: [.ecdsaSecp256r1SHA256])
                ])
                $0.signer = { request, answer in
                    Thread.detachNewThread { answer(try? key.sign(request.message.span, using: .ecdsa(.sha256))) }
                }
            }
            try await close(try await talk(try tlsClient { $0.versions = version...version }, listener))
        }
    }

    @Test("a client's certificate is asked for, verified, and shown; without one a client is refused")
    func clientCertificates() async throws {
        let authority = try #require(ListenerIdentity.authority).certificate
        let me = try ListenerIdentity([.dns("me")])
        let seen = Mutex<[String]>([])
        let listener = try tlsListener {
            var trust = ServerOptions.ClientTrust(trust: .certificates([authority]))
            trust.verification = .additional { request, answer in
                seen.withLock { $0.append(request.certificates.first.map { "\($0.subject)" } ?? "") }
                Thread.detachNewThread { answer(.accept) }
            }
            $0.clientAuthentication = .required(trust)
        }
        for version in [ProtocolVersion.tls13, .tls12] {
            let pair = try await talk(
                try tlsClient {
                    $0.versions = version...version
                    $0.credentials = .fixed([me.credential])
                }, listener)
            #expect(pair.server.socket.information.tls?.peerCertificates == [me.certificate])
            #expect(pair.server.socket.information.tls?.validatedPath.last == authority)
            try await close(pair)
            let without = try tlsClient { $0.versions = version...version }.makeSocket().asynchronous
            await #expect(throws: SocketError.self) {
                try await without.connect(to: try listener.endpoint)
                // In TLS 1.3 the client is done before the server has seen that there is no certificate.
                _ = try await without.receive(upTo: 1)
            }
        }
        #expect(seen.withLock { $0 } == ["CN=me", "CN=me"])
        for _ in 0..<100 where listener.statistics.failed < 2 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(listener.statistics.failed == 2 && listener.statistics.established == 2)
    }

    @Test("RFC 8446 §2.3: early data is the first that an accepted socket receives, and its information says so")
    func earlyData() async throws {
        let listener = try tlsListener { $0.maxEarlyDataSize = 1000 }
        let client = try tlsClient()
        try await close(try await talk(client, listener))
        let socket = client.makeSocket().asynchronous
        async let accepted = listener.asynchronous.accept()
        try await socket.connect(to: try listener.endpoint, earlyData: Array("early".utf8))
        let server = try await accepted
        #expect(socket.socket.information.tls?.earlyData == .accepted)
        #expect(server.socket.information.tls?.earlyData == .accepted)
        #expect(String(decoding: try await server.receive(upTo: 2), as: UTF8.self) == "ea")
        #expect(String(decoding: try await server.receive(upTo: 100), as: UTF8.self) == "rly")
        try await socket.send([1])
        #expect(try await server.receive(upTo: 100) == [1])
        try await close((socket, server))
    }

    @Test("what is not TLS is answered with an alert and does not end the accept loop")
    func notTLS() async throws {
        let listener = try tlsListener()
        let accepting = Task { try await listener.asynchronous.accept() }
        for octets in ["GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "\u{16}\u{3}\u{1}\u{0}\u{4}\u{1}\u{0}\u{0}\u{0}"] {
            let socket = try plainSocket().asynchronous
            try await socket.connect(to: try listener.endpoint)
            try await socket.send(Array(octets.utf8))
            // An alert, then the end.
            #expect(try await socket.receive(upTo: 100).first == 21)
            await socket.close()
        }
        let client = try tlsClient().makeSocket().asynchronous
        try await client.connect(to: try listener.endpoint)
        _ = try await accepting.value
        for _ in 0..<200 where listener.statistics.failed < 2 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(listener.statistics.failed == 2)
    }

    @Test("options that no server can be made from are refused when they are configured")
    func refusesOptions() throws {
        func invalid(_ change: (inout ServerOptions) -> Void) -> String? {
            do {
                _ = try tlsListener(change)
                return nil
            } catch {
                if case .invalidOption(let name, _) = error as? SocketError { return name }
                return "\(error)"
            }
        }
        #expect(invalid { _ in } == nil)
        #expect(invalid { $0.credentials = .fixed([]) } == "credentials")
        #expect(invalid { $0.cipherSuites = [] } == "cipherSuites")
        #expect(invalid { $0.cipherSuites = [CipherSuite(rawValue: 0x002f)] } == "cipherSuites")
        #expect(invalid { $0.groups = [] } == "groups")
        #expect(invalid { $0.versions = .tls10 ... .tls11 } == "versions")
        #expect(invalid { $0.alpnProtocols = [""] } == "alpnProtocols")
        #expect(invalid { $0.clientAuthentication = .required(.init(trust: .pem([]))) } == "trust")
    }
}
