// NonBlockingSocket.swift — the non-blocking front: every call returns at once and says what to wait for.
// For event loops of one's own over poll(2), epoll(7) or anything else that watches descriptors.
// Next: AsynchronousSocket.swift.

import Synchronization
import TLS

/// What a call that never waits came to.
public enum Attempt<Value: Sendable>: Sendable {
    case done(Value)
    /// Call again when one of these holds.
    case wouldBlock(Readiness)
}

extension Attempt: Equatable where Value: Equatable {}

/// A ``SecureSocket`` for event loops.
///
/// Wait for ``fileDescriptor`` with poll or epoll (level- or edge-triggered: each call tries until the kernel says it would
/// block), for ``setNotificationHandler(_:)`` when `.answer` is asked for, and at most for ``timeUntilDeadline``; then call
/// again. The read and write timeouts of the options are for the other fronts; those of connect, handshake and close hold.
public struct NonBlockingSocket: Sendable {
    /// The socket behind this front.
    public let socket: SecureSocket

    /// Starts to connect and goes on as far as it can; ``continueConnecting()`` goes on from there.
    ///
    /// - Throws: As ``SecureSocket/connect(to:)``.
    public func connect(to endpoint: Endpoint) throws(SocketError) -> Attempt<Void> {
        try connect(to: endpoint, earlyData: [])
    }

    /// Starts to connect with early data, as ``SecureSocket/connect(to:earlyData:)``.
    public func connect(to endpoint: Endpoint, earlyData: [UInt8]) throws(SocketError) -> Attempt<Void> {
        try socket.core.withLock { core throws(SocketError) in
            try core.beginConnecting(to: endpoint, earlyData: earlyData, at: .now)
        }
        return try continueConnecting()
    }

    /// Goes on connecting. The file descriptor may be another one afterwards.
    public func continueConnecting() throws(SocketError) -> Attempt<Void> {
        try attempt { core throws(SocketError) in try core.connect(at: .now) }
    }

    /// Goes on with the handshake of a connection that ``NonBlockingListener/accept()`` took; call again until done.
    ///
    /// - Throws: As ``SecureSocket/handshake()``.
    public func handshake() throws(SocketError) -> Attempt<Void> {
        try attempt { core throws(SocketError) in try core.connect(at: .now) }
    }

    /// Receives what is there: at least one octet when done, 0 only when the peer has ended properly.
    ///
    /// - Throws: As ``SecureSocket/receive(into:)``.
    public func receive(into bytes: inout MutableSpan<UInt8>) throws(SocketError) -> Attempt<Int> {
        try attempt { core throws(SocketError) in
            let step = try core.receive(into: &bytes, resuming: false, at: .now)
            core.isReceiving = false
            return step
        }
    }

    /// Takes as much of `bytes` as it can and answers how many octets; at least one of a non-empty `bytes` when done.
    ///
    /// What was taken is protected but perhaps not all in the kernel's hands: see ``pendingOutput``.
    public func send(_ bytes: Span<UInt8>) throws(SocketError) -> Attempt<Int> {
        try attempt { core throws(SocketError) in
            var taken = 0
            let step = try core.send(bytes, from: &taken, resuming: false, at: .now)
            core.isSending = false
            switch step {
            case .done: return .done(taken)
            case .wait where taken > 0: return .done(taken)
            case .wait(let wait): return .wait(wait)
            case .perform(let operation, let ticket): return .perform(operation, ticket: ticket)
            }
        }
    }

    /// Octets that were protected and that the kernel has not taken yet. Any call goes on handing them over;
    /// ``flush()`` does nothing else.
    public var pendingOutput: Int { socket.core.withLock { $0.output.pendingCount } }

    /// Hands pending output to the kernel; done when none is left.
    public func flush() throws(SocketError) -> Attempt<Void> {
        try attempt { core throws(SocketError) in try core.flushOutput(at: .now) }
    }

    /// Ends the sending direction; call again until done. As ``SecureSocket/closeSending()``.
    public func closeSending() throws(SocketError) -> Attempt<Void> {
        try attempt { core throws(SocketError) in try core.closeSending(at: .now) }
    }

    /// Renews the sending key, as ``SecureSocket/updateKeys(requestPeer:)``. When this would block, the request is in the
    /// output already: go on with ``flush()``.
    public func updateKeys(requestPeer: Bool = true) throws(SocketError) -> Attempt<Void> {
        try attempt { core throws(SocketError) in try core.updateKeys(requestPeer: requestPeer, at: .now) }
    }

    /// Closes; call again until done, or let the socket go to give up on what is pending.
    public func close() -> Attempt<Void> {
        let step = socket.core.withLock { core in
            core.close(at: .now)
            return core.farewell(at: .now)
        }
        socket.mailboxSource.signal(.answer)
        if case .wait(let wait) = step { return .wouldBlock(wait.readiness) }
        return .done(())
    }

    /// What to watch; nil when there is nothing to watch yet, or any more.
    public var fileDescriptor: Int32? { socket.fileDescriptor }

    /// How long the loop may sleep before it has to call again: what is left of the connect, handshake or close timeout.
    /// Nil when nothing is running out.
    public var timeUntilDeadline: Duration? {
        socket.core.withLock { $0.nextDeadline.remaining() }
    }

    /// Sets what is called, from any thread and without locks, when an `.answer` has come: wake the loop there. Nil removes
    /// it.
    public func setNotificationHandler(_ handler: (@Sendable () -> Void)?) {
        socket.core.withLock { $0.notify = handler }
    }

    private func attempt<Value: Sendable>(
        _ step: (inout SocketCore) throws(SocketError) -> Step<Value>
    ) throws(SocketError) -> Attempt<Value> {
        // Each round starts an operation; a handshake asks for few.
        while true {
            do throws(SocketError) {
                let outcome = try socket.core.withLock { core throws(SocketError) in try step(&core) }
                switch outcome {
                case .done(let value): return .done(value)
                case .wait(let wait): return .wouldBlock(wait.readiness)
                case .perform(let operation, let ticket): socket.start(operation, ticket: ticket)
                }
            } catch {
                // One try to get the alert out; `close` goes on with it.
                _ = socket.core.withLock { $0.farewell(at: .now) }
                throw error
            }
        }
    }
}

extension SecureSocket {
    /// The socket for event loops: calls return at once.
    public var nonBlocking: NonBlockingSocket { NonBlockingSocket(socket: self) }
}

extension SocketCore {
    /// When the core wants to be called again at the latest.
    var nextDeadline: Deadline {
        switch phase {
        case .resolving: connectDeadline
        case .connecting: attempts.attemptDeadline.or(connectDeadline)
        case .handshaking: handshakeDeadline
        case .failed, .closed: handle == nil ? .never : farewellDeadline
        case .unconnected, .open: .never
        }
    }
}
