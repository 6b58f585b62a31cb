// CertificateTypeExtension.swift — client_certificate_type and server_certificate_type: what a Certificate message holds.
// RFC 7250 §3; RFC 8446 §4.4.2 for where TLS 1.3 has the answers.
// Next: RecordSizeLimitExtension.swift.

package import WireFormat

/// The two extensions have one form.
package enum CertificateTypeExtension {
    package static func writeClientHello(_ types: [CertificateType], into writer: inout WireWriter) {
        writer.vector8("certificate_types", 1...255) { list in
            for type in types { list.uint8(type.rawValue) }
        }
    }

    package static func parseClientHello(_ body: Span<UInt8>) throws(DecodeError) -> [CertificateType] {
        var reader = WireReader(body)
        var types = try reader.vector8("certificate_types", 1...255)
        try reader.end("certificate_types")
        return types.restAsArray().map(CertificateType.init(rawValue:))
    }

    /// For the ServerHello of TLS 1.2 and the EncryptedExtensions of TLS 1.3.
    package static func writeServer(_ type: CertificateType, into writer: inout WireWriter) {
        writer.uint8(type.rawValue)
    }

    package static func parseServer(_ body: Span<UInt8>) throws(DecodeError) -> CertificateType {
        var reader = WireReader(body)
        let type = CertificateType(rawValue: try reader.uint8("certificate_type"))
        try reader.end("certificate_type")
        return type
    }
}
