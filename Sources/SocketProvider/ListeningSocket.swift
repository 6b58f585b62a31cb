// ListeningSocket.swift — bind, listen, accept: the server's socket.
// The counterpart of bind, listen and WSAAccept on a WinSock SOCKET; accepted sockets inherit its options.
// Next: NonBlockingListener.swift.

import Synchronization
import TLS

/// Where a listener is in its life.
public enum ListenerState: Sendable, Equatable {
    /// Made, without an address.
    case unbound
    /// It has an address and takes no connections yet.
    case bound
    /// Connections come in.
    case listening
    /// Its owner ended it.
    case closed
}

/// What a listener has done so far.
public struct ListenerStatistics: Sendable, Equatable {
    /// Connections that were taken from the kernel.
    public internal(set) var accepted = 0
    /// Handshakes that are done. With ``NonBlockingListener`` they are not counted: they are the application's.
    public internal(set) var established = 0
    /// Handshakes that failed, those that gave way included.
    public internal(set) var failed = 0
    /// Handshakes that gave way to newer ones.
    public internal(set) var displaced = 0
    /// Handshakes that are going on now.
    public internal(set) var handshaking = 0
    /// Connections whose handshake is done and that nobody has accepted yet.
    public internal(set) var waiting = 0
}

/// A connection that was not accepted because its handshake failed.
public struct FailedHandshake: Sendable {
    /// Why.
    public let error: SocketError
    /// What was known by then, the peer's address for one.
    public let information: SocketInformation
}

/// A socket that connections come in by.
///
///     let provider = try ProviderCatalog.standard.select(scheme: .tls, capabilities: [.server])
///     var options = provider.defaultServerOptions
///     options.credentials = .fixed([credential])
///     let listener = try provider.configure(server: options).makeListener()
///     try listener.bind(to: .any(.ipv6, port: 443))
///     try listener.listen()
///     while true {
///         let socket = try listener.accept()      // its handshake is done
///     }
///
/// ``accept(within:)`` blocks; ``asynchronous`` suspends tasks instead. Both hand out connections whose handshake is done.
/// Handshakes go on beside each other on tasks of their own: one that fails is reported to ``setFailureHandler(_:)`` and
/// never comes out of an accept, one that is slow holds up no other, and ``ServerOptions/limits`` bounds them all.
/// ``nonBlocking`` is for event loops of one's own, which shake hands themselves.
///
/// Connections keep the options that the listener had when they came in; ``reload(_:)`` replaces them for those that come
/// later. Thread-safe: any number of threads and tasks may accept at a time. Letting a listener go closes it.
public final class ListeningSocket: Sendable {
    let engine: ListenerEngine

    init(_ server: ConfiguredServer) { engine = ListenerEngine(server) }

    deinit { engine.close() }

    /// The selected provider.
    public var provider: Provider { engine.state.withLock { $0.server.provider } }

    /// The options for connections that come in now.
    public var options: ServerOptions { engine.state.withLock { $0.server.options } }

    /// Where the listener is in its life.
    public var state: ListenerState {
        engine.state.withLock { state in
            switch state.phase {
            case .unbound: .unbound
            case .bound: .bound
            case .listening: .listening
            case .closed: .closed
            }
        }
    }

    /// The address it is bound to, with the port that the system chose when it was asked for port 0; nil without one.
    public var localAddress: SocketAddress? { handle?.descriptor.localAddress }

    var handle: SocketHandle? {
        engine.state.withLock { state in
            switch state.phase {
            case .bound(let handle), .listening(let handle): handle
            case .unbound, .closed: nil
            }
        }
    }

    /// What it has done so far.
    public var statistics: ListenerStatistics {
        var statistics = engine.state.withLock { state in
            var statistics = state.statistics
            statistics.waiting = state.ready.count
            return statistics
        }
        statistics.handshaking = engine.admissions.count
        return statistics
    }

    /// Gives the listener its address; port 0 lets the system choose one, which ``localAddress`` then tells. An IPv6
    /// address takes IPv4 connections too when the provider was selected for both families.
    ///
    /// - Throws: ``SocketError/addressInUse(_:)``, ``SocketError/permissionDenied(_:)`` and other failures of the system;
    ///   ``SocketError/invalidArgument(_:)`` for a family that was not selected or a second address.
    public func bind(to address: SocketAddress) throws(SocketError) {
        let families = provider.addressFamilies
        guard families.contains(address.family) else {
            throw .invalidArgument("\(address) is not an address of the selected family")
        }
        let handle: SocketHandle
        do throws(Errno) {
            let descriptor = try Descriptor.stream(address.family)
            try descriptor.bind(to: address, acceptsIPv4: families.contains(.ipv4))
            handle = SocketHandle(descriptor)
        } catch {
            throw SocketError(error, during: .bind, with: address)
        }
        try engine.state.withLock { state throws(SocketError) in
            switch state.phase {
            case .unbound: state.phase = .bound(handle)
            case .bound, .listening: throw .invalidArgument("the listener has an address already")
            case .closed: throw .closed
            }
        }
    }

    /// Lets connections come in. The kernel keeps as many as `backlog` says, or its own limit, until they are taken.
    ///
    /// - Throws: ``SocketError``; ``SocketError/invalidArgument(_:)`` without an address.
    public func listen(backlog: Int = 1024) throws(SocketError) {
        guard backlog > 0 else { throw .invalidArgument("a backlog of less than one connection") }
        try engine.state.withLock { state throws(SocketError) in
            switch state.phase {
            case .bound(let handle):
                do throws(Errno) {
                    try handle.descriptor.listen(backlog: Int32(clamping: backlog))
                } catch {
                    throw SocketError(error, during: .listen, with: handle.descriptor.localAddress)
                }
                state.phase = .listening(handle)
            case .listening: return
            case .unbound: throw .invalidArgument("bind comes before listen")
            case .closed: throw .closed
            }
        }
    }

    /// Replaces the options for connections that come in from now on: certificates, keys, trust, ticket keys, limits.
    /// Connections that exist, and handshakes that are going on, keep theirs; none is dropped. Keys that the package has
    /// made by itself go on, so that clients can still resume, as far as the new options let them.
    ///
    /// - Throws: What ``Provider/configure(server:)`` throws; the old options then stay in force.
    public func reload(_ options: ServerOptions) throws(SocketError) {
        let server = engine.state.withLock { $0.server }
        // Reading files takes its time, so it is done without the lock.
        let replacement = try server.provider.configure(server: options, replacing: server.credentials)
        engine.state.withLock { $0.server = replacement }
        engine.source.signal(.write)
    }

    /// Forgets the sessions that clients could resume, as ``ConfiguredServer/purgeSessions()``.
    public func purgeSessions() { engine.state.withLock { $0.server }.purgeSessions() }

    /// Sets what is told of handshakes that failed, from any thread, without locks. Nil removes it.
    public func setFailureHandler(_ handler: (@Sendable (FailedHandshake) -> Void)?) {
        engine.state.withLock { $0.failureHandler = handler }
    }

    /// Waits for the next connection whose handshake is done.
    ///
    /// Must not be called from a task, whose thread others need as well, the handshakes among them: see ``asynchronous``.
    ///
    /// - Parameter timeout: how long to wait; nil waits for ever.
    /// - Throws: ``SocketError/timedOut(_:)``, after which it can be tried again; ``SocketError/closed`` when the listener
    ///   is closed; ``SocketError/notListening`` before ``listen(backlog:)``. Never a failure of a connection.
    public func accept(within timeout: Duration? = nil) throws(SocketError) -> SecureSocket {
        let deadline = Deadline(timeout, from: .now)
        try engine.start()
        while true {
            switch try engine.next() {
            case .done(let socket): return socket
            case .perform: continue
            case .wait(let wait):
                do throws(Errno) {
                    guard try wait.block(until: deadline) else { throw Errno.timedOut }
                } catch {
                    throw error == .timedOut ? .timedOut(.accept) : SocketError(error, during: .accept)
                }
            }
        }
    }

    /// Closes the listener: nobody gets in any more, handshakes that are going on end, connections that nobody has accepted
    /// are closed, and whoever waits in an accept gets ``SocketError/closed``. Accepted connections go on.
    public func close() { engine.close() }
}
