// ProviderSelection.swift — a selected provider, and a configured one that makes sockets.
// The counterpart of WinSock's WSASocket with a protocol info, and of SSPI's credentials handle.
// Next: ClientOptions.swift, ServerOptions.swift.

/// A provider that was selected: one security package over one address family or both.
public struct Provider: Sendable {
    let package: any SecurityPackage
    /// The descriptors that were selected; one, or one for each address family.
    public let descriptors: [ProviderDescriptor]

    /// The name the security package is registered under.
    public var packageName: String { package.name }

    /// The address families that connecting and listening may use.
    public var addressFamilies: Set<AddressFamily> { Set(descriptors.map(\.addressFamily)) }

    /// The options the provider starts from: read them, change what you need, and configure with them.
    public var defaultOptions: ClientOptions { package.defaultClientOptions }

    /// Checks the options and prepares what all connections with them share.
    ///
    /// - Throws: ``SocketError/invalidOption(name:reason:)`` for an option that cannot work, ``SocketError/file(path:errno:)``
    ///   and ``SocketError/fileContents(path:reason:)`` for trust that cannot be read.
    public func configure(_ options: ClientOptions) throws(SocketError) -> ConfiguredProvider {
        try options.validate()
        let credentials = try package.makeClientCredentials(options)
        return ConfiguredProvider(provider: self, options: options, credentials: credentials)
    }

    /// The options a server starts from: read them, set the certificates and what else you need, and configure with them.
    public var defaultServerOptions: ServerOptions { package.defaultServerOptions }

    /// Checks the options of a server and prepares what all its connections share.
    ///
    /// - Throws: ``SocketError/unsupported(_:)`` when the provider cannot be a server, and as ``configure(_:)``.
    public func configure(server options: ServerOptions) throws(SocketError) -> ConfiguredServer {
        try configure(server: options, replacing: nil)
    }

    func configure(
        server options: ServerOptions, replacing previous: (any ServerSecurityCredentials)?
    ) throws(SocketError) -> ConfiguredServer {
        guard descriptors.contains(where: { $0.supports(.server) }) else {
            throw .unsupported("accepting connections")
        }
        try options.validate()
        let credentials = try package.makeServerCredentials(options, replacing: previous)
        return ConfiguredServer(provider: self, options: options, credentials: credentials)
    }

    /// Configures with the default options.
    public func configure() throws(SocketError) -> ConfiguredProvider { try configure(defaultOptions) }
}

/// A provider with its options checked and its trust loaded: makes any number of sockets, cheaply, from any thread.
public struct ConfiguredProvider: Sendable {
    /// Shared by all sockets, so that each holds one reference and no copy.
    private final class Setup: Sendable {
        let provider: Provider
        let options: ClientOptions
        let credentials: any SecurityCredentials

        init(_ provider: Provider, _ options: ClientOptions, _ credentials: any SecurityCredentials) {
            self.provider = provider
            self.options = options
            self.credentials = credentials
        }
    }

    private let setup: Setup

    init(provider: Provider, options: ClientOptions, credentials: any SecurityCredentials) {
        setup = Setup(provider, options, credentials)
    }

    /// The selected provider.
    public var provider: Provider { setup.provider }
    /// The options, as they were given.
    public var options: ClientOptions { setup.options }
    var credentials: any SecurityCredentials { setup.credentials }

    /// A socket that is not connected yet.
    public func makeSocket() -> SecureSocket { SecureSocket(self) }

    /// Forgets every session of its store: the next connections shake hands in full. A store that is shared is emptied for
    /// everybody who shares it. Connections that exist are not touched.
    public func purgeSessions() { credentials.purgeSessions() }
}

/// A provider configured for servers, with its certificates checked and its trust loaded: makes listeners.
public struct ConfiguredServer: Sendable {
    private final class Setup: Sendable {
        let provider: Provider
        let options: ServerOptions
        let credentials: any ServerSecurityCredentials

        init(_ provider: Provider, _ options: ServerOptions, _ credentials: any ServerSecurityCredentials) {
            self.provider = provider
            self.options = options
            self.credentials = credentials
        }
    }

    private let setup: Setup

    init(provider: Provider, options: ServerOptions, credentials: any ServerSecurityCredentials) {
        setup = Setup(provider, options, credentials)
    }

    /// The selected provider.
    public var provider: Provider { setup.provider }
    /// The options, as they were given.
    public var options: ServerOptions { setup.options }
    var credentials: any ServerSecurityCredentials { setup.credentials }

    /// A listener that has no address yet.
    public func makeListener() -> ListeningSocket { ListeningSocket(self) }

    /// Forgets every session that clients could resume, as far as that is possible: see
    /// ``ServerSecurityCredentials/purgeSessions()``.
    public func purgeSessions() { credentials.purgeSessions() }
}
