// ProviderSelection.swift — a selected provider, and a configured one that makes sockets.
// The counterpart of WinSock's WSASocket with a protocol info, and of SSPI's credentials handle.
// Next: ClientOptions.swift.

/// A provider that was selected: one security package over one address family or both.
public struct Provider: Sendable {
    let package: any SecurityPackage
    /// The descriptors that were selected; one, or one for each address family.
    public let descriptors: [ProviderDescriptor]

    /// The address families that connecting may use.
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

    /// Configures with the default options.
    public func configure() throws(SocketError) -> ConfiguredProvider { try configure(defaultOptions) }
}

/// A provider with its options checked and its trust loaded: makes any number of sockets, cheaply, from any thread.
public struct ConfiguredProvider: Sendable {
    /// The selected provider.
    public let provider: Provider
    /// The options, as they were given.
    public let options: ClientOptions
    let credentials: any SecurityCredentials

    /// A socket that is not connected yet.
    public func makeSocket() -> SecureSocket { SecureSocket(self) }

    /// Forgets every session of its store: the next connections shake hands in full. A store that is shared is emptied for
    /// everybody who shares it. Connections that exist are not touched.
    public func purgeSessions() { credentials.purgeSessions() }
}
