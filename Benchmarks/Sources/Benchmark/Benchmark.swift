// Benchmark.swift — runs every measurement, prints ratios against a peer measured in the same run, and says what failed.
// Next: Report.swift.

import CPeer
import CryptoGlue

@main
struct Benchmark {
    private static let parts = [
        "records", "bulk", "certificates", "handshake", "resumption", "server", "configuration", "store", "memory",
    ]

    static func main() {
        var arguments = Array(CommandLine.arguments.dropFirst())
        let isQuick = arguments.contains("--quick")
        arguments.removeAll { $0 == "--quick" }
        guard arguments.allSatisfy(parts.contains) else {
            print(
                """
                Usage: Benchmarks/run [--quick] [\(parts.joined(separator: " | "))]...

                Measures against libgcrypt from C and against OpenSSL, in one process; all parts, or those named. Ends with
                1 when a record allocates in steady state or a ratio is far beyond its target.
                  --quick   a few seconds: enough for the allocations and the wide limits, too little for figures
                """)
            exitProcess(arguments.allSatisfy { $0 == "--help" || $0 == "-h" } ? 0 : 2)
        }
        do {
            let report = try run(isQuick ? .quick : .full, arguments.isEmpty ? parts : arguments)
            exitProcess(report.summarize() ? 0 : 1)
        } catch {
            print("failed: \(error)")
            exitProcess(1)
        }
    }

    private static func run(_ effort: Effort, _ parts: [String]) throws -> Report {
        let provider = try CryptoProvider.gcrypt()
        print("\(provider.name) \(provider.version) against \(String(cString: peer_openssl_version()))")
        var report = Report()
        if parts.contains("records") { try RecordBenchmark.run(effort, &report) }
        if parts.contains("bulk") { try BulkBenchmark.run(effort, provider, &report) }
        if parts.contains("certificates") { try CertificateBenchmark.run(effort, provider, &report) }
        if parts.contains("handshake") { try HandshakeBenchmark.run(effort, provider, &report) }
        if parts.contains("resumption") { try ResumptionBenchmark.run(effort, provider, &report) }
        if parts.contains("server") { try ServerBenchmark.run(effort, provider, &report) }
        if parts.contains("configuration") { try ConfigurationBenchmark.run(effort, provider, &report) }
        if parts.contains("store") { try StoreBenchmark.run(effort, provider, &report) }
        if parts.contains("memory") { try MemoryBenchmark.run(effort, provider, &report) }
        return report
    }
}

/// How long to measure.
struct Effort {
    /// Rounds whose ratios the median is taken of; odd.
    let rounds: Int
    /// Interleaved batches in a round.
    let batches: Int
    let handshakes: Int

    static let full = Effort(rounds: 31, batches: 40, handshakes: 301)
    static let quick = Effort(rounds: 7, batches: 6, handshakes: 21)
}

/// The other side failed: the measurement means nothing.
struct PeerFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
