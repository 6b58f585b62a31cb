// HostileCertificateTests.swift — input made to cost time, memory or a trap.
// RFC 5280 §8; docs/attacks.md T-39, T-47.
// Next: PathValidatorTests.swift.

import Certificates
import TestSupport
import Testing
import WireFormat

@Suite("Hostile certificates")
struct HostileCertificateTests {
    /// docs/attacks.md, T-39.
    private static let limit = 0.05

    private static let hostile: [(name: String, der: [UInt8])] = [
        ("1000 levels of SEQUENCE", nested(1000)),
        ("20000 levels of SEQUENCE", nested(20_000)),
        ("20000 levels inside an extension", wrapped(extensions: [extensionOf(nested(13_000))])),
        ("30000 empty values", tlv(0x30, Array(repeating: [0x05, 0x00], count: 30_000).flatMap { $0 })),
        ("30000 empty sequences", tlv(0x30, Array(repeating: [0x30, 0x00], count: 30_000).flatMap { $0 })),
        ("an object identifier of 60000 bytes", tlv(0x30, tlv(0x06, Array(repeating: 0x2a, count: 60_000)))),
        ("an INTEGER of 60000 bytes", tlv(0x30, tlv(0x02, Array(repeating: 0x7f, count: 60_000)))),
        ("a certificate of 70000 bytes", tlv(0x30, tlv(0x04, Array(repeating: 0, count: 70_000)))),
        ("a length of 2^32 - 1", [0x30, 0x84, 0xff, 0xff, 0xff, 0xff]),
        ("a length of 2^64 - 1", [0x30, 0x88] + Array(repeating: 0xff, count: 8)),
        ("a length of 127 octets", [0x30, 0xff] + Array(repeating: 0xff, count: 127)),
        ("indefinite lengths all the way", Array(repeating: [0x30, 0x80], count: 20_000).flatMap { $0 }),
        ("a high tag number without end", [0x3f] + Array(repeating: 0xff, count: 60_000)),
        ("3000 extensions", wrapped(extensions: (0..<3000).map { unknownExtension($0) })),
        ("4000 attributes in one name", wrapped(subject: tlv(0x30, tlv(0x31, Array(attributes(4000).joined()))))),
        ("4000 parts in one name", wrapped(subject: tlv(0x30, attributes(4000).flatMap { tlv(0x31, $0) }))),
        ("6000 names", wrapped(extensions: [names(6000)])),
    ]

    @Test("T-39: a hostile certificate is dealt with in less than 50 ms", arguments: hostile.indices)
    func bounded(_ index: Int) {
        let (name, der) = HostileCertificateTests.hostile[index]
        let time = seconds { _ = try? Certificate(derEncoded: der) }
        #expect(time < HostileCertificateTests.limit * timeFactor, "\(name): \(time) s")
    }

    @Test(
        "T-39: nesting, object identifiers, integers and sizes beyond the limits are refused by name", arguments: 0..<8)
    func limits(_ index: Int) {
        let (name, der) = HostileCertificateTests.hostile[index]
        #expect(throws: CertificateError.self, "\(name)") { try Certificate(derEncoded: der) }
        do {
            _ = try Certificate(derEncoded: der)
        } catch {
            #expect(error.rule == .parsingLimit, "\(name): \(error)")
        }
    }

    @Test("T-39: 6000 names in a certificate of 64 KiB parse")
    func manyNames() throws {
        let certificate = try Certificate(
            derEncoded: HostileCertificateTests.wrapped(
                extensions: [HostileCertificateTests.names(6000)]))
        #expect(certificate.subjectAlternativeName.count == 6000)
    }

    @Test("T-39: a chain of 100 KiB is parsed and searched in less than 50 ms")
    func longChain() throws {
        let vectors = PathVectors.paths
        let leaf = try vectors.certificate("leaf").derEncoded
        let padding = try Certificate(
            derEncoded: HostileCertificateTests.wrapped(
                extensions: [HostileCertificateTests.names(160)]))
        let chain = [leaf] + Array(repeating: padding.derEncoded, count: UnvalidatedPath.mostCertificates - 1)
        #expect(chain.reduce(0) { $0 + $1.count } > 100 * 1024)
        let anchors = TrustAnchors([try vectors.certificate("root")])
        let identity = try ReferenceIdentity("server.example.org")
        var log = DecisionLog(isEnabled: false)
        let time = seconds {
            _ = try? PathValidator.validate(
                try UnvalidatedPath.parse(chain, log: &log),
                PathRequest(
                    anchors: anchors, identity: identity,
                    purpose: .serverAuthentication, at: UnixTime(seconds: 1_780_000_000), allowedSignatures: allSchemes),
                log: &log)
        }
        #expect(time < HostileCertificateTests.limit * timeFactor, "\(time) s")
        #expect(throws: CertificateError.self) { try UnvalidatedPath.parse(chain + [leaf], log: &log) }
    }

    @Test("T-47: no change of one to four bytes of a certificate makes the parser trap")
    func mutations() throws {
        var generator = SplitMix64(state: 0x5eed)
        let seeds = try ["leaf", "issuing", "nc1", "ncleaf21", "rsa-pss-pss-sha256", "issuing-qualified-policy"].map {
            try PathVectors.paths.certificate($0).derEncoded
        }
        let policies = PathVectors.policies
        let mapped = try #require(policies.cases.first { $0.name == "inhibitPolicyMapping of 1" })
        let path = try (mapped.chain + mapped.anchors).map(policies.certificate)
        var parsed = 0
        for round in 0..<6000 {
            var der = (seeds + path.map(\.derEncoded))[round % (seeds.count + path.count)]
            for _ in 0...Int.random(in: 0...3, using: &generator) {
                let index = Int.random(in: der.indices, using: &generator)
                switch Int.random(in: 0...4, using: &generator) {
                case 0: der[index] ^= 1 << UInt8.random(in: 0...7, using: &generator)
                case 1: der[index] = UInt8.random(in: 0...255, using: &generator)
                case 2: der.remove(at: index)
                case 3: der.insert(UInt8.random(in: 0...255, using: &generator), at: index)
                default: der[index] = [0x00, 0x7f, 0x80, 0xff, 0x30, 0x82].randomElement(using: &generator) ?? 0
                }
            }
            guard let certificate = try? Certificate(derEncoded: der) else { continue }
            parsed += 1
            // Whatever was read must be printable too.
            _ = "\(certificate) \(certificate.issuer) \(certificate.subjectAlternativeName)"
            // And whatever policies it has can be followed from it and to it.
            for changed in [path + [certificate], [certificate] + path] {
                _ = try? PolicyCheck.validPolicies(of: changed, CertificatePolicyInputs(requiresExplicitPolicy: true))
            }
        }
        // Otherwise the changes would all be caught at the first byte and test nothing.
        #expect(parsed > 100)
    }

    @Test("T-47: no certificate cut off anywhere makes the parser trap, and none parses")
    func truncations() throws {
        let der = try PathVectors.paths.certificate("issuing-qualified-policy").derEncoded
        for count in der.indices {
            #expect(throws: CertificateError.self) { try Certificate(derEncoded: Array(der[..<count])) }
        }
    }

    @Test("T-47: no changed chain makes the search trap")
    func changedChains() throws {
        var generator = SplitMix64(state: 0xc4a1)
        let vectors = PathVectors.paths
        let chain = try ["leaf", "issuing", "root"].map { try vectors.certificate($0).derEncoded }
        let anchors = TrustAnchors([try vectors.certificate("root")])
        let identity = try ReferenceIdentity("server.example.org")
        for _ in 0..<400 {
            var changed = chain
            let which = Int.random(in: 0..<2, using: &generator)
            let index = Int.random(in: changed[which].indices, using: &generator)
            changed[which][index] ^= 1 << UInt8.random(in: 0...7, using: &generator)
            var log = DecisionLog(isEnabled: true)
            // Each byte of leaf and intermediate is signed, or is the signature.
            #expect(throws: CertificateError.self) {
                try PathValidator.validate(
                    try UnvalidatedPath.parse(changed, log: &log),
                    PathRequest(
                        anchors: anchors, identity: identity,
                        purpose: .serverAuthentication, at: UnixTime(seconds: 1_780_000_000),
                        allowedSignatures: allSchemes), log: &log)
            }
        }
    }

    // Makers of hostile DER.

    private static func nested(_ depth: Int) -> [UInt8] {
        // Inside out, by lengths: building the arrays level by level would be quadratic.
        var lengths: [Int] = []
        var length = 0
        for _ in 0..<depth {
            lengths.append(length)
            length += length < 0x80 ? 2 : length < 0x100 ? 3 : length < 0x1_0000 ? 4 : 5
        }
        return lengths.reversed().flatMap { (length: Int) -> [UInt8] in
            if length < 0x80 { return [0x30, UInt8(length)] }
            if length < 0x100 { return [0x30, 0x81, UInt8(length)] }
            if length < 0x1_0000 { return [0x30, 0x82, UInt8(length >> 8), UInt8(length & 0xff)] }
            return [0x30, 0x83, UInt8(length >> 16), UInt8(length >> 8 & 0xff), UInt8(length & 0xff)]
        }
    }

    private static func attributes(_ count: Int) -> [[UInt8]] {
        Array(repeating: tlv(0x30, [0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x01, 0x61]), count: count)
    }

    private static func extensionOf(_ value: [UInt8]) -> [UInt8] {
        tlv(0x30, [0x06, 0x03, 0x55, 0x1d, 0x13] + tlv(0x04, value))
    }

    private static func unknownExtension(_ number: Int) -> [UInt8] {
        tlv(0x30, [0x06, 0x04, 0x2a, 0x03, UInt8(0x81 + number >> 7 & 0x3f), UInt8(number & 0x7f)] + tlv(0x04, []))
    }

    private static func names(_ count: Int) -> [UInt8] {
        let list = (0..<count).flatMap { tlv(0x82, Array("n\($0).x.example".utf8.prefix(8))) }
        return tlv(0x30, [0x06, 0x03, 0x55, 0x1d, 0x11] + tlv(0x04, tlv(0x30, list)))
    }

    /// A certificate of the right shape around what is given; its signature is no signature.
    static func wrapped(extensions: [[UInt8]] = [], subject: [UInt8]? = nil) -> [UInt8] {
        let algorithm = tlv(0x30, [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02])
        let name = tlv(0x30, attributes(1).flatMap { tlv(0x31, $0) })
        let time = tlv(0x17, Array("250101000000Z".utf8))
        let key = tlv(0x30, tlv(0x30, [0x06, 0x03, 0x2b, 0x65, 0x70]) + tlv(0x03, Array(repeating: 0, count: 33)))
        var fields: [UInt8] = [0xa0, 0x03, 0x02, 0x01, 0x02, 0x02, 0x01, 0x01] + algorithm
        fields += name + tlv(0x30, time + time) + (subject ?? name) + key
        if !extensions.isEmpty { fields += tlv(0xa3, tlv(0x30, extensions.flatMap { $0 })) }
        return tlv(0x30, tlv(0x30, fields) + algorithm + tlv(0x03, [0, 0]))
    }
}

/// A generator with a seed, so that a failure can be repeated.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
