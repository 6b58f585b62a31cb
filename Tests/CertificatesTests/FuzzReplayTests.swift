// FuzzReplayTests.swift — every input that a fuzzer began with or found, through the same entries.
// docs/fuzzing.md; docs/attacks.md T-47.
// Next: CertificateErrorTests.swift.

import Foundation
import FuzzEntries
import TestSupport
import Testing

@Suite("Fuzzing replayed")
struct FuzzReplayTests {
    private static func inputs(_ name: String) throws -> [(name: String, octets: [UInt8])] {
        let folder = SharedFolder.testVectors + "/fuzz/" + name
        return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map {
            ($0, [UInt8](try VectorFile.contents(folder + "/" + $0)))
        }
    }

    private static func replay(_ name: String, atLeast count: Int, _ entry: ([UInt8]) -> [String]) throws {
        let inputs = try inputs(name)
        #expect(inputs.count >= count)
        for (name, octets) in inputs {
            var broken: [String] = []
            let time = seconds { broken = entry(octets) }
            #expect(broken == [], "\(name)")
            // T-39's bound, twice: a path is looked for once for its attempts and once for its failures.
            #expect(time < 0.1 * timeFactor, "\(name): \(time) s")
        }
    }

    @Test("T-47: no input of the parsing fuzzer's corpus traps, takes long or breaks an invariant")
    func parsing() throws { try Self.replay("parsing", atLeast: 130, FuzzEntry.parsing) }

    @Test("T-47: no input of the building fuzzer's corpus traps, takes long or breaks an invariant")
    func building() throws { try Self.replay("building", atLeast: 100, FuzzEntry.building) }
}
