// TrustAnchorConstraintTests.swift — what a user restricts an anchor to, and the ways a search went.
// RFC 5937 §3; RFC 5280 §6.1.1(d).
// Next: ReferenceIdentityTests.swift.

import Certificates
import TestSupport
import Testing
import WireFormat

@Suite("TrustAnchorConstraints")
struct TrustAnchorConstraintTests {
    private static let now = UnixTime(seconds: 1_780_000_000)

    private static func request(_ constraints: TrustAnchorConstraints) throws -> PathRequest {
        PathRequest(
            anchors: TrustAnchors(
                anchors: [TrustAnchor(try PathVectors.paths.certificate("root"), constraints: constraints)]),
            identity: try ReferenceIdentity("server.example.org"), purpose: .serverAuthentication, at: now,
            allowedSignatures: allSchemes)
    }

    /// leaf ← issuing ← root, or what is wrong with it.
    private static func refusal(_ constraints: TrustAnchorConstraints) throws -> CertificateError? {
        let path = UnvalidatedPath(
            leaf: try PathVectors.paths.certificate("leaf"),
            intermediates: [try PathVectors.paths.certificate("issuing")])
        var log = DecisionLog(isEnabled: false)
        let request = try request(constraints)
        do throws(CertificateError) {
            _ = try PathValidator.validate(path, request, log: &log)
            return nil
        } catch { return error }
    }

    @Test("An anchor that is not restricted, or to what is below it, leads on")
    func permitted() throws {
        let domain = try DNSName("example.org")
        let leaf = try PathVectors.paths.certificate("leaf")
        for constraints in [
            TrustAnchorConstraints(), TrustAnchorConstraints(purposes: [.serverAuthentication]),
            TrustAnchorConstraints(permittedDomains: [domain]),
            TrustAnchorConstraints(permittedDomains: [try DNSName("server.example.org")]),
            TrustAnchorConstraints(excludedDomains: [try DNSName("other.example.org"), try DNSName("xample.org")]),
            TrustAnchorConstraints(distrustAfter: leaf.notBefore), TrustAnchorConstraints(pathLength: 1),
        ] {
            let error = try Self.refusal(constraints)
            #expect(error == nil)
        }
    }

    @Test("RFC 5937 §3: a path that breaks what its anchor is restricted to is refused")
    func refused() throws {
        let leaf = try PathVectors.paths.certificate("leaf")
        let before = UnixTime(seconds: leaf.notBefore.seconds - 1)
        for (constraints, found) in [
            (TrustAnchorConstraints(purposes: [.clientAuthentication]), "server"),
            (TrustAnchorConstraints(purposes: []), "server"),
            (TrustAnchorConstraints(permittedDomains: [try DNSName("example.com")]), "DNS:server.example.org"),
            (TrustAnchorConstraints(permittedDomains: []), "DNS:server.example.org"),
            (TrustAnchorConstraints(excludedDomains: [try DNSName("example.org")]), "DNS:server.example.org"),
            (TrustAnchorConstraints(distrustAfter: before), "\(leaf.notBefore)"),
            (TrustAnchorConstraints(pathLength: 0), "1"),
        ] {
            let error = try #require(try Self.refusal(constraints), "accepted: \(constraints)")
            #expect(error.rule == .anchorConstraints && error.found == found, "\(error)")
            #expect(error.subject.hasPrefix("the trust anchor"))
        }
    }

    @Test("A search tells every way it went, and where each ended")
    func attempts() throws {
        let vectors = PathVectors.paths
        let vector = try #require(vectors.cases("an expired twin of the issuer is passed over").first)
        let request = PathRequest(
            anchors: TrustAnchors(try vector.anchors.map(vectors.certificate)),
            identity: try ReferenceIdentity(vector.identity ?? ""), purpose: .serverAuthentication,
            at: UnixTime(seconds: vector.at), allowedSignatures: allSchemes)
        let chain = try vector.chain.map(vectors.certificate)
        var log = DecisionLog(isEnabled: false)
        let path = UnvalidatedPath(leaf: chain[0], intermediates: Array(chain.dropFirst()))
        let explained = PathValidator.explain(path, request, log: &log)
        #expect(try explained.result.get().certificates.count == 3)
        #expect(explained.attempts.map { $0.error?.rule } == [.expired, nil])
        #expect(explained.attempts.map(\.reachesAnchor) == [false, true])
        #expect(explained.attempts.allSatisfy { $0.certificates.first == chain[0] })
        // One that ends at the peer's own certificate.
        var later = request
        later.now = UnixTime(seconds: 4_000_000_000)
        let expired = PathValidator.explain(path, later, log: &log)
        #expect(expired.attempts.map { $0.error?.rule } == [.expired])
        #expect(expired.attempts.first?.certificates == [chain[0]])
    }

    @Test("RFC 5280 §6.1: a policy's depth is a limit below that of the library, never above")
    func depth() throws {
        let vectors = PathVectors.paths
        let path = UnvalidatedPath(
            leaf: try vectors.certificate("leaf"), intermediates: [try vectors.certificate("issuing")])
        var request = try Self.request(TrustAnchorConstraints())
        var log = DecisionLog(isEnabled: false)
        for (depth, isEnough) in [(-1, false), (1, false), (2, false), (3, true), (1000, true)] {
            request.policy.maximumDepth = depth
            #expect((1...PathPolicy.greatestDepth).contains(request.policy.maximumDepth))
            let rule: CertificateError.Rule?
            do throws(CertificateError) {
                _ = try PathValidator.validate(path, request, log: &log)
                rule = nil
            } catch { rule = error.rule }
            #expect(rule == (isEnough ? nil : .pathDepth), "\(depth)")
        }
    }
}
