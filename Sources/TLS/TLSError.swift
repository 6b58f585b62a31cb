// TLSError.swift — why a connection failed: who found out, which alert, which rule.
// RFC 8446 §6.
// Next: ReceiveEvent.swift.

public import Handshake
public import RecordLayer
public import WireFormat

/// The one error of a connection. `explanation` says which rule failed, on what, what was expected, what came and what
/// to change; it holds no secret.
public struct TLSError: Error, Equatable, Sendable {
    /// Who found the fault.
    public enum Origin: String, Sendable {
        /// We did: the peer was sent `alert`.
        case local
        /// The peer did, or it went away: nothing is sent.
        case peer
        /// The caller used the connection in a way its state does not permit. The connection is unharmed.
        case caller
    }

    /// What happened.
    public enum Reason: Equatable, Sendable {
        case handshake(HandshakeError)
        case record(RecordError)
        /// The peer sent a fatal alert. `offered` says what we had offered, where that helps.
        case alertReceived(AlertDescription, offered: String)
        /// The transport ended without close_notify: what came may be cut short (RFC 8446 §6.1).
        case truncated
        /// The peer closed before the handshake was done.
        case closedDuringHandshake
        /// The application ended the connection with this alert.
        case aborted(AlertDescription)
        /// The caller used the connection in a way its state does not permit.
        case misuse(String)
    }

    /// What happened, as a value to match on.
    public let reason: Reason

    init(_ reason: Reason) { self.reason = reason }

    /// Who found the fault; says whether the connection is over.
    public var origin: Origin {
        switch reason {
        case .handshake(.configuration): .caller
        case .handshake, .record, .aborted: .local
        case .alertReceived, .truncated, .closedDuringHandshake: .peer
        case .misuse: .caller
        }
    }

    /// The alert that was sent (origin `local`) or received (origin `peer`); nil when there was none.
    public var alert: AlertDescription? {
        switch reason {
        case .handshake(.configuration): nil
        case .handshake(let error): error.alert
        case .record(let error): error.alert
        case .alertReceived(let alert, _), .aborted(let alert): alert
        case .truncated, .misuse: nil
        case .closedDuringHandshake: .closeNotify
        }
    }

    /// The transport ended without close_notify.
    public var isTruncation: Bool { reason == .truncated }

    /// Which rule failed, on what, what was expected, what came, what to change.
    public var explanation: Decision {
        switch reason {
        case .handshake(let error): return error.explanation
        case .record(let error): return error.explanation
        case .alertReceived(let alert, let offered):
            return Decision(
                .message, .refused, subject: "our part of the handshake", expected: "the peer's consent",
                found: "the alert \(alert)" + (offered.isEmpty ? "" : "; we offered \(offered)"),
                rule: "the peer accepts what it is sent", section: "RFC 8446 §6.2",
                advice: AlertAdvice.advice(for: alert))
        case .truncated:
            return Decision(
                .transport, .refused, subject: "the transport", expected: "close_notify before the end",
                found: "the end without it", rule: "a peer says when its data is complete", section: "RFC 8446 §6.1",
                advice: "treat what came as cut short; if the peer never sends close_notify, its protocol has to say "
                    + "by itself where data ends")
        case .closedDuringHandshake:
            return Decision(
                .transport, .refused, subject: "the handshake", expected: "the peer's next message",
                found: "close_notify", rule: "a handshake is finished before the connection is closed",
                section: "RFC 8446 §6.1",
                advice: "look into the peer's log: it gave the handshake up without saying why")
        case .aborted(let alert):
            return Decision(
                .transport, .refused, subject: "the connection", expected: "the application's consent",
                found: "the alert \(alert)", rule: "the application goes on with the connection",
                section: "RFC 8446 §6.2")
        case .misuse(let what):
            return Decision(
                .transport, .refused, subject: "a call of the application", expected: "a connection that permits it",
                found: what, rule: "a call fits the state of the connection", section: "", advice: what)
        }
    }
}

extension TLSError: CustomStringConvertible {
    public var description: String {
        let explanation = self.explanation
        var text = "\(explanation.rule): expected \(explanation.expected), found \(explanation.found)"
        if !explanation.subject.isEmpty { text = "\(explanation.subject): " + text }
        if !explanation.section.isEmpty { text += " (\(explanation.section))" }
        if let alert { text += origin == .peer ? " [alert received: \(alert)]" : " [alert sent: \(alert)]" }
        return text
    }
}

/// What to look at when a peer answers with an alert.
private enum AlertAdvice {
    static func advice(for alert: AlertDescription) -> String {
        switch alert {
        case .handshakeFailure, .insufficientSecurity:
            "the peer found nothing in common: compare cipher suites, groups and signature schemes with the peer's"
        case .protocolVersion: "the peer does not speak the offered versions"
        case .unrecognizedName: "the peer has no certificate for the server name that was sent"
        case .noApplicationProtocol: "the peer speaks none of the application protocols that were offered"
        case .certificateRequired: "the peer wants a client certificate: configure a credential"
        case .badCertificate, .unsupportedCertificate, .certificateRevoked, .certificateExpired, .certificateUnknown,
            .unknownCA, .accessDenied:
            "the peer refused our certificate: check its dates, its names, its issuer and the peer's trust"
        case .decryptError:
            "the peer could not verify a signature or Finished of ours: check that key and certificate match"
        default: "look into the peer's log"
        }
    }
}
