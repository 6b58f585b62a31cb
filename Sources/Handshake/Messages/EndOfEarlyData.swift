// EndOfEarlyData.swift — the client has sent all its early data.
// RFC 8446 §4.5.
// Next: TLS12/TLS12Certificate.swift.

package import WireFormat

package struct EndOfEarlyData: Equatable, Sendable {
    package init() {}

    package func message() throws(DecodeError) -> HandshakeMessage {
        try HandshakeMessage(type: .endOfEarlyData) { _ in }
    }

    package static func parse(_ body: Span<UInt8>) throws(DecodeError) -> EndOfEarlyData {
        try WireReader(body).end("EndOfEarlyData")
        return EndOfEarlyData()
    }
}
