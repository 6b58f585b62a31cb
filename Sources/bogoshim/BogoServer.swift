// BogoServer.swift — a server's configuration from the flags.
// Next: BogoOffers.swift.

import TLS

enum BogoServer {
    static func start(
        _ flags: BogoFlags, _ credentials: BogoCredentials, state: BogoState
    ) throws(BogoFailure) -> TLSConnection {
        let configuration = try configuration(flags, credentials, state)
        do throws(TLSError) { return try TLSConnection(server: configuration) } catch { throw .failed("\(error)") }
    }

    private static func configuration(
        _ flags: BogoFlags, _ credentials: BogoCredentials, _ state: BogoState
    ) throws(BogoFailure) -> ServerConfiguration {
        var configuration = ServerConfiguration(
            provider: state.provider, credentials: source(flags, credentials, state), clock: state.clock)
        (configuration.versions, configuration.legacyPermission) = try BogoOffers.versions(flags)
        configuration.cipherSuites = try BogoOffers.cipherSuites(flags, configuration.cipherSuites, state.provider)
        configuration.acceptedTLS12Weaknesses = Set(TLS12Weakness.allCases)
        configuration.groups = try BogoOffers.groups(flags, configuration.groups, state.provider)
        if !flags.verifiedSchemes.isEmpty {
            let schemes = BogoOffers.schemes(flags.verifiedSchemes, state.provider)
            configuration.signatureSchemes = BogoOffers.handshakeSchemes(schemes)
            configuration.certificateSignatureSchemes = schemes.isEmpty ? [.ed448] : schemes
        }
        if let selected = flags.selectedProtocol, !selected.isEmpty { configuration.alpnProtocols = [selected] }
        // No client of the runner speaks this one.
        if flags.refusesProtocol { configuration.alpnProtocols = ["none of yours"] }
        configuration.clientAuthentication = try authentication(flags, state)
        configuration.sessionTickets = flags.usesTickets ? state.tickets : nil
        configuration.sessionCache = state.serverSessions
        if !flags.usesTickets { configuration.ticketsPerConnection = 0 }
        if flags.allowsEarlyData {
            configuration.maxEarlyDataSize = 14_336
            configuration.earlyDataReplayGuard = state.replays
        }
        return configuration
    }

    /// The callback says what the client offered, for the checks.
    private static func source(
        _ flags: BogoFlags, _ credentials: BogoCredentials, _ state: BogoState
    ) -> CredentialSource {
        // A refusal of the application comes instead of an answer.
        let isLate = flags.isAsynchronous || flags.refusal != nil
        let (own, hello) = (credentials.offered, state.hello)
        return .callback { info in
            hello.set(info)
            return isLate ? .later : .use(own)
        }
    }

    private static func authentication(
        _ flags: BogoFlags, _ state: BogoState
    ) throws(BogoFailure) -> ClientAuthentication {
        if let authorities = flags.authorities, !["<NULL>", "<EMPTY>"].contains(authorities) {
            throw .unimplemented("names of authorities that are no trust anchors")
        }
        guard flags.verifiesPeer || flags.requiresCertificate else { return .none }
        var policy = ClientAuthenticationPolicy(trust: TrustAnchors([]))
        let (clock, copy) = (state.clock, flags)
        policy.verification = .takeOver(
            { request in BogoVerification.answer(copy, request, clock) }, identity: .named("bogo"))
        return flags.requiresCertificate ? .required(policy) : .optional(policy)
    }
}
