// LimboHarness.swift — judges the paths of x509-limbo: its JSON on standard input, the results on standard output.
// docs/limbo.md.
// Next: LimboCase.swift.

import Foundation

/// The results in limbo's format.
struct LimboResults: Encodable {
    let version = 1
    let harness = "swift-secure-sockets"
    let results: [LimboResult]
}

@main
enum LimboHarness {
    static func main() {
        if CommandLine.arguments.count > 1 {
            print(
                """
                Usage: limbo-harness < limbo.json > results.json

                Validates every path of x509-limbo (https://x509-limbo.com) and writes, for each, SUCCESS, FAILURE or SKIPPED,
                and why. Ends with 1 when the input is none.
                """)
            exit(CommandLine.arguments.dropFirst().allSatisfy { $0 == "--help" || $0 == "-h" } ? 0 : 2)
        }
        do {
            let suite = try JSONDecoder().decode(
                LimboSuite.self, from: FileHandle.standardInput.readDataToEndOfFile())
            guard suite.version == 1 else { throw LimboFailure("version \(suite.version) of the format is not known") }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            FileHandle.standardOutput.write(
                try encoder.encode(LimboResults(results: suite.testcases.map { $0.result() })) + Data("\n".utf8))
        } catch {
            FileHandle.standardError.write(Data("limbo-harness: the input is not x509-limbo's JSON: \(error)\n".utf8))
            exit(1)
        }
    }
}

struct LimboFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
