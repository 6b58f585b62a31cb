// HandshakeFigures.swift — what full handshakes of one end took, round by round, and what that comes to.
// Next: HandshakeBenchmark.swift.

/// The rounds of one kind of certificate.
struct HandshakeFigures {
    private var totals: [Double] = []
    private var keys: [Double] = []
    private var shares: [Double] = []
    private var peers: [Double] = []
    private var allocations: UInt64 = 0

    /// Adds a round, in nanoseconds: our end's, of which so much alone are the public-key operations, and the peer's.
    mutating func add(spent: UInt64, publicKeyOperations: UInt64, peer: UInt64, allocations: UInt64) {
        totals.append(Double(spent))
        keys.append(Double(publicKeyOperations))
        shares.append(Double(spent) - Double(publicKeyOperations))
        peers.append(Double(spent) / Double(peer))
        self.allocations = allocations
    }

    func report(_ keyType: String, _ report: inout Report) {
        let share = median(shares)
        report.time("\(keyType), ours / OpenSSL's", median(peers), atMost: nil)
        report.value("\(keyType), our share of it", 100 * share / median(totals), "%", atMost: 10)
        report.value("\(keyType), our share", share / 1000, "µs", atMost: 60)
        report.note(
            "  (\(format(median(totals) / 1000, 0)) µs in all, of which public-key operations \(format(median(keys) / 1000, 0)) µs;"
                + " \(allocations) allocations)")
    }
}
