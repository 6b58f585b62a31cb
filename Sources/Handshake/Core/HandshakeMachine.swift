// HandshakeMachine.swift — the state machine of either role.
// RFC 8446 App. A.
// Next: ../Client/ClientHandshake.swift, ../Server/ServerHandshake.swift.

package import CryptoGlue
package import RecordLayer
internal import WireFormat

/// A client or a server between two messages. A transition consumes the state: after an error nothing of it is left.
package enum HandshakeMachine: ~Copyable, Sendable {
    case client(ClientHandshake)
    case server(ServerHandshake)

    /// Takes one message and returns the next state, or dies.
    package consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> HandshakeMachine {
        switch consume self {
        case .client(let client): .client(try client.receive(input, &output))
        case .server(let server): .server(try server.receive(input, &output))
        }
    }

    /// Takes the ChangeCipherSpec of TLS 1.2: the peer's next record comes under its new key (RFC 5246 §7.1).
    ///
    /// - Parameter boundary: the proof that no handshake message is cut in two by it.
    package consuming func receiveChangeCipherSpec(
        at boundary: consuming RecordBoundary, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> HandshakeMachine {
        switch consume self {
        case .client(let client): .client(try client.receiveChangeCipherSpec(at: boundary, &output))
        case .server(let server): .server(try server.receiveChangeCipherSpec(at: boundary, &output))
        }
    }

    /// The alert no_certificate of SSL 3.0 may come now: a server asked for a certificate.
    package var awaitsCertificate: Bool {
        switch self {
        case .client: false
        case .server(let server): server.awaitsCertificate
        }
    }

    /// Takes the alert no_certificate of SSL 3.0 in place of a Certificate (RFC 6101 §5.6.6).
    package consuming func receiveNoCertificate(
        _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> HandshakeMachine {
        guard case .server(let server) = consume self else {
            throw .internalError("only a server is told no_certificate")
        }
        return .server(try server.receiveNoCertificate(&output))
    }

    /// What the state waits for from the application; nil when it waits for the peer.
    package var pendingOperation: PendingOperation? {
        switch self {
        case .client(let client): client.pendingOperation
        case .server(let server): server.pendingOperation
        }
    }

    /// Goes on with the application's answer.
    package consuming func resume(
        _ answer: OperationAnswer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> HandshakeMachine {
        switch consume self {
        case .client(let client): .client(try client.resume(answer, &output))
        case .server(let server): .server(try server.resume(answer, &output))
        }
    }

    /// The RFC's word for the state.
    package var name: String {
        switch self {
        case .client(let client): client.name
        case .server(let server): server.name
        }
    }

    /// RFC 8446 §5: a ChangeCipherSpec before the first ClientHello is an unexpected message.
    package var permitsEarlyChangeCipherSpec: Bool {
        switch self {
        case .client: true
        case .server(let server): server.hasClientHello
        }
    }

    /// The peer asked for a KeyUpdate, and none was sent since.
    package var owesKeyUpdate: Bool {
        switch self {
        case .client(let client): client.owesKeyUpdate
        case .server(let server): server.owesKeyUpdate
        }
    }

    /// Sends a KeyUpdate and changes the write key; only in TLS 1.3 and only when the handshake is done.
    package consuming func updatingWriteKey(
        requestPeer: Bool, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> HandshakeMachine {
        switch consume self {
        case .client(let client): .client(try client.updatingWriteKey(requestPeer: requestPeer, &output))
        case .server(let server): .server(try server.updatingWriteKey(requestPeer: requestPeer, &output))
        }
    }

    /// Keying material (RFC 8446 §7.5; RFC 5705); nil before the handshake is done.
    ///
    /// - Parameter context: nil and empty differ in TLS 1.2 (RFC 5705 §4) and are the same in TLS 1.3.
    package func export(label: String, context: [UInt8]?, length: Int) throws(CryptoError) -> SecretBytes? {
        switch self {
        case .client(let client): try client.export(label: label, context: context, length: length)
        case .server(let server): try server.export(label: label, context: context, length: length)
        }
    }
}
