// SupportedVersionsExtension.swift — supported_versions: the client's list, the server's choice.
// RFC 8446 §4.2.1.
// Next: SupportedGroupsExtension.swift.

package import WireFormat

package enum SupportedVersionsExtension {
    package static func writeClientHello(_ versions: [ProtocolVersion], into writer: inout WireWriter) {
        writer.vector8("versions", 2...254) { $0.codePoints(versions) }
    }

    /// The client's versions, most preferred first.
    package static func parseClientHello(_ body: Span<UInt8>) throws(DecodeError) -> [ProtocolVersion] {
        var reader = WireReader(body)
        var versions = try reader.vector8("versions", 2...254)
        try reader.end("supported_versions")
        return try versions.codePoints("versions")
    }

    /// For ServerHello and HelloRetryRequest.
    package static func writeServerHello(_ selected: ProtocolVersion, into writer: inout WireWriter) {
        writer.uint16(selected.rawValue)
    }

    /// selected_version of a ServerHello or HelloRetryRequest.
    package static func parseServerHello(_ body: Span<UInt8>) throws(DecodeError) -> ProtocolVersion {
        var reader = WireReader(body)
        let selected = ProtocolVersion(rawValue: try reader.uint16("selected_version"))
        try reader.end("supported_versions")
        return selected
    }
}
