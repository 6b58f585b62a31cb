// TLS12NewSessionTicket.swift — the session as the server encrypted it for itself.
// RFC 5077 §3.3.
// Next: HelloRequest.swift.

package import WireFormat

package struct TLS12NewSessionTicket: Equatable, Sendable {
    /// ticket_lifetime_hint in seconds; 0 says nothing.
    package var lifetimeHint: UInt32
    /// At most 65535 octets. Empty when the server has changed its mind (RFC 5077 §3.3).
    package var ticket: [UInt8]

    package init(lifetimeHint: UInt32, ticket: [UInt8]) {
        self.lifetimeHint = lifetimeHint
        self.ticket = ticket
    }

    package func message() throws(DecodeError) -> HandshakeMessage {
        try HandshakeMessage(type: .newSessionTicket) { writer in
            writer.uint32(lifetimeHint)
            writer.vector16("ticket") { $0.bytes(ticket) }
        }
    }

    package static func parse(_ body: Span<UInt8>) throws(DecodeError) -> TLS12NewSessionTicket {
        var reader = WireReader(body)
        let lifetimeHint = try reader.uint32("ticket_lifetime_hint")
        var ticket = try reader.vector16("ticket")
        try reader.end("NewSessionTicket")
        return TLS12NewSessionTicket(lifetimeHint: lifetimeHint, ticket: ticket.restAsArray())
    }
}
