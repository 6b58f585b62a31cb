// ServerHandshake.swift — the server before and after it has chosen a version.
// RFC 8446 §4.2.1, App. A.2, App. D.2; RFC 5246 §7.3.
// Next: WaitClientHello.swift.

package import CryptoGlue
package import RecordLayer
internal import WireFormat

//            WAIT_CH
//               │ ClientHello: version, server_name
//               v
//   (choosing credentials, may take its time)
//               │
//        ┌──────┴──────┐
//        v             v
//   TLS13Server   TLS12Server

/// A server between two messages: one state for the ClientHello of all versions, then the machine of the version that was
/// chosen. A transition consumes the state: after an error nothing of it is left.
package enum ServerHandshake: ~Copyable, Sendable {
    case waitClientHello(WaitClientHello)
    case choosingCredentials(ChoosingCredentials)
    case tls13(TLS13Server)
    case tls12(TLS12Server)

    /// START: a server has nothing to send before the ClientHello.
    ///
    /// - Parameter peer: the client's address, for the peers of a `LegacyPermission`; nil when nobody knows it.
    package static func start(
        _ configuration: ServerConfiguration, peer: String? = nil, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> ServerHandshake {
        let configuration = configuration.permittingLegacy(peer: peer)
        try configuration.check()
        output.info.isServer = true
        output.info.isKeyLogged = configuration.keyLog != nil
        return .waitClientHello(WaitClientHello(configuration: configuration))
    }

    /// Takes one message and returns the next state, or dies.
    package consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> ServerHandshake {
        switch consume self {
        case .waitClientHello(let state): try state.receive(input, &output)
        case .choosingCredentials: throw .internalError("a message was handed in while credentials are being chosen")
        case .tls13(let server): .tls13(try server.receive(input, &output))
        case .tls12(let server): .tls12(try server.receive(input, &output))
        }
    }

    /// Takes the ChangeCipherSpec of TLS 1.2: the client's next record comes under its new key (RFC 5246 §7.1).
    ///
    /// - Parameter boundary: the proof that no handshake message is cut in two by it.
    package consuming func receiveChangeCipherSpec(
        at boundary: consuming RecordBoundary, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> ServerHandshake {
        guard case .tls12(let server) = consume self else {
            throw .internalError("a ChangeCipherSpec means something in TLS 1.2 only")
        }
        return .tls12(try server.receiveChangeCipherSpec(at: boundary, &output))
    }

    /// The alert no_certificate of SSL 3.0 may come now.
    package var awaitsCertificate: Bool {
        switch self {
        case .tls12(let server): server.awaitsCertificate
        default: false
        }
    }

    /// Takes the alert no_certificate of SSL 3.0 in place of a Certificate (RFC 6101 §5.6.6).
    package consuming func receiveNoCertificate(
        _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> ServerHandshake {
        guard case .tls12(let server) = consume self else {
            throw .internalError("no_certificate means something in SSL 3.0 only")
        }
        return .tls12(try server.receiveNoCertificate(&output))
    }

    /// What the state waits for from the application; nil when it waits for the peer.
    package var pendingOperation: PendingOperation? {
        switch self {
        case .waitClientHello: nil
        case .choosingCredentials(let state): .chooseCredentials(state.hello.info)
        case .tls13(let server): server.pendingOperation
        case .tls12(let server): server.pendingOperation
        }
    }

    /// Goes on with the application's answer.
    package consuming func resume(
        _ answer: OperationAnswer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> ServerHandshake {
        switch consume self {
        case .waitClientHello: throw .internalError("nothing is asked in WAIT_CH")
        case .choosingCredentials(let state): try state.resume(answer, &output)
        case .tls13(let server): .tls13(try server.resume(answer, &output))
        case .tls12(let server): .tls12(try server.resume(answer, &output))
        }
    }

    /// A word for the state; the RFC has it for TLS 1.3.
    package var name: String {
        switch self {
        case .waitClientHello: "WAIT_CH"
        case .choosingCredentials: "RECVD_CH"
        case .tls13(let server): server.name
        case .tls12(let server): server.name
        }
    }

    /// The first ClientHello is there. It may also have been at another connection: with cookies, the ChangeCipherSpec that
    /// follows it can be the first thing here (RFC 8446 App. D.4).
    package var hasClientHello: Bool {
        switch self {
        case .waitClientHello(let state): state.configuration.helloRetryCookies != nil
        default: true
        }
    }

    /// The peer asked for a KeyUpdate, and none was sent since.
    package var owesKeyUpdate: Bool {
        switch self {
        case .tls13(let server): server.owesKeyUpdate
        default: false
        }
    }

    /// Sends a KeyUpdate and changes the write key; only in TLS 1.3 and only when the handshake is done.
    package consuming func updatingWriteKey(
        requestPeer: Bool, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> ServerHandshake {
        guard case .tls13(let server) = consume self else {
            throw .internalError("a key was updated without TLS 1.3")
        }
        return .tls13(try server.updatingWriteKey(requestPeer: requestPeer, &output))
    }

    /// Keying material (RFC 8446 §7.5; RFC 5705); nil before the handshake is done.
    ///
    /// - Parameter context: nil and empty differ in TLS 1.2 (RFC 5705 §4) and are the same in TLS 1.3.
    package func export(label: String, context: [UInt8]?, length: Int) throws(CryptoError) -> SecretBytes? {
        switch self {
        case .waitClientHello: nil
        case .choosingCredentials: nil
        case .tls13(let server): try server.export(label: label, context: context ?? [], length: length)
        case .tls12(let server): try server.export(label: label, context: context, length: length)
        }
    }
}
