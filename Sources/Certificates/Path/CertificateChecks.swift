// CertificateChecks.swift — what one certificate must be, as the peer's own and as an issuer.
// RFC 5280 §4.2.1, §6.1.3, §6.1.4; RFC 8446 §4.4.2.2.
// Next: CertificatePolicyInputs.swift.

import CryptoGlue
import WireFormat

extension PathSearch {
    /// RSA keys in a path: RFC 9325 §4.5 for the lower bound; the upper keeps a signature check in a few milliseconds.
    static let leastRSABits = 2048
    static let mostRSABits = 8192

    /// The peer's own certificate is that of whom it was asked for.
    mutating func checkName(_ leaf: Certificate) throws(CertificateError) {
        func subject() -> CertificateSubject { Position.leaf.of(leaf) }
        if let identity = request.identity {
            let name = try PresentedIdentity.check(leaf, identity, subject: subject())
            accept(.nameMatch, subject(), expected: PresentedIdentity.expected(identity), found: name.description)
        } else if case .ofServers = request.nameCheck {
            let purpose = request.purpose
            try require(
                purpose == .clientAuthentication, .nameMatch, subject(), expected: "a name to check", found: "none")
        }
    }

    /// RFC 8446 §4.4.2.2, §4.4.2.4: the peer's key signs the handshake, or takes an encrypted secret with static RSA (RFC
    /// 5246 §7.4.2).
    mutating func checkLeafKeyUsage(_ leaf: Certificate) throws(CertificateError) {
        func subject() -> CertificateSubject { Position.leaf.of(leaf) }
        guard let wanted = request.keyUsage else { return }
        if let usage = leaf.keyUsage {
            try require(
                usage.contains(wanted), .leafKeyUsage, subject(), expected: wanted.description,
                found: usage.description)
        } else {
            accept(.leafKeyUsage, subject(), expected: wanted.description, found: "no keyUsage, so any usage")
        }
    }

    /// What holds for the peer's certificate unless its key is pinned.
    mutating func checkLeafIsNoAuthority(_ leaf: Certificate) throws(CertificateError) {
        let isAuthority = leaf.basicConstraints?.isAuthority == true
        let isAnchor = request.anchors.anchors(named: leaf.subject).contains { $0.certificate == leaf }
        guard isAuthority || isAnchor else {
            return accept(
                .leafIsAuthority, Position.leaf.of(leaf), expected: "basicConstraints without cA or none",
                found: "no cA")
        }
        let pin = try PublicKeyPin(of: leaf)
        throw CertificateError(
            .leafIsAuthority, subject: Position.leaf.of(leaf), expected: "an end-entity certificate, or a pinned key",
            found: isAuthority ? "cA" : "a trust anchor",
            advice:
                "have an end-entity certificate issued for the peer; or, if it is the peer you trust, pin its key: \(pin)"
        )
    }

    /// A possible issuer of the last certificate of `path`, its signature left out.
    mutating func checkAuthority(_ candidate: Candidate, above path: [Certificate]) throws(CertificateError) {
        let certificate = candidate.certificate
        func subject() -> CertificateSubject { candidate.subject }
        if !candidate.isAnchor { try checkBelowAnchor(certificate, subject()) }
        if certificate.version == 1, candidate.isAnchor {
            // RFC 5280 §6.1.4(k): version 1 has no basicConstraints, so other means must say it is an authority.
            accept(.certificateAuthority, subject(), expected: "cA", found: "version 1, an authority as an anchor")
        } else {
            try require(
                certificate.basicConstraints?.isAuthority == true, .certificateAuthority, subject(),
                expected: "basicConstraints with cA",
                found: certificate.basicConstraints.map { $0.isAuthority ? "cA" : "no cA" } ?? "none")
        }
        if let usage = certificate.keyUsage {
            try require(
                usage.contains(.keyCertSign), .certificateSigning, subject(), expected: "keyCertSign",
                found: usage.description)
        }
        if let limit = certificate.basicConstraints?.pathLength {
            // RFC 5280 §4.2.1.9: the last certificate is not counted, nor are self-issued ones.
            let following = path.dropFirst().filter { !$0.isSelfIssued }.count
            try require(
                following <= limit, .pathLength, subject(), expected: "at most \(limit) below", found: "\(following)")
        }
        try checkCommon(certificate, subject())
    }

    /// What every certificate of a path must keep, the anchor included.
    mutating func checkCommon(
        _ certificate: Certificate, _ subject: @autoclosure () -> CertificateSubject
    ) throws(CertificateError) {
        try checkDates(certificate, subject())
        // A copy, because `require` changes self while its autoclosures read it.
        let purpose = request.purpose
        if let unhandled = certificate.extensions.unhandledCritical.first {
            throw CertificateError(
                .criticalExtension, subject: subject(),
                expected: "basicConstraints, keyUsage, extendedKeyUsage, subjectAltName, nameConstraints or policies",
                found: unhandled.extensionName)
        }
        switch certificate.publicKey {
        case .rsa, .rsaPSS:
            let bits = certificate.publicKey.bitCount
            let least = request.legacy?.leastRSABits ?? PathSearch.leastRSABits
            try require(
                (least...PathSearch.mostRSABits).contains(bits), .keySize, subject(),
                expected: "\(least) to \(PathSearch.mostRSABits) bits", found: "\(bits) bits")
        case .ec, .ed25519, .ed448: break
        }
        if let purposes = certificate.extendedKeyUsage {
            // In authorities it is no rule of RFC 5280, but what every TLS verifier does and authorities rely on.
            try require(
                purposes.contains(purpose.extendedKeyUsage) || purposes.contains(.any), .extendedKeyUsage, subject(),
                expected: purpose.extendedKeyUsage.description,
                found: purposes.prefix(8).map(\.description).joined(separator: ", "))
        }
    }

    mutating func checkDates(
        _ certificate: Certificate, _ subject: @autoclosure () -> CertificateSubject
    ) throws(CertificateError) {
        let now = request.now
        func validity() -> String { "\(certificate.notBefore) to \(certificate.notAfter)" }
        try require(now >= certificate.notBefore, .notYetValid, subject(), expected: validity(), found: "\(now)")
        try require(now <= certificate.notAfter, .expired, subject(), expected: validity(), found: "\(now)")
    }

    /// What holds for every certificate below the anchor.
    mutating func checkBelowAnchor(
        _ certificate: Certificate, _ subject: @autoclosure () -> CertificateSubject
    ) throws(CertificateError) {
        try require(
            certificate.version == 3, .version, subject(), expected: "version 3",
            found: "version \(certificate.version)")
        // RFC 5280 §4.1.2.2: positive, at most 20 octets; zero is not positive.
        let serial = certificate.serialNumber
        let isPositive = (serial.first ?? 0) < 0x80 && serial.contains { $0 != 0 }
        try require(
            isPositive && serial.count <= 20, .serialNumber, subject(),
            expected: "a positive number of 20 bytes or less",
            found: isPositive ? "\(serial.count) bytes" : "a number that is not positive")
        // RFC 5280 §4.1.2.5: dates through 2049 are UTCTime.
        if certificate.hasMisplacedGeneralizedTime {
            throw CertificateError(
                .structure, subject: subject(), expected: "dates through 2049 as UTCTime", found: "GeneralizedTime")
        }
        // RFC 5280 §4.1.2.6: a name that is nowhere but in subjectAltName makes that critical.
        if certificate.subject.isEmpty, certificate.extensions.hasSubjectAlternativeName,
            !certificate.extensions.isSubjectAlternativeNameCritical
        {
            throw CertificateError(
                .structure, subject: subject(), expected: "a critical subjectAltName beside an empty subject",
                found: "one that is not critical")
        }
    }

    /// What only authorities may have, and the peer's own certificate has not: RFC 5280 §4.2.1.3, §4.2.1.10.
    func checkLeafProfile(_ leaf: Certificate) throws(CertificateError) {
        guard leaf.basicConstraints?.isAuthority != true else { return }
        func refusal(_ what: String) -> CertificateError {
            CertificateError(
                .structure, subject: Position.leaf.of(leaf), expected: "\(what) in authorities' certificates only",
                found: "it without cA")
        }
        if leaf.keyUsage?.contains(.keyCertSign) == true { throw refusal("keyCertSign") }
        if leaf.extensions.nameConstraints != nil { throw refusal("nameConstraints") }
    }

    /// Throws unless `holds`; logs that the rule is kept otherwise. The texts are made only when somebody reads them.
    mutating func require(
        _ holds: Bool, _ rule: CertificateError.Rule, _ subject: @autoclosure () -> CertificateSubject,
        expected: @autoclosure () -> String, found: @autoclosure () -> String
    ) throws(CertificateError) {
        guard holds else {
            throw CertificateError(rule, subject: subject(), expected: expected(), found: found())
        }
        accept(rule, subject(), expected: expected(), found: found())
    }

    mutating func accept(
        _ rule: CertificateError.Rule, _ subject: @autoclosure () -> CertificateSubject,
        expected: @autoclosure () -> String,
        found: @autoclosure () -> String
    ) {
        log.record(
            Decision(
                rule.topic, .accepted, subject: subject().text, expected: expected(), found: found(),
                rule: rule.sentence,
                section: rule.section))
    }
}
