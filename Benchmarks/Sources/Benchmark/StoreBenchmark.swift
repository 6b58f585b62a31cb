// StoreBenchmark.swift — the session store under one thread and under two, and what a million inserts leave behind.
// Next: Benchmark.swift.

import CPeer
import CryptoGlue
import Dispatch
import Handshake
import TLS

/// One step is what a connection does: take a session, store the one that the server sends.
enum StoreBenchmark {
    static func run(_ effort: Effort, _ provider: CryptoProvider, _ report: inout Report) throws {
        report.section("Session store in memory, 1024 entries")
        let server = try Server("P-256", suite: "TLS_AES_128_GCM_SHA256")
        let session = try session(of: server)
        var alone: [Double] = []
        var speedUps: [Double] = []
        for _ in 0..<effort.rounds {
            let one = steps(threads: 1, effort.handshakes * 200, session)
            let two = steps(threads: 2, effort.handshakes * 200, session)
            alone.append(one)
            speedUps.append(2 * one / two)
        }
        report.value("one step, one thread", median(alone), "ns", atMost: 2000)
        // No target: it tells something of the store only where two cores have nothing else to do.
        report.rate("steps in a time, two threads over one", median(speedUps), atLeast: nil)

        let store = MemorySessionStore()
        for number in 0..<2048 { store.store(session, for: binding(number)) }
        let before = peer_heap_bytes()
        for number in 0..<1_000_000 { store.store(session, for: binding(number)) }
        let grown = Double(peer_heap_bytes() - before) / 1024
        guard store.count <= store.entries else { throw PeerFailure("the store outgrew its bound") }
        report.value("heap after 10^6 more inserts, more by", grown, "KiB", atMost: 64)
        report.note("  (\(store.count) sessions of at most \(store.entries))")
    }

    /// Nanoseconds that each of `count` steps took in each thread, by the clock on the wall.
    private static func steps(threads: Int, _ count: Int, _ session: Handshake.Session) -> Double {
        let store = MemorySessionStore()
        let bindings = (0..<512).map(binding)
        let now = session.receivedAt
        let start = ContinuousClock.now
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            for step in 0..<count {
                let binding = bindings[(step &* 7 &+ thread &* 256) & 511]
                _ = store.take(for: binding, at: now, timeout: 600)
                store.store(session, for: binding)
            }
        }
        let spent = ContinuousClock.now - start
        return spent / .nanoseconds(1) / Double(count)
    }

    private static func binding(_ number: Int) -> SessionBinding {
        var digest = [UInt8](repeating: 0, count: 32)
        for index in 0..<8 { digest[index] = UInt8(truncatingIfNeeded: number >> (8 * index)) }
        return SessionBinding(digest: digest, isPersistable: true)
    }

    private static func session(of server: Server) throws -> Handshake.Session {
        let now = Now().now()
        let facts = Handshake.Session.Facts(
            version: .tls13, cipherSuite: .tlsAES128GCMSHA256, ticket: [UInt8](repeating: 1, count: 200),
            receivedAt: now, authenticatedAt: now, identity: try ReferenceIdentity("localhost"),
            peerCertificates: [server.leaf], validatedPath: [server.leaf, server.anchor])
        return Handshake.Session(facts, secret: SecretBytes(count: 32))
    }
}
