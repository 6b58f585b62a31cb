// FuzzEntry.swift — what a fuzzer calls with octets of its own, and the tests with those that were worth keeping.
// docs/fuzzing.md.
// Next: BuildingInput.swift.

import Certificates
import WireFormat

/// Each entry answers what is wrong: nothing, unless an invariant is broken. A trap or an endless loop is for the caller to see.
package enum FuzzEntry {
    /// Any octets as each thing that is parsed, and whatever comes out of them printed.
    package static func parsing(_ octets: [UInt8]) -> [String] {
        var broken: [String] = []
        if let certificate = try? Certificate(derEncoded: octets) {
            broken += check(certificate)
            if certificate.derEncoded != octets { broken.append("a certificate is not what it was parsed from") }
        }
        for certificate in (try? Certificate.parse(pem: octets)) ?? [] { broken += check(certificate) }
        if let anchors = try? TrustAnchors(pem: octets) {
            _ = "\(anchors.skipped)"
            for certificate in anchors.certificates { broken += check(certificate) }
        }
        for list in (try? CertificateRevocationList.parse(file: octets)) ?? [] {
            let isPrintable = "\(list.issuer)".unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
            if !isPrintable || list.nextUpdate.description.isEmpty { broken.append("a list cannot be printed") }
        }
        return broken
    }

    private static func check(_ certificate: Certificate) -> [String] {
        let facts = (try? certificate.facts) ?? []
        let text = facts.flatMap { [$0.name] + $0.values }.joined() + "\(certificate) \(certificate.issuer)"
        // What a terminal could take for a command.
        let isPrintable = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
        return isPrintable ? [] : ["a certificate writes to the terminal"]
    }

    /// Options and certificates as a peer may send them, the last of which is the trust anchor.
    package static func building(_ octets: [UInt8]) -> [String] {
        guard let input = BuildingInput(octets) else { return [] }
        var log = DecisionLog(isEnabled: input.isLogged)
        let explained = PathValidator.explain(input.path, input.request, log: &log)
        var broken: [String] = []
        if explained.attempts.isEmpty || explained.attempts.count > 64 {
            broken.append("\(explained.attempts.count) attempts")
        }
        let failures = PathValidator.failures(input.path, input.request)
        switch explained.result {
        case .success(let path):
            if !failures.isEmpty { broken.append("an accepted path has failures: \(failures)") }
            broken += check(path, input)
        case .failure(let error):
            if failures.isEmpty { broken.append("a refused path has no failures: \(error)") }
            _ = "\(error)"
        }
        return broken
    }

    private static func check(_ path: ValidatedPath, _ input: BuildingInput) -> [String] {
        let certificates = path.certificates
        var broken: [String] = []
        if certificates.first != input.path.leaf { broken.append("the path does not begin with the peer") }
        if certificates.count > input.request.policy.maximumDepth { broken.append("the path is too long") }
        if Set(certificates).count != certificates.count { broken.append("a certificate is in the path twice") }
        let anchors = input.request.anchors
        let isPinned = certificates.count == 1
        if !isPinned, !anchors.certificates.contains(path.anchor) { broken.append("the path ends in no anchor") }
        if isPinned, anchors.pins.isEmpty { broken.append("a path of one certificate without a pin") }
        for certificate in certificates
        where input.request.now < certificate.notBefore || input.request.now > certificate.notAfter {
            broken.append("a certificate is not valid now")
        }
        return broken
    }
}
