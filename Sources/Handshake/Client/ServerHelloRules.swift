// ServerHelloRules.swift — what a ServerHello or HelloRetryRequest of TLS 1.3 may say, given the offer.
// RFC 8446 §4.1.3, §4.1.4.
// Next: TLS13Client+Parameters.swift.

internal import CryptoGlue
internal import WireFormat

enum ServerHelloRules {
    /// Checks everything but the key share and returns the cipher suite.
    static func check(
        _ hello: ServerHello, _ offer: ClientOffer, retry: WaitServerHello.Retry?, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Suite {
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
