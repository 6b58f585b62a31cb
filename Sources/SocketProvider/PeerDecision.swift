// PeerDecision.swift — callbacks of the application that may answer later.
// RFC 8446 §4.4.2, §4.4.2.4, §4.4.3; RFC 5246 §7.4.7.1.
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

    /// Is asked which credentials a server gets that asks for a certificate, and answers through the second argument: at once
    /// or later, as a ``Verifier``. The first of the credentials whose key can sign what the server can verify is used, one
    /// of the server's authorities before the others; none stays anonymous.
    public typealias CredentialChooser =
        @Sendable (CertificateRequestInfo, _ answer: @escaping @Sendable ([Credential]) -> Void) -> Void

    /// Where the client's certificates come from.
    public enum Credentials: Sendable {
        /// The same for every server that asks; none stays anonymous.
        case fixed([Credential])
        /// A callback chooses. Sessions are resumed only under the callback of the same identity, as for ``Verification``.
        case callback(CredentialChooser, identity: CallbackIdentity = .unique())
    }

    /// Who decides whether the peer is accepted.
    ///
    /// Sessions are resumed only under the callback that accepted their peer. Its identity tells: the same `.named` one
    /// decides alike in every process; without a name, copies of these options share their sessions, in memory only.
    public enum Verification: Sendable {
        /// The certification path, the name and the dates, against the trust anchors.
        case standard
        /// The standard check, and then the callback has to accept too.
        case additional(Verifier, identity: CallbackIdentity = .unique())
        /// The callback decides alone, and sees what the standard check found. Only a key that keyUsage does not permit to
        /// do its part of the handshake is refused before.
        case takeOver(Verifier, identity: CallbackIdentity = .unique())
    }
}

extension ServerOptions {
    /// Is asked to decrypt for a key that is elsewhere, and answers through the second argument, at once or later: the bare
    /// RSA operation with its padding, as `DecryptionRequest` says, or nil when that failed. The handshake then ends at
    /// Finished, as it does when a client sends garbage (RFC 5246 §7.4.7.1).
    public typealias Decrypter =
        @Sendable (DecryptionRequest, _ answer: @escaping @Sendable ([UInt8]?) -> Void) -> Void
}
