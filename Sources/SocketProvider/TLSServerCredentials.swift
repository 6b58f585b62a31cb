// TLSServerCredentials.swift — a TLS server's options as a configuration that its connections share.
// RFC 8446 §4.4.2, §4.6.1, §8; RFC 5077.
// Next: TLSContext.swift.

import TLS

/// What the connections of a TLS listener share.
final class TLSServerCredentials: ServerSecurityCredentials {
    private let questions: TLSQuestions
    private let hasOwnTicketKeys: Bool
    private let configuration: ServerConfiguration

    /// - Parameter previous: what the listener used until now: the keys and the memory that were made here, not given,
    ///   go on.
    init(
        _ options: ServerOptions, provider: CryptoProvider, clock: any WallClock,
        _ permission: LegacyPermission?, replacing previous: TLSServerCredentials?
    ) throws(SocketError) {
        let credentials = Self.source(options.credentials)
        var configuration = ServerConfiguration(provider: provider, credentials: credentials, clock: clock)
        configuration.versions = options.versions
        configuration.legacyPermission = permission
        configuration.cipherSuites = options.cipherSuites
        configuration.prefersClientCipherSuites = options.prefersClientCipherSuites
        configuration.acceptedTLS12Weaknesses = options.acceptedTLS12Weaknesses
        configuration.groups = options.groups
        if let schemes = options.signatureSchemes { configuration.signatureSchemes = schemes }
        if let schemes = options.certificateSignatureSchemes { configuration.certificateSignatureSchemes = schemes }
        configuration.alpnProtocols = options.alpnProtocols
        configuration.requiresALPN = options.requiresALPN
        configuration.clientAuthentication = try Self.clientAuthentication(options.clientAuthentication)
        configuration.externalPreSharedKeys = options.externalPreSharedKeys
        configuration.allowsPSKWithoutForwardSecrecy = options.allowsPSKWithoutForwardSecrecy
        configuration.middleboxCompatibility = options.middleboxCompatibility
        configuration.recordPadding = options.recordPadding
        configuration.recordSizeLimit = options.recordSizeLimit
        configuration.keyLog = options.keyLog
        configuration.reportsDecisions = options.reportsDecisions
        let before = previous?.configuration
        var hasOwnTicketKeys = false
        if options.sessionCacheTimeout > 0 {
            switch options.tickets {
            case .off: break
            case .keys(let ring): configuration.sessionTickets = ring
            case .automatic:
                hasOwnTicketKeys = true
                let kept = previous?.hasOwnTicketKeys ?? false ? before?.sessionTickets : nil
                configuration.sessionTickets = if let kept { kept } else { try Self.ring(provider, clock) }
            }
            configuration.sessionCache = options.sessionCache
        }
        configuration.sessionCacheTimeout = UInt32(clamping: options.sessionCacheTimeout)
        configuration.resumesSessions = options.reuse == .on
        configuration.ticketsPerConnection = options.ticketsPerConnection
        configuration.maxEarlyDataSize = UInt32(clamping: options.maxEarlyDataSize)
        if options.maxEarlyDataSize > 0 {
            configuration.earlyDataReplayGuard =
                options.earlyDataReplayGuard ?? before?.earlyDataReplayGuard ?? EarlyDataReplayGuard()
        }
        try Self.check(configuration, options)
        questions = TLSQuestions(options)
        self.hasOwnTicketKeys = hasOwnTicketKeys
        self.configuration = configuration
    }

    private static func source(_ credentials: ServerOptions.Credentials) -> CredentialSource {
        switch credentials {
        case .fixed(let credentials): .fixed(credentials)
        case .names(let names): .names(names)
        case .callback: .callback { _ in .later }
        }
    }

    private static func clientAuthentication(
        _ option: ServerOptions.ClientAuthentication
    ) throws(SocketError) -> ClientAuthentication {
        guard let trust = option.trust else { return .none }
        var policy = ClientAuthenticationPolicy(trust: try trust.trust.load())
        policy.pathPolicy = trust.pathPolicy
        policy.acceptedRawPublicKeys = trust.acceptedRawPublicKeys
        policy.verification = trust.verification.answeredLater
        policy.sendsAuthorities = trust.sendsAuthorities
        return if case .required = option { .required(policy) } else { .optional(policy) }
    }

    private static func ring(_ provider: CryptoProvider, _ clock: any WallClock) throws(SocketError) -> TicketKeyRing {
        do throws(HandshakeError) {
            return try TicketKeyRing(random: provider.random, clock: clock)
        } catch {
            throw .invalidOption(name: "tickets", reason: "no ticket key can be made: \(error)")
        }
    }

    /// Refuses what could only fail at the first connection.
    private static func check(_ configuration: ServerConfiguration, _ options: ServerOptions) throws(SocketError) {
        if case .fixed(let credentials) = options.credentials, credentials.isEmpty,
            options.externalPreSharedKeys.isEmpty
        {
            throw .invalidOption(name: "credentials", reason: "a TLS server needs a certificate with its key")
        }
        do throws(TLSError) {
            _ = try TLSConnection(server: configuration)
        } catch {
            throw .invalidOption(name: "options", reason: "\(error)")
        }
    }

    func makeContext(
        from peer: SocketAddress, into output: inout SendBuffer
    ) throws(SocketError) -> any SecurityContext & ~Copyable {
        do throws(TLSError) {
            return TLSContext(try TLSConnection(server: configuration, peer: peer.host), questions)
        } catch {
            throw SocketError(error)
        }
    }

    /// Empties the cache, and replaces ticket keys that were made here. Keys that were given are their owner's.
    func purgeSessions() {
        configuration.sessionCache?.purge()
        guard hasOwnTicketKeys else { return }
        // A ring that can make no new key has none: no tickets are better than the old ones. The ring is that of all the
        // options that one listener ever had, so a reload that is under way brings no old key back.
        try? configuration.sessionTickets?.renew()
    }
}
