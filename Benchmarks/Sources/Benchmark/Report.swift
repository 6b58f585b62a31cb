// Report.swift — medians, verdicts, and lines that are alike.
// Next: RecordBenchmark.swift.

import Glibc

func exitProcess(_ status: Int32) -> Never { exit(status) }

func median(_ values: [Double]) -> Double {
    guard !values.isEmpty else { return .nan }
    let sorted = values.sorted()
    return sorted[sorted.count / 2]
}

/// One round: what each side spent, in nanoseconds.
struct Round {
    var ours: UInt64 = 0
    var peers: UInt64 = 0
    var ratio: Double { Double(ours) / Double(peers) }
}

/// Prints what was measured and remembers what missed.
struct Report {
    /// A limit so wide that noise does not reach it: the time may be this many times the target.
    private static let tolerance = 1.5

    private var missed: [String] = []
    private var failed: [String] = []

    func section(_ title: String) { print("\n\(title)") }

    func note(_ text: String) { print("  \(text)") }

    /// Our time over the peer's: smaller is better.
    mutating func time(_ name: String, _ ratio: Double, atMost target: Double?) {
        let verdict = target.map { ratio <= $0 ? "met" : "missed" }
        line(name, format(ratio, 3), target.map { "at most \(format($0, 2))" }, verdict)
        guard let target else { return }
        if ratio > target { missed.append(name) }
        if !(ratio <= target * Report.tolerance) { failed.append("\(name): \(format(ratio, 3))") }
    }

    /// Our rate over the peer's: larger is better.
    mutating func rate(_ name: String, _ ratio: Double, atLeast target: Double?) {
        let verdict = target.map { ratio >= $0 ? "met" : "missed" }
        line(name, format(ratio, 3), target.map { "at least \(format($0, 2))" }, verdict)
        guard let target else { return }
        if ratio < target { missed.append(name) }
        if !(ratio >= target / Report.tolerance) { failed.append("\(name): \(format(ratio, 3))") }
    }

    /// Something that has a target in its own unit.
    mutating func value(_ name: String, _ value: Double, _ unit: String, atMost target: Double?) {
        let verdict = target.map { value <= $0 ? "met" : "missed" }
        line(name, "\(format(value, 1)) \(unit)", target.map { "at most \(format($0, 0)) \(unit)" }, verdict)
        guard let target else { return }
        if value > target { missed.append(name) }
    }

    /// Zero, or the run has failed.
    mutating func allocations(_ name: String, _ count: UInt64, records: Int) {
        line(name, "\(count) in \(records) records", "0", count == 0 ? "met" : "FAILED")
        if count != 0 { failed.append("\(name): \(count) allocations in \(records) records") }
    }

    /// Whether nothing failed.
    func summarize() -> Bool {
        print("")
        print(missed.isEmpty ? "All targets met." : "Targets missed: \(missed.joined(separator: "; ")).")
        for failure in failed { print("FAILED: \(failure)") }
        return failed.isEmpty
    }

    private func line(_ name: String, _ value: String, _ target: String?, _ verdict: String?) {
        let tail = target.map { "  (target \($0): \(verdict ?? ""))" } ?? ""
        print("  " + pad(name, 58) + pad(value, 12) + tail)
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}

func format(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return "\(value)" }
    var scale = 1
    for _ in 0..<digits { scale *= 10 }
    let scaled = Int((value * Double(scale)).rounded())
    guard digits > 0 else { return "\(scaled)" }
    let fraction = String(abs(scaled % scale))
    return (scaled < 0 ? "-" : "") + "\(abs(scaled) / scale)."
        + String(repeating: "0", count: digits - fraction.count) + fraction
}
