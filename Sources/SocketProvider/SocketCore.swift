// SocketCore.swift — the one machine behind the blocking, the non-blocking and the asynchronous front.
// RFC 8446 §6.1 (close_notify); RFC 9293 §3.6 (half-close).
// Next: SocketCore+Connect.swift, SocketCore+Accept.swift.

import TLS

/// What a step of the core came to.
enum Step<Value: Sendable>: Sendable {
    case done(Value)
    /// Wait, then take the same step again.
    case wait(Wait)
    /// Start this, without any lock, and give its answer to the socket; then take the same step again.
    case perform(SecurityOperation, ticket: UInt64)
}

/// Everything a socket knows, and every step it can take.
///
/// No step blocks. Each tries what it can at once and otherwise says what to wait for; the fronts differ in how they wait
/// and in nothing else. The socket holds a lock during a step and none while it waits.
struct SocketCore: ~Copyable, Sendable {
    enum Phase: Sendable {
        case unconnected
        case resolving
        case connecting
        case handshaking
        case open
        case failed(SocketError)
        case closed
    }

    /// How far the sending direction is closed.
    enum Sending: Sendable {
        case open
        /// The farewell is in the output; FIN follows when the output is empty.
        case closing
        case finished
    }

    /// The answer of an operation that was started.
    enum Mailbox: Sendable {
        case empty
        case waiting(ticket: UInt64)
        case answered(any Sendable)
    }

    /// Which end the socket is, and what it was made with.
    enum Role: Sendable {
        case client(ConfiguredProvider)
        case server(ConfiguredServer)

        var provider: Provider {
            switch self {
            case .client(let configured): configured.provider
            case .server(let configured): configured.provider
            }
        }
    }

    var phase = Phase.unconnected
    var role: Role
    var timeouts: Timeouts
    var endpoint: Endpoint?
    /// What was given to go out with the first flight; the context takes it over.
    var earlyData: [UInt8] = []
    var attempts = ConnectionAttempts(addresses: [], deadline: .never)
    var connectDeadline = Deadline.never
    var handshakeDeadline = Deadline.never
    /// What the peer may still send before the handshake is done.
    var handshakeAllowance = Int.max
    /// The place among the handshakes of a listener; given back when the handshake is done or the descriptor closed.
    var admission: Admission?

    var handle: SocketHandle?
    var context: (any SecurityContext & ~Copyable)?
    var input = ReceiveBuffer()
    var output = SendBuffer()
    /// Data handed out by the context and not taken by the application yet.
    var plaintext = 0..<0
    /// Data that came before the handshake was done; it is handed out first.
    var earlyPlaintext: ArraySlice<UInt8> = []
    /// The peer announced its end.
    var hasReceivedEnd = false
    var sending = Sending.open
    /// The transport takes no more; what it still delivers can be read.
    var sendFailure: SocketError?

    /// Somebody is in the middle of a receive or a send that waits.
    var isReceiving = false
    var isSending = false

    var mailbox = Mailbox.empty
    var lastTicket: UInt64 = 0
    let mailboxSource: ReadinessSource
    var notify: (@Sendable () -> Void)?

    /// When a failed socket stops waiting for its alert to get through, or a closing one for its farewell.
    var farewellDeadline = Deadline.never
    var hasShutDown = false
    /// What the context knew when it went.
    var lastInformation: (any SecurityInformation)?
    var peerAddress: SocketAddress?
    var localAddress: SocketAddress?

    /// The tick of the handle's source at the beginning of the step.
    private var tick: UInt64 = 0

    init(_ configured: ConfiguredProvider, mailboxSource: ReadinessSource) {
        role = .client(configured)
        timeouts = configured.options.timeouts
        self.mailboxSource = mailboxSource
    }

    /// Begins a step: edges from here on are news.
    mutating func beginStep() {
        tick = handle?.source.tick ?? 0
    }

    /// Makes `handle` the socket; all its edges are news.
    mutating func install(_ handle: SocketHandle) {
        self.handle = handle
        tick = 0
    }

    /// What to wait for on the descriptor.
    func wait(for readiness: Readiness, until deadline: Deadline = .never) throws(SocketError) -> Wait {
        guard let handle else { throw .closed }
        return Wait(readiness: readiness, deadline: deadline, source: handle.source, handle: handle, tick: tick)
    }
}

// MARK: - Octets in and out

extension SocketCore {
    /// How much room is offered to the kernel at least: half a record, so that a record takes two calls at most.
    private static let readSize = 8 * 1024

    /// Reads what the kernel has into the input.
    mutating func fillInput() throws(SocketError) -> IOResult {
        guard let handle else { throw .closed }
        var result = IOResult.wouldBlock
        do throws(Errno) {
            try input.fill(atLeast: Self.readSize) { room throws(Errno) in
                result = try handle.descriptor.receive(into: &room)
                return if case .count(let count) = result { count } else { 0 }
            }
        } catch {
            throw SocketError(error, during: .receive, with: peerAddress)
        }
        return result
    }

    /// Hands the output to the kernel; answers whether all of it went.
    ///
    /// A transport that takes nothing any more is noted, not thrown: what the peer said before it left can still be read,
    /// and is a better explanation than a reset.
    mutating func flush() -> Bool {
        while output.pendingCount > 0 {
            guard sendFailure == nil, let handle, !hasShutDown else {
                output.discard(output.pendingCount)
                break
            }
            do throws(Errno) {
                guard case .count(let count) = try handle.descriptor.send(output.pending) else { return false }
                output.discard(count)
            } catch {
                sendFailure = SocketError(error, during: .send, with: peerAddress)
            }
        }
        if case .closing = sending { finishSending() }
        return true
    }

    private mutating func finishSending() {
        sending = .finished
        shutdownSending()
    }

    mutating func shutdownSending() {
        guard !hasShutDown else { return }
        hasShutDown = true
        handle?.descriptor.shutdownSending()
    }

    /// Gives the buffers' memory back when they are empty.
    mutating func releaseIdleMemory() {
        guard plaintext.isEmpty else { return }
        input.releaseIfEmpty()
        output.releaseIfEmpty()
    }
}

// MARK: - Operations that answer later

extension SocketCore {
    /// A name for the answer that is expected next.
    mutating func openMailbox() -> UInt64 {
        lastTicket += 1
        mailbox = .waiting(ticket: lastTicket)
        return lastTicket
    }

    /// Takes the answer out of the mailbox.
    mutating func takeAnswer() -> (any Sendable)? {
        guard case .answered(let answer) = mailbox else { return nil }
        mailbox = .empty
        return answer
    }

    /// Puts an answer in; false when nobody waits for it any more.
    mutating func deliver(_ answer: any Sendable, ticket: UInt64) -> Bool {
        guard case .waiting(ticket) = mailbox else { return false }
        mailbox = .answered(answer)
        return true
    }

    /// What to wait for while the mailbox is empty.
    func waitForAnswer(until deadline: Deadline) -> Wait {
        // The tick is read under the lock that a delivery takes before it signals, so no answer falls between.
        Wait(
            readiness: .answer, deadline: deadline, source: mailboxSource, handle: nil, tick: mailboxSource.tick)
    }
}
