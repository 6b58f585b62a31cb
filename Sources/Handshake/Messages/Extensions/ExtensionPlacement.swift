// ExtensionPlacement.swift — which message may carry which extension.
// RFC 8446 §4.2; RFC 5246 §7.4.1.4; RFC 8449 §4 and RFC 8879 §3 for the two extensions that came later.
// Next: ServerNameExtension.swift.

package import WireFormat

package enum ExtensionPlacement {
    /// A message that carries extensions.
    package enum Message: Sendable, CaseIterable {
        case clientHello, serverHello, helloRetryRequest, encryptedExtensions, certificate, certificateRequest
        case newSessionTicket
        /// A ServerHello that selects TLS 1.2: all answers that TLS 1.3 spreads over its messages stand here.
        case serverHello12
    }

    /// Whether RFC 8446 §4.2, or for TLS 1.2 the extension's own RFC, lets `message` carry `type`; nil when the extension is not known here.
    ///
    /// A known extension in a message it is not specified for is answered with illegal_parameter. An unknown one may
    /// be ignored in a request (ClientHello, CertificateRequest, NewSessionTicket); in an answer it was not asked for.
    package static func mayAppear(_ type: ExtensionType, in message: Message) -> Bool? {
        messages(carrying: type)?.contains(message)
    }

    private static func messages(carrying type: ExtensionType) -> [Message]? {
        switch type {
        case .serverName, .maxFragmentLength, .useSRTP, .heartbeat, .applicationLayerProtocolNegotiation,
            .clientCertificateType, .serverCertificateType, .recordSizeLimit:
            [.clientHello, .encryptedExtensions, .serverHello12]
        case .supportedGroups:
            // RFC 8422 §5.2 gives the server of TLS 1.2 no list, but does not forbid it, and such servers exist. What
            // it says is of no use to the client.
            [.clientHello, .encryptedExtensions, .serverHello12]
        case .statusRequest, .signedCertificateTimestamp:
            [.clientHello, .certificateRequest, .certificate, .serverHello12]
        case .signatureAlgorithms, .signatureAlgorithmsCert, .certificateAuthorities, .compressCertificate:
            // RFC 5246 §7.4.1.4.1: servers must not send signature_algorithms.
            [.clientHello, .certificateRequest]
        case .padding, .pskKeyExchangeModes, .postHandshakeAuth:
            [.clientHello]
        case .keyShare, .supportedVersions:
            // RFC 8446 §4.2.1: a server that selects an older version must not send supported_versions.
            [.clientHello, .serverHello, .helloRetryRequest]
        case .preSharedKey:
            [.clientHello, .serverHello]
        case .earlyData:
            [.clientHello, .encryptedExtensions, .newSessionTicket]
        case .cookie:
            [.clientHello, .helloRetryRequest]
        case .oidFilters:
            [.certificateRequest]
        case .ecPointFormats, .encryptThenMAC, .extendedMasterSecret, .sessionTicket, .renegotiationInfo:
            // IANA marks these as not used in TLS 1.3: a client that also offers an older version sends them, and no
            // TLS 1.3 message answers them.
            [.clientHello, .serverHello12]
        default:
            nil
        }
    }
}
