// ServerBenchmark.swift — what handshakes cost our server, beside OpenSSL's; and tickets under one thread and under two.
// RFC 8446 §2, §2.2; RFC 5077.
// Next: ConfigurationBenchmark.swift.

import CPeer
import Certificates
import CryptoGlue
import Dispatch
import Handshake
import TLS
import WireFormat

/// Our server against OpenSSL's client in memory, OpenSSL's server against the same client beside it, turn by turn.
enum ServerBenchmark {
    static func run(_ effort: Effort, _ provider: CryptoProvider, _ report: inout Report) throws {
        try full(effort, provider, &report)
        try resumed(effort, provider, &report)
        try tickets(effort, &report)
    }

    // MARK: Full handshakes

    private static let kinds: [(String, SignatureAlgorithm)] = [
        ("RSA-2048", .rsaPSS(PSSParameters(hash: .sha256, saltLength: 32))), ("P-256", .ecdsa(.sha256)),
        ("Ed25519", .ed25519),
    ]

    /// The public-key operations of one handshake, alone: two X25519 operations and a signature. Their peer's work goes
    /// between them, as in a handshake: see HandshakeBenchmark.
    private static func operations(
        _ key: SigningKey, _ algorithm: SignatureAlgorithm, _ provider: CryptoProvider, after other: () -> Void
    ) throws -> UInt64 {
        let message = [UInt8](repeating: 0x20, count: 130)
        let share = try KeyExchange.start(.x25519, random: provider.random).publicShare
        other()
        let start = peer_nanoseconds()
        let exchange = try KeyExchange.start(.x25519, random: provider.random)
        let secret = try exchange.finish(peerShare: share.span)
        let signature = try key.sign(message.span, using: algorithm)
        let spent = peer_nanoseconds() - start
        guard secret.count == 32, !signature.isEmpty else { throw PeerFailure("our own operations") }
        return spent
    }

    private static func full(_ effort: Effort, _ provider: CryptoProvider, _ report: inout Report) throws {
        report.section("Full handshake, TLS 1.3, X25519, server's CPU time")
        for (keyType, algorithm) in kinds {
            let server = try Server(keyType, suite: "TLS_AES_128_GCM_SHA256")
            let configuration = try server.accepting(provider, .tlsAES128GCMSHA256, resumes: false)
            let key = try server.leafKey()
            var figures = HandshakeFigures()
            for turn in 0..<effort.handshakes + 2 {
                let ours = try Accepted.measure(configuration, server, resumed: false)
                let peer = peer_accepting_nanoseconds(server.handle)
                guard peer > 0 else { throw PeerFailure("OpenSSL's own handshake") }
                let operations = try operations(key, algorithm, provider) {
                    _ = peer_handshake_nanoseconds(server.handle)
                }
                // The first two warm up.
                guard turn >= 2 else { continue }
                figures.add(
                    spent: ours.spent, publicKeyOperations: operations, peer: peer, allocations: ours.allocations)
            }
            figures.report(keyType, &report)
        }
    }

    // MARK: Resumed handshakes

    private static func resumed(_ effort: Effort, _ provider: CryptoProvider, _ report: inout Report) throws {
        report.section("Resumed handshake, P-256, X25519, server's CPU time")
        for kind in ResumptionBenchmark.kinds {
            let isTLS12 = kind.version == .tls12
            // Each keeps the last session of its own client.
            let server = try Server("P-256", suite: kind.opensslSuite, isTLS12: isTLS12, resumes: true)
            let peer = try Server("P-256", suite: kind.opensslSuite, isTLS12: isTLS12, resumes: true)
            let configuration = try server.accepting(provider, kind.suite, resumes: true)
            let other = try Server("P-256", suite: kind.opensslSuite, isTLS12: isTLS12)
            let whole = try other.accepting(provider, kind.suite, resumes: false)
            _ = try Accepted.measure(configuration, server, resumed: false)
            guard peer_accepting_nanoseconds(peer.handle) > 0 else { throw PeerFailure("OpenSSL's own handshake") }
            var (againstPeer, againstFull, againstKeyExchange): ([Double], [Double], [Double]) = ([], [], [])
            var allocations: UInt64 = 0
            for turn in 0..<effort.handshakes + 2 {
                let ours = try Accepted.measure(configuration, server, resumed: true)
                let theirs = peer_accepting_nanoseconds(peer.handle)
                guard theirs > 0 else { throw PeerFailure("OpenSSL's own resumption") }
                let full = try Accepted.measure(whole, other, resumed: false)
                guard turn >= 2 else { continue }
                againstPeer.append(Double(ours.spent) / Double(theirs))
                againstFull.append(Double(ours.spent) / Double(full.spent))
                againstKeyExchange.append(
                    Double(ours.spent) / Double(try ResumptionBenchmark.keyExchange(provider)))
                allocations = ours.allocations
            }
            report.time("\(kind.name), ours / OpenSSL's", median(againstPeer), atMost: isTLS12 ? 1.0 : nil)
            if !isTLS12 {
                report.time("\(kind.name), ours / its X25519 alone", median(againstKeyExchange), atMost: 1.11)
            }
            report.time("\(kind.name), resumed / full", median(againstFull), atMost: nil)
            report.note("  (\(allocations) allocations)")
        }
    }

    // MARK: Tickets

    /// One step is what a resumed connection does: open a ticket, seal a new one.
    private static func tickets(_ effort: Effort, _ report: inout Report) throws {
        report.section("Tickets: one opened and one sealed")
        let ring = try TicketKeyRing(clock: Now())
        var (alone, speedUps): ([Double], [Double]) = ([], [])
        for _ in 0..<effort.rounds {
            let one = try steps(threads: 1, effort.handshakes * 200, ring)
            let two = try steps(threads: 2, effort.handshakes * 200, ring)
            alone.append(one)
            speedUps.append(2 * one / two)
        }
        report.value("one step, one thread", median(alone), "ns", atMost: nil)
        // No target: it tells something of the ring only where two cores have nothing else to do.
        report.rate("steps in a time, two threads over one", median(speedUps), atLeast: nil)
    }

    /// Nanoseconds that each of `count` steps took in each thread, by the clock on the wall.
    private static func steps(threads: Int, _ count: Int, _ ring: TicketKeyRing) throws -> Double {
        let start = ContinuousClock.now
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            // 150 octets: about what a session without certificates takes.
            var ticket: [UInt8] = []
            for _ in 0..<count {
                var record = SecretBytes(count: TicketForm.header + 150 + TicketForm.trailer)
                guard let sealed = try? ring.seal(&record, hint: thread) else { return }
                ticket = sealed
                guard ring.open(ticket.span) != nil else { return }
            }
        }
        let spent = ContinuousClock.now - start
        return spent / .nanoseconds(1) / Double(count)
    }
}
