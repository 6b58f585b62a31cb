// ReadinessSource.swift — who waits for a socket, and what it is ready for.
// Linux epoll(7), "edge-triggered": an edge is told once, so it has to be remembered here.
// Next: Reactor.swift.

import Synchronization

/// How a wait ended.
enum WaitOutcome: Sendable {
    case ready
    case timedOut
    case cancelled
}

/// Remembers what a descriptor, or a mailbox, is ready for, and resumes those who wait for it.
///
/// Readiness is set by edges and cleared only by somebody who tried and was told "would block". So that an edge between
/// the attempt and the clearing is not lost, an attempt is tagged with the `tick` before it, and clears nothing when an
/// edge has come since.
final class ReadinessSource: Sendable {
    private struct Waiter {
        let id: UInt64
        let interest: Readiness
        let deadline: Deadline
        let resume: @Sendable (WaitOutcome) -> Void
    }

    private struct State {
        var ready: Readiness = []
        var waiters: [Waiter] = []
        /// When the reactor looks at the deadlines of this source next.
        var timer = Deadline.never
    }

    private let state = Mutex(State())
    private let edges = Atomic<UInt64>(0)
    private static let nextWaiter = Atomic<UInt64>(0)

    /// Counts the edges so far: read it before an attempt.
    var tick: UInt64 { edges.load(ordering: .acquiring) }

    /// A name for one wait, so that it can be cancelled before it began.
    static func newWaiter() -> UInt64 { nextWaiter.add(1, ordering: .relaxed).newValue }

    /// Notes an edge and resumes everybody who waits for it.
    func signal(_ readiness: Readiness) {
        let resumed = state.withLock { state -> [Waiter] in
            edges.add(1, ordering: .acquiringAndReleasing)
            state.ready.formUnion(readiness)
            let resumed = state.waiters.filter { !$0.interest.isDisjoint(with: readiness) }
            if !resumed.isEmpty { state.waiters.removeAll { !$0.interest.isDisjoint(with: readiness) } }
            return resumed
        }
        for waiter in resumed { waiter.resume(.ready) }
    }

    /// What ``park(_:for:since:until:isCancelled:resume:)`` asks of its caller.
    enum Parked: Sendable, Equatable {
        /// `resume` was called or will be; nothing more to do.
        case done
        /// The reactor has to look at this source when the deadline comes.
        case needsTimer
    }

    /// Resumes at once when an edge came after `tick`, else when the next one comes, the wait is cancelled, or its
    /// deadline is found to be past.
    func park(
        _ id: UInt64, for interest: Readiness, since tick: UInt64, until deadline: Deadline,
        isCancelled: () -> Bool = { false }, resume: @escaping @Sendable (WaitOutcome) -> Void
    ) -> Parked {
        let (outcome, parked) = state.withLock { state -> (WaitOutcome?, Parked) in
            if edges.load(ordering: .acquiring) == tick { state.ready.subtract(interest) }
            if !state.ready.isDisjoint(with: interest) { return (.ready, .done) }
            if isCancelled() { return (.cancelled, .done) }
            state.waiters.append(Waiter(id: id, interest: interest, deadline: deadline, resume: resume))
            let earlier = state.timer.or(deadline)
            guard earlier != state.timer else { return (nil, .done) }
            state.timer = earlier
            return (nil, .needsTimer)
        }
        if let outcome { resume(outcome) }
        return parked
    }

    /// Ends one wait; nothing happens when it is over already.
    func cancel(_ id: UInt64, outcome: WaitOutcome = .cancelled) {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            return state.waiters.remove(at: index)
        }
        waiter?.resume(outcome)
    }

    /// Ends the waits whose deadline is past, when `timer` is the one that counts; answers when to look again.
    func expire(_ timer: Deadline.Instant, at now: Deadline.Instant) -> Deadline {
        let (expired, next) = state.withLock { state -> ([Waiter], Deadline) in
            // An earlier timer has taken this one's place, and looked after everybody since.
            guard state.timer.instant == timer else { return ([], .never) }
            let expired = state.waiters.filter { $0.deadline.isPast(at: now) }
            state.waiters.removeAll { $0.deadline.isPast(at: now) }
            state.timer = state.waiters.reduce(.never) { $0.or($1.deadline) }
            return (expired, state.timer)
        }
        for waiter in expired { waiter.resume(.timedOut) }
        return next
    }
}
