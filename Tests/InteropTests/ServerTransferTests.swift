// ServerTransferTests.swift — much data through our server, with checksums, and many clients at once.
// RFC 8446 §5.1, §6.1.
// Next: BrowserTests.swift.

import CryptoGlue
import Foundation
import Handshake
import TLS
import Testing
import WireFormat

extension Interop {
    @Suite("our server: transfer")
    struct ServerTransferTests {
        /// Octets each way: less where the code is not optimised.
        #if DEBUG
        private static let octets = 2 << 20
        #else
        private static let octets = 32 << 20
        #endif

        private static let suites: [CipherSuite] = [
            .tlsAES128GCMSHA256, .tlsAES256GCMSHA384, .tlsChaCha20Poly1305SHA256, .tlsECDHERSAWithAES128GCMSHA256,
            .tlsECDHERSAWithChaCha20Poly1305SHA256, .tlsECDHERSAWithAES128CBCSHA, .tlsECDHERSAWithAES256CBCSHA384,
        ]

        private static let row = "\(octets >> 20) MiB each way at once, with checksums"

        @Test("RFC 8446 §5.1, RFC 5246 §6.2.1: much data each way at once arrives as it was sent", arguments: suites)
        func openssl(suite: CipherSuite) throws {
            let peer = ClientPeer.openssl
            guard peer.isPresent else { return }
            InteropSummary.count(peer, Self.row, "\(suite)") {
                let server = try EngineServer([.rsa2048]) {
                    $0.cipherSuites = [suite]
                    if CipherSuite.namedTLS12.contains(suite) { $0.versions = .tls12 ... .tls12 }
                }
                let child = try ChildProcess(
                    [
                        "openssl", "s_client", "-connect", "127.0.0.1:\(server.port)", "-quiet", "-cipher",
                        "ALL:@SECLEVEL=0", "-CAfile", InteropCertificates.file("ca.pem"), "-verify_return_error",
                    ], keepsErrors: false)
                let typing = Background {
                    var data = TestData(seed: 6)
                    return try data.hashed(Self.octets) { try child.write($0) }
                }
                let typed = try typing.value()
                try equal(try TestData.hash(ofFile: child.outputPath, Self.octets), typed, "SHA-256 of what came back")
                child.end()
                let info = try server.next().info
                try equal(info.cipherSuite, suite, "cipher suite")
                try equal(info.bytesSent, UInt64(Self.octets), "octets sent")
                try equal(info.bytesReceived, UInt64(Self.octets), "octets received")
            }
        }

        @Test(
            "RFC 8446 §5.1: an echo returns what it was sent while it is sent more",
            arguments: ClientPeer.allCases, [ProtocolVersion.tls12, .tls13])
        func programs(peer: ClientPeer, version: ProtocolVersion) throws {
            guard peer.isPresent, peer.style == .program else { return }
            InteropSummary.count(peer, Self.row, "\(version)") {
                let server = try EngineServer([.rsa2048])
                var task = ClientTask(version)
                // JSSE was told to change its keys every 64 KiB. Its thread that reads wants the lock for that which its thread
                // that writes holds while the transport is full: what is under way must fit into the transport's buffers.
                let changesKeys = peer == .jsse && version == .tls13
                let octets = changesKeys ? min(Self.octets, 2 * 1024 * 1024) : Self.octets
                task.transfer = octets
                let info = try peer.meet(server, task).server.info
                try holds(info.bytesSent > UInt64(octets), "octets sent: \(info.bytesSent)")
                if changesKeys {
                    try holds(info.keyUpdatesReceived > 20, "KeyUpdates: \(info.keyUpdatesReceived)")
                }
            }
        }

        @Test("200 connections one after another, then 64 at once", arguments: [ClientPeer.go])
        func many(peer: ClientPeer) throws {
            guard peer.isPresent else { return }
            let server = try EngineServer()
            for number in 1...200 {
                InteropSummary.count(peer, "connections one after another", "\(number)") {
                    var task = ClientTask()
                    task.lines = ["connection \(number)"]
                    try peer.meet(server, task)
                }
            }
            InteropSummary.count(.openssl as ClientPeer, "64 connections at once") {
                let children = try (1...64).map { _ in
                    try ChildProcess([
                        "openssl", "s_client", "-connect", "127.0.0.1:\(server.port)", "-CAfile",
                        InteropCertificates.file("ca.pem"), "-verify_return_error",
                    ])
                }
                for (number, child) in children.enumerated() { try child.write("line \(number)\n") }
                for (number, child) in children.enumerated() {
                    try child.waitForOutput("the line", within: .seconds(30)) { $0.contains("\nline \(number)\n") }
                    child.closeInput()
                }
                for _ in children {
                    if let error = try server.next().error { throw InteropFailure("our server: \(error)") }
                }
            }
        }

        @Test("T-38: RFC 8446 §6.1: a client that dies is no end of data")
        func truncation() throws {
            let peer = ClientPeer.openssl
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "death of the client is told from its end") {
                let server = try EngineServer()
                let child = try ChildProcess(["openssl", "s_client", "-connect", "127.0.0.1:\(server.port)", "-quiet"])
                try child.write("still there\n")
                try child.waitForOutput("the line") { $0.contains("still there\n") }
                child.end(abruptly: true)
                try holds(try server.next().failure.isTruncation, "it was taken for the end of data")
            }
        }
    }
}
