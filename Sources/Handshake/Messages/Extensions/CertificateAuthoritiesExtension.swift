// CertificateAuthoritiesExtension.swift — certificate_authorities: whose certificates the sender accepts.
// RFC 8446 §4.2.4.
// Next: RenegotiationInfoExtension.swift.

package import WireFormat

package enum CertificateAuthoritiesExtension {
    /// DER-encoded distinguished names of 1 to 65535 octets each.
    package static func writeCertificateRequest(_ authorities: [[UInt8]], into writer: inout WireWriter) {
        writer.vector16("authorities", 3...65535) { list in
            for name in authorities {
                list.vector16("DistinguishedName", 1...65535) { $0.bytes(name) }
            }
        }
    }

    package static func parseCertificateRequest(_ body: Span<UInt8>) throws(DecodeError) -> [[UInt8]] {
        var reader = WireReader(body)
        var list = try reader.vector16("authorities", 3...65535)
        try reader.end("certificate_authorities")
        var authorities: [[UInt8]] = []
        while !list.isEmpty {
            var name = try list.vector16("DistinguishedName", 1...65535)
            authorities.append(name.restAsArray())
        }
        return authorities
    }

    package static func writeClientHello(_ authorities: [[UInt8]], into writer: inout WireWriter) {
        writeCertificateRequest(authorities, into: &writer)
    }

    package static func parseClientHello(_ body: Span<UInt8>) throws(DecodeError) -> [[UInt8]] {
        try parseCertificateRequest(body)
    }
}
