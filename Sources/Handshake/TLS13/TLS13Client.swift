// TLS13Client.swift — the client's states and which message each permits.
// RFC 8446 App. A.1.
// Next: TLS13Client+Parameters.swift.

package import CryptoGlue
package import RecordLayer
internal import WireFormat

//                  START
//                    │ send ClientHello
//                    v
//          ┌──> WAIT_SH ── HelloRetryRequest ──┐
//          └───────┬───────────────────────────┘
//                  │ ServerHello: handshake keys
//                  v
//               WAIT_EE ── EncryptedExtensions, a pre-shared key was selected ──> WAIT_FINISHED
//                  │ EncryptedExtensions
//                  v
//             WAIT_CERT_CR ── CertificateRequest ──> WAIT_CERT
//                  │ Certificate                         │ Certificate
//                  v                                     v
//        (verifying the peer, may take its time) ────────┤
//                                                        v
//                                                     WAIT_CV
//                                                        │ CertificateVerify
//                                                        v
//                                                   WAIT_FINISHED
//                                                        │ Finished: application keys; [EndOfEarlyData]
//                                                        v
//                           (choosing a certificate and signing elsewhere, may take its time)
//                                                        │ send [Certificate [CertificateVerify]] Finished
//                                                        v
//                                                    CONNECTED

/// A TLS 1.3 client between two messages, from its ServerHello on. Each state holds only what is valid in it, and a transition consumes the state:
/// after an error nothing of it is left.
package enum TLS13Client: ~Copyable, Sendable {
    case waitEncryptedExtensions(WaitEncryptedExtensions)
    case waitCertificateOrRequest(WaitCertificateOrRequest)
    case waitCertificate(WaitCertificate)
    case verifyingPeer(VerifyingPeer)
    case waitCertificateVerify(WaitCertificateVerify)
    case waitFinished(WaitFinished)
    case choosingCredentials(ChoosingClientCredentials)
    case signing(Signing)
    case connected(Connected)

    /// Takes one message and returns the next state, or dies.
    package consuming func receive(
        _ input: consuming HandshakeInput, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Client {
        switch consume self {
        case .waitEncryptedExtensions(let state): try state.receive(input, &output)
        case .waitCertificateOrRequest(let state): try state.receive(input, &output)
        case .waitCertificate(let state): try state.receive(input, &output)
        case .verifyingPeer: throw .internalError("a message was handed in while the peer is being verified")
        case .waitCertificateVerify(let state): try state.receive(input, &output)
        case .waitFinished(let state): try state.receive(input, &output)
        case .choosingCredentials: throw .internalError("a message was handed in while credentials are being chosen")
        case .signing: throw .internalError("a message was handed in while a signature is being made")
        case .connected(let state): .connected(try state.receive(input, &output))
        }
    }

    /// What the state waits for from the application; nil when it waits for the peer.
    package var pendingOperation: PendingOperation? {
        switch self {
        case .verifyingPeer(let state): .verifyPeer(state.request)
        case .choosingCredentials(let state): .answerCertificateRequest(state.request)
        case .signing(let state): .sign(state.request)
        case .waitEncryptedExtensions: nil
        case .waitCertificateOrRequest: nil
        case .waitCertificate: nil
        case .waitCertificateVerify: nil
        case .waitFinished: nil
        case .connected: nil
        }
    }

    /// Goes on with the application's answer.
    package consuming func resume(
        _ answer: OperationAnswer, _ output: inout HandshakeOutput
    ) throws(HandshakeError) -> TLS13Client {
        switch consume self {
        case .verifyingPeer(let state): try state.resume(answer, &output)
        case .choosingCredentials(let state): try state.resume(answer, &output)
        case .signing(let state): try state.resume(answer, &output)
        case .waitEncryptedExtensions: throw .internalError("nothing is asked in WAIT_EE")
        case .waitCertificateOrRequest: throw .internalError("nothing is asked in WAIT_CERT_CR")
        case .waitCertificate: throw .internalError("nothing is asked in WAIT_CERT")
        case .waitCertificateVerify: throw .internalError("nothing is asked in WAIT_CV")
        case .waitFinished: throw .internalError("nothing is asked in WAIT_FINISHED")
        case .connected: throw .internalError("nothing is asked in CONNECTED")
        }
    }

    /// The RFC's word for the state.
    package var name: String {
        switch self {
        case .waitEncryptedExtensions: "WAIT_EE"
        case .waitCertificateOrRequest: "WAIT_CERT_CR"
        case .waitCertificate: "WAIT_CERT"
        case .verifyingPeer: "WAIT_CERT"
        case .waitCertificateVerify: "WAIT_CV"
        case .waitFinished: "WAIT_FINISHED"
        case .choosingCredentials: "WAIT_FINISHED"
        case .signing: "WAIT_FINISHED"
        case .connected: "CONNECTED"
        }
    }
}

extension TLS13Client {
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
    ) throws(HandshakeError) -> TLS13Client {
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
