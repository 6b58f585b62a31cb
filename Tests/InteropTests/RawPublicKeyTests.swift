// RawPublicKeyTests.swift — keys without certificates, with the one peer that has them: OpenSSL does since 3.2.
// RFC 7250; RFC 8446 §4.4.2.
// Next: NegotiationTests.swift.

import Certificates
import CryptoGlue
import Handshake
import SocketProvider
import TLS
import Testing
import WireFormat

extension Interop {
    @Suite("raw public keys")
    struct RawPublicKeyTests {
        private static let versions: [ProtocolVersion] = [.tls12, .tls13]
        private static let kinds: [KeyKind] = [.p256, .rsa2048, .ed25519]

        private func credential(_ kind: KeyKind) throws -> Credential {
            try Credential(rawPublicKey: PrivateKeyFile.parse(pem: InteropCertificates.bytes("\(kind).key")))
        }

        private func pin(_ kind: KeyKind) throws -> PublicKeyPin {
            try #require(try credential(kind).rawPublicKey).pin
        }

        @Test(
            "RFC 7250 §4.2: both ends of our client's connection prove themselves with keys alone", arguments: versions)
        func client(version: ProtocolVersion) throws {
            let peer = Peer.gnutls
            guard peer.isPresent else { return }
            for kind in Self.kinds {
                InteropSummary.count(peer, "raw public keys, their server", "\(version), \(kind)") {
                    var setup = PeerSetup()
                    setup.versions = version...version
                    setup.rawPublicKey = kind.rawValue
                    let server = try PeerServer(peer, setup)
                    let socket = try InteropClient.connect(to: server) {
                        $0.versions = version...version
                        $0.trust = .anchors(TrustAnchors([]))
                        $0.acceptedRawPublicKeys = [try pin(kind)]
                        $0.credentials = .fixed([try credential(.p256)])
                    }
                    try socket.exchange("a key and no name", with: server)
                    let info = try socket.tls
                    try equal(info.version, version, "version")
                    try equal(info.peerRawPublicKey?.pin, try pin(kind), "the server's key")
                    try socket.finish()
                }
            }
        }

        @Test("RFC 7250 §6: another key than the pinned one is refused", arguments: versions)
        func unknown(version: ProtocolVersion) throws {
            let peer = Peer.gnutls
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "an unknown raw public key", "\(version)") {
                var setup = PeerSetup()
                setup.versions = version...version
                setup.rawPublicKey = "p256"
                let error = try InteropClient.failure(connectingTo: try PeerServer(peer, setup)) {
                    $0.versions = version...version
                    $0.acceptedRawPublicKeys = [try pin(.p384)]
                }
                try equal(error.origin, .local, "who refused")
                try equal(error.alert, .certificateUnknown, "alert")
            }
        }

        @Test(
            "RFC 7250 §4.2: both ends of our server's connection prove themselves with keys alone", arguments: versions)
        func server(version: ProtocolVersion) throws {
            let peer = ClientPeer.gnutls
            guard peer.isPresent else { return }
            for kind in Self.kinds {
                InteropSummary.count(peer, "raw public keys, their client", "\(version), \(kind)") {
                    var policy = ClientAuthenticationPolicy(trust: TrustAnchors([]))
                    policy.acceptedRawPublicKeys = [try pin(kind)]
                    let server = try EngineServer([.p256]) {
                        $0.credentials = .fixed([try credential(kind)])
                        $0.clientAuthentication = .required(policy)
                    }
                    var task = ClientTask(version)
                    task.rawPublicKey = kind.rawValue
                    let meeting = try peer.meet(server, task)
                    try equal(meeting.server.info.version, version, "version")
                    try equal(meeting.server.info.peerRawPublicKey?.pin, try pin(kind), "the client's key")
                    try holds(
                        meeting.client.log.contains("Got 1 Raw public-key(s)"), "the client got no raw public key")
                }
            }
        }

        @Test("RFC 7250 §6: our server refuses a client's key that it does not know", arguments: versions)
        func unknownClient(version: ProtocolVersion) throws {
            let peer = ClientPeer.gnutls
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "a client's unknown raw public key", "\(version)") {
                var policy = ClientAuthenticationPolicy(trust: TrustAnchors([]))
                policy.acceptedRawPublicKeys = [try pin(.p384)]
                let server = try EngineServer([.p256]) {
                    $0.credentials = .fixed([try credential(.p256)])
                    $0.clientAuthentication = .required(policy)
                }
                var task = ClientTask(version)
                task.rawPublicKey = "p256"
                try peer.isRefused(by: server, task, with: .certificateUnknown)
            }
        }
    }
}
