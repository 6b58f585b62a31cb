// PeerDecision.swift — callbacks of the application that may answer later.
// RFC 8446 §4.4.2.4, §4.4.3.
// Next: Trust.swift.

public import TLS

/// What a verification callback decides.
public enum PeerDecision: Sendable, Equatable {
    case accept
    /// Refuse; the reason goes into the error, not to the peer, which gets the alert (RFC 8446 §6.2).
    case reject(reason: String, alert: AlertDescription = .certificateUnknown)
}

extension ClientOptions {
    /// Is asked whether a peer is accepted, and answers through the second argument: at once or later, from any thread.
    /// The first answer counts. While it is out, the handshake waits, at most for its timeout; no thread is held in the
    /// asynchronous and the non-blocking front.
    public typealias Verifier =
        @Sendable (PeerVerificationRequest, _ answer: @escaping @Sendable (PeerDecision) -> Void) -> Void

    /// Is asked for a signature, and answers through the second argument like a ``Verifier``; nil says that there is none.
    public typealias Signer =
        @Sendable (SigningRequest, _ answer: @escaping @Sendable ([UInt8]?) -> Void) -> Void

    /// Who decides whether the peer is accepted.
    ///
    /// Sessions are resumed only under the callback that accepted their peer. Its identity tells: the same `.named` one
    /// decides alike in every process; without a name, copies of these options share their sessions, in memory only.
    public enum Verification: Sendable {
        /// The certification path, the name and the dates, against the trust anchors.
        case standard
        /// The standard check, and then the callback has to accept too.
        case additional(Verifier, identity: VerifierIdentity = .unique())
        /// The callback decides alone, and sees what the standard check found. Only a key that keyUsage does not permit to
        /// do its part of the handshake is refused before.
        case takeOver(Verifier, identity: VerifierIdentity = .unique())
    }
}
