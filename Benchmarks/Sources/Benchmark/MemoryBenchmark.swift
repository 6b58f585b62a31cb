// MemoryBenchmark.swift — what an established connection keeps while nothing happens.
// Next: Benchmark.swift.

import CPeer
import CryptoGlue
import RecordLayer
import TLS

/// Heap in use before and after a number of connections whose peers are gone and whose buffers are given back.
enum MemoryBenchmark {
    private final class Idle {
        var connection: TLSConnection
        init(_ connection: consuming TLSConnection) { self.connection = connection }
    }

    static func run(_ effort: Effort, _ provider: CryptoProvider, _ report: inout Report) throws {
        report.section("Memory of an idle connection")
        let server = try Server("P-256", suite: "TLS_AES_128_GCM_SHA256")
        let configuration = server.configuration(provider, .tlsAES128GCMSHA256)
        let identity = try ReferenceIdentity("localhost")
        // What is made once is made before.
        _ = try Client.connect(configuration, identity, server)
        let count = effort.handshakes * 3
        var idle: [Idle] = []
        idle.reserveCapacity(count)
        let before = peer_heap_bytes()
        for _ in 0..<count { idle.append(Idle(try Client.connect(configuration, identity, server).connection)) }
        let each = Double(peer_heap_bytes() - before) / Double(count)
        guard idle.allSatisfy({ $0.connection.isHandshakeComplete }) else { throw PeerFailure("memory") }
        report.value("heap of one, both keys alive", each / 1024, "KiB", atMost: 8)
        report.note("  (of which \(MemoryLayout<TLSConnection>.size) octets are the connection itself)")
    }
}
