// Finished.swift — the MAC over the transcript.
// RFC 8446 §4.4.4.
// Next: NewSessionTicket.swift.

package import WireFormat

package struct Finished: Equatable, Sendable {
    /// The whole body. Its length is that of the suite's hash, which the codec does not know: who verifies it compares.
    package var verifyData: [UInt8]

    package init(verifyData: [UInt8]) { self.verifyData = verifyData }

    package func message() throws(DecodeError) -> HandshakeMessage {
        try HandshakeMessage(type: .finished) { $0.bytes(verifyData) }
    }

    package static func parse(_ body: Span<UInt8>) throws(DecodeError) -> Finished {
        Finished(verifyData: [UInt8](copying: body))
    }
}
