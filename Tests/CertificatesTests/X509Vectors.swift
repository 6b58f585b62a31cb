// X509Vectors.swift — TestVectors/x509, decoded: certificates by name, and cases to accept or refuse.
// Next: CertificateParsingTests.swift.

import Certificates
import Foundation
import TestSupport
import Testing
import WireFormat

/// paths.json, names.json and policies.json.
struct PathVectors: Decodable {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let chain: [String]
        let anchors: [String]
        /// Certificates whose keys are pinned.
        let pins: [String]?
        let identity: String?
        let purpose: String
        let at: Int64
        let schemes: [String]?
        let result: String
        let rule: String?
        let path: [String]?
        /// policies.json: what is asked of policies, and those that are found.
        let accepted: [String]?
        let explicit: Bool?
        let mapping: Bool?
        let any: Bool?
        let policies: [String]?

        var testDescription: String { name }

        var policyInputs: CertificatePolicyInputs {
            CertificatePolicyInputs(
                acceptedPolicies: accepted.map { Set($0.map(CertificatePolicy.init)) },
                requiresExplicitPolicy: explicit ?? false, inhibitsPolicyMapping: mapping ?? false,
                inhibitsAnyPolicy: any ?? false)
        }
    }

    let certificates: [String: HexBytes]
    let cases: [Case]

    static let paths = load("paths.json")
    static let names = load("names.json")
    static let policies = load("policies.json")

    private static func load(_ file: String) -> PathVectors {
        do {
            let data = try VectorFile.contents(SharedFolder.testVectors + "/x509/" + file)
            return try JSONDecoder().decode(PathVectors.self, from: data)
        } catch {
            Issue.record("\(file): \(error)")
            return PathVectors(certificates: [:], cases: [])
        }
    }

    func certificate(_ name: String) throws -> Certificate {
        try Certificate(derEncoded: try #require(certificates[name], "no certificate \(name)").bytes)
    }

    /// The cases whose name has this prefix.
    func cases(_ prefix: String) -> [Case] { cases.filter { $0.name.hasPrefix(prefix) } }

    /// Runs a case: the path found, or what was thrown.
    func run(_ vector: Case, log: inout DecisionLog) throws -> Result<ValidatedPath, CertificateError> {
        let chain = try vector.chain.map { try #require(certificates[$0], "no certificate \($0)").bytes }
        let anchors = TrustAnchors(try vector.anchors.map(certificate))
            .pinning(try (vector.pins ?? []).map { try PublicKeyPin(of: try certificate($0)) })
        let identity = try vector.identity.map { text in try ReferenceIdentity(text) }
        return Result { () throws(CertificateError) in
            try PathValidator.validate(
                try UnvalidatedPath.parse(chain, log: &log),
                PathRequest(
                    anchors: anchors, identity: identity,
                    purpose: vector.purpose == "server" ? .serverAuthentication : .clientAuthentication,
                    at: UnixTime(seconds: vector.at), allowedSignatures: schemes(vector),
                    policy: PathPolicy(certificatePolicies: vector.policyInputs)), log: &log)
        }
    }

    private func schemes(_ vector: Case) -> [SignatureScheme] {
        vector.schemes.map { names in allSchemes.filter { names.contains($0.description) } } ?? allSchemes
    }

    /// Runs a case and compares with what it states.
    func check(_ vector: Case) throws {
        var log = DecisionLog(isEnabled: true)
        switch try run(vector, log: &log) {
        case .success(let path):
            #expect(vector.result == "valid", "accepted, but \(vector.rule ?? "") is broken")
            #expect(path.certificates == (try (vector.path ?? []).map(certificate)))
            #expect(path.anchor == path.certificates.last)
            #expect(!log.decisions.isEmpty && log.decisions.allSatisfy { $0.outcome != .refused })
        case .failure(let error):
            #expect(vector.result == "invalid", "refused: \(error)")
            #expect(error.rule.rawValue == vector.rule, "\(error)")
            // Every refusal can be explained without looking anything up.
            #expect(!error.subject.isEmpty && !error.expected.isEmpty && !error.found.isEmpty && !error.advice.isEmpty)
        }
    }
}

/// What a client offers for certificates by default: everything but SHA-1.
let allSchemes: [SignatureScheme] = [
    .ecdsaSecp256r1SHA256, .ecdsaSecp384r1SHA384, .ecdsaSecp521r1SHA512, .ed25519, .ed448, .rsaPSSRSAESHA256,
    .rsaPSSRSAESHA384, .rsaPSSRSAESHA512, .rsaPSSPSSSHA256, .rsaPSSPSSSHA384, .rsaPSSPSSSHA512, .rsaPKCS1SHA256,
    .rsaPKCS1SHA384, .rsaPKCS1SHA512,
]

/// parsing.json.
struct ParsingVectors: Decodable {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let der: HexBytes
        let result: String
        let rule: String?

        var testDescription: String { name }
    }

    let cases: [Case]

    static let all: [Case] = {
        do {
            let data = try VectorFile.contents(SharedFolder.testVectors + "/x509/parsing.json")
            return try JSONDecoder().decode(ParsingVectors.self, from: data).cases
        } catch {
            Issue.record("parsing.json: \(error)")
            return []
        }
    }()
}

/// keys.json.
struct KeyVectors: Decodable {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let pem: String
        let result: String
        let rule: String?
        let certificate: String?

        var testDescription: String { name }
    }

    let certificates: [String: HexBytes]
    let cases: [Case]

    static let all: KeyVectors = {
        do {
            let data = try VectorFile.contents(SharedFolder.testVectors + "/x509/keys.json")
            return try JSONDecoder().decode(KeyVectors.self, from: data)
        } catch {
            Issue.record("keys.json: \(error)")
            return KeyVectors(certificates: [:], cases: [])
        }
    }()
}

/// DER for hostile input that no vector file should have to hold.
func tlv(_ tag: UInt8, _ contents: [UInt8]) -> [UInt8] {
    let count = contents.count
    if count < 0x80 { return [tag, UInt8(count)] + contents }
    if count < 0x100 { return [tag, 0x81, UInt8(count)] + contents }
    if count < 0x1_0000 { return [tag, 0x82, UInt8(count >> 8), UInt8(count & 0xff)] + contents }
    return [tag, 0x83, UInt8(count >> 16), UInt8(count >> 8 & 0xff), UInt8(count & 0xff)] + contents
}

/// PEM text of one block.
func armour(_ der: [UInt8], label: String = "CERTIFICATE") -> String {
    let text = Data(der).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
    return "-----BEGIN \(label)-----\n\(text)\n-----END \(label)-----\n"
}

/// Runs `body`, which must not throw anything but `CertificateError`; answers how long this thread worked on it, so that other
/// tests beside it do not count.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = threadSeconds()
    try body()
    return threadSeconds() - start
}

private func threadSeconds() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Debug builds do the same work about twenty times slower, and under a sanitizer (`scripts/check` says so in the environment)
/// slower still; the bounds of docs/attacks.md are for release builds.
let timeFactor: Double = {
    var factor = 1.0
    if ProcessInfo.processInfo.environment["SANITIZED_TESTS"] != nil { return 200 }
    assert(
        {
            factor = 20
            return true
        }())
    return factor
}()
