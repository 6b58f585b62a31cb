// ConnectionEngine.swift — the pump: deframe, open, dispatch.
// RFC 8446 §4, §5, §6.
// Next: ConnectionEngine+Machine.swift.

internal import CryptoGlue
internal import Handshake
internal import RecordLayer
internal import WireFormat

/// The state machine's place: taken out, put back, or gone for good.
enum Slot: ~Copyable, Sendable {
    case running(HandshakeMachine)
    case failed(TLSError)
}

/// One connection without its buffers. Only here errors become `TLSError`s, and only here alerts are sent.
struct ConnectionEngine: ~Copyable, Sendable {
    var slot: Slot
    var output: HandshakeOutput
    var opener: RecordOpener
    var sealer: RecordSealer
    var reassembler = HandshakeReassembler()
    var floodGuard = FloodGuard()
    let settings: ConnectionSettings
    var isHandshakeReported = false
    var isPeerClosed = false
    var isWriteClosed = false
    /// The peer's key is due and it has been asked; it is asked once for each of its keys.
    var hasAskedForKeyUpdate = false
    /// Data that was to be sent early and of which is not known yet whether it has to be sent again.
    var earlyData: [UInt8]

    /// START: `start` makes a client's first flight, which is sealed into `sendBuffer`; a server has none.
    init(
        _ settings: ConnectionSettings, earlyData: [UInt8] = [], into sendBuffer: inout SendBuffer,
        start: (inout HandshakeOutput) throws(HandshakeError) -> HandshakeMachine
    ) throws(TLSError) {
        var output = HandshakeOutput(reportsDecisions: settings.reportsDecisions)
        var sealer = RecordSealer(
            padding: settings.recordPadding, keyUsageLimit: settings.keyUsageLimit, random: settings.random)
        let machine: HandshakeMachine
        do throws(HandshakeError) { machine = try start(&output) } catch { throw TLSError(.handshake(error)) }
        do throws(RecordError) {
            try ConnectionEngine.carryOut(&output, &sealer, into: &sendBuffer)
            if output.offersEarlyData { try sealer.seal(.applicationData, earlyData.span, into: &sendBuffer) }
        } catch { throw TLSError(.record(error)) }
        slot = .running(machine)
        self.output = output
        self.sealer = sealer
        opener = RecordOpener(keyUsageLimit: settings.keyUsageLimit, isServer: settings.isServer)
        self.settings = settings
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
        case .running(let machine): machine.name
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
            try requestKeyUpdate(into: &sendBuffer)
            return event
        } catch {
            fail(error, into: &sendBuffer)
            throw error
        }
    }

    mutating func pump(
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
            if let event = try handle(record, &input, into: &sendBuffer) { return event }
        }
    }

    mutating func nextMessage() throws(TLSError) -> HandshakeInput? {
        do throws(RecordError) { return try reassembler.next() } catch { throw TLSError(.record(error)) }
    }

    mutating func nextRecord(_ input: inout ReceiveBuffer) throws(TLSError) -> OpenedRecord? {
        do throws(RecordError) {
            // Every turn uses up a record.
            while true {
                let record = try RecordDeframer.next(
                    in: input, isProtected: opener.isProtected || opener.isSkippingEarlyData,
                    keyedVersion: opener.keyedVersion)
                guard let record else { return nil }
                let opened =
                    opener.isSkippingEarlyData
                    ? try opener.openOrSkip(record, in: &input) : try opener.open(record, in: &input)
                input.consume(record.range.count)
                if let opened { return opened }
            }
        } catch { throw TLSError(.record(error)) }
    }

    mutating func handle(
        _ record: OpenedRecord, _ input: inout ReceiveBuffer, into sendBuffer: inout SendBuffer
    ) throws(TLSError) -> ReceiveEvent? {
        do throws(RecordError) {
            // RFC 8446 §5.1: nothing comes between the fragments of a handshake message.
            // RFC 5246 has no such rule, and what the peer says in an alert is worth more than it.
            let mayInterleave = record.type == .alert && output.info.isBeforeTLS13
            if record.type != .handshake, !mayInterleave, !reassembler.isEmpty { throw .interleaved(record.type) }
            switch record.type {
            case .handshake:
                reassembler.append(input.bytes(in: record.content))
                return nil
            case .applicationData:
                // RFC 8446 §2: application data comes after the peer's Finished, but for early data.
                guard output.info.isHandshakeComplete else { return try earlyData(record) }
                guard !record.content.isEmpty else {
                    try floodGuard.emptyRecord()
                    return nil
                }
                floodGuard.progress()
                output.info.bytesReceived += UInt64(record.content.count)
                return .applicationData(record.content)
            case .changeCipherSpec:
                // RFC 8446 §5, RFC 5246 §7.1: only between the first ClientHello and the peer's Finished.
                guard !output.info.isHandshakeComplete, permitsChangeCipherSpec else {
                    throw .changeCipherSpecUnexpected
                }
                if !output.info.isBeforeTLS13 {
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
        return try handleAlert(record, &input, into: &sendBuffer)
    }

    /// RFC 8446 §4.2.10: what a server accepted before the handshake is done, and not more than it allowed.
    mutating func earlyData(_ record: OpenedRecord) throws(RecordError) -> ReceiveEvent? {
        guard let allowance = output.earlyDataAllowance else { throw .applicationDataBeforeKeys }
        guard !record.content.isEmpty else {
            try floodGuard.emptyRecord()
            return nil
        }
        guard record.content.count <= allowance else { throw .earlyDataTooLong }
        output.earlyDataAllowance = allowance - record.content.count
        output.info.bytesReceived += UInt64(record.content.count)
        return .earlyData(record.content)
    }

    mutating func handleAlert(
        _ record: OpenedRecord, _ input: inout ReceiveBuffer, into sendBuffer: inout SendBuffer
    ) throws(TLSError) -> ReceiveEvent? {
        let alert: Alert
        do throws(RecordError) { alert = try Alert.parse(input.bytes(in: record.content)) } catch {
            throw TLSError(.record(error))
        }
        // RFC 6101 §5.4.2, §5.6.6: how a client of SSL 3.0 says that it has no certificate.
        if alert.description == .noCertificate, output.info.version == .ssl30, awaitsCertificate {
            try receiveNoCertificate(into: &sendBuffer)
            return nil
        }
        do throws(RecordError) {
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
}
