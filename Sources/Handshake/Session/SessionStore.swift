// SessionStore.swift — where session tickets go.
// RFC 8446 §4.6.1.
// Next: TLS13/TLS13PostHandshake.swift.

public import Certificates
package import CryptoGlue
public import WireFormat

/// A session that a server offers to resume: its ticket and what is bound to it.
///
/// Resumption is not built yet; a store can keep sessions, and nothing asks for them.
public final class Session: Sendable {
    /// The ticket, opaque to the client.
    public let ticket: [UInt8]
    /// Seconds that the server says the ticket may be used, at most 7 days (RFC 8446 §4.6.1).
    public let lifetime: UInt32
    /// What hides the ticket's age on the wire, modulo 2^32.
    public let ageAdd: UInt32
    /// When the ticket came.
    public let receivedAt: UnixTime
    /// Octets of early data the server would take; nil for none.
    public let maxEarlyDataSize: UInt32?
    /// The cipher suite of the connection; its hash binds the ticket.
    public let cipherSuite: CipherSuite
    /// Whom the connection was made to.
    public let identity: ReferenceIdentity
    /// The application protocol of the connection.
    public let alpnProtocol: String?
    /// The certificates the server proved itself with, its own first.
    public let peerCertificates: [Certificate]
    package let preSharedKey: SecretBytes

    init(
        ticket: NewSessionTicket, preSharedKey: consuming SecretBytes, receivedAt: UnixTime, cipherSuite: CipherSuite,
        identity: ReferenceIdentity, alpnProtocol: String?, peerCertificates: [Certificate]
    ) {
        self.ticket = ticket.ticket
        lifetime = min(ticket.lifetime, Session.longestLifetime)
        ageAdd = ticket.ageAdd
        maxEarlyDataSize = ticket.maxEarlyDataSize
        self.receivedAt = receivedAt
        self.cipherSuite = cipherSuite
        self.identity = identity
        self.alpnProtocol = alpnProtocol
        self.peerCertificates = peerCertificates
        self.preSharedKey = preSharedKey
    }

    /// RFC 8446 §4.6.1: clients MUST NOT cache tickets for longer than 7 days.
    private static let longestLifetime: UInt32 = 604_800
}

/// Takes the sessions that servers offer. Called from the thread that drives the connection.
public protocol SessionStore: Sendable {
    /// Takes one session; a server may send several for one connection.
    func store(_ session: Session)
}
