// KeyUpdateTests.swift — new keys in both directions while data flows.
// RFC 8446 §4.6.3.
// Next: TransferTests.swift.

import SocketProvider
import TLS
import Testing

extension Interop {
    @Suite("KeyUpdate")
    struct KeyUpdateTests {
        private let rounds = 5

        @Test("RFC 8446 §4.6.3: our KeyUpdates, with and without a request, between lines", arguments: Peer.allCases)
        func ours(peer: Peer) throws {
            guard peer.isPresent else { return }
            guard !peer.answersOnce else { return try oursOnce(peer) }
            var setup = PeerSetup()
            // When it reverses lines, s_server sleeps for a second at every record that is no line.
            setup.service = peer == .openssl ? .interactive : .lines
            // GnuTLS ends a connection with more than eight KeyUpdates a second.
            let rounds = peer == .gnutls ? 3 : self.rounds
            for suite in peer.cipherSuites {
                InteropSummary.count(peer, "KeyUpdate by us", "\(suite)") {
                    let server = try PeerServer(peer, setup)
                    let socket = try InteropClient.connect(to: server) { $0.cipherSuites = [suite] }
                    try talk("before", socket, server)
                    for round in 1...rounds {
                        try socket.updateKeys(requestPeer: false)
                        try talk("not requested \(round)", socket, server)
                        try socket.updateKeys(requestPeer: true)
                        try talk("requested \(round)", socket, server)
                    }
                    // A peer answers before the data that it sends next. What it sent last may have crossed our last request;
                    // what it sends now has not.
                    try talk("after", socket, server)
                    let info = try socket.tls
                    try equal(info.keyUpdatesSent, 2 * rounds, "sent")
                    try equal(info.keyUpdatesReceived, rounds, "received")
                    socket.close()
                }
            }
        }

        /// With a peer that ends the connection after its answer: the request comes before it.
        private func oursOnce(_ peer: Peer) throws {
            let server = try PeerServer(peer)
            for suite in peer.cipherSuites {
                InteropSummary.count(peer, "KeyUpdate by us", "\(suite)") {
                    let socket = try InteropClient.connect(to: server) { $0.cipherSuites = [suite] }
                    for _ in 1...rounds { try socket.updateKeys(requestPeer: false) }
                    try socket.updateKeys(requestPeer: true)
                    try socket.exchange("after", with: server)
                    let info = try socket.tls
                    try equal(info.keyUpdatesSent, rounds + 1, "sent")
                    try equal(info.keyUpdatesReceived, 1, "received")
                    try socket.finish()
                }
            }
        }

        @Test("RFC 8446 §4.6.3: the server's KeyUpdates, with and without a request, between lines")
        func theirs() throws {
            let peer = Peer.openssl
            guard peer.isPresent else { return }
            var setup = PeerSetup()
            setup.service = .interactive
            setup.more = ["-msg"]
            InteropSummary.count(peer, "KeyUpdate by the server") {
                let server = try PeerServer(peer, setup)
                let socket = try InteropClient.connect(to: server)
                try talk("before", socket, server)
                for round in 1...rounds {
                    try update("k", socket, server)
                    try talk("not requested \(round)", socket, server)
                    try equal(try socket.tls.keyUpdatesSent, round - 1, "sent, not being asked")
                    try update("K", socket, server)
                    try talk("requested \(round)", socket, server)
                    try equal(try socket.tls.keyUpdatesSent, round, "sent, being asked")
                }
                try equal(try socket.tls.keyUpdatesReceived, 2 * rounds, "received")
                // Ours cross theirs.
                try socket.updateKeys(requestPeer: true)
                try update("K", socket, server)
                try talk("after", socket, server)
                // s_server: ">>> " is what it sent, "<<< " what it received.
                let received = server.child.output.split(separator: "\n").filter {
                    $0.hasPrefix("<<< ") && $0.hasSuffix(", KeyUpdate")
                }
                try equal(received.count, rounds + 2, "KeyUpdates at the server")
                socket.close()
            }
        }

        /// A line each way: there and back, or with s_server to its terminal and from it.
        private func talk(_ text: String, _ socket: SecureSocket, _ server: PeerServer) throws {
            guard server.peer == .openssl else { return try socket.exchange(text, with: server) }
            let line = "\(text) from the client\n"
            try socket.send(Array(line.utf8))
            try server.child.waitForOutput(line) { $0.contains(line) }
            // No letter that s_server takes for a command.
            let answer = "[\(text)]\n"
            try server.child.write(answer)
            try equal(String(decoding: try socket.receive(exactly: answer.utf8.count), as: UTF8.self), answer, "line")
        }

        /// Types a command and waits until its KeyUpdate has come: s_server takes what follows on the same read for part
        /// of the command.
        private func update(_ command: String, _ socket: SecureSocket, _ server: PeerServer) throws {
            let before = try socket.tls.keyUpdatesReceived
            try server.child.write(command + "\n")
            let end = ContinuousClock.now + .seconds(10)
            var timeouts = socket.options.timeouts
            let usual = timeouts.read
            timeouts.read = .milliseconds(20)
            try socket.setTimeouts(timeouts)
            while try socket.tls.keyUpdatesReceived == before {
                guard ContinuousClock.now < end else { throw InteropFailure("no KeyUpdate after \(command)") }
                do {
                    throw InteropFailure("data instead of a KeyUpdate: \(try socket.receive(upTo: 100))")
                } catch SocketError.timedOut(.receive) {}
            }
            timeouts.read = usual
            try socket.setTimeouts(timeouts)
        }
    }
}
