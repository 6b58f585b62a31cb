// ConcurrencyTests.swift — fifty connections at once, with tasks and with threads.
// Next: InteropClient.swift.

import SocketProvider
import TLS
import Testing

extension Interop {
    @Suite("at once")
    struct ConcurrencyTests {
        private static let connections = 50
        private static let lines = 10

        /// GnuTLS's server and Go's serve many at a time; s_server serves one.
        @Test("Fifty connections at once, as tasks", arguments: [Peer.gnutls, .go])
        func tasks(peer: Peer) async throws {
            guard peer.isPresent else { return }
            await InteropSummary.count(peer, "\(Self.connections) at once, async") {
                let server = try PeerServer(peer)
                let configured = try InteropClient.configured(for: server)
                // All of them are open before the first line goes out.
                let sockets = try await withThrowingTaskGroup(of: SecureSocket.self) { group in
                    for _ in 0..<Self.connections {
                        group.addTask {
                            let socket = configured.makeSocket()
                            try await socket.asynchronous.connect(to: .address(server.address))
                            return socket
                        }
                    }
                    var sockets: [SecureSocket] = []
                    for try await socket in group { sockets.append(socket) }
                    return sockets
                }
                try equal(sockets.filter { $0.state == .open }.count, Self.connections, "open at once")
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (number, socket) in sockets.enumerated() {
                        group.addTask { try await exchange(socket.asynchronous, number, server) }
                    }
                    try await group.waitForAll()
                }
            }
        }

        private func exchange(_ socket: AsynchronousSocket, _ number: Int, _ server: PeerServer) async throws {
            for line in 0..<Self.lines {
                let text = "line \(line) of \(number) " + String(repeating: "\(number % 10)", count: 100 * line)
                try await socket.send(Array((text + "\n").utf8))
                let expected = Array((server.reply(to: text) + "\n").utf8)
                var received: [UInt8] = []
                while received.count < expected.count {
                    let more = try await socket.receive(upTo: expected.count - received.count)
                    guard !more.isEmpty else { throw InteropFailure("connection \(number) ended early") }
                    received += more
                }
                try equal(received, expected, "line \(line) of connection \(number)")
            }
            try await socket.closeSending()
            try equal(try await socket.receive(upTo: 1), [], "data after the end of connection \(number)")
            await socket.close()
        }

        @Test("Fifty connections at once, as threads", arguments: [Peer.gnutls, .go])
        func threads(peer: Peer) throws {
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "\(Self.connections) at once, threads") {
                let server = try PeerServer(peer)
                let configured = try InteropClient.configured(for: server)
                let threads = (0..<Self.connections).map { number in
                    Background {
                        let socket = configured.makeSocket()
                        try socket.connect(to: .address(server.address))
                        for line in 0..<Self.lines {
                            try socket.exchange("line \(line) of thread \(number)", with: server)
                        }
                        try socket.finish()
                    }
                }
                for thread in threads { try thread.value() }
            }
        }
    }
}
