// SocketCore+Upgrade.swift — security for a connection that began without: STARTTLS and its relatives.
// RFC 3207 §4 (SMTP), RFC 4511 §4.14 (LDAP).
// Next: SocketCore+Transfer.swift.

import Synchronization
import TLS

extension ConfiguredProvider {
    /// A socket that goes on with the connection of `plain`, a connected socket of a provider without security: its
    /// handshake has yet to be done, with ``SecureSocket/handshake()`` or that of another front. `plain` is closed
    /// afterwards, without a word to the peer.
    ///
    ///     let plain = try ProviderCatalog.standard.select(scheme: .none).configure().makeSocket()
    ///     try plain.connect(to: .name("mail.example.org", port: 25))
    ///     // … both sides agree to go on with TLS …
    ///     let socket = try configured.makeSocket(over: plain)
    ///     try socket.handshake()
    ///
    /// The peer has to prove ``ClientOptions/peerName``, else the name that `plain` connected to, else its address.
    ///
    /// - Throws: ``SocketError/invalidArgument(_:)`` when `plain` has security already, or holds data that nobody received:
    ///   what came before the handshake must not be taken for something that came after it.
    ///   ``SocketError/notConnected`` when it is not open, ``SocketError/operationInProgress(_:)`` while somebody sends or
    ///   receives on it, and what the package has against the name.
    public func makeSocket(over plain: SecureSocket) throws(SocketError) -> SecureSocket {
        let socket = makeSocket()
        let (handle, address, endpoint) = try plain.core.withLock { core throws(SocketError) in
            try core.handOver(at: .now)
        }
        try socket.core.withLock { core throws(SocketError) in
            try core.takeOver(handle, with: address, endpoint, at: .now)
        }
        return socket
    }
}

extension SocketCore {
    /// Gives the connection away, when nothing of it is in between.
    mutating func handOver(
        at now: Deadline.Instant
    ) throws(SocketError) -> (SocketHandle, SocketAddress, Endpoint?) {
        try checkOpen()
        guard role.provider.descriptors.allSatisfy({ $0.securityScheme == .none }) else {
            throw .invalidArgument("the connection has security already")
        }
        guard !isReceiving else { throw .operationInProgress(.receive) }
        guard !isSending, output.pendingCount == 0 else { throw .operationInProgress(.send) }
        guard case .open = sending else { throw .closedForSending }
        guard plaintext.isEmpty, input.unread == 0, !hasReceivedEnd else {
            throw .invalidArgument("data that came before the handshake has not been received")
        }
        guard let handle, let peerAddress else { throw .notConnected }
        self.handle = nil
        close(at: now)
        return (handle, peerAddress, endpoint)
    }

    /// Begins the handshake on a connection that is there.
    mutating func takeOver(
        _ handle: SocketHandle, with address: SocketAddress, _ endpoint: Endpoint?, at now: Deadline.Instant
    ) throws(SocketError) {
        self.endpoint = endpoint
        install(handle)
        try beginHandshake(with: address, on: handle, at: now)
    }
}
