// Finished.swift — the MAC over the transcript.
// RFC 8446 §4.4.4; RFC 5246 §7.4.9.
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

    /// verify_data_length of every TLS 1.2 suite here, in octets.
    package static let verifyDataLength12 = 12

    /// Parses a Finished of TLS 1.2, whose length is known (RFC 5246 §7.4.9).
    package static func parse12(_ body: Span<UInt8>) throws(DecodeError) -> Finished {
        var reader = WireReader(body)
        let verifyData = try reader.array(verifyDataLength12, "verify_data")
        try reader.end("Finished")
        return Finished(verifyData: verifyData)
    }
}
