// TLS12ServerHelloDone.swift — the server's first flight ends here.
// RFC 5246 §7.4.5.
// Next: TLS12ClientKeyExchange.swift.

package import WireFormat

package struct TLS12ServerHelloDone: Equatable, Sendable {
    package init() {}

    package func message() throws(DecodeError) -> HandshakeMessage {
        try HandshakeMessage(type: .serverHelloDone) { _ in }
    }

    package static func parse(_ body: Span<UInt8>) throws(DecodeError) -> TLS12ServerHelloDone {
        try WireReader(body).end("ServerHelloDone")
        return TLS12ServerHelloDone()
    }
}
