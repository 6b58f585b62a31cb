// ReceivedHello.swift — the ClientHello, parsed once; every choice of the server is made from it.
// RFC 8446 §4.1.2, §4.2; RFC 6066 §3; RFC 5246 §7.4.1.2.
// Next: CredentialSource.swift.

internal import Certificates
package import WireFormat

/// A ClientHello whose form was checked, with the lists that both versions choose from.
package struct ReceivedHello: Sendable {
    package let configuration: ServerConfiguration
    package let hello: ClientHello
    package let message: HandshakeMessage
    /// supported_versions, the most wanted first; nil when the extension is absent.
    package let versions: [ProtocolVersion]?
    /// server_name in lower case, without a trailing dot. Nil when the extension is absent, and when it holds what is no
    /// host name: RFC 6066 §3 permits no address there, but clients send some.
    package let serverName: String?
    /// The protocols of ALPN as they came; nil when the extension is absent.
    package let alpnProtocols: [[UInt8]]?
    /// supported_groups; nil when the extension is absent.
    package let groups: [NamedGroup]?
    /// signature_algorithms; nil when the extension is absent.
    package let signatureSchemes: [SignatureScheme]?
    /// signature_algorithms_cert; nil when the extension is absent, and signature_algorithms stands for it (RFC 8446 §4.2.3).
    package let certificateSignatureSchemes: [SignatureScheme]?
    /// server_certificate_type, the most wanted first; nil when the extension is absent.
    let serverCertificateTypes: [CertificateType]?
    /// client_certificate_type, the most wanted first; nil when the extension is absent.
    let clientCertificateTypes: [CertificateType]?

    package init(_ message: HandshakeMessage, _ configuration: ServerConfiguration) throws(HandshakeError) {
        let hello = try parsing(.clientHello) { () throws(DecodeError) in try ClientHello.parse(message.body) }
        let extensions = hello.extensions
        // RFC 8446 §4.2: unknown extensions of a ClientHello are ignored.
        try ExtensionRules.check(extensions, of: .clientHello, .clientHello, offered: nil)
        // RFC 5246 §7.4.1.2: null compression is always there.
        guard hello.legacyCompressionMethods.contains(0) else {
            throw .clientMisbehaved(.noNullCompression)
        }
        self.configuration = configuration
        self.hello = hello
        self.message = message
        versions = try ReceivedHello.parse(.supportedVersions, extensions, SupportedVersionsExtension.parseClientHello)
        let name = try ReceivedHello.parse(.serverName, extensions, ServerNameExtension.parseClientHello)
        serverName = name.flatMap { try? DNSName(String(decoding: $0, as: UTF8.self)) }?.text
        alpnProtocols = try ReceivedHello.parse(
            .applicationLayerProtocolNegotiation, extensions, ALPNExtension.parseClientHello)
        groups = try ReceivedHello.parse(.supportedGroups, extensions, SupportedGroupsExtension.parseClientHello)
        signatureSchemes = try ReceivedHello.parse(
            .signatureAlgorithms, extensions, SignatureAlgorithmsExtension.parseClientHello)
        certificateSignatureSchemes = try ReceivedHello.parse(
            .signatureAlgorithmsCert, extensions, SignatureAlgorithmsExtension.parseClientHello)
        serverCertificateTypes = try ReceivedHello.parse(
            .serverCertificateType, extensions, CertificateTypeExtension.parseClientHello)
        clientCertificateTypes = try ReceivedHello.parse(
            .clientCertificateType, extensions, CertificateTypeExtension.parseClientHello)
    }

    /// The body of an extension, parsed; nil when the extension is absent.
    package static func parse<T>(
        _ type: ExtensionType, _ extensions: ExtensionBlock, _ body: (Span<UInt8>) throws(DecodeError) -> T
    ) throws(HandshakeError) -> T? {
        guard let octets = extensions.body(of: type) else { return nil }
        return try parsing(.clientHello) { () throws(DecodeError) in try body(octets.span) }
    }

    /// The suites of a version that both want, the most wanted first: by our order, or by the client's when the configuration says so.
    /// Never more than our own, whatever the client repeats.
    func commonCipherSuites(for version: ProtocolVersion) -> [CipherSuite] {
        let own = configuration.cipherSuites(for: version)
        let offered = hello.cipherSuites
        guard configuration.prefersClientCipherSuites else { return own.filter(offered.contains) }
        let found = own.compactMap { suite in offered.firstIndex(of: suite).map { (place: $0, suite: suite) } }
        return found.sorted { $0.place < $1.place }.map(\.suite)
    }

    /// What the application is told when it chooses credentials.
    package var info: ClientHelloInfo {
        ClientHelloInfo(
            serverName: serverName,
            alpnProtocols: (alpnProtocols ?? []).map { String(decoding: $0, as: UTF8.self) },
            versions: versions ?? [hello.legacyVersion], cipherSuites: hello.cipherSuites, groups: groups ?? [],
            signatureSchemes: signatureSchemes ?? [])
    }
}
