// Deadline.swift — the moment at which a wait ends.
// Monotonic: a clock that is set does not lengthen or shorten a wait.
// Next: Readiness.swift.

/// A moment on the monotonic clock, or never.
package struct Deadline: Sendable, Equatable {
    package typealias Instant = ContinuousClock.Instant

    package let instant: Instant?

    package static let never = Deadline(instant: nil)

    package init(instant: Instant?) { self.instant = instant }

    /// `duration` from `start`; never when there is no duration.
    package init(_ duration: Duration?, from start: Instant) {
        instant = duration.map { start.advanced(by: $0) }
    }

    package func isPast(at now: Instant = .now) -> Bool {
        guard let instant else { return false }
        return now >= instant
    }

    /// The earlier of two.
    package func or(_ other: Deadline) -> Deadline {
        guard let mine = instant else { return other }
        guard let theirs = other.instant else { return self }
        return Deadline(instant: min(mine, theirs))
    }

    /// What is left; nil when the deadline is never.
    package func remaining(at now: Instant = .now) -> Duration? {
        instant.map { max(.zero, now.duration(to: $0)) }
    }

    /// Milliseconds for poll and epoll_wait, rounded up so that a wait never ends early; -1 is for ever.
    package func pollTimeout(at now: Instant = .now) -> Int32 {
        guard let remaining = remaining(at: now) else { return -1 }
        let (seconds, attoseconds) = remaining.components
        // A day at a time: the caller waits again when the deadline is further away.
        if seconds >= 86_400 { return 86_400_000 }
        let milliseconds = seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Int32(milliseconds)
    }
}
