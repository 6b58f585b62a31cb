// Fault.swift — a broken rule inside the parser, before it is known which certificate it belongs to.
// RFC 5280 §4.1.
// Next: DERLimits.swift.

/// What a parser throws: the rule, what it wanted and what came. ``error(subject:)`` adds whose certificate it was.
struct Fault: Error {
    let rule: CertificateError.Rule
    let expected: String
    let found: String

    init(_ rule: CertificateError.Rule, expected: String, found: String) {
        self.rule = rule
        self.expected = expected
        self.found = found
    }

    func error(subject: String) -> CertificateError {
        CertificateError(rule, subject: subject, expected: expected, found: found)
    }
}
