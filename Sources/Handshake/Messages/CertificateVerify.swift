// CertificateVerify.swift — the signature over the transcript.
// RFC 8446 §4.4.3.
// Next: Finished.swift.

package import WireFormat

package struct CertificateVerify: Equatable, Sendable {
    package var scheme: SignatureScheme
    /// At most 65535 octets; the form depends on the scheme.
    package var signature: [UInt8]

    package init(scheme: SignatureScheme, signature: [UInt8]) {
        self.scheme = scheme
        self.signature = signature
    }

    package func message() throws(DecodeError) -> HandshakeMessage { try message(.tls12) }

    package func message(_ form: MessageForm) throws(DecodeError) -> HandshakeMessage {
        try HandshakeMessage(type: .certificateVerify) { writer in
            if form.namesSignatureScheme { writer.uint16(scheme.rawValue) }
            writer.vector16("signature") { $0.bytes(signature) }
        }
    }

    package static func parse(_ body: Span<UInt8>) throws(DecodeError) -> CertificateVerify {
        var reader = WireReader(body)
        let scheme = SignatureScheme(rawValue: try reader.uint16("algorithm"))
        var signature = try reader.vector16("signature")
        try reader.end("CertificateVerify")
        return CertificateVerify(scheme: scheme, signature: signature.restAsArray())
    }

    /// Before TLS 1.2 the key says the scheme (RFC 2246 §7.4.8, RFC 6101 §5.6.8).
    package static func parse(
        _ body: Span<UInt8>, unnamed scheme: SignatureScheme
    ) throws(DecodeError) -> CertificateVerify {
        var reader = WireReader(body)
        var signature = try reader.vector16("signature")
        try reader.end("CertificateVerify")
        return CertificateVerify(scheme: scheme, signature: signature.restAsArray())
    }
}
