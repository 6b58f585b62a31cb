// TLS12CertificateRequest.swift — the server asks for a client certificate.
// RFC 5246 §7.4.4.
// Next: TLS12ServerHelloDone.swift.

package import WireFormat

package struct TLS12CertificateRequest: Equatable, Sendable {
    /// ClientCertificateType: 1 to 255 values.
    package var certificateTypes: [UInt8]
    /// supported_signature_algorithms: what the server verifies, most preferred first; at least one.
    package var signatureSchemes: [SignatureScheme]
    /// certificate_authorities: DER-encoded distinguished names of at least one octet; any will do when there are none.
    package var authorities: [[UInt8]]

    package init(certificateTypes: [UInt8], signatureSchemes: [SignatureScheme], authorities: [[UInt8]]) {
        self.certificateTypes = certificateTypes
        self.signatureSchemes = signatureSchemes
        self.authorities = authorities
    }

    /// ClientCertificateType.rsa_sign (RFC 5246 §7.4.4).
    package static let rsaSign: UInt8 = 1
    /// ClientCertificateType.ecdsa_sign, which stands for Ed25519 and Ed448 too (RFC 8422 §5.5).
    package static let ecdsaSign: UInt8 = 64

    package func message() throws(DecodeError) -> HandshakeMessage { try message(.tls12) }

    package func message(_ form: MessageForm) throws(DecodeError) -> HandshakeMessage {
        try HandshakeMessage(type: .certificateRequest) { writer in
            writer.vector8("certificate_types", 1...255) { $0.bytes(certificateTypes) }
            if form.namesSignatureScheme {
                writer.vector16("supported_signature_algorithms", 2...65534) { $0.codePoints(signatureSchemes) }
            }
            writer.vector16("certificate_authorities") { list in
                for name in authorities {
                    list.vector16("DistinguishedName", 1...65535) { $0.bytes(name) }
                }
            }
        }
    }

    package static func parse(_ body: Span<UInt8>) throws(DecodeError) -> TLS12CertificateRequest {
        try parse(body, .tls12)
    }

    /// Before TLS 1.2 the schemes are those that there were.
    package static func parse(
        _ body: Span<UInt8>, _ form: MessageForm
    ) throws(DecodeError) -> TLS12CertificateRequest {
        var reader = WireReader(body)
        var types = try reader.vector8("certificate_types", 1...255)
        var signatureSchemes: [SignatureScheme] = [.rsaPKCS1MD5SHA1, .ecdsaSHA1]
        if form.namesSignatureScheme {
            var schemes = try reader.vector16("supported_signature_algorithms", 2...65534)
            signatureSchemes = try schemes.codePoints("supported_signature_algorithms")
        }
        var list = try reader.vector16("certificate_authorities")
        try reader.end("CertificateRequest")
        var authorities: [[UInt8]] = []
        while !list.isEmpty {
            var name = try list.vector16("DistinguishedName", 1...65535)
            authorities.append(name.restAsArray())
        }
        return TLS12CertificateRequest(
            certificateTypes: types.restAsArray(), signatureSchemes: signatureSchemes, authorities: authorities)
    }
}
