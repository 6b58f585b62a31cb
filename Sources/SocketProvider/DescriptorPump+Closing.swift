// DescriptorPump+Closing.swift — the program closes its end: who is told, and how long the rest may take.
// Linux unix(7), epoll(7).
// Next: UnfinishedPumps.swift.

import Synchronization

extension DescriptorPump {
    /// Closes the program's number. In the process that made the pump that ends the connection, after what was written,
    /// whoever else has a copy.
    package func close() {
        program.close()
        // Who calls this need not be told.
        state.withLock { $0.onClose = nil }
        if isOwn { abandon() }
    }

    /// Calls `body` when the program has closed its end without ``close()``, and nobody has a copy, while data still moves
    /// or has yet to.
    package func onClose(_ body: @escaping @Sendable () -> Void) {
        let isAbandoned = state.withLock { state in
            if !state.isAbandoned { state.onClose = body }
            return state.isAbandoned
        }
        if isAbandoned { body() }
    }

    func watch(_ source: ReadinessSource, since tick: UInt64) {
        _ = source.park(ReadinessSource.newWaiter(), for: .hangUp, since: tick, until: .never) {
            [weak self, weak source] _ in
            guard let self, let source else { return }
            Task {
                let tick = source.tick
                // Both directions can also end before the number is closed.
                if self.isCurrent { self.watch(source, since: tick) } else { self.abandon() }
            }
        }
    }

    private func abandon() {
        let (handle, onClose) = state.withLock { state -> (SocketHandle?, (@Sendable () -> Void)?) in
            guard !state.isAbandoned else { return (nil, nil) }
            state.isAbandoned = true
            defer { state.onClose = nil }
            return (state.running > 0 ? state.handle : nil, state.onClose)
        }
        if let handle { linger(handle) }
        onClose?()
    }

    /// Ends the connection when the rest takes too long.
    func linger(_ handle: SocketHandle) {
        let source = handle.source
        let wait = Wait(
            readiness: .answer, deadline: .never, source: source, handle: nil, tick: source.tick)
        let deadline = Deadline(lingerTime, from: .now)
        Task { [weak self] in
            guard (try? await wait.park(until: deadline)) == .timedOut else { return }
            self?.state.withLock { $0.socket }?.abort(.timedOut(.close))
        }
    }
}
