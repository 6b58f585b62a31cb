// FloodGuard.swift — counters against peers that keep us busy with records that bring nothing.
// RFC 8446 §5, §6; App. D.4. The limits stand in RecordLimits.swift.
// Next: HandshakeReassembler.swift.

internal import WireFormat

/// Counts what brings nothing, in a row; application data resets the counts.
package struct FloodGuard: Sendable {
    private var emptyRecords = 0
    private var warningAlerts = 0
    /// Less than 0 while the peer has sent fewer messages than we have sent records of application data.
    private var postHandshakeMessages = 0
    private var changeCipherSpecs = 0

    package init() {}

    /// Application data with content came.
    package mutating func progress() {
        emptyRecords = 0
        warningAlerts = 0
        postHandshakeMessages = min(postHandshakeMessages, 0)
    }

    /// A record of application data was sent. The peer may answer each with a message: one whose key for reading is due asks
    /// for another with every record that it reads until ours comes (RFC 8446 §4.6.3), as the JDK's does.
    package mutating func sent() { postHandshakeMessages -= 1 }

    package mutating func emptyRecord() throws(RecordError) {
        emptyRecords += 1
        if emptyRecords > RecordLimits.emptyRecords {
            throw .flood("records without content", limit: RecordLimits.emptyRecords)
        }
    }

    package mutating func warningAlert() throws(RecordError) {
        warningAlerts += 1
        if warningAlerts > RecordLimits.warningAlerts {
            throw .flood("warning alerts", limit: RecordLimits.warningAlerts)
        }
    }

    package mutating func postHandshakeMessage() throws(RecordError) {
        postHandshakeMessages += 1
        if postHandshakeMessages > RecordLimits.postHandshakeMessages {
            throw .flood("handshake messages after the handshake", limit: RecordLimits.postHandshakeMessages)
        }
    }

    /// A change_cipher_spec record that means nothing (RFC 8446 App. D.4).
    package mutating func changeCipherSpec(_ content: Span<UInt8>) throws(RecordError) {
        try ChangeCipherSpec.check(content)
        changeCipherSpecs += 1
        guard changeCipherSpecs <= RecordLimits.changeCipherSpecs else { throw .changeCipherSpecUnexpected }
    }

    /// One that means nothing came already.
    package var hasSeenChangeCipherSpec: Bool { changeCipherSpecs > 0 }
}
