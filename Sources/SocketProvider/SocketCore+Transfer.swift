// SocketCore+Transfer.swift — receive, send, close one direction, renew keys.
// RFC 8446 §5, §6.1; RFC 9293 §3.6.
// Next: SocketCore+Close.swift.

import TLS

extension SocketCore {
    /// As much data as is sealed before the kernel is asked to take it: two full records.
    private static let sendChunk = 32 * 1024

    /// Throws unless data can move.
    func checkOpen() throws(SocketError) {
        switch phase {
        case .open: return
        case .failed(let error): throw error
        case .closed: throw .closed
        case .unconnected, .resolving, .connecting, .handshaking: throw .notConnected
        }
    }

    // MARK: Receive

    /// Waits for data and answers how much there is; 0 means that the peer has ended, and said so in a way nobody else could
    /// have. Nothing is moved, so that who waits for long needs no room yet.
    mutating func awaitData(resuming: Bool, at now: Deadline.Instant) throws(SocketError) -> Step<Int> {
        beginStep()
        try checkOpen()
        if isReceiving && !resuming { throw .operationInProgress(.receive) }
        isReceiving = false
        // Each round takes input, changes the context's state, or returns.
        while true {
            if !earlyPlaintext.isEmpty { return .done(earlyPlaintext.count) }
            if !plaintext.isEmpty { return .done(plaintext.count) }
            if hasReceivedEnd { return .done(0) }
            if let step = try receiveMore(at: now) {
                isReceiving = true
                return step
            }
        }
    }

    /// Moves received data into `bytes`; 0 means what it means to ``awaitData(resuming:at:)``.
    mutating func receive(
        into bytes: inout MutableSpan<UInt8>, resuming: Bool, at now: Deadline.Instant
    ) throws(SocketError) -> Step<Int> {
        try checkOpen()
        // With no room, nothing could be told from the end of the data.
        guard !bytes.isEmpty else { throw .invalidArgument("an empty buffer cannot receive") }
        let step = try awaitData(resuming: resuming, at: now)
        guard case .done(let available) = step, available > 0 else { return step }
        if !earlyPlaintext.isEmpty { return .done(takeEarlyPlaintext(into: &bytes)) }
        let count = takePlaintext(into: &bytes)
        _ = flush()
        return .done(count)
    }

    private mutating func takePlaintext(into bytes: inout MutableSpan<UInt8>) -> Int {
        let count = min(bytes.count, plaintext.count)
        let taken = plaintext.lowerBound..<plaintext.lowerBound + count
        bytes.copy(input.bytes(in: taken), at: 0)
        plaintext = taken.upperBound..<plaintext.upperBound
        return count
    }

    private mutating func takeEarlyPlaintext(into bytes: inout MutableSpan<UInt8>) -> Int {
        let count = min(bytes.count, earlyPlaintext.count)
        bytes.copy(earlyPlaintext.span.extracting(first: count), at: 0)
        earlyPlaintext.removeFirst(count)
        // The octets of a slice stay until all of it is let go.
        if earlyPlaintext.isEmpty { earlyPlaintext = [] }
        return count
    }

    /// Lets the context work on the input, and reads more; nil when something came of it.
    private mutating func receiveMore(at now: Deadline.Instant) throws(SocketError) -> Step<Int>? {
        do throws(SocketError) {
            if case .waiting = mailbox { return .wait(waitForAnswer(until: .never)) }
            if let answer = takeAnswer() { try context?.resume(answer, into: &output) }
            switch try context?.receive(&input, into: &output) ?? .needsInput {
            case .applicationData(let range): plaintext = range
            case .peerClosed: hasReceivedEnd = true
            case .established, .earlyData: break
            case .wants(let operation): return .perform(operation, ticket: openMailbox())
            case .needsInput:
                // Receiving can have produced output: the answer to a key update must not wait for the next send.
                let isFlushed = flush()
                switch try fillInput() {
                case .count: break
                case .wouldBlock: return .wait(try wait(for: isFlushed ? .read : [.read, .write]))
                case .endOfFile:
                    try context?.receiveEndOfFile()
                    hasReceivedEnd = true
                }
            }
            return nil
        } catch {
            throw fail(error, at: now)
        }
    }

    // MARK: Send

    /// Protects `bytes` from `offset` on and hands them to the kernel; `offset` tells how far it came.
    mutating func send(
        _ bytes: Span<UInt8>, from offset: inout Int, resuming: Bool, at now: Deadline.Instant
    ) throws(SocketError) -> Step<Void> {
        beginStep()
        try checkOpen()
        guard case .open = sending else { throw .closedForSending }
        if isSending && !resuming { throw .operationInProgress(.send) }
        isSending = false
        // Each round sends at least one octet or returns.
        while true {
            let isFlushed = flush()
            if let sendFailure { throw explain(sendFailure, at: now) }
            guard isFlushed else {
                isSending = true
                return .wait(try wait(for: .write))
            }
            guard offset < bytes.count else { return .done(()) }
            let end = min(bytes.count, offset + Self.sendChunk)
            do throws(SocketError) {
                try context?.send(bytes.extracting(offset..<end), into: &output)
            } catch {
                throw fail(error, at: now)
            }
            offset = end
        }
    }

    /// Hands pending output to the kernel.
    mutating func flushOutput(at now: Deadline.Instant) throws(SocketError) -> Step<Void> {
        beginStep()
        try checkOpen()
        let isFlushed = flush()
        if let sendFailure { throw explain(sendFailure, at: now) }
        return isFlushed ? .done(()) : .wait(try wait(for: .write))
    }

    /// A peer that refuses us often says why and closes; what it said is a better answer than the reset that our next
    /// octets ran into. Data for the application is left alone: it can still be received.
    private mutating func explain(_ failure: SocketError, at now: Deadline.Instant) -> SocketError {
        for _ in 0..<64 where plaintext.isEmpty && !hasReceivedEnd {
            do throws(SocketError) {
                if case .waiting = mailbox { return failure }
                switch try context?.receive(&input, into: &output) ?? .needsInput {
                case .applicationData(let range): plaintext = range
                case .peerClosed: hasReceivedEnd = true
                case .established, .earlyData: break
                case .wants: return failure
                case .needsInput:
                    guard let result = try? fillInput(), case .count = result else { return failure }
                }
            } catch {
                return fail(error, at: now)
            }
        }
        return failure
    }

    // MARK: Half-close and key update

    /// Says farewell and sends FIN; receiving goes on.
    mutating func closeSending(at now: Deadline.Instant) throws(SocketError) -> Step<Void> {
        try checkOpen()
        if case .open = sending {
            if isSending { throw .operationInProgress(.send) }
            sending = .closing
            context?.closeSending(into: &output)
        }
        return try flushOutput(at: now)
    }

    /// Renews the sending key.
    mutating func updateKeys(requestPeer: Bool, at now: Deadline.Instant) throws(SocketError) -> Step<Void> {
        try checkOpen()
        guard case .open = sending else { throw .closedForSending }
        do throws(SocketError) {
            try context?.updateKeys(requestPeer: requestPeer, into: &output)
        } catch {
            // A package that has no key updates is not broken by being asked for one.
            if case .unsupported = error { throw error }
            throw fail(error, at: now)
        }
        return try flushOutput(at: now)
    }
}
