// Credential.swift — a certificate or a raw public key of ours, and what signs for it.
// RFC 8446 §4.4.2, §4.4.3; RFC 5246 §7.4.7.1; RFC 7250 §3.
// Next: ClientCredentialSource.swift.

public import Certificates
public import CryptoGlue
public import WireFormat

/// A certificate chain, or a raw public key, and the key that proves it is ours, in the process or somewhere else.
public struct Credential: Sendable {
    enum Signer: Sendable {
        case key(SigningKey)
        case external(schemes: [SignatureScheme], decrypts: Bool)
    }

    /// The chain to send, our own certificate first; empty for a raw public key.
    public let certificates: [Certificate]
    /// The key to send without a certificate (RFC 7250); nil for a chain.
    public let rawPublicKey: RawPublicKey?
    /// The OCSP response a server staples for its certificate, DER (RFC 6960 §4.2.1, RFC 8446 §4.4.2.1); nil for none. A
    /// client sends none.
    public var ocspResponse: [UInt8]?
    let signer: Signer

    /// A credential whose key is in this process.
    ///
    /// - Throws: `HandshakeError.configuration` when there is no certificate or the key does not belong to the first.
    public init(certificates: [Certificate], key: SigningKey) throws(HandshakeError) {
        guard let own = certificates.first else { throw .configuration("a credential needs at least one certificate") }
        guard own.publicKey == key.publicKey else {
            throw .configuration("the private key does not belong to the certificate \(own.subject)")
        }
        self.certificates = certificates
        rawPublicKey = nil
        signer = .key(key)
    }

    /// A raw public key (RFC 7250), for peers that know it by its pin. A server sends it to clients that take raw public
    /// keys, and a client to servers that ask for one.
    ///
    /// - Throws: `HandshakeError.certificate` for a key that no peer would take: an RSA key of less than 2048 bits.
    public init(rawPublicKey key: SigningKey) throws(HandshakeError) {
        certificates = []
        do throws(CertificateError) { rawPublicKey = try RawPublicKey(key.publicKey) } catch {
            throw .certificate(error)
        }
        signer = .key(key)
    }

    /// A credential whose key is elsewhere: the connection asks with `PendingOperation.sign`, or `.decrypt`, and waits.
    ///
    /// - Parameters:
    ///   - certificates: the chain to send, our own certificate first.
    ///   - externalSchemes: what the key can sign, the most wanted first.
    ///   - decrypts: whether the key, an RSA key, can decrypt too: what a server of TLS 1.2 with static RSA needs.
    /// - Throws: `HandshakeError.configuration` when there is no certificate.
    public init(
        certificates: [Certificate], externalSchemes: [SignatureScheme], decrypts: Bool = false
    ) throws(HandshakeError) {
        guard !certificates.isEmpty else { throw .configuration("a credential needs at least one certificate") }
        self.certificates = certificates
        rawPublicKey = nil
        signer = .external(schemes: externalSchemes, decrypts: decrypts)
    }

    /// What the Certificate message holds.
    var certificateType: CertificateType { rawPublicKey == nil ? .x509 : .rawPublicKey }

    /// The key that proves the credential.
    var publicKey: PublicKey? { rawPublicKey?.publicKey ?? certificates.first?.publicKey }

    /// The entries of a Certificate message.
    var encoded: [[UInt8]] { rawPublicKey.map { [$0.derEncoded] } ?? certificates.map(\.derEncoded) }

    /// What a server staples: a response is about a certificate.
    var stapledResponse: [UInt8]? { rawPublicKey == nil ? ocspResponse : nil }

    /// The credential as a decision names it.
    var name: String { rawPublicKey?.description ?? list(certificates.prefix(1).map(\.subject)) }

    /// The scheme to sign with for a TLS 1.3 peer that accepts these; nil when there is none.
    func scheme(accepted: [SignatureScheme], own: [SignatureScheme]) -> SignatureScheme? {
        guard let key = publicKey else { return nil }
        return SignatureNegotiation.choose(from: able(own), accepted: accepted, key: key)
    }

    /// The scheme to sign with for a TLS 1.2 peer that accepts these; nil when there is none.
    func tls12Scheme(accepted: [SignatureScheme], own: [SignatureScheme]) -> SignatureScheme? {
        guard let key = publicKey else { return nil }
        return SignatureNegotiation.chooseTLS12(from: able(own), accepted: accepted, key: key)
    }

    /// How a server before TLS 1.2 signs its key exchange; nil when the key cannot.
    var legacyServerScheme: SignatureScheme? {
        guard let key = publicKey, let scheme = SignatureNegotiation.legacyScheme(key) else {
            return nil
        }
        return switch signer {
        case .key: scheme
        case .external(let schemes, _): schemes.contains(scheme) ? scheme : nil
        }
    }

    /// How a client before TLS 1.2 signs; nil when the key cannot. In SSL 3.0 the master secret is part of what is signed
    /// (RFC 6101 §5.6.8), and no key outside the process is given that.
    func legacyClientScheme(_ version: ProtocolVersion) -> SignatureScheme? {
        if version == .ssl30, case .external = signer { return nil }
        return legacyServerScheme
    }

    private func able(_ own: [SignatureScheme]) -> [SignatureScheme] {
        switch signer {
        case .key: own
        case .external(let schemes, _): schemes
        }
    }
}

/// Octets that a key outside the process has to sign.
public struct SigningRequest: Sendable {
    /// The scheme to sign with.
    public let scheme: SignatureScheme
    /// What to sign: the whole message, not its hash (RFC 8446 §4.4.3).
    public let message: [UInt8]
    /// Our own certificate.
    public let certificate: Certificate
}

/// A premaster secret that a key outside the process has to decrypt: TLS 1.2 with static RSA (RFC 5246 §7.4.7.1).
public struct DecryptionRequest: Sendable {
    /// As long as the modulus, and less than it. The answer is this number to the power of the private exponent, as long as
    /// the modulus: RSADP of RFC 8017 §5.1.2 and nothing more. The padding stays on: it is taken off here, without a branch
    /// or an index that depends on it. Whoever takes it off and tells whether it was right gives the key away
    /// (Bleichenbacher's attack).
    public let encrypted: [UInt8]
    /// Our own certificate.
    public let certificate: Certificate
}
