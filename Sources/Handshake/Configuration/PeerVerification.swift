// PeerVerification.swift — who decides whether the peer is accepted, and the operations that may answer later.
// RFC 8446 §4.4.2.4.
// Next: Session/SessionStore.swift.

public import Certificates
internal import Synchronization
public import WireFormat

/// What a verification callback is asked.
public struct PeerVerificationRequest: Sendable {
    /// The certificates the peer sent, its own first. Nothing about them is checked but their form.
    public let certificates: [Certificate]
    /// The name or address that was connected to; nil at a server, which has none to ask a client for.
    public let identity: ReferenceIdentity?
    /// What the standard check found: the validated path, or why there is none.
    public let standardResult: Result<ValidatedPath, CertificateError>
    /// Everything the standard check has against the peer, for a callback that takes the decision over: the name, the dates
    /// of its certificate and the path are looked at one by one, so that none hides another. Empty when the check succeeded.
    public let standardFailures: [CertificateError]
}

/// A verification callback's answer.
public enum PeerVerificationAnswer: Sendable {
    /// Go on.
    case accept
    /// Refuse; the reason goes into the error, not to the peer, which gets the alert: that of a certificate, as
    /// `certificateRevoked`, or `badCertificateStatusResponse` for what was stapled (RFC 8446 §6.2).
    case reject(reason: String, alert: AlertDescription = .certificateUnknown)
    /// The connection waits: it reports `PendingOperation.verifyPeer`, and goes on when it is given the answer.
    case later
}

/// Tells whether two callbacks, which verify peers or choose credentials, decide alike: sessions are resumed only under
/// the ones they were made with.
public struct CallbackIdentity: Sendable, Hashable {
    private enum Kind: Sendable, Hashable {
        case named(String)
        case unique(UInt64)
    }

    private let kind: Kind

    /// Whether the identity means the same in another process.
    var isStable: Bool {
        if case .named = kind { true } else { false }
    }

    var text: String { "\(kind)" }

    /// A callback that decides the same in every process, under a name that changes whenever its decisions do.
    public static func named(_ name: String) -> CallbackIdentity { CallbackIdentity(kind: .named(name)) }

    /// A callback of which nothing is known: the same only as copies of this value. Its sessions stay in memory.
    public static func unique() -> CallbackIdentity {
        CallbackIdentity(kind: .unique(counter.wrappingAdd(1, ordering: .relaxed).newValue))
    }

    private static let counter = Atomic<UInt64>(0)
}

/// Who decides whether a peer with a certificate is accepted. The callbacks are called from the thread that drives the
/// connection. None is asked about a raw public key (RFC 7250): there is nothing in it to judge but the key, which is one of
/// `acceptedRawPublicKeys` or refused, and no callback should make it another.
public enum PeerVerification: Sendable {
    /// The certification path, the name and the dates, against the trust anchors.
    case standard
    /// The standard check, and then the callback has to accept too.
    case additional(
        @Sendable (PeerVerificationRequest) -> PeerVerificationAnswer, identity: CallbackIdentity = .unique())
    /// The callback decides alone, and sees what the standard check found. Only a key that keyUsage does not permit to do
    /// its part of the handshake is refused before (RFC 8446 §4.4.2.2, §4.4.2.4; RFC 5246 §7.4.2).
    case takeOver(
        @Sendable (PeerVerificationRequest) -> PeerVerificationAnswer, identity: CallbackIdentity = .unique())
}

/// Something only the application can do. The connection waits until `resume` gives it the answer.
public enum PendingOperation: Sendable {
    /// Decide whether the peer is accepted: the callback said `later`.
    case verifyPeer(PeerVerificationRequest)
    /// Sign with a key outside the process.
    case sign(SigningRequest)
    /// Decrypt with a server's key outside the process.
    case decrypt(DecryptionRequest)
    /// Choose a server's credentials: the callback said `later`.
    case chooseCredentials(ClientHelloInfo)
    /// Choose a client's credentials: the callback said `later`.
    case answerCertificateRequest(CertificateRequestInfo)
}

/// The answer to a `PendingOperation`.
public enum OperationAnswer: Sendable {
    case peerAccepted
    /// As `PeerVerificationAnswer.reject`.
    case peerRejected(reason: String, alert: AlertDescription = .certificateUnknown)
    /// The signature over `SigningRequest.message`, as the scheme encodes it.
    case signature([UInt8])
    /// What `DecryptionRequest.encrypted` decrypts to, with its padding; nil when that failed.
    case decrypted([UInt8]?)
    /// The credentials to choose from, the most wanted first.
    case credentials([Credential])
    /// There are none for the name the client asks for.
    case unrecognizedName
}
