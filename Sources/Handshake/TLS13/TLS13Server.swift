// TLS13Server.swift — the server's states and which message each permits.
// RFC 8446 App. A.2.
// Next: TLS13PostHandshake.swift.

package import CryptoGlue
package import RecordLayer
internal import WireFormat

/// A TLS 1.3 server between two messages, from its ServerHello on.
package enum TLS13Server: ~Copyable, Sendable {
    case connected(Connected)
    static func start(
        _ hello: ReceivedHello, _ credentials: [Credential], transcript: consuming TranscriptBuffer,
        boundary: consuming RecordBoundary, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Server { throw .internalError("the TLS 1.3 server is not there yet") }
    package consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Server { throw .internalError("the TLS 1.3 server is not there yet") }
    package var pendingOperation: PendingOperation? { nil }
    package consuming func resume(
        _ answer: OperationAnswer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Server { throw .internalError("the TLS 1.3 server is not there yet") }
    package var name: String { "CONNECTED" }
    package var owesKeyUpdate: Bool { false }
    package consuming func updatingWriteKey(
        requestPeer: Bool, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Server { throw .internalError("the TLS 1.3 server is not there yet") }
    package func export(label: String, context: [UInt8], length: Int) throws(CryptoError) -> SecretBytes? { nil }
}
