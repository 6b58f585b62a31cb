// SecureSocket+Blocking.swift — the blocking front: every call returns when it is done or its time is up.
// POSIX poll(2).
// Next: NonBlockingSocket.swift.

import Synchronization

extension SecureSocket {
    /// Connects: looks the name up, connects TCP to its addresses in turn until one answers, and shakes hands.
    ///
    /// A literal address in `.name` is used as it is. When the socket has no peer name set, the name given here, or else
    /// the address connected to, is what the peer has to prove.
    ///
    /// - Throws: ``SocketError``: a failure of the network or of the security package, which ends the socket, or
    ///   ``SocketError/alreadyConnected``.
    public func connect(to endpoint: Endpoint) throws(SocketError) { try connect(to: endpoint, earlyData: []) }

    /// Connects, with data that may go out before the server has answered (0-RTT, RFC 8446 §2.3).
    ///
    /// It goes out early when a session is at hand whose ticket allows so much; otherwise, and when the server does not take
    /// it, it is the first that is sent after the handshake. `information.tls?.earlyData` tells; when it says `rejected`,
    /// the data was not sent, because it was made for another application protocol than was agreed on.
    ///
    /// - Important: Early data can be replayed: whoever records it can make the server see it again, before it knows that it
    ///   has seen it. Give only what does no harm then, as a request that changes nothing (RFC 8446 §8, App. E.5).
    /// - Throws: As ``connect(to:)``, and ``SocketError/unsupported(_:)`` when the package has no early data.
    public func connect(to endpoint: Endpoint, earlyData: [UInt8]) throws(SocketError) {
        try core.withLock { core throws(SocketError) in
            try core.beginConnecting(to: endpoint, earlyData: earlyData, at: .now)
        }
        try drive(until: .never, .connect) { _ throws(SocketError) in
            try core.withLock { core throws(SocketError) in try core.connect(at: .now) }
        }
    }

    /// Finishes the handshake of a connection that ``NonBlockingListener/accept()`` took; returns at once when it is done.
    ///
    /// - Throws: ``SocketError``, which ends the socket.
    public func handshake() throws(SocketError) {
        try drive(until: .never, .handshake) { _ throws(SocketError) in
            try core.withLock { core throws(SocketError) in try core.connect(at: .now) }
        }
    }

    /// Receives at least one octet into `bytes` and answers how many; 0 only when the peer has ended properly.
    ///
    /// - Throws: ``SocketError/truncated(_:)`` when the data was cut off; ``SocketError/timedOut(_:)`` when the read timeout
    ///   passed, after which it can be tried again; any other failure ends the socket.
    public func receive(into bytes: inout MutableSpan<UInt8>) throws(SocketError) -> Int {
        let deadline = deadline(\.read)
        return try drive(until: deadline, .receive) { isResuming throws(SocketError) in
            try core.withLock { core throws(SocketError) in
                try core.receive(into: &bytes, resuming: isResuming, at: .now)
            }
        }
    }

    /// Receives 1...`limit` octets; none only when the peer has ended properly.
    ///
    /// - Throws: As ``receive(into:)-(MutableSpan<UInt8>)``.
    public func receive(upTo limit: Int) throws(SocketError) -> [UInt8] {
        guard limit > 0 else { throw .invalidArgument("a receive needs room for an octet") }
        let deadline = deadline(\.read)
        // Room is made when there is something to put into it: an idle connection holds none.
        let available = try drive(until: deadline, .receive) { isResuming throws(SocketError) in
            try core.withLock { core throws(SocketError) in try core.awaitData(resuming: isResuming, at: .now) }
        }
        guard available > 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: min(limit, available))
        let count: Int
        do {
            var span = bytes.mutableSpan
            count = try receive(into: &span)
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// Sends all of `bytes`: returns when the kernel has the last of them.
    ///
    /// Like any send on a stream, it waits for a peer that does not read. Two ends that both send more than the network
    /// holds need somebody who receives at the same time: another thread, or one of the other fronts.
    ///
    /// - Throws: ``SocketError``. A write timeout ends the socket, because part of the data may have gone out.
    public func send(_ bytes: Span<UInt8>) throws(SocketError) {
        var offset = 0
        let deadline = deadline(\.write)
        try drive(until: deadline, .send) { isResuming throws(SocketError) in
            try core.withLock { core throws(SocketError) in
                try core.send(bytes, from: &offset, resuming: isResuming, at: .now)
            }
        }
    }

    /// Sends all of `bytes`.
    ///
    /// - Throws: As ``send(_:)-(Span<UInt8>)``.
    public func send(_ bytes: [UInt8]) throws(SocketError) { try send(bytes.span) }

    /// Ends the sending direction: the package's farewell (for TLS, close_notify), then FIN. Receiving goes on.
    ///
    /// - Throws: ``SocketError``. Doing it twice is fine.
    public func closeSending() throws(SocketError) {
        try drive(until: deadline(\.write), .send) { _ throws(SocketError) in
            try core.withLock { core throws(SocketError) in try core.closeSending(at: .now) }
        }
    }

    /// Renews the sending key, and asks the peer to renew its own when `requestPeer` says so (RFC 8446 §4.6.3).
    ///
    /// - Throws: ``SocketError/unsupported(_:)`` when the package cannot, or TLS 1.2 was agreed on: the connection goes on.
    public func updateKeys(requestPeer: Bool = true) throws(SocketError) {
        let deadline = deadline(\.write)
        try drive(until: deadline, .send) { isResuming throws(SocketError) in
            try core.withLock { core throws(SocketError) in
                isResuming
                    ? try core.flushOutput(at: .now) : try core.updateKeys(requestPeer: requestPeer, at: .now)
            }
        }
    }

    /// Closes the socket: the package's farewell, FIN, and the descriptor. Takes at most the close timeout, never fails,
    /// and wakes threads and tasks that wait on the socket; they get ``SocketError/closed``.
    public func close() {
        core.withLock { $0.close(at: .now) }
        mailboxSource.signal(.answer)
        takeLeave()
    }
}

// MARK: - Waiting

extension SecureSocket {
    func deadline(_ timeout: any KeyPath<Timeouts, Duration?> & Sendable) -> Deadline {
        Deadline(core.withLock { $0.timeouts[keyPath: timeout] }, from: .now)
    }

    /// Takes a step again and again, waiting in between, until it is done or the deadline is past.
    private func drive<Value: Sendable>(
        until deadline: Deadline, _ phase: SocketError.Phase,
        _ step: (_ isResuming: Bool) throws(SocketError) -> Step<Value>
    ) throws(SocketError) -> Value {
        var isResuming = false
        while true {
            do throws(SocketError) {
                switch try step(isResuming) {
                case .done(let value): return value
                case .perform(let operation, let ticket): start(operation, ticket: ticket)
                case .wait(let wait): try block(wait, until: deadline, phase)
                }
            } catch {
                // Whoever closed the socket takes leave himself.
                if error != .closed { takeLeave() }
                throw error
            }
            isResuming = true
        }
    }

    /// Waits until the step can be taken again.
    private func block(_ wait: Wait, until deadline: Deadline, _ phase: SocketError.Phase) throws(SocketError) {
        let end = wait.deadline.or(deadline)
        do throws(Errno) {
            // A reader that waits for long lets its buffers go first.
            let idle = phase == .receive ? Deadline(Self.idleTime, from: .now) : .never
            if try wait.block(until: end.or(idle)) { return }
            if !end.isPast() {
                core.withLock { $0.releaseIdleMemory() }
                if try wait.block(until: end) { return }
            }
        } catch {
            throw core.withLock { $0.fail(SocketError(error, during: phase), at: .now) }
        }
        // What the step set as its own deadline, the step judges itself.
        if deadline.isPast() { throw core.withLock { $0.giveUp(phase, .timedOut(phase), at: .now) } }
    }

    /// Gets the last octets out and closes the descriptor, when the socket has ended.
    private func takeLeave() {
        while case .wait(let wait) = core.withLock({ $0.farewell(at: .now) }) {
            guard (try? wait.block(until: wait.deadline)) != nil else { break }
        }
    }
}

extension SocketCore {
    /// Ends an operation that its caller no longer waits for. A receive loses nothing by it; a send has gone out in part.
    mutating func giveUp(
        _ operation: SocketError.Phase, _ error: SocketError, at now: Deadline.Instant
    ) -> SocketError {
        if operation == .receive {
            isReceiving = false
            return error
        }
        return fail(error, at: now)
    }
}
