// CertificateRequest.swift — the server asks for a client certificate.
// RFC 8446 §4.3.2.
// Next: CertificateMessage.swift.

package import WireFormat

package struct CertificateRequest: Equatable, Sendable {
    /// certificate_request_context: empty in the handshake, at most 255 octets.
    package var requestContext: [UInt8]
    package var extensions: ExtensionBlock

    package init(requestContext: [UInt8], extensions: ExtensionBlock) {
        self.requestContext = requestContext
        self.extensions = extensions
    }

    package func message() throws(DecodeError) -> HandshakeMessage {
        try HandshakeMessage(type: .certificateRequest) { writer in
            writer.vector8("certificate_request_context") { $0.bytes(requestContext) }
            extensions.write(into: &writer, 2...65535)
        }
    }

    package static func parse(_ body: Span<UInt8>) throws(DecodeError) -> CertificateRequest {
        var reader = WireReader(body)
        var context = try reader.vector8("certificate_request_context")
        let extensions = try ExtensionBlock.parse(&reader, "extensions", 2...65535)
        try reader.end("CertificateRequest")
        return CertificateRequest(requestContext: context.restAsArray(), extensions: extensions)
    }
}
