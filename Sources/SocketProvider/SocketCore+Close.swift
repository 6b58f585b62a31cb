// SocketCore+Close.swift — how a socket ends: by its owner, or by a failure.
// RFC 8446 §6.1, §6.2 (close_notify, fatal alerts); RFC 1122 §4.2.2.13 (why unread data makes TCP send a reset).
// Next: SecureSocket.swift.

import TLS

extension SocketCore {
    /// How long a failed socket waits for the peer to take its alert in.
    private static let alertTime = Duration.milliseconds(500)

    /// As much as is read and thrown away of a peer that goes on talking.
    private static let mostDrained = 1024 * 1024

    /// Makes `error` the end of the socket. What the context has put into the output, an alert, can still go out: the
    /// fronts take ``farewell(at:)`` next.
    mutating func fail(_ error: SocketError, at now: Deadline.Instant) -> SocketError {
        let hasAlert = error.comesFromPackage && output.pendingCount > 0 && sendFailure == nil
        endContext()
        phase = .failed(error)
        farewellDeadline = Deadline(min(Self.alertTime, timeouts.close), from: now)
        if !hasAlert { drop() }
        return error
    }

    /// Ends the socket on its owner's wish. An open connection takes leave: ``farewell(at:)``.
    mutating func close(at now: Deadline.Instant) {
        switch phase {
        case .open:
            if case .open = sending {
                sending = .closing
                context?.closeSending(into: &output)
            }
            farewellDeadline = Deadline(timeouts.close, from: now)
            phase = .closed
            endContext()
        case .unconnected, .resolving, .connecting, .handshaking:
            // Nothing was agreed on that would have to be ended in order.
            phase = .closed
            endContext()
            drop()
        case .failed, .closed: break
        }
    }

    /// Ends the socket without leave-taking.
    mutating func abort(_ error: SocketError) {
        switch phase {
        case .failed, .closed: break
        default: phase = .failed(error)
        }
        endContext()
        drop()
    }

    /// Gets the last octets, an alert or the farewell, to the peer, and closes the descriptor.
    ///
    /// Closing a socket with unread data makes TCP send a reset, which can overtake and destroy what was sent before
    /// (RFC 1122 §4.2.2.13). So FIN goes first, and what the peer has sent is read and thrown away; after a failure, when
    /// the last octets are an alert, until the peer has closed or a short time has passed.
    mutating func farewell(at now: Deadline.Instant) -> Step<Void> {
        beginStep()
        let waitsForPeer: Bool
        switch phase {
        case .failed: waitsForPeer = true
        case .closed: waitsForPeer = false
        default: return .done(())
        }
        guard handle != nil else { return .done(()) }
        let isTimeUp = farewellDeadline.isPast(at: now)
        if !flush() && !isTimeUp, let wait = try? wait(for: .write, until: farewellDeadline) { return .wait(wait) }
        shutdownSending()
        if drain() && waitsForPeer && !isTimeUp && sendFailure == nil,
            let wait = try? wait(for: .read, until: farewellDeadline)
        {
            return .wait(wait)
        }
        drop()
        return .done(())
    }

    /// Reads and throws away; answers whether more may come.
    private mutating func drain() -> Bool {
        var drained = 0
        while drained < Self.mostDrained {
            input.discardUnread()
            guard let result = try? fillInput() else { return false }
            switch result {
            case .count(let count): drained += count
            case .wouldBlock: return true
            case .endOfFile: return false
            }
        }
        return false
    }

    /// Keeps what the context learned and lets its secrets go.
    private mutating func endContext() {
        if let information = context?.information { lastInformation = information }
        context = nil
        plaintext = 0..<0
        earlyPlaintext = []
        mailbox = .empty
        isReceiving = false
        isSending = false
    }

    /// Lets the descriptor go, and wakes those who wait on it.
    private mutating func drop() {
        handle?.descriptor.shutdownBoth()
        // epoll forgets a descriptor that is closed, its last edge included, so tasks are told here.
        handle?.source.signal([.read, .write])
        handle = nil
        admission = nil
        input.discardUnread()
        input.releaseIfEmpty()
        output.discard(output.pendingCount)
        output.releaseIfEmpty()
    }
}

extension SocketError {
    /// Whether a security package found the fault, so that it may have an alert for the peer.
    fileprivate var comesFromPackage: Bool {
        switch self {
        case .security, .package: true
        default: false
        }
    }
}
