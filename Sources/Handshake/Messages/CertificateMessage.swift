// CertificateMessage.swift — a certification path, leaf first, each certificate with extensions of its own.
// RFC 8446 §4.4.2.
// Next: CertificateVerify.swift.

package import WireFormat

/// One certificate of the path.
package struct CertificateEntry: Equatable, Sendable {
    /// cert_data: DER, at least one octet.
    package var certificate: [UInt8]
    package var extensions: ExtensionBlock

    package init(certificate: [UInt8], extensions: ExtensionBlock = ExtensionBlock()) {
        self.certificate = certificate
        self.extensions = extensions
    }
}

package struct CertificateMessage: Equatable, Sendable {
    /// certificate_request_context: at most 255 octets.
    package var requestContext: [UInt8]
    package var entries: [CertificateEntry]

    package init(requestContext: [UInt8], entries: [CertificateEntry]) {
        self.requestContext = requestContext
        self.entries = entries
    }

    package func message() throws(DecodeError) -> HandshakeMessage {
        try HandshakeMessage(type: .certificate) { writer in
            writer.vector8("certificate_request_context") { $0.bytes(requestContext) }
            writer.vector24("certificate_list") { list in
                for entry in entries {
                    list.vector24("cert_data", 1...0xff_ffff) { $0.bytes(entry.certificate) }
                    entry.extensions.write(into: &list)
                }
            }
        }
    }

    package static func parse(_ body: Span<UInt8>) throws(DecodeError) -> CertificateMessage {
        var reader = WireReader(body)
        var context = try reader.vector8("certificate_request_context")
        var list = try reader.vector24("certificate_list")
        try reader.end("Certificate")
        var entries: [CertificateEntry] = []
        while !list.isEmpty {
            var certificate = try list.vector24("cert_data", 1...0xff_ffff)
            let extensions = try ExtensionBlock.parse(&list, "extensions")
            entries.append(CertificateEntry(certificate: certificate.restAsArray(), extensions: extensions))
        }
        return CertificateMessage(requestContext: context.restAsArray(), entries: entries)
    }
}
