// ConnectionEngine+Machine.swift — hands messages and answers to the state machine, and carries out what it instructs.
// RFC 8446 §4, §5.1; RFC 5246 §7.1; RFC 8449 §4.
// Next: ConnectionEngine+Sending.swift.

internal import CryptoGlue
internal import Handshake
internal import RecordLayer
internal import WireFormat

extension ConnectionEngine {
    var pendingOperation: PendingOperation? {
        switch slot {
        case .running(let machine): machine.pendingOperation
        case .failed: nil
        }
    }

    var owesKeyUpdate: Bool {
        switch slot {
        case .running(let machine): machine.owesKeyUpdate
        case .failed: false
        }
    }

    var permitsChangeCipherSpec: Bool {
        switch slot {
        case .running(let machine): machine.permitsEarlyChangeCipherSpec
        case .failed: false
        }
    }

    mutating func handle(
        _ message: consuming HandshakeInput, into sendBuffer: inout SendBuffer
    ) throws(TLSError) {
        // A HelloRequest brings nothing at any time (RFC 5246 §7.4.1.1).
        if output.info.isHandshakeComplete || message.type == .helloRequest {
            do throws(RecordError) { try floodGuard.postHandshakeMessage() } catch { throw TLSError(.record(error)) }
        }
        switch takeSlot() {
        case .running(let machine):
            do throws(HandshakeError) { slot = .running(try machine.receive(message, &output)) } catch {
                throw TLSError(.handshake(error))
            }
        case .failed(let error): throw failed(error)
        }
        limitRecordSizes()
        try carryOut(into: &sendBuffer)
        // RFC 5246 §7.1: up to TLS 1.2 a ChangeCipherSpec comes once, before Finished; RFC 8446 §5 lets others come early.
        if output.info.isBeforeTLS13, floodGuard.hasSeenChangeCipherSpec {
            throw TLSError(.record(.changeCipherSpecUnexpected))
        }
    }

    /// RFC 8449 §4: both limits hold once the server has answered with its own.
    mutating func limitRecordSizes() {
        guard let theirs = output.info.peerRecordSizeLimit, let ours = output.ownRecordSizeLimit else {
            return
        }
        sealer.limitPlaintext(theirs)
        opener.limitPlaintext(ours)
    }

    /// The alert no_certificate of SSL 3.0, in place of a Certificate.
    mutating func receiveNoCertificate(into sendBuffer: inout SendBuffer) throws(TLSError) {
        switch takeSlot() {
        case .running(let machine):
            do throws(HandshakeError) { slot = .running(try machine.receiveNoCertificate(&output)) } catch {
                throw TLSError(.handshake(error))
            }
        case .failed(let error): throw failed(error)
        }
        try carryOut(into: &sendBuffer)
    }

    var awaitsCertificate: Bool {
        switch slot {
        case .running(let machine): machine.awaitsCertificate
        case .failed: false
        }
    }

    /// The peer's ChangeCipherSpec of TLS 1.2 or before.
    mutating func changeReadKey() throws(TLSError) {
        let boundary: RecordBoundary
        do throws(RecordError) { boundary = try reassembler.boundary() } catch { throw TLSError(.record(error)) }
        switch takeSlot() {
        case .running(let machine):
            do throws(HandshakeError) {
                slot = .running(try machine.receiveChangeCipherSpec(at: boundary, &output))
            } catch {
                throw TLSError(.handshake(error))
            }
        case .failed(let error): throw failed(error)
        }
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
            switch takeSlot() {
            case .running(let machine):
                do throws(HandshakeError) { slot = .running(try machine.resume(answer, &output)) } catch {
                    throw TLSError(.handshake(error))
                }
            case .failed(let error): throw failed(error)
            }
            limitRecordSizes()
            try carryOut(into: &sendBuffer)
        } catch {
            fail(error, into: &sendBuffer)
            throw error
        }
    }

    /// Takes the machine out; whoever does not put one back leaves the connection failed.
    ///
    /// Does not throw: as a function that returns so much or throws, Swift 6.3 on x86-64 ends it, optimised, with a jump to
    /// memcpy and leaves the register that says "an error was thrown" as it happens to be, and `@inline(__always)` does not
    /// always inline it. `scripts/check-error-register` looks for others.
    mutating func takeSlot() -> Slot {
        var taken = Slot.failed(TLSError(.handshake(.internalError("the state machine was re-entered"))))
        swap(&taken, &slot)
        return taken
    }

    /// Puts the error back that was taken out.
    mutating func failed(_ error: TLSError) -> TLSError {
        slot = .failed(error)
        return error
    }

    mutating func carryOut(into sendBuffer: inout SendBuffer) throws(TLSError) {
        // RFC 8446 §6.1: nothing follows our close_notify.
        if isWriteClosed { _ = output.takeWriteInstructions() }
        do throws(RecordError) {
            if let readKey = output.takeReadKey() { try readKey.install(in: &opener) }
            if let octets = output.takeSkippedEarlyData() { opener.skipEarlyData(atMost: octets) }
            try ConnectionEngine.carryOut(&output, &sealer, into: &sendBuffer)
        } catch { throw TLSError(.record(error)) }
        if output.info.isHandshakeComplete, !earlyData.isEmpty { try settleEarlyData(into: &sendBuffer) }
    }

    /// The handshake is done: data that the server did not take early is the first to go now, when it fits.
    mutating func settleEarlyData(into sendBuffer: inout SendBuffer) throws(TLSError) {
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
        if output.offersEarlyData, !settings.resendsRefusedEarlyData {
            output.info.earlyData = .rejected
            return
        }
        output.info.earlyData = .sentAfterHandshake
        try seal(data.span, into: &sendBuffer)
    }

    /// Carries the instructions out in order; messages of one key go into as few records as hold them.
    static func carryOut(
        _ output: inout HandshakeOutput, _ sealer: inout RecordSealer, into sendBuffer: inout SendBuffer
    ) throws(RecordError) {
        let legacyVersion = output.recordVersion
        var flight: [UInt8] = []
        for instruction in output.takeWriteInstructions() {
            switch instruction {
            case .send(let message):
                flight += message.encoded
            case .sendChangeCipherSpec:
                try sealer.seal(.handshake, flight.span, legacyVersion: legacyVersion, into: &sendBuffer)
                flight.removeAll(keepingCapacity: true)
                let one: [UInt8] = [1]
                let version = output.info.version == nil ? .tls12 : legacyVersion
                try sealer.seal(.changeCipherSpec, one.span, legacyVersion: version, into: &sendBuffer)
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
}
