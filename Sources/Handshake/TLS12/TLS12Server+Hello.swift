// TLS12Server+Hello.swift — START: the ServerHello of a full or an abbreviated handshake.
// RFC 5246 §7.4.1.3; RFC 8446 §4.1.3; RFC 5746 §3.6; RFC 7627 §5.2; RFC 5077 §3.2, §3.4; RFC 8449 §4;
// RFC 7250 §4.2.
// Next: TLS12Server+Flight.swift.

internal import CryptoGlue
internal import WireFormat

/// What the server chose. Fixed from the ServerHello on. It holds no ClientHello: a client may have sent 64 KiB of it.
package struct TLS12ServerNegotiated: Sendable {
    let configuration: ServerConfiguration
    /// ClientHello.client_version, which static RSA encrypts too.
    let clientVersion: ProtocolVersion
    let parameters: TLS12Parameters
    /// RFC 5077 §3.2: a NewSessionTicket is sent.
    let issuesTicket: Bool
    /// The ID under which the cache will keep the session; empty when it will not.
    let sessionID: [UInt8]
    /// What was answered of certificate types.
    let certificateTypes: CertificateTypes

    var suite: TLS12Suite { parameters.suite }
    var rules: VersionRules { parameters.rules }
}

extension TLS12Server {
    /// Takes the ClientHello for which TLS 1.2, or a version before it, was chosen.
    ///
    /// - Parameter transcript: holds the ClientHello already.
    static func start(
        _ hello: ReceivedHello, _ version: ProtocolVersion, _ credentials: [Credential],
        transcript: consuming TranscriptBuffer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Server {
        let offer = try TLS12Offer(hello, version)
        try chooseProtocol(hello, version, &output)
        let sessions = try TLS12ServerSessions(hello.configuration)
        if let session = try sessions?.resumable(hello, offer, &output) {
            return try TLS12ServerFlight.resume(session, hello, offer, transcript, &output)
        }
        let choice = try TLS12SuiteNegotiation.choose(hello, version, credentials, &output)
        let rules = try VersionRules(version, choice.suite, hello.configuration.legacyUse)
        let issuesTicket = sessions?.issuesTicket(offer) ?? false
        // RFC 5077 §3.4: a session that goes into a ticket needs no ID.
        let sessionID = issuesTicket ? [] : try sessions?.newID(offer, rules) ?? []
        let staples = offer.requestsStatus && choice.credential.stapledResponse != nil
        let types = try hello.certificateTypes(choice.credential, of: credentials, in: version)
        let answer = TLS12ServerHelloMaker(
            hello: hello, offer: offer, suite: choice.suite, rules: rules, issuesTicket: issuesTicket,
            certificateTypes: types)
        let message = try answer.make(sessionID: sessionID, staples: staples, namesServer: true, &output)
        let negotiated = TLS12ServerNegotiated(
            configuration: hello.configuration, clientVersion: hello.hello.legacyVersion,
            parameters: answer.parameters(message.random), issuesTicket: issuesTicket, sessionID: sessionID,
            certificateTypes: types)
        // RFC 5246 §7.4.8: a client's CertificateVerify signs the messages themselves.
        let keepsMessages = hello.configuration.clientAuthentication.policy != nil
        var flight = TLS12ServerFlight(
            negotiated: negotiated,
            transcript: try TLS12Transcript(transcript, rules, keepsMessages: keepsMessages))
        flight.send(try parsing(.serverHello, message.message), &output)
        return try flight.authenticate(choice, hello, staples: staples, &output)
    }

    /// SSL 3.0 has no extension to answer with.
    private static func chooseProtocol(
        _ hello: ReceivedHello, _ version: ProtocolVersion, _ output: inout HandshakeOutput
    ) throws(HandshakeError) {
        guard version == .ssl30 else {
            _ = try ServerALPNNegotiation.choose(hello, &output)
            return
        }
        guard !hello.configuration.requiresALPN else {
            throw .clientMisbehaved(
                .noCommonApplicationProtocol(offered: "none", own: list(hello.configuration.alpnProtocols)))
        }
    }
}

/// Makes the ServerHello of TLS 1.2 from the ClientHello's extensions and what was chosen.
struct TLS12ServerHelloMaker {
    let hello: ReceivedHello
    let offer: TLS12Offer
    let suite: TLS12Suite
    let rules: VersionRules
    let issuesTicket: Bool
    /// None when a session is resumed.
    var certificateTypes = CertificateTypes()

    func parameters(_ random: [UInt8]) -> TLS12Parameters {
        TLS12Parameters(
            suite: suite, rules: rules, randoms: TLS12Randoms(client: hello.hello.random, server: random),
            usesExtendedMasterSecret: offer.offersExtendedMasterSecret,
            // RFC 7366 §3: it concerns CBC suites only.
            usesEncryptThenMAC: offer.offersEncryptThenMAC && suite.isCBC)
    }

    /// - Parameters:
    ///   - sessionID: that of the session, new or resumed; empty for none.
    ///   - staples: a CertificateStatus follows.
    ///   - namesServer: server_name is answered; not when a session is resumed (RFC 6066 §3).
    func make(
        sessionID: [UInt8], staples: Bool, namesServer: Bool, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> ServerHello {
        let random = try random()
        var extensions = ExtensionBlock()
        if offer.isRenegotiationSecure {
            extensions.append(.renegotiationInfo) { RenegotiationInfoExtension.writeServerHello([], into: &$0) }
        }
        if namesServer, hello.serverName != nil, rules.hasExtensions {
            extensions.append(.serverName) { ServerNameExtension.writeEncryptedExtensions(into: &$0) }
        }
        let parameters = self.parameters(random)
        if parameters.usesExtendedMasterSecret {
            extensions.append(.extendedMasterSecret) { ExtendedMasterSecretExtension.writeServerHello(into: &$0) }
        }
        if parameters.usesEncryptThenMAC {
            extensions.append(.encryptThenMAC) { EncryptThenMACExtension.writeServerHello(into: &$0) }
        }
        if issuesTicket {
            extensions.append(.sessionTicket) { SessionTicketExtension.writeServerHello(into: &$0) }
        }
        if staples { extensions.append(.statusRequest) { StatusRequestExtension.writeServerHello(into: &$0) } }
        // RFC 8422 §5.2: in answer to the client's list, and with an ECC suite only.
        if offer.hasPointFormats, suite.keyExchange == .ecdheECDSA || suite.keyExchange == .ecdheRSA {
            extensions.append(.ecPointFormats) {
                ECPointFormatsExtension.writeServerHello([ECPointFormatsExtension.uncompressed], into: &$0)
            }
        }
        if let selected = output.info.alpnProtocol {
            extensions.append(.applicationLayerProtocolNegotiation) {
                ALPNExtension.writeEncryptedExtensions(Array(selected.utf8), into: &$0)
            }
        }
        certificateTypes.append(to: &extensions)
        try limitRecords(&extensions, &output)
        output.info.usesExtendedMasterSecret = parameters.usesExtendedMasterSecret
        output.info.usesEncryptThenMAC = parameters.usesEncryptThenMAC
        return ServerHello(
            legacyVersion: rules.version, random: random, legacySessionIDEcho: sessionID, cipherSuite: suite.code,
            extensions: extensions)
    }

    /// RFC 8449 §4: the client's limit holds when we answer with our own.
    private func limitRecords(
        _ extensions: inout ExtensionBlock, _ output: inout HandshakeOutput
    ) throws(HandshakeError) {
        guard rules.hasExtensions, let body = hello.hello.extensions.body(of: .recordSizeLimit),
            let own = hello.configuration.recordSizeLimit
        else { return }
        try RecordSizeNegotiation.check(body, in: .clientHello, &output)
        output.ownRecordSizeLimit = own
        extensions.append(.recordSizeLimit) { RecordSizeLimitExtension.writeServer(UInt16(own), into: &$0) }
    }

    /// RFC 8446 §4.1.3: a server that speaks a better version too says so in the last eight octets, so that nobody can talk a
    /// client out of it unnoticed.
    private func random() throws(HandshakeError) -> [UInt8] {
        var octets = [UInt8](repeating: 0, count: 32)
        do throws(CryptoError) {
            var span = octets.mutableSpan
            try hello.configuration.provider.random.fill(&span)
        } catch { throw .crypto(error, during: "drawing ServerHello.random") }
        let configuration = hello.configuration
        if rules.version < .tls12, configuration.speaks(.tls13) || configuration.speaks(.tls12) {
            return octets.prefix(24) + VersionNegotiation.olderSentinel
        }
        guard configuration.speaks(.tls13) else { return octets }
        return octets.prefix(24) + VersionNegotiation.tls12Sentinel
    }
}
