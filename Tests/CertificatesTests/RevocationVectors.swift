// RevocationVectors.swift — TestVectors/revocation, decoded: lists to parse, and paths with lists and staples.
// Next: RevocationListTests.swift.

import Certificates
import Foundation
import TestSupport
import Testing
import WireFormat

/// lists.json.
struct RevocationListVectors: Decodable {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let der: HexBytes
        let result: String
        let rule: String?
        let says: String?
        let count: Int?

        var testDescription: String { name }
    }

    let cases: [Case]

    static let all: [Case] = {
        do {
            let data = try VectorFile.contents(SharedFolder.testVectors + "/revocation/lists.json")
            return try JSONDecoder().decode(RevocationListVectors.self, from: data).cases
        } catch {
            Issue.record("lists.json: \(error)")
            return []
        }
    }()

    static func der(_ name: String) throws -> [UInt8] {
        try #require(all.first { $0.name == name }, "no list \(name)").der.bytes
    }
}

/// status.json.
struct StatusVectors: Decodable {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let path: [String]
        let mode: String
        let scope: String
        let lists: [String]
        let staple: String?
        let requested: Bool
        let at: Int64
        let result: String
        let rule: String?
        let until: Int64?
        let says: String?

        var testDescription: String { name }
    }

    let certificates: [String: HexBytes]
    let lists: [String: HexBytes]
    let responses: [String: HexBytes]
    let cases: [Case]

    static let all: StatusVectors = {
        do {
            let data = try VectorFile.contents(SharedFolder.testVectors + "/revocation/status.json")
            return try JSONDecoder().decode(StatusVectors.self, from: data)
        } catch {
            Issue.record("status.json: \(error)")
            return StatusVectors(certificates: [:], lists: [:], responses: [:], cases: [])
        }
    }()

    /// The cases about T-44, and the others.
    static let attacks = all.cases.filter { $0.name.hasPrefix("T-44") }
    static let others = all.cases.filter { !$0.name.hasPrefix("T-44") }

    func certificate(_ name: String) throws -> Certificate {
        try Certificate(derEncoded: try #require(certificates[name], "no certificate \(name)").bytes)
    }

    func list(_ name: String) throws -> CertificateRevocationList {
        try CertificateRevocationList(derEncoded: try #require(lists[name], "no list \(name)").bytes)
    }

    func response(_ name: String) throws -> [UInt8] { try #require(responses[name], "no response \(name)").bytes }

    func policy(_ vector: Case) throws -> RevocationPolicy {
        RevocationPolicy(
            mode: try #require(RevocationPolicy.Mode(rawValue: vector.mode)),
            scope: try #require(RevocationPolicy.Scope(rawValue: vector.scope)),
            lists: RevocationLists(try vector.lists.map(list)))
    }

    /// The check of a case, before it runs.
    func revocationCheck(_ vector: Case, signatureChecks: Int = 0) throws -> RevocationCheck {
        RevocationCheck(
            path: try vector.path.map(certificate), policy: try policy(vector), at: UnixTime(seconds: vector.at),
            stapledResponse: try vector.staple.map(response), isStatusRequested: vector.requested,
            allowedSignatures: allSchemes, signatureChecks: signatureChecks, log: DecisionLog(isEnabled: true))
    }

    /// Runs a case and compares with what it states.
    func check(_ vector: Case) throws {
        var check = try revocationCheck(vector)
        switch Result(catching: { () throws(CertificateError) in try check.run() }) {
        case .success(let window):
            #expect(vector.result == "valid", "accepted, but \(vector.rule ?? "") is broken")
            #expect(window.last.seconds == vector.until ?? .max, "\(window.last)")
            #expect(window.first.seconds <= vector.at)
            if let says = vector.says {
                #expect(check.log.decisions.contains { $0.found.contains(says) }, "\(check.log.decisions)")
            }
            #expect(check.log.decisions.allSatisfy { $0.outcome != .refused })
        case .failure(let error):
            #expect(vector.result == "invalid", "refused: \(error)")
            #expect(error.rule.rawValue == vector.rule, "\(error)")
            if let says = vector.says { #expect(error.found.contains(says), "\(error)") }
            #expect(!error.subject.isEmpty && !error.expected.isEmpty && !error.found.isEmpty && !error.advice.isEmpty)
        }
    }

    /// The case of this name.
    func named(_ name: String) throws -> Case { try #require(cases.first { $0.name == name }, "no case \(name)") }
}
