// PathSearch.swift — the way from a certificate to an anchor, with backtracking and bounds.
// RFC 5280 §6.1; RFC 4158 for the order of candidates.
// Next: CertificateChecks.swift.

import CryptoGlue
import WireFormat

/// One search. It only goes up: each step adds an issuer whose name and signature fit, so it ends at the depth limit, and
/// each step costs a signature check, so it ends at the budget as well.
struct PathSearch {
    /// Signature checks in one search: CVE-2018-16875 and its kin sent certificates that need exponentially many.
    static let signatureBudget = 100

    let intermediates: [Certificate]
    let request: PathRequest
    var log: DecisionLog
    var nameComparisons = 0
    var policiesProcessed = 0
    /// The ways tried; nil when nobody asks for them.
    private(set) var attempts: [PathAttempt]?
    /// The time in which what was found out of revocation holds.
    var statusWindow = ValidatedPath.Window.always
    var signatureChecks = 0
    private var bestFailure: (error: CertificateError, rank: Int)?

    init(intermediates: [Certificate], _ request: PathRequest, log: DecisionLog, recordsAttempts: Bool = false) {
        self.intermediates = intermediates
        self.request = request
        self.log = log
        attempts = recordsAttempts ? [] : nil
    }

    /// Checks the peer's certificate and finds a path for it, peer first, anchor last.
    mutating func run(from leaf: Certificate) throws(CertificateError) -> [Certificate] {
        do {
            try checkCommon(leaf, Position.leaf.of(leaf))
            try checkName(leaf)
            return try findPath(from: leaf)
        } catch {
            if attempts?.isEmpty == true { record([leaf], error: error) }
            throw error
        }
    }

    /// The path alone, for a certificate that is checked itself.
    mutating func findPath(from leaf: Certificate) throws(CertificateError) -> [Certificate] {
        if try request.anchors.pins(leaf) {
            accept(
                .unknownIssuer, Position.leaf.of(leaf), expected: "a path to a trust anchor, or a pinned key",
                found: "a pinned key")
            try checkPolicies(of: [leaf])
            try checkLeafKeyUsage(leaf)
            record([leaf], error: nil)
            return [leaf]
        }
        try checkBelowAnchor(leaf, Position.leaf.of(leaf))
        try checkLeafProfile(leaf)
        // An anchor signs itself, and so does whoever has no authority.
        if request.anchors.anchors(named: leaf.subject).contains(where: { $0.certificate == leaf }) {
            try checkLeafIsNoAuthority(leaf)
        }
        guard let path = try extend([leaf]) else { throw bestFailure?.error ?? noIssuer(of: leaf, at: .leaf) }
        // Last, because a self-signed authority that nobody trusts is better told that it is not trusted.
        try checkLeafKeyUsage(leaf)
        try checkLeafIsNoAuthority(leaf)
        return path
    }

    /// Adds issuers to `path` until an anchor is reached; nil when no issuer leads to one.
    ///
    /// - Throws: only when the whole search must end: a budget is used up, or the backend fails.
    private mutating func extend(_ path: [Certificate]) throws(CertificateError) -> [Certificate]? {
        guard let current = path.last else { return nil }
        let position = path.count == 1 ? Position.leaf : .intermediate(path.count - 1)
        guard path.count < request.policy.maximumDepth else {
            let error = CertificateError(
                .pathDepth, subject: position.of(current), expected: "a path of \(request.policy.maximumDepth)",
                found: "a longer one")
            note(error, rank: path.count * 4)
            record(path, error: error)
            return nil
        }
        let candidates = candidates(for: current, path)
        if candidates.isEmpty {
            let error = noIssuer(of: current, at: position)
            note(error, rank: path.count * 4)
            record(path, error: error)
        }
        for candidate in candidates {
            let before = log
            do {
                try check(candidate, issues: path)
                if let anchor = candidate.anchor {
                    try checkWhole(path, anchor)
                    record(path + [candidate.certificate], reachesAnchor: true, error: nil)
                    accept(
                        .unknownIssuer, candidate.subject, expected: "a path to a trust anchor",
                        found: "a path of \(path.count + 1) certificates")
                    return path + [candidate.certificate]
                }
                if let found = try extend(path + [candidate.certificate]) { return found }
                log = before
                passOver(candidate, because: "no path leads on from it")
            } catch {
                switch error.rule {
                case .signatureBudget, .nameConstraintBudget, .policyBudget, .backend: throw error
                default: break
                }
                log = before
                passOver(candidate, because: "\(error.rule.sentence): found \(error.found)")
                // A candidate whose key identifier is another's has but the name in common with the issuer.
                record(path + [candidate.certificate], reachesAnchor: candidate.anchor != nil, error: error)
                let isImpostor = candidate.hint == .differs && error.rule == .signature
                note(
                    isImpostor ? noIssuer(of: current, at: position, impostor: candidate) : error,
                    rank: isImpostor ? path.count * 4 + 1 : rank(of: error, candidate, path))
            }
        }
        return nil
    }

    /// Anchors first, then intermediates; within each those whose key identifier says so, then those that say nothing.
    private func candidates(for current: Certificate, _ path: [Certificate]) -> [Candidate] {
        let wanted = current.authorityKeyIdentifier
        var candidates: [Candidate] = []
        for anchor in request.anchors.anchors(named: current.issuer) {
            candidates.append(Candidate(anchor, above: path.count, KeyIdentifierHint(wanted, anchor.certificate)))
        }
        for intermediate in intermediates where intermediate.subject == current.issuer {
            // RFC 5280 §6.1: a certificate must not appear more than once; nor is there sense in the same name and key.
            let isInPath = path.contains {
                $0.subject == intermediate.subject && $0.publicKey == intermediate.publicKey
            }
            // An anchor among the intermediates was taken above.
            if isInPath || candidates.contains(where: { $0.certificate == intermediate }) { continue }
            candidates.append(
                Candidate(intermediate, .intermediate(path.count), KeyIdentifierHint(wanted, intermediate)))
        }
        // Stable, so anchors stay in front among equals.
        return candidates.filter { $0.hint == .agrees } + candidates.filter { $0.hint == .silent }
            + candidates.filter { $0.hint == .differs }
    }

    /// All checks that make `candidate` the issuer of the last of `path`, the cheap ones first.
    private mutating func check(_ candidate: Candidate, issues path: [Certificate]) throws(CertificateError) {
        guard let current = path.last else { return }
        try checkAuthority(candidate, above: path)
        try checkSignature(of: current, at: path.count == 1 ? .leaf : .intermediate(path.count - 1), by: candidate)
        if let constraints = candidate.certificate.extensions.nameConstraints {
            try check(constraints, of: candidate, against: path)
        }
    }

    /// What is checked of a path that leads from the peer's certificate to an anchor: what only the whole can show.
    private mutating func checkWhole(_ path: [Certificate], _ anchor: TrustAnchor) throws(CertificateError) {
        try check(anchor, above: path)
        try checkPolicies(of: path + [anchor.certificate])
        try checkRevocation(of: path + [anchor.certificate])
    }

    private mutating func checkSignature(
        of certificate: Certificate, at position: Position, by issuer: Candidate
    ) throws(CertificateError) {
        func subject() -> CertificateSubject { position.of(certificate) }
        let name = certificate.signatureAlgorithmName
        if let legacy = request.legacy, let kind = legacy.accepted(certificate) {
            return try checkLegacySignature(of: certificate, legacy, kind, subject(), by: issuer)
        }
        // RFC 8446 §4.4.2.4: MD5 must, SHA-1 should abort the handshake; here both do.
        try require(
            !certificate.isSignedWithWeakHash, .weakHash, subject(), expected: "SHA-256 or better", found: name)
        let key = issuer.certificate.publicKey
        let allowedSignatures = request.allowedSignatures
        let permitted = certificate.signatureAlgorithm.flatMap { algorithm in
            allowedSignatures.contains { $0.allows(algorithm, from: key) } ? algorithm : nil
        }
        guard let permitted else {
            throw CertificateError(
                .signatureAlgorithmPermitted, subject: subject(),
                expected: allowedSignatures.map(\.description).joined(separator: ", "), found: name)
        }
        accept(.signatureAlgorithmPermitted, subject(), expected: "an algorithm that was offered", found: name)
        try countSignatureCheck(subject())
        do {
            try certificate.verifySignature(with: issuer.certificate.publicKey, using: permitted)
        } catch {
            try refuseSignature(error, subject: subject(), issuer)
        }
        accept(.signature, subject(), expected: "a signature by \(issuer.subject)", found: "\(name), good")
    }

    private mutating func countSignatureCheck(_ subject: @autoclosure () -> CertificateSubject) throws(CertificateError)
    {
        signatureChecks += 1
        guard signatureChecks <= PathSearch.signatureBudget else {
            throw CertificateError(
                .signatureBudget, subject: subject(), expected: "at most \(PathSearch.signatureBudget)", found: "more")
        }
    }

    /// A signature over MD5 or SHA-1 that a permission's own option accepts.
    private mutating func checkLegacySignature(
        of certificate: Certificate, _ legacy: LegacyCertificates, _ kind: LegacyCertificateSignature,
        _ subject: CertificateSubject, by issuer: Candidate
    ) throws(CertificateError) {
        let name = certificate.signatureAlgorithmName
        accept(.weakHash, subject, expected: "what the permission accepts besides", found: name)
        try countSignatureCheck(subject)
        do {
            try legacy.verify(certificate, kind, with: issuer.certificate.publicKey)
        } catch {
            try refuseSignature(error, subject: subject, issuer)
        }
        accept(.signature, subject, expected: "a signature by \(issuer.subject)", found: "\(name), good")
    }

    private func refuseSignature(
        _ error: CryptoError, subject: CertificateSubject, _ issuer: Candidate
    ) throws(CertificateError) -> Never {
        let found: String
        switch error {
        case .badSignature: found = "one that its key did not make"
        case .invalidKey(let reason): found = "an issuer's key that breaks its rules: \(reason)"
        case .unsupported(let reason): found = reason
        default:
            throw CertificateError(.backend, subject: subject, expected: "a signature check", found: "\(error)")
        }
        throw CertificateError(
            .signature, subject: subject, expected: "a signature by \(issuer.subject)", found: found)
    }

    /// How much a failure explains: an anchor that almost fits most of all, then what came furthest up.
    private func rank(of error: CertificateError, _ candidate: Candidate, _ path: [Certificate]) -> Int {
        candidate.anchor != nil && error.rule != .signature ? 4 * PathPolicy.greatestDepth + 4 : path.count * 4 + 2
    }

    private mutating func note(_ error: CertificateError, rank: Int) {
        if let bestFailure, bestFailure.rank >= rank { return }
        bestFailure = (error, rank)
    }

    private mutating func record(_ way: [Certificate], reachesAnchor: Bool = false, error: CertificateError?) {
        guard let count = attempts?.count, count < PathAttempt.most else { return }
        attempts?.append(PathAttempt(certificates: way, reachesAnchor: reachesAnchor, error: error))
    }

    private func noIssuer(
        of certificate: Certificate, at position: Position, impostor: Candidate? = nil
    ) -> CertificateError {
        let issuer = certificate.issuer
        let found: String
        var advice: String?
        if let impostor {
            found = "\(impostor.subject), which has the issuer's name but another key"
            advice = "configure the trust anchor whose key made the signature; this one is perhaps of an earlier set-up"
        } else if certificate.isSelfIssued {
            found = "a self-issued certificate that is no trust anchor"
            advice =
                (try? PublicKeyPin(of: certificate)).map { "pin its key if it is the peer you trust: \($0)" }
        } else {
            found =
                "issuer \(issuer), which is neither among \(request.anchors.count) trust anchors"
                + " nor among \(intermediates.count) certificates the peer sent along"
        }
        return CertificateError(
            .unknownIssuer, subject: position.of(certificate), expected: "an issuer that leads to a trust anchor",
            found: found, advice: advice)
    }

    private mutating func passOver(_ candidate: Candidate, because reason: String) {
        log.record(
            Decision(
                .certificatePath, .chosen, subject: candidate.subject.text,
                expected: "an issuer that leads to an anchor",
                found: "passed over, \(reason)", rule: CertificateError.Rule.unknownIssuer.sentence,
                section: CertificateError.Rule.unknownIssuer.section))
    }
}

/// What the key identifiers of a certificate and a possible issuer say about each other: RFC 5280 §4.2.1.1.
enum KeyIdentifierHint {
    case agrees, silent, differs

    init(_ wanted: [UInt8]?, _ issuer: Certificate) {
        guard let wanted, let found = issuer.subjectKeyIdentifier else {
            self = .silent
            return
        }
        self = wanted == found ? .agrees : .differs
    }
}

/// A possible issuer.
struct Candidate {
    let certificate: Certificate
    let position: Position
    let hint: KeyIdentifierHint
    /// nil for an intermediate certificate.
    let anchor: TrustAnchor?

    init(_ certificate: Certificate, _ position: Position, _ hint: KeyIdentifierHint) {
        self.certificate = certificate
        self.position = position
        self.hint = hint
        anchor = nil
    }

    /// - Parameter above: how many certificates are below it.
    init(_ anchor: TrustAnchor, above: Int, _ hint: KeyIdentifierHint) {
        certificate = anchor.certificate
        position = .anchor(above)
        self.hint = hint
        self.anchor = anchor
    }

    var isAnchor: Bool { anchor != nil }

    var subject: CertificateSubject { position.of(certificate) }
}
