// CertificateError+JSON.swift — a refusal for programs.
// RFC 8259.
// Next: CertificateRule.swift.

import WireFormat

extension CertificateError: Encodable {
    private enum CodingKeys: String, CodingKey {
        case rule, sentence, section, position, subject, expected, found, advice, alert
    }

    /// The keys `rule`, its `sentence` and `section`, `subject`, `expected`, `found`, `advice` and `alert`, strings
    /// all; and the number `position` where there is one.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(rule.rawValue, forKey: .rule)
        try container.encode(rule.sentence, forKey: .sentence)
        try container.encode(section, forKey: .section)
        try container.encodeIfPresent(position, forKey: .position)
        try container.encode(subject, forKey: .subject)
        try container.encode(expected, forKey: .expected)
        try container.encode(found, forKey: .found)
        try container.encode(advice, forKey: .advice)
        try container.encode("\(alert)", forKey: .alert)
    }
}
