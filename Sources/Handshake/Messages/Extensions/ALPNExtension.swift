// ALPNExtension.swift — application_layer_protocol_negotiation: the client's list, the server's one choice.
// RFC 7301 §3.1.
// Next: CookieExtension.swift.

package import WireFormat

package enum ALPNExtension {
    /// No more names are taken. RFC 7301 §3.1 has no bound but the length of the list, in which 32,767 of one octet have
    /// room.
    package static let most = 256

    /// Protocol names of 1 to 255 octets, most preferred first.
    package static func writeClientHello(_ protocols: [[UInt8]], into writer: inout WireWriter) {
        writer.vector16("protocol_name_list", 2...65535) { list in
            for name in protocols {
                list.vector8("ProtocolName", 1...255) { $0.bytes(name) }
            }
        }
    }

    package static func parseClientHello(_ body: Span<UInt8>) throws(DecodeError) -> [[UInt8]] {
        var reader = WireReader(body)
        var list = try reader.vector16("protocol_name_list", 2...65535)
        try reader.end("application_layer_protocol_negotiation")
        var protocols: [[UInt8]] = []
        while !list.isEmpty {
            guard protocols.count < most else { throw DecodeError(.lengthOutOfRange, "protocol_name_list") }
            var name = try list.vector8("ProtocolName", 1...255)
            protocols.append(name.restAsArray())
        }
        return protocols
    }

    package static func writeEncryptedExtensions(_ selected: [UInt8], into writer: inout WireWriter) {
        writeClientHello([selected], into: &writer)
    }

    /// The server's choice. RFC 7301 §3.1: its list has exactly one name.
    package static func parseEncryptedExtensions(_ body: Span<UInt8>) throws(DecodeError) -> [UInt8] {
        var reader = WireReader(body)
        var list = try reader.vector16("protocol_name_list", 2...65535)
        try reader.end("application_layer_protocol_negotiation")
        var name = try list.vector8("ProtocolName", 1...255)
        try list.end("protocol_name_list")
        return name.restAsArray()
    }
}
