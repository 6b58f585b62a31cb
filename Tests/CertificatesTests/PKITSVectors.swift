// PKITSVectors.swift — NIST's suite of certification paths, decoded and run.
// RFC 5280 §6.1.
// Next: PKITSTests.swift.

import Certificates
import Foundation
import TestSupport
import Testing
import WireFormat

/// TestVectors/pkits/pkits.json.
struct PKITSVectors: Decodable {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        /// NIST's number, and the subpart behind a slash.
        let number: String
        let title: String
        /// The peer's certificate first, the anchor left out.
        let path: [String]
        let crls: [String]
        let valid: Bool
        let accepted: [String]?
        let explicit: Bool?
        let mapping: Bool?
        let any: Bool?

        var testDescription: String { "\(number) \(title)" }

        /// The first two parts of the number, as `4.14`.
        var group: String { number.split(separator: ".").prefix(2).joined(separator: ".") }

        var policyInputs: CertificatePolicyInputs {
            CertificatePolicyInputs(
                acceptedPolicies: accepted.map { Set($0.map(CertificatePolicy.init)) },
                requiresExplicitPolicy: explicit ?? false, inhibitsPolicyMapping: mapping ?? false,
                inhibitsAnyPolicy: any ?? false)
        }
    }

    let anchor: String
    /// DER, by NIST's name of the file.
    let certificates: [String: Data]
    let crls: [String: Data]
    let cases: [Case]

    static let all: PKITSVectors = {
        do {
            return try VectorFile.json(PKITSVectors.self, SharedFolder.testVectors + "/pkits/pkits.json")
        } catch {
            Issue.record("pkits.json: \(error)")
            return PKITSVectors(anchor: "", certificates: [:], crls: [:], cases: [])
        }
    }()

    /// 2020-01-01: all of the suite is valid from 2010 to 2030, but for what a case makes otherwise.
    static let now = UnixTime(seconds: 1_577_836_800)

    private func der(_ name: String) throws -> [UInt8] {
        [UInt8](try #require(certificates[name], "no certificate \(name)"))
    }

    func certificate(_ name: String) throws -> Certificate { try Certificate(derEncoded: try der(name)) }

    /// Runs a case: nil when the path is valid, otherwise the rule that refuses it.
    func answer(_ vector: Case) throws -> CertificateError.Rule? {
        // What is required is a status, where the group is about it; elsewhere it is taken as it comes.
        let isAboutRevocation = ["4.4", "4.5", "4.7", "4.14", "4.15"].contains(vector.group)
        let anchors = TrustAnchors([try certificate(anchor)])
        let chain = try vector.path.map(der)
        // A list that cannot be read is as good as none.
        let lists = vector.crls.compactMap { name in
            crls[name].flatMap { try? CertificateRevocationList(derEncoded: [UInt8]($0)) }
        }
        var log = DecisionLog(isEnabled: false)
        // Nobody is asked for by name, and no certificate of the suite says for which protocol or what usage it is.
        var request = PathRequest(
            anchors: anchors, identity: nil, purpose: .serverAuthentication, keyUsage: nil, at: PKITSVectors.now,
            allowedSignatures: allSchemes,
            policy: PathPolicy(
                certificatePolicies: vector.policyInputs,
                revocation: RevocationPolicy(
                    mode: isAboutRevocation ? .require : .prefer, lists: RevocationLists(lists))))
        request.nameCheck = .whenGiven
        do throws(CertificateError) {
            _ = try PathValidator.validate(try UnvalidatedPath.parse(chain, log: &log), request, log: &log)
            return nil
        } catch {
            return error.rule
        }
    }
}
