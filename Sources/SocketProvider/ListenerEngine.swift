// ListenerEngine.swift — takes connections, lets each shake hands on a task of its own, and queues those that are done.
// Linux accept4(2), epoll(7); RFC 9293 §3.9.1 (passive OPEN).
// Next: ListeningSocket.swift.

import Synchronization
import TLS

/// What is behind a ``ListeningSocket``, shared with the tasks that work for it.
///
/// One task takes connections from the kernel and starts a task for each handshake, so that none waits for another: a
/// client that says nothing, or nonsense, costs its own task and nobody's time. What is done goes into the queue that the
/// accepts of the application take from. No lock is held during a step of a connection.
final class ListenerEngine: Sendable {
    enum Phase: Sendable {
        case unbound
        case bound(SocketHandle)
        case listening(SocketHandle)
        case closed
    }

    struct State: Sendable {
        var server: ConfiguredServer
        var phase = Phase.unbound
        /// Connections whose handshake is done, the first to be accepted first.
        var ready: [SecureSocket] = []
        var hasTask = false
        var statistics = ListenerStatistics()
        var failureHandler: (@Sendable (FailedHandshake) -> Void)?
        /// Why no more connections can be taken.
        var failure: SocketError?
    }

    let state: Mutex<State>
    let admissions = Admissions()
    /// `.answer`: a connection is in the queue. `.write`: there is room in it.
    let source = ReadinessSource()

    init(_ server: ConfiguredServer) { state = Mutex(State(server: server)) }

    /// How long to wait for descriptors or memory that others give back.
    private static let pause = Duration.milliseconds(100)
    /// How long the task of a handshake that gave way needs to let its descriptor go.
    private static let shortPause = Duration.milliseconds(5)

    // MARK: Taking connections

    /// What trying to take a connection came to.
    enum Taken {
        case socket(SecureSocket)
        case wait(Wait)
        /// This machine has no more descriptors or memory now.
        case exhausted(SocketError, Wait)
    }

    /// Takes the next connection; its handshake has begun and nobody drives it yet.
    func take() throws(SocketError) -> Taken {
        let (handle, server) = try listening()
        let tick = handle.source.tick
        var pause = Self.pause
        // Each round takes a connection out of the kernel's queue, or one handshake out of ours, or returns.
        while true {
            do throws(Errno) {
                switch try handle.descriptor.accept() {
                case .connection(let descriptor, from: let peer):
                    if let socket = begin(SocketHandle(descriptor), from: peer, server) { return .socket(socket) }
                case .gone: continue
                case .wouldBlock: return .wait(Self.wait(on: handle, tick, until: .never))
                }
            } catch {
                let failure = SocketError(error, during: .accept, with: handle.descriptor.localAddress)
                guard case .resourceExhausted = failure else { throw failure }
                // Half-open handshakes must not be what keeps others out. One at a time: whoever waits for its descriptor
                // holds it until he has seen that the handshake is over.
                if pause == Self.pause, let oldest = admissions.takeOldest() {
                    displace(oldest)
                    pause = Self.shortPause
                    continue
                }
                return .exhausted(failure, Self.wait(on: handle, tick, until: Deadline(pause, from: .now)))
            }
        }
    }

    private func listening() throws(SocketError) -> (SocketHandle, ConfiguredServer) {
        try state.withLock { state throws(SocketError) in
            switch state.phase {
            case .listening(let handle): return (handle, state.server)
            case .closed: throw .closed
            case .unbound, .bound: throw .notListening
            }
        }
    }

    private static func wait(on handle: SocketHandle, _ tick: UInt64, until deadline: Deadline) -> Wait {
        Wait(readiness: .read, deadline: deadline, source: handle.source, handle: handle, tick: tick)
    }

    /// Makes a socket of a connection; nil when its handshake could not even begin.
    private func begin(_ handle: SocketHandle, from peer: SocketAddress, _ server: ConfiguredServer) -> SecureSocket? {
        let socket = SecureSocket(handle, from: peer, server)
        let (admission, displaced) = admissions.admit(socket, limit: server.options.limits.handshakes)
        state.withLock { $0.statistics.accepted += 1 }
        if let displaced { displace(displaced) }
        do throws(SocketError) {
            try socket.core.withLock { core throws(SocketError) in try core.beginAccepted(admission, at: .now) }
            return socket
        } catch {
            failed(socket, error)
            return nil
        }
    }

    private func displace(_ socket: SecureSocket) {
        guard socket.abortHandshake(.displaced) else { return }
        state.withLock { $0.statistics.displaced += 1 }
    }

    // MARK: The task

    /// Starts to take connections and to shake hands, unless that has been done, or nothing is listened to yet.
    ///
    /// - Throws: ``SocketError/resourceExhausted(_:)`` when there is nothing left to wait with.
    func start() throws(SocketError) {
        do throws(Errno) { _ = try Reactor.shared() } catch { throw SocketError(error, during: .accept) }
        let isFirst = state.withLock { state in
            guard case .listening = state.phase, !state.hasTask else { return false }
            state.hasTask = true
            return true
        }
        guard isFirst else { return }
        // Not a child of whoever accepts first: neither its priority nor its values concern all the connections.
        Task.detached { await self.run() }
    }

    /// Takes connections until the listener is closed. Each turn takes one, or waits.
    private func run() async {
        do throws(SocketError) {
            while true {
                if let wait = waitForRoom() {
                    await pause(wait)
                    continue
                }
                switch try take() {
                case .socket(let socket): Task { await self.shakeHands(socket) }
                case .wait(let wait), .exhausted(_, let wait): await pause(wait)
                }
            }
        } catch {
            // Closed, or the listening descriptor itself has failed: those who accept are told.
            if error != .closed { state.withLock { $0.failure = error } }
            source.signal(.answer)
        }
    }

    /// A wait that fails, for want of descriptors, is tried again after a while.
    private func pause(_ wait: Wait) async {
        guard (try? await wait.park(until: wait.deadline)) == nil else { return }
        try? await Task.sleep(for: Self.pause)
    }

    /// What to wait for while the application is slow to accept: connections then stay in the kernel's queue.
    private func waitForRoom() -> Wait? {
        state.withLock { state in
            guard state.ready.count >= state.server.options.limits.waiting else { return nil }
            return Wait(readiness: .write, deadline: .never, source: source, handle: nil, tick: source.tick)
        }
    }

    private func shakeHands(_ socket: SecureSocket) async {
        do throws(SocketError) {
            try await socket.asynchronous.handshake()
        } catch {
            failed(socket, error)
            return
        }
        socket.core.withLock { $0.releaseIdleMemory() }
        let isWanted = state.withLock { state in
            state.statistics.established += 1
            if case .closed = state.phase { return false }
            state.ready.append(socket)
            return true
        }
        if isWanted { source.signal(.answer) } else { await socket.asynchronous.close() }
    }

    private func failed(_ socket: SecureSocket, _ error: SocketError) {
        let handler = state.withLock { state in
            state.statistics.failed += 1
            return state.failureHandler
        }
        handler?(FailedHandshake(error: error, information: socket.information))
    }

    // MARK: The queue

    /// The next connection whose handshake is done, or what to wait for.
    func next() throws(SocketError) -> Step<SecureSocket> {
        let step = try state.withLock { state throws(SocketError) -> Step<SecureSocket> in
            if !state.ready.isEmpty { return .done(state.ready.removeFirst()) }
            switch state.phase {
            case .closed: throw .closed
            case .unbound, .bound: throw .notListening
            // What the descriptor says while it is being closed is no failure of its own.
            case .listening: if let failure = state.failure { throw failure }
            }
            return .wait(
                Wait(readiness: .answer, deadline: .never, source: source, handle: nil, tick: source.tick))
        }
        if case .done = step { source.signal(.write) }
        return step
    }

    /// Ends it all: nobody gets in any more, handshakes end, connections that nobody has accepted are closed.
    func close() {
        let (handle, ready) = state.withLock { state -> (SocketHandle?, [SecureSocket]) in
            defer {
                state.phase = .closed
                state.ready = []
            }
            return switch state.phase {
            case .bound(let handle), .listening(let handle): (handle, state.ready)
            case .unbound, .closed: (nil, state.ready)
            }
        }
        handle?.descriptor.shutdownBoth()
        handle?.source.signal(.read)
        source.signal([.answer, .write])
        for socket in admissions.takeAll() { _ = socket.abortHandshake(.closed) }
        for socket in ready { _ = socket.nonBlocking.close() }
    }
}
