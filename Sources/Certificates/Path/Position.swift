// Position.swift — where in a path a certificate stands.
// RFC 5280 §6.1.
// Next: PathSearch.swift.

/// Where in a path a certificate stands.
enum Position {
    case leaf
    case intermediate(Int)
    /// With so many certificates below it.
    case anchor(Int)

    func of(_ certificate: Certificate) -> CertificateSubject {
        switch self {
        case .leaf: CertificateSubject(text: "the peer's certificate (\(certificate.subject))", position: 0)
        case .intermediate(let number):
            CertificateSubject(
                text: "intermediate certificate \(number) (\(certificate.subject))", position: number)
        case .anchor(let below):
            CertificateSubject(text: "the trust anchor (\(certificate.subject))", position: below)
        }
    }
}

/// What a refusal is about: for people, and as an index into the path.
package struct CertificateSubject: Sendable, Equatable, CustomStringConvertible {
    let text: String
    /// Counted from the peer's own certificate, which is 0.
    let position: Int?

    /// Something whose place in a path is not known or that is in none.
    package init(_ text: String) {
        self.init(text: text, position: nil)
    }

    init(text: String, position: Int?) {
        self.text = text
        self.position = position
    }

    package var description: String { text }
}
