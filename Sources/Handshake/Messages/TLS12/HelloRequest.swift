// HelloRequest.swift — the server would like to renegotiate.
// RFC 5246 §7.4.1.1.
// Next: CodePointList.swift.

package import WireFormat

/// No transcript ever contains this message (RFC 5246 §7.4.1.1).
package struct HelloRequest: Equatable, Sendable {
    package init() {}

    package func message() throws(DecodeError) -> HandshakeMessage {
        try HandshakeMessage(type: .helloRequest) { _ in }
    }

    package static func parse(_ body: Span<UInt8>) throws(DecodeError) -> HelloRequest {
        try WireReader(body).end("HelloRequest")
        return HelloRequest()
    }
}
