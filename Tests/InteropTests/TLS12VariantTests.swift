// TLS12VariantTests.swift — the extensions of TLS 1.2 on and off, client certificates, what is refused.
// RFC 7366, RFC 7627, RFC 7301, RFC 6066 §8, RFC 8449, RFC 5705, RFC 5746, RFC 5246 §7.4.4.
// Next: VersionTests.swift.

import Certificates
import Foundation
import Handshake
import SocketProvider
import Synchronization
import TLS
import Testing
import WireFormat

extension Interop {
    @Suite("TLS 1.2 variants")
    struct TLS12VariantTests {
        private static let cbcSuites: [CipherSuite] = [
            .tlsECDHERSAWithAES128CBCSHA, .tlsECDHERSAWithAES256CBCSHA, .tlsECDHERSAWithAES128CBCSHA256,
            .tlsECDHERSAWithAES256CBCSHA384, .tlsDHERSAWithAES256CBCSHA256, .tlsRSAWithAES128CBCSHA,
        ]

        @Test(
            "RFC 7366 §3, RFC 7627 §5.2: with and without encrypt_then_mac × extended_master_secret, every padding",
            arguments: [Peer.openssl, .gnutls], [(true, true), (true, false), (false, true), (false, false)])
        func variants(peer: Peer, uses: (etm: Bool, ems: Bool)) throws {
            guard peer.isPresent else { return }
            var setup = PeerSetup.tls12(.rsa2048)
            setup.encryptThenMAC = uses.etm
            setup.extendedMasterSecret = uses.ems
            let server = try PeerServer(peer, setup)
            for suite in Self.cbcSuites {
                let name = "\(suite) encrypt_then_mac \(uses.etm) extended_master_secret \(uses.ems)"
                InteropSummary.count(peer, "TLS 1.2: CBC with and without EtM × EMS", name) {
                    let socket = try InteropClient.connect(to: server) { $0.offerTLS12([suite]) }
                    let info = try socket.tls
                    try equal(info.usesEncryptThenMAC, uses.etm, "encrypt_then_mac")
                    try equal(info.usesExtendedMasterSecret, uses.ems, "extended_master_secret")
                    // Every length of padding, and records that are full.
                    for length in 0...32 { try socket.exchange(String(repeating: "a", count: length), with: server) }
                    if peer == .gnutls { try socket.exchange(String(repeating: "b", count: 40_000), with: server) }
                    try socket.finish()
                }
            }
        }

        @Test("RFC 7627 §5.2: a server without extended_master_secret", arguments: Peer.allCases)
        func withoutExtendedMasterSecret(peer: Peer) throws {
            guard peer.isPresent, peer.canLeaveExtendedMasterSecret else { return }
            var setup = PeerSetup.tls12()
            setup.extendedMasterSecret = false
            InteropSummary.count(peer, "TLS 1.2: without extended_master_secret") {
                let server = try PeerServer(peer, setup)
                let socket = try InteropClient.connect(to: server) { $0.offerTLS12() }
                try socket.exchange("as before", with: server)
                try equal(try socket.tls.usesExtendedMasterSecret, false, "extended_master_secret")
                try socket.finish()
            }
        }

        @Test("RFC 5246 §7.4.4, §7.4.8: a server that requires a certificate verifies ours", arguments: Peer.allCases)
        func clientCertificate(peer: Peer) throws {
            guard peer.isPresent else { return }
            var setup = PeerSetup.tls12()
            setup.clientCertificate = .required
            let server = try PeerServer(peer, setup)
            for kind in peer.keyKinds {
                InteropSummary.count(peer, "TLS 1.2: client certificate of every kind", "\(kind)") {
                    let credential = try InteropCertificates.credential(kind)
                    let socket = try InteropClient.connect(to: server) {
                        $0.offerTLS12()
                        $0.credentials = .fixed([credential])
                    }
                    try socket.exchange("signed with \(kind)", with: server)
                    let info = try socket.tls
                    try equal(info.clientCertificateRequested, true, "requested")
                    try equal(info.clientCertificateSent, true, "sent")
                    let name = InteropCertificates.clientName(kind)
                    try server.child.waitForOutput("the client's name") { $0.contains(name) }
                    try socket.finish()
                }
            }
            InteropSummary.count(peer, "TLS 1.2: empty list where a certificate is required") {
                let error = try InteropClient.failure(connectingTo: server) { $0.offerTLS12() }
                try equal(error.origin, .peer, "who refused")
            }
            setup.clientCertificate = .asked
            let asking = try PeerServer(peer, setup)
            InteropSummary.count(peer, "TLS 1.2: empty list where a certificate is optional") {
                let socket = try InteropClient.connect(to: asking) { $0.offerTLS12() }
                try socket.exchange("nobody in particular", with: asking)
                let info = try socket.tls
                try equal(info.clientCertificateRequested, true, "requested")
                try equal(info.clientCertificateSent, false, "sent")
                try socket.finish()
            }
        }

        @Test("RFC 7301 §3.2: the server picks one of our protocols, or refuses", arguments: Peer.allCases)
        func alpn(peer: Peer) throws {
            guard peer.isPresent else { return }
            var setup = PeerSetup.tls12()
            setup.alpnProtocols = ["h2", "http/1.1"]
            let server = try PeerServer(peer, setup)
            InteropSummary.count(peer, "TLS 1.2: ALPN", "http/1.1") {
                let socket = try InteropClient.connect(to: server) {
                    $0.offerTLS12()
                    $0.alpnProtocols = ["h3", "http/1.1"]
                }
                try socket.exchange("alpn", with: server)
                try equal(try socket.tls.alpnProtocol, "http/1.1", "protocol")
                try socket.finish()
            }
            InteropSummary.count(peer, "TLS 1.2: ALPN", "nothing in common") {
                let error = try InteropClient.failure(connectingTo: server) {
                    $0.offerTLS12()
                    $0.alpnProtocols = ["h3"]
                }
                try equal(error.origin, .peer, "who refused")
                try equal(error.alert, .noApplicationProtocol, "alert")
            }
        }

        @Test(
            "RFC 6066 §8, RFC 8446 §4.4.2.1: the server's OCSP response is verified, and handed over as it came",
            arguments: Peer.allCases, [ProtocolVersion.tls12, .tls13])
        func stapling(peer: Peer, version: ProtocolVersion) throws {
            guard peer.isPresent, peer.staplesOCSP else { return }
            // selfserv staples beside RSA keys alone.
            let kind = peer == .nss ? KeyKind.rsa2048 : .p256
            var setup = PeerSetup(kind)
            setup.versions = version...version
            setup.ocspResponse = try InteropCertificates.file("\(kind).ocsp")
            InteropSummary.count(peer, "stapled OCSP response", "\(version)") {
                let server = try PeerServer(peer, setup)
                let socket = try InteropClient.connect(to: server) {
                    $0.requestsCertificateStatus = true
                    // selfserv signs its response with SHA-1, which counts for nothing; those of the others are good.
                    $0.pathPolicy.revocation.mode = peer == .nss ? .off : .require
                    $0.pathPolicy.revocation.scope = .peer
                }
                try socket.exchange("stapled", with: server)
                let info = try socket.tls
                try equal(info.version, version, "version")
                if peer == .nss {
                    try holds(!(info.stapledOCSPResponse ?? []).isEmpty, "no response came")
                } else {
                    try equal(info.stapledOCSPResponse, try InteropCertificates.bytes("\(kind).ocsp"), "response")
                }
                try socket.finish()
                let silent = try InteropClient.connect(to: server)
                try silent.exchange("not asked for", with: server)
                try equal(try silent.tls.stapledOCSPResponse, nil, "response that was not asked for")
                try silent.finish()
            }
        }

        @Test("RFC 6066 §8: a server that has no OCSP response", arguments: [ProtocolVersion.tls12, .tls13])
        func nothingStapled(version: ProtocolVersion) throws {
            let peer = Peer.openssl
            guard peer.isPresent else { return }
            var setup = PeerSetup()
            setup.versions = version...version
            InteropSummary.count(peer, "stapled OCSP response", "\(version), none there") {
                let server = try PeerServer(peer, setup)
                let socket = try InteropClient.connect(to: server) { $0.requestsCertificateStatus = true }
                try socket.exchange("nothing stapled", with: server)
                try equal(try socket.tls.stapledOCSPResponse, nil, "response")
                try socket.finish()
            }
        }

        @Test(
            "RFC 8449 §4: the peer's records are as short as we ask", arguments: [Peer.gnutls, .nss],
            [ProtocolVersion.tls12, .tls13])
        func recordSizeLimit(peer: Peer, version: ProtocolVersion) throws {
            guard peer.isPresent else { return }
            var setup = PeerSetup()
            setup.versions = version...version
            InteropSummary.count(peer, "record_size_limit", "\(version)") {
                let server = try PeerServer(peer, setup)
                // A longer record would be refused with record_overflow.
                let socket = try InteropClient.connect(to: server) { $0.recordSizeLimit = 600 }
                try socket.exchange(String(repeating: "short", count: 1000), with: server)
                try holds(try socket.tls.peerRecordSizeLimit != nil, "the peer says no limit")
                try socket.finish()
            }
        }

        @Test("RFC 5705 §4: both ends export the same keying material", arguments: Peer.allCases)
        func exporter(peer: Peer) throws {
            guard peer.isPresent, peer.exportsKeyingMaterial else { return }
            for suite in [CipherSuite.tlsECDHEECDSAWithAES128GCMSHA256, .tlsECDHEECDSAWithAES256GCMSHA384] {
                // selfserv: "couldn't export keying material: security library failure" with SHA-384 in TLS 1.2.
                if peer == .nss && suite == .tlsECDHEECDSAWithAES256GCMSHA384 { continue }
                InteropSummary.count(peer, "TLS 1.2: exporter", "\(suite)") {
                    var setup = PeerSetup.tls12()
                    setup.service = .interactive
                    setup.exportLabel = "EXPERIMENTAL interop"
                    let server = try PeerServer(peer, setup)
                    let client = try EngineClient(
                        to: server,
                        EngineClient.configuration {
                            $0.versions = .tls12 ... .tls12
                            $0.cipherSuites = [suite]
                        })
                    // In TLS 1.2 an empty context is not the same as none (RFC 5705 §4); these servers have none.
                    let ours = try client.exported("EXPERIMENTAL interop", length: 32)
                    if peer.answersOnce { try client.exchange("exported", with: server) }
                    try server.child.waitForOutput("the keying material \(ours)") {
                        $0.lowercased().filter { !$0.isWhitespace && $0 != ":" }.contains(ours)
                    }
                    client.close()
                }
            }
        }

        @Test("RFC 5246 §8.1: our key log and the server's are the same")
        func keyLog() throws {
            let peer = Peer.openssl
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "TLS 1.2: key log") {
                let file = try InteropFolder.newFile("keylog")
                var setup = PeerSetup.tls12()
                setup.more = ["-keylogfile", file]
                let server = try PeerServer(peer, setup)
                let log = CollectedKeyLog()
                let socket = try InteropClient.connect(to: server) {
                    $0.offerTLS12()
                    $0.keyLog = log
                }
                try socket.exchange("logged", with: server)
                try socket.finish()
                let theirs = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
                    .filter { !$0.hasPrefix("#") }.map { $0.lowercased() }
                try equal(log.lines.map { $0.lowercased() }, theirs, "lines")
                try equal(theirs.count, 1, "secrets")
            }
        }

        @Test("RFC 5746 §4.5, RFC 5246 §7.2.2: a server that wants to renegotiate is told no")
        func renegotiation() throws {
            let peer = Peer.openssl
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "TLS 1.2: renegotiation is refused") {
                var setup = PeerSetup.tls12()
                setup.service = .interactive
                setup.more = ["-msg"]
                let server = try PeerServer(peer, setup)
                let socket = try InteropClient.connect(to: server) { $0.offerTLS12() }
                try socket.send(Array("before\n".utf8))
                try server.child.waitForOutput("what the client sent") { $0.contains("before\n") }
                // On a line of its own: ask for a new handshake.
                try server.child.write("r\n")
                do {
                    let received = try socket.receive(upTo: 100)
                    throw InteropFailure("the server went on and sent \(received)")
                } catch SocketError.security(let error) {
                    // It insists, and gives up; we did not.
                    try equal(error.origin, .peer, "who ended the connection")
                    try equal(error.alert, .handshakeFailure, "alert")
                }
                try server.child.waitForOutput("our warning") { $0.contains("no_renegotiation") }
                socket.close()
            }
        }
    }
}

extension EngineClient {
    /// Keying material without a context, in hexadecimal.
    fileprivate func exported(_ label: String, length: Int) throws -> String {
        let secret = try export(label, length: length)
        var text = ""
        for index in 0..<secret.count { text += String(format: "%02x", secret.bytes[index]) }
        return text
    }
}

private final class CollectedKeyLog: KeyLog {
    private let collected = Mutex<[String]>([])
    var lines: [String] { collected.withLock { $0 } }
    func write(line: String) { collected.withLock { $0.append(line) } }
}
