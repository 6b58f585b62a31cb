// SecurityContext.swift — one connection's security: octets in, octets out, "continue needed".
// The counterpart of an SSPI context with EncryptMessage and DecryptMessage.
// Next: PlainPackage.swift.

public import TLS

/// The security of one connection, as a machine without input and output of its own.
///
/// The socket calls one method at a time. Whatever a method appends to `output` is sent, also when it throws: that is how
/// an alert reaches the peer. After a throw, nothing more is called.
public protocol SecurityContext: ~Copyable, Sendable {
    /// Whether data can be sent and received.
    var isEstablished: Bool { get }

    /// What has been learned so far.
    var information: any SecurityInformation { get }

    /// Processes `input` until one thing happens that the socket must know.
    ///
    /// Each call takes octets from `input`, changes the state of the context, or answers
    /// ``SecurityEvent/needsInput``: a caller that repeats it always gets on.
    mutating func receive(
        _ input: inout ReceiveBuffer, into output: inout SendBuffer
    ) throws(SocketError) -> SecurityEvent

    /// Tells that the transport has ended.
    ///
    /// - Throws: ``SocketError/truncated(_:)`` unless the end was announced in a way that nobody else could have. A package
    ///   that cannot tell returns, and the end counts as the end of the data.
    mutating func receiveEndOfFile() throws(SocketError)

    /// Protects data and appends it to `output`. Only called once established, never after ``closeSending(into:)``.
    mutating func send(_ plaintext: Span<UInt8>, into output: inout SendBuffer) throws(SocketError)

    /// Says farewell: no more data follows, receiving goes on. Called once at most; the transport's own end follows.
    mutating func closeSending(into output: inout SendBuffer)

    /// Takes the answer to the operation of ``SecurityEvent/wants(_:)``; ``receive(_:into:)`` is called next.
    mutating func resume(_ answer: any Sendable, into output: inout SendBuffer) throws(SocketError)

    /// Renews the sending key, and asks the peer to renew its own when `requestPeer` says so.
    mutating func updateKeys(requestPeer: Bool, into output: inout SendBuffer) throws(SocketError)

    /// Derives `length` octets that both ends, and nobody else, can derive. No context and an empty one may differ.
    func exportKeyingMaterial(label: String, context: [UInt8]?, length: Int) throws(SocketError) -> SecretBytes

    /// What binds an application's own authentication to this connection, the same at both ends.
    func channelBinding(_ kind: ChannelBinding) throws(SocketError) -> [UInt8]
}

extension SecurityContext where Self: ~Copyable {
    /// Throws: a package that asks nothing gets no answers.
    public mutating func resume(_ answer: any Sendable, into output: inout SendBuffer) throws(SocketError) {
        throw .unsupported("operations that answer later")
    }

    /// Throws: a package may have no key updates.
    public mutating func updateKeys(requestPeer: Bool, into output: inout SendBuffer) throws(SocketError) {
        throw .unsupported("key updates")
    }

    /// Throws: a package may have no exporter.
    public func exportKeyingMaterial(
        label: String, context: [UInt8]?, length: Int
    ) throws(SocketError) -> SecretBytes {
        throw .unsupported("keying material exporters")
    }

    /// Throws: a package may have no channel bindings.
    public func channelBinding(_ kind: ChannelBinding) throws(SocketError) -> [UInt8] {
        throw .unsupported("channel bindings")
    }
}

/// What a package can tell about a connection.
public protocol SecurityInformation: Sendable {
    /// One line for people.
    var summary: String { get }
}

/// What ``SecurityContext/receive(_:into:)`` came to.
public enum SecurityEvent: Sendable {
    /// Nothing can be done before more octets arrive (SSPI: SEC_I_CONTINUE_NEEDED, SEC_E_INCOMPLETE_MESSAGE).
    case needsInput
    /// Data for the application, in place, as a range of the receive buffer; valid until the next call.
    case applicationData(Range<Int>)
    /// Data that came before the handshake was done, at a server that allows it (RFC 8446 §2.3), as a range like that of
    /// ``applicationData(_:)``. Whoever recorded it can have sent it. The socket hands it out first, when the handshake is
    /// done.
    case earlyData(Range<Int>)
    /// The handshake is done.
    case established
    /// Somebody else has to decide something first.
    case wants(SecurityOperation)
    /// The peer announced its end, in a way that nobody else could have.
    case peerClosed
}

/// Something a context cannot decide by itself: a verification by the application, a signature made elsewhere.
public struct SecurityOperation: Sendable {
    /// Gives the answer, from any thread, at any time; the first answer counts.
    public typealias Reply = @Sendable (any Sendable) -> Void

    let start: @Sendable (@escaping Reply) -> Void

    /// `start` is called once, without any lock held; it may answer at once or keep the reply for later.
    public init(_ start: @escaping @Sendable (_ reply: @escaping Reply) -> Void) { self.start = start }
}

// What a package of one's own needs of the receive buffer, whose other ways in belong to the record layer.
extension ReceiveBuffer {
    /// The octets that have not been processed yet.
    public var unreadBytes: Span<UInt8> {
        @_lifetime(borrow self)
        get { bytes(in: unreadRange) }
    }

    /// Takes the first `count` unread octets, lets `body` change them in place, and says where they are.
    ///
    /// - Precondition: `count` is 0...``unread``.
    /// - Important: The range is valid until the buffer is filled again.
    public mutating func take<Failure: Error>(
        _ count: Int, _ body: (inout MutableSpan<UInt8>) throws(Failure) -> Void
    ) throws(Failure) -> Range<Int> {
        let range = unreadRange.lowerBound..<unreadRange.lowerBound + count
        consume(count)
        var bytes = mutableBytes(in: range)
        try body(&bytes)
        return range
    }

    /// Takes the first `count` unread octets as they are and says where they are.
    ///
    /// - Precondition: `count` is 0...``unread``.
    /// - Important: The range is valid until the buffer is filled again.
    public mutating func take(_ count: Int) -> Range<Int> {
        let range = unreadRange.lowerBound..<unreadRange.lowerBound + count
        consume(count)
        return range
    }
}
