// SecureSocket.swift — a socket of a configured provider: state, options, information.
// The counterpart of a WinSock SOCKET made with WSASocket.
// Next: SecureSocket+Blocking.swift.

import Synchronization
public import TLS

/// Where a socket is in its life.
public enum SocketState: Sendable, Equatable {
    /// Made, and open to options.
    case unconnected
    /// Looking up, connecting or shaking hands.
    case connecting
    /// Data can be sent and received.
    case open
    /// A failure ended it.
    case failed(SocketError)
    /// Its owner ended it.
    case closed
}

/// What is known about a connection.
public struct SocketInformation: Sendable {
    /// The descriptor of the provider in use; nil until TCP is connected.
    public let provider: ProviderDescriptor?
    /// The address of this end; nil until TCP is connected.
    public let localAddress: SocketAddress?
    /// The address of the peer; nil until TCP is connected.
    public let peerAddress: SocketAddress?
    /// The addresses that were tried in vain before, in order.
    public let failedAttempts: [FailedAttempt]
    /// What the security package tells; nil before its handshake began.
    public let security: (any SecurityInformation)?
}

/// A stream socket with a security package inside.
///
/// The methods of this class block. ``nonBlocking`` and ``asynchronous`` are two other ways to use the same socket. All
/// three take the same steps of the same core; they differ in how they wait. Options are accepted until the socket starts
/// to connect. A socket that failed stays failed and throws the same error again.
///
/// **Threads.** Any method may be called from any thread. One thread or task may receive while another sends: a short
/// lock guards each step and none is held while waiting. There is one reader and one writer at a time; a second one gets
/// ``SocketError/operationInProgress(_:)``. Closing wakes both.
///
/// **End of data.** A receive of nothing means that the peer has ended and that the security package has proved it. A
/// connection that was cut off throws ``SocketError/truncated(_:)`` instead.
///
/// A socket that is let go without ``close()`` is closed without a farewell: the peer then knows that something is
/// missing.
public final class SecureSocket: Sendable {
    let core: Mutex<SocketCore>
    let mailboxSource: ReadinessSource

    init(_ configured: ConfiguredProvider) {
        let source = ReadinessSource()
        mailboxSource = source
        core = Mutex(SocketCore(configured, mailboxSource: source))
    }

    /// A connection that a listener took; its handshake has yet to begin.
    init(_ handle: SocketHandle, from peer: SocketAddress, _ server: ConfiguredServer) {
        let source = ReadinessSource()
        mailboxSource = source
        core = Mutex(SocketCore(handle, from: peer, server, mailboxSource: source))
    }

    /// The selected provider.
    public var provider: Provider { core.withLock { $0.role.provider } }

    /// The options in force, its timeouts included. Of an accepted socket, those that clients have too; all of them are
    /// in ``serverOptions``.
    public var options: ClientOptions {
        core.withLock { core in
            var options =
                switch core.role {
                case .client(let configured): configured.options
                case .server(let configured): configured.options.shared
                }
            options.timeouts = core.timeouts
            return options
        }
    }

    /// The options that an accepted socket has from its listener; nil at a client.
    public var serverOptions: ServerOptions? {
        core.withLock { core in
            guard case .server(let configured) = core.role else { return nil }
            var options = configured.options
            options.timeouts = core.timeouts
            return options
        }
    }

    /// Where the socket is in its life.
    public var state: SocketState {
        core.withLock { core in
            switch core.phase {
            case .unconnected: .unconnected
            case .resolving, .connecting, .handshaking: .connecting
            case .open: .open
            case .failed(let error): .failed(error)
            case .closed: .closed
            }
        }
    }

    /// Takes new options, as long as none has taken effect: before connecting.
    ///
    /// - Throws: ``SocketError/optionTooLate(_:)`` afterwards, and what ``Provider/configure(_:)`` throws.
    public func configure(_ options: ClientOptions) throws(SocketError) {
        let provider = try checkUnconnected()
        // Reading trust takes its time, so it is done without the lock and the state is looked at again.
        let configured = try provider.configure(options)
        try core.withLock { core throws(SocketError) in
            guard case .unconnected = core.phase else { throw .optionTooLate("options") }
            core.role = .client(configured)
            core.timeouts = options.timeouts
        }
    }

    private func checkUnconnected() throws(SocketError) -> Provider {
        try core.withLock { core throws(SocketError) in
            guard case .unconnected = core.phase else { throw .optionTooLate("options") }
            return core.role.provider
        }
    }

    /// Takes new timeouts. They hold for operations that start later.
    ///
    /// - Throws: ``SocketError/optionTooLate(_:)`` when the connect or the handshake timeout is changed after connecting
    ///   began, ``SocketError/invalidOption(name:reason:)`` for a negative one.
    public func setTimeouts(_ timeouts: Timeouts) throws(SocketError) {
        try timeouts.validate()
        try core.withLock { core throws(SocketError) in
            if case .unconnected = core.phase {
                core.timeouts = timeouts
                return
            }
            guard timeouts.connect == core.timeouts.connect else { throw .optionTooLate("timeouts.connect") }
            guard timeouts.handshake == core.timeouts.handshake else { throw .optionTooLate("timeouts.handshake") }
            core.timeouts = timeouts
        }
    }

    /// What is known about the connection. It stays readable after a failure and after closing.
    public var information: SocketInformation {
        core.withLock { core in
            let family = core.peerAddress?.family
            return SocketInformation(
                provider: core.role.provider.descriptors.first { $0.addressFamily == family },
                localAddress: core.localAddress, peerAddress: core.peerAddress,
                failedAttempts: core.attempts.failures,
                security: core.context?.information ?? core.lastInformation)
        }
    }

    /// The number of the open descriptor, for poll and epoll; nil when there is none. It changes while addresses are tried.
    /// The socket owns it: do not read, write or close it.
    public var fileDescriptor: Int32? { core.withLock { $0.handle?.descriptor.number } }

    /// Derives `length` octets that this end and the peer, and nobody else, can derive (RFC 8446 §7.5, RFC 5705 §4).
    /// Before TLS 1.3, no context and an empty one give different octets.
    ///
    /// - Throws: ``SocketError/unsupported(_:)`` when the package cannot; ``SocketError/notConnected`` before the handshake
    ///   is done.
    public func exportKeyingMaterial(
        label: String, context: [UInt8]?, length: Int
    ) throws(SocketError) -> SecretBytes {
        try core.withLock { core throws(SocketError) in
            try core.exportKeyingMaterial(label: label, context: context, length: length)
        }
    }
}

extension SecureSocket {
    /// What binds an application's own authentication, as SCRAM, to this connection: the same at both ends.
    ///
    /// - Throws: ``SocketError/unsupported(_:)`` when the package has none; ``SocketError/notConnected`` before the
    ///   handshake is done; ``SocketError/security(_:)`` when the connection has nothing of this kind.
    public func channelBinding(_ kind: ChannelBinding) throws(SocketError) -> [UInt8] {
        try core.withLock { core throws(SocketError) in try core.channelBinding(kind) }
    }
}

extension SocketCore {
    func channelBinding(_ kind: ChannelBinding) throws(SocketError) -> [UInt8] {
        try checkOpen()
        switch self.context {
        case .some(let security): return try security.channelBinding(kind)
        case .none: throw .notConnected
        }
    }

    func exportKeyingMaterial(
        label: String, context: [UInt8]?, length: Int
    ) throws(SocketError) -> SecretBytes {
        try checkOpen()
        switch self.context {
        case .some(let security):
            return try security.exportKeyingMaterial(label: label, context: context, length: length)
        case .none:
            throw .notConnected
        }
    }
}

// MARK: - What the fronts share

extension SecureSocket {
    /// Starts an operation that answers later. Its answer is dropped when the socket is gone or no longer waits for it.
    func start(_ operation: SecurityOperation, ticket: UInt64) {
        operation.start { [weak self] answer in
            guard let self else { return }
            let (isExpected, notify) = core.withLock { core in (core.deliver(answer, ticket: ticket), core.notify) }
            guard isExpected else { return }
            mailboxSource.signal(.answer)
            notify?()
        }
    }

    /// Ends the socket at once and wakes everybody who waits for it.
    func abort(_ error: SocketError) {
        core.withLock { $0.abort(error) }
        mailboxSource.signal(.answer)
    }

    /// Ends the handshake of an accepted connection; false when it is over, and the socket no longer the listener's.
    func abortHandshake(_ error: SocketError) -> Bool {
        let isHandshaking = core.withLock { core in
            guard case .handshaking = core.phase else { return false }
            core.abort(error)
            return true
        }
        if isHandshaking { mailboxSource.signal(.answer) }
        return isHandshaking
    }

    /// How long a reader waits before its buffers are given back: an idle connection then holds none.
    static let idleTime = Duration.seconds(1)
}
