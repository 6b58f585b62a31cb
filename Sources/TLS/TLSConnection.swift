// TLSConnection.swift — the public face: a TLS connection without a socket.
// RFC 8446.
// Next: ConnectionEngine.swift.

public import Certificates
public import CryptoGlue
public import Handshake
public import RecordLayer
public import WireFormat

/// A TLS connection, a client's or a server's, that turns octets into octets: the caller owns the buffers and moves them.
///
///     var received = ReceiveBuffer(), toSend = SendBuffer()
///     var connection = try TLSConnection(client: configuration, identity: .init("example.org"), into: &toSend)
///     while true {
///         // write toSend.pending to the transport, toSend.discard(n)
///         switch try connection.receive(&received, into: &toSend) {
///         case .needsInput: // read from the transport: received.fill(atLeast: 1) { … }
///         case .handshakeComplete: try connection.send(request.span, into: &toSend)
///         case .applicationData(let range): use(received.bytes(in: range))
///         case .earlyData: break // only at a server that allows it
///         case .wants(let operation): // answer with connection.resume(…)
///         case .peerClosed: return
///         }
///     }
///
/// Octets for the transport are appended even when a call throws: they hold the alert. After an error of origin `local`
/// or `peer` the connection has failed, its keys are gone, and every call throws the same error. Not thread-safe: one
/// thread or task uses it at a time; it may move between them.
public struct TLSConnection: ~Copyable, Sendable {
    private var engine: ConnectionEngine

    /// Starts a handshake: the ClientHello is appended to `output`.
    ///
    /// - Parameters:
    ///   - configuration: what to offer, whom to trust; the connection keeps it.
    ///   - identity: whom the certificate has to name; a DNS name is also sent in server_name.
    ///   - output: takes the octets for the transport.
    /// - Throws: `TLSError` of origin `caller` when no ClientHello can be made from the configuration.
    public init(
        client configuration: ClientConfiguration, identity: ReferenceIdentity, into output: inout SendBuffer
    ) throws(TLSError) {
        try self.init(client: configuration, identity: identity, earlyData: [], into: &output)
    }

    /// Starts a handshake with data that may go out before the server has answered (0-RTT, RFC 8446 §2.3).
    ///
    /// The data follows the ClientHello when the session store holds a TLS 1.3 ticket that allows so many octets. Otherwise,
    /// and when the server does not take it, it is the first application data after the handshake. It is not sent then
    /// when there was a session and the application protocol is another one than that session's. `info.earlyData` says
    /// what became of it.
    ///
    /// - Important: Early data can be replayed: somebody who records it can make the server's application see it more than
    ///   once. Give it only what does no harm then, as an idempotent request (RFC 8446 §8, App. E.5). It is not forward
    ///   secret either.
    ///
    /// - Parameters:
    ///   - configuration: what to offer, whom to trust; the connection keeps it.
    ///   - identity: whom the certificate has to name; a DNS name is also sent in server_name.
    ///   - earlyData: the data, kept until the handshake is done; nothing when it is empty.
    ///   - output: takes the octets for the transport.
    /// - Throws: `TLSError` of origin `caller` when no ClientHello can be made from the configuration.
    public init(
        client configuration: ClientConfiguration, identity: ReferenceIdentity, earlyData: [UInt8],
        into output: inout SendBuffer
    ) throws(TLSError) {
        engine = try ConnectionEngine(ConnectionSettings(configuration), earlyData: earlyData, into: &output) {
            (handshake: inout HandshakeOutput) throws(HandshakeError) -> HandshakeMachine in
            .client(
                try ClientHandshake.start(
                    configuration, identity: identity, earlyDataCount: earlyData.count, &handshake))
        }
    }

    /// Waits for a client: nothing is sent before its ClientHello.
    ///
    ///     var connection = try TLSConnection(server: configuration)
    ///     // then as a client: feed what came to receive, and send what is in toSend
    ///
    /// - Parameters:
    ///   - configuration: what to choose from and how to prove who we are; the connection keeps it.
    ///   - peer: the client's address, for a `LegacyPermission` that names its peers; nil is on no such list.
    /// - Throws: `TLSError` of origin `caller` when no handshake can be made from the configuration.
    public init(server configuration: ServerConfiguration, peer: String? = nil) throws(TLSError) {
        var nothing = SendBuffer()
        engine = try ConnectionEngine(ConnectionSettings(configuration), into: &nothing) {
            (handshake: inout HandshakeOutput) throws(HandshakeError) -> HandshakeMachine in
            .server(try ServerHandshake.start(configuration, peer: peer, &handshake))
        }
    }

    /// A connection whose ClientHello is there already: published traces are replayed through this.
    package init(
        replaying message: HandshakeMessage, offer: ClientOffer, shares: KeyShares, earlyData: [UInt8] = [],
        into output: inout SendBuffer
    ) throws(TLSError) {
        engine = try ConnectionEngine(ConnectionSettings(offer.configuration), earlyData: earlyData, into: &output) {
            (handshake: inout HandshakeOutput) throws(HandshakeError) -> HandshakeMachine in
            .client(try ClientHandshake.start(offer, message: message, shares: shares, &handshake))
        }
    }

    /// Works through `input` until one thing happens that the caller has to know.
    ///
    /// - Throws: `TLSError` when the peer broke a rule (its alert is in `output`), sent a fatal alert, or the
    ///   connection had failed before.
    public mutating func receive(
        _ input: inout ReceiveBuffer, into output: inout SendBuffer
    ) throws(TLSError) -> ReceiveEvent {
        try engine.receive(&input, into: &output)
    }

    /// Tells that the transport ended.
    ///
    /// - Throws: `TLSError` whose `isTruncation` is true unless close_notify came before: data may be cut short.
    public mutating func receiveEndOfFile() throws(TLSError) { try engine.receiveEndOfFile() }

    /// Protects `plaintext` and appends it to `output` as records of at most 2^14 octets each; nothing when it is empty.
    ///
    /// A server may answer early data while it comes, before the handshake is done. Whoever replays early data gets that
    /// answer sent to it, but cannot read it.
    ///
    /// - Throws: `TLSError` of origin `caller` before the handshake is done and after `close`.
    public mutating func send(_ plaintext: Span<UInt8>, into output: inout SendBuffer) throws(TLSError) {
        try engine.send(plaintext, into: &output)
    }

    /// Answers a `PendingOperation`; call `receive` again afterwards.
    ///
    /// - Throws: `TLSError` when the answer refuses the peer, or when nothing was asked (origin `caller`).
    public mutating func resume(_ answer: OperationAnswer, into output: inout SendBuffer) throws(TLSError) {
        try engine.resume(answer, into: &output)
    }

    /// Changes the key of the direction we send in, and asks the peer to change its own (RFC 8446 §4.6.3). Keys are
    /// changed without this before they reach the limit of §5.5.
    public mutating func updateKeys(requestPeer: Bool, into output: inout SendBuffer) throws(TLSError) {
        try engine.updateKeys(requestPeer: requestPeer, into: &output)
    }

    /// Appends close_notify: we send nothing more. Receiving goes on until the peer closes. Again does nothing.
    public mutating func close(into output: inout SendBuffer) { engine.close(into: &output) }

    /// Ends the connection at once, in or after the handshake, and appends a fatal alert that says why: `accessDenied` to
    /// somebody whom the application does not serve, `internalError` when it cannot go on (RFC 8446 §6.2). The session is
    /// not resumed any more. Does nothing when the connection has failed before.
    ///
    /// - Throws: `TLSError` of origin `caller` for `closeNotify` and `userCanceled`, which are no errors (RFC 8446 §6.1).
    public mutating func abort(_ alert: AlertDescription, into output: inout SendBuffer) throws(TLSError) {
        try engine.abort(alert, into: &output)
    }

    /// Keying material for the application, bound to this connection (RFC 8446 §7.5).
    ///
    /// - Parameters:
    ///   - label: registered with IANA, or beginning with `EXPERIMENTAL`; ASCII, 1 to 249 octets.
    ///   - context: any octets; an empty context and none are the same in TLS 1.3 and differ in TLS 1.2 (RFC 5705 §4).
    ///   - length: octets, at most 255 times the hash's length.
    public func exportKeyingMaterial(
        label: String, context: [UInt8]? = nil, length: Int
    ) throws(TLSError) -> SecretBytes {
        try engine.exportKeyingMaterial(label: label, context: context, length: length)
    }

    /// What is known so far. Building it copies: read it once, not per record.
    public var info: ConnectionInfo { engine.info }

    /// The handshake is done, and the peer is authenticated.
    public var isHandshakeComplete: Bool { engine.isHandshakeComplete }

    /// The RFC's word for the state of the handshake (RFC 8446 App. A.1); nil after a failure.
    package var stateName: String? { engine.stateName }
}
