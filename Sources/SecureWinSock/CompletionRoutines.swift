// CompletionRoutines.swift — completion routines that are ready, by the thread that they are to run on.
// Windows Sockets 2 API, "WSASend": a routine runs when its thread waits alertably.
// Next: Overlapped.swift.

import CSecureWinSock
import Glibc
import SocketProvider
import Synchronization

/// The completion routines of one thread. Linux cannot interrupt a thread for them: they run where it waits alertably.
final class CompletionRoutines: Sendable {
    private struct State: Sendable {
        var calls: [CompletionCall] = []
        /// Calls that will come for certain.
        var expected = 0
        /// What the thread waits at.
        var gate: Gate?
    }

    private let state = Mutex(State())

    /// A thread that begins transfers and never waits alertably is stopped here.
    private static let limit = 65_536

    /// The value of a thread is its queue, which its end lets go.
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        unsafe pthread_key_create(&key) { queue in
            if let queue = unsafe queue { unsafe Unmanaged<CompletionRoutines>.fromOpaque(queue).release() }
        }
        return key
    }()

    /// The queue of the thread that calls.
    static var ofThread: CompletionRoutines {
        if let queue = unsafe pthread_getspecific(key) {
            return unsafe Unmanaged<CompletionRoutines>.fromOpaque(queue).takeUnretainedValue()
        }
        let queue = CompletionRoutines()
        unsafe pthread_setspecific(key, Unmanaged.passRetained(queue).toOpaque())
        return queue
    }

    /// Makes room for a call.
    func expect() throws(WinsockError) {
        try state.withLock { state throws(WinsockError) in
            guard state.expected + state.calls.count < Self.limit else { throw WinsockError(WSAENOBUFS) }
            state.expected += 1
        }
    }

    /// The call does not come after all.
    func expectNoMore() { state.withLock { $0.expected -= 1 } }

    /// Queues the call that was expected, from any thread.
    func queue(_ call: CompletionCall) {
        let gate = state.withLock { state in
            state.expected -= 1
            state.calls.append(call)
            defer { state.gate = nil }
            return state.gate
        }
        gate?.open()
    }

    /// Whether calls are there; otherwise `gate` opens with the next one.
    func isWaiting(orOpen gate: Gate) -> Bool {
        state.withLock { state in
            if state.calls.isEmpty { state.gate = gate }
            return !state.calls.isEmpty
        }
    }

    func stopOpening() { state.withLock { $0.gate = nil } }

    /// Runs what is there now, on the thread that it belongs to. A routine may wait alertably in turn, and run others.
    func run() {
        stopOpening()
        let count = state.withLock { $0.calls.count }
        for _ in 0..<count {
            guard let call = state.withLock({ $0.calls.isEmpty ? nil : $0.calls.removeFirst() }) else { return }
            call.run()
        }
    }
}

/// A routine of a program with what it is told.
@safe
struct CompletionCall: @unchecked Sendable {
    let routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE
    let overlapped: UnsafeMutablePointer<WSAOVERLAPPED>
    let code: Int32
    let count: DWORD

    func run() { unsafe routine(DWORD(bitPattern: code), count, overlapped, 0) }
}
