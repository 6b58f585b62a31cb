// AcceptPump.swift — a plain descriptor for a program that is readable when a connection is there to be accepted.
// Linux unix(7).
// Next: DescriptorPump.swift.

import Synchronization

/// Gives a program that knows only descriptors a listener with security.
///
/// The program has one end of a socket pair and reads one octet from it for each connection that it then takes; as many wait
/// as octets fit into the pair. It closes its end whenever it likes; the listener is closed then. Thread-safe.
package final class AcceptPump: Sendable {
    private struct State {
        var ready: [SecureSocket] = []
        var handle: SocketHandle?
    }

    private let state: Mutex<State>

    /// Takes the pair of a pump that was not started; nothing comes in before ``start(_:)``.
    package init(_ pump: DescriptorPump) { state = Mutex(State(handle: pump.release())) }

    /// Takes the next connection; nil when none is there.
    package func take() -> SecureSocket? {
        state.withLock { $0.ready.isEmpty ? nil : $0.ready.removeFirst() }
    }

    /// Accepts from `listener`, which listens, until the program closes its end.
    package func start(_ listener: ListeningSocket) {
        guard let handle = state.withLock({ $0.handle }) else { return }
        let accepting = Task { await accept(listener, handle) }
        Task {
            await waitForEnd(handle)
            accepting.cancel()
            let waiting = state.withLock { state in
                state.handle = nil
                defer { state.ready = [] }
                return state.ready
            }
            listener.close()
            for socket in waiting { await socket.asynchronous.close() }
        }
    }

    private func accept(_ listener: ListeningSocket, _ handle: SocketHandle) async {
        // Ends with the listener, or with the task.
        while let socket = try? await listener.asynchronous.accept().socket {
            state.withLock { $0.ready.append(socket) }
            let octet: [UInt8] = [1]
            while true {
                let tick = handle.source.tick
                guard let result = try? handle.descriptor.send(octet.span) else { return }
                if case .count = result { break }
                let wait = Wait(readiness: .write, deadline: .never, source: handle.source, handle: handle, tick: tick)
                guard let outcome = try? await wait.park(until: .never), outcome == .ready else { return }
            }
        }
    }

    private func waitForEnd(_ handle: SocketHandle) async {
        while true {
            let tick = handle.source.tick
            if handle.descriptor.isHungUp { return }
            let wait = Wait(readiness: .read, deadline: .never, source: handle.source, handle: handle, tick: tick)
            guard let outcome = try? await wait.park(until: .never), outcome == .ready else { return }
        }
    }
}
