// ConnectionAttempts.swift — which address is tried next, and for how long.
// RFC 8305 §4, §5, one attempt at a time.
// Next: SocketCore.swift.

/// An address that was tried in vain.
public struct FailedAttempt: Sendable, Equatable {
    /// The address.
    public let address: SocketAddress
    /// Why it was given up.
    public let error: SocketError
}

/// The addresses of a peer, tried one after another within one deadline.
struct ConnectionAttempts: Sendable {
    /// What is left, the next one last.
    private var remaining: [SocketAddress]
    /// The address being tried, or the one that answered.
    private(set) var current: SocketAddress?
    /// When the current attempt has had its share of the time.
    private(set) var attemptDeadline = Deadline.never
    private(set) var failures: [FailedAttempt] = []
    let deadline: Deadline

    init(addresses: [SocketAddress], deadline: Deadline) {
        remaining = addresses.reversed()
        self.deadline = deadline
    }

    /// An attempt gets at least this much, while there is time at all: a lost SYN is repeated after a second.
    private static let shortestShare = Duration.milliseconds(1500)

    /// The next address, with its share of what is left of the time: an address that does not answer leaves the others
    /// enough. Nil when none is left or the time is up.
    mutating func next(at now: Deadline.Instant) -> SocketAddress? {
        guard !deadline.isPast(at: now), let address = remaining.popLast() else { return nil }
        current = address
        if let left = deadline.remaining(at: now) {
            let share = max(left / (remaining.count + 1), Self.shortestShare)
            attemptDeadline = Deadline(share, from: now).or(deadline)
        }
        return address
    }

    /// Notes why the current attempt failed.
    mutating func fail(_ error: SocketError) {
        if let current { failures.append(FailedAttempt(address: current, error: error)) }
    }
}
