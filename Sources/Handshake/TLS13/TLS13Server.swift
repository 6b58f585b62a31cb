// TLS13Server.swift — the server's states and which message each permits.
// RFC 8446 App. A.2.
// Next: TLS13ClientOffer.swift.

package import CryptoGlue
package import RecordLayer
internal import WireFormat

//                  START
//                    │ ClientHello                          ┌── send HelloRetryRequest ──┐
//                    v                                      │                            v
//                RECVD_CH ── no share of a group of ours ───┘             WAIT_CH, the second ClientHello
//                    │ <─────────────────────────────────────────────────────────────────┘
//                    v
//               NEGOTIATED   send ServerHello; handshake keys; EncryptedExtensions
//                    │       [CertificateRequest] [Certificate]
//                    v
//    (signing elsewhere, may take its time)
//                    │       send [CertificateVerify] Finished; application key to write with
//          ┌─────────┼────────────────────────────┐
//          v         │                            v
//      WAIT_EOED     │                        WAIT_CERT ── no certificate ──┐
//          │ End-    │                            │ Certificate             │
//          │ OfEarly-│                            v                         │
//          │ Data    │          (verifying the client, may take its time)   │
//          │         │                            v                         │
//          │         │                         WAIT_CV                      │
//          │         │                            │ CertificateVerify       │
//          └─────────┴──> WAIT_FINISHED <─────────┴─────────────────────────┘
//                              │ Finished: application key to read with; send NewSessionTicket
//                              v
//                          CONNECTED

/// A TLS 1.3 server between two messages, from its answer to the ClientHello on. Each state holds only what is valid in it,
/// and a transition consumes the state: after an error nothing of it is left.
package enum TLS13Server: ~Copyable, Sendable {
    case waitSecondClientHello(WaitSecondClientHello)
    case signing(SigningServerFlight)
    case waitEndOfEarlyData(WaitEndOfEarlyData)
    case waitCertificate(WaitClientCertificate)
    case verifyingClient(VerifyingClient)
    case waitCertificateVerify(WaitClientCertificateVerify)
    case waitFinished(WaitClientFinished)
    case connected(Connected)

    /// Takes one message and returns the next state, or dies.
    package consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Server {
        switch consume self {
        case .waitSecondClientHello(let state): try state.receive(input, &output)
        case .signing: throw .internalError("a message was handed in while a signature is being made")
        case .waitEndOfEarlyData(let state): try state.receive(input, &output)
        case .waitCertificate(let state): try state.receive(input, &output)
        case .verifyingClient: throw .internalError("a message was handed in while the peer is being verified")
        case .waitCertificateVerify(let state): try state.receive(input, &output)
        case .waitFinished(let state): try state.receive(input, &output)
        case .connected(let state): .connected(try state.receive(input, &output))
        }
    }

    /// What the state waits for from the application; nil when it waits for the peer.
    package var pendingOperation: PendingOperation? {
        switch self {
        case .signing(let state): .sign(state.request)
        case .verifyingClient(let state): .verifyPeer(state.request)
        case .waitSecondClientHello: nil
        case .waitEndOfEarlyData: nil
        case .waitCertificate: nil
        case .waitCertificateVerify: nil
        case .waitFinished: nil
        case .connected: nil
        }
    }

    /// Goes on with the application's answer.
    package consuming func resume(
        _ answer: OperationAnswer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Server {
        switch consume self {
        case .signing(let state): try state.resume(answer, &output)
        case .verifyingClient(let state): try state.resume(answer, &output)
        case .waitSecondClientHello: throw .internalError("nothing is asked in WAIT_CH")
        case .waitEndOfEarlyData: throw .internalError("nothing is asked in WAIT_EOED")
        case .waitCertificate: throw .internalError("nothing is asked in WAIT_CERT")
        case .waitCertificateVerify: throw .internalError("nothing is asked in WAIT_CV")
        case .waitFinished: throw .internalError("nothing is asked in WAIT_FINISHED")
        case .connected: throw .internalError("nothing is asked in CONNECTED")
        }
    }

    /// The RFC's word for the state.
    package var name: String {
        switch self {
        case .waitSecondClientHello: WaitSecondClientHello.state
        case .signing: "NEGOTIATED"
        case .waitEndOfEarlyData: WaitEndOfEarlyData.state
        case .waitCertificate: WaitClientCertificate.state
        case .verifyingClient: WaitClientCertificate.state
        case .waitCertificateVerify: WaitClientCertificateVerify.state
        case .waitFinished: WaitClientFinished.state
        case .connected: Connected.state
        }
    }
}

extension TLS13Server {
    /// The peer asked for a KeyUpdate, and none was sent since.
    package var owesKeyUpdate: Bool {
        switch self {
        case .connected(let state): state.owesKeyUpdate
        default: false
        }
    }

    /// Sends a KeyUpdate and changes the write key; only in CONNECTED.
    package consuming func updatingWriteKey(
        requestPeer: Bool, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Server {
        guard case .connected(let state) = consume self else {
            throw .internalError("a key was updated before the handshake was done")
        }
        return .connected(try state.updatingWriteKey(requestPeer: requestPeer, &output))
    }

    /// TLS-Exporter (RFC 8446 §7.5); nil before CONNECTED.
    package func export(label: String, context: [UInt8], length: Int) throws(CryptoError) -> SecretBytes? {
        switch self {
        case .connected(let state): try state.export(label: label, context: context, length: length)
        default: nil
        }
    }
}
