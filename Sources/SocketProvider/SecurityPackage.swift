// SecurityPackage.swift — what a security package promises; TLS is one, `none` is one, yours may be another.
// The counterpart of SSPI: packages, credentials, contexts, and "continue needed".
// Next: SecurityContext.swift.

public import TLS

/// A kind of security that can be put on a transport.
///
/// A package only turns octets into octets: it never touches a socket, a file or a clock of its own accord, so the
/// blocking, non-blocking and asynchronous fronts all drive the same code. Register one with
/// ``ProviderCatalog/registering(_:)``.
public protocol SecurityPackage: Sendable {
    /// The name it is registered and listed under.
    var name: String { get }
    /// The family of security protocols it belongs to.
    var scheme: SecurityScheme { get }
    /// The protocol versions it speaks; empty when it has none.
    var versions: [ProtocolVersion] { get }
    /// The cryptographic library behind it; nil when there is none.
    var backend: CryptoBackend? { get }
    /// What it adds to the transport. What every socket can do (client, full duplex, half-close) is added by itself.
    var capabilities: Set<ProviderCapability> { get }
    /// The suites that can be configured, best first; empty when it has none.
    var cipherSuites: [CipherSuite] { get }
    /// The groups that can be configured, best first; empty when it has none.
    var groups: [NamedGroup] { get }
    /// The options a client starts from.
    var defaultClientOptions: ClientOptions { get }

    /// Checks the options that concern the package and prepares what connections share (SSPI: AcquireCredentialsHandle).
    ///
    /// - Throws: ``SocketError/invalidOption(name:reason:)`` and what reading the trust may throw.
    func makeClientCredentials(_ options: ClientOptions) throws(SocketError) -> any SecurityCredentials

    /// The options a server starts from.
    var defaultServerOptions: ServerOptions { get }

    /// Checks the options that concern the package and prepares what the connections of a listener share. Only called of a
    /// package with the capability ``ProviderCapability/server``.
    ///
    /// - Parameters:
    ///   - options: what the server asks for.
    ///   - previous: what the listener used until now, when its options are replaced while connections run: what the
    ///     options leave to the package, as keys of its own making, goes on from there.
    /// - Throws: ``SocketError/invalidOption(name:reason:)`` and what reading the trust may throw.
    func makeServerCredentials(
        _ options: ServerOptions, replacing previous: (any ServerSecurityCredentials)?
    ) throws(SocketError) -> any ServerSecurityCredentials
}

extension SecurityPackage {
    /// None.
    public var versions: [ProtocolVersion] { [] }
    /// None.
    public var backend: CryptoBackend? { nil }
    /// None.
    public var capabilities: Set<ProviderCapability> { [] }
    /// None.
    public var cipherSuites: [CipherSuite] { [] }
    /// None.
    public var groups: [NamedGroup] { [] }
    /// The defaults of ``ClientOptions``.
    public var defaultClientOptions: ClientOptions { ClientOptions() }
    /// The defaults of ``ServerOptions``.
    public var defaultServerOptions: ServerOptions { ServerOptions() }

    /// Throws: a package may be for clients alone.
    public func makeServerCredentials(
        _ options: ServerOptions, replacing previous: (any ServerSecurityCredentials)?
    ) throws(SocketError) -> any ServerSecurityCredentials {
        throw .unsupported("accepting connections")
    }
}

/// Options that were checked, with everything loaded that connections share. Used by many threads at a time.
public protocol SecurityCredentials: Sendable {
    /// A context for one connection; what it wants to say first goes to `output` (SSPI: InitializeSecurityContext).
    ///
    /// - Throws: what the package has against the peer's name, or a failure of its own.
    func makeContext(
        for peer: PeerTarget, into output: inout SendBuffer
    ) throws(SocketError) -> any SecurityContext & ~Copyable

    /// A context whose first flight takes data along, when the package can do that; it is sent after the handshake
    /// otherwise.
    ///
    /// - Throws: As the one without data; ``SocketError/unsupported(_:)`` when the package has nothing like it.
    func makeContext(
        for peer: PeerTarget, earlyData: [UInt8], into output: inout SendBuffer
    ) throws(SocketError) -> any SecurityContext & ~Copyable

    /// Forgets the sessions that connections could resume.
    func purgeSessions()
}

extension SecurityCredentials {
    /// Throws when there is any data: a package may have no early data.
    public func makeContext(
        for peer: PeerTarget, earlyData: [UInt8], into output: inout SendBuffer
    ) throws(SocketError) -> any SecurityContext & ~Copyable {
        guard earlyData.isEmpty else { throw .unsupported("early data") }
        return try makeContext(for: peer, into: &output)
    }

    /// Does nothing: a package may have no sessions.
    public func purgeSessions() {}
}

/// A server's options that were checked, with everything loaded that connections share. Used by many threads at a time.
public protocol ServerSecurityCredentials: Sendable {
    /// A context for one accepted connection (SSPI: AcceptSecurityContext); a package that speaks first appends to
    /// `output`.
    ///
    /// - Throws: a failure of its own.
    func makeContext(
        from peer: SocketAddress, into output: inout SendBuffer
    ) throws(SocketError) -> any SecurityContext & ~Copyable

    /// Forgets the sessions that clients could resume.
    func purgeSessions()
}

extension ServerSecurityCredentials {
    /// Does nothing: a package may have no sessions.
    public func purgeSessions() {}
}

/// Whom a connection is meant to reach.
public struct PeerTarget: Sendable, Hashable {
    /// The name the peer has to prove: ``ClientOptions/peerName``, else the name connected to, else the address.
    public let name: String
    /// The address TCP is connected to.
    public let address: SocketAddress

    /// A peer that has to prove `name` and is reached at `address`.
    public init(name: String, address: SocketAddress) {
        self.name = name
        self.address = address
    }
}
