// UnfinishedPumps.swift — the pumps of the process that have something to send yet.
// Next: DescriptorPump+Upgrade.swift.

import Synchronization

/// What a program waits for before it ends: octets that it wrote are not at the peer because their descriptor is closed.
package enum UnfinishedPumps {
    private static let pumps = Mutex<[ObjectIdentifier: DescriptorPump]>([:])

    static func insert(_ pump: DescriptorPump) { pumps.withLock { $0[ObjectIdentifier(pump)] = pump } }

    static func remove(_ pump: DescriptorPump) { pumps.withLock { $0[ObjectIdentifier(pump)] = nil } }

    /// Waits until all whose program's end is closed have sent everything; false when that takes longer than `time`.
    package static func wait(within time: Duration) -> Bool {
        let deadline = Deadline(time, from: .now)
        // A child of the process has no threads that would finish them.
        let all = pumps.withLock { Array($0.values) }.filter { $0.isOwn && !$0.isCurrent }
        return all.reduce(true) { $1.waitUntilFinished(until: deadline) && $0 }
    }
}
