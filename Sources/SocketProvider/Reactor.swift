// Reactor.swift — one thread that waits for all sockets of asynchronous callers.
// Linux epoll(7).
// Next: NameResolution.swift.

import Synchronization

/// Waits with epoll on behalf of every asynchronous call, and keeps their deadlines.
///
/// The thread only marks sources as ready and resumes tasks; it never touches data, and no lock is held by two sockets in
/// common while bytes move. It starts with the first asynchronous call and lives as long as the process.
final class Reactor: Sendable {
    private struct Timer {
        let instant: Deadline.Instant
        let source: ReadinessSource
    }

    private struct State {
        var sources: [UInt64: ReadinessSource] = [:]
        var lastKey: UInt64 = Reactor.wakeUpKey
        /// A heap, the earliest first. A source has one entry that counts; entries it replaced are dropped when they come up.
        var timers = BinaryHeap<Timer> { $0.instant < $1.instant }
    }

    private static let wakeUpKey: UInt64 = 0
    private static let current = Mutex<Reactor?>(nil)

    private let epoll: EpollDescriptor
    private let wakeUp: EventDescriptor
    private let state = Mutex(State())

    /// The reactor of this process.
    static func shared() throws(Errno) -> Reactor {
        try current.withLock { current throws(Errno) in
            if let reactor = current { return reactor }
            let reactor = try Reactor()
            try SystemThread.start { reactor.run() }
            current = reactor
            return reactor
        }
    }

    private init() throws(Errno) {
        let epoll = try EpollDescriptor()
        let wakeUp = try EventDescriptor()
        try epoll.add(wakeUp, key: Reactor.wakeUpKey)
        self.epoll = epoll
        self.wakeUp = wakeUp
    }

    /// Reports every edge of `descriptor` to `source` until ``forget(_:)``; answers the key for that.
    func watch(_ descriptor: borrowing Descriptor, for source: ReadinessSource) throws(Errno) -> UInt64 {
        let key = state.withLock { state -> UInt64 in
            state.lastKey += 1
            state.sources[state.lastKey] = source
            return state.lastKey
        }
        do throws(Errno) {
            try epoll.add(descriptor, key: key)
        } catch {
            forget(key)
            throw error
        }
        return key
    }

    /// Ends the reports; epoll itself forgets a descriptor when it is closed.
    func forget(_ key: UInt64) {
        state.withLock { _ = $0.sources.removeValue(forKey: key) }
    }

    /// Has epoll forget a number that is about to be closed while its file stays open under another.
    func forgetCopy(_ descriptor: borrowing Descriptor) { epoll.remove(descriptor) }

    /// Looks at the deadlines of `source` at `deadline`.
    func arm(_ source: ReadinessSource, at deadline: Deadline) {
        guard let instant = deadline.instant else { return }
        let isEarliest = state.withLock { state -> Bool in
            let earliest = state.timers.first?.instant
            state.timers.insert(Timer(instant: instant, source: source))
            return earliest.map { instant < $0 } ?? true
        }
        if isEarliest { wakeUp.signal() }
    }

    private func run() {
        while true {
            let next = state.withLock { Deadline(instant: $0.timers.first?.instant) }
            // epoll_wait on valid descriptors fails with EINTR alone, which is no event.
            let events = (try? epoll.wait(until: next)) ?? []
            for event in events {
                if event.key == Reactor.wakeUpKey {
                    wakeUp.reset()
                } else {
                    state.withLock { $0.sources[event.key] }?.signal(event.readiness)
                }
            }
            expireTimers()
        }
    }

    private func expireTimers() {
        let now = Deadline.Instant.now
        // Each round takes one due entry out; entries put back are in the future.
        while let timer = state.withLock({ state -> Timer? in
            guard let first = state.timers.first, first.instant <= now else { return nil }
            return state.timers.removeFirst()
        }) {
            if let next = timer.source.expire(timer.instant, at: now).instant {
                state.withLock { $0.timers.insert(Timer(instant: next, source: timer.source)) }
            }
        }
    }
}
