// UnvalidatedPath.swift — what a peer sent, before anything is known about it.
// RFC 8446 §4.4.2.
// Next: PathValidator.swift.

package import WireFormat

/// The certificates of a peer: its own, and others in any order that may or may not lead to an anchor.
package struct UnvalidatedPath: Sendable {
    package let leaf: Certificate
    package let intermediates: [Certificate]

    /// More certificates than this in one message are refused unread: no path is longer than 10, and cross-signed
    /// issuers rarely double that.
    package static let mostCertificates = 64

    package init(leaf: Certificate, intermediates: [Certificate]) {
        self.leaf = leaf
        self.intermediates = intermediates
    }

    /// Parses the cert_data fields of a Certificate message, the peer's own first.
    ///
    /// RFC 8446 §4.4.2: peers send more than one path needs, for verifiers that know newer keys. So an intermediate with a
    /// key of an unknown kind is left out, with a decision in `log`; whatever else is wrong with any of them is an error.
    package static func parse(_ entries: [[UInt8]], log: inout DecisionLog) throws(CertificateError) -> UnvalidatedPath
    {
        guard let first = entries.first else {
            throw CertificateError(
                .structure, subject: "the peer's certificates", expected: "at least one", found: "none",
                advice: "configure a certificate at the peer")
        }
        guard entries.count <= mostCertificates else {
            throw CertificateError(
                .parsingLimit, subject: "the peer's certificates", expected: "at most \(mostCertificates)",
                found: "\(entries.count)", advice: CertificateError.Rule.pathDepth.advice)
        }
        let leaf = try Certificate(derEncoded: first, label: "the peer's certificate")
        var intermediates: [Certificate] = []
        for (index, entry) in entries.enumerated().dropFirst() {
            let label = "certificate \(index + 1) of the peer's \(entries.count)"
            do {
                intermediates.append(try Certificate(derEncoded: entry, label: label))
            } catch {
                guard error.rule == .unsupportedPublicKey else { throw error }
                log.record(
                    Decision(
                        .certificatePath, .chosen, subject: label, expected: error.expected,
                        found: "\(error.found): left out of the search", rule: error.rule.sentence,
                        section: error.section))
            }
        }
        return UnvalidatedPath(leaf: leaf, intermediates: intermediates)
    }
}
