// TLSSecurityPackage.swift — TLS as a security package: options to configuration, events to events.
// RFC 8446; RFC 6066 §3; RFC 7301 §3.2.
// Next: TLSServerCredentials.swift.

public import TLS

/// TLS over a cryptographic provider. The versions before TLS 1.2 are in a package of their own, made with a permission.
public struct TLSSecurityPackage: SecurityPackage {
    /// `TLS`; with a permission `Legacy TLS`.
    public let name: String
    /// ``SecurityScheme/tls``.
    public let scheme = SecurityScheme.tls
    /// TLS 1.2 and TLS 1.3, and those of the permission.
    public let versions: [ProtocolVersion]
    private let provider: CryptoProvider
    private let clock: any WallClock
    private let permission: LegacyPermission?

    /// TLS with this provider's primitives; certificates have to be valid at the clock's time.
    public init(provider: CryptoProvider, clock: any WallClock = SystemClock()) {
        self.provider = provider
        self.clock = clock
        name = "TLS"
        versions = [.tls12, .tls13]
        permission = nil
    }

    /// TLS that speaks broken versions too, as far as the permission goes.
    ///
    /// They are spoken besides the versions of the options, while the permission holds and with the peers that it names: at
    /// a client the name the peer has to prove, at a server the client's address. Options whose `versions` are all before
    /// TLS 1.2 leave the permission's alone.
    public init(provider: CryptoProvider, clock: any WallClock = SystemClock(), legacy permission: LegacyPermission) {
        self.provider = provider
        self.clock = clock
        name = TLSSecurityPackage.legacyName
        versions = permission.versions.sorted() + [.tls12, .tls13]
        self.permission = permission
    }

    /// The name of the package that speaks versions before TLS 1.2.
    public static let legacyName = "Legacy TLS"

    /// TLS over libgcrypt.
    ///
    /// - Throws: `CryptoError.backendTooOld` when libgcrypt is older than 1.10.1.
    public init() throws(CryptoError) { self.init(provider: try .gcrypt()) }

    /// TLS over libgcrypt that speaks broken versions too; as ``init(provider:clock:legacy:)``.
    ///
    /// - Throws: `CryptoError.backendTooOld` when libgcrypt is older than 1.10.1.
    public init(legacy permission: LegacyPermission) throws(CryptoError) {
        self.init(provider: try .gcrypt(), legacy: permission)
    }

    /// The provider's library.
    public var backend: CryptoBackend? { CryptoBackend(name: provider.name, version: provider.version) }
    /// What the provider can do.
    public var cipherSuites: [CipherSuite] { provider.cipherSuites }
    /// What the provider can do.
    public var groups: [NamedGroup] { provider.groups }

    /// Everything there is.
    public var capabilities: Set<ProviderCapability> {
        [
            .confidentiality, .integrity, .peerAuthentication, .clientAuthentication, .applicationProtocolNegotiation,
            .sessionResumption, .earlyData, .keyUpdate, .keyingMaterialExport, .recordPadding, .keyLog, .decisionReport,
            .server,
        ]
    }

    /// The defaults of `ClientConfiguration`.
    public var defaultClientOptions: ClientOptions {
        let defaults = ClientConfiguration(provider: provider, trust: TrustAnchors([]), clock: clock)
        return ClientOptions(
            versions: defaults.versions, cipherSuites: defaults.cipherSuites, groups: defaults.groups,
            keyShareGroups: defaults.keyShareGroups)
    }

    /// Loads the trust and makes the configuration that connections share.
    public func makeClientCredentials(_ options: ClientOptions) throws(SocketError) -> any SecurityCredentials {
        try check(options)
        var configuration = ClientConfiguration(provider: provider, trust: try options.trust.load(), clock: clock)
        configuration.pathPolicy = options.pathPolicy
        configuration.acceptedRawPublicKeys = options.acceptedRawPublicKeys
        configuration.versions = options.versions
        configuration.legacyPermission = permission
        configuration.cipherSuites = options.cipherSuites
        configuration.groups = options.groups
        configuration.keyShareGroups = options.keyShareGroups
        if let schemes = options.signatureSchemes { configuration.signatureSchemes = schemes }
        if let schemes = options.certificateSignatureSchemes { configuration.certificateSignatureSchemes = schemes }
        configuration.alpnProtocols = options.alpnProtocols
        configuration.requiresALPN = options.requiresALPN
        switch options.credentials {
        case .fixed(let credentials): configuration.credentials = .fixed(credentials)
        case .callback(_, let identity): configuration.credentials = .callback({ _ in .later }, identity: identity)
        }
        configuration.sendsServerName = options.sendsServerName
        configuration.middleboxCompatibility = options.middleboxCompatibility
        configuration.recordPadding = options.recordPadding
        configuration.keyLog = options.keyLog
        if options.sessionCacheTimeout > 0 {
            let timeout = UInt32(clamping: options.sessionCacheTimeout)
            configuration.sessionStore =
                options.sessionStore
                ?? MemorySessionStore(entries: options.sessionCacheEntries, longestAge: timeout)
            configuration.sessionCacheTimeout = timeout
        } else {
            configuration.sessionCacheTimeout = 0
        }
        configuration.resumesSessions = options.reuse == .on
        configuration.acceptedTLS12Weaknesses = options.acceptedTLS12Weaknesses
        configuration.requestsCertificateStatus = options.requestsCertificateStatus
        configuration.recordSizeLimit = options.recordSizeLimit
        configuration.isVersionFallback = options.isVersionFallback
        configuration.externalPreSharedKeys = options.externalPreSharedKeys
        configuration.allowsPSKWithoutForwardSecrecy = options.allowsPSKWithoutForwardSecrecy
        configuration.reportsDecisions = options.reportsDecisions
        configuration.verification = options.verification.answeredLater
        return TLSCredentials(configuration: configuration, questions: TLSQuestions(options))
    }

    /// The defaults of `ServerConfiguration`.
    public var defaultServerOptions: ServerOptions {
        let defaults = ServerConfiguration(provider: provider, credentials: .fixed([]), clock: clock)
        return ServerOptions(
            versions: defaults.versions, cipherSuites: defaults.cipherSuites, groups: defaults.groups)
    }

    /// Loads the trust and makes the configuration that connections share.
    public func makeServerCredentials(
        _ options: ServerOptions, replacing previous: (any ServerSecurityCredentials)?
    ) throws(SocketError) -> any ServerSecurityCredentials {
        var possible = options.shared
        // A server has no shares of its own to choose before the client has come.
        possible.keyShareGroups = []
        try check(possible)
        return try TLSServerCredentials(
            options, provider: provider, clock: clock, permission, replacing: previous as? TLSServerCredentials)
    }

    /// Refuses what could only fail at the first connection.
    private func check(_ options: ClientOptions) throws(SocketError) {
        guard versions.contains(where: options.versions.contains) else {
            throw .invalidOption(name: "versions", reason: "none of \(options.versions) is offered by this provider")
        }
        for version in LegacyPermission.legacyVersions
        where options.versions.contains(version) && !versions.contains(version) {
            throw .invalidOption(
                name: "versions", reason: "\(version) is broken: only a package made with a permission for it speaks it"
            )
        }
        try checkOffer("cipherSuites", options.cipherSuites, provider.cipherSuites)
        try checkOffer("groups", options.groups, provider.groups)
        for group in options.keyShareGroups where !options.groups.contains(group) {
            throw .invalidOption(name: "keyShareGroups", reason: "\(group) is not in groups")
        }
        if let schemes = options.signatureSchemes {
            try checkOffer("signatureSchemes", schemes, provider.signatureSchemes)
        }
        if let schemes = options.certificateSignatureSchemes {
            try checkOffer("certificateSignatureSchemes", schemes, provider.signatureSchemes)
        }
        for suite in options.cipherSuites {
            let missing = suite.weaknesses.subtracting(options.acceptedTLS12Weaknesses)
            guard let weakness = missing.map(\.rawValue).min() else { continue }
            throw .invalidOption(
                name: "cipherSuites", reason: "\(suite) needs \(weakness) in acceptedTLS12Weaknesses")
        }
        if let name = options.peerName {
            do throws(CertificateError) {
                _ = try ReferenceIdentity(name)
            } catch {
                throw .invalidOption(name: "peerName", reason: "\(error)")
            }
        }
    }

    private func checkOffer<Element: Hashable>(
        _ name: String, _ offered: [Element], _ possible: [Element]
    ) throws(SocketError) {
        guard !offered.isEmpty else { throw .invalidOption(name: name, reason: "at least one has to be offered") }
        guard Set(offered).count == offered.count else {
            throw .invalidOption(name: name, reason: "one is there twice")
        }
        if let unknown = offered.first(where: { !possible.contains($0) }) {
            throw .invalidOption(name: name, reason: "\(provider.name) \(provider.version) does not offer \(unknown)")
        }
    }
}

private struct TLSCredentials: SecurityCredentials {
    let configuration: ClientConfiguration
    let questions: TLSQuestions

    func purgeSessions() { configuration.sessionStore?.purge() }

    func makeContext(
        for peer: PeerTarget, into output: inout SendBuffer
    ) throws(SocketError) -> any SecurityContext & ~Copyable {
        try makeContext(for: peer, earlyData: [], into: &output)
    }

    func makeContext(
        for peer: PeerTarget, earlyData: [UInt8], into output: inout SendBuffer
    ) throws(SocketError) -> any SecurityContext & ~Copyable {
        let identity: ReferenceIdentity
        do throws(CertificateError) {
            identity = try ReferenceIdentity(peer.name)
        } catch {
            throw .package("TLS", error.explanation)
        }
        do throws(TLSError) {
            let connection = try TLSConnection(
                client: configuration, identity: identity, earlyData: earlyData, into: &output)
            return TLSContext(connection, questions)
        } catch {
            throw SocketError(error)
        }
    }
}

extension SocketError {
    init(_ error: TLSError) {
        self = error.isTruncation ? .truncated(error.explanation) : .security(error)
    }
}

extension ConnectionInfo: SecurityInformation {
    /// As `TLS 1.3, TLS_AES_128_GCM_SHA256, x25519`, and `resumed` for a resumed session.
    public var summary: String {
        let names = [version?.description, cipherSuite?.description, group?.description, alpnProtocol]
        let parts = names + [isResumed ? "resumed" : nil, legacyUse == nil ? nil : "BROKEN VERSION, BY PERMISSION"]
        return parts.compactMap { $0 }.joined(separator: ", ")
    }
}

extension SocketInformation {
    /// What TLS tells; nil when the security package is another one, or nothing is known yet.
    public var tls: ConnectionInfo? { security as? ConnectionInfo }
}

extension ProviderCatalog {
    /// Plain TCP, and TLS over libgcrypt. When libgcrypt cannot be used, TLS is in ``unavailable`` instead.
    public static let standard: ProviderCatalog = {
        do throws(CryptoError) {
            return ProviderCatalog(packages: [PlainPackage(), try TLSSecurityPackage()])
        } catch {
            let unavailable = UnavailablePackage(name: "TLS", reason: "\(error)")
            return ProviderCatalog(packages: [PlainPackage()], unavailable: [unavailable])
        }
    }()

    /// This catalogue with `Legacy TLS` too, which speaks the versions that are permitted. No other catalogue lists it.
    ///
    ///     let permission = try LegacyPermission(
    ///         versions: [.tls10], reason: "the lathe's controller of 1998", until: end, peers: ["lathe.example.org"])
    ///     let provider = try ProviderCatalog.standard.permitting(permission)
    ///         .select(scheme: .tls, package: TLSSecurityPackage.legacyName)
    ///
    /// - Throws: `CryptoError.backendTooOld` when libgcrypt is older than 1.10.1.
    public func permitting(_ permission: LegacyPermission) throws(CryptoError) -> ProviderCatalog {
        registering(try TLSSecurityPackage(legacy: permission))
    }
}
