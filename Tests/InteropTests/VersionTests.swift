// VersionTests.swift — one ClientHello for two versions: what both ends agree on, and what an attacker gets from it.
// RFC 8446 §4.1.3, §4.2.1, App. D; RFC 7507.
// Next: ResumptionTests.swift.

import Foundation
import Handshake
import SocketProvider
import TLS
import Testing
import WireFormat

extension Interop {
    @Suite("versions")
    struct VersionTests {
        private let row = "version negotiation"

        private func server(_ peer: Peer, _ versions: ClosedRange<ProtocolVersion>) throws -> PeerServer {
            var setup = PeerSetup()
            setup.versions = versions
            return try PeerServer(peer, setup)
        }

        @Test("RFC 8446 §4.2.1: the newest version that both speak is spoken", arguments: Peer.allCases)
        func negotiated(peer: Peer) throws {
            guard peer.isPresent else { return }
            for (versions, names) in [
                (ProtocolVersion.tls12 ... .tls13, "both"), (.tls12 ... .tls12, "1.2"), (.tls13 ... .tls13, "1.3"),
            ] {
                let server = try server(peer, versions)
                for ours in [ProtocolVersion.tls12 ... .tls13, .tls12 ... .tls12, .tls13 ... .tls13] {
                    InteropSummary.count(peer, row, "we speak \(ours), the server \(names)") {
                        guard ours.overlaps(versions) else {
                            let error = try InteropClient.failure(connectingTo: server) { $0.versions = ours }
                            try equal(error.origin, .peer, "who refused")
                            // GnuTLS may say handshake_failure where §6.2 wants protocol_version.
                            let alerts: [AlertDescription] = [.protocolVersion, .handshakeFailure]
                            try holds(
                                error.alert.map(alerts.contains) ?? false, "alert \(error.alert, default: "none")")
                            return
                        }
                        let socket = try InteropClient.connect(to: server) { $0.versions = ours }
                        try socket.exchange("\(ours)", with: server)
                        let version = try socket.tls.version
                        try equal(version, min(ours.upperBound, versions.upperBound), "version")
                        try socket.finish()
                    }
                }
            }
        }

        @Test("RFC 8446 App. D.5: a server that speaks nothing newer than TLS 1.1 is refused")
        func tooOld() throws {
            let peer = Peer.openssl
            guard peer.isPresent else { return }
            let server = try server(peer, .tls10 ... .tls11)
            for ours in [ProtocolVersion.tls12 ... .tls13, .tls12 ... .tls12] {
                InteropSummary.count(peer, "TLS 1.1 is refused", "\(ours)") {
                    let error = try InteropClient.failure(connectingTo: server) {
                        $0.versions = ours
                        $0.cipherSuites.append(.tlsECDHEECDSAWithAES128CBCSHA)
                        $0.acceptedTLS12Weaknesses = [.cbcPaddingTiming]
                    }
                    try equal(error.alert, .protocolVersion, "alert")
                }
            }
        }

        /// Somebody on the way hides supported_versions, so that the server believes in TLS 1.2. Everybody's random then
        /// ends in the sentinel, long before Finished could tell.
        @Test(
            "T-28, RFC 8446 §4.1.3: supported_versions hidden by somebody on the way is found out by the sentinel",
            arguments: Peer.allCases)
        func downgrade(peer: Peer) throws {
            guard peer.isPresent else { return }
            let server = try server(peer, .tls12 ... .tls13)
            InteropSummary.count(peer, "downgrade is found out") {
                let configuration = try EngineClient.configuration()
                do {
                    _ = try EngineClient(to: server, configuration, tamper: Self.hidingSupportedVersions)
                    throw InteropFailure("a downgraded handshake went through")
                } catch let error as TLSError {
                    try equal(error.origin, .local, "who refused")
                    try equal(error.alert, .illegalParameter, "alert")
                    let found = error.explanation.found + error.explanation.rule
                    try holds(found.lowercased().contains("downgrade"), "no word of a downgrade: \(error)")
                }
            }
        }

        /// The ClientHello with another number for supported_versions (43): one that means nothing.
        private static func hidingSupportedVersions(_ octets: [UInt8]) -> [UInt8] {
            var octets = octets
            // The extension of a client that speaks both: type, length 5, length of the list 4, 0x0304, 0x0303.
            let wanted: [UInt8] = [0, 43, 0, 5, 4, 3, 4, 3, 3]
            for start in octets.indices.dropLast(wanted.count)
            where Array(octets[start..<start + wanted.count]) == wanted {
                octets[start] = 0x7f
            }
            return octets
        }

        @Test(
            "RFC 7507 §3, RFC 8446 §4.1.3: a client that says it fell back is refused by a server that speaks more",
            arguments: Peer.allCases)
        func fallback(peer: Peer) throws {
            // JSSE does not know TLS_FALLBACK_SCSV.
            guard peer.isPresent, peer != .jsse else { return }
            let change = { (options: inout ClientOptions) in
                options.offerTLS12()
                options.isVersionFallback = true
            }
            InteropSummary.count(peer, "TLS_FALLBACK_SCSV", "the server speaks more") {
                let error = try InteropClient.failure(connectingTo: try server(peer, .tls12 ... .tls13), change)
                try equal(error.origin, .peer, "who refused")
                try equal(error.alert, .inappropriateFallback, "alert")
            }
            InteropSummary.count(peer, "TLS_FALLBACK_SCSV", "the server speaks no more") {
                let server = try server(peer, .tls12 ... .tls12)
                let socket = try InteropClient.connect(to: server, change)
                try socket.exchange("fell back", with: server)
                try socket.finish()
            }
        }
    }
}
