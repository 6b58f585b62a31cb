// SupportedGroupsExtension.swift — supported_groups: the sender's key exchange groups, most preferred first.
// RFC 8446 §4.2.7.
// Next: KeyShareExtension.swift.

package import WireFormat

package enum SupportedGroupsExtension {
    package static func writeClientHello(_ groups: [NamedGroup], into writer: inout WireWriter) {
        writer.vector16("named_group_list", 2...65535) { $0.codePoints(groups) }
    }

    package static func parseClientHello(_ body: Span<UInt8>) throws(DecodeError) -> [NamedGroup] {
        var reader = WireReader(body)
        var groups = try reader.vector16("named_group_list", 2...65535)
        try reader.end("supported_groups")
        return try groups.codePoints("named_group_list")
    }

    /// The server's groups, for the client's next connection.
    package static func writeEncryptedExtensions(_ groups: [NamedGroup], into writer: inout WireWriter) {
        writeClientHello(groups, into: &writer)
    }

    package static func parseEncryptedExtensions(_ body: Span<UInt8>) throws(DecodeError) -> [NamedGroup] {
        try parseClientHello(body)
    }
}
