// TLSContext.swift — a TLS connection as the socket sees it, and the questions it has for the application.
// RFC 8446 §4.3.2, §4.4.2.4, §4.4.3; RFC 6066 §3; RFC 5246 §7.4.7.1.
// Next: SecureSocket.swift.

import TLS

struct TLSContext: SecurityContext, ~Copyable {
    private var connection: TLSConnection
    private let questions: TLSQuestions

    init(_ connection: consuming TLSConnection, _ questions: TLSQuestions) {
        self.connection = connection
        self.questions = questions
    }

    var isEstablished: Bool { connection.isHandshakeComplete }
    var information: any SecurityInformation { connection.info }

    mutating func receive(
        _ input: inout ReceiveBuffer, into output: inout SendBuffer
    ) throws(SocketError) -> SecurityEvent {
        let event: ReceiveEvent
        do throws(TLSError) {
            event = try connection.receive(&input, into: &output)
        } catch {
            throw SocketError(error)
        }
        switch event {
        case .needsInput: return .needsInput
        case .applicationData(let range): return .applicationData(range)
        case .peerClosed: return .peerClosed
        case .earlyData(let range): return .earlyData(range)
        case .wants(let operation): return .wants(questions.ask(operation))
        case .handshakeComplete: return .established
        }
    }

    mutating func receiveEndOfFile() throws(SocketError) {
        do throws(TLSError) { try connection.receiveEndOfFile() } catch { throw SocketError(error) }
    }

    mutating func send(_ plaintext: Span<UInt8>, into output: inout SendBuffer) throws(SocketError) {
        do throws(TLSError) { try connection.send(plaintext, into: &output) } catch { throw SocketError(error) }
    }

    mutating func closeSending(into output: inout SendBuffer) { connection.close(into: &output) }

    mutating func resume(_ answer: any Sendable, into output: inout SendBuffer) throws(SocketError) {
        let operationAnswer: OperationAnswer
        switch answer {
        case let decision as PeerDecision:
            operationAnswer =
                switch decision {
                case .accept: .peerAccepted
                case .reject(let reason, let alert): .peerRejected(reason: reason, alert: alert)
                }
        case let signature as TLSQuestions.Signature:
            guard let bytes = signature.bytes else {
                // RFC 8446 §6.2: the peer waits for what will not come.
                do throws(TLSError) { try connection.abort(.internalError, into: &output) } catch {
                    throw SocketError(error)
                }
                throw .package("TLS", questions.noSignature)
            }
            operationAnswer = .signature(bytes)
        case let decryption as TLSQuestions.Decryption: operationAnswer = .decrypted(decryption.bytes)
        case let credentials as [Credential]: operationAnswer = .credentials(credentials)
        case let decision as ServerOptions.CredentialDecision:
            operationAnswer =
                switch decision {
                case .use(let credentials): .credentials(credentials)
                case .unrecognizedName: .unrecognizedName
                }
        case let other as OperationAnswer: operationAnswer = other
        default:
            throw .invalidArgument("an answer of another kind than the question")
        }
        do throws(TLSError) { try connection.resume(operationAnswer, into: &output) } catch { throw SocketError(error) }
    }

    mutating func updateKeys(requestPeer: Bool, into output: inout SendBuffer) throws(SocketError) {
        // No version before TLS 1.3 has a KeyUpdate; to ask for one is no fault of the connection.
        if let version = connection.info.version, version < .tls13 { throw .unsupported("key updates in \(version)") }
        do throws(TLSError) {
            try connection.updateKeys(requestPeer: requestPeer, into: &output)
        } catch {
            throw SocketError(error)
        }
    }

    func exportKeyingMaterial(
        label: String, context: [UInt8]?, length: Int
    ) throws(SocketError) -> SecretBytes {
        do throws(TLSError) {
            return try connection.exportKeyingMaterial(label: label, context: context, length: length)
        } catch {
            throw SocketError(error)
        }
    }

    func channelBinding(_ kind: ChannelBinding) throws(SocketError) -> [UInt8] {
        do throws(TLSError) { return try connection.channelBinding(kind) } catch { throw SocketError(error) }
    }
}

/// Whom the connections of one configuration ask what only the application can decide. The callbacks of a configuration
/// always say "later": the connection then reports the question as an event, and the application is asked outside every
/// lock.
final class TLSQuestions: Sendable {
    /// The answer of a signer.
    struct Signature: Sendable {
        let bytes: [UInt8]?
    }

    /// The answer of a decrypter.
    struct Decryption: Sendable {
        let bytes: [UInt8]?
    }

    private let verification: ClientOptions.Verification
    private let signer: ClientOptions.Signer?
    private let decrypter: ServerOptions.Decrypter?
    private let serverChooser: ServerOptions.CredentialChooser?
    private let clientChooser: ClientOptions.CredentialChooser?
    private let isServer: Bool

    init(_ options: ClientOptions) {
        verification = options.verification
        signer = options.signer
        decrypter = nil
        serverChooser = nil
        clientChooser = if case .callback(let chooser, _) = options.credentials { chooser } else { nil }
        isServer = false
    }

    init(_ options: ServerOptions) {
        verification = options.clientAuthentication.trust?.verification ?? .standard
        signer = options.signer
        decrypter = options.decrypter
        serverChooser = if case .callback(let chooser) = options.credentials { chooser } else { nil }
        clientChooser = nil
        isServer = true
    }

    func ask(_ operation: PendingOperation) -> SecurityOperation {
        switch operation {
        case .verifyPeer(let request):
            switch verification {
            case .additional(let verifier, _), .takeOver(let verifier, _):
                return SecurityOperation { reply in verifier(request) { reply($0) } }
            case .standard:
                // Nobody asked to be asked, so nobody accepts.
                return SecurityOperation { reply in reply(PeerDecision.reject(reason: "there is no verifier")) }
            }
        case .sign(let request):
            guard let signer else { return SecurityOperation { reply in reply(Signature(bytes: nil)) } }
            return SecurityOperation { reply in signer(request) { reply(Signature(bytes: $0)) } }
        case .chooseCredentials(let hello):
            guard let serverChooser else {
                return SecurityOperation { reply in reply(ServerOptions.CredentialDecision.unrecognizedName) }
            }
            return SecurityOperation { reply in serverChooser(hello) { reply($0) } }
        case .answerCertificateRequest(let request):
            guard let clientChooser else { return SecurityOperation { reply in reply([Credential]()) } }
            return SecurityOperation { reply in clientChooser(request) { reply($0) } }
        case .decrypt(let request):
            guard let decrypter else { return SecurityOperation { reply in reply(Decryption(bytes: nil)) } }
            return SecurityOperation { reply in decrypter(request) { reply(Decryption(bytes: $0)) } }
        }
    }

    var noSignature: Decision {
        Decision(
            isServer ? .signature : .clientCertificate, .refused, subject: "CertificateVerify",
            expected: "a signature by the credential's key",
            found: signer == nil ? "no signer" : "a signer without an answer",
            rule: "whoever sends a certificate proves that it has the key", section: "RFC 8446 §4.4.3",
            advice: "set a signer that can reach the key, or a credential with its key")
    }
}

extension ClientOptions.Verification {
    /// The same, with a callback that always answers later.
    var answeredLater: PeerVerification {
        switch self {
        case .standard: .standard
        case .additional(_, let identity): .additional({ _ in .later }, identity: identity)
        case .takeOver(_, let identity): .takeOver({ _ in .later }, identity: identity)
        }
    }
}
