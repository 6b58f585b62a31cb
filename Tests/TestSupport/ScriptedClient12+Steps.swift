// ScriptedClient12+Steps.swift — the messages of the scripted TLS 1.2 client, and what it makes of the server's.
// RFC 5246 §7.3, §7.4; RFC 5077 §3.1; RFC 6066 §8; RFC 8422 §5.
// Next: TestClient.swift.

internal import Certificates
internal import CryptoGlue
package import Handshake
package import WireFormat

extension ScriptedClient12 {
    // MARK: The server's messages

    func take(_ message: HandshakeMessage) throws {
        switch message.type {
        case .serverHello:
            let hello = try ServerHello.parse(message.body)
            serverHello = hello
            if let resuming, !hello.legacySessionIDEcho.isEmpty, hello.legacySessionIDEcho == sessionID {
                master = resuming.master
            }
        case .certificate:
            serverCertificates = try TLS12Certificate.parse(message.body).certificates.map(
                Certificate.init(derEncoded:))
        case .certificateStatus: ocspResponse = try TLS12CertificateStatus.parse(message.body).ocspResponse
        case .serverKeyExchange:
            let exchange = try TLS12ServerKeyExchange.parse(message.body, suite().keyExchange)
            let key = try ScriptError.unwrap(serverCertificates.first?.publicKey)
            let content = self.hello.random + serverRandom + exchange.encodedParameters
            try key.verify(
                exchange.signature.span, over: content.span, using: try ScriptedKeys12.algorithm(exchange.scheme))
            serverKeyExchange = exchange
        case .certificateRequest: certificateRequest = try TLS12CertificateRequest.parse(message.body)
        case .newSessionTicket: newTicket = try TLS12NewSessionTicket.parse(message.body)
        case .finished:
            let expected = try verifyData("server finished")
            guard try Finished.parse12(message.body).verifyData == expected else { throw ScriptError12.badFinished }
            isServerFinished = true
        case .helloRequest: return
        default: break
        }
        transcript += message.encoded
    }

    // MARK: The client's messages

    package func clientHello(_ edit: (inout ClientHello) -> Void = { _ in }) throws {
        var message = ClientHello(
            legacyVersion: legacyVersion, random: try draw(32), legacySessionID: sessionID, cipherSuites: suites,
            extensions: helloExtensions())
        edit(&message)
        hello = message
        sessionID = message.legacySessionID
        transcript = []
        queue(try message.message())
    }

    private func helloExtensions() -> ExtensionBlock {
        var extensions = ExtensionBlock()
        if let serverName {
            extensions.append(.serverName) { ServerNameExtension.writeClientHello(Array(serverName.utf8), into: &$0) }
        }
        if let groups {
            extensions.append(.supportedGroups) { SupportedGroupsExtension.writeClientHello(groups, into: &$0) }
        }
        if let pointFormats {
            extensions.append(.ecPointFormats) { ECPointFormatsExtension.writeClientHello(pointFormats, into: &$0) }
        }
        if let schemes {
            extensions.append(.signatureAlgorithms) {
                SignatureAlgorithmsExtension.writeClientHello(schemes, into: &$0)
            }
        }
        if !alpn.isEmpty {
            extensions.append(.applicationLayerProtocolNegotiation) {
                ALPNExtension.writeClientHello(alpn.map { Array($0.utf8) }, into: &$0)
            }
        }
        extensions.append(.renegotiationInfo) { RenegotiationInfoExtension.writeClientHello([], into: &$0) }
        if offersExtendedMasterSecret { extensions.append(.extendedMasterSecret) }
        if offersEncryptThenMAC { extensions.append(.encryptThenMAC) }
        if let offeredTicket {
            extensions.append(.sessionTicket) { SessionTicketExtension.writeClientHello(offeredTicket, into: &$0) }
        }
        if requestsStatus {
            extensions.append(.statusRequest) {
                StatusRequestExtension.writeClientHello(StatusRequestExtension.Request(), into: &$0)
            }
        }
        if let recordSizeLimit {
            extensions.append(.recordSizeLimit) {
                RecordSizeLimitExtension.writeClientHello(recordSizeLimit, into: &$0)
            }
        }
        return extensions
    }

    package func certificate(_ edit: (inout TLS12Certificate) -> Void = { _ in }) throws {
        var message = TLS12Certificate(certificates: identity?.certificates.map(\.derEncoded) ?? [])
        edit(&message)
        queue(try message.message())
    }

    /// ClientKeyExchange, and the master secret.
    ///
    /// - Parameters:
    ///   - edit: changes what is sent; the client goes on with the secret of what it would have sent.
    ///   - premaster: changes static RSA's premaster secret before it is encrypted.
    package func clientKeyExchange(
        _ edit: (inout TLS12ClientKeyExchange) -> Void = { _ in },
        premaster editPremaster: (inout [UInt8]) -> Void = { _ in }
    ) throws {
        var (secret, message) = try agree(editPremaster)
        edit(&message)
        queue(try message.message())
        try deriveMaster(premaster: secret)
        secret = []
    }

    private func agree(_ editPremaster: (inout [UInt8]) -> Void) throws -> ([UInt8], TLS12ClientKeyExchange) {
        switch serverKeyExchange?.parameters {
        case .ecdhe(let group, let point):
            let own = try KeyExchange.start(group, random: random)
            let share = own.publicShare
            let secret = try own.finish(peerShare: point.span)
            return ([UInt8](copying: secret.bytes), .ecdhe(point: share))
        case .dhe(let prime, let generator, let value):
            let group = try ScriptError.unwrap(DHGroup.recognized(prime: prime.span, generator: generator.span))
            let own = try DHKeyExchange.start(group, random: random)
            let share = own.publicShare
            let secret = try own.finish(peerShare: value.span)
            return ([UInt8](copying: secret.bytes), .dhe(publicValue: share))
        case nil:
            var secret = try draw(48)
            secret[0] = UInt8(hello.legacyVersion.rawValue >> 8)
            secret[1] = UInt8(truncatingIfNeeded: hello.legacyVersion.rawValue)
            editPremaster(&secret)
            let key = try ScriptError.unwrap(serverCertificates.first?.publicKey)
            return (secret, .rsa(encrypted: try key.encryptPKCS1(secret.span, random: random)))
        }
    }

    /// RFC 5246 §8.1, RFC 7627 §4.
    package func deriveMaster(premaster: [UInt8]) throws {
        let hash = try suite().hash
        if answer(.extendedMasterSecret) != nil {
            master = try ScriptedKeys12.prf(
                hash, premaster, "extended master secret", ScriptedKeys12.digest(hash, transcript), 48)
        } else {
            master = try ScriptedKeys12.prf(hash, premaster, "master secret", hello.random + serverRandom, 48)
        }
    }

    /// CertificateVerify.
    ///
    /// - Parameters:
    ///   - scheme: what signs; the identity's own when nil.
    ///   - claims: the scheme the message names when it is not the one that signs.
    ///   - signed: changes what is signed.
    ///   - signature: changes the signature.
    package func certificateVerify(
        scheme: SignatureScheme? = nil, claims: SignatureScheme? = nil, signed: (inout [UInt8]) -> Void = { _ in },
        signature edit: (inout [UInt8]) -> Void = { _ in }
    ) throws {
        guard let identity else { throw ScriptError.missing }
        let scheme = scheme ?? identity.scheme
        var content = transcript
        signed(&content)
        var signature = try identity.key.sign(content.span, using: ScriptedKeys12.algorithm(scheme))
        edit(&signature)
        queue(try CertificateVerify(scheme: claims ?? scheme, signature: signature).message())
    }

    package func finished(_ edit: (inout Finished) -> Void = { _ in }) throws {
        var message = Finished(verifyData: try verifyData("client finished"))
        edit(&message)
        queue(try message.message())
    }

    // MARK: The flights

    /// The second flight, from Certificate to Finished.
    package func answer() throws {
        if certificateRequest != nil { try certificate() }
        try clientKeyExchange()
        if certificateRequest != nil, identity != nil { try certificateVerify() }
        try finish()
    }

    /// ChangeCipherSpec Finished.
    package func finish() throws {
        try changeCipherSpec()
        try finished()
    }

    private func draw(_ count: Int) throws -> [UInt8] {
        var octets = [UInt8](repeating: 0, count: count)
        var span = octets.mutableSpan
        try random.fill(&span)
        return octets
    }
}
