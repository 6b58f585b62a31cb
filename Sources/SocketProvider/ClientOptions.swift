// ClientOptions.swift — configure: typed options instead of ioctl numbers.
// The counterpart of SO_SSL_SET_CLIENT_OPTS, SO_SSL_SET_PROTOCOLS, SO_SSL_SET_CIPHERS and their relatives.
// Next: ServerOptions.swift.

public import TLS

/// Whether sessions are resumed.
public enum SessionReuse: String, Sendable, Hashable, CaseIterable {
    /// Every handshake is a full one. Sessions that servers send are still kept, for others that share the store.
    case off
    /// A session is offered when there is one that fits; the server decides.
    case on
}

/// Everything a client can ask of a provider.
///
/// Start from ``Provider/defaultOptions``: get before set. Options are checked when they are configured, and a socket
/// takes new ones only until it starts to connect; the timeouts of transfers can be changed later. A package ignores
/// what does not concern it.
public struct ClientOptions: Sendable {
    /// The oldest and newest protocol version to offer.
    public var versions: ClosedRange<ProtocolVersion>
    /// The cipher suites to offer, best first.
    public var cipherSuites: [CipherSuite]
    /// The key exchange groups to offer, best first.
    public var groups: [NamedGroup]
    /// The groups to send a key share for at once; each of them has to be in ``groups``.
    public var keyShareGroups: [NamedGroup]
    /// The application protocols to offer (RFC 7301), best first; each 1...255 octets long. None by default.
    public var alpnProtocols: [String] = []
    /// Whether the handshake fails when the server picks none of ``alpnProtocols``.
    public var requiresALPN = false
    /// Who is trusted to say who the peer is.
    public var trust: TrustSource = .system
    /// How strictly the certification path of a server is validated: depth, certificate policies, revocation.
    public var pathPolicy = PathPolicy()
    /// Servers' raw public keys (RFC 7250) that are accepted in the place of a certificate, by their pins; none by default.
    /// With some, and ``trust`` of `.anchors(TrustAnchors([]))`, nothing else is accepted. A raw public key proves no name
    /// and has no dates, and ``verification`` is not asked about it.
    public var acceptedRawPublicKeys: Set<PublicKeyPin> = []
    /// The host name or IP address the peer has to prove. Nil takes the name connected to, or, when connecting by
    /// address, that address: there is always something to prove.
    public var peerName: String?
    /// Whether the peer's name is sent in the clear so that the server can pick a certificate (RFC 6066 §3). An IP address
    /// never is.
    public var sendsServerName = true
    /// Whether the handshake is made to look like an older one to boxes on the way (RFC 8446 App. D.4).
    public var middleboxCompatibility = true
    /// The certificates, or raw public keys, to answer a server with that asks for one.
    public var credentials: Credentials = .fixed([])
    /// Signs for ``credentials`` whose key is elsewhere.
    public var signer: Signer?
    /// Who decides whether the peer is accepted.
    public var verification: Verification = .standard
    /// Receives the secrets of connections, for analysis; whoever reads them can read the connections.
    public var keyLog: (any KeyLog)?
    /// The signature schemes to accept in the handshake, best first; nil for the package's own choice.
    public var signatureSchemes: [SignatureScheme]?
    /// The signature schemes to accept in certificates, best first; nil for the package's own choice.
    public var certificateSignatureSchemes: [SignatureScheme]?
    /// How much records hide the length of what is sent (RFC 8446 §5.4).
    public var recordPadding: RecordPadding = .none
    /// For how many seconds a session may be resumed after it was received; 0 neither keeps nor resumes any, at most 604800
    /// (RFC 8446 §4.6.1: seven days). A session ends earlier when the server, or a certificate of its path, says so.
    public var sessionCacheTimeout = 600
    /// How many sessions are kept at most, when ``sessionStore`` is nil; those used longest ago go first.
    public var sessionCacheEntries = 1024
    /// Whether sessions that are kept are offered to servers.
    public var reuse = SessionReuse.on
    /// Keeps sessions. With nil, each configured provider has a `MemorySessionStore` of its own, which its sockets share.
    /// Sessions are bound to everything they depend on, so providers with different options can share one.
    public var sessionStore: (any SessionStore)?
    /// Keys that this end and the server know from elsewhere, to be offered with TLS 1.3 (RFC 8446 §2.2). A server that takes
    /// one is authenticated by it, without a certificate.
    public var externalPreSharedKeys: [ExternalPreSharedKey] = []
    /// Whether a server may use a pre-shared key, a session's or an external one, without a key exchange. Who learns that
    /// key one day can then read what was recorded.
    public var allowsPSKWithoutForwardSecrecy = false
    /// Weaknesses of TLS 1.2 cipher suites that are accepted; ``cipherSuites`` may name suites with these and no others.
    public var acceptedTLS12Weaknesses: Set<TLS12Weakness> = []
    /// Whether the server is asked to staple an OCSP response (RFC 6066 §8). The response takes part in
    /// the verification of its certificate, as ``pathPolicy`` says of revocation, and it is handed over.
    public var requestsCertificateStatus = false
    /// The longest record content to accept, 64...16384 octets (RFC 8449 §4); nil says nothing, which is 16384.
    public var recordSizeLimit: Int?
    /// Whether this is a retry with a lower version after a failure (RFC 7507): a server that speaks a higher one then
    /// refuses it. Nothing here ever retries by itself.
    public var isVersionFallback = false
    /// Whether every choice and refusal is collected for the report.
    public var reportsDecisions = false
    /// How long the socket waits.
    public var timeouts = Timeouts()

    /// Options with these protocol parameters and everything else at its default.
    public init(
        versions: ClosedRange<ProtocolVersion> = .tls12 ... .tls13, cipherSuites: [CipherSuite] = [],
        groups: [NamedGroup] = [], keyShareGroups: [NamedGroup] = []
    ) {
        self.versions = versions
        self.cipherSuites = cipherSuites
        self.groups = groups
        self.keyShareGroups = keyShareGroups
    }

    /// RFC 8446 §4.6.1: servers must not use a ticket lifetime of more than seven days, so nobody needs to keep one.
    static let longestSession = 604_800

    /// Checks what is the same for every package.
    func validate() throws(SocketError) {
        try timeouts.validate()
        guard (0...Self.longestSession).contains(sessionCacheTimeout) else {
            throw .invalidOption(name: "sessionCacheTimeout", reason: "it has to be 0...\(Self.longestSession) seconds")
        }
        guard sessionCacheEntries >= 0 else {
            throw .invalidOption(name: "sessionCacheEntries", reason: "a number of sessions is not negative")
        }
        if let recordSizeLimit, !(64...16_384).contains(recordSizeLimit) {
            throw .invalidOption(name: "recordSizeLimit", reason: "RFC 8449 §4 permits 64...16384 octets")
        }
        for name in alpnProtocols where !(1...255).contains(name.utf8.count) {
            // RFC 7301 §3.1: opaque ProtocolName<1..2^8-1>.
            throw .invalidOption(name: "alpnProtocols", reason: "a protocol name has 1...255 octets")
        }
        if requiresALPN && alpnProtocols.isEmpty {
            throw .invalidOption(name: "requiresALPN", reason: "no application protocol is offered")
        }
        if case .multiple(let block) = recordPadding, !(1...16_384).contains(block) {
            throw .invalidOption(name: "recordPadding", reason: "records are padded to a multiple of 1...16384 octets")
        }
        if let peerName, peerName.isEmpty {
            throw .invalidOption(
                name: "peerName", reason: "an empty name proves nothing")
        }
    }
}
