// NameConstraintCheck.swift — an issuer's name constraints against every certificate below it.
// RFC 5280 §4.2.1.10, §6.1.3(b)(c), §6.1.4(g).
// Next: PEM.swift.

import CryptoGlue
import WireFormat

extension PathSearch {
    /// Comparisons of a name with a subtree in one search: 2048 names under 2048 subtrees would be four million.
    static let nameComparisonBudget = 250_000

    /// Checks the certificates below `issuer`, the peer's first.
    mutating func check(
        _ constraints: NameConstraints, of issuer: Candidate, against path: [Certificate]
    ) throws(CertificateError) {
        for (index, certificate) in path.enumerated() {
            // RFC 5280 §6.1.3(b): self-issued certificates are exempt, the peer's own is not.
            if index > 0, certificate.isSelfIssued { continue }
            let position = index == 0 ? Position.leaf : .intermediate(index)
            if !certificate.subject.isEmpty {
                try check(.directory(certificate.subject), constraints, issuer, position.of(certificate))
            }
            // RFC 5280 §4.2.1.10: without a subjectAltName, mail addresses are looked for where they once stood.
            if constraints.isOnMail, !certificate.extensions.hasSubjectAlternativeName {
                for address in certificate.subject.emailAddresses {
                    try check(.email(address), constraints, issuer, position.of(certificate))
                }
            }
            for name in certificate.subjectAlternativeName {
                try check(name, constraints, issuer, position.of(certificate))
            }
        }
        accept(.nameConstraints, issuer.subject, expected: "names it may issue for", found: "no other below it")
    }

    private mutating func check(
        _ name: GeneralName, _ constraints: NameConstraints, _ issuer: Candidate,
        _ subject: @autoclosure () -> CertificateSubject
    ) throws(CertificateError) {
        let form = name.form
        let permitted = constraints.permitted[form]
        let excluded = constraints.excluded[form]
        if permitted == nil, excluded == nil { return }
        guard form.isEnforced else {
            // RFC 5280 §4.2.1.10: process a critical constraint on a form that occurs, or reject the certificate.
            guard constraints.isCritical else { return }
            throw CertificateError(
                .nameConstraintForm, subject: subject(),
                expected: "names other than those \(issuer.subject) constrains",
                found: name.description)
        }
        // A name that is no host name may be read otherwise by others than by these comparisons.
        if case .dns(let text) = name, !HostNameSyntax.isPresentedName(text) {
            throw CertificateError(
                .nameConstraints, subject: subject(), expected: "host names, which \(issuer.subject) constrains",
                found: name.description)
        }
        let comparable = NameConstraints.Name(name)
        if let excluded, try contains(excluded, comparable, orOverlaps: true, subject()) {
            throw CertificateError(
                .nameConstraints, subject: subject(), expected: "no name that \(issuer.subject) excludes",
                found: name.description)
        }
        if let permitted, try !contains(permitted, comparable, orOverlaps: false, subject()) {
            throw CertificateError(
                .nameConstraints, subject: subject(), expected: "names that \(issuer.subject) permits",
                found: name.description)
        }
    }

    private mutating func contains(
        _ subtrees: [NameConstraints.Subtree], _ name: NameConstraints.Name, orOverlaps: Bool,
        _ subject: @autoclosure () -> CertificateSubject
    ) throws(CertificateError) -> Bool {
        nameComparisons += subtrees.count
        guard nameComparisons <= PathSearch.nameComparisonBudget else {
            throw CertificateError(
                .nameConstraintBudget, subject: subject(), expected: "at most \(PathSearch.nameComparisonBudget)",
                found: "more")
        }
        return subtrees.contains { $0.contains(name, orOverlaps: orOverlaps) }
    }
}
