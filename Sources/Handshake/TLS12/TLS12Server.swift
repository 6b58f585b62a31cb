// TLS12Server.swift — the server's states and which message each permits.
// RFC 5246 §7.3; RFC 5077 §3.1; RFC 5746 §4.5.
// Next: TLS12Offer.swift.

package import CryptoGlue
package import RecordLayer
internal import WireFormat

//                        ClientHello
//              ┌──────────────┴───────────────┐
//         full │ send ServerHello             │ resumed: send ServerHello [NewSessionTicket] CCS Finished
//              │      Certificate             │
//              │      [CertificateStatus]     │
//              v                              │
//   (signing elsewhere, may take its time)    │
//              │ send [ServerKeyExchange]     │
//              │      [CertificateRequest]    │
//              │      ServerHelloDone         │
//              v                              │
//          WAIT_CERT                          │  only after a CertificateRequest
//              │ Certificate                  │
//              v                              │
//   (verifying the peer, may take its time)   │
//              │                              │
//              v                              │
//          WAIT_CKE                           │
//              │ ClientKeyExchange            │
//              v                              │
//   (decrypting elsewhere, may take its time) │  only with static RSA
//              │                              │
//              v                              │
//           WAIT_CV                           │  only after a certificate
//              │ CertificateVerify            │
//              v                              v
//                         WAIT_CCS
//                             │ ChangeCipherSpec: the read key changes
//                             v
//                       WAIT_FINISHED
//                             │ Finished      full: send [NewSessionTicket] CCS Finished
//                             v
//                         CONNECTED             a ClientHello is refused with no_renegotiation

/// A TLS 1.2 server between two messages, from its ServerHello on. Each state holds only what is valid in it, and a
/// transition consumes the state: after an error nothing of it is left.
package enum TLS12Server: ~Copyable, Sendable {
    case signing(TLS12ServerSigning)
    case waitCertificate(TLS12WaitClientCertificate)
    case verifyingPeer(TLS12VerifyingClient)
    case waitClientKeyExchange(TLS12WaitClientKeyExchange)
    case decrypting(TLS12Decrypting)
    case waitCertificateVerify(TLS12WaitCertificateVerify)
    case waitChangeCipherSpec(TLS12ServerWaitChangeCipherSpec)
    case waitFinished(TLS12WaitClientFinished)
    case connected(TLS12ServerConnected)

    /// Takes one message and returns the next state, or dies.
    package consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Server {
        switch consume self {
        case .signing: throw .internalError("a message was handed in while a signature is being made")
        case .waitCertificate(let state): return try state.receive(input, &output)
        case .verifyingPeer: throw .internalError("a message was handed in while the peer is being verified")
        case .waitClientKeyExchange(let state): return try state.receive(input, &output)
        case .decrypting: throw .internalError("a message was handed in while the premaster secret is being decrypted")
        case .waitCertificateVerify(let state): return try state.receive(input, &output)
        case .waitChangeCipherSpec:
            throw .unexpected(input.type, state: "WAIT_CCS", expected: "ChangeCipherSpec")
        case .waitFinished(let state): return try state.receive(input, &output)
        case .connected(let state): return .connected(try state.receive(input, &output))
        }
    }

    /// Takes the peer's ChangeCipherSpec: the next record comes under the new key (RFC 5246 §7.1).
    package consuming func receiveChangeCipherSpec(
        at boundary: consuming RecordBoundary, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Server {
        let name = self.name
        guard case .waitChangeCipherSpec(let state) = consume self else {
            throw .peerMisbehaved(.changeCipherSpecOutOfOrder(state: name))
        }
        return try state.receive(at: boundary, &output)
    }

    /// The alert no_certificate of SSL 3.0 may come now.
    var awaitsCertificate: Bool {
        switch self {
        case .waitCertificate: true
        default: false
        }
    }

    /// Takes the alert no_certificate of SSL 3.0 in place of a Certificate (RFC 6101 §5.6.6).
    consuming func receiveNoCertificate(_ output: inout HandshakeOutput) throws(HandshakeError) -> TLS12Server {
        guard case .waitCertificate(let state) = consume self else {
            throw .internalError("no_certificate was handed in while no certificate is awaited")
        }
        return try state.receiveNoCertificate(&output)
    }

    /// What the state waits for from the application; nil when it waits for the peer.
    package var pendingOperation: PendingOperation? {
        switch self {
        case .signing(let state): .sign(state.request)
        case .verifyingPeer(let state): .verifyPeer(state.request)
        case .decrypting(let state): .decrypt(state.request)
        case .waitCertificate: nil
        case .waitClientKeyExchange: nil
        case .waitCertificateVerify: nil
        case .waitChangeCipherSpec: nil
        case .waitFinished: nil
        case .connected: nil
        }
    }

    /// Goes on with the application's answer.
    package consuming func resume(
        _ answer: OperationAnswer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Server {
        let name = self.name
        switch consume self {
        case .signing(let state): return try state.resume(answer, &output)
        case .verifyingPeer(let state): return try state.resume(answer, &output)
        case .decrypting(let state): return try state.resume(answer, &output)
        default: throw .internalError("nothing is asked in \(name)")
        }
    }

    /// A word for the state; the RFC has none of its own.
    package var name: String {
        switch self {
        case .signing: "NEGOTIATED"
        case .waitCertificate: "WAIT_CERT"
        case .verifyingPeer: "WAIT_CERT"
        case .waitClientKeyExchange: "WAIT_CKE"
        case .decrypting: "WAIT_CKE"
        case .waitCertificateVerify: "WAIT_CV"
        case .waitChangeCipherSpec: "WAIT_CCS"
        case .waitFinished: "WAIT_FINISHED"
        case .connected: "CONNECTED"
        }
    }

    /// Keying material (RFC 5705); nil before CONNECTED.
    package func export(label: String, context: [UInt8]?, length: Int) throws(CryptoError) -> SecretBytes? {
        switch self {
        case .connected(let state): try state.connected.export(label: label, context: context, length: length)
        default: nil
        }
    }
}
