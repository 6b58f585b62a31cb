// ExtensionPlacement.swift — which message may carry which extension.
// RFC 8446 §4.2; RFC 8449 §4 and RFC 8879 §3 for the two extensions that came later.
// Next: ServerNameExtension.swift.

package import WireFormat

package enum ExtensionPlacement {
    /// A message that carries extensions.
    package enum Message: Sendable, CaseIterable {
        case clientHello, serverHello, helloRetryRequest, encryptedExtensions, certificate, certificateRequest
        case newSessionTicket
    }

    /// Whether RFC 8446 §4.2 lets `message` carry `type`; nil when the extension is not known here.
    ///
    /// A known extension in a message it is not specified for is answered with illegal_parameter. An unknown one may
    /// be ignored in a request (ClientHello, CertificateRequest, NewSessionTicket); in an answer it was not asked for.
    package static func mayAppear(_ type: ExtensionType, in message: Message) -> Bool? {
        messages(carrying: type)?.contains(message)
    }

    private static func messages(carrying type: ExtensionType) -> [Message]? {
        switch type {
        case .serverName, .maxFragmentLength, .supportedGroups, .useSRTP, .heartbeat,
            .applicationLayerProtocolNegotiation, .clientCertificateType, .serverCertificateType, .recordSizeLimit:
            [.clientHello, .encryptedExtensions]
        case .statusRequest, .signedCertificateTimestamp:
            [.clientHello, .certificateRequest, .certificate]
        case .signatureAlgorithms, .signatureAlgorithmsCert, .certificateAuthorities, .compressCertificate:
            [.clientHello, .certificateRequest]
        case .padding, .pskKeyExchangeModes, .postHandshakeAuth:
            [.clientHello]
        case .keyShare, .supportedVersions:
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
            [.clientHello]
        default:
            nil
        }
    }
}
