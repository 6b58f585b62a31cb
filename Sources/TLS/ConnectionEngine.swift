// ConnectionEngine.swift — the pump: deframe, open, dispatch, carry out instructions, seal.
// RFC 8446 §4, §5, §6.
// Next: TLSConnection.swift.

internal import CryptoGlue
internal import Handshake
internal import RecordLayer
internal import WireFormat

/// The state machine's place: taken out, put back, or gone for good.
private enum Slot: ~Copyable, Sendable {
    case running(ClientHandshake)
    case failed(TLSError)
}

/// One connection without its buffers. Only here errors become `TLSError`s, and only here alerts are sent.
struct ConnectionEngine: ~Copyable, Sendable {
    private var slot: Slot
    private var output: HandshakeOutput
    private var opener: RecordOpener
    private var sealer: RecordSealer
    private var reassembler = HandshakeReassembler()
    private var floodGuard = FloodGuard()
    private let configuration: ClientConfiguration
    private var isHandshakeReported = false
    private var isPeerClosed = false
    private var isWriteClosed = false
    /// Data that was to be sent early and of which is not known yet whether it has to be sent again.
    private var earlyData: [UInt8]

    /// START: `start` makes the first flight, which is sealed into `sendBuffer`.
    init(
        _ configuration: ClientConfiguration, earlyData: [UInt8] = [], into sendBuffer: inout SendBuffer,
        start: (inout HandshakeOutput) throws(HandshakeError) -> ClientHandshake
    ) throws(TLSError) {
        var output = HandshakeOutput(reportsDecisions: configuration.reportsDecisions)
        var sealer = RecordSealer(padding: configuration.recordPadding, keyUsageLimit: configuration.keyUsageLimit)
        let client: ClientHandshake
        do throws(HandshakeError) { client = try start(&output) } catch { throw TLSError(.handshake(error)) }
        do throws(RecordError) {
            // RFC 8446 §5.1: the record of the first ClientHello says TLS 1.0, for old middleboxes.
            try ConnectionEngine.carryOut(&output, &sealer, into: &sendBuffer, legacyVersion: .tls10)
            if output.offersEarlyData { try sealer.seal(.applicationData, earlyData.span, into: &sendBuffer) }
        } catch { throw TLSError(.record(error)) }
        slot = .running(client)
        self.output = output
        self.sealer = sealer
        opener = RecordOpener(keyUsageLimit: configuration.keyUsageLimit)
        self.configuration = configuration
        self.earlyData = earlyData
    }

    var info: ConnectionInfo {
        var info = output.info
        info.decisions = output.log.decisions
        return info
    }

    var isHandshakeComplete: Bool { output.info.isHandshakeComplete }

    /// The RFC's word for the state; nil after a failure.
    var stateName: String? {
        switch slot {
        case .running(let client): client.name
        case .failed: nil
        }
    }

    // MARK: Receiving

    /// Works through `input` until the caller has to know something. Every turn of the loop uses up a message or a
    /// record, or returns.
    mutating func receive(
        _ input: inout ReceiveBuffer, into sendBuffer: inout SendBuffer
    ) throws(TLSError) -> ReceiveEvent {
        try checkNotFailed()
        do throws(TLSError) {
            let event = try pump(&input, into: &sendBuffer)
            try answerKeyUpdate(into: &sendBuffer)
            return event
        } catch {
            fail(error, into: &sendBuffer)
            throw error
        }
    }

    private mutating func pump(
        _ input: inout ReceiveBuffer, into sendBuffer: inout SendBuffer
    ) throws(TLSError) -> ReceiveEvent {
        while true {
            if isPeerClosed {
                // RFC 8446 §6.1: data after close_notify is ignored.
                input.discardUnread()
                return .peerClosed
            }
            if let operation = pendingOperation { return .wants(operation) }
            if output.info.isHandshakeComplete, !isHandshakeReported {
                isHandshakeReported = true
                reassembler.releaseIfEmpty()
                return .handshakeComplete
            }
            if let message = try nextMessage() {
                try handle(message, into: &sendBuffer)
                continue
            }
            guard let record = try nextRecord(&input) else { return .needsInput }
            if let event = try handle(record, &input) { return event }
        }
    }

    private mutating func nextMessage() throws(TLSError) -> HandshakeInput? {
        do throws(RecordError) { return try reassembler.next() } catch { throw TLSError(.record(error)) }
    }

    private mutating func nextRecord(_ input: inout ReceiveBuffer) throws(TLSError) -> OpenedRecord? {
        do throws(RecordError) {
            let record = try RecordDeframer.next(
                in: input, isProtected: opener.isProtected, isTLS12: opener.isTLS12)
            guard let record else { return nil }
            let opened = try opener.open(record, in: &input)
            input.consume(record.range.count)
            return opened
        } catch { throw TLSError(.record(error)) }
    }

    private mutating func handle(
        _ record: OpenedRecord, _ input: inout ReceiveBuffer
    ) throws(TLSError) -> ReceiveEvent? {
        do throws(RecordError) {
            // RFC 8446 §5.1: nothing comes between the fragments of a handshake message.
            if record.type != .handshake, !reassembler.isEmpty { throw .interleaved(record.type) }
            switch record.type {
            case .handshake:
                reassembler.append(input.bytes(in: record.content))
                return nil
            case .applicationData:
                // RFC 8446 §2: application data comes after the peer's Finished.
                guard output.info.isHandshakeComplete else { throw .applicationDataBeforeKeys }
                guard !record.content.isEmpty else {
                    try floodGuard.emptyRecord()
                    return nil
                }
                floodGuard.progress()
                output.info.bytesReceived += UInt64(record.content.count)
                return .applicationData(record.content)
            case .changeCipherSpec:
                // RFC 8446 §5, RFC 5246 §7.1: only before the peer's Finished.
                guard !output.info.isHandshakeComplete else { throw .changeCipherSpecUnexpected }
                if output.info.version != .tls12 {
                    try floodGuard.changeCipherSpec(input.bytes(in: record.content))
                    return nil
                }
                try ChangeCipherSpec.check(input.bytes(in: record.content))
            default:
                break
            }
        } catch { throw TLSError(.record(error)) }
        if record.type == .changeCipherSpec {
            try changeReadKey()
            return nil
        }
        return try handleAlert(record, &input)
    }

    private mutating func handleAlert(
        _ record: OpenedRecord, _ input: inout ReceiveBuffer
    ) throws(TLSError) -> ReceiveEvent? {
        let alert: Alert
        do throws(RecordError) {
            alert = try Alert.parse(input.bytes(in: record.content))
            // RFC 8446 §6.1: user_canceled announces a close_notify. RFC 5246 §7.2.2: before TLS 1.3 a warning need not end
            // the connection.
            let isWarning = alert.isWarning && output.info.version != .tls13
            if alert.description == .userCanceled || isWarning && alert.description != .closeNotify {
                try floodGuard.warningAlert()
                return nil
            }
        } catch { throw TLSError(.record(error)) }
        guard alert.description == .closeNotify else {
            throw TLSError(.alertReceived(alert.description, offered: output.info.isHandshakeComplete ? "" : offer))
        }
        guard output.info.isHandshakeComplete else { throw TLSError(.closedDuringHandshake) }
        isPeerClosed = true
        return nil
    }

    // MARK: The state machine

    private var pendingOperation: PendingOperation? {
        switch slot {
        case .running(let client): client.pendingOperation
        case .failed: nil
        }
    }

    private var owesKeyUpdate: Bool {
        switch slot {
        case .running(let client): client.owesKeyUpdate
        case .failed: false
        }
    }

    private mutating func handle(
        _ message: consuming HandshakeInput, into sendBuffer: inout SendBuffer
    ) throws(TLSError) {
        // A HelloRequest brings nothing at any time (RFC 5246 §7.4.1.1).
        if output.info.isHandshakeComplete || message.type == .helloRequest {
            do throws(RecordError) { try floodGuard.postHandshakeMessage() } catch { throw TLSError(.record(error)) }
        }
        let client = try takeClient()
        do throws(HandshakeError) {
            slot = .running(try client.receive(message, &output))
        } catch { throw TLSError(.handshake(error)) }
        limitRecordSizes()
        // RFC 8446 §6.1: nothing follows our close_notify.
        if isWriteClosed { _ = output.takeWriteInstructions() }
        try carryOut(into: &sendBuffer)
        // RFC 5246 §7.1: in TLS 1.2 a ChangeCipherSpec comes once, before Finished; RFC 8446 §5 lets others come early.
        if output.info.version == .tls12, floodGuard.hasSeenChangeCipherSpec {
            throw TLSError(.record(.changeCipherSpecUnexpected))
        }
    }

    /// RFC 8449 §4: both limits hold once the server has answered with its own.
    private mutating func limitRecordSizes() {
        guard let theirs = output.info.peerRecordSizeLimit, let ours = configuration.advertisedRecordSizeLimit else {
            return
        }
        sealer.limitPlaintext(theirs)
        opener.limitPlaintext(ours)
    }

    /// The peer's ChangeCipherSpec of TLS 1.2.
    private mutating func changeReadKey() throws(TLSError) {
        let boundary: RecordBoundary
        do throws(RecordError) { boundary = try reassembler.boundary() } catch { throw TLSError(.record(error)) }
        let client = try takeClient()
        do throws(HandshakeError) {
            slot = .running(try client.receiveChangeCipherSpec(at: boundary, &output))
        } catch { throw TLSError(.handshake(error)) }
        do throws(RecordError) {
            if let readKey = output.takeReadKey() { try readKey.install(in: &opener) }
        } catch { throw TLSError(.record(error)) }
    }

    mutating func resume(_ answer: OperationAnswer, into sendBuffer: inout SendBuffer) throws(TLSError) {
        try checkNotFailed()
        guard pendingOperation != nil else {
            throw TLSError(.misuse("resume was called, but the connection waits for no answer"))
        }
        do throws(TLSError) {
            let client = try takeClient()
            do throws(HandshakeError) { slot = .running(try client.resume(answer, &output)) } catch {
                throw TLSError(.handshake(error))
            }
            try carryOut(into: &sendBuffer)
        } catch {
            fail(error, into: &sendBuffer)
            throw error
        }
    }

    /// Takes the machine out; whoever does not put one back leaves the connection failed.
    ///
    /// Always inlined: as a function of its own, Swift 6.3 on x86-64 ends it, optimised, with a jump to memcpy and leaves
    /// the register that says "an error was thrown" as it happens to be. `scripts/check-error-register` looks for others.
    @inline(__always)
    private mutating func takeClient() throws(TLSError) -> ClientHandshake {
        var taken = Slot.failed(TLSError(.handshake(.internalError("the state machine was re-entered"))))
        swap(&taken, &slot)
        switch consume taken {
        case .running(let client): return client
        case .failed(let error):
            slot = .failed(error)
            throw error
        }
    }

    private mutating func carryOut(into sendBuffer: inout SendBuffer) throws(TLSError) {
        do throws(RecordError) {
            if let readKey = output.takeReadKey() { try readKey.install(in: &opener) }
            try ConnectionEngine.carryOut(&output, &sealer, into: &sendBuffer, legacyVersion: .tls12)
        } catch { throw TLSError(.record(error)) }
        if output.info.isHandshakeComplete, !earlyData.isEmpty { try settleEarlyData(into: &sendBuffer) }
    }

    /// The handshake is done: data that the server did not take early is the first to go now, when it fits.
    private mutating func settleEarlyData(into sendBuffer: inout SendBuffer) throws(TLSError) {
        let data = earlyData
        earlyData = []
        guard output.info.earlyData != .accepted else {
            output.info.bytesSent += UInt64(data.count)
            return
        }
        // RFC 8446 §4.2.10: what was made for one application protocol is not sent under another.
        if let target = output.earlyDataTarget, target.alpnProtocol != output.info.alpnProtocol {
            output.info.earlyData = .rejected
            return
        }
        output.info.earlyData = .sentAfterHandshake
        try seal(data.span, into: &sendBuffer)
    }

    /// Carries the instructions out in order; messages of one key go into as few records as hold them.
    private static func carryOut(
        _ output: inout HandshakeOutput, _ sealer: inout RecordSealer, into sendBuffer: inout SendBuffer,
        legacyVersion: ProtocolVersion
    ) throws(RecordError) {
        var flight: [UInt8] = []
        for instruction in output.takeWriteInstructions() {
            switch instruction {
            case .send(let message):
                flight += message.encoded
            case .sendChangeCipherSpec:
                try sealer.seal(.handshake, flight.span, legacyVersion: legacyVersion, into: &sendBuffer)
                flight.removeAll(keepingCapacity: true)
                let one: [UInt8] = [1]
                try sealer.seal(.changeCipherSpec, one.span, into: &sendBuffer)
            case .sendAlert(let alert):
                try sealer.seal(.handshake, flight.span, legacyVersion: legacyVersion, into: &sendBuffer)
                flight.removeAll(keepingCapacity: true)
                let octets = Alert(description: alert).encoded
                try sealer.seal(.alert, octets.span, legacyVersion: legacyVersion, into: &sendBuffer)
            case .dropKey:
                try sealer.seal(.handshake, flight.span, legacyVersion: legacyVersion, into: &sendBuffer)
                flight.removeAll(keepingCapacity: true)
                sealer.removeKey()
            case .installKey(let key):
                try sealer.seal(.handshake, flight.span, legacyVersion: legacyVersion, into: &sendBuffer)
                flight.removeAll(keepingCapacity: true)
                try sealer.install(key)
            }
        }
        try sealer.seal(.handshake, flight.span, legacyVersion: legacyVersion, into: &sendBuffer)
    }

    // MARK: Sending

    mutating func send(_ plaintext: Span<UInt8>, into sendBuffer: inout SendBuffer) throws(TLSError) {
        try checkWritable()
        do throws(TLSError) { try seal(plaintext, into: &sendBuffer) } catch {
            fail(error, into: &sendBuffer)
            throw error
        }
    }

    private mutating func seal(_ plaintext: Span<UInt8>, into sendBuffer: inout SendBuffer) throws(TLSError) {
        var rest = plaintext
        while !rest.isEmpty {
            let fragment = rest.extracting(first: min(rest.count, RecordLimits.plaintext))
            rest = rest.extracting(droppingFirst: fragment.count)
            // RFC 8446 §5.5: the key is changed before its limit, and the peer's with it.
            if sealer.isDueForUpdate {
                // TLS 1.2 has no KeyUpdate: the connection ends where its key does.
                guard output.info.version == .tls13 else { throw TLSError(.record(.sequenceExhausted)) }
                try updateWriteKey(requestPeer: false, into: &sendBuffer)
            }
            do throws(RecordError) { try sealer.seal(.applicationData, fragment, into: &sendBuffer) } catch {
                throw TLSError(.record(error))
            }
        }
        output.info.bytesSent += UInt64(plaintext.count)
    }

    mutating func updateKeys(requestPeer: Bool, into sendBuffer: inout SendBuffer) throws(TLSError) {
        try checkWritable()
        guard output.info.version == .tls13 else {
            throw TLSError(.misuse("keys can be updated in TLS 1.3 only"))
        }
        do throws(TLSError) { try updateWriteKey(requestPeer: requestPeer, into: &sendBuffer) } catch {
            fail(error, into: &sendBuffer)
            throw error
        }
    }

    /// One KeyUpdate answers all requests since the last one (RFC 8446 §4.6.3). The peer is asked for its own when its
    /// key is due (§5.5).
    private mutating func answerKeyUpdate(into sendBuffer: inout SendBuffer) throws(TLSError) {
        guard output.info.isHandshakeComplete, output.info.version == .tls13, !isWriteClosed else { return }
        let owes = owesKeyUpdate
        let asks = opener.isDueForUpdate && !hasAskedForKeyUpdate
        if owes || asks { try updateWriteKey(requestPeer: asks, into: &sendBuffer) }
        hasAskedForKeyUpdate = opener.isDueForUpdate
    }

    /// The peer's key is due and it has been asked; it is asked once for each of its keys.
    private var hasAskedForKeyUpdate = false

    private mutating func updateWriteKey(
        requestPeer: Bool, into sendBuffer: inout SendBuffer
    ) throws(TLSError) {
        let client = try takeClient()
        do throws(HandshakeError) {
            slot = .running(try client.updatingWriteKey(requestPeer: requestPeer, &output))
        } catch { throw TLSError(.handshake(error)) }
        try carryOut(into: &sendBuffer)
    }

    func exportKeyingMaterial(
        label: String, context: [UInt8]?, length: Int
    ) throws(TLSError) -> SecretBytes {
        try checkNotFailed()
        let material: SecretBytes?
        do throws(CryptoError) {
            material = try exported(label: label, context: context, length: length)
        } catch { throw TLSError(.misuse("keying material of that label and length cannot be exported: \(error)")) }
        guard let material else { throw TLSError(.misuse("keying material exists only after the handshake")) }
        return material
    }

    private func exported(label: String, context: [UInt8]?, length: Int) throws(CryptoError) -> SecretBytes? {
        switch slot {
        case .running(let client): try client.export(label: label, context: context, length: length)
        case .failed: nil
        }
    }

    // MARK: The end

    /// Sends close_notify, once. Receiving goes on (RFC 8446 §6.1: each direction is closed by itself).
    mutating func close(into sendBuffer: inout SendBuffer) {
        guard !isWriteClosed, !hasFailed else { return }
        isWriteClosed = true
        sendAlert(.closeNotify, into: &sendBuffer)
    }

    mutating func receiveEndOfFile() throws(TLSError) {
        try checkNotFailed()
        guard !isPeerClosed else { return }
        let error = TLSError(.truncated)
        dropKeys(error)
        throw error
    }

    private var hasFailed: Bool {
        switch slot {
        case .running: false
        case .failed: true
        }
    }

    private func checkNotFailed() throws(TLSError) {
        switch slot {
        case .running: return
        case .failed(let error): throw error
        }
    }

    private func checkWritable() throws(TLSError) {
        try checkNotFailed()
        guard output.info.isHandshakeComplete else {
            throw TLSError(.misuse("data can be sent only after the handshake"))
        }
        guard !isWriteClosed else { throw TLSError(.misuse("data cannot be sent after close")) }
    }

    /// Tells the peer, unless the peer told us, and forgets every secret.
    private mutating func fail(_ error: TLSError, into sendBuffer: inout SendBuffer) {
        if error.origin == .local, let alert = error.alert, !isWriteClosed { sendAlert(alert, into: &sendBuffer) }
        dropKeys(error)
    }

    private mutating func sendAlert(_ alert: AlertDescription, into sendBuffer: inout SendBuffer) {
        let octets = Alert(description: alert).encoded
        // An alert that cannot be sealed cannot be sent; the error that led here is reported all the same.
        try? sealer.seal(.alert, octets.span, into: &sendBuffer)
    }

    private mutating func dropKeys(_ error: TLSError) {
        // RFC 8446 §6.2, RFC 5246 §7.2.2: what resumed a failed connection, or came from it, is not used again. A transport that
        // ends after the handshake says nothing about the sessions.
        if error.reason != .truncated || !output.info.isHandshakeComplete { output.sessions?.forget() }
        earlyData = []
        slot = .failed(error)
        opener = RecordOpener()
        sealer = RecordSealer()
        reassembler = HandshakeReassembler()
    }

    /// What the ClientHello offered, for the explanation of an alert that answers it.
    private var offer: String {
        [ProtocolVersion.tls13, .tls12].filter(configuration.versions.contains).map(\.description).joined(
            separator: ", ")
            + "; " + configuration.cipherSuites.map(\.description).joined(separator: ", ") + "; "
            + configuration.groups.map(\.description).joined(separator: ", ")
    }
}
