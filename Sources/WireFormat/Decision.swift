// Decision.swift — why a choice was made or a refusal issued, as a value.
// Every layer that chooses or refuses speaks this; the handshake report collects them.
// Next: UnixTime.swift.

/// One choice or refusal: which rule, on what, what was expected, what came, what to change.
///
/// A decision never holds a secret and never reaches the peer.
public struct Decision: Sendable, Equatable {
    /// What the decision was about.
    public enum Topic: String, Sendable, CaseIterable {
        case version, cipherSuite, group, helloRetry, alpn, serverName
        case certificatePath, certificateName, certificateTime, certificateUsage
        case signature, finished, clientCertificate, verification
        case message, record, session, keyUpdate, transport
    }

    /// How it ended.
    public enum Outcome: String, Sendable {
        /// One of several possibilities was taken.
        case chosen
        /// What came satisfies the rule.
        case accepted
        /// What came breaks the rule; the connection ends.
        case refused
    }

    /// What was decided about.
    public var topic: Topic
    /// How it ended.
    public var outcome: Outcome
    /// On what: a message, a certificate, a field.
    public var subject: String
    /// What was offered, allowed or required.
    public var expected: String
    /// What came, or what was chosen.
    public var found: String
    /// The rule, as a sentence.
    public var rule: String
    /// Where the rule stands, as `RFC 8446 §4.1.3`.
    public var section: String
    /// What to change, for a refusal; empty when there is nothing to change.
    public var advice: String

    /// A decision with all its parts.
    public init(
        _ topic: Topic, _ outcome: Outcome, subject: String, expected: String, found: String, rule: String,
        section: String, advice: String = ""
    ) {
        self.topic = topic
        self.outcome = outcome
        self.subject = subject
        self.expected = expected
        self.found = found
        self.rule = rule
        self.section = section
        self.advice = advice
    }
}

/// Collects decisions when somebody asked for them; otherwise nothing is built.
package struct DecisionLog: Sendable {
    /// Whether decisions are kept.
    package let isEnabled: Bool
    package private(set) var decisions: [Decision] = []

    package init(isEnabled: Bool) { self.isEnabled = isEnabled }

    /// Keeps what has to be said in any case.
    package mutating func warn(_ decision: Decision) { decisions.append(decision) }

    /// Builds and keeps the decision only when the log is enabled.
    package mutating func record(_ decision: @autoclosure () -> Decision) {
        if isEnabled { decisions.append(decision()) }
    }
}
