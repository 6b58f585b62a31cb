// CredentialSource.swift — which certificates a server has for which name.
// RFC 6066 §3; RFC 8446 §4.4.2.2; RFC 9525 §6.3 for what a wildcard stands for.
// Next: ../Negotiation/ServerVersionNegotiation.swift.

internal import Certificates
public import WireFormat

/// What a client said before anything is authenticated; for the choice of credentials.
public struct ClientHelloInfo: Sendable, Equatable {
    /// The host name of server_name in lower case; nil when the client sent none, or an address.
    public let serverName: String?
    /// The application protocols the client speaks, the most wanted first.
    public let alpnProtocols: [String]
    /// The protocol versions the client offers.
    public let versions: [ProtocolVersion]
    /// The cipher suites the client offers, the most wanted first.
    public let cipherSuites: [CipherSuite]
    /// The groups the client offers, the most wanted first.
    public let groups: [NamedGroup]
    /// The signature schemes the client can verify, the most wanted first.
    public let signatureSchemes: [SignatureScheme]
}

/// Where a server's certificates come from. Each answer may hold several: the first whose key can sign what the client can
/// verify is used.
public enum CredentialSource: Sendable {
    /// The same for every client, whatever name it asks for.
    case fixed([Credential])
    /// By name.
    case names(NamedCredentials)
    /// The callback decides. It is called from the thread that drives the connection, and may answer later.
    case callback(@Sendable (ClientHelloInfo) -> CredentialAnswer)

    func credentials(for hello: ReceivedHello) -> CredentialAnswer {
        switch self {
        case .fixed(let credentials): .use(credentials)
        case .names(let named): named.credentials(for: hello.serverName).map(CredentialAnswer.use) ?? .unrecognizedName
        case .callback(let callback): callback(hello.info)
        }
    }
}

/// The answer of a callback that chooses credentials.
public enum CredentialAnswer: Sendable {
    /// These, the most wanted first. None is right for a server that authenticates by external pre-shared keys alone.
    case use([Credential])
    /// Nobody of that name is here: the client gets unrecognized_name (RFC 6066 §3).
    case unrecognizedName
    /// The connection waits: it reports `PendingOperation.chooseCredentials`, and goes on when it is given the answer.
    case later
}

/// Credentials by the name the client asks for.
///
///     var names = NamedCredentials(default: [main])
///     try names.set([shop], for: "shop.example.org")
///     try names.set([wild], for: "*.example.org")
///
/// An exact name goes before a wildcard, a wildcard before the default. A wildcard stands for exactly one label.
public struct NamedCredentials: Sendable {
    private var exact: [String: [Credential]] = [:]
    private var wildcards: [String: [Credential]] = [:]
    private let fallback: [Credential]?

    /// - Parameter fallback: for clients that send no name, or one that is not here; nil refuses those with
    ///   unrecognized_name.
    public init(default fallback: [Credential]? = nil) { self.fallback = fallback }

    /// Says which credentials belong to a name, `example.org` or `*.example.org`, in place of those it had.
    ///
    /// - Throws: `HandshakeError.configuration` when it is no host name.
    public mutating func set(_ credentials: [Credential], for name: String) throws(HandshakeError) {
        let isWildcard = name.hasPrefix("*.")
        let host: DNSName
        do throws(CertificateError) { host = try DNSName(isWildcard ? String(name.dropFirst(2)) : name) } catch {
            throw .configuration("credentials are given for \"\(name)\"; a host name or *.host name is needed")
        }
        if isWildcard { wildcards[host.text] = credentials } else { exact[host.text] = credentials }
    }

    /// - Parameter name: in lower case; nil when the client sent none.
    package func credentials(for name: String?) -> [Credential]? {
        guard let name else { return fallback }
        if let found = exact[name] { return found }
        if let dot = name.firstIndex(of: "."), let found = wildcards[String(name[name.index(after: dot)...])] {
            return found
        }
        return fallback
    }
}
