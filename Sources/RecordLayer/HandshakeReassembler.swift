// HandshakeReassembler.swift — joins the fragments of handshake messages; the only maker of RecordBoundary.
// RFC 8446 §5.1.
// Next: Handshake, Core/HandshakeOutput.swift.

package import WireFormat

/// Proof that a message ended its record and nothing is pending: without it no read key can change.
///
/// RFC 8446 §5.1: "Handshake messages MUST NOT span key changes."
package struct RecordBoundary: ~Copyable, Sendable {
    fileprivate init() {}
}

/// One whole handshake message, with the proof that it ended its record when it did.
package struct HandshakeInput: ~Copyable, Sendable {
    package let type: HandshakeType
    /// The message with its four-octet header, as it came: the transcript hashes these octets.
    package let encoded: [UInt8]
    private var boundary: RecordBoundary?

    fileprivate init(type: HandshakeType, encoded: [UInt8], boundary: consuming RecordBoundary?) {
        self.type = type
        self.encoded = encoded
        self.boundary = boundary
    }

    /// The proof, or nil when octets follow the message in its record.
    package consuming func takeBoundary() -> RecordBoundary? { boundary }
}

/// Collects handshake fragments until messages are whole.
package struct HandshakeReassembler: Sendable {
    private static let headerLength = 4
    private var pending: [UInt8] = []
    private var consumed = 0

    package init() {}

    /// No message has begun that is not whole yet, and no whole one waits.
    package var isEmpty: Bool { consumed == pending.count }

    /// Octets held, those of messages already handed out included.
    package var bufferedCount: Int { pending.count }

    /// Appends one record's content.
    package mutating func append(_ fragment: Span<UInt8>) {
        // Messages already handed out go first: a peer whose messages never end with their records must not make us keep
        // all of them.
        if consumed > 0 {
            pending.removeFirst(consumed)
            consumed = 0
        }
        pending.append(copying: fragment)
    }

    /// The next whole message, or nil when more fragments are needed. An announced length over its limit is refused
    /// before anything is buffered for it.
    package mutating func next() throws(RecordError) -> HandshakeInput? {
        let available = pending.count - consumed
        guard available >= HandshakeReassembler.headerLength else { return nil }
        let type = HandshakeType(rawValue: pending[consumed])
        let length =
            Int(pending[consumed + 1]) << 16 | Int(pending[consumed + 2]) << 8 | Int(pending[consumed + 3])
        let limit = type == .certificate ? RecordLimits.certificateMessage : RecordLimits.handshakeMessage
        guard length <= limit else { throw .messageTooLong(type, length: length, limit: limit) }
        let total = HandshakeReassembler.headerLength + length
        guard available >= total else { return nil }
        let encoded = Array(pending[consumed..<consumed + total])
        consumed += total
        // Every record is appended whole, so nothing pending means that the record ended here.
        let boundary: RecordBoundary? = isEmpty ? RecordBoundary() : nil
        if isEmpty, pending.count > RecordLimits.plaintext {
            pending = []
            consumed = 0
        }
        return HandshakeInput(type: type, encoded: encoded, boundary: boundary)
    }

    /// The proof that a ChangeCipherSpec cuts no message in two (RFC 5246 §7.1).
    package func boundary() throws(RecordError) -> RecordBoundary {
        guard isEmpty else { throw .interleaved(.changeCipherSpec) }
        return RecordBoundary()
    }

    /// Gives the memory back when nothing is pending: after the handshake, messages are rare.
    package mutating func releaseIfEmpty() {
        guard isEmpty else { return }
        pending = []
        consumed = 0
    }
}
