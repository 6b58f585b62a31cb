// WinSocket.swift — a secure SOCKET: its settings, its connection or listener, and the table by number.
// Windows Sockets 2 API.
// Next: Connecting.swift.

import CSecureWinSock
import Glibc
import SocketProvider
import Synchronization

/// A secure socket by its descriptor. Plain sockets are plain descriptors and have none.
final class WinSocket: Sendable {
    enum Phase: Sendable {
        /// Open to settings.
        case fresh
        case bound(SocketAddress)
        /// Connecting or shaking hands; nil while the socket for it is made.
        case connecting(SecureSocket?)
        /// Connected without security until the handshake is asked for.
        case deferred(SecureSocket)
        case connected(SecureSocket)
        case listening(ListeningSocket, AcceptPump)
        case failed(SocketError)
    }

    struct State: Sendable {
        var settings: SocketSettings
        var phase = Phase.fresh
    }

    let entry: CatalogueEntry
    let pump: DescriptorPump
    let state: Mutex<State>

    /// A new socket of a secure entry.
    init(_ entry: CatalogueEntry) throws(WinsockError) {
        self.entry = entry
        pump = try translating { () throws(SocketError) in try DescriptorPump() }
        state = Mutex(State(settings: SocketSettings()))
        UnconnectedSockets.mark(pump.descriptor, true)
    }

    /// A connection that a listener took.
    init(_ connection: SecureSocket, _ entry: CatalogueEntry, _ settings: SocketSettings) throws(WinsockError) {
        self.entry = entry
        pump = try translating { () throws(SocketError) in try DescriptorPump() }
        state = Mutex(State(settings: settings, phase: .connected(connection)))
        pump.start(connection)
    }

    /// The calls of the hooks that were set on this socket. A connection that a listener took has the listener's.
    let hookCalls = HookCalls()

    var descriptor: Int32 { pump.descriptor }

    /// Whether the number still belongs to this socket.
    var isCurrent: Bool { pump.isCurrent }

    /// Whether the program has made the descriptor non-blocking.
    var isNonBlocking: Bool { fcntl(descriptor, F_GETFL) & O_NONBLOCK != 0 }

    /// The provider of the entry.
    func provider() throws(WinsockError) -> Provider {
        try translating { () throws(SocketError) in try ProviderCatalog.standard.select(entry.descriptor) }
    }

    /// The connection, as far as there is one; of a deferred one, the plain one.
    var connection: SecureSocket? {
        state.withLock { state in
            switch state.phase {
            case .connected(let socket), .deferred(let socket): socket
            case .fresh, .bound, .connecting, .listening, .failed: nil
            }
        }
    }

    /// Why the connection failed.
    var failure: SocketError? {
        let failed: SocketError? = state.withLock { state in
            if case .failed(let error) = state.phase { return error }
            return nil
        }
        return failed ?? pump.failure
    }

    /// Changes settings, before they have taken effect.
    func configure(_ change: (inout SocketSettings) throws(WinsockError) -> Void) throws(WinsockError) {
        try state.withLock { state throws(WinsockError) in
            switch state.phase {
            case .fresh, .bound, .deferred: try change(&state.settings)
            case .connecting, .connected, .listening, .failed: throw WinsockError(WSAEINVAL)
            }
        }
    }
}

/// The secure sockets of the process.
enum SocketTable {
    private static let sockets = Mutex<[Int32: WinSocket]>([:])

    static func insert(_ socket: WinSocket) { sockets.withLock { $0[socket.descriptor] = socket } }

    /// The secure socket of this number; nil when it is a plain one, or none.
    ///
    /// A program may close a number without telling, and get it again for something else.
    static func find(_ number: Int32) -> WinSocket? {
        guard let socket = sockets.withLock({ $0[number] }) else { return nil }
        if socket.isCurrent { return socket }
        remove(socket)
        return nil
    }

    static func remove(_ socket: WinSocket) {
        sockets.withLock { sockets in
            guard sockets[socket.descriptor] === socket else { return }
            sockets[socket.descriptor] = nil
            UnconnectedSockets.mark(socket.descriptor, false)
        }
    }

    /// What WSACleanup closes.
    static func closeAll() {
        let all = sockets.withLock { Array($0.values) }
        for socket in all where socket.isCurrent { _ = socket.close() }
    }
}
