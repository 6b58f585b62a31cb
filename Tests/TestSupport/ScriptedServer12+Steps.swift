// ScriptedServer12+Steps.swift — the messages of the scripted TLS 1.2 server, and what it makes of the client's.
// RFC 5246 §7.3, §7.4; RFC 5077 §3.1; RFC 6066 §8; RFC 8422 §5.
// Next: TestClient.swift.

internal import Certificates
internal import CryptoGlue
package import Handshake
package import WireFormat

extension ScriptedServer12 {
    // MARK: The client's messages

    func take(_ message: HandshakeMessage) throws {
        switch message.type {
        case .clientHello:
            // A new handshake, or the one that a test made up.
            hello = try ClientHello.parse(message.body)
            transcript = []
        case .certificate:
            clientCertificates = try TLS12Certificate.parse(message.body).certificates.map(
                Certificate.init(derEncoded:))
        case .clientKeyExchange:
            transcript += message.encoded
            try deriveMaster(premaster: try premaster(message))
            return
        case .certificateVerify:
            let verify = try CertificateVerify.parse(message.body)
            let key = try ScriptError.unwrap(clientCertificates?.first?.publicKey)
            let transcript = transcript
            do {
                try key.verify(
                    verify.signature.span, over: transcript.span, using: try ScriptedKeys12.algorithm(verify.scheme))
            } catch { throw ScriptError12.badCertificateVerify }
            isClientVerified = true
        case .finished:
            let expected = try verifyData("client finished")
            guard try Finished.parse12(message.body).verifyData == expected else { throw ScriptError12.badFinished }
            isClientFinished = true
        default: break
        }
        transcript += message.encoded
    }

    private func premaster(_ message: HandshakeMessage) throws -> [UInt8] {
        let secret: SecretBytes
        switch try TLS12ClientKeyExchange.parse(message.body, suite.keyExchange) {
        case .ecdhe(let point):
            secret = try ScriptError.unwrap(exchange.take()).finish(peerShare: point.span)
        case .dhe(let value):
            secret = try ScriptError.unwrap(dhExchange.take()).finish(peerShare: value.span)
        case .rsa(let encrypted):
            secret = try identity.key.decryptPremasterSecret(
                encrypted.span, version: hello.legacyVersion, random: random)
        }
        return [UInt8](copying: secret.bytes)
    }

    /// RFC 5246 §8.1, RFC 7627 §4.
    package func deriveMaster(premaster: [UInt8]) throws {
        if hasExtendedMasterSecret {
            master = try ScriptedKeys12.prf(
                suite.hash, premaster, "extended master secret", ScriptedKeys12.digest(suite.hash, transcript), 48)
        } else {
            master = try ScriptedKeys12.prf(suite.hash, premaster, "master secret", hello.random + serverRandom, 48)
        }
    }

    // MARK: The server's messages

    /// ServerHello; what it says of extended_master_secret and encrypt_then_mac after `edit` is what the server does.
    package func serverHello(
        resuming session: ScriptedSession12? = nil, _ edit: (inout ServerHello) -> Void = { _ in }
    ) throws {
        var octets = [UInt8](repeating: 0, count: 32)
        var span = octets.mutableSpan
        try random.fill(&span)
        var message = ServerHello(
            random: octets, legacySessionIDEcho: session == nil ? sessionID : hello.legacySessionID,
            cipherSuite: suite.code, extensions: helloExtensions(isResuming: session != nil))
        edit(&message)
        serverRandom = message.random
        hasExtendedMasterSecret = message.extensions.body(of: .extendedMasterSecret) != nil
        hasEncryptThenMAC = message.extensions.body(of: .encryptThenMAC) != nil
        if let session { master = session.master }
        queue(try message.message())
    }

    private func helloExtensions(isResuming: Bool) -> ExtensionBlock {
        var extensions = ExtensionBlock()
        func offers(_ type: ExtensionType) -> Bool { hello.extensions.body(of: type) != nil }
        extensions.append(.renegotiationInfo) { RenegotiationInfoExtension.writeServerHello([], into: &$0) }
        if usesExtendedMasterSecret, offers(.extendedMasterSecret) { extensions.append(.extendedMasterSecret) }
        if case .cbc = suite.protection, usesEncryptThenMAC, offers(.encryptThenMAC) {
            extensions.append(.encryptThenMAC)
        }
        if issuesTicket, offers(.sessionTicket) { extensions.append(.sessionTicket) }
        if ocspResponse != nil, !isResuming, offers(.statusRequest) { extensions.append(.statusRequest) }
        if let alpn {
            extensions.append(.applicationLayerProtocolNegotiation) {
                ALPNExtension.writeEncryptedExtensions(Array(alpn.utf8), into: &$0)
            }
        }
        if let recordSizeLimit {
            extensions.append(.recordSizeLimit) { RecordSizeLimitExtension.writeServer(recordSizeLimit, into: &$0) }
        }
        if offers(.ecPointFormats), suite.keyExchange == .ecdheECDSA || suite.keyExchange == .ecdheRSA {
            extensions.append(.ecPointFormats) { ECPointFormatsExtension.writeServerHello([0], into: &$0) }
        }
        return extensions
    }

    package func certificate(_ edit: (inout TLS12Certificate) -> Void = { _ in }) throws {
        var message = TLS12Certificate(certificates: identity.certificates.map(\.derEncoded))
        edit(&message)
        queue(try message.message())
    }

    package func certificateStatus() throws {
        queue(try TLS12CertificateStatus(ocspResponse: ocspResponse ?? [0x30, 0]).message())
    }

    /// ServerKeyExchange.
    ///
    /// - Parameters:
    ///   - parameters: changes what is sent and signed.
    ///   - signed: changes what is signed but not sent.
    ///   - signature: changes the signature.
    ///   - claims: the scheme the message names when it is not the one that signs.
    package func serverKeyExchange(
        scheme: SignatureScheme? = nil, claims: SignatureScheme? = nil,
        parameters edit: (inout TLS12ServerKeyExchange.Parameters) -> Void = { _ in },
        signed: (inout [UInt8]) -> Void = { _ in }, signature editSignature: (inout [UInt8]) -> Void = { _ in }
    ) throws {
        var parameters = try makeParameters()
        edit(&parameters)
        let scheme = scheme ?? identity.scheme
        var content = hello.random + serverRandom + (try TLS12ServerKeyExchange.encode(parameters))
        signed(&content)
        var signature = try identity.key.sign(content.span, using: ScriptedKeys12.algorithm(scheme))
        editSignature(&signature)
        queue(try TLS12ServerKeyExchange(parameters, scheme: claims ?? scheme, signature: signature).message())
    }

    private func makeParameters() throws -> TLS12ServerKeyExchange.Parameters {
        guard suite.keyExchange == .dheRSA else {
            let own = try KeyExchange.start(group, random: random)
            let point = own.publicShare
            exchange = consume own
            return .ecdhe(group, point: point)
        }
        let own = try DHKeyExchange.start(dhGroup, random: random)
        let publicValue = own.publicShare
        dhExchange = consume own
        return .dhe(
            prime: dhGroup.parameters.prime, generator: dhGroup.parameters.generator, publicValue: publicValue)
    }

    package func certificateRequest(
        _ edit: (inout TLS12CertificateRequest) -> Void = { _ in }
    ) throws {
        var message = TLS12CertificateRequest(
            certificateTypes: [TLS12CertificateRequest.ecdsaSign, TLS12CertificateRequest.rsaSign],
            signatureSchemes: [.ecdsaSecp256r1SHA256, .rsaPSSRSAESHA256, .rsaPKCS1SHA256, .ed25519], authorities: [])
        edit(&message)
        queue(try message.message())
    }

    package func serverHelloDone() throws { queue(try TLS12ServerHelloDone().message()) }

    /// RFC 5246 §7.4.1.1: in no transcript.
    package func helloRequest() throws { queueRaw(try HelloRequest().message().encoded) }

    package func newSessionTicket(_ edit: (inout TLS12NewSessionTicket) -> Void = { _ in }) throws {
        var message = TLS12NewSessionTicket(lifetimeHint: 7200, ticket: ticket)
        edit(&message)
        queue(try message.message())
    }

    package func finished(_ edit: (inout Finished) -> Void = { _ in }) throws {
        var message = Finished(verifyData: try verifyData("server finished"))
        edit(&message)
        queue(try message.message())
    }

    // MARK: The flights

    /// The first flight of a full handshake, from ServerHello to ServerHelloDone.
    package func answer(requestsCertificate: Bool = false) throws {
        try serverHello()
        try certificate()
        if ocspResponse != nil { try certificateStatus() }
        if suite.keyExchange != .rsa { try serverKeyExchange() }
        if requestsCertificate { try certificateRequest() }
        try serverHelloDone()
    }

    /// What ends a full handshake: [NewSessionTicket] ChangeCipherSpec Finished.
    package func finish() throws {
        if issuesTicket { try newSessionTicket() }
        try changeCipherSpec()
        try finished()
    }

    /// The whole flight of an abbreviated handshake.
    package func resume(_ session: ScriptedSession12) throws {
        suite = session.suite
        try serverHello(resuming: session)
        try finish()
    }

    /// The ticket in the ClientHello; nil when the extension is not there.
    package var offeredTicket: [UInt8]? {
        hello.extensions.body(of: .sessionTicket)
    }
}
