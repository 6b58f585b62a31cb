// Syscalls+Signals.swift — signals as values that a thread waits for, for programs that serve.
// POSIX.1-2017 (sigwait, pthread_sigmask, getpid, kill).
// Next: Syscalls+Files.swift.

import Glibc

/// A signal that ends a program, or asks it to read its files again.
package enum SystemSignal: Sendable, CaseIterable {
    /// SIGINT: the user pressed Control-C.
    case interrupt
    /// SIGTERM: somebody asks the program to end.
    case terminate
    /// SIGHUP: by custom, read the configuration again.
    case hangUp

    private var number: Int32 {
        switch self {
        case .interrupt: SIGINT
        case .terminate: SIGTERM
        case .hangUp: SIGHUP
        }
    }

    private static var set: sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for signal in allCases { unsafe sigaddset(&set, signal.number) }
        return set
    }

    /// Keeps these signals from ending the program: they wait for ``next()``. For the calling thread and those it starts
    /// afterwards, so it is called first of all.
    package static func hold() {
        var set = set
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Waits for the next of them.
    package static func next() -> SystemSignal {
        var set = set
        var number: Int32 = 0
        // sigwait fails for a set without valid signals alone, which this is not.
        while true {
            let result = unsafe sigwait(&set, &number)
            if result == 0, let signal = allCases.first(where: { $0.number == number }) { return signal }
        }
    }

    /// Sends the signal to this process.
    package func send() { _ = kill(getpid(), number) }
}
