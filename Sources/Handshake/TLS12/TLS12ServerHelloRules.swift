// TLS12ServerHelloRules.swift — what a ServerHello of TLS 1.2 may say, given the offer.
// RFC 5246 §7.4.1.3, §7.4.1.4; RFC 5746 §3.4; RFC 7627 §5; RFC 7366 §3; RFC 8422 §5.2; RFC 5077 §3.2; RFC 8449 §4.
// Next: TLS12Client+Authentication.swift.

internal import CryptoGlue
internal import RecordLayer
internal import WireFormat

enum TLS12ServerHelloRules {
    /// Checks the whole ServerHello.
    static func check(
        _ hello: ServerHello, _ offer: ClientOffer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Negotiated {
        try ExtensionRules.check(hello.extensions, of: .serverHello, .serverHello12, offered: offer.extensionTypes)
        guard hello.legacyCompressionMethod == 0 else {
            throw .peerMisbehaved(.selectedCompression(hello.legacyCompressionMethod))
        }
        let offered = offer.hello.cipherSuites
        guard offered.contains(hello.cipherSuite) else {
            throw .peerMisbehaved(.selectedUnofferedCipherSuite(hello.cipherSuite, offered: list(offered)))
        }
        // One offered for another version is not offered for this one.
        let version = hello.legacyVersion
        guard let suite = TLS12Suite.suite(hello.cipherSuite, in: version),
            version < .tls12 || offer.configuration.cipherSuites.contains(hello.cipherSuite)
        else {
            let isKnown =
                CipherSuite.named.contains(hello.cipherSuite)
                || CipherSuite.legacyNamed.contains(hello.cipherSuite)
            throw .peerMisbehaved(
                isKnown && TLS13Suite(hello.cipherSuite) == nil
                    ? .selectedSuiteOfOtherVersion(hello.cipherSuite, version)
                    : .selectedUnofferedCipherSuite(hello.cipherSuite, offered: list(offered)))
        }
        let rules = try VersionRules(version, suite, offer.configuration.legacyUse)
        try checkRenegotiationInfo(hello.extensions, version)
        var hello = hello
        // RFC 6101 §5.6.1.3 has no extensions: what a server answers of them there means nothing.
        if !rules.hasExtensions { hello.extensions = ExtensionBlock() }
        try checkPointFormats(hello.extensions)
        try checkEmpty([.extendedMasterSecret, .sessionTicket, .encryptThenMAC, .statusRequest], hello.extensions)
        if let body = hello.extensions.body(of: .serverName) {
            try parsing(.serverHello) { () throws(DecodeError) in
                try ServerNameExtension.parseEncryptedExtensions(body.span)
            }
        }
        // RFC 7366 §3: it answers a CBC suite only.
        let usesEncryptThenMAC = hello.extensions.body(of: .encryptThenMAC) != nil
        if usesEncryptThenMAC, !suite.isCBC {
            throw .peerMisbehaved(.encryptThenMACWithoutCBC(suite.code))
        }
        if let body = hello.extensions.body(of: .recordSizeLimit) {
            try RecordSizeNegotiation.check(body, in: .serverHello, &output)
        }
        try ALPNNegotiation.check(hello.extensions, in: .serverHello, offer, &output)
        let types = try CertificateTypeNegotiation.check(hello.extensions, in: .serverHello, offer)
        // Raw public keys are for TLS 1.2 and TLS 1.3 here: older versions are for what was there before RFC 7250.
        if version < .tls12, types.serverIsRaw || types.clientIsRaw {
            throw .peerMisbehaved(
                .selectedUnofferedCertificateType(.rawPublicKey, offered: "\(CertificateType.x509) in \(version)"))
        }
        output.info.cipherSuite = suite.code
        output.log.record(
            Decision(
                .cipherSuite, .chosen, subject: "ServerHello.cipher_suite", expected: list(offered),
                found: "\(suite.code)", rule: "the server selects a cipher suite that was offered",
                section: "RFC 5246 §7.4.1.3"))
        let negotiated = TLS12Negotiated(
            offer: offer,
            parameters: TLS12Parameters(
                suite: suite, rules: rules, randoms: TLS12Randoms(client: offer.hello.random, server: hello.random),
                usesExtendedMasterSecret: hello.extensions.body(of: .extendedMasterSecret) != nil,
                usesEncryptThenMAC: usesEncryptThenMAC),
            sessionID: hello.legacySessionIDEcho, expectsTicket: hello.extensions.body(of: .sessionTicket) != nil,
            mayStaple: hello.extensions.body(of: .statusRequest) != nil, certificateTypes: types)
        output.info.usesExtendedMasterSecret = negotiated.usesExtendedMasterSecret
        output.info.usesEncryptThenMAC = usesEncryptThenMAC
        return negotiated
    }

    /// The session that the server resumes; nil for a full handshake.
    static func resumedSession(
        _ hello: ServerHello, _ negotiated: TLS12Negotiated
    ) throws(HandshakeError) -> Session? {
        let offer = negotiated.offer
        // RFC 5246 §7.4.1.3, RFC 5077 §3.4: the server echoes the session ID when it resumes, and only then.
        guard !hello.legacySessionIDEcho.isEmpty, hello.legacySessionIDEcho == offer.hello.legacySessionID else {
            return nil
        }
        guard let session = offer.session12 else { throw .peerMisbehaved(.resumedWithoutOffer) }
        guard session.version == hello.legacyVersion else {
            throw .peerMisbehaved(.resumedWithOtherVersion(hello.legacyVersion, session: session.version))
        }
        guard session.cipherSuite == hello.cipherSuite else {
            throw .peerMisbehaved(.resumedWithOtherCipherSuite(hello.cipherSuite, session: session.cipherSuite))
        }
        // RFC 7627 §5.3: only sessions with extended_master_secret are offered, so that its absence is an attack.
        guard negotiated.usesExtendedMasterSecret || negotiated.rules.resumesWithoutExtendedMasterSecret else {
            throw .peerMisbehaved(.resumedWithoutExtendedMasterSecret)
        }
        return session
    }

    /// RFC 5746 §3.4: the extension is there, and empty in the first handshake. A server without it could be made to take
    /// somebody else's data for the beginning of ours (CVE-2009-3555), and a client cannot tell.
    private static func checkRenegotiationInfo(
        _ extensions: ExtensionBlock, _ version: ProtocolVersion
    ) throws(HandshakeError) {
        guard let body = extensions.body(of: .renegotiationInfo) else {
            // Servers of old versions are mostly older than the extension: that too is what the permission is for.
            guard version == .tls12 else { return }
            throw .peerMisbehaved(.noSecureRenegotiation)
        }
        let connection = try parsing(.serverHello) { () throws(DecodeError) in
            try RenegotiationInfoExtension.parseServerHello(body.span)
        }
        guard connection.isEmpty else { throw .peerMisbehaved(.renegotiationInfoNotEmpty) }
    }

    /// RFC 8422 §5.2: a list has the uncompressed format in it.
    private static func checkPointFormats(_ extensions: ExtensionBlock) throws(HandshakeError) {
        guard let body = extensions.body(of: .ecPointFormats) else { return }
        let formats = try parsing(.serverHello) { () throws(DecodeError) in
            try ECPointFormatsExtension.parseServerHello(body.span)
        }
        guard formats.contains(ECPointFormatsExtension.uncompressed) else {
            throw .peerMisbehaved(.noUncompressedPoints)
        }
    }

    private static func checkEmpty(
        _ types: [ExtensionType], _ extensions: ExtensionBlock
    ) throws(HandshakeError) {
        for type in types {
            guard let body = extensions.body(of: type), !body.isEmpty else { continue }
            throw .decode(DecodeError(.trailingBytes, type.description), in: .serverHello)
        }
    }
}
