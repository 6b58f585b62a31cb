// UnconnectedSockets.swift — which numbers are secure sockets that nothing can be sent to or received from yet.
// Next: SocketOptions.swift.

import CSecureWinSock
import Glibc
import Synchronization

/// One mark for each number, looked at by every transfer: without a lock, so that sockets do not wait for each other.
@safe
enum UnconnectedSockets {
    /// As many numbers as Linux gives a process unless it is told otherwise (fs.nr_open). Memory that is never touched costs
    /// nothing.
    private static let capacity = 1 << 20
    private nonisolated(unsafe) static let marks: UnsafeMutablePointer<Atomic<UInt8>>? =
        // An Atomic<UInt8> that holds 0 is an octet of 0.
        unsafe calloc(capacity, 1).map { unsafe $0.bindMemory(to: Atomic<UInt8>.self, capacity: capacity) }

    static func mark(_ number: Int32, _ isUnconnected: Bool) {
        guard let marks = unsafe marks, (0..<capacity).contains(Int(number)) else { return }
        unsafe marks[Int(number)].store(isUnconnected ? 1 : 0, ordering: .releasing)
    }

    /// Whether somebody has to look closer. A number that was closed and is another file's now may still be marked.
    static func mayContain(_ number: Int32) -> Bool {
        guard let marks = unsafe marks, (0..<capacity).contains(Int(number)) else { return true }
        return unsafe marks[Int(number)].load(ordering: .acquiring) != 0
    }

    /// Refuses what only a connection can do.
    static func check(_ number: Int32) throws(WinsockError) {
        guard mayContain(number) else { return }
        guard let socket = SocketTable.find(number) else { return }
        switch socket.state.withLock({ $0.phase }) {
        case .connected, .deferred, .failed, .closed: return
        case .connecting where socket.isNonBlocking: throw WinsockError(WSAEWOULDBLOCK)
        case .fresh, .bound, .connecting, .listening: throw WinsockError(WSAENOTCONN)
        }
    }
}
