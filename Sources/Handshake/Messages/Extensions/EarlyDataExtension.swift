// EarlyDataExtension.swift — early_data: an empty mark in the hellos, a limit in a ticket.
// RFC 8446 §4.2.10.
// Next: CertificateAuthoritiesExtension.swift.

package import WireFormat

package enum EarlyDataExtension {
    package static func writeClientHello(into writer: inout WireWriter) {}

    package static func parseClientHello(_ body: Span<UInt8>) throws(DecodeError) {
        try WireReader(body).end("early_data")
    }

    package static func writeEncryptedExtensions(into writer: inout WireWriter) {}

    package static func parseEncryptedExtensions(_ body: Span<UInt8>) throws(DecodeError) {
        try WireReader(body).end("early_data")
    }

    /// max_early_data_size in octets.
    package static func writeNewSessionTicket(_ maxEarlyDataSize: UInt32, into writer: inout WireWriter) {
        writer.uint32(maxEarlyDataSize)
    }

    package static func parseNewSessionTicket(_ body: Span<UInt8>) throws(DecodeError) -> UInt32 {
        var reader = WireReader(body)
        let size = try reader.uint32("max_early_data_size")
        try reader.end("early_data")
        return size
    }
}
