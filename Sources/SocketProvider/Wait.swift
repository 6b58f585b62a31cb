// Wait.swift — what a step waits for, and the two ways to wait for it.
// POSIX poll(2); Linux epoll(7), through Reactor.swift.
// Next: SocketCore.swift.

import Synchronization

/// What a step waits for.
struct Wait: Sendable {
    let readiness: Readiness
    /// When the step has to be taken again even if nothing happened.
    let deadline: Deadline
    /// Remembers the edges.
    let source: ReadinessSource
    /// What to poll; nil when no descriptor shows it.
    let handle: SocketHandle?
    /// The tick of `source` before the step.
    let tick: UInt64
}

extension Wait {
    /// Blocks the thread until an edge comes; false when `deadline` came first.
    func block(until deadline: Deadline) throws(Errno) -> Bool {
        if let handle { return try handle.descriptor.poll(for: readiness, until: deadline) }
        let gate = Gate()
        let id = ReadinessSource.newWaiter()
        _ = source.park(id, for: readiness, since: tick, until: .never) { _ in gate.open() }
        defer { source.cancel(id) }
        return gate.wait(until: deadline)
    }

    /// Suspends the task until an edge comes, `deadline` is past or the task is cancelled.
    func park(until deadline: Deadline) async throws(Errno) -> WaitOutcome {
        let reactor = try Reactor.shared()
        try handle?.register(with: reactor)
        let id = ReadinessSource.newWaiter()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let parked = source.park(
                    id, for: readiness, since: tick, until: deadline, isCancelled: { Task.isCancelled }
                ) { continuation.resume(returning: $0) }
                if parked == .needsTimer { reactor.arm(source, at: deadline) }
            }
        } onCancel: {
            source.cancel(id)
        }
    }
}
