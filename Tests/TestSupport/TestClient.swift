// TestClient.swift — a TLSConnection of either role with its buffers, driven octet by octet in memory.
// Next: ScriptedServer.swift.

public import Certificates
public import TLS

/// What the client reported, in order.
public enum TestEvent: Equatable, Sendable {
    case handshakeComplete
    case data([UInt8])
    case earlyData([UInt8])
    case wantsVerification
    case wantsSignature
    case wantsCredentials
    case wantsDecryption
    case peerClosed
}

/// One connection and its two buffers.
public final class TestClient {
    public var connection: TLSConnection
    private var received = ReceiveBuffer()
    private var toSend: SendBuffer
    /// Everything reported so far.
    public private(set) var events: [TestEvent] = []

    public init(
        _ configuration: ClientConfiguration, identity: ReferenceIdentity, earlyData: [UInt8] = []
    ) throws(TLSError) {
        var output = SendBuffer()
        connection = try TLSConnection(
            client: configuration, identity: identity, earlyData: earlyData, into: &output)
        toSend = output
    }

    public init(connection: consuming TLSConnection, toSend: consuming SendBuffer) {
        self.connection = connection
        self.toSend = toSend
    }

    /// The server's end: the library's own server.
    public init(server configuration: ServerConfiguration) throws(TLSError) {
        connection = try TLSConnection(server: configuration)
        toSend = SendBuffer()
    }

    /// A server's configuration with one certificate, a fixed clock and repeatable randomness.
    public static func serverConfiguration(_ identity: TestIdentity, seed: UInt64 = 2) throws -> ServerConfiguration {
        ServerConfiguration(
            provider: try .gcrypt(random: FixedRandom(seed: seed)),
            credentials: .fixed([try Credential(certificates: identity.certificates, key: identity.key)]),
            clock: FixedClock())
    }

    /// A configuration with the test trust anchor, a fixed clock and repeatable randomness.
    public static func configuration(seed: UInt64 = 1) throws -> ClientConfiguration {
        ClientConfiguration(
            provider: try .gcrypt(random: FixedRandom(seed: seed)), trust: try TestCertificates.trust(),
            clock: FixedClock())
    }

    /// Takes what is to go to the peer.
    public func takeOutput() -> [UInt8] {
        let octets = [UInt8](copying: toSend.pending)
        toSend.discard(octets.count)
        return octets
    }

    /// Hands octets in and works through them until nothing whole is left or an answer is wanted.
    public func receive(_ octets: [UInt8]) throws(TLSError) {
        received.append(octets.span)
        try run()
    }

    /// Works on without new octets, after an answer.
    public func run() throws(TLSError) {
        // Every turn uses up a record or a message: more turns than octets would be an endless loop.
        for _ in 0...(received.unread + 64) {
            switch try connection.receive(&received, into: &toSend) {
            case .needsInput: return
            case .handshakeComplete: events.append(.handshakeComplete)
            case .applicationData(let range): events.append(.data([UInt8](copying: received.bytes(in: range))))
            case .earlyData(let range): events.append(.earlyData([UInt8](copying: received.bytes(in: range))))
            case .wants(.verifyPeer):
                events.append(.wantsVerification)
                return
            case .wants(.sign):
                events.append(.wantsSignature)
                return
            case .wants(.decrypt):
                events.append(.wantsDecryption)
                return
            case .wants(.chooseCredentials), .wants(.answerCertificateRequest):
                events.append(.wantsCredentials)
                return
            case .peerClosed:
                events.append(.peerClosed)
                return
            }
        }
        fatalError("receive made no progress")
    }

    /// The next event as it is; for looking at what an operation asks.
    public func event() throws(TLSError) -> ReceiveEvent {
        try connection.receive(&received, into: &toSend)
    }

    public func resume(_ answer: OperationAnswer) throws(TLSError) {
        try connection.resume(answer, into: &toSend)
        try run()
    }

    public func send(_ octets: [UInt8]) throws(TLSError) { try connection.send(octets.span, into: &toSend) }

    public func updateKeys(requestPeer: Bool) throws(TLSError) {
        try connection.updateKeys(requestPeer: requestPeer, into: &toSend)
    }

    public func abort(_ alert: AlertDescription) throws(TLSError) {
        try connection.abort(alert, into: &toSend)
    }

    public func close() { connection.close(into: &toSend) }

    public func receiveEndOfFile() throws(TLSError) { try connection.receiveEndOfFile() }

    /// All application data received, joined.
    public var data: [UInt8] {
        events.flatMap { event -> [UInt8] in
            if case .data(let octets) = event { return octets }
            return []
        }
    }
}
