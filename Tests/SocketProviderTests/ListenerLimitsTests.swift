// ListenerLimitsTests.swift — what clients cannot do to a listener: stop it, slow it down, fill it up.
// RFC 4987 (SYN flooding) for the kind of attack, on handshakes instead of SYNs.
// Next: ListenerExhaustionTests.swift.

import Foundation
import SocketProvider
import Synchronization
import Testing

/// Whether this process may have a few thousand descriptors.
private let hasDescriptors = sysconf(Int32(_SC_OPEN_MAX)) >= 4096

/// Opens connections and says nothing on them.
private func openSilently(_ count: Int, _ address: SocketAddress) async throws -> [AsynchronousSocket] {
    var sockets: [AsynchronousSocket] = []
    for _ in 0..<count {
        let socket = try plainSocket().asynchronous
        try await socket.connect(to: .address(address))
        sockets.append(socket)
    }
    return sockets
}

@Suite("ListeningSocket limits", .serialized, .timeLimit(.minutes(10)))
struct ListenerLimitsTests {
    /// Collects the handshakes that failed.
    private final class Failures: Sendable {
        private let list = Mutex<[SocketError]>([])
        var all: [SocketError] { list.withLock { $0 } }
        func watch(_ listener: ListeningSocket) {
            listener.setFailureHandler { failed in self.list.withLock { $0.append(failed.error) } }
        }
        /// Waits until there are `count`.
        func wait(for count: Int) async throws {
            for _ in 0..<1000 where all.count < count { try await Task.sleep(for: .milliseconds(10)) }
        }
    }

    /// Connects with the toy, sends an octet and receives it.
    private func talk(_ listener: ListeningSocket) async throws {
        let client = try ToyPackage().makeSocket().asynchronous
        async let accepted = listener.asynchronous.accept()
        try await client.connect(to: .address(try #require(listener.localAddress)))
        let socket = try await accepted
        try await client.send([42])
        #expect(try await socket.receive(upTo: 1) == [42])
        await client.close()
        await socket.close()
    }

    @Test("handshakes that fail never come out of an accept and never end it; each is reported")
    func failingHandshakes() async throws {
        let listener = try ToyPackage().makeListener()
        let failures = Failures()
        failures.watch(listener)
        let address = try #require(listener.localAddress)
        for round in 0..<30 {
            let bad = try plainSocket().asynchronous
            try await bad.connect(to: .address(address))
            switch round % 3 {
            case 0: try await bad.send([0xff, 0, 0, 0])
            case 1: await bad.close()
            default: bad.socket.close()
            }
            if round % 10 == 0 { try await talk(listener) }
        }
        try await talk(listener)
        try await failures.wait(for: 30)
        #expect(failures.all.count == 30)
        let statistics = listener.statistics
        #expect(statistics.accepted == 34 && statistics.established == 4 && statistics.failed == 30)
        #expect(statistics.handshaking == 0)
        #expect(failures.all.contains { if case .package("toy", _) = $0 { true } else { false } })
        #expect(failures.all.contains { if case .truncated = $0 { true } else { false } })
    }

    @Test("a client that sends an octet at a time has as long as any other, and holds up nobody")
    func slowLoris() async throws {
        let listener = try ToyPackage().makeListener { $0.timeouts.handshake = .milliseconds(400) }
        let failures = Failures()
        failures.watch(listener)
        let address = try #require(listener.localAddress)
        let slow = Task {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        guard let socket = try? plainSocket().asynchronous,
                            (try? await socket.connect(to: .address(address))) != nil
                        else { return }
                        // The header of a frame that would take long.
                        for octet: UInt8 in [0x48, 0xff, 0xff] + [UInt8](repeating: 1, count: 200) {
                            guard (try? await socket.send([octet])) != nil else { return }
                            try? await Task.sleep(for: .milliseconds(20))
                        }
                    }
                }
            }
        }
        for _ in 0..<10 { try await talk(listener) }
        try await failures.wait(for: 50)
        #expect(failures.all == [SocketError](repeating: .timedOut(.handshake), count: 50))
        #expect(listener.statistics.handshaking == 0)
        slow.cancel()
    }

    @Test(
        "1,000 half-open handshakes do not stop new ones", .enabled(if: hasDescriptors, "skipped: too few descriptors"))
    func halfOpen() async throws {
        let listener = try ToyPackage().makeListener { $0.timeouts.handshake = .seconds(300) }
        let address = try #require(listener.localAddress)
        let accepting = Task { try await listener.asynchronous.accept() }
        let silent = try await openSilently(1000, address)
        for _ in 0..<500 where listener.statistics.handshaking < 1000 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(listener.statistics.handshaking == 1000)
        let start = ContinuousClock.now
        let client = try ToyPackage().makeSocket().asynchronous
        try await client.connect(to: .address(address))
        let socket = try await accepting.value
        try await client.send([1])
        #expect(try await socket.receive(upTo: 1) == [1])
        #expect(ContinuousClock.now - start < .seconds(5))
        listener.close()
        for socket in silent { socket.socket.close() }
    }

    @Test("beyond the limit the oldest handshake gives way; whoever is honest gets in")
    func displaces() async throws {
        let listener = try ToyPackage().makeListener { $0.limits.handshakes = 20 }
        let failures = Failures()
        failures.watch(listener)
        let address = try #require(listener.localAddress)
        try await talk(listener)
        let silent = try await openSilently(100, address)
        try await failures.wait(for: 80)
        try await talk(listener)
        #expect(failures.all.allSatisfy { $0 == .displaced })
        #expect(listener.statistics.displaced >= 80)
        #expect(listener.statistics.handshaking <= 20)
        // The oldest are those that were closed.
        await #expect(throws: (any Error).self) {
            while true {
                if try await silent[0].receive(upTo: 1).isEmpty { throw SocketError.closed }
            }
        }
        for socket in silent { socket.socket.close() }
    }

    @Test("a client that sends more than a handshake needs is cut off: memory for each is bounded")
    func handshakeOctets() async throws {
        let listener = try ToyPackage().makeListener { $0.limits.handshakeOctets = 16 * 1024 }
        let failures = Failures()
        failures.watch(listener)
        try await talk(listener)
        let greedy = try plainSocket().asynchronous
        try await greedy.connect(to: .address(try #require(listener.localAddress)))
        // A frame that is never whole.
        _ = try? await greedy.send([0x48, 0xff, 0xff] + pattern(60_000, seed: 1))
        try await failures.wait(for: 1)
        guard case .package("toy", let decision) = failures.all.first else { return wrong(failures.all.first) }
        #expect(decision.advice.contains("limits.handshakeOctets"))
        try await talk(listener)
    }

    @Test("an application that does not accept leaves connections to the kernel's queue")
    func waiting() async throws {
        let listener = try plainListener { $0.limits.waiting = 3 }
        let address = try #require(listener.localAddress)
        // The first accept starts the work.
        let first = try await openSilently(1, address)
        _ = try await listener.asynchronous.accept()
        let few = try await openSilently(3, address)
        for _ in 0..<1000 where listener.statistics.waiting < 3 { try await Task.sleep(for: .milliseconds(5)) }
        let more = try await openSilently(17, address)
        try await Task.sleep(for: .milliseconds(200))
        #expect(listener.statistics.waiting == 3 && listener.statistics.accepted == 4)
        for _ in 0..<20 { _ = try await listener.asynchronous.accept() }
        #expect(listener.statistics.accepted == 21)
        for socket in first + few + more { socket.socket.close() }
    }

    @Test("a question to the application holds up its own handshake alone, and the answer may come later")
    func pendingOperation() async throws {
        let asked = Mutex<[@Sendable (Bool) -> Void]>([])
        let package = ToyPackage(question: { _, answer in asked.withLock { $0.append(answer) } })
        let listener = try package.makeListener()
        let endpoint = try listener.endpoint
        let clients = try await withThrowingTaskGroup(of: AsynchronousSocket.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    let socket = try ToyPackage().makeSocket().asynchronous
                    try await socket.connect(to: endpoint)
                    return socket
                }
            }
            async let first = listener.asynchronous.accept()
            for _ in 0..<1000 where asked.withLock({ $0.count }) < 3 { try await Task.sleep(for: .milliseconds(5)) }
            let answers = asked.withLock { $0 }
            #expect(answers.count == 3)
            answers[0](false)
            answers[2](true)
            _ = try await first
            answers[1](true)
            _ = try await listener.asynchronous.accept()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for _ in 0..<100 where listener.statistics.failed < 1 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(listener.statistics.failed == 1 && listener.statistics.established == 2)
        for client in clients { client.socket.close() }
    }

    @Test("limits that cannot work are refused by name")
    func refusesLimits() throws {
        func invalid(_ change: (inout ServerOptions) -> Void) -> String? {
            do {
                _ = try plainListener(change)
                return nil
            } catch {
                if case .invalidOption(let name, _) = error as? SocketError { return name }
                return "\(error)"
            }
        }
        #expect(invalid { $0.limits.handshakes = 0 } == "limits.handshakes")
        #expect(invalid { $0.limits.waiting = 0 } == "limits.waiting")
        #expect(invalid { $0.limits.handshakeOctets = 1000 } == "limits.handshakeOctets")
        #expect(invalid { $0.ticketsPerConnection = 9 } == "ticketsPerConnection")
        #expect(invalid { $0.maxEarlyDataSize = -1 } == "maxEarlyDataSize")
        #expect(invalid { $0.sessionCacheTimeout = 604_801 } == "sessionCacheTimeout")
        #expect(invalid { $0.timeouts.handshake = .seconds(-1) } == "timeouts.handshake")
        #expect(invalid { _ in } == nil)
    }
}
