// AsynchronousSocket.swift — the async/await front: tasks wait, threads do not.
// Linux epoll(7), through Reactor.swift.
// Next: Reactor.swift.

import Synchronization

/// A ``SecureSocket`` for async/await.
///
/// Waiting tasks hold no thread: one reactor thread waits for all of them. No actor is involved; data moves on the task
/// that asked for it. The timeouts of the options hold as in the blocking front.
///
/// **Cancellation.** A cancelled receive throws ``SocketError/cancelled(_:)`` and loses nothing: it can be tried again. A
/// cancelled connect or send ends the socket: part of it has gone out.
public struct AsynchronousSocket: Sendable {
    /// The socket behind this front.
    public let socket: SecureSocket

    /// Connects, as ``SecureSocket/connect(to:)``.
    public func connect(to endpoint: Endpoint) async throws(SocketError) {
        try await connect(to: endpoint, earlyData: [])
    }

    /// Connects with early data, as ``SecureSocket/connect(to:earlyData:)``.
    public func connect(to endpoint: Endpoint, earlyData: [UInt8]) async throws(SocketError) {
        try checkCancellation(.connect)
        try socket.core.withLock { core throws(SocketError) in
            try core.beginConnecting(to: endpoint, earlyData: earlyData, at: .now)
        }
        try await drive(until: .never, .connect) { _ throws(SocketError) in
            try socket.core.withLock { core throws(SocketError) in try core.connect(at: .now) }
        }
    }

    /// Finishes the handshake of a connection that ``NonBlockingListener/accept()`` took, as ``SecureSocket/handshake()``.
    public func handshake() async throws(SocketError) {
        try checkCancellation(.handshake)
        try await drive(until: .never, .handshake) { _ throws(SocketError) in
            try socket.core.withLock { core throws(SocketError) in try core.connect(at: .now) }
        }
    }

    /// Receives at least one octet into `bytes` and answers how many; 0 only when the peer has ended properly.
    ///
    /// - Throws: As ``SecureSocket/receive(into:)``, and ``SocketError/cancelled(_:)``.
    public func receive(into bytes: inout [UInt8]) async throws(SocketError) -> Int {
        try checkCancellation(.receive)
        let deadline = socket.deadline(\.read)
        return try await drive(until: deadline, .receive) { isResuming throws(SocketError) in
            // A span may not live over a wait, so each step takes it anew.
            var span = bytes.mutableSpan
            return try socket.core.withLock { core throws(SocketError) in
                try core.receive(into: &span, resuming: isResuming, at: .now)
            }
        }
    }

    /// Receives 1...`limit` octets; none only when the peer has ended properly.
    ///
    /// - Throws: As ``receive(into:)``.
    public func receive(upTo limit: Int) async throws(SocketError) -> [UInt8] {
        guard limit > 0 else { throw .invalidArgument("a receive needs room for an octet") }
        try checkCancellation(.receive)
        let deadline = socket.deadline(\.read)
        // Room is made when there is something to put into it: an idle connection holds none.
        let available = try await drive(until: deadline, .receive) { isResuming throws(SocketError) in
            try socket.core.withLock { core throws(SocketError) in
                try core.awaitData(resuming: isResuming, at: .now)
            }
        }
        guard available > 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: min(limit, available))
        let count = try await receive(into: &bytes)
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// Sends all of `bytes`: returns when the kernel has the last of them.
    ///
    /// - Throws: As ``SecureSocket/send(_:)-([UInt8])``, and ``SocketError/cancelled(_:)``.
    public func send(_ bytes: [UInt8]) async throws(SocketError) {
        try checkCancellation(.send)
        var offset = 0
        try await drive(until: socket.deadline(\.write), .send) { isResuming throws(SocketError) in
            try socket.core.withLock { core throws(SocketError) in
                try core.send(bytes.span, from: &offset, resuming: isResuming, at: .now)
            }
        }
    }

    /// Ends the sending direction, as ``SecureSocket/closeSending()``.
    public func closeSending() async throws(SocketError) {
        try await drive(until: socket.deadline(\.write), .send) { _ throws(SocketError) in
            try socket.core.withLock { core throws(SocketError) in try core.closeSending(at: .now) }
        }
    }

    /// Renews the sending key, as ``SecureSocket/updateKeys(requestPeer:)``.
    public func updateKeys(requestPeer: Bool = true) async throws(SocketError) {
        try await drive(until: socket.deadline(\.write), .send) { isResuming throws(SocketError) in
            try socket.core.withLock { core throws(SocketError) in
                isResuming
                    ? try core.flushOutput(at: .now) : try core.updateKeys(requestPeer: requestPeer, at: .now)
            }
        }
    }

    /// Closes, as ``SecureSocket/close()``. A cancelled task does not wait for what is pending.
    public func close() async {
        socket.core.withLock { $0.close(at: .now) }
        socket.mailboxSource.signal(.answer)
        await takeLeave()
    }
}

extension SecureSocket {
    /// The socket for async/await.
    public var asynchronous: AsynchronousSocket { AsynchronousSocket(socket: self) }
}

// MARK: - Waiting

extension AsynchronousSocket {
    private func checkCancellation(_ phase: SocketError.Phase) throws(SocketError) {
        if Task.isCancelled { throw .cancelled(phase) }
    }

    /// Takes a step again and again, waiting in between, until it is done, its deadline is past, or the task is cancelled.
    private func drive<Value: Sendable>(
        until deadline: Deadline, _ phase: SocketError.Phase,
        _ step: (_ isResuming: Bool) throws(SocketError) -> Step<Value>
    ) async throws(SocketError) -> Value {
        var isResuming = false
        while true {
            do throws(SocketError) {
                switch try step(isResuming) {
                case .done(let value): return value
                case .perform(let operation, let ticket): socket.start(operation, ticket: ticket)
                case .wait(let wait): try await suspend(wait, until: deadline, phase)
                }
            } catch {
                // Whoever closed the socket takes leave himself.
                if error != .closed { await takeLeave() }
                throw error
            }
            isResuming = true
        }
    }

    /// Waits until the step can be taken again.
    private func suspend(
        _ wait: Wait, until deadline: Deadline, _ phase: SocketError.Phase
    ) async throws(SocketError) {
        let end = wait.deadline.or(deadline)
        // A reader that waits for long lets its buffers go first.
        let idle = phase == .receive ? Deadline(SecureSocket.idleTime, from: .now) : .never
        var outcome = try await park(wait, until: end.or(idle), phase)
        if outcome == .timedOut && !end.isPast() {
            socket.core.withLock { $0.releaseIdleMemory() }
            outcome = try await park(wait, until: end, phase)
        }
        switch outcome {
        case .ready: return
        case .cancelled: throw socket.core.withLock { $0.cancel(phase, at: .now) }
        case .timedOut:
            // What the step set as its own deadline, the step judges itself.
            guard deadline.isPast() else { return }
            throw socket.core.withLock { $0.giveUp(phase, .timedOut(phase), at: .now) }
        }
    }

    private func park(
        _ wait: Wait, until deadline: Deadline, _ phase: SocketError.Phase
    ) async throws(SocketError) -> WaitOutcome {
        do throws(Errno) {
            return try await wait.park(until: deadline)
        } catch {
            throw socket.core.withLock { $0.fail(SocketError(error, during: phase), at: .now) }
        }
    }

    /// Gets the last octets out and closes the descriptor, when the socket has ended.
    private func takeLeave() async {
        while case .wait(let wait) = socket.core.withLock({ $0.farewell(at: .now) }) {
            let outcome = try? await park(wait, until: wait.deadline, .close)
            if outcome == nil || outcome == .cancelled {
                socket.abort(.cancelled(.close))
                return
            }
        }
    }
}

extension SocketCore {
    /// Ends an operation whose task was cancelled.
    mutating func cancel(_ operation: SocketError.Phase, at now: Deadline.Instant) -> SocketError {
        let error = SocketError.cancelled(operation)
        switch operation {
        case .receive: isReceiving = false
        default: abort(error)
        }
        return error
    }
}
