// StapledResponder.swift — who may sign an OCSP response: the issuer, or a responder with a certificate of the issuer's.
// RFC 6960 §4.2.2.2.
// Next: Making/CertificateMaker.swift.

import CryptoGlue
import WireFormat

extension RevocationCheck {
    /// Checks that `issuer`, which issued the peer's certificate, made the response, or named who did.
    mutating func checkResponder(
        of response: OCSPResponse, _ issuer: Certificate, _ subject: CertificateSubject
    ) throws(CertificateError) {
        var reasons: [String] = []
        if try isMeant(issuer, response, subject) {
            guard let reason = try whyUnsigned(response, by: issuer, subject) else {
                return acceptResponder(issuer, subject)
            }
            reasons.append(reason)
        }
        for encoded in response.certificates {
            let responder: Certificate
            do {
                responder = try Certificate(derEncoded: encoded, label: "a responder's certificate")
            } catch {
                reasons.append("a responder's certificate that cannot be read: found \(error.found)")
                continue
            }
            guard try isMeant(responder, response, subject) else { continue }
            if let reason = try whyNotDelegated(responder, by: issuer, subject) {
                reasons.append("\(responder.subject) may not answer for it: \(reason)")
                continue
            }
            guard let reason = try whyUnsigned(response, by: responder, subject) else {
                return acceptResponder(responder, subject)
            }
            reasons.append(reason)
        }
        throw CertificateError(
            .stapledResponse, subject: subject,
            expected: "a response signed by \(issuer.subject), or by a responder with a certificate that it issued",
            found: reasons.isEmpty ? "another responder" : reasons.joined(separator: "; "))
    }

    private mutating func acceptResponder(_ responder: Certificate, _ subject: CertificateSubject) {
        record(
            .accepted, .stapledResponse, subject, expected: "a response by its issuer, or by whom that named",
            found: "\(responder.subject), a good signature")
    }

    /// RFC 6960 §4.2.2.3: whether the responderID is that of this certificate.
    private func isMeant(
        _ certificate: Certificate, _ response: OCSPResponse, _ subject: CertificateSubject
    ) throws(CertificateError) -> Bool {
        switch response.responder {
        case .name(let name): return name == certificate.subject
        case .keyHash(let hash):
            do {
                return try OCSPCertificateIdentifier.sha1(certificate.publicKeyBits.span) == hash
            } catch {
                throw CertificateError(.backend, subject: subject, expected: "a digest", found: "\(error)")
            }
        }
    }

    private mutating func whyUnsigned(
        _ response: OCSPResponse, by signer: Certificate, _ subject: CertificateSubject
    ) throws(CertificateError) -> String? {
        let algorithm = response.signatureAlgorithm
        return try whyUnsigned(algorithm.algorithm, named: algorithm.name, by: signer, subject) {
            algorithm throws(CryptoError) in
            let span = response.encoded.span
            try signer.publicKey.verify(
                span.extracting(response.signatureRange), over: span.extracting(response.signedRange), using: algorithm)
        }
    }

    /// RFC 6960 §4.2.2.2: a delegated responder's certificate is issued by the certificate's own issuer, directly, with
    /// id-kp-OCSPSigning. anyExtendedKeyUsage is not that: every server would be a responder.
    private mutating func whyNotDelegated(
        _ responder: Certificate, by issuer: Certificate, _ subject: CertificateSubject
    ) throws(CertificateError) -> String? {
        guard responder.issuer == issuer.subject else { return "\(responder.issuer) issued its certificate" }
        guard responder.extendedKeyUsage?.contains(.ocspSigning) == true else {
            return "its certificate is without OCSPSigning in extendedKeyUsage"
        }
        if let usage = responder.keyUsage, !usage.contains(.digitalSignature) { return "its key is for \(usage)" }
        guard now >= responder.notBefore, now <= responder.notAfter else {
            return "its certificate is valid from \(responder.notBefore) to \(responder.notAfter)"
        }
        if let unhandled = responder.extensions.unhandledCritical.first {
            return "its certificate has the critical extension \(unhandled.extensionName)"
        }
        switch responder.publicKey {
        case .rsa, .rsaPSS:
            guard RevocationCheck.rsaBits.contains(responder.publicKey.bitCount) else {
                return "its key has \(responder.publicKey.bitCount) bits"
            }
        case .ec, .ed25519, .ed448: break
        }
        if let reason = try whyUnsigned(
            responder.signatureAlgorithm, named: responder.signatureAlgorithmName, by: issuer, subject,
            { algorithm throws(CryptoError) in
                try responder.verifySignature(with: issuer.publicKey, using: algorithm)
            })
        {
            return "its certificate: \(reason)"
        }
        // RFC 6960 §4.2.2.2.1: with the extension its status is not looked up. Without, the lists are asked; no status is no
        // reason against it, even where one is required, for the one required is the peer's.
        if responder.extensions.hasNoRevocationCheck { return nil }
        if case .revoked(let entry, let source) = try listedStatus(of: responder, issuedBy: issuer, subject) {
            return "it is \(entry.description): \(source)"
        }
        return nil
    }

    /// As for every key of a path: RFC 9325 §4.5, and what a signature check may cost.
    private static let rsaBits = PathSearch.leastRSABits...8192
}

extension ExtendedKeyUsage {
    /// id-kp-OCSPSigning: RFC 6960 §4.2.2.2.
    static let ocspSigning = ExtendedKeyUsage(rawValue: "1.3.6.1.5.5.7.3.9")
}
