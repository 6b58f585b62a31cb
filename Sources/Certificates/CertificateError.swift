// CertificateError.swift — why a certificate, a path, a name or a key file was refused.
// RFC 5280 §4, §6; RFC 9525 §6; RFC 8446 §6.2.
// Next: CertificateRule.swift.

public import WireFormat

/// A refusal: which rule was broken, by what, what was expected, what came and what to change.
///
/// Values hold names, dates and algorithm names; never a key, never a byte of a private key file. They are made on the
/// side that refuses and never reach the peer, who sees ``alert`` alone.
public struct CertificateError: Error, Equatable, Sendable {
    /// The rule that was broken.
    public let rule: Rule
    /// On what: the position in the path and the subject of a certificate, a file, a name.
    public let subject: String
    /// Which certificate of the path it was, counted from the peer's own, which is 0; nil when it was none of a path, or when
    /// there was no path yet.
    public let position: Int?
    /// What the rule wanted, for this subject.
    public let expected: String
    /// What came instead.
    public let found: String
    /// What to change so that it will be accepted; a sentence without a full stop.
    public let advice: String

    /// Makes a refusal; without `advice` it carries the rule's own.
    package init(_ rule: Rule, subject: String, expected: String, found: String, advice: String? = nil) {
        self.init(rule, subject: CertificateSubject(subject), expected: expected, found: found, advice: advice)
    }

    /// Makes a refusal of a certificate of a path.
    init(_ rule: Rule, subject: CertificateSubject, expected: String, found: String, advice: String? = nil) {
        self.rule = rule
        self.subject = subject.text
        position = subject.position
        self.expected = expected
        self.found = found
        self.advice = advice ?? rule.advice
    }

    /// Where the rule stands, as `RFC 5280 §4.2.1.9`.
    public var section: String { rule.section }

    /// The alert that tells the peer, by RFC 8446 §6.2. Rules that only the local caller can break (a key file, a
    /// reference name) answer `internal_error`: they fail before there is a peer.
    public var alert: AlertDescription { rule.alert }

    /// The refusal as a decision, for the handshake report.
    public var explanation: Decision {
        Decision(
            rule.topic, .refused, subject: subject, expected: expected, found: found, rule: rule.sentence,
            section: section, advice: advice)
    }
}

extension CertificateError: CustomStringConvertible {
    /// One line: subject, rule with its section, what was expected, what came, what to change.
    public var description: String {
        "\(subject): \(rule.sentence) (\(section)); expected \(expected), found \(found)"
            + (advice.isEmpty ? "" : "; \(advice)")
    }
}
