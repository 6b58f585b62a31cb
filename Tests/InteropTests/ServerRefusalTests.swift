// ServerRefusalTests.swift — versions of our server and its clients, and what it refuses.
// RFC 8446 §4.1.1, §4.1.3, §4.2.1, §6.2; RFC 7507; RFC 5746 §4.5.
// Next: ServerTransferTests.swift.

import Certificates
import Foundation
import Handshake
import TLS
import Testing
import WireFormat

extension Interop {
    @Suite("our server: versions and refusals")
    struct ServerRefusalTests {
        private typealias Range = ClosedRange<ProtocolVersion>

        @Test("RFC 8446 §4.2.1: the newest version that both have", arguments: ClientPeer.allCases)
        func versions(peer: ClientPeer) throws {
            guard peer.isPresent else { return }
            let both: Range = .tls12 ... .tls13
            let pairs: [(Range, Range)] = [
                (both, both), (both, .tls12 ... .tls12), (.tls12 ... .tls12, both), (.tls13 ... .tls13, both),
            ]
            for (own, offered) in pairs {
                InteropSummary.count(peer, "versions", "\(own) with a client of \(offered)") {
                    let server = try EngineServer([.p256], peer.service) { $0.versions = own }
                    var task = ClientTask()
                    task.versions = offered
                    let info = try peer.meet(server, task).server.info
                    try equal(info.version, min(own.upperBound, offered.upperBound), "version")
                }
            }
            for (own, offered) in [(ProtocolVersion.tls13, ProtocolVersion.tls12), (.tls12, .tls13)] {
                InteropSummary.count(peer, "versions", "\(own) with a client of \(offered)") {
                    let server = try EngineServer([.p256], peer.service) { $0.versions = own...own }
                    try peer.isRefused(by: server, ClientTask(offered), with: .protocolVersion)
                }
            }
        }

        @Test("RFC 8446 §4.1.1, RFC 5246 §7.4.1.3: nothing in common ends in an alert", arguments: ClientPeer.allCases)
        func nothingInCommon(peer: ClientPeer) throws {
            guard peer.isPresent else { return }
            let row = "nothing in common"
            InteropSummary.count(peer, row, "TLS 1.3 suites") {
                let server = try EngineServer([.p256], peer.service) { $0.cipherSuites = [.tlsAES128CCMSHA256] }
                var task = ClientTask()
                task.suites = [.tlsAES128GCMSHA256]
                try peer.isRefused(by: server, task, with: .handshakeFailure)
            }
            InteropSummary.count(peer, row, "TLS 1.2 suites") {
                let server = try EngineServer([.p256], peer.service) {
                    $0.cipherSuites = [.tlsECDHEECDSAWithAES256GCMSHA384]
                }
                var task = ClientTask(.tls12)
                task.suites = [.tlsECDHEECDSAWithAES128GCMSHA256]
                try peer.isRefused(by: server, task, with: .handshakeFailure)
            }
            InteropSummary.count(peer, row, "TLS 1.2 suites for our key") {
                let server = try EngineServer([.p256], peer.service)
                var task = ClientTask(.tls12)
                task.suites = [.tlsECDHERSAWithAES128GCMSHA256]
                try peer.isRefused(by: server, task, with: .handshakeFailure)
            }
            guard peer.choosesGroups else { return }
            InteropSummary.count(peer, row, "groups") {
                let server = try EngineServer([.p256], peer.service) { $0.groups = [.secp384r1] }
                var task = ClientTask()
                task.groups = [.x25519]
                try peer.isRefused(by: server, task, with: .handshakeFailure)
            }
        }

        @Test("RFC 8446 §6.2: clients that do not trust our certificate say so", arguments: ClientPeer.allCases)
        func untrusted(peer: ClientPeer) throws {
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "our certificate is refused", "another authority") {
                let server = try EngineServer([.p256], peer.service)
                var task = ClientTask()
                task.authority = "other-ca"
                let client = try peer.connect(to: server, task)
                try holds(client.error != nil, "the client is content: \(client)")
                let served = try server.next()
                // GnuTLS may shake hands and leave.
                if let failure = served.error as? TLSError {
                    try holds(failure.origin == .peer || failure.isTruncation, "\(failure)")
                }
                // In the clear: OpenSSL sends under a key only when it has our Finished.
                if peer == .openssl { try equal(try served.failure.alert, .unknownCA, "its alert") }
            }
            InteropSummary.count(peer, "our certificate is refused", "another name") {
                let credential = try InteropCertificates.serverCredential(certificate: "wrongname", key: "p256")
                let server = try EngineServer([], peer.service) { $0.credentials = .fixed([credential]) }
                let client = try peer.connect(to: server, ClientTask())
                try holds(client.error != nil, "the client is content: \(client)")
                _ = try server.next()
            }
        }

        /// Somebody on the way hides supported_versions, so that our server believes in TLS 1.2; its random then ends in the
        /// sentinel, and a client that speaks TLS 1.3 sees that.
        @Test("T-28, RFC 8446 §4.1.3: our sentinel makes a downgraded client leave", arguments: ClientPeer.allCases)
        func downgrade(peer: ClientPeer) throws {
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "downgrade is found out by our sentinel") {
                let server = try EngineServer(
                    EngineServer.configuration(), peer.service, tamper: Self.hidingSupportedVersions)
                var task = ClientTask()
                task.versions = .tls12 ... .tls13
                let client = try peer.connect(to: server, task)
                try holds(client.error != nil, "a downgraded handshake went through: \(client)")
                let served = try server.next()
                try equal(served.info.version, .tls12, "version")
                let failure = try served.failure
                try equal(failure.origin, .peer, "who refused (\(failure))")
                try equal(failure.alert, .illegalParameter, "alert")
            }
        }

        /// The ClientHello with another number for supported_versions (43): one that means nothing.
        @Sendable
        private static func hidingSupportedVersions(_ octets: [UInt8]) -> [UInt8] {
            var octets = octets
            // Record header, message header, version, random; then session ID, suites, compression, with their lengths.
            var position = 5 + 4 + 2 + 32
            func number(_ count: Int) -> Int {
                octets[position..<position + count].reduce(0) { $0 << 8 | Int($1) }
            }
            for count in [1, 2, 1] { position += count + number(count) }
            let end = position + 2 + number(2)
            position += 2
            while position + 4 <= min(end, octets.count) {
                if number(2) == 43 { octets[position] = 0x7f }
                position += 2
                position += 2 + number(2)
            }
            return octets
        }

        @Test("RFC 7507 §3: a client that says it fell back is refused, unless we speak no more than that")
        func fallback() throws {
            for (peer, option) in [(ClientPeer.openssl, "-fallback_scsv"), (.nss, "-K")] where peer.isPresent {
                var task = ClientTask(.tls12)
                task.more = [option]
                InteropSummary.count(peer, "TLS_FALLBACK_SCSV", "our server speaks more") {
                    try peer.isRefused(by: EngineServer(), task, with: .inappropriateFallback)
                }
                InteropSummary.count(peer, "TLS_FALLBACK_SCSV", "our server speaks no more") {
                    try peer.meet(EngineServer { $0.versions = .tls12 ... .tls12 }, task)
                }
            }
        }

        @Test("RFC 8446 §4.2.1: clients of TLS 1.1 and 1.0 get protocol_version")
        func oldClients() throws {
            let peer = ClientPeer.openssl
            guard peer.isPresent else { return }
            for option in ["-tls1_1", "-tls1"] {
                InteropSummary.count(peer, "versions", "a client of \(option)") {
                    var task = ClientTask()
                    task.versions = (option == "-tls1" ? .tls10 : .tls11)...(option == "-tls1" ? .tls10 : .tls11)
                    try peer.isRefused(by: EngineServer([.rsa2048]), task, with: .protocolVersion)
                }
            }
        }

        @Test("RFC 5746 §4.5, RFC 5246 §7.2.2: a client that wants to renegotiate is told no")
        func renegotiation() throws {
            let peer = ClientPeer.openssl
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "TLS 1.2: renegotiation is refused") {
                let server = try EngineServer()
                var task = ClientTask(.tls12)
                // On a line of its own: ask for a new handshake. OpenSSL's client gives up when it is refused.
                task.lines = ["before", "R"]
                task.ownLines = ["R"]
                let client = try peer.connect(to: server, task)
                try holds(client.log.contains("RENEGOTIATING"), "no attempt was made: \(client)")
                try holds(client.log.contains("no renegotiation"), "the client was not told: \(client)")
                let served = try server.next()
                if let failure = served.error as? TLSError {
                    try holds(failure.origin == .peer || failure.isTruncation, "our server gave up: \(failure)")
                }
            }
        }
    }
}
