// ServerOptions+Choices.swift — the options of a server that are more than a value: certificates, clients, tickets, limits.
// RFC 6066 §3 (server_name); RFC 8446 §4.3.2 (certificates of clients), §4.6.1 (tickets).
// Next: PeerDecision.swift.

public import TLS

extension ServerOptions {
    /// What a callback that chooses credentials decides.
    public enum CredentialDecision: Sendable {
        /// Use the first of these whose key can sign what the client can verify.
        case use([Credential])
        /// There is nobody of the name the client asks for; it is told so (RFC 6066 §3).
        case unrecognizedName
    }

    /// Is asked which credentials a client gets, and answers through the second argument: at once or later, from any
    /// thread. The first answer counts. While it is out, the handshake waits, at most for its timeout; no thread is held.
    public typealias CredentialChooser =
        @Sendable (ClientHelloInfo, _ answer: @escaping @Sendable (CredentialDecision) -> Void) -> Void

    /// Where the server's certificates come from. Of several, the first whose key can sign what the client can verify is
    /// used, so that one name can have certificates for RSA and for ECDSA.
    public enum Credentials: Sendable {
        /// The same for every client.
        case fixed([Credential])
        /// By the name the client asks for: exact, by wildcard, or the default.
        case names(NamedCredentials)
        /// A callback chooses.
        case callback(CredentialChooser)
    }

    /// Whether clients are asked for certificates.
    public enum ClientAuthentication: Sendable {
        /// They are not.
        case none
        /// They are, and may have none; one that is sent has to be accepted.
        case optional(ClientTrust)
        /// They are, and without one they are refused.
        case required(ClientTrust)

        var trust: ClientTrust? {
            switch self {
            case .none: nil
            case .optional(let trust), .required(let trust): trust
            }
        }
    }

    /// How certificates of clients are judged.
    public struct ClientTrust: Sendable {
        /// Who is trusted to say who a client is.
        public var trust: TrustSource
        /// How strictly the certification path of a client is validated: depth, certificate policies, revocation.
        public var pathPolicy = PathPolicy()
        /// Clients' raw public keys (RFC 7250) that are accepted in the place of a certificate, by their pins; none by
        /// default. ``verification`` is not asked about them.
        public var acceptedRawPublicKeys: Set<PublicKeyPin> = []
        /// Who decides whether a client is accepted. The standard check is that of the certification path, with the usage
        /// clientAuth and the dates; it asks for no name.
        public var verification: ClientOptions.Verification = .standard
        /// Whether clients are told the names of the authorities, so that they can choose a certificate.
        public var sendsAuthorities = true

        /// The standard check against these anchors.
        public init(trust: TrustSource) { self.trust = trust }
    }

    /// The keys that tickets are sealed with.
    public enum Tickets: Sendable {
        /// A key that the package makes, with a new one every 24 hours and the last one still accepted. Reloading keeps it.
        case automatic
        /// A ring of one's own: with other times, or with keys that several machines share.
        case keys(TicketKeyRing)
        /// No tickets are issued or accepted.
        case off
    }

    /// What connections may use up before they are accepted: everybody can open one.
    public struct Limits: Sendable, Hashable {
        /// How many handshakes go on at a time. When there is one more, the oldest gives way: whoever opens connections
        /// and says nothing does not keep others out. 4096 by default.
        public var handshakes = 4096
        /// How many octets a client may send before its handshake is done, early data not counted: a bound to the memory
        /// of each handshake. 256 KiB by default, twice the longest certificate chain that is taken.
        public var handshakeOctets = 256 * 1024
        /// How many connections with a finished handshake wait to be accepted before no more are taken from the kernel's
        /// queue. 1024 by default.
        public var waiting = 1024

        /// The defaults.
        public init() {}

        func validate() throws(SocketError) {
            for (name, value) in [("handshakes", handshakes), ("waiting", waiting)] where value < 1 {
                throw .invalidOption(name: "limits.\(name)", reason: "at least one is needed")
            }
            // A ClientHello alone can have a few thousand octets.
            guard handshakeOctets >= 16 * 1024 else {
                throw .invalidOption(name: "limits.handshakeOctets", reason: "no handshake fits into less than 16 KiB")
            }
        }
    }
}
