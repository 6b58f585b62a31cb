// HookCalls.swift — calls of a socket's hooks: each on a thread of its own, and none after closesocket.
// docs/winsock.md.
// Next: Hooks.swift.

import Glibc
import SocketProvider
import Synchronization

/// The calls of the hooks of one socket. A hook may wait for whatever it likes, and use the interface: it holds up its own
/// handshake only, as no thread of the library runs it.
final class HookCalls: Sendable {
    private struct State {
        var isClosed = false
        /// The threads that are in a hook.
        var running: Set<UInt> = []
        var waiting: [Gate] = []
    }

    private let state = Mutex(State())

    /// Runs a hook and hands on what it answers; `refusal` when the socket was closed, or there is no thread for it.
    func run<Answer: Sendable>(
        _ hook: @escaping @Sendable () -> Answer, otherwise refusal: Answer,
        _ answer: @escaping @Sendable (Answer) -> Void
    ) {
        do throws(Errno) {
            try SystemThread.start { answer(self.begin() ? self.finish(hook()) : refusal) }
        } catch { answer(refusal) }
    }

    private func begin() -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.running.insert(Self.thread)
            return true
        }
    }

    private func finish<Answer>(_ answer: Answer) -> Answer {
        let waiting: [Gate] = state.withLock { state in
            state.running.remove(Self.thread)
            guard state.running.isEmpty else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for gate in waiting { gate.open() }
        return answer
    }

    /// From here on no hook is called. Waits for those that run, unless it is one of them that closes the socket.
    func close() {
        let gate: Gate? = state.withLock { state in
            state.isClosed = true
            guard !state.running.isEmpty, !state.running.contains(Self.thread) else { return nil }
            let gate = Gate()
            state.waiting.append(gate)
            return gate
        }
        _ = gate?.wait(until: .never)
    }

    private static var thread: UInt { UInt(pthread_self()) }
}
