// TransferTests.swift — much data with checksums, and many connections one after another.
// RFC 8446 §5.1, §6.1.
// Next: RefusalTests.swift.

import CryptoGlue
import Foundation
import SocketProvider
import TLS
import Testing
import WireFormat

extension Interop {
    @Suite("transfer")
    struct TransferTests {
        /// Octets each way: less where the code is not optimised.
        #if DEBUG
        private static let octets = 8 << 20
        #else
        private static let octets = 100 << 20
        #endif

        private static let what = "\(octets >> 20) MiB each way at once, with checksums"

        @Test("RFC 8446 §5.1: much data each way at once arrives as it was sent", arguments: Peer.openssl.cipherSuites)
        func openssl(suite: CipherSuite) throws {
            let peer = Peer.openssl
            guard peer.isPresent else { return }
            var setup = PeerSetup()
            setup.service = .pipe
            InteropSummary.count(peer, Self.what, "\(suite)") {
                let server = try PeerServer(peer, setup)
                let socket = try InteropClient.connect(to: server) { $0.cipherSuites = [suite] }
                let typing = Background {
                    var data = TestData(seed: 1)
                    return try data.hashed(Self.octets) { try server.child.write($0) }
                }
                let sending = Background {
                    var data = TestData(seed: 2)
                    return try data.hashed(Self.octets) { try socket.send($0) }
                }
                let received = try receive(Self.octets, from: socket)
                let typed = try typing.value()
                let sent = try sending.value()
                try equal(received, typed, "SHA-256 of what came")
                try equal(
                    try TestData.hash(ofFile: server.child.outputPath, Self.octets), sent, "SHA-256 of what arrived")
                let info = try socket.tls
                try equal(info.bytesSent, UInt64(Self.octets), "octets sent")
                try equal(info.bytesReceived, UInt64(Self.octets), "octets received")
                try socket.finish()
            }
        }

        /// A suite of TLS 1.2 for each way to protect a record.
        static let tls12Suites: [CipherSuite] = [
            .tlsECDHERSAWithAES128GCMSHA256, .tlsECDHERSAWithChaCha20Poly1305SHA256, .tlsDHERSAWithAES256CCM,
            .tlsDHERSAWithAES128CCM8, .tlsECDHERSAWithAES128CBCSHA, .tlsECDHERSAWithAES256CBCSHA384,
        ]

        @Test(
            "RFC 5246 §6.2.3: much data each way at once arrives as it was sent, with and without encrypt_then_mac",
            arguments: tls12Suites, [true, false])
        func tls12(suite: CipherSuite, encryptThenMAC: Bool) throws {
            let peer = Peer.openssl
            guard peer.isPresent, encryptThenMAC || "\(suite)".contains("CBC") else { return }
            var setup = PeerSetup.tls12(.rsa2048)
            setup.service = .pipe
            setup.encryptThenMAC = encryptThenMAC
            let octets = 8 << 20
            InteropSummary.count(peer, "TLS 1.2: \(octets >> 20) MiB each way at once, with checksums", "\(suite)") {
                let server = try PeerServer(peer, setup)
                let socket = try InteropClient.connect(to: server) { $0.offerTLS12([suite]) }
                let typing = Background {
                    var data = TestData(seed: 4)
                    return try data.hashed(octets) { try server.child.write($0) }
                }
                let sending = Background {
                    var data = TestData(seed: 5)
                    return try data.hashed(octets) { try socket.send($0) }
                }
                let received = try receive(octets, from: socket)
                try equal(received, try typing.value(), "SHA-256 of what came")
                let sent = try sending.value()
                try equal(try TestData.hash(ofFile: server.child.outputPath, octets), sent, "SHA-256 of what arrived")
                try socket.finish()
            }
        }

        @Test("RFC 8446 §5.1: an echo server returns what it was sent while it is sent more")
        func go() throws {
            let peer = Peer.go
            guard peer.isPresent else { return }
            InteropSummary.count(peer, Self.what) {
                let server = try PeerServer(peer)
                let socket = try InteropClient.connect(to: server)
                let sending = Background {
                    var data = TestData(seed: 3)
                    let sent = try data.hashed(Self.octets) { try socket.send($0) }
                    try socket.closeSending()
                    return sent
                }
                let received = try receive(Self.octets, from: socket)
                try equal(received, try sending.value(), "SHA-256")
                // Go closes when it has our close_notify.
                try equal(try socket.receive(upTo: 1), [], "data after the end")
                socket.close()
            }
        }

        @Test("200 connections one after another")
        func oneAfterAnother() throws {
            let peer = Peer.openssl
            guard peer.isPresent else { return }
            let server = try PeerServer(peer)
            // One configuration for all of them, as an application has it.
            let configured = try InteropClient.configured(for: server)
            for number in 1...200 {
                InteropSummary.count(peer, "connections one after another", "\(number)") {
                    let socket = configured.makeSocket()
                    try socket.connect(to: .address(server.address))
                    try socket.exchange("connection \(number)", with: server)
                    try socket.finish()
                }
            }
        }

        @Test("RFC 8446 §6.1: a server that dies is no end of data", arguments: Peer.allCases)
        func truncation(peer: Peer) throws {
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "death of the server is told from its end") {
                let server = try PeerServer(peer)
                let socket = try InteropClient.connect(to: server)
                if !peer.answersOnce { try socket.exchange("still there", with: server) }
                server.child.end(abruptly: true)
                do {
                    let received = try socket.receive(upTo: 1)
                    throw InteropFailure("a receive ended with \(received)")
                } catch SocketError.truncated {
                } catch SocketError.connectionReset {
                    // RFC 9293 §3.10.4: so the system ends a connection of which the dead server had not read everything.
                }
                socket.close()
            }
        }

        /// SHA-256 of the next `count` octets.
        private func receive(_ count: Int, from socket: SecureSocket) throws -> [UInt8] {
            var hash = try HashFunction(.sha256)
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            var rest = count
            while rest > 0 {
                let received: Int
                do {
                    var room = buffer.mutableSpan
                    received = try socket.receive(into: &room)
                }
                guard received > 0 else { throw InteropFailure("the peer ended \(rest) octets early") }
                hash.update(buffer.span.extracting(first: received))
                rest -= received
            }
            guard rest == 0 else { throw InteropFailure("\(-rest) octets too many") }
            return try hash.snapshot()
        }
    }
}
