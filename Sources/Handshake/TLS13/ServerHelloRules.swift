// ServerHelloRules.swift — what a ServerHello or HelloRetryRequest may say, given the offer.
// RFC 8446 §4.1.3, §4.1.4, §4.2.1.
// Next: TLS13Client+Parameters.swift.

internal import CryptoGlue
internal import WireFormat

enum ServerHelloRules {
    /// Checks everything but the key share and returns the cipher suite.
    static func check(
        _ hello: ServerHello, _ offer: ClientOffer, retry: WaitServerHello.Retry?, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Suite {
        try checkVersion(hello, &output)
        try ExtensionRules.check(
            hello.extensions, of: .serverHello, hello.isHelloRetryRequest ? .helloRetryRequest : .serverHello,
            offered: offer.extensionTypes)
        guard hello.legacySessionIDEcho == offer.hello.legacySessionID else {
            throw .peerMisbehaved(.sessionIDNotEchoed)
        }
        guard hello.legacyCompressionMethod == 0 else {
            throw .peerMisbehaved(.selectedCompression(hello.legacyCompressionMethod))
        }
        let offered = offer.hello.cipherSuites
        guard offered.contains(hello.cipherSuite), let suite = TLS13Suite(hello.cipherSuite) else {
            throw .peerMisbehaved(.selectedUnofferedCipherSuite(hello.cipherSuite, offered: list(offered)))
        }
        // RFC 8446 §4.1.4: the suite of a HelloRetryRequest stays.
        if let retry, retry.cipherSuite != hello.cipherSuite {
            throw .peerMisbehaved(.changedCipherSuiteAfterRetry(hello.cipherSuite, retry: retry.cipherSuite))
        }
        output.info.cipherSuite = hello.cipherSuite
        output.log.record(
            Decision(
                .cipherSuite, .chosen, subject: "ServerHello.cipher_suite", expected: list(offered),
                found: "\(hello.cipherSuite)", rule: "the server selects a cipher suite that was offered",
                section: "RFC 8446 §4.1.3"))
        return suite
    }

    /// RFC 8446 §4.2.1: supported_versions alone says the version; without it the server speaks TLS 1.2 or less.
    private static func checkVersion(_ hello: ServerHello, _ output: inout HandshakeOutput) throws(HandshakeError) {
        let offered = ProtocolVersion.tls13
        guard let body = hello.extensions.body(of: .supportedVersions) else {
            if hello.isHelloRetryRequest {
                throw .peerMisbehaved(.missingExtension(.supportedVersions, in: .serverHello))
            }
            try checkSentinel(hello)
            throw .peerMisbehaved(.selectedUnofferedVersion(hello.legacyVersion, offered: "\(offered)"))
        }
        let version = try parsing(.serverHello) { () throws(DecodeError) in
            try SupportedVersionsExtension.parseServerHello(body.span)
        }
        // RFC 8446 §4.2.1: a version that was not offered, or one before TLS 1.3, is illegal here.
        guard version == offered else {
            throw .peerMisbehaved(.selectedUnofferedVersionInExtension(version, offered: "\(offered)"))
        }
        output.info.version = version
        output.log.record(
            Decision(
                .version, .chosen, subject: "ServerHello supported_versions", expected: "\(offered)",
                found: "\(version)", rule: "the server selects a version that was offered",
                section: "RFC 8446 §4.2.1"))
    }

    /// RFC 8446 §4.1.3: the last eight octets of ServerHello.random tell that a server that can speak TLS 1.3 was
    /// made to believe that the client cannot.
    private static func checkSentinel(_ hello: ServerHello) throws(HandshakeError) {
        let sentinel: [UInt8] = Array("DOWNGRD".utf8)
        let last = Array(hello.random.suffix(8))
        guard Array(last.prefix(7)) == sentinel, last[7] <= 1 else { return }
        throw .peerMisbehaved(.downgradeSentinel(hello.legacyVersion))
    }
}

enum HelloRetryRules {
    struct Request {
        let group: NamedGroup?
        let cookie: [UInt8]?
    }

    /// RFC 8446 §4.1.4, §4.2.8: what the server asks for has to change the ClientHello, and be something we offered.
    static func check(
        _ retry: ServerHello, _ offer: ClientOffer, shares: [NamedGroup]
    ) throws(HandshakeError) -> Request {
        var group: NamedGroup?
        var cookie: [UInt8]?
        if let body = retry.extensions.body(of: .keyShare) {
            group = try parsing(.serverHello) { () throws(DecodeError) in
                try KeyShareExtension.parseHelloRetryRequest(body.span)
            }
        }
        if let body = retry.extensions.body(of: .cookie) {
            cookie = try parsing(.serverHello) { () throws(DecodeError) in
                try CookieExtension.parseHelloRetryRequest(body.span)
            }
        }
        if let group {
            guard offer.configuration.groups.contains(group) else {
                throw .peerMisbehaved(.retryWithUnofferedGroup(group, offered: list(offer.configuration.groups)))
            }
            guard !shares.contains(group) else { throw .peerMisbehaved(.retryWithGroupAlreadyShared(group)) }
        }
        guard group != nil || cookie != nil else { throw .peerMisbehaved(.retryWithoutChange) }
        return Request(group: group, cookie: cookie)
    }
}
