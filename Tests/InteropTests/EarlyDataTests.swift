// EarlyDataTests.swift — 0-RTT data accepted, refused and sent again; keys that both ends have from elsewhere.
// RFC 8446 §2.3, §4.2.10, §4.2.11, §8; RFC 9257.
// Next: CommandTests.swift.

import CryptoGlue
import Foundation
import Handshake
import SocketProvider
import TLS
import Testing
import WireFormat

extension Interop {
    @Suite("early data and external keys")
    struct EarlyDataTests {
        private func server(_ peer: Peer, _ change: (inout PeerSetup) -> Void = { _ in }) throws -> PeerServer {
            var setup = PeerSetup()
            // s_server knows early data only where it does nothing with it.
            setup.service = .interactive
            setup.earlyData = 4096
            change(&setup)
            return try PeerServer(peer, setup)
        }

        /// A connection that leaves tickets in the configuration's store.
        private func prepare(_ server: PeerServer, _ configuration: ClientConfiguration) throws {
            let client = try EngineClient(to: server, configuration)
            if server.peer == .openssl {
                try client.send(Array("prepared\n".utf8))
                try server.child.waitForOutput("what the client sent") { $0.contains("prepared\n") }
                // Its tickets are read when something comes.
                try server.child.write("12345\n")
                try equal(try client.receive(exactly: 6), Array("12345\n".utf8), "the server's line")
            } else {
                try client.exchange("prepared", with: server)
            }
            try equal(client.info.earlyData, .notOffered, "early data")
            try holds(client.info.sessionTicketsReceived > 0, "no ticket came")
            // s_server goes on to the next connection when this one is closed in order.
            try client.finish()
        }

        @Test("RFC 8446 §2.3: s_server takes early data")
        func accepted() throws {
            let peer = Peer.openssl
            guard peer.isPresent else { return }
            let server = try server(peer)
            for suite in [CipherSuite.tlsAES128GCMSHA256, .tlsAES256GCMSHA384, .tlsChaCha20Poly1305SHA256] {
                InteropSummary.count(peer, "0-RTT accepted", "\(suite)") {
                    let store = MemorySessionStore()
                    let configuration = try EngineClient.configuration {
                        $0.sessionStore = store
                        $0.cipherSuites = [suite]
                    }
                    try prepare(server, configuration)
                    let text = "early with \(suite)\n"
                    let client = try EngineClient(to: server, configuration, earlyData: text)
                    try equal(client.info.earlyData, .accepted, "early data")
                    try equal(client.info.isResumed, true, "resumed")
                    // What it received and what it says of that go to the same file by different ways, in no fixed order.
                    try server.child.waitForOutput("the early data") { log in
                        log.contains(text) && log.contains("Early data received:") && log.contains("End of early data")
                    }
                    // Once only, and what follows comes after it.
                    try client.send(Array("later with \(suite)\n".utf8))
                    try server.child.waitForOutput("what came later") { $0.contains("later with \(suite)\n") }
                    try equal(
                        server.child.output.components(separatedBy: text).count, 2, "pieces around the early data")
                    try client.finish()
                }
            }
        }

        @Test("RFC 8446 §2.3: s_server takes a socket's early data")
        func acceptedFromSocket() throws {
            let peer = Peer.openssl
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "0-RTT accepted", "through a socket") {
                let server = try server(peer)
                let configured = try InteropClient.configured(for: server)
                for (text, outcome) in [("not yet\n", EarlyDataOutcome.sentAfterHandshake), ("early\n", .accepted)] {
                    let socket = configured.makeSocket()
                    try socket.connect(to: .address(server.address), earlyData: Array(text.utf8))
                    try equal(try socket.tls.earlyData, outcome, "early data")
                    try server.child.waitForOutput("the data") { $0.contains(text) }
                    // Its tickets are read when something comes.
                    try server.child.write("12345\n")
                    try equal(try socket.receive(exactly: 6), Array("12345\n".utf8), "the server's line")
                    try socket.finish()
                }
            }
        }

        @Test("RFC 8446 §4.2.10: early data a server does not take is sent after the handshake")
        func refused() throws {
            let peer = Peer.openssl
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "0-RTT refused and sent again", "the session is unknown") {
                let store = MemorySessionStore()
                let configuration = try EngineClient.configuration { $0.sessionStore = store }
                try prepare(try server(peer), configuration)
                let other = try server(peer)
                let client = try EngineClient(to: other, configuration, earlyData: "again, to another\n")
                try equal(client.info.earlyData, .sentAfterHandshake, "early data")
                try equal(client.info.isResumed, false, "resumed")
                try other.child.waitForOutput("the data") { $0.contains("again, to another\n") }
                try holds(!other.child.output.contains("Early data received"), "it was taken early")
                try client.finish()
            }
            InteropSummary.count(peer, "0-RTT refused and sent again", "HelloRetryRequest") {
                let server = try server(peer) { $0.groups = [.secp384r1] }
                let store = MemorySessionStore()
                let configuration = try EngineClient.configuration {
                    $0.sessionStore = store
                    $0.groups = [.x25519, .secp384r1]
                }
                try prepare(server, configuration)
                let client = try EngineClient(to: server, configuration, earlyData: "again, retried\n")
                // s_server forgets a session that early data came with before it asks for another hello: it does not resume.
                try equal(client.info.helloRetried, true, "hello retried")
                try equal(client.info.earlyData, .sentAfterHandshake, "early data")
                try server.child.waitForOutput("the data") { $0.contains("again, retried\n") }
                try holds(!server.child.output.contains("Early data received"), "it was taken early")
                try client.finish()
            }
            InteropSummary.count(peer, "0-RTT refused and sent again", "more than the ticket allows") {
                let server = try server(peer) { $0.earlyData = 16 }
                let store = MemorySessionStore()
                let configuration = try EngineClient.configuration { $0.sessionStore = store }
                try prepare(server, configuration)
                let client = try EngineClient(to: server, configuration, earlyData: "more than sixteen octets\n")
                try equal(client.info.isResumed, true, "resumed")
                try equal(client.info.earlyData, .sentAfterHandshake, "early data")
                try server.child.waitForOutput("the data") { $0.contains("more than sixteen octets\n") }
                try client.finish()
            }
        }

        /// gnutls-serv takes early data and throws it away. NSS refuses it for as long as its memory of ClientHellos does not
        /// reach back far enough to know a replay (§8.2); it then gets it after the handshake.
        @Test("RFC 8446 §8: early data with other servers", arguments: [Peer.gnutls, .nss])
        func others(peer: Peer) throws {
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "0-RTT, taken or sent again") {
                let server = try server(peer)
                let store = MemorySessionStore()
                let configuration = try EngineClient.configuration { $0.sessionStore = store }
                try prepare(server, configuration)
                let (sent, answered) = server.exchange(of: "early or late")
                let client = try EngineClient(to: server, configuration, earlyData: sent)
                try equal(client.info.isResumed, true, "resumed")
                let outcome = client.info.earlyData
                InteropSummary.note(peer, "0-RTT, taken or sent again", "\(outcome)")
                if peer == .gnutls {
                    try equal(outcome, .accepted, "early data")
                    try client.exchange("later", with: server)
                } else {
                    try holds(outcome == .accepted || outcome == .sentAfterHandshake, "early data \(outcome)")
                    try client.receive(answered, for: "early or late", from: server)
                }
                try client.finish()
            }
        }

        // MARK: External keys

        private static let shared = PeerSetup.PreSharedKey(
            identity: "sensor", secret: (0..<32).map { UInt8(truncatingIfNeeded: 7 &* $0 &+ 3) })

        private func key(_ secret: [UInt8], _ identity: String = "sensor") throws -> ExternalPreSharedKey {
            try ExternalPreSharedKey(identity: Array(identity.utf8), secret: SecretBytes(copying: secret.span))
        }

        /// selfserv has an option for such a key and then uses its certificate all the same, with NSS's own client too.
        @Test("RFC 8446 §4.2.11: a key from elsewhere, instead of a certificate", arguments: [Peer.openssl, .gnutls])
        func externalKey(peer: Peer) throws {
            guard peer.isPresent else { return }
            var setup = PeerSetup()
            setup.preSharedKey = Self.shared
            let server = try PeerServer(peer, setup)
            let row = "external pre-shared key"
            InteropSummary.count(peer, row) {
                let key = try key(Self.shared.secret)
                let configuration = try EngineClient.configuration { $0.externalPreSharedKeys = [key] }
                let client = try EngineClient(to: server, configuration)
                try client.exchange("with a key", with: server)
                try equal(client.info.externalPreSharedKeyIdentity, Array("sensor".utf8), "identity")
                try equal(client.info.peerCertificates.count, 0, "certificates")
                try holds(client.info.group != nil, "no key exchange")
                try client.finish()
            }
            InteropSummary.count(peer, row, "the server knows another secret") {
                var secret = Self.shared.secret
                secret[0] ^= 1
                let key = try key(secret)
                let configuration = try EngineClient.configuration { $0.externalPreSharedKeys = [key] }
                do {
                    _ = try EngineClient(to: server, configuration)
                    throw InteropFailure("connected with the wrong key")
                } catch let error as TLSError {
                    try equal(error.origin, .peer, "who refused")
                }
            }
        }

        @Test("RFC 8446 §4.2.9: without a key exchange only when that is allowed", arguments: [true, false])
        func withoutKeyExchange(isAllowed: Bool) throws {
            let peer = Peer.gnutls
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "psk_ke", "\(isAllowed)") {
                var setup = PeerSetup()
                setup.preSharedKey = Self.shared
                setup.preSharedKey?.withKeyExchange = false
                let server = try PeerServer(peer, setup)
                let key = try key(Self.shared.secret)
                let configuration = try EngineClient.configuration {
                    $0.externalPreSharedKeys = [key]
                    $0.allowsPSKWithoutForwardSecrecy = isAllowed
                }
                let client = try EngineClient(to: server, configuration)
                try client.exchange("with or without", with: server)
                try equal(client.info.externalPreSharedKeyIdentity == nil, !isAllowed, "uses its certificate")
                try equal(client.info.group == nil, isAllowed, "without a key exchange")
                try client.finish()
            }
        }

        @Test(
            "RFC 8446 §4.2.11: the server does not know the key, and shows its certificate", arguments: [Peer.openssl])
        func unknownExternalKey(peer: Peer) throws {
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "external pre-shared key nobody knows") {
                let server = try PeerServer(peer)
                let key = try key(Self.shared.secret, "somebody else")
                let client = try EngineClient(
                    to: server, EngineClient.configuration { $0.externalPreSharedKeys = [key] })
                try client.exchange("with a certificate", with: server)
                try equal(client.info.externalPreSharedKeyIdentity, nil, "identity")
                try equal(client.info.validatedPath.count, 2, "certificates in the validated path")
                try client.finish()
            }
        }
    }
}
