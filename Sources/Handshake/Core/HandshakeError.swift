// HandshakeError.swift — how a handshake can fail; what each failure means stands in PeerMisbehavior.swift.
// RFC 8446 §4, §6.2.
// Next: PeerMisbehavior.swift.

public import Certificates
public import CryptoGlue
public import WireFormat

/// A handshake that cannot go on: the rule that was broken, or the operation that failed.
public enum HandshakeError: Error, Equatable, Sendable {
    /// A message does not follow its presentation language.
    case decode(DecodeError, in: HandshakeType)
    /// A message came that the state does not permit; `state` is the RFC's word, `expected` what may come.
    case unexpected(HandshakeType, state: String, expected: String)
    /// Octets follow, in the same record, a message after which the keys change.
    case keyChangeInsideRecord(HandshakeType)
    /// The peer broke a rule of the protocol.
    case peerMisbehaved(PeerMisbehavior)
    /// A client broke a rule of the protocol, or offers nothing that this server can choose.
    case clientMisbehaved(ClientMisbehavior)
    /// The peer's certificate or its path was refused.
    case certificate(CertificateError)
    /// The application's verification callback refused the peer, with the alert it chose.
    case verificationRejected(reason: String, alert: AlertDescription = .certificateUnknown)
    /// A primitive failed, or a credential of ours cannot be used.
    case crypto(CryptoError, during: String)
    /// A configuration that no handshake can be made from; says what to change.
    case configuration(String)
    /// The state machine was driven in a way it cannot be. A bug of this library.
    case internalError(String)

    /// The alert the peer is sent.
    public var alert: AlertDescription {
        switch self {
        case .decode: .decodeError  // RFC 8446 §6.2
        case .unexpected: .unexpectedMessage  // RFC 8446 §4
        case .keyChangeInsideRecord: .unexpectedMessage  // RFC 8446 §5.1
        case .peerMisbehaved(let misbehavior): misbehavior.alert
        case .clientMisbehaved(let misbehavior): misbehavior.alert
        case .certificate(let error): error.alert
        case .verificationRejected(_, let chosen): chosen.alert
        case .crypto: .internalError
        case .configuration: .internalError
        case .internalError: .internalError
        }
    }

    /// Which rule failed, on what, what was expected, what came, what to change.
    public var explanation: Decision {
        switch self {
        case .decode(let error, let message):
            Decision(
                .message, .refused, subject: "\(message)", expected: "a well-formed \(error.field)",
                found: error.description, rule: "a message follows its presentation language",
                section: "RFC 8446 §3, §6.2")
        case .unexpected(let type, let state, let expected):
            Decision(
                .message, .refused, subject: "\(type) in state \(state)", expected: expected, found: "\(type)",
                rule: "messages come in the order of the handshake", section: "RFC 8446 §4, App. A.1")
        case .keyChangeInsideRecord(let type):
            Decision(
                .message, .refused, subject: "\(type)", expected: "the end of its record after it",
                found: "more octets under the old key", rule: "handshake messages do not span key changes",
                section: "RFC 8446 §5.1")
        case .peerMisbehaved(let misbehavior): misbehavior.explanation
        case .clientMisbehaved(let misbehavior): misbehavior.explanation
        case .certificate(let error): error.explanation
        case .verificationRejected(let reason, _):
            Decision(
                .verification, .refused, subject: "the peer's certificate",
                expected: "acceptance by the verification callback", found: reason,
                rule: "the application's verification callback accepts the peer", section: "RFC 8446 §4.4.2.4",
                advice: "see the callback's reason")
        case .crypto(let error, let operation):
            Decision(
                .message, .refused, subject: operation, expected: "success", found: "\(error)",
                rule: "the cryptographic operation succeeds", section: "RFC 8446 §6.2")
        case .configuration(let what):
            Decision(
                .message, .refused, subject: "the configuration", expected: "one that a handshake can be made from",
                found: what, rule: "a configuration names at least one of each choice",
                section: "RFC 8446 §4.1.1, §4.1.2",
                advice: what)
        case .internalError(let what):
            Decision(
                .message, .refused, subject: "this library", expected: "a state that permits the step", found: what,
                rule: "an impossible state is an error, not a trap", section: "RFC 8446 §6.2",
                advice: "this is a bug: please report it")
        }
    }
}

extension AlertDescription {
    /// RFC 8446 §6.1: a closure alert would not tell the peer that it was refused.
    fileprivate var alert: AlertDescription { isClosure ? .certificateUnknown : self }
}
