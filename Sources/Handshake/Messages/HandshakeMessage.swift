// HandshakeMessage.swift — one handshake message as it stands on the wire: type, uint24 length, body.
// RFC 8446 §4.
// Next: ClientHello.swift.

package import WireFormat

/// A whole handshake message. The octets are kept as sent or received, because the transcript hashes exactly those.
package struct HandshakeMessage: Equatable, Sendable {
    /// msg_type and the uint24 length.
    package static let headerLength = 4

    package let type: HandshakeType
    /// The message with its header.
    package let encoded: [UInt8]

    /// A message that was received; the caller has checked that `encoded` is one whole message of `type`.
    package init(type: HandshakeType, encoded: [UInt8]) {
        self.type = type
        self.encoded = encoded
    }

    /// A message to send.
    ///
    /// - Throws: `DecodeError(.lengthOutOfRange)` when `body` wrote something outside the bounds of the RFC.
    package init(type: HandshakeType, body: (inout WireWriter) -> Void) throws(DecodeError) {
        var writer = WireWriter()
        writer.uint8(type.rawValue)
        writer.vector24(type.description) { body(&$0) }
        self.init(type: type, encoded: try writer.finish())
    }

    /// The message without its header.
    package var body: Span<UInt8> {
        @_lifetime(borrow self)
        get { encoded.span.extracting(droppingFirst: HandshakeMessage.headerLength) }
    }
}
