// ChannelBinding.swift — what an application's authentication puts in to be bound to this very connection.
// RFC 9266; RFC 5929 §4.
// Next: ReceiveEvent.swift.

internal import Certificates
internal import CryptoGlue
internal import WireFormat

/// A kind of channel binding data, for SCRAM, GSS-API and their like.
public enum ChannelBinding: String, Sendable, CaseIterable {
    /// `tls-exporter` (RFC 9266): 32 octets that nobody but the two ends of this connection can know.
    case tlsExporter = "tls-exporter"
    /// `tls-server-end-point` (RFC 5929 §4.1): the hash of the server's certificate.
    case tlsServerEndPoint = "tls-server-end-point"
}

extension TLSConnection {
    /// The channel binding data of this connection, the same at both ends. Only after the handshake.
    ///
    /// - Throws: `TLSError` of origin `caller` before the handshake is done; for `tlsExporter` in TLS 1.2 without
    ///   extended_master_secret (RFC 9266 §2); for `tlsServerEndPoint` when the certificate's signature has no hash (Ed25519,
    ///   Ed448), for which RFC 5929 defines nothing, when an external pre-shared key stood for a certificate, and at a server
    ///   whose session was resumed: a session does not hold which of the server's certificates the client has verified.
    public func channelBinding(_ kind: ChannelBinding) throws(TLSError) -> [UInt8] {
        guard isHandshakeComplete else { throw TLSError(.misuse("a channel binding exists only after the handshake")) }
        switch kind {
        case .tlsExporter:
            // RFC 9266 §2: this label, a zero-length context, 32 octets.
            let material = try exportKeyingMaterial(label: "EXPORTER-Channel-Binding", context: [], length: 32)
            return [UInt8](copying: material.bytes)
        case .tlsServerEndPoint:
            let info = self.info
            guard let certificate = (info.isServer ? info.ownCertificates : info.peerCertificates).first else {
                throw TLSError(
                    .misuse(
                        info.isServer && info.isResumed
                            ? "tls-server-end-point: a server does not know the certificate of a resumed session"
                            : "tls-server-end-point needs a certificate of the server, and there is none"))
            }
            let octets = certificate.derEncoded
            do throws(CryptoError) {
                return try HashFunction.digest(try ChannelBinding.hash(of: certificate), octets.span)
            } catch { throw TLSError(.misuse("tls-server-end-point is not defined here: \(error)")) }
        }
    }
}

extension ChannelBinding {
    /// RFC 5929 §4.1: the hash of the certificate's signature, SHA-256 in the place of MD5 and SHA-1.
    fileprivate static func hash(of certificate: Certificate) throws(CryptoError) -> HashAlgorithm {
        switch certificate.signatureAlgorithm {
        case .rsaPKCS1(let hash), .ecdsa(let hash): return hash
        case .rsaPSS(let parameters): return parameters.hash
        case .ed25519, .ed448: throw .unsupported("a certificate whose signature has no hash")
        case nil:
            guard certificate.isSignedWithWeakHash else { throw .unsupported("the certificate's signature") }
            return .sha256
        }
    }
}
