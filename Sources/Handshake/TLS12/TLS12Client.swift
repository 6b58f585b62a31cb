// TLS12Client.swift — the client's states and which message each permits.
// RFC 5246 §7.3; RFC 5077 §3.1; RFC 6066 §8.
// Next: TLS12Negotiated.swift.

package import CryptoGlue
package import RecordLayer
internal import WireFormat

//                       ServerHello
//              ┌────────────┴──────────────┐
//         full │                           │ resumed
//              v                           │
//          WAIT_CERT                       │
//              │ Certificate               │
//              v                           │
//        WAIT_STATUS                       │  only when status_request was answered
//              │ [CertificateStatus]       │
//              v                           │
//   (verifying the peer, may take its time)│
//              │                           │
//              v                           │
//          WAIT_SKE                        │  not with static RSA
//              │ ServerKeyExchange         │
//              v                           │
//         WAIT_CR_DONE                     │
//              │ [CertificateRequest]      │
//              │ ServerHelloDone           │
//              v                           │
//   (choosing a certificate and signing elsewhere, may take its time)
//              │ send [Certificate] ClientKeyExchange [CertificateVerify] CCS Finished
//              v                           v
//                       WAIT_TICKET                only when session_ticket was answered
//                           │ NewSessionTicket
//                           v
//                        WAIT_CCS
//                           │ ChangeCipherSpec: the read key changes
//                           v
//                      WAIT_FINISHED
//                           │ Finished      resumed: send CCS Finished
//                           v
//                       CONNECTED

/// A TLS 1.2 client between two messages, from its ServerHello on. Each state holds only what is valid in it, and a
/// transition consumes the state: after an error nothing of it is left.
package enum TLS12Client: ~Copyable, Sendable {
    case waitCertificate(TLS12WaitCertificate)
    case verifyingPeer(TLS12VerifyingPeer)
    case waitCertificateStatus(TLS12WaitCertificateStatus)
    case waitServerKeyExchange(TLS12WaitServerKeyExchange)
    case waitServerHelloDone(TLS12WaitServerHelloDone)
    case choosingCredentials(TLS12ChoosingClientCredentials)
    case signing(TLS12Signing)
    case waitTicket(TLS12WaitTicket)
    case waitChangeCipherSpec(TLS12WaitChangeCipherSpec)
    case waitFinished(TLS12WaitFinished)
    case connected(TLS12Connected)

    /// Takes one message and returns the next state, or dies.
    package consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Client {
        // RFC 5246 §7.4.1.1: a HelloRequest during a handshake is ignored, and it is in no transcript.
        if input.type == .helloRequest {
            let message = input.message
            _ = try parsing(.helloRequest) { () throws(DecodeError) in try HelloRequest.parse(message.body) }
            // RFC 5746 §4.5: renegotiation is refused; a warning, so that the connection goes on. SSL 3.0 has none.
            if output.info.isHandshakeComplete {
                guard output.info.version != .ssl30 else { throw .peerMisbehaved(.renegotiationInSSL30) }
                output.sendAlert(.noRenegotiation)
            }
            return self
        }
        switch consume self {
        case .waitCertificate(let state): return try state.receive(input, &output)
        case .verifyingPeer: throw .internalError("a message was handed in while the peer is being verified")
        case .waitCertificateStatus(let state): return try state.receive(input, &output)
        case .waitServerKeyExchange(let state): return try state.receive(input, &output)
        case .waitServerHelloDone(let state): return try state.receive(input, &output)
        case .choosingCredentials: throw .internalError("a message was handed in while credentials are being chosen")
        case .signing: throw .internalError("a message was handed in while a signature is being made")
        case .waitTicket(let state): return try state.receive(input, &output)
        case .waitChangeCipherSpec:
            throw .unexpected(input.type, state: "WAIT_CCS", expected: "ChangeCipherSpec")
        case .waitFinished(let state): return try state.receive(input, &output)
        case .connected:
            throw .unexpected(input.type, state: "CONNECTED", expected: "HelloRequest")
        }
    }

    /// Takes the peer's ChangeCipherSpec: the next record comes under the new key (RFC 5246 §7.1).
    package consuming func receiveChangeCipherSpec(
        at boundary: consuming RecordBoundary, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Client {
        let name = self.name
        guard case .waitChangeCipherSpec(let state) = consume self else {
            throw .peerMisbehaved(.changeCipherSpecOutOfOrder(state: name))
        }
        return try state.receive(at: boundary, &output)
    }

    /// What the state waits for from the application; nil when it waits for the peer.
    package var pendingOperation: PendingOperation? {
        switch self {
        case .verifyingPeer(let state): .verifyPeer(state.request)
        case .choosingCredentials(let state): .answerCertificateRequest(state.request)
        case .signing(let state): .sign(state.request)
        case .waitCertificate: nil
        case .waitCertificateStatus: nil
        case .waitServerKeyExchange: nil
        case .waitServerHelloDone: nil
        case .waitTicket: nil
        case .waitChangeCipherSpec: nil
        case .waitFinished: nil
        case .connected: nil
        }
    }

    /// Goes on with the application's answer.
    package consuming func resume(
        _ answer: OperationAnswer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS12Client {
        let name = self.name
        switch consume self {
        case .verifyingPeer(let state): return try state.resume(answer, &output)
        case .choosingCredentials(let state): return try state.resume(answer, &output)
        case .signing(let state): return try state.resume(answer, &output)
        default: throw .internalError("nothing is asked in \(name)")
        }
    }

    /// A word for the state; the RFC has none of its own.
    package var name: String {
        switch self {
        case .waitCertificate: "WAIT_CERT"
        case .verifyingPeer: "WAIT_CERT"
        case .waitCertificateStatus: "WAIT_STATUS"
        case .waitServerKeyExchange: "WAIT_SKE"
        case .waitServerHelloDone: "WAIT_CR_DONE"
        case .choosingCredentials: "WAIT_CR_DONE"
        case .signing: "WAIT_CR_DONE"
        case .waitTicket: "WAIT_TICKET"
        case .waitChangeCipherSpec: "WAIT_CCS"
        case .waitFinished: "WAIT_FINISHED"
        case .connected: "CONNECTED"
        }
    }

    /// Keying material (RFC 5705); nil before CONNECTED.
    package func export(label: String, context: [UInt8]?, length: Int) throws(CryptoError) -> SecretBytes? {
        switch self {
        case .connected(let state): try state.export(label: label, context: context, length: length)
        default: nil
        }
    }
}
