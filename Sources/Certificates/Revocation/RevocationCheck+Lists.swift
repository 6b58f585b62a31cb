// RevocationCheck+Lists.swift — what the revocation lists say of a certificate, and which of them count.
// RFC 5280 §6.3.3.
// Next: RevocationCheck+Staple.swift.

import CryptoGlue
import WireFormat

extension RevocationCheck {
    /// Looks for a certificate in the lists of its issuer.
    ///
    /// The newest list about all reasons decides. Those about some reasons can only show that it is revoked, and only when
    /// they are as new: what an older one says, the complete one knew.
    mutating func listedStatus(
        of certificate: Certificate, issuedBy issuer: Certificate, _ subject: CertificateSubject
    ) throws(CertificateError) -> RevocationStatus {
        var reasons: [String] = []
        var complete: CertificateRevocationList?
        for list in policy.lists.lists(of: certificate.issuer) {
            if let complete, list.thisUpdate < complete.thisUpdate { break }
            let coverage = list.contents.scope.coverage(of: certificate)
            if let reason = try whyPassedOver(list, coverage, issuer, subject) {
                reasons.append("\(RevocationCheck.name(list)): \(reason)")
                record(
                    .chosen, .revocationStatusUnknown, subject, expected: "a list that counts",
                    found: "\(RevocationCheck.name(list)) passed over: \(reason)")
                continue
            }
            if let entry = try list.entry(certificate.serialNumber) {
                return .revoked(entry, RevocationCheck.name(list))
            }
            if coverage == .someReasons {
                reasons.append("\(RevocationCheck.name(list)): it is about some reasons alone, and does not hold it")
            } else if complete == nil {
                complete = list
            }
        }
        guard let complete else { return .none(reasons) }
        return .good(first: complete.thisUpdate, last: complete.nextUpdate, RevocationCheck.name(complete))
    }

    /// Why a list does not count for a certificate of `issuer`; nil when it does. The signature comes last: it costs most.
    private mutating func whyPassedOver(
        _ list: CertificateRevocationList, _ coverage: IssuingDistributionPoint.Coverage, _ issuer: Certificate,
        _ subject: CertificateSubject
    ) throws(CertificateError) -> String? {
        // No allowance for clocks that are wrong: an hour is enough to use a key that was stolen.
        if list.thisUpdate > now {
            endBefore(list.thisUpdate)
            return "it counts from \(list.thisUpdate) on"
        }
        if list.nextUpdate < now { return "it counted until \(list.nextUpdate)" }
        if case .none(let reason) = coverage { return reason }
        if let wanted = list.contents.authorityKeyIdentifier, let key = issuer.subjectKeyIdentifier, wanted != key {
            return "it is signed with another key of that name"
        }
        // RFC 5280 §6.3.3(f).
        if let usage = issuer.keyUsage, !usage.contains(.cRLSign) {
            return "the issuer's key may not sign lists: \(usage)"
        }
        let algorithm = list.contents.signatureAlgorithm
        return try whyUnsigned(algorithm.algorithm, named: algorithm.name, by: issuer, subject) {
            algorithm throws(CryptoError) in
            try list.verifySignature(with: issuer.publicKey, using: algorithm)
        }
    }

    private static func name(_ list: CertificateRevocationList) -> String { "the list of \(list.thisUpdate)" }
}
