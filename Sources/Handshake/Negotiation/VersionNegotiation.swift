// VersionNegotiation.swift — which version a ServerHello selects, and whether somebody talked the server out of a better one.
// RFC 8446 §4.1.3, §4.2.1, App. D.1; RFC 5246 App. E.1.
// Next: ../Client/ServerHelloRules.swift.

internal import WireFormat

enum VersionNegotiation {
    /// The version of a ServerHello, one that was offered.
    ///
    /// - Parameter isRetried: a HelloRetryRequest came before, which is TLS 1.3 (RFC 8446 §4.1.4).
    static func selected(
        by hello: ServerHello, _ configuration: ClientConfiguration, isRetried: Bool, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> ProtocolVersion {
        let offered = offer(configuration)
        let version: ProtocolVersion
        // RFC 8446 §4.2.1: supported_versions alone says the version; without it the server speaks TLS 1.2 or less.
        if let body = hello.extensions.body(of: .supportedVersions), configuration.offers(.tls13) {
            version = try parsing(.serverHello) { () throws(DecodeError) in
                try SupportedVersionsExtension.parseServerHello(body.span)
            }
            // RFC 8446 §4.2.1: a version that was not offered, or one before TLS 1.3, is illegal here.
            guard version == .tls13 else {
                throw .peerMisbehaved(.selectedUnofferedVersionInExtension(version, offered: offered))
            }
            // RFC 8446 §4.1.3: legacy_version is that of TLS 1.2, always.
            guard hello.legacyVersion == .tls12 else {
                throw .peerMisbehaved(.wrongLegacyVersion(hello.legacyVersion))
            }
        } else {
            if hello.isHelloRetryRequest, configuration.offers(.tls13) {
                throw .peerMisbehaved(.missingExtension(.supportedVersions, in: .serverHello))
            }
            try checkSentinel(hello, configuration)
            version = hello.legacyVersion
            guard version <= .tls12, configuration.offers(version) else {
                throw .peerMisbehaved(.selectedUnofferedVersion(version, offered: offered))
            }
            // RFC 8446 §4.1.4: the version of a HelloRetryRequest stays.
            guard !isRetried else {
                throw .peerMisbehaved(.selectedUnofferedVersion(version, offered: "\(ProtocolVersion.tls13)"))
            }
        }
        output.info.version = version
        output.warn(version, configuration.legacyUse)
        // RFC 7627 §1: the key schedule of TLS 1.3 binds every secret to the handshake by itself.
        output.info.usesExtendedMasterSecret = version == .tls13
        output.log.record(
            Decision(
                .version, .chosen,
                subject: version == .tls13 ? "ServerHello supported_versions" : "ServerHello.server_version",
                expected: offered, found: "\(version)", rule: "the server selects a version that was offered",
                section: "RFC 8446 §4.2.1"))
        return version
    }

    private static func offer(_ configuration: ClientConfiguration) -> String {
        list(configuration.offeredVersions)
    }

    /// RFC 8446 §4.1.3: the last eight octets of ServerHello.random tell that a server that can speak TLS 1.3, or TLS 1.2,
    /// was made to believe that the client cannot.
    private static func checkSentinel(
        _ hello: ServerHello, _ configuration: ClientConfiguration
    ) throws(HandshakeError) {
        let last = Array(hello.random.suffix(8))
        let isDowngrade =
            configuration.offers(.tls13) && last == tls12Sentinel
            || configuration.offers(.tls13) && last == olderSentinel
            || configuration.offers(.tls12) && hello.legacyVersion < .tls12
                && configuration.offers(hello.legacyVersion) && last == olderSentinel
        guard !isDowngrade else { throw .peerMisbehaved(.downgradeSentinel(hello.legacyVersion)) }
    }

    /// RFC 8446 §4.1.3: what a server of TLS 1.3 that selects TLS 1.2 puts there.
    static let tls12Sentinel: [UInt8] = Array("DOWNGRD".utf8) + [1]
    /// What a server of TLS 1.2 or TLS 1.3 that selects an older version puts there.
    static let olderSentinel: [UInt8] = Array("DOWNGRD".utf8) + [0]
}
