// LimboResult.swift — what this library makes of one path of x509-limbo.
// RFC 5280 §6.1; docs/limbo.md for what is skipped.

import Certificates
import Foundation
import WireFormat

struct LimboResult: Encodable {
    let id: String
    /// SUCCESS, FAILURE or SKIPPED.
    let actualResult: String
    /// The path found, the error, or why the case was skipped.
    let context: String

    enum CodingKeys: String, CodingKey {
        case id, context
        case actualResult = "actual_result"
    }
}

/// The case asks for something that does not apply.
private struct Skip: Error {
    let reason: String
}

extension LimboCase {
    func result() -> LimboResult {
        do {
            let request = try self.request()
            var log = DecisionLog(isEnabled: false)
            let path = try PathValidator.validate(try certificates(&log), request, log: &log)
            try checkOtherNames(of: path.certificates[0])
            return LimboResult(
                id: id, actualResult: "SUCCESS",
                context: path.certificates.map { "\($0.subject)" }.joined(separator: " < "))
        } catch let skip as Skip {
            return LimboResult(id: id, actualResult: "SKIPPED", context: skip.reason)
        } catch {
            return LimboResult(id: id, actualResult: "FAILURE", context: "\(error)")
        }
    }

    /// What the peer sends. An intermediate that cannot be parsed is none: others may lead to an anchor.
    private func certificates(_ log: inout DecisionLog) throws -> UnvalidatedPath {
        let own = try Certificate.parse(pem: Array(peerCertificate.utf8))
        guard let leaf = own.first, own.count == 1 else { throw Skip(reason: "the peer has several certificates") }
        let intermediates = untrustedIntermediates.flatMap { pem in
            (try? Certificate.parse(pem: Array(pem.utf8))) ?? []
        }
        return UnvalidatedPath(leaf: leaf, intermediates: intermediates)
    }

    private func request() throws -> PathRequest {
        // As a trust store is read: what cannot be used is left out.
        let anchors = trustedCerts.flatMap { pem in (try? TrustAnchors(pem: Array(pem.utf8)))?.certificates ?? [] }
        var request = PathRequest(
            anchors: TrustAnchors(anchors), identity: try identity(), purpose: try purpose(), keyUsage: try usage(),
            at: try time(), allowedSignatures: try schemes(), policy: try policy())
        // Most cases say which name is asked for; some are about paths alone.
        request.nameCheck = .whenGiven
        return request
    }

    private func identity() throws -> ReferenceIdentity? {
        guard let name = expectedPeerName, validationKind == "SERVER" else { return nil }
        guard name.kind == "DNS" || name.kind == "IP" else {
            throw Skip(reason: "TLS servers have no name of the kind \(name.kind)")
        }
        return try ReferenceIdentity(name.value)
    }

    /// A client is not asked for by name, but a case may name it.
    private func checkOtherNames(of leaf: Certificate) throws {
        guard validationKind == "CLIENT" else { return }
        for name in expectedPeerNames ?? [] {
            guard name.kind == "DNS" || name.kind == "IP" else {
                throw Skip(reason: "names of the kind \(name.kind) are handed over, not checked")
            }
            _ = try PresentedIdentity.check(
                leaf, try ReferenceIdentity(name.value), subject: CertificateSubject("the peer's certificate"))
        }
    }

    private func purpose() throws -> CertificatePurpose {
        let purpose: CertificatePurpose
        switch validationKind {
        case "SERVER": purpose = .serverAuthentication
        case "CLIENT": purpose = .clientAuthentication
        default: throw Skip(reason: "a validation of the kind \(validationKind) is not known")
        }
        let own = purpose == .serverAuthentication ? "serverAuth" : "clientAuth"
        let others = (extendedKeyUsage ?? []).filter { $0 != own }
        guard others.isEmpty else {
            throw Skip(reason: "a TLS peer's purpose is \(own), not \(others.joined(separator: ", "))")
        }
        return purpose
    }

    private func usage() throws -> KeyUsage? {
        guard let keyUsage, !keyUsage.isEmpty else { return .digitalSignature }
        guard keyUsage == ["digitalSignature"] else {
            throw Skip(reason: "a TLS peer's key usage is digitalSignature, not \(keyUsage.joined(separator: ", "))")
        }
        return .digitalSignature
    }

    private func time() throws -> UnixTime {
        guard let validationTime else { return UnixTime(seconds: Int64(Date().timeIntervalSince1970)) }
        guard let time = UnixTime(reading: validationTime) else {
            throw Skip(reason: "the time \(validationTime) is none")
        }
        return time
    }

    private func schemes() throws -> [SignatureScheme] {
        guard signatureAlgorithms?.isEmpty ?? true else {
            throw Skip(reason: "signature algorithms are chosen by TLS signature schemes, not by object identifiers")
        }
        return [
            .ed25519, .ed448, .ecdsaSecp256r1SHA256, .ecdsaSecp384r1SHA384, .ecdsaSecp521r1SHA512, .rsaPSSRSAESHA256,
            .rsaPSSRSAESHA384, .rsaPSSRSAESHA512, .rsaPSSPSSSHA256, .rsaPSSPSSSHA384, .rsaPSSPSSSHA512, .rsaPKCS1SHA256,
            .rsaPKCS1SHA384, .rsaPKCS1SHA512,
        ]
    }

    /// limbo's depth counts intermediate certificates, ours all of the path.
    private func policy() throws -> PathPolicy {
        var policy = PathPolicy()
        if let maxChainDepth {
            // The library's own limit is below what some cases permit.
            policy.maximumDepth = min(max(maxChainDepth, 0), PathPolicy.greatestDepth) + 2
        }
        let lists = (crls ?? []).flatMap { pem in
            (try? CertificateRevocationList.parse(pem: Array(pem.utf8))) ?? []
        }
        // Lists that are given are meant to be used; a list that cannot be is no status.
        if let crls, !crls.isEmpty {
            policy.revocation = RevocationPolicy(mode: .require, scope: .path, lists: RevocationLists(lists))
        }
        return policy
    }
}
