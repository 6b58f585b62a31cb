// InteropSummary.swift — what was done with which peer, as a table at the end of the run.
// Next: MatrixTests.swift.

import Foundation
import Glibc
import Synchronization
import Testing

/// Somebody that is tested with.
protocol InteropPeer: Sendable {
    /// Name and version.
    var title: String { get }
    /// The program that has to be there.
    var command: String { get }
    /// How to get it.
    var installation: String { get }
}

/// Counts what passed, peer by peer, and prints a table when the process ends.
enum InteropSummary {
    private struct Row {
        let peer: String
        let what: String
        var attempted = 0
        var passed = 0
        var duration = Duration.zero
        var note = ""
    }

    private static let rows = Mutex<[Row]>([])
    private static let handler: Void = {
        atexit { InteropSummary.print() }
    }()

    /// Runs one case of `what` and counts it; an error is recorded as an issue that names the case.
    static func count(
        _ peer: some InteropPeer, _ what: String, _ name: String = "", at location: SourceLocation = #_sourceLocation,
        _ body: () throws -> Void
    ) {
        let start = ContinuousClock.now
        var passed = 0
        do {
            try body()
            passed = 1
        } catch {
            Issue.record("\(peer), \(what) \(name): \(error)", sourceLocation: location)
        }
        add(peer, what, attempted: 1, passed: passed, ContinuousClock.now - start)
    }

    /// As `count`, for what waits without a thread.
    static func count(
        _ peer: some InteropPeer, _ what: String, _ name: String = "", at location: SourceLocation = #_sourceLocation,
        _ body: () async throws -> Void
    ) async {
        let start = ContinuousClock.now
        var passed = 0
        do {
            try await body()
            passed = 1
        } catch {
            Issue.record("\(peer), \(what) \(name): \(error)", sourceLocation: location)
        }
        add(peer, what, attempted: 1, passed: passed, ContinuousClock.now - start)
    }

    /// Adds something to say about a row.
    static func note(_ peer: some InteropPeer, _ what: String, _ text: String) {
        change(peer.title, what) { $0.note = text }
    }

    private static func add(_ peer: some InteropPeer, _ what: String, attempted: Int, passed: Int, _ duration: Duration)
    {
        change(peer.title, what) { row in
            row.attempted += attempted
            row.passed += passed
            row.duration += duration
        }
    }

    private static let preparations = Mutex<[String]>([])

    /// Tells how long something took that the tests need.
    static func prepared(_ what: String, _ duration: Duration) {
        preparations.withLock { $0.append("\(what) \(seconds(duration)) s") }
    }

    /// Says that a peer is not here, once.
    static func absent(_ peer: some InteropPeer) {
        change(peer.title, "everything") { row in
            if row.note.isEmpty { Swift.print("skipped: \(peer.command) is not here (\(peer.installation))") }
            row.note = "absent: \(peer.installation)"
        }
    }

    private static func change(_ peer: String, _ what: String, _ body: (inout Row) -> Void) {
        _ = handler
        rows.withLock { rows in
            let index = rows.firstIndex { $0.peer == peer && $0.what == what } ?? rows.count
            if index == rows.count { rows.append(Row(peer: peer, what: what)) }
            body(&rows[index])
        }
    }

    private static func print() {
        let rows = rows.withLock { $0 }
        // Peer by peer, each where it came first.
        let peers = rows.map(\.peer).enumerated().filter { rows.map(\.peer).firstIndex(of: $1) == $0 }.map(\.element)
        let sorted = peers.flatMap { peer in rows.filter { $0.peer == peer } }
        let first = peers.map(\.count).max() ?? 0
        let width = sorted.map(\.what.count).max() ?? 0
        var text = "\ninterop summary\n"
        for row in sorted {
            let result =
                row.attempted == 0
                ? row.note
                : "\(row.passed) of \(row.attempted) passed, \(seconds(row.duration)) s"
                    + (row.note.isEmpty ? "" : "; \(row.note)")
            text += "  " + pad(row.peer, first + 2) + pad(row.what, width + 2) + result + "\n"
        }
        let all = sorted.reduce(0) { $0 + $1.attempted }
        let passed = sorted.reduce(0) { $0 + $1.passed }
        text += "  \(passed) of \(all) passed; made before: \(preparations.withLock { $0 }.joined(separator: ", "))\n"
        FileHandle.standardOutput.write(Data(text.utf8))
    }

    private static func seconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        return String(format: "%.1f", Double(seconds) + Double(attoseconds) / 1e18)
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}
