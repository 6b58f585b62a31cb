// DescriptorPump.swift — a plain descriptor for a program, and what moves data between it and a socket of a provider.
// Linux unix(7); RFC 8446 §6.1 for how it ends.
// Next: Syscalls+Pairs.swift.

import Synchronization

/// Gives a program that knows only descriptors a connection with security.
///
/// The program has one end of a socket pair: readable when data, the end or a failure is there, writable when the pump takes
/// more. Whatever writes to it, nothing leaves the machine unprotected. Until the connection is there the end is full, so that
/// it is not writable. The program closes it whenever it likes; what it wrote before is sent, then the farewell.
///
/// A connection that fails or is cut off gives ECONNRESET after its last data, never an end of data, unless the program has
/// closed its sending direction; ``failure`` tells why. Thread-safe. Two tasks move the data, 64 KiB at a time at most, and
/// hold no memory while they wait.
package final class DescriptorPump: Sendable {
    private struct State {
        /// Octets that make the program's end full.
        var filling: Int
        var failure: SocketError?
        var handle: SocketHandle?
        /// Directions that have yet to end.
        var running = 0
        /// What the program had no room for when the directions were stopped.
        var undelivered: [UInt8] = []
        /// Opened when both directions have stopped, while they are to go on with another socket.
        var pause: Gate?
        var inward: Task<Void, Never>?
    }

    /// The number of the program's end, which is the program's to close.
    package let descriptor: Int32
    private let program: ProgramEnd
    private let state: Mutex<State>
    private let finished = Gate()

    /// As little as the kernel allows: enough to make the end full with a few octets.
    private static let leastCapacity: Int32 = 1
    /// What the program may have written before the pump has taken it.
    private static let capacity: Int32 = 128 * 1024
    private static let pieceSize = 64 * 1024

    /// A new pair, not connected to anything.
    ///
    /// - Throws: ``SocketError/resourceExhausted(_:)`` when there are no descriptors left.
    package init() throws(SocketError) {
        do throws(Errno) {
            let pair = try ProgramEnd.makePair()
            program = pair.program
            descriptor = pair.program.number
            program.setCapacity(Self.leastCapacity)
            state = Mutex(State(filling: program.fill(), handle: pair.pump))
        } catch {
            throw SocketError(error, during: .connect)
        }
    }

    /// Whether the program's number is still this pump's, and not another file's that was opened since.
    package var isCurrent: Bool { program.isCurrent }

    /// Octets that wait for the program to read them.
    package var unreadByProgram: Int { program.waitingOctets }

    /// Why the connection ended, when it did not end properly.
    package var failure: SocketError? { state.withLock { $0.failure } }

    /// Waits until everything is sent and the connection closed; false when that takes longer than `time`.
    package func waitUntilFinished(within time: Duration) -> Bool {
        finished.wait(until: Deadline(time, from: .now))
    }

    /// The program's end becomes writable, and data moves between it and `socket`, which is open.
    package func start(_ socket: SecureSocket) {
        guard let handle = state.withLock({ $0.handle }) else { return }
        empty(handle)
        move(handle, socket)
    }

    private func move(_ handle: SocketHandle, _ socket: SecureSocket) {
        let front = socket.asynchronous
        state.withLock { state in
            state.running = 2
            state.pause = nil
            state.inward = Task {
                await inward(handle, front)
                await end(front)
            }
        }
        Task {
            await outward(handle, front)
            await end(front)
        }
    }

    /// Goes on with another socket over the connection of `plain`, which this pump was started with: both directions stop,
    /// `replace` makes the socket, and its handshake is done before they go on. Blocks the thread for that long.
    ///
    /// - Throws: ``SocketError/operationInProgress(_:)`` while something the program wrote is on its way,
    ///   ``SocketError/invalidArgument(_:)`` when the peer sent something that the program has not read; the connection
    ///   goes on as it was then. Any other error ends it.
    package func upgrade(
        _ plain: SecureSocket, _ replace: () throws(SocketError) -> SecureSocket
    ) throws(SocketError) -> SecureSocket {
        let stopped = Gate()
        let (handle, inward) = state.withLock { state -> (SocketHandle?, Task<Void, Never>?) in
            guard let handle = state.handle, handle.descriptor.waitingOctets == 0 else { return (state.handle, nil) }
            state.pause = stopped
            return (handle, state.inward)
        }
        guard let handle else { throw failure ?? .closed }
        guard let inward else { throw .operationInProgress(.send) }
        inward.cancel()
        handle.source.signal([.read, .write])
        _ = stopped.wait(until: .never)
        do throws(SocketError) {
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

    /// Gives the pump's end away, for something else than a connection.
    func release() -> SocketHandle? {
        state.withLock { state in
            defer { state.handle = nil }
            return state.handle
        }
    }

    /// The connection never came to be.
    package func fail(_ error: SocketError) {
        let handle = state.withLock { state -> SocketHandle? in
            state.failure = state.failure ?? error
            defer { state.handle = nil }
            return state.handle
        }
        // What fills the pair is unread: the program's end gets ECONNRESET.
        if handle != nil { finished.open() }
    }

    private func empty(_ handle: SocketHandle) {
        var rest = state.withLock { state in
            defer { state.filling = 0 }
            return state.filling
        }
        while rest > 0 {
            var room = [UInt8](repeating: 0, count: min(rest, 512))
            var span = room.mutableSpan
            guard case .count(let count)? = try? handle.descriptor.receive(into: &span) else { break }
            rest -= count
        }
        program.setCapacity(Self.capacity)
    }

    // MARK: The two directions

    /// From the program to the peer, until the program has ended.
    private func outward(_ handle: SocketHandle, _ socket: AsynchronousSocket) async {
        do throws(SocketError) {
            while case let piece = try await read(handle), !piece.isEmpty { try await socket.send(piece) }
            if isPaused { return }
            try await socket.closeSending()
            // Nobody is left to read: the other direction need not go on.
            while true {
                let tick = handle.source.tick
                if isPaused { return }
                if handle.descriptor.isHungUp || hasFailed { break }
                try await wait(.read, on: handle, tick)
            }
            await socket.close()
        } catch {
            fail(error, handle)
        }
    }

    /// From the peer to the program, until the peer has ended.
    private func inward(_ handle: SocketHandle, _ socket: AsynchronousSocket) async {
        do throws(SocketError) {
            let undelivered = state.withLock { state in
                defer { state.undelivered = [] }
                return state.undelivered
            }
            guard try await write(undelivered, handle) else { return }
            while case let piece = try await socket.receive(upTo: Self.pieceSize), !piece.isEmpty {
                guard try await write(piece, handle) else { return }
            }
            handle.descriptor.shutdownSending()
        } catch {
            // The program has closed its end, or goes on with another socket.
            if error != .closed && !isPaused { fail(error, handle) }
        }
    }

    private var isPaused: Bool { state.withLock { $0.pause != nil } }

    private var hasFailed: Bool { state.withLock { $0.failure != nil } }

    private func fail(_ error: SocketError, _ handle: SocketHandle) {
        state.withLock { $0.failure = $0.failure ?? error }
        program.spoil()
        handle.source.signal([.read, .write])
    }

    /// One direction is over; the last one closes the connection and lets the pair go.
    private func end(_ socket: AsynchronousSocket) async {
        let (isLast, pause) = state.withLock { state in
            state.running -= 1
            return (state.running == 0, state.pause)
        }
        guard isLast else { return }
        if let pause { return pause.open() }
        await socket.close()
        // The other direction may have taken the octet of the first time: nobody reads any more now.
        if hasFailed { program.spoil() }
        state.withLock { $0.handle = nil }
        finished.open()
    }

    // MARK: The pair

    /// What the program has written; nothing when it has ended, or the connection has failed.
    private func read(_ handle: SocketHandle) async throws(SocketError) -> [UInt8] {
        while true {
            let tick = handle.source.tick
            if hasFailed || isPaused { return [] }
            let waiting = handle.descriptor.waitingOctets
            if waiting > 0 || handle.descriptor.isReadable {
                var piece = [UInt8](repeating: 0, count: min(max(waiting, 1), Self.pieceSize))
                var span = piece.mutableSpan
                do throws(Errno) {
                    switch try handle.descriptor.receive(into: &span) {
                    case .count(let count):
                        piece.removeLast(piece.count - count)
                        return piece
                    case .endOfFile: return []
                    case .wouldBlock: break
                    }
                } catch {
                    throw SocketError(error, during: .send)
                }
            }
            try await wait(.read, on: handle, tick)
        }
    }

    /// Hands all of `piece` to the program; false when it reads no more, or has no room and the directions are to stop:
    /// the rest is kept then.
    private func write(_ piece: [UInt8], _ handle: SocketHandle) async throws(SocketError) -> Bool {
        var offset = 0
        while offset < piece.count {
            let tick = handle.source.tick
            if hasFailed { return false }
            let result: IOResult
            do throws(Errno) {
                result = try handle.descriptor.send(piece.span.extracting(droppingFirst: offset))
            } catch {
                return false
            }
            switch result {
            case .count(let count): offset += count
            case .wouldBlock, .endOfFile:
                // A task that was stopped cannot wait any more.
                let isStopped = state.withLock { state in
                    guard state.pause != nil else { return false }
                    state.undelivered = Array(piece.dropFirst(offset))
                    return true
                }
                if isStopped { return false }
                try await wait(.write, on: handle, tick)
            }
        }
        return true
    }

    private func wait(_ readiness: Readiness, on handle: SocketHandle, _ tick: UInt64) async throws(SocketError) {
        let wait = Wait(readiness: readiness, deadline: .never, source: handle.source, handle: handle, tick: tick)
        do throws(Errno) {
            _ = try await wait.park(until: .never)
        } catch {
            throw SocketError(error, during: .send)
        }
    }
}
