// TLS12ServerPair.swift — the library's server and the scripted TLS 1.2 client, and the octets between them.
// RFC 5246 §7.3.
// Next: TLS12ServerStateTableTests.swift.

import Certificates
import CryptoGlue
import Handshake
import RecordLayer
import Synchronization
import TLS
import TestSupport
import Testing
import WireFormat

/// What has to be there. `#require` cannot look into what cannot be copied.
func present<T>(_ value: T?, sourceLocation: SourceLocation = #_sourceLocation) throws -> T {
    try #require(value, sourceLocation: sourceLocation)
}

/// A clock that a test moves.
final class MovableClock: WallClock {
    private let seconds: Mutex<Int64>

    init(_ time: UnixTime = FixedClock().now()) { seconds = Mutex(time.seconds) }

    func now() -> UnixTime { UnixTime(seconds: seconds.withLock { $0 }) }

    func advance(by count: Int64) { seconds.withLock { $0 += count } }
}

/// Client and server, and the octets between them.
struct TLS12ServerPair: ~Copyable {
    static let suite = CipherSuite.tlsECDHEECDSAWithAES128GCMSHA256

    var client: ScriptedClient12
    var server: TestClient

    init(_ configuration: ServerConfiguration? = nil, suites: [CipherSuite] = [TLS12ServerPair.suite]) throws {
        client = ScriptedClient12(suites)
        server = try TestClient(server: configuration ?? TLS12ServerPair.configuration())
    }

    static func credential(_ identity: TestIdentity) throws -> Credential {
        try Credential(certificates: identity.certificates, key: identity.key)
    }

    /// Everything there is, the weak suites too: an ECDSA key, an RSA key that signs, and one that encrypts too.
    static func configuration(
        _ kinds: [ServerKind] = [.p256, .rsaPSS256, .rsaEncipherment], clock: any WallClock = FixedClock()
    ) throws -> ServerConfiguration {
        var configuration = ServerConfiguration(
            provider: try .gcrypt(random: FixedRandom(seed: 2)),
            credentials: .fixed(try kinds.map { try credential($0.identity()) }), clock: clock)
        configuration.acceptedTLS12Weaknesses = Set(TLS12Weakness.allCases)
        configuration.cipherSuites = configuration.cipherSuites.filter { TLS13Suite($0) != nil } + TLS12Pair.suites
        return configuration
    }

    /// The same with tickets.
    static func ticketConfiguration(clock: any WallClock = FixedClock()) throws -> ServerConfiguration {
        var configuration = try configuration(clock: clock)
        configuration.sessionTickets = try TicketKeyRing(random: FixedRandom(seed: 7), clock: clock)
        return configuration
    }

    /// Asks for certificates that the test root issued.
    static func asking(
        isRequired: Bool = true, _ verification: PeerVerification = .standard
    ) throws -> ServerConfiguration {
        var policy = ClientAuthenticationPolicy(trust: try TestCertificates.trust())
        policy.verification = verification
        var configuration = try configuration()
        configuration.clientAuthentication = isRequired ? .required(policy) : .optional(policy)
        return configuration
    }

    /// Both sides have all there is.
    mutating func settle() throws {
        try server.receive(try client.takeOutput())
        try client.receive(server.takeOutput())
    }

    /// ClientHello, and what answers it.
    mutating func greet(_ edit: (inout ClientHello) -> Void = { _ in }) throws {
        try client.clientHello(edit)
        try settle()
    }

    /// A full handshake from one end to the other.
    mutating func connect() throws {
        try greet()
        try client.answer()
        try settle()
        #expect(client.isServerFinished == true)
        #expect(server.events == [.handshakeComplete])
    }

    /// A handshake that offers a session, which the server resumes.
    mutating func resume(_ session: ScriptedSession12) throws {
        offer(session)
        try greet()
        #expect(client.isServerFinished == true, "the server finishes first")
        try client.finish()
        try settle()
    }

    /// The next ClientHello offers this session, by its ticket or by its ID.
    mutating func offer(_ session: ScriptedSession12) {
        client.resuming = session
        if session.ticket.isEmpty {
            client.sessionID = session.sessionID
        } else {
            client.offeredTicket = session.ticket
            client.sessionID = [UInt8](repeating: 0x5e, count: 32)
        }
    }

    /// Data both ways.
    mutating func exchange(_ text: String = "ping") throws {
        try client.send(Array(text.utf8))
        let before = server.data.count
        try server.receive(try client.takeOutput())
        #expect(Array(server.data.dropFirst(before)) == Array(text.utf8))
        try server.send(Array(text.utf8))
        let received = try client.receive(server.takeOutput())
        #expect(received == [.data(Array(text.utf8))])
    }

    /// The alerts the server sent since its output was last taken, opened by the client.
    mutating func alerts() throws -> [AlertDescription] {
        try client.receive(server.takeOutput()).compactMap { received in
            if case .alert(let alert) = received { return alert }
            return nil
        }
    }

    /// Hands the client's output to the server, which has to refuse it with this alert; the alert has to reach the client.
    @discardableResult
    mutating func refuses(
        _ alert: AlertDescription, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> TLSError? {
        let flight = try client.takeOutput()
        let before = server.events
        let error = #expect(throws: TLSError.self, sourceLocation: sourceLocation) { try server.receive(flight) }
        #expect(error?.alert == alert, "\(String(describing: error))", sourceLocation: sourceLocation)
        #expect(error?.origin == .local, sourceLocation: sourceLocation)
        #expect(server.events == before, "nothing is delivered", sourceLocation: sourceLocation)
        #expect(try alerts() == [alert], sourceLocation: sourceLocation)
        // Failed for good, and nothing more is sent.
        let again = #expect(throws: TLSError.self, sourceLocation: sourceLocation) { try server.run() }
        #expect(again == error, sourceLocation: sourceLocation)
        #expect(server.takeOutput().isEmpty, sourceLocation: sourceLocation)
        #expect(error?.explanation.outcome == .refused, sourceLocation: sourceLocation)
        #expect(error?.explanation.rule.isEmpty == false, sourceLocation: sourceLocation)
        return error
    }
}
