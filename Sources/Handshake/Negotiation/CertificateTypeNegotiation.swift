// CertificateTypeNegotiation.swift — certification paths or raw public keys, for each end by itself.
// RFC 7250 §3, §4; RFC 8446 §4.4.2.
// Next: ../TLS13/TLS13Client+Authentication.swift.

internal import Certificates
internal import WireFormat

/// What a server answered to the two extensions; nil where it answered nothing, which stands for X.509 (RFC 7250 §4.2).
struct CertificateTypes: Equatable, Sendable {
    var server: CertificateType?
    var client: CertificateType?

    /// The server's Certificate holds a raw public key.
    var serverIsRaw: Bool { server == .rawPublicKey }
    /// The client's Certificate holds a raw public key.
    var clientIsRaw: Bool { client == .rawPublicKey }

    /// Writes the answers.
    func append(to extensions: inout ExtensionBlock) {
        if let client {
            extensions.append(.clientCertificateType) { CertificateTypeExtension.writeServer(client, into: &$0) }
        }
        if let server {
            extensions.append(.serverCertificateType) { CertificateTypeExtension.writeServer(server, into: &$0) }
        }
    }
}

// MARK: The client

extension ClientConfiguration {
    /// server_certificate_type; nil when the client takes certification paths alone, and does not say so (RFC 7250 §4.1).
    var acceptedCertificateTypes: [CertificateType]? {
        guard !acceptedRawPublicKeys.isEmpty else { return nil }
        return trust.takesPaths(verification) ? [.rawPublicKey, .x509] : [.rawPublicKey]
    }

    /// client_certificate_type; nil without a raw public key, or while nobody knows whether there is one.
    var ownCertificateTypes: [CertificateType]? {
        guard case .fixed(let credentials) = credentials, credentials.hasRawPublicKey else { return nil }
        let types = credentials.map(\.certificateType)
        return types.contains(.x509)
            ? (types.first == .x509 ? [.x509, .rawPublicKey] : [.rawPublicKey, .x509]) : [.rawPublicKey]
    }
}

enum CertificateTypeNegotiation {
    /// Checks the answers in EncryptedExtensions, or in the ServerHello of TLS 1.2. That they were asked for is checked with
    /// all other extensions.
    static func check(
        _ extensions: ExtensionBlock, in message: HandshakeType, _ offer: ClientOffer
    ) throws(HandshakeError) -> CertificateTypes {
        CertificateTypes(
            server: try selected(.serverCertificateType, extensions, in: message, offer),
            client: try selected(.clientCertificateType, extensions, in: message, offer))
    }

    private static func selected(
        _ type: ExtensionType, _ extensions: ExtensionBlock, in message: HandshakeType, _ offer: ClientOffer
    ) throws(HandshakeError) -> CertificateType? {
        guard let body = extensions.body(of: type) else { return nil }
        let selected = try parsing(message) { () throws(DecodeError) in
            try CertificateTypeExtension.parseServer(body.span)
        }
        let offered = try offered(type, offer)
        guard offered.contains(selected) else {
            throw .peerMisbehaved(.selectedUnofferedCertificateType(selected, offered: list(offered)))
        }
        return selected
    }

    /// RFC 7250 §4.2: a server that answers nothing sends a certification path. A client that takes raw public keys alone has
    /// no use for it.
    static func requirePathsTaken(_ offer: ClientOffer) throws(HandshakeError) {
        let offered = try offered(.serverCertificateType, offer)
        guard offered.contains(.x509) else { throw .peerMisbehaved(.noRawPublicKey(offered: list(offered))) }
    }

    /// What the ClientHello says.
    private static func offered(
        _ type: ExtensionType, _ offer: ClientOffer
    ) throws(HandshakeError) -> [CertificateType] {
        guard let body = offer.hello.extensions.body(of: type) else { return [.x509] }
        return try parsing(.clientHello) { () throws(DecodeError) in
            try CertificateTypeExtension.parseClientHello(body.span)
        }
    }
}

// MARK: The server

extension ReceivedHello {
    /// The credentials of a type that the client takes. A server without a raw public key does not know the extension, and
    /// has what it always had.
    ///
    /// - Throws: unsupported_certificate when none is left (RFC 7250 §4.2). A client that does not send the extension takes
    ///   X.509 alone.
    func usable(
        _ credentials: [Credential], in version: ProtocolVersion
    ) throws(HandshakeError) -> [Credential] {
        guard credentials.hasRawPublicKey else { return credentials }
        // Raw public keys are for TLS 1.2 and TLS 1.3 here.
        let taken = version < .tls12 ? [.x509] : serverCertificateTypes ?? [.x509]
        let usable = credentials.filter { taken.contains($0.certificateType) }
        guard !usable.isEmpty else {
            throw .clientMisbehaved(
                .noCommonCertificateType(
                    .serverCertificateType, offered: list(taken), own: list(credentials.map(\.certificateType))))
        }
        return usable
    }

    /// What a server answers that proves itself with one of its credentials, in TLS 1.2 or TLS 1.3.
    ///
    /// - Throws: unsupported_certificate when a client is asked for a certificate, and has none of a type that is taken.
    func certificateTypes(
        _ chosen: Credential, of credentials: [Credential], in version: ProtocolVersion
    ) throws(HandshakeError) -> CertificateTypes {
        guard version >= .tls12 else { return CertificateTypes() }
        return CertificateTypes(
            server: credentials.hasRawPublicKey && serverCertificateTypes != nil ? chosen.certificateType : nil,
            client: try clientCertificateType())
    }

    /// RFC 7250 §4.2: answered only when a certificate is asked for; the first type of the client's that is taken.
    private func clientCertificateType() throws(HandshakeError) -> CertificateType? {
        guard let policy = configuration.clientAuthentication.policy, !policy.acceptedRawPublicKeys.isEmpty,
            let offered = clientCertificateTypes
        else { return nil }
        let own: [CertificateType] =
            policy.trust.takesPaths(policy.verification) ? [.rawPublicKey, .x509] : [.rawPublicKey]
        guard let type = offered.first(where: own.contains) else {
            throw .clientMisbehaved(
                .noCommonCertificateType(.clientCertificateType, offered: list(offered), own: list(own)))
        }
        return type
    }
}

extension TrustAnchors {
    /// Whether a certification path can be accepted at all.
    fileprivate func takesPaths(_ verification: PeerVerification) -> Bool {
        if case .takeOver = verification { return true }
        return count > 0 || !pins.isEmpty
    }
}

extension [Credential] {
    fileprivate var hasRawPublicKey: Bool { contains { $0.rawPublicKey != nil } }
}

// MARK: The Certificate message

extension CertificateMessage {
    /// RFC 8446 §4.4.2: with raw public keys the list holds one entry, a SubjectPublicKeyInfo.
    func rawPublicKey() throws(HandshakeError) -> RawPublicKey {
        guard entries.count == 1 else { throw .peerMisbehaved(.rawPublicKeyCount(entries.count)) }
        return try .received(entries[0].certificate)
    }
}

extension RawPublicKey {
    /// What a Certificate message holds.
    static func received(_ subjectPublicKeyInfo: [UInt8]) throws(HandshakeError) -> RawPublicKey {
        do throws(CertificateError) { return try RawPublicKey(derEncoded: subjectPublicKeyInfo) } catch {
            throw .certificate(error)
        }
    }
}
