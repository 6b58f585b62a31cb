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
    /// Early data (0-RTT) that a server accepted, in place as with `applicationData`; only before `handshakeComplete`, and
    /// only at a server whose configuration allows it.
    ///
    /// - Important: It can be replayed by whoever recorded it, as far as the server's guard does not see that, and nobody has
    ///   proven yet to be there now (RFC 8446 §8, App. E.5). Use it only for what does no harm twice, or keep it until
    ///   `handshakeComplete`.
    case earlyData(Range<Int>)
    /// The handshake is done; the peer is authenticated. Comes once.
    case handshakeComplete
    /// The connection waits for an answer through `resume`.
    case wants(PendingOperation)
    /// close_notify came: the peer sends nothing more. We may still send.
    case peerClosed
}
