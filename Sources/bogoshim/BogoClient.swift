// BogoClient.swift — a client's configuration from the flags.
// Next: BogoCredentials.swift.

import TLS

enum BogoClient {
    static func start(
        _ flags: BogoFlags, retry: BogoFlags, _ credentials: BogoCredentials, earlyData: [UInt8], state: BogoState,
        into output: inout SendBuffer
    ) throws(BogoFailure) -> TLSConnection {
        guard !flags.failsCertificateCallback, flags.expectedPeerSchemes.isEmpty else {
            throw .unimplemented("a client's callback for its certificate")
        }
        let configuration = try configuration(flags, retry: retry, credentials, state)
        let identity: ReferenceIdentity
        do throws(CertificateError) {
            // A name that is an address is not sent.
            identity = try ReferenceIdentity(flags.hostName ?? "192.0.2.1")
        } catch { throw .unimplemented("a host name that is none: \(error)") }
        do throws(TLSError) {
            return try TLSConnection(client: configuration, identity: identity, earlyData: earlyData, into: &output)
        } catch { throw .failed("\(error)") }
    }

    /// What of the first write goes out early: no more than the ticket allows.
    static func earlyData(_ flags: BogoFlags, isResumption: Bool, state: BogoState) -> [UInt8] {
        guard flags.allowsEarlyData, isResumption, flags.writesFirst || flags.leavesWriteUnfinished else { return [] }
        let limit = state.sessions.earlyDataLimit
        return limit == 0 ? BogoConnection.firstWrite : Array(BogoConnection.firstWrite.prefix(limit))
    }

    private static func configuration(
        _ flags: BogoFlags, retry: BogoFlags, _ credentials: BogoCredentials, _ state: BogoState
    ) throws(BogoFailure) -> ClientConfiguration {
        var configuration = ClientConfiguration(
            provider: state.provider, trust: TrustAnchors([]), clock: state.clock)
        (configuration.versions, configuration.legacyPermission) = try BogoOffers.versions(flags)
        configuration.cipherSuites = try BogoOffers.cipherSuites(flags, configuration.cipherSuites, state.provider)
        configuration.acceptedTLS12Weaknesses = Set(TLS12Weakness.allCases)
        configuration.groups = try BogoOffers.groups(flags, configuration.groups, state.provider)
        configuration.keyShareGroups = Array(configuration.groups.prefix(1))
        if !flags.verifiedSchemes.isEmpty {
            let schemes = BogoOffers.schemes(flags.verifiedSchemes, state.provider)
            configuration.signatureSchemes = BogoOffers.handshakeSchemes(schemes)
            configuration.certificateSignatureSchemes = schemes.isEmpty ? [.ed448] : schemes
        }
        configuration.alpnProtocols = try BogoOffers.protocols(flags)
        configuration.requestsCertificateStatus = flags.requestsStaple
        configuration.isVersionFallback = flags.isFallback
        let own = credentials.own.map { [$0] } ?? []
        configuration.credentials =
            flags.isAsynchronous ? .callback({ _ in .later }, identity: .named("bogo")) : .fixed(own)
        // After early data was refused the runner judges by the flags of the retry.
        let (clock, copy) = (state.clock, flags.expectsEarlyDataRejected ? retry : flags)
        // The same name in every connection: what the flags change is not what sessions are bound to.
        configuration.verification = .takeOver(
            { request in BogoVerification.answer(copy, request, clock) }, identity: .named("bogo"))
        configuration.sessionStore = state.sessions
        configuration.resendsRefusedEarlyData = false
        if flags.exportsSecrets { configuration.keyLog = state.secrets }
        return configuration
    }
}
