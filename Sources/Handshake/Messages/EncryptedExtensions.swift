// EncryptedExtensions.swift — the server's answers that need no certificate.
// RFC 8446 §4.3.1.
// Next: CertificateRequest.swift.

package import WireFormat

package struct EncryptedExtensions: Equatable, Sendable {
    package var extensions: ExtensionBlock

    package init(extensions: ExtensionBlock) { self.extensions = extensions }

    package func message() throws(DecodeError) -> HandshakeMessage {
        try HandshakeMessage(type: .encryptedExtensions) { extensions.write(into: &$0) }
    }

    package static func parse(_ body: Span<UInt8>) throws(DecodeError) -> EncryptedExtensions {
        var reader = WireReader(body)
        let extensions = try ExtensionBlock.parse(&reader, "extensions")
        try reader.end("EncryptedExtensions")
        return EncryptedExtensions(extensions: extensions)
    }
}
