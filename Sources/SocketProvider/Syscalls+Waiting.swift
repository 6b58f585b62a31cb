// Syscalls+Waiting.swift — poll, epoll, event descriptors and threads.
// POSIX.1-2017 (poll, pthread_create, pthread_cond_timedwait); Linux epoll(7), eventfd(2).
// Next: Syscalls+Files.swift.

import CLinux
import Glibc

extension Descriptor {
    /// Waits until the descriptor is ready for one of `interest`, hangs up, or `deadline` is past.
    ///
    /// Signals do not end the wait. Returns false when the deadline came first.
    func poll(for interest: Readiness, until deadline: Deadline) throws(Errno) -> Bool {
        var events = Int16(0)
        if interest.contains(.read) { events |= Int16(POLLIN) }
        if interest.contains(.write) { events |= Int16(POLLOUT) }
        var entry = pollfd(fd: number, events: events, revents: 0)
        while true {
            let count = unsafe Glibc.poll(&entry, 1, deadline.pollTimeout())
            if count > 0 { return true }
            if count == 0 {
                if deadline.isPast() { return false }
                continue  // the longest timeout poll can express is shorter than the deadline
            }
            let failure = Errno.current
            guard failure.code == EINTR else { throw failure }
        }
    }
}

/// A descriptor that other threads make readable: how somebody waiting in poll or epoll is woken.
struct EventDescriptor: ~Copyable, Sendable {
    let descriptor: Descriptor

    init() throws(Errno) {
        descriptor = try Descriptor(eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK)))
    }

    /// Makes the descriptor readable. A counter that is full is readable already.
    func signal() { _ = eventfd_write(descriptor.number, 1) }

    /// Makes it unreadable again.
    func reset() {
        var value: eventfd_t = 0
        _ = unsafe eventfd_read(descriptor.number, &value)
    }
}

/// Where threads wait until another opens it. It takes no descriptor: who waits because there are none left must be
/// able to wait.
@safe
package final class Gate: Sendable {
    @safe
    private struct Parts {
        var lock = unsafe pthread_mutex_t()
        var bell = pthread_cond_t()
        var isOpen = false
    }

    private nonisolated(unsafe) let parts: UnsafeMutablePointer<Parts>

    package init() {
        unsafe parts = .allocate(capacity: 1)
        unsafe parts.initialize(to: Parts())
        unsafe pthread_mutex_init(&parts.pointee.lock, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(&parts.pointee.bell, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(&parts.pointee.bell)
        unsafe pthread_mutex_destroy(&parts.pointee.lock)
        unsafe parts.deallocate()
    }

    /// Lets the threads that wait go on; who comes later need not wait.
    package func open() {
        unsafe pthread_mutex_lock(&parts.pointee.lock)
        unsafe parts.pointee.isOpen = true
        unsafe pthread_cond_broadcast(&parts.pointee.bell)
        unsafe pthread_mutex_unlock(&parts.pointee.lock)
    }

    /// Waits until it is open; false when `deadline` came first.
    package func wait(until deadline: Deadline) -> Bool {
        unsafe pthread_mutex_lock(&parts.pointee.lock)
        defer { unsafe pthread_mutex_unlock(&parts.pointee.lock) }
        // Each round waits, at most for a day.
        while unsafe !parts.pointee.isOpen {
            if deadline.isPast() { return false }
            let milliseconds = Int(deadline.pollTimeout())
            if milliseconds < 0 {
                unsafe pthread_cond_wait(&parts.pointee.bell, &parts.pointee.lock)
            } else {
                var end = timespec()
                unsafe clock_gettime(CLOCK_MONOTONIC, &end)
                let nanoseconds = end.tv_nsec + milliseconds % 1000 * 1_000_000
                end.tv_sec += milliseconds / 1000 + nanoseconds / 1_000_000_000
                end.tv_nsec = nanoseconds % 1_000_000_000
                unsafe pthread_cond_timedwait(&parts.pointee.bell, &parts.pointee.lock, &end)
            }
        }
        return true
    }
}

/// An epoll instance.
struct EpollDescriptor: ~Copyable, Sendable {
    /// What happened on one registration.
    struct Event: Equatable, Sendable {
        let key: UInt64
        let readiness: Readiness
    }

    private let descriptor: Descriptor

    init() throws(Errno) {
        descriptor = try Descriptor(epoll_create1(Int32(EPOLL_CLOEXEC)))
    }

    /// Reports every change of readiness of `target` under `key`, edge by edge, until the descriptor is closed.
    func add(_ target: borrowing Descriptor, key: UInt64) throws(Errno) {
        let interest = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        try add(target.number, key: key, events: interest)
    }

    /// Reports `target` under `key` for as long as it is readable.
    func add(_ target: borrowing EventDescriptor, key: UInt64) throws(Errno) {
        try add(target.descriptor.number, key: key, events: EPOLLIN.rawValue)
    }

    /// Ends the reports. Closing does so alone when no other number stands for the same open file.
    func remove(_ target: borrowing Descriptor) {
        _ = epoll_ctl(descriptor.number, EPOLL_CTL_DEL, target.number, nil)
    }

    private func add(_ number: Int32, key: UInt64, events: UInt32) throws(Errno) {
        var event = unsafe epoll_event()
        unsafe event.events = events
        unsafe event.data.u64 = key
        let result = unsafe epoll_ctl(descriptor.number, EPOLL_CTL_ADD, number, &event)
        guard result == 0 else { throw Errno.current }
    }

    /// Waits for events, at most until `deadline`; none when it came first or a signal arrived.
    func wait(until deadline: Deadline) throws(Errno) -> [Event] {
        var events = unsafe [epoll_event](repeating: epoll_event(), count: 64)
        let count = unsafe events.withUnsafeMutableBufferPointer { room in
            unsafe epoll_wait(descriptor.number, room.baseAddress, Int32(room.count), deadline.pollTimeout())
        }
        if count < 0 {
            let failure = Errno.current
            guard failure.code == EINTR else { throw failure }
            return []
        }
        return unsafe events[..<Int(count)].map { event in
            let bits = unsafe event.events
            var readiness: Readiness = []
            // Errors and hang-ups wake both directions: the call that is tried next learns which it is.
            let failed = EPOLLERR.rawValue | EPOLLHUP.rawValue
            if bits & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue | failed) != 0 { readiness.insert(.read) }
            if bits & (EPOLLOUT.rawValue | failed) != 0 { readiness.insert(.write) }
            if bits & EPOLLHUP.rawValue != 0 { readiness.insert(.hangUp) }
            return Event(key: unsafe event.data.u64, readiness: readiness)
        }
    }
}

/// Threads for what blocks: the reactor, the resolver, and functions of the program.
package enum SystemThread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts a detached thread with every signal blocked: signals belong to the program's own threads.
    package static func start(_ run: @escaping @Sendable () -> Void) throws(Errno) {
        var all = sigset_t()
        var before = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        let body = unsafe Unmanaged.passRetained(Body(run))
        var thread = pthread_t()
        let result = unsafe pthread_create(
            &thread, nil,
            { argument in
                if let argument = unsafe argument {
                    unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                }
                return nil
            }, body.toOpaque())
        guard result == 0 else {
            unsafe body.release()
            throw Errno(result)
        }
        pthread_detach(thread)
    }
}
