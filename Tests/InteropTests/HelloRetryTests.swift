// HelloRetryTests.swift — servers that ask for another key share, for a cookie, or for both.
// RFC 8446 §4.1.4, §4.2.2, §4.2.8.
// Next: ClientCertificateTests.swift.

import SocketProvider
import TLS
import Testing
import WireFormat

extension Interop {
    @Suite("HelloRetryRequest")
    struct HelloRetryTests {
        private let row = "HelloRetryRequest for every group"

        @Test("RFC 8446 §4.2.8: without a key share the server asks for one", arguments: Peer.allCases)
        func withoutShare(peer: Peer) throws {
            guard peer.isPresent else { return }
            let server = try PeerServer(peer)
            for group in peer.groups {
                InteropSummary.count(peer, row, "\(group), no share sent") {
                    try peer.withKeys(of: group) {
                        let socket = try InteropClient.connect(to: server) {
                            $0.groups = [group]
                            $0.keyShareGroups = []
                            $0.reportsDecisions = true
                        }
                        try check(socket, server, group)
                    }
                }
            }
        }

        @Test("RFC 8446 §4.1.4: with a share of another group the server asks for its own", arguments: Peer.allCases)
        func otherShare(peer: Peer) throws {
            guard peer.isPresent else { return }
            for group in peer.groups {
                InteropSummary.count(peer, row, "\(group), another share sent") {
                    var setup = PeerSetup()
                    setup.groups = [group]
                    let server = try PeerServer(peer, setup)
                    let other: NamedGroup = group == .x25519 ? .secp256r1 : .x25519
                    try peer.withKeys(of: group) {
                        let socket = try InteropClient.connect(to: server) {
                            $0.groups = [other, group]
                            $0.keyShareGroups = [other]
                            $0.reportsDecisions = true
                        }
                        try check(socket, server, group)
                    }
                    if peer == .go {
                        try server.child.waitForOutput("the retry") { $0.contains(#""helloRetryRequest":true"#) }
                    }
                }
            }
        }

        private func check(_ socket: SecureSocket, _ server: PeerServer, _ group: NamedGroup) throws {
            try socket.exchange("retried with \(group)", with: server)
            let info = try socket.tls
            try equal(info.helloRetried, true, "hello retried")
            try equal(info.group, group, "group")
            try holds(info.decisions.contains { $0.topic == .helloRetry }, "no decision tells about the retry")
            try socket.finish()
        }

        /// s_server's `-stateless` asks every client for a cookie. Over TCP it takes a second ClientHello only when no
        /// ChangeCipherSpec comes before it, so the client has to leave the middlebox compatibility mode.
        @Test("RFC 8446 §4.2.2: the server's cookie goes back, with and without a share", arguments: [false, true])
        func cookie(withShare: Bool) throws {
            let peer = Peer.openssl
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "HelloRetryRequest with a cookie", withShare ? "and key_share" : "alone") {
                var setup = PeerSetup()
                setup.service = .interactive
                setup.groups = withShare ? [.secp384r1] : nil
                setup.more = ["-stateless", "-msg"]
                let server = try PeerServer(peer, setup)
                let socket = try InteropClient.connect(to: server) {
                    $0.middleboxCompatibility = false
                    $0.groups = [.x25519, .secp384r1]
                }
                try socket.send(Array("from the client\n".utf8))
                try server.child.waitForOutput("what the client sent") { $0.contains("from the client\n") }
                try server.child.write("12345\n")
                try equal(try socket.receive(exactly: 6), Array("12345\n".utf8), "the server's line")
                let info = try socket.tls
                try equal(info.helloRetried, true, "hello retried")
                try equal(info.group, withShare ? .secp384r1 : .x25519, "group")
                let hellos = server.child.output.split(separator: "\n").filter { $0.hasSuffix(", ClientHello") }
                try equal(hellos.count, 2, "ClientHellos at the server")
                socket.close()
            }
        }
    }
}
