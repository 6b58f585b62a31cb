// DescriptorPump+Upgrade.swift — both directions stop, and go on with a socket that has security: STARTTLS.
// RFC 3207 §4.
// Next: Syscalls+Pairs.swift.

import Synchronization

extension DescriptorPump {
    /// Goes on with another socket over the connection of `plain`, which this pump was started with: both directions stop,
    /// `replace` makes the socket, and its handshake is done before they go on. Blocks the thread for that long.
    ///
    /// - Throws: ``SocketError/operationInProgress(_:)`` when something the program wrote is on its way, and the handshake
    ///   timeout passes before it is sent, ``SocketError/invalidArgument(_:)`` when the peer sent something that the
    ///   program has not read; the connection goes on as it was then. Any other error ends it.
    package func upgrade(
        _ plain: SecureSocket, _ replace: () throws(SocketError) -> SecureSocket
    ) throws(SocketError) -> SecureSocket {
        let handle = try stop(plain)
        do throws(SocketError) {
            // What cannot be found out may be there.
            guard program.waitingOctets == 0, state.withLock({ $0.undelivered.isEmpty }) else {
                throw .invalidArgument("data that came before the handshake has not been received")
            }
            let socket = try replace()
            try socket.handshake()
            move(handle, socket)
            return socket
        } catch {
            switch error {
            // Nothing has happened yet.
            case .invalidArgument, .operationInProgress: move(handle, plain)
            default: fail(error)
            }
            throw error
        }
    }

    /// Stops both directions, when nothing of the program's is in between.
    private func stop(_ plain: SecureSocket) throws(SocketError) -> SocketHandle {
        enum Attempt {
            case ended
            case busy(Gate)
            case waiting
            case stopping(SocketHandle, Task<Void, Never>?)
        }
        let stopped = Gate()
        let deadline = plain.deadline(\.handshake)
        // Each round waits for a piece to be sent, or is the last.
        while !deadline.isPast() {
            let attempt = state.withLock { state -> Attempt in
                // With no direction left nobody would answer.
                guard let handle = state.handle, state.running > 0 else { return .ended }
                if state.isSending {
                    let idle = state.idle ?? Gate()
                    state.idle = idle
                    return .busy(idle)
                }
                guard handle.descriptor.waitingOctets == 0 else { return .waiting }
                state.pause = stopped
                return .stopping(handle, state.inward)
            }
            switch attempt {
            case .ended: throw failure ?? .closed
            case .waiting: throw .operationInProgress(.send)
            case .busy(let idle): _ = idle.wait(until: deadline)
            case .stopping(let handle, let inward):
                inward?.cancel()
                handle.source.signal([.read, .write])
                // Neither direction is in the middle of anything, so this is soon.
                if stopped.wait(until: plain.deadline(\.handshake)) { return handle }
                fail(.timedOut(.handshake))
                throw .timedOut(.handshake)
            }
        }
        throw .operationInProgress(.send)
    }
}
