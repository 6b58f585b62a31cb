// TLS12Signature.swift — signatures of TLS 1.2 handshakes: making ours, and the proofs that the peer's are right.
// RFC 5246 §7.4.3, §7.4.8; RFC 8422 §5.4, §5.8.
// Next: TLS12KeyDerivation.swift.

internal import Certificates
internal import CryptoGlue
internal import WireFormat

/// Proof that the peer holds the key of its certificate: it signed its ephemeral share (RFC 5246 §7.4.3).
package struct ServerKeyExchangeValid: ~Copyable, Sendable {
    private init() {}

    static func check(
        _ message: TLS12ServerKeyExchange, key: PublicKey, _ negotiated: TLS12Negotiated
    ) throws(HandshakeError) -> ServerKeyExchangeValid {
        let content = TLS12Signature.content(message.encodedParameters, negotiated.randoms)
        if let use = negotiated.rules.use {
            try TLS12Signature.check(
                message.signature, overMD5AndSHA1: TLS12Signature.hashes(content, use), use, key: key,
                otherwise: .badServerKeyExchangeSignature(message.scheme))
            return ServerKeyExchangeValid()
        }
        try TLS12Signature.check(
            message.signature, message.scheme, over: content, key: key,
            offered: negotiated.offer.configuration.tls12SignatureSchemes,
            otherwise: .badServerKeyExchangeSignature(message.scheme))
        return ServerKeyExchangeValid()
    }
}

/// Proof that the client holds the key of its certificate: it signed the handshake (RFC 5246 §7.4.8).
package struct TLS12CertificateVerifyValid: ~Copyable, Sendable {
    private init() {}

    /// - Parameters:
    ///   - messages: all messages before this one.
    ///   - offered: the schemes of the CertificateRequest.
    static func check(
        _ message: CertificateVerify, key: PublicKey, offered: [SignatureScheme], over messages: [UInt8]
    ) throws(HandshakeError) -> TLS12CertificateVerifyValid {
        try TLS12Signature.check(
            message.signature, message.scheme, over: messages, key: key, offered: offered,
            otherwise: .badCertificateVerify(message.scheme))
        return TLS12CertificateVerifyValid()
    }

    /// Before TLS 1.2.
    ///
    /// - Parameter hashes: MD5 and SHA-1 of what is signed.
    static func check(
        _ message: CertificateVerify, key: PublicKey, overMD5AndSHA1 hashes: [UInt8], _ use: LegacyUse
    ) throws(HandshakeError) -> TLS12CertificateVerifyValid {
        try TLS12Signature.check(
            message.signature, overMD5AndSHA1: hashes, use, key: key, otherwise: .badCertificateVerify(message.scheme))
        return TLS12CertificateVerifyValid()
    }
}

enum TLS12Signature {
    /// RFC 5246 §7.4.3: what the server signs: both randoms and its parameters.
    static func content(_ encodedParameters: [UInt8], _ randoms: TLS12Randoms) -> [UInt8] {
        randoms.client + randoms.server + encodedParameters
    }

    /// Signs with a key of this process.
    static func make(
        _ content: [UInt8], _ scheme: SignatureScheme, with key: SigningKey, during operation: String
    ) throws(HandshakeError) -> [UInt8] {
        guard let algorithm = SignatureNegotiation.tls12Algorithm(scheme, key: key.publicKey) else {
            throw .internalError("a scheme was chosen that does not fit the key")
        }
        do throws(CryptoError) { return try key.sign(content.span, using: algorithm) } catch {
            throw .crypto(error, during: operation)
        }
    }

    /// Signs as versions before TLS 1.2 do.
    ///
    /// - Parameter hashes: MD5 and SHA-1 of what is signed.
    static func make(
        _ hashes: [UInt8], _ use: LegacyUse, with key: SigningKey, during operation: String
    ) throws(HandshakeError) -> [UInt8] {
        do throws(CryptoError) { return try key.sign(md5AndSHA1: hashes, use) } catch {
            throw .crypto(error, during: operation)
        }
    }

    /// MD5 and SHA-1, 36 octets.
    static func hashes(_ content: [UInt8], _ use: LegacyUse) throws(HandshakeError) -> [UInt8] {
        do throws(CryptoError) { return try LegacySignature.hashes(of: content.span, use) } catch {
            throw .crypto(error, during: "hashing what is signed")
        }
    }

    /// Returns when the signature of a version before TLS 1.2 is right.
    fileprivate static func check(
        _ signature: [UInt8], overMD5AndSHA1 hashes: [UInt8], _ use: LegacyUse, key: PublicKey,
        otherwise misbehavior: PeerMisbehavior
    ) throws(HandshakeError) {
        do throws(CryptoError) { try key.verify(signature.span, overMD5AndSHA1: hashes, use) } catch {
            switch error {
            case .badSignature, .invalidKey, .unsupported: throw .peerMisbehaved(misbehavior)
            default: throw .crypto(error, during: "verifying the peer's signature")
            }
        }
    }

    /// Returns when the signature is right.
    ///
    /// - Parameter misbehavior: what a signature that does not verify is called.
    fileprivate static func check(
        _ signature: [UInt8], _ scheme: SignatureScheme, over content: [UInt8], key: PublicKey,
        offered: [SignatureScheme], otherwise misbehavior: PeerMisbehavior
    ) throws(HandshakeError) {
        // RFC 5246 §7.4.3, §7.4.8: one of the offered pairs.
        guard offered.contains(scheme) else {
            throw .peerMisbehaved(.unofferedSignatureScheme(scheme, offered: list(offered)))
        }
        guard let algorithm = SignatureNegotiation.tls12Algorithm(scheme, key: key) else {
            throw .peerMisbehaved(.signatureSchemeDoesNotFitKey(scheme, key: SignatureNegotiation.name(of: key)))
        }
        do throws(CryptoError) {
            try key.verify(signature.span, over: content.span, using: algorithm)
        } catch {
            switch error {
            // A key that is none, or that does not permit the scheme, cannot have made a valid signature.
            case .badSignature, .invalidKey, .unsupported: throw .peerMisbehaved(misbehavior)
            default: throw .crypto(error, during: "verifying the peer's signature")
            }
        }
    }
}
