// ConnectionEngine+End.swift — close_notify, the end of the transport, failures and their alerts.
// RFC 8446 §6.
// Next: TLSConnection.swift.

internal import CryptoGlue
internal import Handshake
internal import RecordLayer
internal import WireFormat

extension ConnectionEngine {
    /// Sends close_notify, once. Receiving goes on (RFC 8446 §6.1: each direction is closed by itself).
    mutating func close(into sendBuffer: inout SendBuffer) {
        guard !isWriteClosed, !hasFailed else { return }
        isWriteClosed = true
        if !earlyData.isEmpty {
            // What the server has not taken yet is not sent again.
            earlyData = []
            output.info.earlyData = .rejected
        }
        sendAlert(.closeNotify, into: &sendBuffer)
    }

    /// Sends an error alert of the application's choice; the connection has failed then.
    mutating func abort(_ alert: AlertDescription, into sendBuffer: inout SendBuffer) throws(TLSError) {
        guard !alert.isClosure else { throw TLSError(.misuse("\(alert) is no error alert: use close")) }
        guard !hasFailed else { return }
        fail(TLSError(.aborted(alert)), into: &sendBuffer)
    }

    mutating func receiveEndOfFile() throws(TLSError) {
        try checkNotFailed()
        guard !isPeerClosed else { return }
        let error = TLSError(.truncated)
        dropKeys(error)
        throw error
    }

    var hasFailed: Bool {
        switch slot {
        case .running: false
        case .failed: true
        }
    }

    func checkNotFailed() throws(TLSError) {
        switch slot {
        case .running: return
        case .failed(let error): throw error
        }
    }

    func checkWritable() throws(TLSError) {
        try checkNotFailed()
        // RFC 8446 §4.4.4: a server may answer early data that it accepted before the client's Finished.
        guard output.info.isHandshakeComplete || output.earlyDataAllowance != nil else {
            throw TLSError(.misuse("data can be sent only after the handshake"))
        }
        guard !isWriteClosed else { throw TLSError(.misuse("data cannot be sent after close")) }
    }

    /// Tells the peer, unless the peer told us, and forgets every secret.
    mutating func fail(_ error: TLSError, into sendBuffer: inout SendBuffer) {
        if error.origin == .local, let alert = error.alert, !isWriteClosed { sendAlert(alert, into: &sendBuffer) }
        dropKeys(error)
    }

    mutating func sendAlert(_ alert: AlertDescription, into sendBuffer: inout SendBuffer) {
        // RFC 6101 §5.4: SSL 3.0 knows fewer alerts.
        let known = output.recordVersion == .ssl30 && output.info.version != nil ? alert.ssl30 : alert
        let octets = Alert(description: known).encoded
        // An alert that cannot be sealed cannot be sent; the error that led here is reported all the same.
        try? sealer.seal(.alert, octets.span, legacyVersion: output.recordVersion, into: &sendBuffer)
    }

    mutating func dropKeys(_ error: TLSError) {
        // RFC 8446 §6.2, RFC 5246 §7.2.2: what resumed a failed connection, or came from it, is not used again. A transport that
        // ends after the handshake says nothing about the sessions.
        if error.reason != .truncated || !output.info.isHandshakeComplete { output.sessions?.forget() }
        // A client that goes away in the middle of a handshake has said nothing of the session that it came with.
        switch error.reason {
        case .truncated, .closedDuringHandshake, .misuse: break
        case .handshake, .record, .alertReceived, .aborted: output.keptSessions.forget()
        }
        earlyData = []
        slot = .failed(error)
        opener = RecordOpener()
        sealer = RecordSealer()
        reassembler = HandshakeReassembler()
    }

    /// What we offer or choose from, for the explanation of an alert that answers it.
    var offer: String {
        settings.versions.map(\.description).joined(separator: ", ") + "; "
            + settings.cipherSuites.map(\.description).joined(separator: ", ") + "; "
            + settings.groups.map(\.description).joined(separator: ", ")
    }
}
