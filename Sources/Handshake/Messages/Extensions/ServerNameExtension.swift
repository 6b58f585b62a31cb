// ServerNameExtension.swift — server_name: which host the client wants.
// RFC 6066 §3; RFC 8446 §4.4.2.2.
// Next: SupportedVersionsExtension.swift.

package import WireFormat

package enum ServerNameExtension {
    /// NameType.host_name.
    private static let hostNameType: UInt8 = 0

    /// A list of one host_name: the octets of an ASCII name without a trailing dot.
    package static func writeClientHello(_ hostName: [UInt8], into writer: inout WireWriter) {
        writer.vector16("server_name_list", 1...65535) { list in
            list.uint8(hostNameType)
            list.vector16("HostName", 1...65535) { $0.bytes(hostName) }
        }
    }

    /// The host name. RFC 6066 §3 allows one name of a type and gives no other type, so the list has one entry.
    package static func parseClientHello(_ body: Span<UInt8>) throws(DecodeError) -> [UInt8] {
        var reader = WireReader(body)
        var list = try reader.vector16("server_name_list", 1...65535)
        try reader.end("server_name")
        guard try list.uint8("name_type") == hostNameType else { throw DecodeError(.valueOutOfRange, "name_type") }
        var hostName = try list.vector16("HostName", 1...65535)
        try list.end("server_name_list")
        return hostName.restAsArray()
    }

    /// RFC 6066 §3: the extension_data of the server's answer is empty.
    package static func writeEncryptedExtensions(into writer: inout WireWriter) {}

    package static func parseEncryptedExtensions(_ body: Span<UInt8>) throws(DecodeError) {
        try WireReader(body).end("server_name")
    }
}
