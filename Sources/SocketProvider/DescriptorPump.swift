// DescriptorPump.swift — a plain descriptor for a program, and what moves data between it and a socket of a provider.
// Linux unix(7); RFC 8446 §6.1 for how it ends.
// Next: DescriptorPump+Closing.swift.

import Synchronization

/// Gives a program that knows only descriptors a connection with security.
///
/// The program has one end of a socket pair: readable when data, the end or a failure is there, writable when the pump takes
/// more. Whatever writes to it, nothing leaves the machine unprotected. Until the connection is there the end is full, so that
/// it is not writable. The program closes it whenever it likes; what it wrote before is sent, then the farewell, and a peer
/// that takes too long over it is left.
///
/// A connection that fails or is cut off gives ECONNRESET after its last data, never an end of data, unless the program has
/// closed its sending direction; ``failure`` tells why. When only sending fails, what the peer had sent before still comes.
/// Thread-safe. Two tasks move the data, 64 KiB at a time at most, and hold no memory while they wait.
package final class DescriptorPump: Sendable {
    struct State {
        /// Octets that make the program's end full.
        var filling: Int
        var failure: SocketError?
        var handle: SocketHandle?
        /// What data moves to and from, once it does.
        var socket: SecureSocket?
        /// Directions that have yet to end.
        var running = 0
        /// Whether something of the program's is taken, and not sent yet.
        var isSending = false
        /// Opened when that is sent.
        var idle: Gate?
        /// Whether the program has closed its end.
        var isAbandoned = false
        /// Who is told of that.
        var onClose: (@Sendable () -> Void)?
        /// What the program had no room for when the directions were stopped.
        var undelivered: [UInt8] = []
        /// Opened when both directions have stopped, while they are to go on with another socket.
        var pause: Gate?
        var inward: Task<Void, Never>?
    }

    /// The number of the program's end, which is the program's to close.
    package let descriptor: Int32
    let program: ProgramEnd
    let state: Mutex<State>
    private let finished = Gate()
    let lingerTime: Duration

    /// As little as the kernel allows: enough to make the end full with a few octets.
    private static let leastCapacity: Int32 = 1
    /// What the program may have written before the pump has taken it.
    private static let capacity: Int32 = 128 * 1024
    private static let pieceSize = 64 * 1024
    /// How long a peer may take to read what a program wrote before it closed its end. A peer that never reads would keep
    /// the connection for as long as it likes.
    package static let lingerTime = Duration.seconds(30)

    /// A new pair, not connected to anything.
    ///
    /// - Parameter lingerTime: How long the rest may take after the program has closed its end.
    /// - Throws: ``SocketError/resourceExhausted(_:)`` when there are no descriptors left.
    package init(lingerTime: Duration = DescriptorPump.lingerTime) throws(SocketError) {
        self.lingerTime = lingerTime
        do throws(Errno) {
            let pair = try ProgramEnd.makePair()
            program = pair.program
            descriptor = pair.program.number
            program.setCapacity(Self.leastCapacity)
            state = Mutex(State(filling: program.fill(), handle: pair.pump))
            do throws(Errno) {
                try pair.pump.register(with: Reactor.shared())
            } catch {
                program.close()
                throw error
            }
            watch(pair.pump.source, since: 0)
        } catch {
            throw SocketError(error, during: .connect)
        }
    }

    /// Whether the program's number is still this pump's, and not another file's that was opened since.
    package var isCurrent: Bool { program.isCurrent }

    /// Whether this process made the pump, and is no child of the one that did: a child has no threads that move data.
    package var isOwn: Bool { program.isOwn }

    /// Why the connection ended, when it did not end properly.
    package var failure: SocketError? { state.withLock { $0.failure } }

    /// Waits until everything is sent and the connection closed; false when that takes longer than `time`.
    package func waitUntilFinished(within time: Duration) -> Bool {
        waitUntilFinished(until: Deadline(time, from: .now))
    }

    func waitUntilFinished(until deadline: Deadline) -> Bool { finished.wait(until: deadline) }

    /// The program's end becomes writable, and data moves between it and `socket`, which is open.
    package func start(_ socket: SecureSocket) {
        guard let handle = state.withLock({ $0.handle }) else { return }
        empty(handle)
        UnfinishedPumps.insert(self)
        move(handle, socket)
    }

    func move(_ handle: SocketHandle, _ socket: SecureSocket) {
        let front = socket.asynchronous
        let isAbandoned = state.withLock { state in
            state.running = 2
            state.socket = socket
            state.pause = nil
            state.inward = Task {
                await inward(handle, front)
                await end(front)
            }
            return state.isAbandoned
        }
        if isAbandoned { linger(handle) }
        Task {
            await outward(handle, front)
            await end(front)
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
        let isOpen = state.withLock { state in
            state.failure = state.failure ?? error
            return state.handle != nil
        }
        // What fills the pair before the connection is unread already; a later handshake finds it empty.
        if isOpen { program.spoil() }
        finish()
    }

    private func finish() {
        let handle = state.withLock { state -> SocketHandle? in
            defer { (state.handle, state.socket) = (nil, nil) }
            return state.handle
        }
        guard let handle else { return }
        UnfinishedPumps.remove(self)
        finished.open()
        // For who waits in linger(_:).
        handle.source.signal(.answer)
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
            while case let piece = try await read(handle), !piece.isEmpty {
                try await socket.send(piece)
                endPiece()
            }
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
            state.withLock { $0.failure = $0.failure ?? error }
            handle.descriptor.discard(leaving: 0)
            program.spoil()
            endPiece()
            // What the peer has sent is still to come.
            handle.source.signal(.write)
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
            // After a failure the end of the pair is none of the data.
            if !hasFailed { handle.descriptor.shutdownSending() }
        } catch {
            // The program has closed its end, or goes on with another socket.
            if error == .closed || isPaused { return }
            state.withLock { $0.failure = $0.failure ?? error }
            program.spoil()
            handle.source.signal([.read, .write])
            // The other direction may be in the middle of a piece.
            await socket.close()
        }
    }

    private var isPaused: Bool { state.withLock { $0.pause != nil } }

    private var hasFailed: Bool { state.withLock { $0.failure != nil } }

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
        finish()
    }

    // MARK: The pair

    /// Nothing of the program's may be taken once the directions are to stop.
    private func beginPiece() -> Bool {
        state.withLock { state in
            guard state.failure == nil, state.pause == nil else { return false }
            state.isSending = true
            return true
        }
    }

    private func endPiece() {
        state.withLock { state in
            state.isSending = false
            state.idle?.open()
            state.idle = nil
        }
    }

    /// What the program has written; nothing when it has ended, or the connection has failed. ``endPiece()`` is called when
    /// that is sent.
    private func read(_ handle: SocketHandle) async throws(SocketError) -> [UInt8] {
        while true {
            let tick = handle.source.tick
            guard beginPiece() else { return [] }
            let waiting = handle.descriptor.waitingOctets
            if waiting > 0 || handle.descriptor.isReadable {
                var piece = [UInt8](repeating: 0, count: min(max(waiting, 1), Self.pieceSize))
                var span = piece.mutableSpan
                do throws(Errno) {
                    switch try handle.descriptor.receive(into: &span) {
                    case .count(let count):
                        piece.removeLast(piece.count - count)
                        return piece
                    case .endOfFile:
                        endPiece()
                        return []
                    case .wouldBlock: break
                    }
                } catch {
                    endPiece()
                    // ECONNRESET comes after the last octet when the program closed its end without reading everything.
                    if error == .connectionReset { return [] }
                    throw SocketError(error, during: .send)
                }
            }
            endPiece()
            try await wait(.read, on: handle, tick)
        }
    }

    /// Hands all of `piece` to the program; false when it reads no more, or has no room and the directions are to stop:
    /// the rest is kept then.
    private func write(_ piece: [UInt8], _ handle: SocketHandle) async throws(SocketError) -> Bool {
        var offset = 0
        while offset < piece.count {
            let tick = handle.source.tick
            let result: IOResult
            do throws(Errno) {
                result = try handle.descriptor.send(piece.span.extracting(droppingFirst: offset))
            } catch {
                return false
            }
            switch result {
            case .count(let count): offset += count
            case .wouldBlock, .endOfFile:
                // A program that writes and does not read must not wait for room: nothing is sent any more.
                if hasFailed {
                    handle.descriptor.shutdownReceiving()
                    handle.descriptor.discard(leaving: 1)
                }
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
