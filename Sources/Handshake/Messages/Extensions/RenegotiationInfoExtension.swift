// RenegotiationInfoExtension.swift — renegotiation_info: which handshake this one follows on the same connection.
// RFC 5746 §3.2.
// Next: ExtendedMasterSecretExtension.swift.

package import WireFormat

package enum RenegotiationInfoExtension {
    /// renegotiated_connection: at most 255 octets, empty in a first handshake.
    package static func writeClientHello(_ renegotiatedConnection: [UInt8], into writer: inout WireWriter) {
        writer.vector8("renegotiated_connection") { $0.bytes(renegotiatedConnection) }
    }

    package static func parseClientHello(_ body: Span<UInt8>) throws(DecodeError) -> [UInt8] {
        var reader = WireReader(body)
        var connection = try reader.vector8("renegotiated_connection")
        try reader.end("renegotiation_info")
        return connection.restAsArray()
    }

    package static func writeServerHello(_ renegotiatedConnection: [UInt8], into writer: inout WireWriter) {
        writeClientHello(renegotiatedConnection, into: &writer)
    }

    package static func parseServerHello(_ body: Span<UInt8>) throws(DecodeError) -> [UInt8] {
        try parseClientHello(body)
    }
}
