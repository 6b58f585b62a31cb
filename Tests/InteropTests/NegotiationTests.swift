// NegotiationTests.swift — application protocols, names and addresses, exporters, key logs, tickets, padding.
// RFC 7301; RFC 6066 §3; RFC 8446 §4.6.1, §5.4, §7.5.
// Next: KeyUpdateTests.swift.

import Foundation
import Handshake
import SocketProvider
import Synchronization
import TLS
import Testing
import WireFormat

extension Interop {
    @Suite("negotiation")
    struct NegotiationTests {
        @Test(
            "RFC 7301 §3.2: the server picks one of our protocols, or refuses, or does not know the extension",
            arguments: Peer.allCases)
        func alpn(peer: Peer) throws {
            guard peer.isPresent else { return }
            var setup = PeerSetup()
            setup.alpnProtocols = ["h2", "http/1.1"]
            let server = try PeerServer(peer, setup)
            let offers = [(["http/1.1"], "http/1.1"), (["h3", "h2"], "h2"), (["http/1.1", "h3"], "http/1.1")]
            // selfserv knows http/1.1 alone.
            for (offer, expected) in offers where peer != .nss || expected == "http/1.1" {
                InteropSummary.count(peer, "ALPN", "\(offer)") {
                    let socket = try InteropClient.connect(to: server) { $0.alpnProtocols = offer }
                    try socket.exchange("alpn", with: server)
                    try equal(try socket.tls.alpnProtocol, expected, "protocol")
                    try socket.finish()
                }
            }
            InteropSummary.count(peer, "ALPN", "nothing in common") {
                let error = try InteropClient.failure(connectingTo: server) { $0.alpnProtocols = ["h3"] }
                try equal(error.origin, .peer, "who refused")
                try equal(error.alert, .noApplicationProtocol, "alert")
                let advice = error.explanation.advice
                try holds(advice.contains("application protocols"), "advice: \(advice)")
            }
            InteropSummary.count(peer, "ALPN", "server without ALPN") {
                let plain = try PeerServer(peer)
                let socket = try InteropClient.connect(to: plain) { $0.alpnProtocols = ["h2"] }
                try equal(try socket.tls.alpnProtocol, nil, "protocol")
                try socket.finish()
                do {
                    _ = try InteropClient.connect(to: plain) {
                        $0.alpnProtocols = ["h2"]
                        $0.requiresALPN = true
                    }
                    throw InteropFailure("connected without the protocol that is required")
                } catch SocketError.security(let error) {
                    try equal(error.explanation.topic, .alpn, "topic")
                }
            }
        }

        /// Whether the loopback interface has ::1; a container may lack it.
        private static let hasIPv6: Bool = {
            let addresses = FileManager.default.contents(atPath: "/proc/net/if_inet6") ?? Data()
            let has = String(decoding: addresses, as: UTF8.self).contains(String(repeating: "0", count: 31) + "1 ")
            if !has { print("skipped: there is no ::1 on this machine") }
            return has
        }()

        @Test("RFC 8446 §4.4.2.4: over IPv6, by address and by name", arguments: [Peer.openssl, .gnutls])
        func ipv6(peer: Peer) throws {
            guard peer.isPresent, Self.hasIPv6 else { return }
            var setup = PeerSetup()
            setup.family = .ipv6
            let server = try PeerServer(peer, setup)
            InteropSummary.count(peer, "IPv6", "peer name localhost") {
                let socket = try InteropClient.connect(to: server)
                try equal(socket.information.provider?.addressFamily, .ipv6, "address family")
                try socket.exchange("six", with: server)
                try socket.finish()
            }
            InteropSummary.count(peer, "IPv6", "the address itself") {
                let socket = try InteropClient.connect(to: server) { $0.peerName = nil }
                try equal(try socket.tls.serverName, nil, "server name")
                try socket.exchange("::1", with: server)
                try socket.finish()
            }
        }

        @Test("RFC 6066 §3: an IPv4 address has to be proved, and is not sent as a name", arguments: Peer.allCases)
        func address(peer: Peer) throws {
            guard peer.isPresent else { return }
            let server = try PeerServer(peer)
            InteropSummary.count(peer, "IPv4 address as the peer's identity") {
                let socket = try InteropClient.connect(to: server) { $0.peerName = nil }
                try equal(socket.information.provider?.addressFamily, .ipv4, "address family")
                try equal(try socket.tls.serverName, nil, "server name")
                try socket.exchange("127.0.0.1", with: server)
                try socket.finish()
            }
            InteropSummary.count(peer, "host name looked up, IPv6 and IPv4 selected") {
                let provider = try ProviderCatalog.standard.select(scheme: .tls)
                var options = try InteropClient.options(provider)
                options.peerName = nil
                let socket = try provider.configure(options).makeSocket()
                try socket.connect(to: .name("localhost", port: server.address.port))
                try equal(try socket.tls.serverName, "localhost", "server name")
                try socket.exchange("by name", with: server)
                if peer == .go {
                    try server.child.waitForOutput("the name") { $0.contains(#""serverName":"localhost""#) }
                }
                try socket.finish()
            }
        }

        @Test("RFC 8446 §7.5: both ends export the same keying material", arguments: Peer.allCases)
        func exporter(peer: Peer) throws {
            guard peer.isPresent, peer.exportsKeyingMaterial else { return }
            var setup = PeerSetup()
            setup.service = .interactive
            setup.exportLabel = "EXPERIMENTAL interop"
            InteropSummary.count(peer, "exporter") {
                let server = try PeerServer(peer, setup)
                let socket = try InteropClient.connect(to: server) { $0.cipherSuites = [.tlsAES256GCMSHA384] }
                let ours = try socket.exportKeyingMaterial(label: "EXPERIMENTAL interop", context: [], length: 32)
                var hex = ""
                for index in 0..<ours.count { hex += String(format: "%02x", ours.bytes[index]) }
                if peer.answersOnce { try socket.exchange("exported", with: server) }
                try server.child.waitForOutput("the keying material \(hex)") {
                    // NSS writes it in lines of octets with colons between them.
                    $0.lowercased().filter { !$0.isWhitespace && $0 != ":" }.contains(hex)
                }
                socket.close()
            }
        }

        @Test("RFC 8446 §7.1: our key log and the server's are the same")
        func keyLog() throws {
            let peer = Peer.openssl
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "key log") {
                let file = try InteropFolder.newFile("keylog")
                var setup = PeerSetup()
                setup.more = ["-keylogfile", file]
                let server = try PeerServer(peer, setup)
                let log = CollectedKeyLog()
                let socket = try InteropClient.connect(to: server) { $0.keyLog = log }
                try socket.exchange("logged", with: server)
                try equal(try socket.tls.isKeyLogged, true, "isKeyLogged")
                try socket.finish()
                let theirs = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
                    .filter { !$0.hasPrefix("#") }.map(String.init)
                try equal(log.lines.map { $0.lowercased() }.sorted(), theirs.map { $0.lowercased() }.sorted(), "lines")
                try equal(log.lines.count, 5, "secrets")
            }
        }

        @Test("RFC 8446 §4.6.1: tickets are read, counted and stored", arguments: Peer.allCases)
        func tickets(peer: Peer) throws {
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "NewSessionTicket") {
                let server = try PeerServer(peer)
                let store = CollectedSessions()
                let socket = try InteropClient.connect(to: server) { $0.sessionStore = store }
                // The reply comes after the tickets.
                try socket.exchange("tickets", with: server)
                let count = try socket.tls.sessionTicketsReceived
                try holds(count > 0, "no ticket came")
                try equal(store.count, count, "sessions stored")
                try socket.finish()
            }
        }

        @Test("RFC 8446 §5.4: padded records are read", arguments: Peer.allCases)
        func padding(peer: Peer) throws {
            guard peer.isPresent else { return }
            let server = try PeerServer(peer)
            for block in [64, 4096, 16_384] {
                InteropSummary.count(peer, "record padding", "\(block)") {
                    let socket = try InteropClient.connect(to: server) { $0.recordPadding = .multiple(of: block) }
                    if !peer.answersOnce { try socket.exchange("padded to \(block)", with: server) }
                    try socket.exchange(String(repeating: "x", count: 4000), with: server)
                    try socket.finish()
                }
            }
        }
    }
}

private final class CollectedKeyLog: KeyLog {
    private let collected = Mutex<[String]>([])
    var lines: [String] { collected.withLock { $0 } }
    func write(line: String) { collected.withLock { $0.append(line) } }
}

private final class CollectedSessions: SessionStore {
    private let collected = Mutex(0)
    var count: Int { collected.withLock { $0 } }
    func store(_ session: Session, for binding: SessionBinding) { collected.withLock { $0 += 1 } }
    func take(for binding: SessionBinding, at now: UnixTime, timeout: UInt32) -> Session? { nil }
    func remove(for binding: SessionBinding) {}
    func purge() {}
}
