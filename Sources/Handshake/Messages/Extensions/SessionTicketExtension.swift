// SessionTicketExtension.swift — session_ticket: the client's ticket, or that tickets are understood.
// RFC 5077 §3.2.
// Next: StatusRequestExtension.swift.

package import WireFormat

package enum SessionTicketExtension {
    /// The ticket fills the whole extension_data, without a length of its own (RFC 5077 App. A); empty to ask for one.
    package static func writeClientHello(_ ticket: [UInt8], into writer: inout WireWriter) { writer.bytes(ticket) }

    package static func parseClientHello(_ body: Span<UInt8>) throws(DecodeError) -> [UInt8] {
        [UInt8](copying: body)
    }

    /// RFC 5077 §3.2: empty, and says that a NewSessionTicket will come.
    package static func writeServerHello(into writer: inout WireWriter) {}

    package static func parseServerHello(_ body: Span<UInt8>) throws(DecodeError) {
        try WireReader(body).end("session_ticket")
    }
}
