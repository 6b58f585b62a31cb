// PolicyTests.swift — which policies a path is valid for, and that no path of policies costs much.
// RFC 5280 §6.1.1-§6.1.5; RFC 9618.
// Next: PKITSVectors.swift.

import Certificates
import TestSupport
import Testing
import WireFormat

@Suite("Certificate policies")
struct PolicyTests {
    private let vectors = PathVectors.policies

    private func path(_ vector: PathVectors.Case) throws -> [Certificate] {
        let chain = try vector.chain.map(vectors.certificate)
        let anchor = try vectors.certificate(try #require(vector.anchors.first))
        return chain.last == anchor ? chain : chain + [anchor]
    }

    @Test(
        "RFC 9618 §5: a path is valid for these policies, or refused where one is required",
        arguments: PathVectors.policies.cases)
    func graph(_ vector: PathVectors.Case) throws {
        do {
            let valid = try PolicyCheck.validPolicies(of: try path(vector), vector.policyInputs)
            #expect(vector.result == "valid", "valid for \(valid)")
            #expect(valid.map(\.rawValue).sorted() == vector.policies)
        } catch let error as CertificateError {
            #expect(vector.result == "invalid", "refused: \(error)")
            #expect(error.rule == .certificatePolicy && error.alert == .certificateUnknown)
            #expect(!error.subject.isEmpty && !error.expected.isEmpty && !error.found.isEmpty)
        }
    }

    @Test(
        "RFC 5280 §6.1: path validation accepts and refuses the same paths", arguments: PathVectors.policies.cases)
    func validation(_ vector: PathVectors.Case) throws { try vectors.check(vector) }

    @Test("A refusal names the certificate at which no policy was left, and the policies on both sides")
    func explanation() throws {
        func refusal(_ name: String) throws -> CertificateError {
            let vector = try #require(vectors.cases.first { $0.name == name })
            let path = try path(vector)
            let inputs = vector.policyInputs
            return try #require(throws: CertificateError.self) { try PolicyCheck.validPolicies(of: path, inputs) }
        }
        let lost = try refusal("a policy that was lost does not come back")
        #expect(lost.subject.hasPrefix("intermediate certificate 1"))
        #expect(lost.expected == "1.3.6.1.4.1.99999.5.1" && lost.found == "1.3.6.1.4.1.99999.5.2")
        let none = try refusal("no policies in the peer's certificate")
        #expect(none.subject.hasPrefix("the peer's certificate") && none.found == "no certificatePolicies")
        let other = try refusal("another policy than the accepted")
        #expect(other.expected == "a path for the policy 1.3.6.1.4.1.99999.5.2")
        #expect(other.found == "one for 1.3.6.1.4.1.99999.5.1")
        #expect(other.description.contains("RFC 5280 §6.1.5"))
    }

    @Test("A path without a required policy is passed over for one that has it")
    func backtracking() throws {
        let vector = try #require(PathVectors.paths.cases.first { $0.name == "a twin without policies is passed over" })
        try PathVectors.paths.check(vector)
    }

    @Test(
        "T-40, RFC 9618 §1: ten certificates of as many policies and mappings as there may be are checked in less than 50 ms"
    )
    func hostile() throws {
        for shape in HostileShape.allCases {
            let path = try (0..<10).map { depth in
                try Certificate(
                    derEncoded: HostileCertificateTests.wrapped(extensions: shape.extensions(depth)))
            }
            for requires in [false, true] {
                var count = 0
                let time = seconds {
                    let inputs = CertificatePolicyInputs(requiresExplicitPolicy: requires)
                    count = (try? PolicyCheck.validPolicies(of: path, inputs))?.count ?? 0
                }
                // Otherwise the graph was empty early, and cost nothing.
                #expect(count == shape.validPolicies, "\(shape)")
                #expect(time < 0.05 * timeFactor, "\(shape): \(time) s")
            }
        }
    }
}

/// Certificates made to cost as much as they can.
private enum HostileShape: CaseIterable {
    /// Every policy mapped to policies of its own, with anyPolicy, so that each level keeps all of the one above.
    case growing
    /// All policies mapped to one, which is what all others have as a parent.
    case converging
    /// 16 policies, each mapped to all 16: the tree of RFC 5280 would have 16 to the tenth nodes.
    case exponential

    var validPolicies: Int {
        switch self {
        // 255 named and 256 mapped at each of 9 depths, of which the last has no mappings, and anyPolicy.
        case .growing: 9 * 255 + 8 * 256 + 1
        case .converging: 256
        case .exponential: 16
        }
    }

    func extensions(_ depth: Int) -> [[UInt8]] {
        switch self {
        case .growing:
            let own = (0..<255).map { policy(depth, $0) } + [[0x06, 0x04, 0x55, 0x1d, 0x20, 0x00]]
            return [policies(own), mappings((0..<256).map { (policy(depth + 16, $0), policy(depth + 32, $0)) })]
        case .converging:
            let own = (0..<256).map { policy(0, $0) }
            let all = (0..<256).map { (policy(0, 0), policy(0, $0)) }
            return [policies(own), mappings(depth % 2 == 0 ? all : all.map { ($0.1, $0.0) })]
        case .exponential:
            let own = (0..<16).map { policy(0, $0) }
            return [policies(own), mappings(own.flatMap { one in own.map { (one, $0) } })]
        }
    }

    private func policy(_ arc: Int, _ number: Int) -> [UInt8] {
        [0x06, 0x05, 0x2a, 0x03, UInt8(arc), UInt8(0x81 + number >> 7), UInt8(number & 0x7f)]
    }

    private func policies(_ list: [[UInt8]]) -> [UInt8] {
        tlv(0x30, [0x06, 0x03, 0x55, 0x1d, 0x20] + tlv(0x04, tlv(0x30, list.flatMap { tlv(0x30, $0) })))
    }

    private func mappings(_ list: [([UInt8], [UInt8])]) -> [UInt8] {
        tlv(0x30, [0x06, 0x03, 0x55, 0x1d, 0x21] + tlv(0x04, tlv(0x30, list.flatMap { tlv(0x30, $0.0 + $0.1) })))
    }
}
