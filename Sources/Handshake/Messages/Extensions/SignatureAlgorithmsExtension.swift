// SignatureAlgorithmsExtension.swift — signature_algorithms and signature_algorithms_cert, which have one form.
// RFC 8446 §4.2.3.
// Next: ALPNExtension.swift.

package import WireFormat

package enum SignatureAlgorithmsExtension {
    package static func writeClientHello(_ schemes: [SignatureScheme], into writer: inout WireWriter) {
        writer.vector16("supported_signature_algorithms", 2...65534) { $0.codePoints(schemes) }
    }

    /// The schemes the sender can verify, most preferred first.
    package static func parseClientHello(_ body: Span<UInt8>) throws(DecodeError) -> [SignatureScheme] {
        var reader = WireReader(body)
        var schemes = try reader.vector16("supported_signature_algorithms", 2...65534)
        try reader.end("signature_algorithms")
        return try schemes.codePoints("supported_signature_algorithms")
    }

    package static func writeCertificateRequest(_ schemes: [SignatureScheme], into writer: inout WireWriter) {
        writeClientHello(schemes, into: &writer)
    }

    package static func parseCertificateRequest(_ body: Span<UInt8>) throws(DecodeError) -> [SignatureScheme] {
        try parseClientHello(body)
    }
}
