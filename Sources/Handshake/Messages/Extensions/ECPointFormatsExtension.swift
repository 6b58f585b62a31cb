// ECPointFormatsExtension.swift — ec_point_formats: how points may be written.
// RFC 8422 §5.1.2.
// Next: SessionTicketExtension.swift.

package import WireFormat

package enum ECPointFormatsExtension {
    /// ECPointFormat.uncompressed: the one format that every list has to contain (RFC 8422 §5.1.2).
    package static let uncompressed: UInt8 = 0

    /// ec_point_format_list: 1 to 255 formats.
    package static func writeClientHello(_ formats: [UInt8], into writer: inout WireWriter) {
        writer.vector8("ec_point_format_list", 1...255) { $0.bytes(formats) }
    }

    package static func parseClientHello(_ body: Span<UInt8>) throws(DecodeError) -> [UInt8] {
        var reader = WireReader(body)
        var formats = try reader.vector8("ec_point_format_list", 1...255)
        try reader.end("ec_point_formats")
        return formats.restAsArray()
    }

    package static func writeServerHello(_ formats: [UInt8], into writer: inout WireWriter) {
        writeClientHello(formats, into: &writer)
    }

    package static func parseServerHello(_ body: Span<UInt8>) throws(DecodeError) -> [UInt8] {
        try parseClientHello(body)
    }
}
