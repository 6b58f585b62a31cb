// TLS12Server.swift — the server's states and which message each permits.
// RFC 5246 §7.3.
// Next: TLS12KeyDerivation.swift.

package import CryptoGlue
package import RecordLayer
internal import WireFormat

/// A TLS 1.2 server between two messages, from its ServerHello on.
package enum TLS12Server: ~Copyable, Sendable {
    case connected(TLS12Connected)
    static func start(
        _ hello: ReceivedHello, _ credentials: [Credential], transcript: consuming TranscriptBuffer,
        _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Server { throw .internalError("the TLS 1.2 server is not there yet") }
    package consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Server { throw .internalError("the TLS 1.2 server is not there yet") }
    package consuming func receiveChangeCipherSpec(
        at boundary: consuming RecordBoundary, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Server { throw .internalError("the TLS 1.2 server is not there yet") }
    package var pendingOperation: PendingOperation? { nil }
    package consuming func resume(
        _ answer: OperationAnswer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Server { throw .internalError("the TLS 1.2 server is not there yet") }
    package var name: String { "CONNECTED" }
    package func export(label: String, context: [UInt8]?, length: Int) throws(CryptoError) -> SecretBytes? { nil }
}
