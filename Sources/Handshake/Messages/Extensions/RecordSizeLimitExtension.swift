// RecordSizeLimitExtension.swift — record_size_limit: the longest record content that the sender takes.
// RFC 8449 §4.
// Next: Handshake's Transcript.

package import WireFormat

package enum RecordSizeLimitExtension {
    /// RFC 8449 §4: a smaller limit is answered with illegal_parameter, so it survives parsing.
    package static let minimum: UInt16 = 64

    /// RecordSizeLimit in octets; in TLS 1.3 it counts the content type and the padding too.
    package static func writeClientHello(_ limit: UInt16, into writer: inout WireWriter) { writer.uint16(limit) }

    package static func parseClientHello(_ body: Span<UInt8>) throws(DecodeError) -> UInt16 {
        var reader = WireReader(body)
        let limit = try reader.uint16("RecordSizeLimit")
        try reader.end("record_size_limit")
        return limit
    }

    /// For the ServerHello of TLS 1.2 and the EncryptedExtensions of TLS 1.3.
    package static func writeServer(_ limit: UInt16, into writer: inout WireWriter) {
        writeClientHello(limit, into: &writer)
    }

    package static func parseServer(_ body: Span<UInt8>) throws(DecodeError) -> UInt16 {
        try parseClientHello(body)
    }
}
