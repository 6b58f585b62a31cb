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
        /// By closesocket, perhaps while another thread connects.
        case closed
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
    }

    /// A connection that a listener took, and the pair for it.
    init(_ connection: SecureSocket, _ pump: DescriptorPump, _ entry: CatalogueEntry, _ settings: SocketSettings) {
        self.entry = entry
        self.pump = pump
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
            case .fresh, .bound, .connecting, .listening, .failed, .closed: nil
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

    /// On to another phase; false when the socket was closed meanwhile.
    @discardableResult
    func advance(to phase: Phase) -> Bool {
        state.withLock { state in
            if case .closed = state.phase { return false }
            state.phase = phase
            return true
        }
    }

    /// Changes settings, before they have taken effect.
    func configure(_ change: (inout SocketSettings) throws(WinsockError) -> Void) throws(WinsockError) {
        try state.withLock { state throws(WinsockError) in
            switch state.phase {
            case .fresh, .bound, .deferred: try change(&state.settings)
            case .connecting, .connected, .listening, .failed, .closed: throw WinsockError(WSAEINVAL)
            }
        }
    }
}

/// The secure sockets of the process.
enum SocketTable {
    private static let sockets = Mutex<[Int32: WinSocket]>([:])
    /// With so many, those whose numbers were closed without telling are looked for.
    private static let crowd = Mutex(leastCrowd)
    private static let leastCrowd = 64

    static func insert(_ socket: WinSocket) {
        let isFresh = socket.connection == nil
        sweep()
        sockets.withLock { sockets in
            sockets[socket.descriptor] = socket
            UnconnectedSockets.mark(socket.descriptor, isFresh)
        }
        // After libc's close nobody asks for it again, and it may hold a key.
        socket.pump.onClose { [weak socket] in if let socket { remove(socket) } }
    }

    /// The secure socket of this number; nil when it is a plain one, or none.
    ///
    /// A program may close a number without telling, and get it again for something else.
    static func find(_ number: Int32) -> WinSocket? {
        guard let socket = sockets.withLock({ $0[number] }) else { return nil }
        if socket.isCurrent { return socket }
        remove(socket)
        return nil
    }

    /// A socket whose connection ended before its number was closed is known by nothing else. As the next look is at twice
    /// as many, each socket is looked at about once.
    private static func sweep() {
        let all = sockets.withLock { sockets in
            crowd.withLock { $0 > sockets.count } ? [] : Array(sockets.values)
        }
        guard !all.isEmpty else { return }
        for socket in all where !socket.isCurrent { remove(socket) }
        let rest = sockets.withLock { $0.count }
        crowd.withLock { $0 = max(2 * rest, leastCrowd) }
    }

    static func remove(_ socket: WinSocket) {
        sockets.withLock { sockets in _ = take(socket, from: &sockets) }
    }

    /// Closes the number; false when another thread has. Whoever does not find it in the table finds it closed.
    static func close(_ socket: WinSocket) -> Bool {
        sockets.withLock { sockets in
            guard take(socket, from: &sockets) else { return false }
            socket.pump.close()
            return true
        }
    }

    private static func take(_ socket: WinSocket, from sockets: inout [Int32: WinSocket]) -> Bool {
        guard sockets[socket.descriptor] === socket else { return false }
        sockets[socket.descriptor] = nil
        UnconnectedSockets.mark(socket.descriptor, false)
        return true
    }

    /// What WSACleanup closes. It waits for all of them at once, and for those that were closed shortly before.
    static func closeAll() {
        let all = sockets.withLock { Array($0.values) }
        for socket in all where socket.isCurrent { _ = socket.close() }
        _ = UnfinishedPumps.wait(within: WinSocket.farewellTime)
    }
}
