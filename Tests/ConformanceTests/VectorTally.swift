// VectorTally.swift — counts the cases of one primitive from one source and says them in one line.
// Next: PrimitiveChecks.swift.

import CryptoGlue
import Foundation
import Synchronization
import Testing

/// What the source of a case says must happen.
enum Verdict: String, Decodable {
    /// Must give the stated answer.
    case valid
    /// Must be refused.
    case invalid
    /// May do either, with the right answer when it gives one.
    case acceptable
}

/// What happened.
enum Outcome {
    /// The stated answer.
    case passed
    /// A refusal of the kind that bad input deserves.
    case refused
    /// Neither: another answer, or an error that speaks of something else than bad input.
    case wrong(String)

    /// Runs a check; a thrown error counts as a refusal only when it speaks of the input.
    init(_ check: () throws -> Outcome) {
        do {
            self = try check()
        } catch let error as CryptoError {
            switch error {
            case .authenticationFailed, .badSignature, .invalidPeerShare, .invalidDHShare, .invalidKey,
                .lengthOutOfRange:
                self = .refused
            case .unsupported, .backendTooOld, .backend:
                self = .wrong("\(error)")
            }
        } catch {
            self = .wrong("\(error)")
        }
    }

    /// Passed when the two are equal.
    static func comparing(_ found: [UInt8], with expected: [UInt8]) -> Outcome {
        found == expected ? .passed : .wrong("the answer differs")
    }
}

/// The count of one primitive from one source. ``finish(expecting:)`` prints it and fails the test on any case that
/// went wrong.
struct VectorTally {
    private let subject: String
    private let source: String
    private var valid = 0
    private var invalid = 0
    private var taken = 0
    private var declined = 0
    private var setAside: [(reason: String, count: Int)] = []
    private var failures: [String] = []

    init(_ subject: String, source: String) {
        self.subject = subject
        self.source = source
    }

    /// Compares what happened with what had to happen.
    mutating func record(_ verdict: Verdict, _ outcome: Outcome, _ name: @autoclosure () -> String) {
        switch (verdict, outcome) {
        case (.valid, .passed): valid += 1
        case (.invalid, .refused): invalid += 1
        case (.acceptable, .passed): taken += 1
        case (.acceptable, .refused): declined += 1
        case (.valid, .refused): failures.append("\(name()): valid, refused")
        case (.invalid, .passed): failures.append("\(name()): invalid, accepted")
        case (_, .wrong(let why)): failures.append("\(name()): \(verdict.rawValue): \(why)")
        }
    }

    /// Counts a case that the interface cannot be asked, with the reason.
    mutating func setAside(_ reason: String) {
        if let index = setAside.firstIndex(where: { $0.reason == reason }) {
            setAside[index].count += 1
        } else {
            setAside.append((reason, 1))
        }
    }

    /// How many cases were run.
    var count: Int { passed + failures.count }

    private var passed: Int { valid + invalid + taken + declined }
    private var notApplicable: Int { setAside.reduce(0) { $0 + $1.count } }

    /// Prints the line and checks that nothing failed and that no case was lost on the way.
    ///
    /// - Parameter expected: how many cases the source has, when it says so.
    func finish(expecting expected: Int? = nil) {
        var line = "vectors: \(subject) \(passed) passed (\(valid) valid, \(invalid) invalid refused"
        if taken + declined > 0 { line += ", \(taken) acceptable accepted, \(declined) acceptable refused" }
        line += ")"
        if !failures.isEmpty { line += ", \(failures.count) FAILED" }
        if !setAside.isEmpty {
            line += ", \(notApplicable) not applicable ("
            line += setAside.map { "\($0.reason): \($0.count)" }.joined(separator: "; ") + ")"
        }
        print(line + ", source \(source)")
        VectorTotal.add(passed: passed, failed: failures.count, notApplicable: notApplicable)

        #expect(failures.isEmpty, "\(failures.prefix(20).joined(separator: "\n"))")
        #expect(passed + failures.count > 0, "no case was run")
        if let expected {
            #expect(passed + failures.count + notApplicable == expected, "cases were lost")
        }
    }
}

/// The sum over all tallies, printed when the process ends.
private enum VectorTotal {
    private struct Sum {
        var sources = 0
        var passed = 0
        var failed = 0
        var notApplicable = 0
    }
    private static let sum = Mutex(Sum())

    static func add(passed: Int, failed: Int, notApplicable: Int) {
        let isFirst = sum.withLock { sum in
            sum.sources += 1
            sum.passed += passed
            sum.failed += failed
            sum.notApplicable += notApplicable
            return sum.sources == 1
        }
        if isFirst { atexit { VectorTotal.report() } }
    }

    private static func report() {
        let sum = sum.withLock { $0 }
        print(
            "vectors: in all \(sum.passed) passed, \(sum.failed) failed, \(sum.notApplicable) not applicable,"
                + " in \(sum.sources) groups")
    }
}
