// ChildStart.swift — starts the programs that tests run, one after another.
// Next: TestClient.swift.

package import Foundation

extension Process {
    private static let starting = NSLock()

    /// Starts the program while no other test starts one.
    ///
    /// Foundation learns that a child has ended from a socket whose other end only the child has. A child that starts at the
    /// same moment inherits that end as well, and `waitUntilExit` then waits for both: two tests that wait so, each on a thread
    /// that the other's test needs to go on, wait for ever.
    package func runAlone() throws { try Self.starting.withLock { try run() } }
}
