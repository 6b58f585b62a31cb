// ConnectionInfo.swift — what is known of a connection so far.
// RFC 8446 §4.1.3, §4.2, §4.4.
// Next: KeyLog.swift.

public import Certificates
public import CryptoGlue
public import WireFormat

/// Facts of one connection. Everything about the peer is authenticated only once `isHandshakeComplete` is true.
public struct ConnectionInfo: Sendable {
    /// The handshake is done: the peer is who it should be, and both directions are protected.
    public package(set) var isHandshakeComplete = false
    /// The version the server selected.
    public package(set) var version: ProtocolVersion?
    /// The permission by which a version before TLS 1.2 is spoken: what is sent can be read and changed on the way. nil with
    /// TLS 1.2 and TLS 1.3.
    public package(set) var legacyUse: LegacyUse?
    /// The cipher suite the server selected.
    public package(set) var cipherSuite: CipherSuite?
    /// The group of the key exchange.
    public package(set) var group: NamedGroup?
    /// The scheme of the peer's signature over the handshake: its CertificateVerify or, at a client of TLS 1.2, the server's
    /// ServerKeyExchange. nil when there was none.
    public package(set) var peerSignatureScheme: SignatureScheme?
    /// The application protocol the server selected, nil when none was.
    public package(set) var alpnProtocol: String?
    /// The name the client sent in server_name, nil when it sent none: an address is never sent (RFC 6066 §3).
    public package(set) var serverName: String?
    /// The certificates the peer sent, its own first; empty when it sent none, as most clients do.
    public package(set) var peerCertificates: [Certificate] = []
    /// The raw public key (RFC 7250) that the peer proved itself with in the place of a certificate; nil when it did not.
    public package(set) var peerRawPublicKey: RawPublicKey?
    /// The certification path that was validated, from the peer's certificate to the trust anchor; empty when the peer has
    /// no certificate, and when a verification callback took the decision over.
    public package(set) var validatedPath: [Certificate] = []
    /// The server asked for a client certificate.
    public package(set) var clientCertificateRequested = false
    /// A client certificate, or a client's raw public key, was sent, not an empty list.
    public package(set) var clientCertificateSent = false
    /// The certificates this end sent, its own first; empty when it sent none, as in a resumed session.
    public package(set) var ownCertificates: [Certificate] = []
    /// The server answered the first ClientHello with a HelloRetryRequest.
    public package(set) var helloRetried = false
    /// The session was resumed: certificates or raw public key, path, signature scheme and stapled OCSP response are those of the full
    /// handshake that made it.
    public package(set) var isResumed = false
    /// The identity of the external pre-shared key that authenticated the peer instead of a certificate; nil when none did.
    public package(set) var externalPreSharedKeyIdentity: [UInt8]?
    /// What became of the data that was to be sent early (RFC 8446 §2.3); final when the handshake is done.
    public package(set) var earlyData = EarlyDataOutcome.notOffered
    /// When the peer proved itself in a full handshake; nil while it has not.
    public package(set) var authenticatedAt: UnixTime?
    /// At a client, the OCSP response the server stapled (RFC 6066 §8), as it came; nil when there was
    /// none.
    public package(set) var stapledOCSPResponse: [UInt8]?
    /// TLS 1.2: the master secret is bound to the handshake (RFC 7627). Always so in TLS 1.3.
    public package(set) var usesExtendedMasterSecret = false
    /// TLS 1.2 with a CBC suite: the MAC is over the ciphertext (RFC 7366).
    public package(set) var usesEncryptThenMAC = false
    /// The longest record content the peer takes (RFC 8449); nil when it set no limit.
    public package(set) var peerRecordSizeLimit: Int?
    /// The secrets of this connection go to a key log.
    public package(set) var isKeyLogged = false
    /// Session tickets that came; only a client receives any.
    public package(set) var sessionTicketsReceived = 0
    /// Session tickets that went out; only a server sends any.
    public package(set) var sessionTicketsSent = 0
    /// KeyUpdate messages that went out.
    public package(set) var keyUpdatesSent = 0
    /// KeyUpdate messages that came.
    public package(set) var keyUpdatesReceived = 0
    /// Application data that was sent, in octets.
    public package(set) var bytesSent: UInt64 = 0
    /// Application data that came, in octets.
    public package(set) var bytesReceived: UInt64 = 0

    /// Why each choice was made, when the configuration asked for it (`reportsDecisions`).
    public package(set) var decisions: [Decision] = []

    /// This end is the server.
    package var isServer = false

    package init() {}

    /// TLS 1.2 or a version before it was chosen.
    package var isBeforeTLS13: Bool { version.map { $0 < .tls13 } ?? false }
}
