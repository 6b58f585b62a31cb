// TLS12Client.swift — the client's states and which message each permits.
// RFC 5246 §7.3.
// Next: TLS12Client+Parameters.swift.

package import CryptoGlue
package import RecordLayer
internal import WireFormat

/// A TLS 1.2 client between two messages, from its ServerHello on.
package enum TLS12Client: ~Copyable, Sendable {
    case started

    /// Takes the ServerHello that selected TLS 1.2.
    static func start(
        _ hello: ServerHello, _ message: HandshakeMessage, offer: ClientOffer, transcript: consuming TranscriptBuffer,
        _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Client { throw .internalError("TLS 1.2") }

    package consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Client { throw .internalError("TLS 1.2") }

    package consuming func receiveChangeCipherSpec(
        at boundary: consuming RecordBoundary, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Client { throw .internalError("TLS 1.2") }

    package var pendingOperation: PendingOperation? { nil }

    package consuming func resume(
        _ answer: OperationAnswer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Client { throw .internalError("TLS 1.2") }

    package var name: String { "START" }

    package func export(label: String, context: [UInt8]?, length: Int) throws(CryptoError) -> SecretBytes? { nil }
}
