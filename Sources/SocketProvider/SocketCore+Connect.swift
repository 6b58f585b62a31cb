// SocketCore+Connect.swift — name, address, TCP, handshake.
// RFC 8305 §4, §5 (addresses in turn); RFC 9293 §3.10.1 (OPEN).
// Next: SocketCore+Accept.swift.

import TLS

extension SocketCore {
    /// Starts to connect; ``connect(at:)`` goes on.
    mutating func beginConnecting(
        to endpoint: Endpoint, earlyData: [UInt8] = [], at now: Deadline.Instant
    ) throws(SocketError) {
        switch phase {
        case .unconnected: break
        case .failed(let error): throw error
        case .closed: throw .closed
        case .resolving, .connecting, .handshaking, .open: throw .alreadyConnected
        }
        let families = role.provider.addressFamilies
        connectDeadline = Deadline(timeouts.connect, from: now)
        switch endpoint {
        case .address(let address):
            try begin(at: address, families)
        case .name(let host, let port):
            if let address = SocketAddress(host, port: port) {
                try begin(at: address, families)
            } else {
                guard !host.isEmpty, !host.utf8.contains(0) else {
                    throw .invalidArgument("a host name cannot be empty or hold a NUL")
                }
                phase = .resolving
            }
        }
        self.endpoint = endpoint
        self.earlyData = earlyData
    }

    private mutating func begin(at address: SocketAddress, _ families: Set<AddressFamily>) throws(SocketError) {
        guard families.contains(address.family) else {
            throw .invalidArgument("\(address) is not an address of the selected family")
        }
        attempts = ConnectionAttempts(addresses: [address], deadline: connectDeadline)
        phase = .connecting
    }

    /// Goes on connecting until the handshake is done.
    mutating func connect(at now: Deadline.Instant) throws(SocketError) -> Step<Void> {
        beginStep()
        // Each round moves to a later phase or returns.
        while true {
            switch phase {
            case .unconnected: throw .notConnected
            case .resolving: if let step = try resolve(at: now) { return step }
            case .connecting: if let step = try connectTransport(at: now) { return step }
            case .handshaking: return try handshake(at: now)
            case .open: return .done(())
            case .failed(let error): throw error
            case .closed: throw .closed
            }
        }
    }

    // MARK: Resolution

    private mutating func resolve(at now: Deadline.Instant) throws(SocketError) -> Step<Void>? {
        guard case .name(let host, let port) = endpoint else { throw .notConnected }
        if case .empty = mailbox {
            let families = role.provider.addressFamilies
            let lookup = SecurityOperation { reply in
                NameResolution.shared.resolve(host, port: port, families: families) { reply($0) }
            }
            return .perform(lookup, ticket: openMailbox())
        }
        guard let answer = takeAnswer() else {
            try check(connectDeadline, .resolution, at: now)
            return .wait(waitForAnswer(until: connectDeadline))
        }
        switch answer as? NameResolution.Outcome {
        case .success(let addresses):
            attempts = ConnectionAttempts(addresses: addresses, deadline: connectDeadline)
            phase = .connecting
            return nil
        case .failure(let error):
            throw fail(error, at: now)
        case nil:
            throw fail(.invalidArgument("an answer that is no list of addresses"), at: now)
        }
    }

    // MARK: TCP

    /// Tries one address after another; nil when one answered and the handshake can begin.
    private mutating func connectTransport(at now: Deadline.Instant) throws(SocketError) -> Step<Void>? {
        // Each round ends an attempt, and attempts are finite.
        while true {
            guard let address = currentAttempt(at: now), let handle else {
                throw fail(attempts.failures.last?.error ?? .timedOut(.connect), at: now)
            }
            let result: ConnectResult
            do throws(Errno) {
                result = try handle.descriptor.connect(to: address)
            } catch {
                giveUpAttempt(SocketError(error, during: .connect, with: address))
                continue
            }
            switch result {
            case .connected where handle.descriptor.localAddress == address:
                // Two ends of one loopback port that nobody listens on can meet; there is nobody to talk to.
                giveUpAttempt(SocketError(.connectionRefused, during: .connect, with: address))
            case .connected:
                try beginHandshake(with: address, on: handle, at: now)
                return nil
            case .inProgress:
                guard attempts.attemptDeadline.isPast(at: now) else {
                    return .wait(try wait(for: .write, until: attempts.attemptDeadline))
                }
                giveUpAttempt(.timedOut(.connect))
            }
        }
    }

    private mutating func giveUpAttempt(_ error: SocketError) {
        attempts.fail(error)
        handle = nil
    }

    /// The address being tried, or the next one with a socket for it; nil when none is left.
    private mutating func currentAttempt(at now: Deadline.Instant) -> SocketAddress? {
        if handle != nil { return attempts.current }
        while let address = attempts.next(at: now) {
            do throws(Errno) {
                install(SocketHandle(try Descriptor.stream(address.family)))
                return address
            } catch {
                attempts.fail(SocketError(error, during: .connect, with: address))
            }
        }
        return nil
    }

    mutating func beginHandshake(
        with address: SocketAddress, on handle: SocketHandle, at now: Deadline.Instant
    ) throws(SocketError) {
        peerAddress = address
        localAddress = handle.descriptor.localAddress
        guard case .client(let configured) = role else { throw fail(.alreadyConnected, at: now) }
        let name = nameToProve(by: address, configured.options)
        let target = PeerTarget(name: name, address: address)
        do throws(SocketError) {
            context = try configured.credentials.makeContext(for: target, earlyData: earlyData, into: &output)
            earlyData = []
        } catch {
            throw fail(error, at: now)
        }
        handshakeDeadline = Deadline(timeouts.handshake, from: now)
        phase = .handshaking
    }

    /// The name set, else the name connected to, else the address: there is always something to prove.
    private func nameToProve(by address: SocketAddress, _ options: ClientOptions) -> String {
        if let name = options.peerName { return name }
        if case .name(let host, let port) = endpoint, SocketAddress(host, port: port) == nil { return host }
        return address.host
    }

    // MARK: Handshake

    private mutating func handshake(at now: Deadline.Instant) throws(SocketError) -> Step<Void> {
        // Each round takes input, changes the context's state, or returns.
        while true {
            let isFlushed = flush()
            if context?.isEstablished ?? false {
                if isFlushed {
                    phase = .open
                    admission = nil
                    return .done(())
                }
                return try waitToFinishFlight(at: now)
            }
            switch try handshakeEvent(at: now) {
            case .established, .applicationData: continue
            case .earlyData(let range): keepEarlyData(range)
            case .peerClosed: throw fail(.truncated(closedInHandshake), at: now)
            case .wants(let operation): return .perform(operation, ticket: openMailbox())
            case nil:
                try check(handshakeDeadline, .handshake, at: now)
                return .wait(waitForAnswer(until: handshakeDeadline))
            case .needsInput:
                // An answer can have been all that was missing.
                if context?.isEstablished ?? false { continue }
                // What the context wants to say goes first: the peer may be waiting for it.
                let isFlushed = flush()
                if try readForHandshake(at: now) {
                    // A peer that never pauses does not get more time than one that does.
                    try check(handshakeDeadline, .handshake, at: .now)
                    continue
                }
                try check(handshakeDeadline, .handshake, at: now)
                // Reading goes on while writing waits: a peer that writes as well could otherwise wait for us for ever.
                return .wait(try wait(for: isFlushed ? .read : [.read, .write], until: handshakeDeadline))
            }
        }
    }

    /// Lets the context work; nil when it waits for an answer that is not there yet.
    private mutating func handshakeEvent(at now: Deadline.Instant) throws(SocketError) -> SecurityEvent? {
        do throws(SocketError) {
            if case .waiting = mailbox { return nil }
            if let answer = takeAnswer() { try context?.resume(answer, into: &output) }
            let event = try context?.receive(&input, into: &output)
            if case .applicationData(let range) = event { plaintext = range }
            return event ?? .needsInput
        } catch {
            throw fail(error, at: now)
        }
    }

    /// Reads more of the handshake; false when there is nothing yet.
    private mutating func readForHandshake(at now: Deadline.Instant) throws(SocketError) -> Bool {
        do throws(SocketError) {
            switch try fillInput() {
            case .count(let count):
                handshakeAllowance -= count
                if handshakeAllowance < 0 { throw handshakeTooLong }
                return true
            case .wouldBlock: return false
            case .endOfFile: throw .truncated(closedInHandshake)
            }
        } catch {
            // The context forgets what it offered: perhaps the peer cannot bear the session. What went wrong is known better
            // here.
            try? context?.receiveEndOfFile()
            throw fail(error, at: now)
        }
    }

    /// How much is read ahead of the handshake's end, while its last flight goes out.
    private static let readAhead = 256 * 1024

    private mutating func waitToFinishFlight(at now: Deadline.Instant) throws(SocketError) -> Step<Void> {
        while plaintext.isEmpty && input.unread < min(Self.readAhead, handshakeAllowance) {
            do throws(SocketError) {
                switch try fillInput() {
                case .count: continue
                case .wouldBlock:
                    try check(handshakeDeadline, .handshake, at: now)
                    return .wait(try wait(for: [.read, .write], until: handshakeDeadline))
                case .endOfFile: break
                }
            } catch {
                throw fail(error, at: now)
            }
            break
        }
        try check(handshakeDeadline, .handshake, at: now)
        return .wait(try wait(for: .write, until: handshakeDeadline))
    }

    private mutating func check(
        _ deadline: Deadline, _ phase: SocketError.Phase, at now: Deadline.Instant
    ) throws(SocketError) {
        if deadline.isPast(at: now) { throw fail(.timedOut(phase), at: now) }
    }

    private var closedInHandshake: Decision {
        let advice =
            switch role {
            case .client:
                "look at the server's log; a server that wants another protocol or version may answer like this"
            case .server:
                "look at the client's messages: it may not trust the certificate, or may only have looked for the port"
            }
        return Decision(
            .transport, .refused, subject: "the handshake", expected: "the peer's next message",
            found: "the end of the connection", rule: "the peer closed the connection before the handshake was done",
            section: "RFC 8446 §6.1", advice: advice)
    }
}
