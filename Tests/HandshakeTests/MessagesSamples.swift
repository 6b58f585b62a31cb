// MessagesSamples.swift — the examples themselves.
// RFC 8446 §4.
// Next: MessagesTLS12Samples.swift.

import Handshake
import WireFormat

enum Samples {
    /// An extensions block with a known, an unknown, an empty and a repeated extension.
    static let block = ExtensionBlock([
        RawExtension(type: .cookie, body: [0, 3, 1, 2, 3]),
        RawExtension(type: ExtensionType(rawValue: 0x0a0a), body: []),
        RawExtension(type: .padding, body: [0, 0, 0, 0]), RawExtension(type: .padding, body: [0]),
    ])

    static let clientHello: ClientHello = {
        var extensions = ExtensionBlock()
        extensions.append(.serverName) { ServerNameExtension.writeClientHello(Array("example.com".utf8), into: &$0) }
        extensions.append(.supportedVersions) { SupportedVersionsExtension.writeClientHello([.tls13], into: &$0) }
        extensions.append(.supportedGroups) { SupportedGroupsExtension.writeClientHello([.x25519], into: &$0) }
        extensions.append(.keyShare) { KeyShareExtension.writeClientHello(shares, into: &$0) }
        return ClientHello(
            random: Codec.filler(32, 1), legacySessionID: Codec.filler(32, 2),
            cipherSuites: [.tlsAES128GCMSHA256, CipherSuite(rawValue: 0x0a0a)], extensions: extensions)
    }()

    static let serverHello: ServerHello = {
        var extensions = ExtensionBlock()
        extensions.append(.supportedVersions) { SupportedVersionsExtension.writeServerHello(.tls13, into: &$0) }
        extensions.append(.keyShare) { KeyShareExtension.writeServerHello(shares[0], into: &$0) }
        return ServerHello(
            random: Codec.filler(32, 3), legacySessionIDEcho: Codec.filler(32, 2), cipherSuite: .tlsAES128GCMSHA256,
            extensions: extensions)
    }()

    static let shares = [
        KeyShareEntry(group: .x25519, keyExchange: Codec.filler(32, 4)),
        KeyShareEntry(group: .secp256r1, keyExchange: Codec.filler(65, 4)),
    ]

    static let certificate = CertificateMessage(
        requestContext: [7, 8],
        entries: [
            CertificateEntry(certificate: Codec.filler(40, 0x30), extensions: block),
            CertificateEntry(certificate: [0x30]),
        ])

    static let ticket: NewSessionTicket = {
        var extensions = ExtensionBlock()
        extensions.append(.earlyData) { EarlyDataExtension.writeNewSessionTicket(0x4000, into: &$0) }
        return NewSessionTicket(
            lifetime: 7200, ageAdd: 0xfad6_aacb, nonce: [0, 1], ticket: Codec.filler(20), extensions: extensions)
    }()

    static let preSharedKey = PreSharedKeyExtension(
        identities: [
            PSKIdentity(identity: Codec.filler(12, 9), obfuscatedTicketAge: 0xfad6_aacb),
            PSKIdentity(identity: [1], obfuscatedTicketAge: 0),
        ],
        binders: [Codec.filler(32, 5), Codec.filler(48, 6)])
}

extension CodecCase {
    static let all = messages + extensionBodies + messages12 + extensionBodies12

    static let messages: [CodecCase] = {
        var clientHello = message("ClientHello", Samples.clientHello, ClientHello.parse) { try $0.message() }
        clientHello.optionalBlock = 2 + 32 + 33 + 6 + 2
        var serverHello = message("ServerHello", Samples.serverHello, ServerHello.parse) { try $0.message() }
        serverHello.optionalBlock = 2 + 32 + 33 + 3
        return [
            clientHello, serverHello,
            message("EncryptedExtensions", EncryptedExtensions(extensions: Samples.block), EncryptedExtensions.parse) {
                try $0.message()
            },
            message(
                "CertificateRequest", CertificateRequest(requestContext: [1, 2, 3], extensions: Samples.block),
                CertificateRequest.parse
            ) { try $0.message() },
            message("Certificate", Samples.certificate, CertificateMessage.parse) { try $0.message() },
            message(
                "CertificateVerify", CertificateVerify(scheme: .ed25519, signature: Codec.filler(64)),
                CertificateVerify.parse
            ) { try $0.message() },
            message("NewSessionTicket", Samples.ticket, NewSessionTicket.parse) { try $0.message() },
            message("KeyUpdate", KeyUpdate(.requested), KeyUpdate.parse) { try $0.message() },
            message("EndOfEarlyData", EndOfEarlyData(), EndOfEarlyData.parse) { try $0.message() },
        ]
    }()

    static let extensionBodies: [CodecCase] = [
        body(
            "server_name of a ClientHello", Array("example.com".utf8), ServerNameExtension.parseClientHello,
            ServerNameExtension.writeClientHello),
        body(
            "supported_versions of a ClientHello", [.tls13, .tls12, ProtocolVersion(rawValue: 0x0a0a)],
            SupportedVersionsExtension.parseClientHello, SupportedVersionsExtension.writeClientHello),
        body(
            "supported_versions of a ServerHello", .tls13, SupportedVersionsExtension.parseServerHello,
            SupportedVersionsExtension.writeServerHello),
        body(
            "supported_groups of a ClientHello", [.x25519, .secp256r1, NamedGroup(rawValue: 0x0a0a)],
            SupportedGroupsExtension.parseClientHello, SupportedGroupsExtension.writeClientHello),
        body(
            "supported_groups of EncryptedExtensions", [.x448], SupportedGroupsExtension.parseEncryptedExtensions,
            SupportedGroupsExtension.writeEncryptedExtensions),
        body(
            "key_share of a ClientHello", Samples.shares, KeyShareExtension.parseClientHello,
            KeyShareExtension.writeClientHello),
        body(
            "key_share of a ServerHello", Samples.shares[1], KeyShareExtension.parseServerHello,
            KeyShareExtension.writeServerHello),
        body(
            "key_share of a HelloRetryRequest", .secp384r1, KeyShareExtension.parseHelloRetryRequest,
            KeyShareExtension.writeHelloRetryRequest),
        body(
            "signature_algorithms of a ClientHello", [.ed25519, .rsaPSSRSAESHA256],
            SignatureAlgorithmsExtension.parseClientHello, SignatureAlgorithmsExtension.writeClientHello),
        body(
            "signature_algorithms of a CertificateRequest", [.ecdsaSecp256r1SHA256],
            SignatureAlgorithmsExtension.parseCertificateRequest, SignatureAlgorithmsExtension.writeCertificateRequest),
        body(
            "ALPN of a ClientHello", [Array("h2".utf8), Array("http/1.1".utf8)], ALPNExtension.parseClientHello,
            ALPNExtension.writeClientHello),
        body(
            "ALPN of EncryptedExtensions", Array("h2".utf8), ALPNExtension.parseEncryptedExtensions,
            ALPNExtension.writeEncryptedExtensions),
        body(
            "cookie of a ClientHello", Codec.filler(20), CookieExtension.parseClientHello,
            CookieExtension.writeClientHello),
        body(
            "cookie of a HelloRetryRequest", [1], CookieExtension.parseHelloRetryRequest,
            CookieExtension.writeHelloRetryRequest),
        body(
            "psk_key_exchange_modes", [.pskDHEKE, .pskKE, PSKKeyExchangeMode(rawValue: 0x0b)],
            PSKKeyExchangeModesExtension.parseClientHello, PSKKeyExchangeModesExtension.writeClientHello),
        body("pre_shared_key of a ClientHello", Samples.preSharedKey, PreSharedKeyExtension.parseClientHello) {
            $0.writeClientHello(into: &$1)
        },
        body(
            "pre_shared_key of a ServerHello", 0x0102, PreSharedKeyExtension.parseServerHello,
            PreSharedKeyExtension.writeServerHello),
        body(
            "early_data of a NewSessionTicket", 0x0102_0304, EarlyDataExtension.parseNewSessionTicket,
            EarlyDataExtension.writeNewSessionTicket),
        body(
            "certificate_authorities of a CertificateRequest", [Codec.filler(5), [0x30]],
            CertificateAuthoritiesExtension.parseCertificateRequest,
            CertificateAuthoritiesExtension.writeCertificateRequest),
        body(
            "certificate_authorities of a ClientHello", [Codec.filler(7)],
            CertificateAuthoritiesExtension.parseClientHello, CertificateAuthoritiesExtension.writeClientHello),
    ]
}
