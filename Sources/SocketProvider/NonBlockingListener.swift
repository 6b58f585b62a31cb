// NonBlockingListener.swift — accepting without waiting: for event loops of one's own.
// For poll(2), epoll(7) or anything else that watches descriptors.
// Next: AsynchronousListener.swift.

/// A ``ListeningSocket`` for event loops.
///
/// Nothing happens behind the loop's back: no task, no thread. ``accept()`` hands a connection out as soon as it is there;
/// its handshake is the loop's to go on with, through ``NonBlockingSocket/handshake()``, so that one connection never
/// waits for another. The limits of the options hold here too.
public struct NonBlockingListener: Sendable {
    /// The listener behind this front.
    public let listener: ListeningSocket

    /// Takes the next connection, or says that none is there.
    ///
    /// - Throws: ``SocketError/resourceExhausted(_:)`` when this machine has no descriptor for it: wait a while before the
    ///   next attempt, because the listener's descriptor stays readable. ``SocketError/closed``,
    ///   ``SocketError/notListening``.
    public func accept() throws(SocketError) -> Attempt<SecureSocket> {
        switch try listener.engine.take() {
        case .socket(let socket): return .done(socket)
        case .wait(let wait): return .wouldBlock(wait.readiness)
        case .exhausted(let error, _): throw error
        }
    }

    /// What to watch, for `.read`; nil without an address and after closing.
    public var fileDescriptor: Int32? { listener.handle?.descriptor.number }
}

extension ListeningSocket {
    /// The listener for event loops: calls return at once.
    public var nonBlocking: NonBlockingListener { NonBlockingListener(listener: self) }
}
