// ClientCredentialSource.swift — with which certificate a client answers a server that asks for one.
// RFC 8446 §4.3.2, §4.4.2.3; RFC 5246 §7.4.4, §7.4.6.
// Next: ExternalPreSharedKey.swift.

internal import Certificates
public import WireFormat

/// What a server said of the certificates it accepts; for the choice of a credential. Its own certificate was accepted
/// before, and it has proven that it holds the key, but with static RSA in TLS 1.2: there the proof comes last.
public struct CertificateRequestInfo: Sendable, Equatable {
    /// The protocol version of the handshake.
    public let version: ProtocolVersion
    /// The signature schemes the server can verify, the most wanted first.
    public let signatureSchemes: [SignatureScheme]
    /// The names of the authorities the server accepts, each a DER-encoded DistinguishedName; any will do when there are
    /// none.
    public let authorities: [[UInt8]]
    /// X.509 or, when one was offered and the server takes it, a raw public key (RFC 7250): credentials of another type are
    /// not used.
    public let certificateType: CertificateType
}

/// Where a client's certificate comes from. Of several, one that the server's authorities have issued goes before the
/// others, and the first whose key can sign what the server can verify is used. None answers with an empty list. That there
/// is a raw public key is said to servers when it is among `fixed` credentials.
public enum ClientCredentialSource: Sendable {
    /// The same for every server that asks.
    case fixed([Credential])
    /// The callback decides, each time a server asks. It is called from the thread that drives the connection, and may
    /// answer later. Sessions are resumed only under the callback with the same identity.
    case callback(
        @Sendable (CertificateRequestInfo) -> ClientCredentialAnswer, identity: CallbackIdentity = .unique())

    func credentials(for request: CertificateRequestInfo) -> ClientCredentialAnswer {
        switch self {
        case .fixed(let credentials): .use(credentials)
        case .callback(let callback, _): callback(request)
        }
    }

    /// Whether a server that asks is answered with an empty list in any case.
    var isEmpty: Bool { if case .fixed(let credentials) = self { credentials.isEmpty } else { false } }
}

/// The answer of a callback that chooses a client's credentials.
public enum ClientCredentialAnswer: Sendable {
    /// These, the most wanted first. With none the client stays anonymous.
    case use([Credential])
    /// The connection waits: it reports `PendingOperation.answerCertificateRequest`, and goes on when it is given
    /// `OperationAnswer.credentials`.
    case later
}

extension [Credential] {
    /// Those whose chain has a certificate of one of the authorities first (RFC 8446 §4.2.4, RFC 5246 §7.4.4); the others
    /// stay: servers accept more than they name.
    func ordered(by authorities: [[UInt8]]) -> [Credential] {
        guard count > 1, !authorities.isEmpty else { return self }
        let issued = map { credential in
            credential.certificates.contains { authorities.contains($0.issuer.derEncoded) }
        }
        return zip(self, issued).filter(\.1).map(\.0) + zip(self, issued).filter { !$0.1 }.map(\.0)
    }
}
