// AnchorCheck.swift — what the user restricts an anchor to, against the path below it.
// RFC 5937 §3; RFC 5280 §6.1.1(d).
// Next: NameConstraintCheck.swift.

import WireFormat

extension PathSearch {
    /// Checks the certificates below `anchor`, the peer's first.
    mutating func check(_ anchor: TrustAnchor, above path: [Certificate]) throws(CertificateError) {
        let constraints = anchor.constraints
        guard constraints != TrustAnchorConstraints(), let leaf = path.first else { return }
        let subject = Position.anchor(path.count).of(anchor.certificate)
        if let purposes = constraints.purposes, !purposes.contains(request.purpose) {
            throw refusal(
                subject, "a path for \(purposes.map(\.name).sorted().joined(separator: " or "))", request.purpose.name)
        }
        if let last = constraints.distrustAfter, leaf.notBefore > last {
            throw refusal(subject, "certificates valid since \(last) or before", "\(leaf.notBefore)")
        }
        if let limit = constraints.pathLength {
            let count = path.dropFirst().filter { !$0.isSelfIssued }.count
            if count > limit { throw refusal(subject, "at most \(limit) intermediate certificates", "\(count)") }
        }
        for name in leaf.subjectAlternativeName { try check(name, constraints, subject) }
        accept(.anchorConstraints, subject, expected: "what it is trusted for", found: "nothing else below it")
    }

    private func check(
        _ name: GeneralName, _ constraints: TrustAnchorConstraints, _ subject: CertificateSubject
    ) throws(CertificateError) {
        switch name {
        case .dns(let text):
            let presented = Array(text.lowercased().utf8)
            if let domain = constraints.excludedDomains.first(where: { $0.covers(presented, orOverlaps: true) }) {
                throw refusal(subject, "no name in \(domain)", name.description)
            }
            if let permitted = constraints.permittedDomains,
                !permitted.contains(where: { $0.covers(presented, orOverlaps: false) })
            {
                throw refusal(
                    subject, "names in \(permitted.map(\.description).joined(separator: ", "))", name.description)
            }
        case .ip:
            if constraints.permittedDomains != nil { throw refusal(subject, "names in domains", name.description) }
        case .directory, .email, .uri, .registeredID, .other:
            // No name that a TLS peer is asked for.
            break
        }
    }

    private func refusal(_ subject: CertificateSubject, _ expected: String, _ found: String) -> CertificateError {
        CertificateError(.anchorConstraints, subject: subject, expected: expected, found: found)
    }
}

extension DNSName {
    fileprivate func covers(_ presented: [UInt8], orOverlaps: Bool) -> Bool {
        NameConstraints.Subtree.dns(base: Array(description.utf8), onlyBelow: false)
            .contains(.dns(presented), orOverlaps: orOverlaps)
    }
}
