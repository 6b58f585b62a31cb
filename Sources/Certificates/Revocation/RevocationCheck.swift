// RevocationCheck.swift — holds a complete path against revocation lists and the stapled OCSP response.
// RFC 5280 §6.3; RFC 6960 §3.2; RFC 6066 §8; RFC 7633 §4.
// Next: RevocationCheck+Lists.swift.

import CryptoGlue
package import WireFormat

/// One check of one path, when the path is complete: only then is it known with whose key a certificate was issued.
///
/// Of each certificate in the scope the lists are asked first. A list that says "revoked" counts whatever a staple says: it
/// was configured, the staple comes from the peer. The staple is for the peer's own certificate alone, as RFC 6066 §8 has it.
package struct RevocationCheck: Sendable {
    /// The peer's certificate first, the anchor last; each issued with the key of the next.
    let path: [Certificate]
    let policy: RevocationPolicy
    let now: UnixTime
    /// What came in the peer's CertificateStatus or status_request extension.
    let stapledResponse: [UInt8]?
    /// Whether a staple was asked for. If not, RFC 7633 §4 asks for none.
    let isStatusRequested: Bool
    /// What was offered for certificates; it holds for lists and responses too.
    let allowedSignatures: [SignatureScheme]
    /// Signature checks so far, those of the search included: they share its budget.
    package private(set) var signatureChecks: Int
    package internal(set) var log: DecisionLog
    /// The time in which the answer stays the same.
    private var window = ValidatedPath.Window.always

    package init(
        path: [Certificate], policy: RevocationPolicy, at now: UnixTime, stapledResponse: [UInt8]?,
        isStatusRequested: Bool, allowedSignatures: [SignatureScheme], signatureChecks: Int, log: DecisionLog
    ) {
        self.path = path
        self.policy = policy
        self.now = now
        self.stapledResponse = stapledResponse
        self.isStatusRequested = isStatusRequested
        self.allowedSignatures = allowedSignatures
        self.signatureChecks = signatureChecks
        self.log = log
    }

    /// Checks the path and answers for which time what was found holds: while the lists and responses that were used are
    /// current, and until one that is not used yet begins to count. Every moment, when there are none.
    ///
    /// - Throws: ``CertificateError`` with the rule `revoked`, `revocationStatusUnknown`, `stapledResponse`,
    ///   `stapledResponseRequired`, `signatureBudget` or `backend`.
    package mutating func run() throws(CertificateError) -> ValidatedPath.Window {
        guard policy.mode != .off else { return window }
        // Nobody revokes an anchor: it is taken out of the set.
        for index in path.indices.dropLast() {
            if index > 0, policy.scope == .peer { break }
            try check(path[index], issuedBy: path[index + 1], at: index == 0 ? .leaf : .intermediate(index))
        }
        return window
    }

    private mutating func check(
        _ certificate: Certificate, issuedBy issuer: Certificate, at position: Position
    ) throws(CertificateError) {
        let subject = position.of(certificate)
        var isGood = false
        var reasons: [String] = []
        switch try listedStatus(of: certificate, issuedBy: issuer, subject) {
        case .good(let first, let last, let source):
            isGood = true
            use(first, last, source, subject)
        case .revoked(let entry, let source): throw revoked(entry, source, subject)
        case .none(let why): reasons = why
        }
        if case .leaf = position {
            let staple = try stapledStatus(of: certificate, issuedBy: issuer, subject)
            switch staple {
            case .good(let first, let last, let source):
                isGood = true
                use(first, last, source, subject)
            case .revoked(let entry, let source): throw revoked(entry, source, subject)
            case .none(let why): reasons += why
            }
            try checkRequirement(of: certificate, staple, subject)
        }
        if !isGood { try pass(reasons, subject) }
    }

    /// RFC 7633 §4: a certificate with the TLS feature status_request is refused without a staple. One that is stale, or
    /// about other certificates, is none: whoever stole the key could staple those for ever.
    private func checkRequirement(
        of certificate: Certificate, _ staple: RevocationStatus, _ subject: CertificateSubject
    ) throws(CertificateError) {
        guard isStatusRequested, certificate.extensions.requiresStapledStatus, case .none(let why) = staple else {
            return
        }
        throw CertificateError(
            .stapledResponseRequired, subject: subject, expected: "a stapled response that is current",
            found: why.joined(separator: "; "))
    }

    /// What happens without a status.
    private mutating func pass(_ reasons: [String], _ subject: CertificateSubject) throws(CertificateError) {
        let found = reasons.isEmpty ? "no list of its issuer" : reasons.prefix(8).joined(separator: "; ")
        guard policy.mode != .require else {
            throw CertificateError(
                .revocationStatusUnknown, subject: subject, expected: "a list or a response that is current",
                found: found)
        }
        record(.accepted, .revocationStatusUnknown, subject, expected: "a status if there is one", found: found)
    }

    private mutating func use(_ first: UnixTime, _ last: UnixTime, _ source: String, _ subject: CertificateSubject) {
        window.narrow(first: first, last: last)
        record(
            .accepted, .revoked, subject, expected: "a certificate that is not revoked",
            found: "not revoked: \(source), which holds until \(last)")
    }

    /// Something was passed over that counts from `time` on: the answer may be another then.
    mutating func endBefore(_ time: UnixTime) {
        window.narrow(first: window.first, last: UnixTime(seconds: time.seconds - 1))
    }

    private func revoked(_ entry: RevocationEntry, _ source: String, _ subject: CertificateSubject) -> CertificateError
    {
        CertificateError(
            .revoked, subject: subject, expected: "a certificate that is not revoked",
            found: "\(entry.description): \(source)")
    }

    mutating func record(
        _ outcome: Decision.Outcome, _ rule: CertificateError.Rule, _ subject: @autoclosure () -> CertificateSubject,
        expected: @autoclosure () -> String, found: @autoclosure () -> String
    ) {
        log.record(
            Decision(
                rule.topic, outcome, subject: subject().text, expected: expected(), found: found(), rule: rule.sentence,
                section: rule.section))
    }

    /// Whether `verify` finds a signature good that `signer` made; otherwise why not.
    mutating func whyUnsigned(
        _ algorithm: SignatureAlgorithm?, named name: String, by signer: Certificate, _ subject: CertificateSubject,
        _ verify: (SignatureAlgorithm) throws(CryptoError) -> Void
    ) throws(CertificateError) -> String? {
        let key = signer.publicKey
        guard let algorithm, allowedSignatures.contains(where: { $0.allows(algorithm, from: key) }) else {
            return "it is signed with \(name), which was not offered"
        }
        signatureChecks += 1
        guard signatureChecks <= PathSearch.signatureBudget else {
            throw CertificateError(
                .signatureBudget, subject: subject, expected: "at most \(PathSearch.signatureBudget)", found: "more")
        }
        do {
            try verify(algorithm)
            return nil
        } catch {
            switch error {
            case .badSignature: return "the key of \(signer.subject) did not sign it"
            case .invalidKey(let reason), .unsupported(let reason): return reason
            default:
                throw CertificateError(.backend, subject: subject, expected: "a signature check", found: "\(error)")
            }
        }
    }
}

/// What a source says of a certificate.
enum RevocationStatus {
    /// Not revoked, from the first second to the last; by which list or response.
    case good(first: UnixTime, last: UnixTime, String)
    case revoked(RevocationEntry, String)
    /// Nothing, and why.
    case none([String])
}

extension PathSearch {
    /// Holds the whole path, its anchor included, against lists and staple.
    mutating func checkRevocation(of path: [Certificate]) throws(CertificateError) {
        var check = RevocationCheck(
            path: path, policy: request.policy.revocation, at: request.now, stapledResponse: request.stapledResponse,
            isStatusRequested: request.isStatusRequested, allowedSignatures: request.allowedSignatures,
            signatureChecks: signatureChecks, log: log)
        defer {
            signatureChecks = check.signatureChecks
            log = check.log
        }
        statusWindow = try check.run()
    }
}
