// SocketHandle.swift — one open socket descriptor, shared by those who wait on it.
// Next: SocketCore.swift.

import Synchronization

/// A descriptor that stays open for as long as anybody holds it: nobody who waits in poll or epoll can find that its
/// number was closed and given to another file.
final class SocketHandle: Sendable {
    let descriptor: Descriptor
    let source = ReadinessSource()
    /// Whether somebody else has the same open file under a number of its own.
    private let isCopy: Bool
    private let registration = Mutex<(reactor: Reactor, key: UInt64)?>(nil)

    init(_ descriptor: consuming Descriptor, isCopy: Bool = false) {
        self.descriptor = descriptor
        self.isCopy = isCopy
    }

    deinit {
        guard let (reactor, key) = registration.withLock({ $0 }) else { return }
        if isCopy { reactor.forgetCopy(descriptor) }
        reactor.forget(key)
    }

    /// Has `reactor` report to ``source``; once is enough, more does no harm.
    func register(with reactor: Reactor) throws(Errno) {
        try registration.withLock { registration throws(Errno) in
            guard registration == nil else { return }
            registration = (reactor, try reactor.watch(descriptor, for: source))
        }
    }
}
