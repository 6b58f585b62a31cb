// ServerOptions.swift — configure a server: typed options instead of ioctl numbers.
// The counterpart of SO_SSL_SET_SERVER_OPTS, SO_SSL_SET_CLIENT_AUTH_OPTS and their relatives.
// Next: ServerOptions+Choices.swift.

public import TLS

/// Everything a server can ask of a provider.
///
/// Start from ``Provider/defaultServerOptions``: get before set. Options are checked when they are configured; a listener
/// takes new ones for the connections to come at any time (``ListeningSocket/reload(_:)``), and accepted sockets keep those
/// they came in with. A package ignores what does not concern it.
public struct ServerOptions: Sendable {
    /// The oldest and newest protocol version to speak.
    public var versions: ClosedRange<ProtocolVersion>
    /// The cipher suites to choose from, best first.
    public var cipherSuites: [CipherSuite]
    /// Whether the client's order of suites counts instead of this end's.
    public var prefersClientCipherSuites = false
    /// Weaknesses of TLS 1.2 cipher suites that are accepted; ``cipherSuites`` may name suites with these and no others.
    public var acceptedTLS12Weaknesses: Set<TLS12Weakness> = []
    /// The key exchange groups to choose from, best first.
    public var groups: [NamedGroup]
    /// The signature schemes to sign with and to accept in the handshake, best first; nil for the package's own choice.
    public var signatureSchemes: [SignatureScheme]?
    /// The signature schemes to accept in clients' certificates, best first; nil for the package's own choice.
    public var certificateSignatureSchemes: [SignatureScheme]?
    /// The server's certificates with their keys, by name or not; a raw public key (RFC 7250) goes to clients that take one.
    /// A TLS server needs at least one credential, or an external pre-shared key.
    public var credentials: Credentials = .fixed([])
    /// Signs for credentials whose key is elsewhere.
    public var signer: ClientOptions.Signer?
    /// Decrypts for ``credentials`` whose key is elsewhere and that say so: TLS 1.2 with static RSA, which has to be accepted
    /// in ``acceptedTLS12Weaknesses``.
    public var decrypter: Decrypter?
    /// Whether clients are asked for certificates, and who is trusted to issue them.
    public var clientAuthentication: ClientAuthentication = .none
    /// The application protocols to choose from (RFC 7301), best first; each 1...255 octets long. None by default.
    public var alpnProtocols: [String] = []
    /// Whether clients that offer no application protocol are refused. One that offers only others always is.
    public var requiresALPN = false

    /// Sessions in the hands of clients, sealed with keys of the server (RFC 5077, RFC 8446 §4.6.1).
    public var tickets: Tickets = .automatic
    /// Keeps sessions at the server, for TLS 1.2's session IDs, and for TLS 1.3 when ``tickets`` is off. None by default:
    /// tickets need no memory. Servers that share a cache, or ticket keys, resume each other's sessions.
    public var sessionCache: (any ServerSessionCache)?
    /// For how many seconds a session may be resumed; 0 neither issues nor resumes any, at most 604800 (RFC 8446 §4.6.1:
    /// seven days).
    public var sessionCacheTimeout = 600
    /// Whether sessions are resumed.
    public var reuse = SessionReuse.on
    /// How many tickets a TLS 1.3 client gets after its handshake, 0...8; each serves one connection.
    public var ticketsPerConnection = 2
    /// How many octets of early data (0-RTT) a client may send; 0, the default, for none.
    ///
    /// - Important: Early data can be replayed by whoever recorded it. What a configured server sees a second time within
    ///   its window it refuses, but not what another process, or another machine, has seen: see ``earlyDataReplayGuard``.
    ///   It is received first, before anything else; `information.tls?.earlyData` says whether there was any.
    public var maxEarlyDataSize = 0
    /// Remembers which early data was seen. With nil, each configured server has a guard of its own, which it keeps when it
    /// is reloaded.
    public var earlyDataReplayGuard: EarlyDataReplayGuard?
    /// Keys that this end and its clients know from elsewhere, for TLS 1.3 (RFC 8446 §2.2).
    public var externalPreSharedKeys: [ExternalPreSharedKey] = []
    /// Whether a client may use a pre-shared key, a session's or an external one, without a key exchange. Who learns that
    /// key one day can then read what was recorded.
    public var allowsPSKWithoutForwardSecrecy = false

    /// Whether the handshake is made to look like an older one to boxes on the way, when the client asks for it
    /// (RFC 8446 App. D.4).
    public var middleboxCompatibility = true
    /// How much records hide the length of what is sent (RFC 8446 §5.4).
    public var recordPadding: RecordPadding = .none
    /// The longest record content to accept, 64...16384 octets (RFC 8449 §4); nil says nothing, which is 16384.
    public var recordSizeLimit: Int?
    /// Receives the secrets of connections, for analysis; whoever reads them can read the connections.
    public var keyLog: (any KeyLog)?
    /// Whether every choice and refusal is collected for the report.
    public var reportsDecisions = false
    /// What connections may use up before they are accepted.
    public var limits = Limits()
    /// How long accepted sockets wait. The handshake has 10 s by default; `connect` does not concern them.
    public var timeouts: Timeouts

    /// Options with these protocol parameters and everything else at its default.
    public init(
        versions: ClosedRange<ProtocolVersion> = .tls12 ... .tls13, cipherSuites: [CipherSuite] = [],
        groups: [NamedGroup] = []
    ) {
        self.versions = versions
        self.cipherSuites = cipherSuites
        self.groups = groups
        timeouts = Timeouts()
        timeouts.handshake = .seconds(10)
    }

    /// Checks what is the same for every package.
    func validate() throws(SocketError) {
        try shared.validate()
        try limits.validate()
        guard (0...8).contains(ticketsPerConnection) else {
            throw .invalidOption(name: "ticketsPerConnection", reason: "it has to be 0...8")
        }
        guard (0...Self.mostEarlyData).contains(maxEarlyDataSize) else {
            throw .invalidOption(name: "maxEarlyDataSize", reason: "it has to be 0...\(Self.mostEarlyData) octets")
        }
    }

    /// Early data is kept until its handshake is done, so there is a bound to what can be asked for.
    private static let mostEarlyData = 16 * 1024 * 1024

    /// As many octets as a client may send before its handshake is done: early data in records of any length included.
    var mostHandshakeOctets: Int { limits.handshakeOctets + 2 * maxEarlyDataSize }

    /// The options that clients have too, with the same meaning.
    var shared: ClientOptions {
        var options = ClientOptions(versions: versions, cipherSuites: cipherSuites, groups: groups)
        options.acceptedTLS12Weaknesses = acceptedTLS12Weaknesses
        options.signatureSchemes = signatureSchemes
        options.certificateSignatureSchemes = certificateSignatureSchemes
        options.signer = signer
        options.alpnProtocols = alpnProtocols
        options.requiresALPN = requiresALPN
        options.sessionCacheTimeout = sessionCacheTimeout
        options.reuse = reuse
        options.externalPreSharedKeys = externalPreSharedKeys
        options.allowsPSKWithoutForwardSecrecy = allowsPSKWithoutForwardSecrecy
        options.middleboxCompatibility = middleboxCompatibility
        options.recordPadding = recordPadding
        options.recordSizeLimit = recordSizeLimit
        options.keyLog = keyLog
        options.reportsDecisions = reportsDecisions
        options.timeouts = timeouts
        return options
    }
}
