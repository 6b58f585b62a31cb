// Admission.swift — which handshakes of a listener are going on, and which of them gives way when there are too many.
// RFC 4987 §3.1 for the idea, applied to handshakes: when the table is full, the oldest entry goes.
// Next: ListenerEngine.swift.

import Synchronization

/// The handshakes of one listener, oldest first.
///
/// A limit that turned new connections away would let whoever opens many and says nothing lock everybody out. Here the
/// oldest gives way instead: an honest handshake is done long before it is the oldest of many.
final class Admissions: Sendable {
    private struct Place {
        let id: UInt64
        weak var socket: SecureSocket?
    }

    private struct State {
        var lastID: UInt64 = 0
        var living: Set<UInt64> = []
        /// In the order of admission. Those that are over stay until they come to the front or are more than half.
        var order: [Place] = []
        /// How many at the front of `order` have gone already.
        var gone = 0
    }

    private let state = Mutex(State())

    /// How many handshakes are going on.
    var count: Int { state.withLock { $0.living.count } }

    /// Takes one more; answers with its place, and with the socket that has to give way when more than `limit` are going
    /// on.
    func admit(_ socket: SecureSocket, limit: Int) -> (Admission, displaced: SecureSocket?) {
        let (id, displaced) = state.withLock { state -> (UInt64, SecureSocket?) in
            let displaced = state.living.count >= limit ? Self.takeOldest(&state) : nil
            state.lastID += 1
            state.living.insert(state.lastID)
            state.order.append(Place(id: state.lastID, socket: socket))
            Self.compact(&state)
            return (state.lastID, displaced)
        }
        return (Admission(id, self), displaced)
    }

    /// Takes the oldest out; nil when there is none.
    func takeOldest() -> SecureSocket? { state.withLock { Self.takeOldest(&$0) } }

    /// Takes all out.
    func takeAll() -> [SecureSocket] {
        state.withLock { state in
            let sockets = state.order.dropFirst(state.gone).compactMap { place in
                state.living.contains(place.id) ? place.socket : nil
            }
            state.living = []
            state.order = []
            state.gone = 0
            return sockets
        }
    }

    fileprivate func giveBack(_ id: UInt64) { state.withLock { _ = $0.living.remove(id) } }

    /// Each round drops an entry. The socket is let go of by the caller, outside the lock: its end gives a place back.
    private static func takeOldest(_ state: inout State) -> SecureSocket? {
        while state.gone < state.order.count {
            let place = state.order[state.gone]
            state.gone += 1
            if state.living.remove(place.id) != nil, let socket = place.socket { return socket }
        }
        return nil
    }

    private static func compact(_ state: inout State) {
        guard state.order.count > 64, state.order.count > 2 * state.living.count else { return }
        let living = state.living
        state.order = state.order.dropFirst(state.gone).filter { living.contains($0.id) }
        state.gone = 0
    }
}

/// A place among the handshakes of a listener; letting it go gives it back.
final class Admission: Sendable {
    private let id: UInt64
    private let admissions: Admissions

    fileprivate init(_ id: UInt64, _ admissions: Admissions) {
        self.id = id
        self.admissions = admissions
    }

    deinit { admissions.giveBack(id) }
}
