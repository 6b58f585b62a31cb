// ReceiveEvent.swift — the things a caller has to know while octets come in.
// RFC 8446 §4, §6.1.
// Next: ConnectionEngine.swift.

public import Handshake

/// What `TLSConnection.receive` stopped for.
public enum ReceiveEvent: Sendable {
    /// Nothing whole is buffered: read from the transport and call again.
    case needsInput
    /// Plaintext, in place: a range of the receive buffer, valid until the next `fill`, `append` or `receive`.
    case applicationData(Range<Int>)
    /// The handshake is done; the peer is authenticated. Comes once.
    case handshakeComplete
    /// The connection waits for an answer through `resume`.
    case wants(PendingOperation)
    /// close_notify came: the peer sends nothing more. We may still send.
    case peerClosed
}
