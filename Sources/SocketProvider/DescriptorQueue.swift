// DescriptorQueue.swift — transfers on a descriptor of a program that go on after the call that began them.
// Windows Sockets 2 API, "Overlapped I/O and Event Objects"; Linux epoll(7), through Reactor.swift.
// Next: Syscalls+Vectors.swift.

import Synchronization

/// The transfers that wait for one descriptor: sends one after another, receives one after another, both at once.
///
/// The queue works on a copy of the descriptor and has it only while something waits, so a program that closes its number finds
/// it closed soon. What the number has become since is compared before each attempt: a stale transfer is aborted, and as it
/// never uses the number itself, it cannot reach another file. Thread-safe.
package final class DescriptorQueue: Sendable {
    package enum Direction: Sendable { case send, receive }

    /// How a transfer ended.
    package enum Outcome: Sendable {
        /// A send is complete; a receive has something, or had no room and something is there.
        case moved(Int)
        case endOfData
        case failed(errno: Int32)
        case aborted(moved: Int)
    }

    /// How a transfer began.
    package enum Beginning: Sendable {
        /// It is over already; the completion is not called.
        case finished(Outcome)
        /// The completion is called when it is over.
        case pending
    }

    private struct Transfer: Sendable {
        var buffers: ProgramBuffers
        let peeks: Bool
        var moved = 0
        let completion: @Sendable (Outcome) -> Void
    }

    private struct Lane: Sendable {
        var transfers: [Transfer] = []
        /// Whether a task looks after it.
        var isServed = false
    }

    private struct State: Sendable {
        var sends = Lane()
        var receives = Lane()
        /// The sending direction is to be closed after the last send.
        var endsSending = false
        /// Nothing waits any more, and nothing may be added.
        var isRetired = false

        var isEmpty: Bool { sends.transfers.isEmpty && receives.transfers.isEmpty }

        subscript(direction: Direction) -> Lane {
            get { direction == .send ? sends : receives }
            set { if direction == .send { sends = newValue } else { receives = newValue } }
        }
    }

    private enum Attempt { case finished(Outcome), progress, blocked }

    private enum Step { case idle, again, wait, stale }

    /// More may not wait in one direction.
    private static let limit = 1024
    /// Calls on end for one descriptor, before others have their turn.
    private static let callsPerStep = 16

    private static let queues = Mutex<[Int32: DescriptorQueue]>([:])

    private let number: Int32
    private let identity: FileIdentity
    private let handle: SocketHandle
    private let state = Mutex(State())

    private init(_ number: Int32, _ identity: FileIdentity) throws(Errno) {
        self.number = number
        self.identity = identity
        handle = SocketHandle(try Descriptor.copy(of: number, identity), isCopy: true)
    }

    private var isCurrent: Bool { (try? FileIdentity(number)) == identity }

    // MARK: The queues by number

    /// Begins a transfer after those of its direction that wait already. `completion` must not wait for anything.
    package static func begin(
        _ direction: Direction, on number: Int32, _ buffers: ProgramBuffers, peeks: Bool = false,
        completion: @escaping @Sendable (Outcome) -> Void
    ) -> Beginning {
        let transfer = Transfer(buffers: buffers, peeks: peeks, completion: completion)
        do throws(Errno) {
            while true {
                let queue = try find(number)
                // One that has retired since is taken out of the table, so the next round finds another.
                if let beginning = try queue.begin(direction, transfer) { return beginning }
            }
        } catch {
            return .finished(.failed(errno: error.code))
        }
    }

    /// Ends what waits for this number, before it is closed. The program's memory is its own again when this returns.
    package static func abort(_ number: Int32) {
        queues.withLock { $0.removeValue(forKey: number) }?.abort()
    }

    /// Ends everything.
    package static func abortAll() {
        let all = queues.withLock { queues in
            defer { queues = [:] }
            return Array(queues.values)
        }
        for queue in all { queue.abort() }
    }

    /// Has the sending direction closed after the sends that wait; false when none do.
    package static func endSending(_ number: Int32) -> Bool {
        guard let queue = queues.withLock({ $0[number] }), queue.isCurrent else { return false }
        return queue.state.withLock { state in
            if state.sends.transfers.isEmpty { return false }
            state.endsSending = true
            return true
        }
    }

    private static func find(_ number: Int32) throws(Errno) -> DescriptorQueue {
        let identity = try FileIdentity(number)
        let (queue, stale) = try queues.withLock { queues throws(Errno) -> (DescriptorQueue, DescriptorQueue?) in
            let known = queues[number]
            if let known, known.identity == identity { return (known, nil) }
            let queue = try DescriptorQueue(number, identity)
            queues[number] = queue
            return (queue, known)
        }
        stale?.abort()
        return queue
    }

    private func forget() {
        Self.queues.withLock { queues in
            if queues[number] === self { queues[number] = nil }
        }
    }

    // MARK: Transfers

    /// Nil when the queue has retired.
    private func begin(_ direction: Direction, _ transfer: Transfer) throws(Errno) -> Beginning? {
        let (result, isOver) = state.withLock { state -> (Result<Beginning?, Errno>, Bool) in
            guard !state.isRetired else { return (.success(nil), true) }
            let result = enqueue(direction, transfer, &state)
            if state.isEmpty { state.isRetired = true }
            return (result, state.isRetired)
        }
        if isOver { forget() }
        return try result.get()
    }

    private func enqueue(
        _ direction: Direction, _ transfer: Transfer, _ state: inout State
    ) -> Result<Beginning?, Errno> {
        if direction == .send && state.endsSending { return .failure(.brokenPipe) }
        guard state[direction].transfers.count < Self.limit else { return .failure(.noBuffers) }
        var transfer = transfer
        if state[direction].transfers.isEmpty {
            var calls = 0
            attempts: while calls < Self.callsPerStep {
                switch attempt(direction, &transfer) {
                case .finished(let outcome): return .success(.finished(outcome))
                case .progress: calls += 1
                case .blocked: break attempts
                }
            }
        }
        do throws(Errno) {
            // While there is somebody to tell.
            try handle.register(with: Reactor.shared())
        } catch {
            return .failure(error)
        }
        state[direction].transfers.append(transfer)
        if !state[direction].isServed {
            state[direction].isServed = true
            Task { await serve(direction) }
        }
        return .success(.pending)
    }

    /// One call to the system, which does not wait.
    private func attempt(_ direction: Direction, _ transfer: inout Transfer) -> Attempt {
        do throws(Errno) {
            switch direction {
            case .send:
                if transfer.buffers.isEmpty { return .finished(.moved(transfer.moved)) }
                guard case .count(let count) = try handle.descriptor.send(&transfer.buffers) else { return .blocked }
                transfer.moved += count
                return transfer.buffers.isEmpty ? .finished(.moved(transfer.moved)) : .progress
            case .receive:
                let hasRoom = !transfer.buffers.isEmpty
                let result =
                    hasRoom
                    ? try handle.descriptor.receive(&transfer.buffers, peeks: transfer.peeks)
                    : try handle.descriptor.look()
                switch result {
                case .count(let count): return .finished(.moved(hasRoom ? count : 0))
                case .endOfFile: return .finished(.endOfData)
                case .wouldBlock: return .blocked
                }
            }
        } catch {
            return .finished(.failed(errno: error.code))
        }
    }

    /// Looks after one direction until nothing waits in it.
    private func serve(_ direction: Direction) async {
        while true {
            let tick = handle.source.tick
            switch step(direction) {
            case .idle: return
            case .stale: return abort()
            case .again: await Task.yield()
            case .wait:
                let wait = Wait(
                    readiness: direction == .send ? .write : .read, deadline: .never, source: handle.source,
                    handle: handle, tick: tick)
                // The handle is registered already, so nothing can go wrong here but the process's own end.
                guard (try? await wait.park(until: .never)) != nil else { return abort() }
            }
        }
    }

    private func step(_ direction: Direction) -> Step {
        let (step, isOver) = state.withLock { state -> (Step, Bool) in
            let step = advance(direction, &state)
            if step == .idle { state[direction].isServed = false }
            if state.isEmpty { state.isRetired = true }
            return (step, state.isRetired)
        }
        if isOver { forget() }
        return step
    }

    /// Completions come under the lock: in the order of the transfers, and before ``abort()`` returns.
    private func advance(_ direction: Direction, _ state: inout State) -> Step {
        var calls = 0
        while var transfer = state[direction].transfers.first {
            guard calls < Self.callsPerStep else { return .again }
            calls += 1
            guard isCurrent else { return .stale }
            switch attempt(direction, &transfer) {
            case .finished(let outcome):
                state[direction].transfers.removeFirst()
                transfer.completion(outcome)
            case .progress: state[direction].transfers[0] = transfer
            case .blocked: return .wait
            }
        }
        if direction == .send && state.endsSending { handle.descriptor.shutdownSending() }
        return .idle
    }

    private func abort() {
        state.withLock { state in
            for transfer in state.sends.transfers + state.receives.transfers {
                transfer.completion(.aborted(moved: transfer.moved))
            }
            state.sends.transfers = []
            state.receives.transfers = []
            state.isRetired = true
        }
        forget()
        // Who serves a direction finds nothing left, and lets the descriptor go.
        handle.source.signal([.read, .write])
    }
}
