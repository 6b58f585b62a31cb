// KeyShareExtension.swift — key_share: public shares, or the group that a HelloRetryRequest asks a share for.
// RFC 8446 §4.2.8.
// Next: SignatureAlgorithmsExtension.swift.

package import WireFormat

/// A group and a public share in it.
package struct KeyShareEntry: Equatable, Sendable {
    package var group: NamedGroup
    /// key_exchange: 1 to 65535 octets.
    package var keyExchange: [UInt8]

    package init(group: NamedGroup, keyExchange: [UInt8]) {
        self.group = group
        self.keyExchange = keyExchange
    }

    fileprivate func write(into writer: inout WireWriter) {
        writer.uint16(group.rawValue)
        writer.vector16("key_exchange", 1...65535) { $0.bytes(keyExchange) }
    }

    fileprivate static func parse(_ reader: inout WireReader) throws(DecodeError) -> KeyShareEntry {
        let group = NamedGroup(rawValue: try reader.uint16("group"))
        var keyExchange = try reader.vector16("key_exchange", 1...65535)
        return KeyShareEntry(group: group, keyExchange: keyExchange.restAsArray())
    }
}

package enum KeyShareExtension {
    package static func writeClientHello(_ shares: [KeyShareEntry], into writer: inout WireWriter) {
        writer.vector16("client_shares") { list in
            for share in shares { share.write(into: &list) }
        }
    }

    /// The client's shares, most preferred first; none when it asks for a HelloRetryRequest.
    package static func parseClientHello(_ body: Span<UInt8>) throws(DecodeError) -> [KeyShareEntry] {
        var reader = WireReader(body)
        var list = try reader.vector16("client_shares")
        try reader.end("key_share")
        var shares: [KeyShareEntry] = []
        while !list.isEmpty { shares.append(try KeyShareEntry.parse(&list)) }
        return shares
    }

    package static func writeServerHello(_ share: KeyShareEntry, into writer: inout WireWriter) {
        share.write(into: &writer)
    }

    /// server_share.
    package static func parseServerHello(_ body: Span<UInt8>) throws(DecodeError) -> KeyShareEntry {
        var reader = WireReader(body)
        let share = try KeyShareEntry.parse(&reader)
        try reader.end("key_share")
        return share
    }

    package static func writeHelloRetryRequest(_ selected: NamedGroup, into writer: inout WireWriter) {
        writer.uint16(selected.rawValue)
    }

    /// selected_group.
    package static func parseHelloRetryRequest(_ body: Span<UInt8>) throws(DecodeError) -> NamedGroup {
        var reader = WireReader(body)
        let selected = NamedGroup(rawValue: try reader.uint16("selected_group"))
        try reader.end("key_share")
        return selected
    }
}
