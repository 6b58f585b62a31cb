// BogoConnection.swift — one connection of a test: the wire, the handshake, the checks and the exchange.
// Next: BogoConnection+Exchange.swift.

import TLS

/// A `TLSConnection` over the runner's wire. Used by one thread.
struct BogoConnection: ~Copyable {
    /// The flags in force: those for the retry once the server has refused early data.
    var flags: BogoFlags
    let retry: BogoFlags
    let isResumption: Bool
    let state: BogoState
    let credentials: BogoCredentials
    let socket: BogoSocket
    var tls: TLSConnection
    var input = ReceiveBuffer()
    var output: SendBuffer
    /// Octets from the wire that the connection has not been given yet.
    private var arrived: ArraySlice<UInt8> = []
    /// Output is held back: a write is to stay unfinished.
    var isHolding = false
    /// The peer sent close_notify.
    var isPeerClosed = false
    /// What was given to the connection at its start.
    let earlyData: [UInt8]

    static let firstWrite = Array("hello".utf8)

    init(
        _ flags: BogoFlags, retry: BogoFlags, isResumption: Bool, state: BogoState
    ) throws(BogoFailure) {
        let credentials = try BogoCredentials(flags, state.provider)
        _ = state.sessions.takeReceived()
        var first = SendBuffer()
        let earlyData =
            flags.isServer ? [] : BogoClient.earlyData(flags, isResumption: isResumption, state: state)
        let tls: TLSConnection
        if flags.isServer {
            tls = try BogoServer.start(flags, credentials, state: state)
        } else {
            tls = try BogoClient.start(
                flags, retry: retry, credentials, earlyData: earlyData, state: state, into: &first)
        }
        let socket = try BogoSocket(port: flags.port)
        if let identifier = flags.shimID {
            try socket.send((0..<8).map { UInt8(truncatingIfNeeded: identifier >> (8 * $0)) })
        }
        self.flags = flags
        self.retry = retry
        self.isResumption = isResumption
        self.state = state
        self.credentials = credentials
        self.socket = socket
        self.tls = tls
        output = first
        self.earlyData = earlyData
    }

    mutating func run() throws(BogoFailure) {
        do throws(BogoFailure) {
            if flags.leavesWriteUnfinished, isResumption, flags.allowsEarlyData { try leaveEarlyWriteUnfinished() }
            try shakeHands()
            try exchange()
            try end()
        } catch {
            socket.leave()
            throw error
        }
        socket.leave()
    }

    private mutating func shakeHands() throws(BogoFailure) {
        while true {
            let event = try nextEvent()
            if case .earlyData(let range)? = event {
                try echo(range)
                continue
            }
            guard case .handshakeComplete? = event else { throw .failed("the handshake did not end") }
            break
        }
        guard !flags.expectsNoHandshake else { throw .failed("the handshake was completed") }
        isHolding = false
        try checkHandshake()
    }

    /// The first flight with early data goes out but for the end of that: the write is unfinished until the server has
    /// answered.
    mutating func leaveEarlyWriteUnfinished() throws(BogoFailure) {
        try write(max(0, output.pendingCount - BogoConnection.firstWrite.count))
        isHolding = true
    }

    // MARK: The wire

    /// The next event that is not a question; nil at the end of the stream.
    mutating func nextEvent() throws(BogoFailure) -> ReceiveEvent? {
        while true {
            try flush()
            let event: ReceiveEvent
            do throws(TLSError) { event = try tls.receive(&input, into: &output) } catch { throw fail(error) }
            switch event {
            case .needsInput:
                try flush()
                guard try feed() else { return nil }
            case .wants(let operation):
                try answer(operation)
            default:
                try flush()
                return event
            }
        }
    }

    /// Gives the connection what came; one octet at a time when the test is about waiting. False at the end.
    private mutating func feed() throws(BogoFailure) -> Bool {
        if arrived.isEmpty { arrived = try socket.receive()[...] }
        guard !arrived.isEmpty else {
            do throws(TLSError) { try tls.receiveEndOfFile() } catch {
                // An end without close_notify is an end for this suite, but not in the handshake.
                guard error.isTruncation, tls.isHandshakeComplete else { throw fail(error) }
            }
            return false
        }
        let piece = Array(flags.isAsynchronous ? arrived.prefix(1) : arrived)
        arrived = arrived.dropFirst(piece.count)
        input.append(piece.span)
        return true
    }

    private mutating func answer(_ operation: PendingOperation) throws(BogoFailure) {
        let answer: OperationAnswer
        switch operation {
        case .verifyPeer(let request):
            let inForce = flags.expectsEarlyDataRejected ? retry : flags
            answer =
                BogoVerification.accepts(inForce, request, state.clock)
                ? .peerAccepted : .peerRejected(reason: "-verify-fail", alert: inForce.rejection)
        case .sign(let request):
            answer = .signature(try credentials.sign(request, tls.info))
        case .chooseCredentials:
            if let refusal = flags.refusal { throw abort(refusal) }
            answer = .credentials(credentials.offered)
        case .answerCertificateRequest: answer = .credentials(credentials.own.map { [$0] } ?? [])
        case .decrypt: throw .failed("no key of the shim's decrypts outside the process")
        }
        do throws(TLSError) { try tls.resume(answer, into: &output) } catch { throw fail(error) }
    }

    /// The application gives the connection up.
    mutating func abort(_ alert: AlertDescription) -> BogoFailure {
        do throws(TLSError) { try tls.abort(alert, into: &output) } catch { return fail(error) }
        isHolding = false
        if (try? flush()) == nil { return .failed("\(alert) could not be sent") }
        return .failed("the application gave the connection up: \(alert)")
    }

    /// Hands the output to the wire.
    mutating func flush() throws(BogoFailure) {
        guard !isHolding, output.pendingCount > 0 else { return }
        try write(output.pendingCount)
    }

    mutating func write(_ count: Int) throws(BogoFailure) {
        let octets = [UInt8](copying: output.pending.extracting(first: count))
        output.discard(count)
        try socket.send(octets)
    }

    /// The connection failed: the alert goes out, and the error becomes the runner's.
    mutating func fail(_ error: TLSError) -> BogoFailure {
        isHolding = false
        if (try? flush()) == nil { return .failed("\(error); the alert could not be sent") }
        return .failed(BogoErrorMap.text(for: error))
    }
}
