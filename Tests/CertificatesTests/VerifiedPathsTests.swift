// VerifiedPathsTests.swift — what is taken from a validation before, and what never.
// RFC 5280 §6.1.
// Next: TrustAnchorConstraintTests.swift.

import Certificates
import TestSupport
import Testing
import WireFormat

@Suite("VerifiedPaths")
struct VerifiedPathsTests {
    private static let now = UnixTime(seconds: 1_780_000_000)

    private let path: UnvalidatedPath
    private let request: PathRequest

    init() throws {
        let vectors = PathVectors.paths
        path = UnvalidatedPath(
            leaf: try vectors.certificate("leaf"), intermediates: [try vectors.certificate("issuing")])
        request = PathRequest(
            anchors: TrustAnchors([try vectors.certificate("root")]),
            identity: try ReferenceIdentity("server.example.org"), purpose: .serverAuthentication, at: Self.now,
            allowedSignatures: allSchemes)
    }

    private func validate(_ request: PathRequest) throws(CertificateError) -> ValidatedPath {
        var log = DecisionLog(isEnabled: false)
        return try PathValidator.validate(path, request, log: &log)
    }

    @Test("A path that was validated is found again, without its signature checks")
    func found() throws {
        var first: ValidatedPath?
        let search = try seconds { first = try validate(request) }
        #expect(request.anchors.verifiedPaths.count == 1)
        var same = 0
        let lookUps = try seconds {
            for _ in 0..<10 where try validate(request) == first { same += 1 }
        }
        #expect(same == 10)
        // Two checks of P-256 signatures take some 2 ms in a debug build, a look-up less than a tenth of it.
        #expect(lookUps / 10 < search / 2, "\(lookUps / 10) s and \(search) s")
        // A copy of the anchors is the same anchors; others that are equal know nothing.
        #expect(request.anchors.pinning([]).verifiedPaths.count == 0)
    }

    @Test("Whatever is asked differently is validated anew, and refused when it breaks a rule")
    func askedDifferently() throws {
        _ = try validate(request)
        for (rule, change): (CertificateError.Rule, (inout PathRequest) throws -> Void) in [
            (.nameMatch, { $0.identity = try ReferenceIdentity("other.example.org") }),
            (.nameMatch, { $0.identity = nil }),
            (.extendedKeyUsage, { $0.purpose = .clientAuthentication }),
            (.leafKeyUsage, { $0.keyUsage = .keyEncipherment }),
            (.signatureAlgorithmPermitted, { $0.allowedSignatures = [.ed25519] }),
            (.pathDepth, { $0.policy.maximumDepth = 2 }),
            (.certificatePolicy, { $0.policy.certificatePolicies.requiresExplicitPolicy = true }),
            (.expired, { $0.now = UnixTime(seconds: 4_000_000_000) }),
            (.notYetValid, { $0.now = UnixTime(seconds: 1_000_000_000) }),
            (.unknownIssuer, { $0.anchors = TrustAnchors([]) }),
        ] {
            var other = request
            try change(&other)
            do throws(CertificateError) {
                _ = try validate(other)
                Issue.record("accepted although \(rule) is broken")
            } catch { #expect(error.rule == rule, "\(error)") }
        }
        // Other certificates beside the same leaf are another question.
        var log = DecisionLog(isEnabled: false)
        do throws(CertificateError) {
            let alone = UnvalidatedPath(leaf: path.leaf, intermediates: [])
            _ = try PathValidator.validate(alone, request, log: &log)
            Issue.record("accepted without its issuer")
        } catch { #expect(error.rule == .unknownIssuer) }
    }

    @Test("A path outside its window of time is forgotten")
    func forgotten() throws {
        _ = try validate(request)
        var later = request
        later.now = UnixTime(seconds: 4_000_000_000)
        #expect(throws: CertificateError.self) { try validate(later) }
        #expect(request.anchors.verifiedPaths.count == 0)
    }

    @Test("A validation that is reported makes every check")
    func reported() throws {
        _ = try validate(request)
        var log = DecisionLog(isEnabled: true)
        _ = try PathValidator.validate(path, request, log: &log)
        #expect(log.decisions.filter { $0.section == "RFC 5280 §6.1.3" }.count == 2)
    }

    @Test("No more than 256 paths are kept, and those used last stay")
    func bounded() throws {
        let root = try PathVectors.paths.certificate("root")
        var log = DecisionLog(isEnabled: false)
        let usual = try validate(request)
        for count in 1...(VerifiedPaths.capacity + 10) {
            // The same certificate so many times is another question each time.
            let other = UnvalidatedPath(
                leaf: path.leaf, intermediates: path.intermediates + Array(repeating: root, count: count))
            _ = try PathValidator.validate(other, request, log: &log)
            #expect(request.anchors.verifiedPaths.count <= VerifiedPaths.capacity)
            if count.isMultiple(of: 50) { #expect(try validate(request) == usual) }
        }
        #expect(request.anchors.verifiedPaths.count == VerifiedPaths.capacity)
    }
}
