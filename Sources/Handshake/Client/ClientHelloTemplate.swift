// ClientHelloTemplate.swift — the ClientHello that a configuration stands for.
// RFC 8446 §4.1.2, §4.2, §4.2.9; RFC 6066 §3; RFC 7301 §3.1.
// Next: ServerHelloRules.swift.

internal import Certificates
internal import WireFormat

enum ClientHelloTemplate {
    static func hello(
        _ configuration: ClientConfiguration, identity: ReferenceIdentity, random: [UInt8], sessionID: [UInt8],
        shares: [KeyShareEntry]
    ) -> ClientHello {
        var extensions = ExtensionBlock()
        if let name = serverName(configuration, identity) {
            extensions.append(.serverName) { ServerNameExtension.writeClientHello(Array(name.utf8), into: &$0) }
        }
        if configuration.offers(.tls13) {
            let versions: [ProtocolVersion] = configuration.offers(.tls12) ? [.tls13, .tls12] : [.tls13]
            extensions.append(.supportedVersions) { SupportedVersionsExtension.writeClientHello(versions, into: &$0) }
        }
        extensions.append(.supportedGroups) {
            SupportedGroupsExtension.writeClientHello(configuration.groups, into: &$0)
        }
        extensions.append(.signatureAlgorithms) {
            SignatureAlgorithmsExtension.writeClientHello(configuration.signatureSchemes, into: &$0)
        }
        // RFC 8446 §4.2.3: sent when the schemes for certificates are not those for handshakes.
        if configuration.certificateSignatureSchemes != configuration.signatureSchemes {
            extensions.append(.signatureAlgorithmsCert) {
                SignatureAlgorithmsExtension.writeClientHello(configuration.certificateSignatureSchemes, into: &$0)
            }
        }
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
        return ClientHello(
            random: random, legacySessionID: sessionID, cipherSuites: configuration.cipherSuites,
            extensions: extensions)
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
