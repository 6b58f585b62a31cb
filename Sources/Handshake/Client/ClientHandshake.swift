// ClientHandshake.swift — the client before and after the server has chosen a version.
// RFC 8446 §4.2.1, App. D.1; RFC 5246 §7.3.
// Next: WaitServerHello.swift.

package import CryptoGlue
package import RecordLayer
internal import WireFormat

/// A client between two messages: one ClientHello for all versions, then the machine of the version that the server
/// selected. A transition consumes the state: after an error nothing of it is left.
package enum ClientHandshake: ~Copyable, Sendable {
    case waitServerHello(WaitServerHello)
    case tls13(TLS13Client)
    case tls12(TLS12Client)

    /// Takes one message and returns the next state, or dies.
    package consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> ClientHandshake {
        switch consume self {
        case .waitServerHello(let state): try state.receive(input, &output)
        case .tls13(let client): .tls13(try client.receive(input, &output))
        case .tls12(let client): .tls12(try client.receive(input, &output))
        }
    }

    /// Takes the ChangeCipherSpec of TLS 1.2: the peer's next record comes under its new key (RFC 5246 §7.1).
    ///
    /// - Parameter boundary: the proof that no handshake message is cut in two by it.
    package consuming func receiveChangeCipherSpec(
        at boundary: consuming RecordBoundary, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> ClientHandshake {
        guard case .tls12(let client) = consume self else {
            throw .internalError("a ChangeCipherSpec means something in TLS 1.2 only")
        }
        return .tls12(try client.receiveChangeCipherSpec(at: boundary, &output))
    }

    /// What the state waits for from the application; nil when it waits for the peer.
    package var pendingOperation: PendingOperation? {
        switch self {
        case .waitServerHello: nil
        case .tls13(let client): client.pendingOperation
        case .tls12(let client): client.pendingOperation
        }
    }

    /// Goes on with the application's answer.
    package consuming func resume(
        _ answer: OperationAnswer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> ClientHandshake {
        switch consume self {
        case .waitServerHello: throw .internalError("nothing is asked in WAIT_SH")
        case .tls13(let client): .tls13(try client.resume(answer, &output))
        case .tls12(let client): .tls12(try client.resume(answer, &output))
        }
    }

    /// The RFC's word for the state.
    package var name: String {
        switch self {
        case .waitServerHello: "WAIT_SH"
        case .tls13(let client): client.name
        case .tls12(let client): client.name
        }
    }

    /// The peer asked for a KeyUpdate, and none was sent since.
    package var owesKeyUpdate: Bool {
        switch self {
        case .tls13(let client): client.owesKeyUpdate
        default: false
        }
    }

    /// Sends a KeyUpdate and changes the write key; only in TLS 1.3 and only when the handshake is done.
    package consuming func updatingWriteKey(
        requestPeer: Bool, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> ClientHandshake {
        guard case .tls13(let client) = consume self else {
            throw .internalError("a key was updated without TLS 1.3")
        }
        return .tls13(try client.updatingWriteKey(requestPeer: requestPeer, &output))
    }

    /// Keying material (RFC 8446 §7.5; RFC 5705); nil before the handshake is done.
    ///
    /// - Parameter context: nil and empty differ in TLS 1.2 (RFC 5705 §4) and are the same in TLS 1.3.
    package func export(label: String, context: [UInt8]?, length: Int) throws(CryptoError) -> SecretBytes? {
        switch self {
        case .waitServerHello: nil
        case .tls13(let client): try client.export(label: label, context: context ?? [], length: length)
        case .tls12(let client): try client.export(label: label, context: context, length: length)
        }
    }
}

extension HandshakeInput {
    /// The message, when it is the one the state permits.
    func require(
        _ type: HandshakeType, state: String
    ) throws(HandshakeError) -> HandshakeMessage {
        guard self.type == type else { throw .unexpected(self.type, state: state, expected: type.description) }
        return message
    }

    var message: HandshakeMessage { HandshakeMessage(type: type, encoded: encoded) }

    /// RFC 8446 §5.1: the message ends its record, because the keys change after it.
    consuming func requireBoundary() throws(HandshakeError) -> RecordBoundary {
        let type = self.type
        guard let boundary = takeBoundary() else { throw .keyChangeInsideRecord(type) }
        return boundary
    }
}

/// Parses a message's body and names the message in the error.
func parsing<T>(_ type: HandshakeType, _ body: () throws(DecodeError) -> T) throws(HandshakeError) -> T {
    do throws(DecodeError) { return try body() } catch { throw .decode(error, in: type) }
}

/// Runs a derivation and says what it was for in the error.
func deriving<T: ~Copyable>(_ what: String, _ body: () throws(CryptoError) -> T) throws(HandshakeError) -> T {
    do throws(CryptoError) { return try body() } catch { throw .crypto(error, during: what) }
}

/// Code points as people read them: the first of them when a peer sent very many.
func list<T: CustomStringConvertible>(_ values: [T]) -> String {
    let most = 32
    let shown = values.prefix(most).map(\.description).joined(separator: ", ")
    return values.count > most ? "\(shown) … and \(values.count - most) more" : shown
}
