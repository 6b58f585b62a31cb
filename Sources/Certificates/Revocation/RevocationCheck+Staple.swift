// RevocationCheck+Staple.swift — what the stapled OCSP response says of the peer's own certificate.
// RFC 6960 §3.2, §4.2.2; RFC 6066 §8.
// Next: StapledResponder.swift.

import CryptoGlue
import WireFormat

extension RevocationCheck {
    /// Reads the staple. What it comes to:
    ///
    /// - Refused whatever the mode: a response that cannot be read, one that the issuer did not sign nor a responder of its
    ///   own, and one that is about the certificate twice. RFC 6066 §8 has the handshake end when a response is not
    ///   satisfactory, and honest peers staple none of these.
    /// - Refused as well: "unknown". RFC 6960 §2.2: the responder, which the issuer itself named, does not know the
    ///   certificate, as it does not know one that was made with a stolen key of the issuer.
    /// - No status: a response about other certificates, one that is too old, one that counts later only. Peers with
    ///   several certificates and peers that lost their way to the responder send these; leaving the staple out would
    ///   have the same effect. So they pass where a certificate without any status passes, and nowhere else.
    mutating func stapledStatus(
        of certificate: Certificate, issuedBy issuer: Certificate, _ subject: CertificateSubject
    ) throws(CertificateError) -> RevocationStatus {
        guard let stapledResponse else { return .none(["no stapled response"]) }
        let response: OCSPResponse
        do {
            response = try OCSPResponse(stapledResponse)
        } catch {
            throw CertificateError(.stapledResponse, subject: subject, expected: error.expected, found: error.found)
        }
        try checkResponder(of: response, issuer, subject)
        guard let single = try single(response, about: certificate, issuedBy: issuer, subject) else {
            return .none(["the stapled response is about other certificates"])
        }
        // No allowance for clocks that are wrong, as with lists.
        if single.thisUpdate > now {
            endBefore(single.thisUpdate)
            return .none(["the stapled response counts from \(single.thisUpdate) on"])
        }
        if single.lastSecond < now { return .none(["the stapled response counted until \(single.lastSecond)"]) }
        let source = "the stapled response of \(single.thisUpdate)"
        switch single.status {
        case .good: return .good(first: single.thisUpdate, last: single.lastSecond, source)
        case .revoked(let entry): return .revoked(entry, source)
        case .unknown:
            throw CertificateError(
                .stapledResponse, subject: subject, expected: "a response with the status good",
                found: "a responder that does not know the certificate")
        }
    }

    private func single(
        _ response: OCSPResponse, about certificate: Certificate, issuedBy issuer: Certificate,
        _ subject: CertificateSubject
    ) throws(CertificateError) -> OCSPSingleResponse? {
        var found: OCSPSingleResponse?
        for single in response.responses {
            do {
                guard try single.identifier.names(certificate, issuedBy: issuer) else { continue }
            } catch {
                throw CertificateError(.backend, subject: subject, expected: "a digest", found: "\(error)")
            }
            guard found == nil else {
                throw CertificateError(
                    .stapledResponse, subject: subject, expected: "one status of the certificate", found: "two")
            }
            found = single
        }
        return found
    }
}
