// HandshakeOutput.swift — what a transition tells the connection to do, in wire order.
// RFC 8446 §4.4, §5.1, App. D.4.
// Next: Verification.swift.

internal import Certificates
package import CryptoGlue
package import RecordLayer
package import WireFormat

/// One thing to do on the write direction. The order is that of the wire.
package enum WriteInstruction: Sendable {
    /// Send this message under the current key.
    case send(HandshakeMessage)
    /// RFC 8446 App. D.4: send the record that makes the handshake look like a TLS 1.2 resumption to a middlebox.
    case sendChangeCipherSpec
    /// Send a warning, as no_renegotiation is one (RFC 5746 §4.5).
    case sendAlert(AlertDescription)
    /// Everything after this goes out under the next key.
    case installKey(RecordKey)
    /// Everything after this goes out unprotected again: a HelloRetryRequest ended early data (RFC 8446 §4.2.10).
    case dropKey
}

/// The read key of the next epoch, with the proof that the last record of the old one is done.
package struct ReadKeyInstallation: ~Copyable, Sendable {
    package let key: RecordKey
    private let boundary: RecordBoundary

    fileprivate init(key: RecordKey, boundary: consuming RecordBoundary) {
        self.key = key
        self.boundary = boundary
    }

    package consuming func install(in opener: inout RecordOpener) throws(RecordError) {
        try opener.install(key, at: boundary)
    }
}

/// Collects what transitions want done, and what they learned.
package struct HandshakeOutput: ~Copyable, Sendable {
    package private(set) var writeInstructions: [WriteInstruction] = []
    private var readKey: ReadKeyInstallation?
    /// Facts for the application.
    package var info: ConnectionInfo
    /// Why each choice was made.
    package var log: DecisionLog
    /// The ClientHello offers early data, and the key for it is installed.
    package var offersEarlyData = false
    /// What a record without protection says before a version is chosen: that of the ClientHello, TLS 1.2 at most.
    package var helloVersion = ProtocolVersion.tls12
    /// A session was at hand; data that could not go out early waits for its application protocol.
    package var earlyDataTarget: EarlyDataTarget?
    /// The longest inner plaintext we said we take (RFC 8449); nil when we set no limit.
    package var ownRecordSizeLimit: Int?
    /// Octets of early data that may still come; nil when none is being read (RFC 8446 §4.2.10).
    package var earlyDataAllowance: Int?
    private var skippedEarlyData: Int?
    /// Where a client keeps the sessions of this connection; nil when it keeps none.
    package var sessions: SessionUse?
    /// What a server keeps of this connection.
    package var keptSessions = KeptServerSessions()

    package init(reportsDecisions: Bool) {
        info = ConnectionInfo()
        log = DecisionLog(isEnabled: reportsDecisions)
    }

    /// What a record without protection says.
    package var recordVersion: ProtocolVersion { info.version.map { min($0, .tls12) } ?? helloVersion }

    /// A version before TLS 1.2 was chosen: said of every connection, whether decisions are collected or not.
    package mutating func warn(_ version: ProtocolVersion, _ use: LegacyUse?) {
        guard version < .tls12, let use else { return }
        info.legacyUse = use
        log.warn(
            Decision(
                .version, .accepted, subject: "the connection", expected: "TLS 1.2 or TLS 1.3", found: "\(version)",
                rule: use.warning(version), section: "RFC 7568 §3, RFC 8996 §4, §5",
                advice: "replace the peer, or put it behind a gateway that speaks TLS 1.3"))
    }

    package mutating func send(_ message: HandshakeMessage) { writeInstructions.append(.send(message)) }

    package mutating func sendChangeCipherSpec() { writeInstructions.append(.sendChangeCipherSpec) }

    package mutating func sendAlert(_ alert: AlertDescription) { writeInstructions.append(.sendAlert(alert)) }

    package mutating func dropWriteKey() { writeInstructions.append(.dropKey) }

    package mutating func installWriteKey(_ key: RecordKey) { writeInstructions.append(.installKey(key)) }

    /// RFC 8446 §5.1: a read key changes only where a record ends.
    package mutating func installReadKey(_ key: RecordKey, at boundary: consuming RecordBoundary) {
        readKey = ReadKeyInstallation(key: key, boundary: boundary)
    }

    package mutating func takeWriteInstructions() -> [WriteInstruction] {
        defer { writeInstructions = [] }
        return writeInstructions
    }

    /// RFC 8446 §4.2.10: early data was refused, and may be on its way: so many octets of it are to be skipped.
    package mutating func skipEarlyData(atMost octets: Int) { skippedEarlyData = octets }

    package mutating func takeSkippedEarlyData() -> Int? {
        defer { skippedEarlyData = nil }
        return skippedEarlyData
    }

    package mutating func takeReadKey() -> ReadKeyInstallation? { readKey.take() }
}

/// A store, and all that a connection needs to keep its sessions there: it outlives the offer.
package struct SessionUse: Sendable {
    let store: any SessionStore
    let binding: SessionBinding
    let identity: ReferenceIdentity
    let clock: any WallClock

    /// The connection failed, or the server did not honour a session: RFC 8446 §6.2 and RFC 5246 §7.2.2 want the sessions
    /// of a failed connection forgotten.
    package func forget() { store.remove(for: binding) }
}
