// SocketSettings.swift — what the ioctls of a secure socket set, and the options of a provider that come of it.
// Microsoft's sslsock.h; docs/winsock.md.
// Next: SharedSessions.swift.

import CSecureWinSock
import SocketProvider

/// SSLCLIENTOPTS or SSLSERVEROPTS.
struct CacheSettings: Sendable {
    var timeout = 600
    var entries: UInt32 = 1024
    var reuses = true

    /// RFC 8446 §4.6.1: seven days at most.
    static let longest = 604_800
}

/// Everything that is decided before a secure socket connects or listens.
struct SocketSettings: Sendable {
    var flags = DWORD(SSL_FLAG_ENABLE)
    var versions: ClosedRange<ProtocolVersion> = .tls12 ... .tls13
    /// In the provider's order or the program's; nil for the provider's own choice.
    var suites: [ProtocolVersion: [CipherSuite]] = [:]
    var client = CacheSettings()
    /// A connection of TLS 1.3 leaves two sessions.
    var server = CacheSettings(entries: 20_480)
    var peerName: String?
    var trust = TrustSource.system
    var credential: OwnCredential?
    /// What TLS 1.2's suites may cost; none by default.
    var weaknesses: Set<TLS12Weakness> = []
    var alpnProtocols: [String] = []
    /// SSLCLIENTAUTHOPTS.dwRequestClientAuth, SSL_AUTH_…: who asks for certificates wants them, unless it says otherwise.
    var clientAuthentication = DWORD(SSL_AUTH_REQUIRED)
    /// SSLCLIENTAUTHOPTS.pIssuerList; nil for ``trust``.
    var clientAuthorities: [Certificate]?
    var validateHook: ValidateHook?
    var authRequestHook: AuthRequestHook?
    var signatureHook: SignatureHook?
    var keyExchangeHook: KeyExchangeHook?

    /// A hook may accept what the library would refuse. Where the administrator says whom to trust, it may only refuse.
    var hookDecidesAlone = true

    private func verification(_ calls: HookCalls) -> ClientOptions.Verification {
        validateHook?.verification(decidesAlone: hookDecidesAlone, calls) ?? .standard
    }

    var isServer: Bool { flags & DWORD(SSL_FLAG_SERVER) != 0 }
    var isDeferred: Bool { flags & DWORD(SSL_FLAG_DEFER_HANDSHAKE) != 0 }

    /// As strict as the administrator wants it.
    func tightened() throws(WinsockError) -> SocketSettings { try Policy.inForce()?.tighten(self) ?? self }

    func clientOptions(_ provider: Provider, _ calls: HookCalls) throws(WinsockError) -> ClientOptions {
        var options = provider.defaultOptions
        options.versions = versions
        options.cipherSuites = cipherSuites(options.cipherSuites)
        options.acceptedTLS12Weaknesses = weaknesses
        options.alpnProtocols = alpnProtocols
        options.trust = trust
        options.peerName = peerName
        if let authRequestHook {
            options.credentials = authRequestHook.credentials(credential, calls)
        } else if let credential {
            options.credentials = .fixed([try credential.credential()])
        }
        options.signer = signatureHook?.signer(calls)
        options.verification = verification(calls)
        options.sessionCacheTimeout = client.timeout
        options.reuse = client.reuses ? .on : .off
        options.sessionStore = try SharedSessions.client(entries: client.entries)
        return options
    }

    func serverOptions(_ provider: Provider, _ calls: HookCalls) throws(WinsockError) -> ServerOptions {
        var options = provider.defaultServerOptions
        options.versions = versions
        options.cipherSuites = cipherSuites(options.cipherSuites)
        options.acceptedTLS12Weaknesses = weaknesses
        options.alpnProtocols = alpnProtocols
        if let credential {
            options.credentials = .fixed([try credential.credential(decrypts: keyExchangeHook != nil)])
        }
        options.signer = signatureHook?.signer(calls)
        options.decrypter = keyExchangeHook?.decrypter(calls)
        options.sessionCacheTimeout = server.timeout
        options.reuse = server.reuses ? .on : .off
        // What is in tickets is neither counted nor taken back.
        options.tickets = .off
        if server.entries > 0, let certificate = credential?.certificate {
            options.sessionCache = try SharedSessions.server(entries: server.entries, of: certificate.derEncoded)
        }
        if flags & DWORD(SSL_FLAG_AUTH_CLIENT) != 0 {
            var clients = ServerOptions.ClientTrust(trust: clientAuthorities.map { .certificates($0) } ?? trust)
            clients.verification = verification(calls)
            switch Int32(clientAuthentication) {
            case SSL_AUTH_NONE: break
            case SSL_AUTH_REQUIRED: options.clientAuthentication = .required(clients)
            default: options.clientAuthentication = .optional(clients)
            }
        }
        return options
    }

    /// The suites of the versions that are enabled; a version without a list of its own has the provider's.
    private func cipherSuites(_ standard: [CipherSuite]) -> [CipherSuite] {
        [ProtocolVersion.tls13, .tls12].flatMap { version in
            suites[version] ?? standard.filter { SocketSettings.version(of: $0) == version }
        }
    }

    /// RFC 8446 App. B.4: the suites of TLS 1.3 have 0x13 in front, and no other has.
    static func version(of suite: CipherSuite) -> ProtocolVersion { suite.rawValue >> 8 == 0x13 ? .tls13 : .tls12 }
}
