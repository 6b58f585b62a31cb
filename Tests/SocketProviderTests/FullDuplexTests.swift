// FullDuplexTests.swift — both directions at once, in all three fronts, with and without a security package.
// RFC 9293 §3.1: the directions of a connection are independent of each other.
// Next: DescriptorPumpTests.swift.

import Foundation
import SocketProvider
import Testing

@Suite("Full duplex", .timeLimit(.minutes(10)))
struct FullDuplexTests {
    /// The toy moves its octets one by one, so it gets fewer of them.
    static let packages = [("none", 8 << 20), ("toy", 1 << 20)]

    private func makeSocket(_ package: String) throws -> SecureSocket {
        package == "none" ? try plainSocket() : try ToyPackage().makeSocket()
    }

    /// The other end: sends `outgoing` and receives to the end at the same time.
    private func peer(
        _ listener: TestListener, _ package: String, sends outgoing: [UInt8]
    ) async throws -> [UInt8] {
        let peer = try await onThread { try listener.accept() }
        if package == "none" {
            async let sending: Void = onThread {
                try peer.send(outgoing)
                peer.shutdownSending()
            }
            let received = try await onThread { try peer.receiveToEnd() }
            try await sending
            return received
        }
        let server = ToyServer(peer)
        try await onThread { try server.shakeHands() }
        async let sending: Void = onThread {
            try server.send(outgoing)
            try server.frame(.end)
        }
        let received = try await onThread { try server.receiveToEnd() }
        try await sending
        return received
    }

    @Test("blocking: one thread sends while another receives", arguments: packages)
    func blocking(package: String, count: Int) async throws {
        let (up, down) = (pattern(count, seed: 1), pattern(count, seed: 2))
        let listener = try TestListener()
        async let peerReceived = peer(listener, package, sends: down)
        let socket = try makeSocket(package)
        try await onThread { try socket.connect(to: listener.endpoint) }
        async let sending: Void = onThread {
            try socket.send(up)
            try socket.closeSending()
        }
        let received = try await onThread { () -> [UInt8] in
            var bytes: [UInt8] = []
            while true {
                let more = try socket.receive(upTo: 50_000)
                if more.isEmpty { return bytes }
                bytes += more
            }
        }
        try await sending
        #expect(received == down)
        #expect(try await peerReceived == up)
        socket.close()
    }

    @Test("async: one task sends while another receives", arguments: packages)
    func asynchronous(package: String, count: Int) async throws {
        let (up, down) = (pattern(count, seed: 3), pattern(count, seed: 4))
        let listener = try TestListener()
        async let peerReceived = peer(listener, package, sends: down)
        let socket = try makeSocket(package).asynchronous
        try await socket.connect(to: listener.endpoint)
        let sending = Task {
            try await socket.send(up)
            try await socket.closeSending()
        }
        var received: [UInt8] = []
        while true {
            let more = try await socket.receive(upTo: 50_000)
            if more.isEmpty { break }
            received += more
        }
        try await sending.value
        #expect(received == down)
        #expect(try await peerReceived == up)
        await socket.close()
    }

    @Test("non-blocking: one loop does both", arguments: packages)
    func nonBlocking(package: String, count: Int) async throws {
        let (up, down) = (pattern(count, seed: 5), pattern(count, seed: 6))
        let listener = try TestListener()
        async let peerReceived = peer(listener, package, sends: down)
        let socket = try makeSocket(package)
        let received = try await onThread { () -> [UInt8] in
            let loop = PollLoop(socket)
            try loop.connect(to: listener.endpoint)
            return try Self.exchange(loop, up)
        }
        #expect(received == down)
        #expect(try await peerReceived == up)
        socket.close()
    }

    private static func exchange(_ loop: PollLoop, _ outgoing: [UInt8]) throws -> [UInt8] {
        var received: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 50_000)
        var sent = 0
        var hasClosed = false
        // The peer can be done before the last of ours is on its way, and goes on waiting for it.
        var hasReceivedEnd = false
        while !(hasClosed && hasReceivedEnd) {
            var wanted: Readiness = []
            if sent < outgoing.count {
                switch try loop.socket.send(outgoing.span.extracting(droppingFirst: sent)) {
                case .done(let count):
                    sent += count
                    wanted.insert(.write)
                case .wouldBlock(let readiness): wanted.formUnion(readiness)
                }
            } else if !hasClosed {
                if case .wouldBlock(let readiness) = try loop.socket.closeSending() {
                    wanted.formUnion(readiness)
                } else {
                    hasClosed = true
                }
            }
            if !hasReceivedEnd {
                var span = room.mutableSpan
                switch try loop.socket.receive(into: &span) {
                case .done(0): hasReceivedEnd = true
                case .done(let count):
                    received += room[..<count]
                    continue
                case .wouldBlock(let readiness): wanted.formUnion(readiness)
                }
            }
            if !wanted.isEmpty { try loop.wait(wanted) }
        }
        return received
    }
}
