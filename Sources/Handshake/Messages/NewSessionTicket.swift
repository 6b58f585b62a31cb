// NewSessionTicket.swift — a ticket with which a later connection can resume this one.
// RFC 8446 §4.6.1.
// Next: KeyUpdate.swift.

package import WireFormat

package struct NewSessionTicket: Equatable, Sendable {
    /// ticket_lifetime in seconds.
    package var lifetime: UInt32
    /// ticket_age_add in milliseconds.
    package var ageAdd: UInt32
    /// ticket_nonce: at most 255 octets.
    package var nonce: [UInt8]
    /// 1 to 65535 octets.
    package var ticket: [UInt8]
    package var extensions: ExtensionBlock

    package init(lifetime: UInt32, ageAdd: UInt32, nonce: [UInt8], ticket: [UInt8], extensions: ExtensionBlock) {
        self.lifetime = lifetime
        self.ageAdd = ageAdd
        self.nonce = nonce
        self.ticket = ticket
        self.extensions = extensions
    }

    /// max_early_data_size in octets, or nil when the ticket allows no early data. `parse` has checked its form.
    package var maxEarlyDataSize: UInt32? {
        guard let body = extensions.body(of: .earlyData) else { return nil }
        return try? EarlyDataExtension.parseNewSessionTicket(body.span)
    }

    package func message() throws(DecodeError) -> HandshakeMessage {
        try HandshakeMessage(type: .newSessionTicket) { writer in
            writer.uint32(lifetime)
            writer.uint32(ageAdd)
            writer.vector8("ticket_nonce") { $0.bytes(nonce) }
            writer.vector16("ticket", 1...65535) { $0.bytes(ticket) }
            extensions.write(into: &writer, 0...65534)
        }
    }

    package static func parse(_ body: Span<UInt8>) throws(DecodeError) -> NewSessionTicket {
        var reader = WireReader(body)
        let lifetime = try reader.uint32("ticket_lifetime")
        let ageAdd = try reader.uint32("ticket_age_add")
        var nonce = try reader.vector8("ticket_nonce")
        var ticket = try reader.vector16("ticket", 1...65535)
        let extensions = try ExtensionBlock.parse(&reader, "extensions", 0...65534)
        try reader.end("NewSessionTicket")
        if let body = extensions.body(of: .earlyData) { _ = try EarlyDataExtension.parseNewSessionTicket(body.span) }
        return NewSessionTicket(
            lifetime: lifetime, ageAdd: ageAdd, nonce: nonce.restAsArray(), ticket: ticket.restAsArray(),
            extensions: extensions)
    }
}
