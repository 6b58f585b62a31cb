// ThreadScaling.swift — handshakes in memory, by one thread and by two that share everything that connections share.
// Next: ../Benchmark/Benchmark.swift.

import Foundation
import SocketProvider
import Synchronization
import TLS

enum ThreadScaling {
    static func run(_ count: Int) throws {
        let identity = try LoadIdentity()
        let provider = try CryptoProvider.gcrypt()
        var server = ServerConfiguration(
            provider: provider, credentials: .fixed([identity.credential]), clock: SystemClock())
        server.sessionTickets = try TicketKeyRing(clock: SystemClock())
        var client = ClientConfiguration(
            provider: provider, trust: TrustAnchors([identity.authority]), clock: SystemClock())
        client.sessionStore = MemorySessionStore(entries: 1024)
        for (name, resumes) in [("full", false), ("resumed", true)] {
            client.resumesSessions = resumes
            let handshakes = resumes ? count : count / 4
            // Fills the store.
            for _ in 0..<20 { try handshake(client, server) }
            var ratios: [Double] = []
            var rates: (one: Double, two: Double) = (0, 0)
            for _ in 0..<5 {
                let one = try rate(1, handshakes, client, server)
                let two = try rate(2, handshakes, client, server)
                ratios.append(two / one)
                rates = (one, two)
            }
            let ratio = ratios.sorted()[2]
            print(
                "threads: \(name) handshakes, both sides: \(Int(rates.one)) a second by one thread, \(Int(rates.two)) by two: "
                    + "\((ratio * 100).rounded() / 100) times")
        }
    }

    private static func rate(
        _ threads: Int, _ count: Int, _ client: ClientConfiguration, _ server: ServerConfiguration
    ) throws -> Double {
        let done = DispatchSemaphore(value: 0)
        let failures = Atomic(0)
        let start = ContinuousClock.now
        for _ in 0..<threads {
            Thread.detachNewThread {
                for _ in 0..<count {
                    if (try? handshake(client, server)) == nil { failures.wrappingAdd(1, ordering: .relaxed) }
                }
                done.signal()
            }
        }
        for _ in 0..<threads { done.wait() }
        guard failures.load(ordering: .relaxed) == 0 else { throw LoadFailure("handshakes fail") }
        return Double(threads * count) / ((ContinuousClock.now - start) / .seconds(1))
    }

    /// One handshake between two connections in memory, tickets included.
    private static func handshake(
        _ clientConfiguration: ClientConfiguration, _ serverConfiguration: ServerConfiguration
    ) throws {
        var clientInput = ReceiveBuffer()
        var clientOutput = SendBuffer()
        var serverInput = ReceiveBuffer()
        var serverOutput = SendBuffer()
        var client = try TLSConnection(
            client: clientConfiguration, identity: try ReferenceIdentity("localhost"), into: &clientOutput)
        var server = try TLSConnection(server: serverConfiguration)
        for _ in 0..<6 {
            move(&clientOutput, &serverInput)
            while case .handshakeComplete = try server.receive(&serverInput, into: &serverOutput) {}
            move(&serverOutput, &clientInput)
            while case .handshakeComplete = try client.receive(&clientInput, into: &clientOutput) {}
            if client.isHandshakeComplete, server.isHandshakeComplete, clientOutput.pendingCount == 0,
                serverOutput.pendingCount == 0
            {
                return
            }
        }
        throw LoadFailure("a handshake does not end")
    }

    private static func move(_ output: inout SendBuffer, _ input: inout ReceiveBuffer) {
        input.append(output.pending)
        output.discard(output.pendingCount)
    }
}
