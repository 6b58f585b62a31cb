// ClientHelloTemplate.swift — the ClientHello that a configuration stands for.
// RFC 8446 §4.1.2, §4.2, §4.2.9; RFC 6066 §3; RFC 7301 §3.1.
// Next: ServerHelloRules.swift.

internal import Certificates
internal import WireFormat

enum ClientHelloTemplate {
    static func hello(
        _ configuration: ClientConfiguration, identity: ReferenceIdentity, random: [UInt8], sessionID: [UInt8],
        shares: [KeyShareEntry], session12: Session? = nil
    ) -> ClientHello {
        let versions = configuration.offeredVersions
        // RFC 5246 App. E.1, RFC 8446 §4.1.2: the highest that servers before TLS 1.3 can read.
        let legacyVersion = min(versions.first ?? .tls12, .tls12)
        var suites = configuration.offeredCipherSuites
        // RFC 7507 §4.
        if configuration.isVersionFallback { suites.append(.fallbackSCSV) }
        guard !configuration.offersSSL30Alone else {
            // RFC 5746 §3.3: the suite stands for the extension.
            return ClientHello(
                legacyVersion: legacyVersion, random: random, legacySessionID: sessionID,
                cipherSuites: suites + [.emptyRenegotiationInfoSCSV], extensions: ExtensionBlock())
        }
        var extensions = ExtensionBlock()
        if let name = serverName(configuration, identity) {
            extensions.append(.serverName) { ServerNameExtension.writeClientHello(Array(name.utf8), into: &$0) }
        }
        if configuration.offers(.tls13) {
            extensions.append(.supportedVersions) { SupportedVersionsExtension.writeClientHello(versions, into: &$0) }
        }
        extensions.append(.supportedGroups) {
            SupportedGroupsExtension.writeClientHello(configuration.groups, into: &$0)
        }
        // RFC 5246 §7.4.1.4.1: since TLS 1.2.
        if legacyVersion == .tls12 { appendSignatureAlgorithms(configuration, to: &extensions) }
        if configuration.offers(.tls13) {
            extensions.append(.keyShare) { KeyShareExtension.writeClientHello(shares, into: &$0) }
            // RFC 8446 §4.2.9: without it a server sends no tickets. Only PSK with (EC)DHE keeps forward secrecy.
            let modes: [PSKKeyExchangeMode] =
                configuration.allowsPSKWithoutForwardSecrecy ? [.pskDHEKE, .pskKE] : [.pskDHEKE]
            extensions.append(.pskKeyExchangeModes) {
                PSKKeyExchangeModesExtension.writeClientHello(modes, into: &$0)
            }
        }
        if !configuration.alpnProtocols.isEmpty {
            extensions.append(.applicationLayerProtocolNegotiation) {
                ALPNExtension.writeClientHello(configuration.alpnProtocols.map { Array($0.utf8) }, into: &$0)
            }
        }
        if configuration.asksForCertificateStatus {
            extensions.append(.statusRequest) {
                StatusRequestExtension.writeClientHello(StatusRequestExtension.Request(), into: &$0)
            }
        }
        if versions.contains(where: { $0 >= .tls12 }) { appendCertificateTypes(configuration, to: &extensions) }
        if let limit = configuration.advertisedRecordSizeLimit {
            extensions.append(.recordSizeLimit) { RecordSizeLimitExtension.writeClientHello(UInt16(limit), into: &$0) }
        }
        if configuration.offersTLS12OrOlder { appendTLS12(configuration, session12, to: &extensions) }
        return ClientHello(
            legacyVersion: legacyVersion, random: random, legacySessionID: sessionID, cipherSuites: suites,
            extensions: extensions)
    }

    private static func appendSignatureAlgorithms(
        _ configuration: ClientConfiguration, to extensions: inout ExtensionBlock
    ) {
        // RFC 8446 §4.2.3: PKCS #1 v1.5 stands there for TLS 1.2 only.
        let handshakeSchemes =
            configuration.offers(.tls12) ? configuration.tls12SignatureSchemes : configuration.signatureSchemes
        extensions.append(.signatureAlgorithms) {
            SignatureAlgorithmsExtension.writeClientHello(handshakeSchemes, into: &$0)
        }
        // RFC 8446 §4.2.3: sent when the schemes for certificates are not those for handshakes.
        if configuration.certificateSignatureSchemes != handshakeSchemes {
            extensions.append(.signatureAlgorithmsCert) {
                SignatureAlgorithmsExtension.writeClientHello(configuration.certificateSignatureSchemes, into: &$0)
            }
        }
    }

    /// RFC 7250 §4.1: neither is sent when X.509 is all there is to say.
    private static func appendCertificateTypes(
        _ configuration: ClientConfiguration, to extensions: inout ExtensionBlock
    ) {
        if let types = configuration.ownCertificateTypes {
            extensions.append(.clientCertificateType) { CertificateTypeExtension.writeClientHello(types, into: &$0) }
        }
        if let types = configuration.acceptedCertificateTypes {
            extensions.append(.serverCertificateType) { CertificateTypeExtension.writeClientHello(types, into: &$0) }
        }
    }

    private static func versions(_ configuration: ClientConfiguration) -> [ProtocolVersion] {
        configuration.offeredVersions.filter { $0 > .ssl30 && $0 < .tls13 }
    }

    /// What a server that selects TLS 1.2 or before answers, and one that selects TLS 1.3 ignores.
    private static func appendTLS12(
        _ configuration: ClientConfiguration, _ session: Session?, to extensions: inout ExtensionBlock
    ) {
        extensions.append(.ecPointFormats) {
            ECPointFormatsExtension.writeClientHello([ECPointFormatsExtension.uncompressed], into: &$0)
        }
        extensions.append(.extendedMasterSecret) { ExtendedMasterSecretExtension.writeClientHello(into: &$0) }
        extensions.append(.renegotiationInfo) { RenegotiationInfoExtension.writeClientHello([], into: &$0) }
        // RFC 7366 §3: it concerns CBC suites only.
        let hasCBC = versions(configuration).contains { version in
            configuration.offeredCipherSuites.contains { TLS12Suite.suite($0, in: version)?.isCBC ?? false }
        }
        if hasCBC {
            extensions.append(.encryptThenMAC) { EncryptThenMACExtension.writeClientHello(into: &$0) }
        }
        // RFC 5077 §3.2: empty asks for a ticket. Asked for only when somebody keeps it.
        if configuration.sessionStore != nil, configuration.sessionCacheTimeout > 0 {
            extensions.append(.sessionTicket) {
                SessionTicketExtension.writeClientHello(session?.ticket ?? [], into: &$0)
            }
        }
    }

    /// RFC 8446 §4.1.2: the second ClientHello is the first with the share asked for, and the cookie as it came; without
    /// early_data. pre_shared_key is left out: its binders are made anew (`PreSharedKeyOffer`).
    static func retried(_ hello: ClientHello, shares: [KeyShareEntry], cookie: [UInt8]?) -> ClientHello {
        var next = hello
        next.extensions = ExtensionBlock()
        for offered in hello.extensions.list {
            if offered.type == .keyShare {
                next.extensions.append(.keyShare) { KeyShareExtension.writeClientHello(shares, into: &$0) }
            } else if offered.type != .earlyData, offered.type != .preSharedKey {
                next.extensions.list.append(offered)
            }
        }
        if let cookie {
            next.extensions.append(.cookie) { CookieExtension.writeClientHello(cookie, into: &$0) }
        }
        return next
    }

    /// RFC 6066 §3: a DNS name; an address literal is not permitted.
    static func serverName(_ configuration: ClientConfiguration, _ identity: ReferenceIdentity) -> String? {
        guard configuration.sendsServerName, case .dns(let name) = identity else { return nil }
        return name.text
    }
}
