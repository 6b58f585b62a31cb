// ConfigurationBenchmark.swift — what it costs to make a configuration once the trust store is loaded.
// Next: Benchmark.swift.

import CPeer
import CryptoGlue
import Handshake
import TLS

/// A provider and a configuration, as a program makes them for each connection; against SSL_CTX_new with a certificate
/// store that is loaded already.
enum ConfigurationBenchmark {
    static func run(_ effort: Effort, _ provider: CryptoProvider, _ report: inout Report) throws {
        report.section("Configuration, trust store loaded before")
        let server = try Server("P-256", suite: "TLS_AES_128_GCM_SHA256")
        let trust = server.configuration(provider, .tlsAES128GCMSHA256).trust
        let times = 200
        let defaults = ClientConfiguration(provider: provider, trust: trust, clock: Now()).cipherSuites.count
        var ratios: [Double] = []
        var each: [Double] = []
        for _ in 0..<effort.rounds {
            var offered = 0
            let start = peer_nanoseconds()
            for _ in 0..<times {
                let configuration = ClientConfiguration(provider: try .gcrypt(), trust: trust, clock: Now())
                offered += configuration.cipherSuites.count
            }
            let spent = peer_nanoseconds() - start
            guard offered == defaults * times else { throw PeerFailure("configuration") }
            ratios.append(Double(spent) / Double(peer_contexts_nanoseconds(server.handle, Int32(times))))
            each.append(Double(spent) / Double(times) / 1000)
        }
        report.time("ours / SSL_CTX_new", median(ratios), atMost: nil)
        report.value("one configuration", median(each), "µs", atMost: 50)
    }
}
