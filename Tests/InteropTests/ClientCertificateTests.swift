// ClientCertificateTests.swift — our certificate, or none, when the server asks for one.
// RFC 8446 §4.3.2, §4.4.2, §4.4.3.
// Next: RawPublicKeyTests.swift.

import Certificates
import Handshake
import SocketProvider
import TLS
import Testing
import WireFormat

extension Interop {
    @Suite("client certificates")
    struct ClientCertificateTests {
        private func server(_ peer: Peer, _ asks: PeerSetup.ClientCertificate) throws -> PeerServer {
            var setup = PeerSetup()
            setup.clientCertificate = asks
            return try PeerServer(peer, setup)
        }

        @Test("RFC 8446 §4.4.3: a server that requires a certificate verifies ours", arguments: Peer.allCases)
        func required(peer: Peer) throws {
            guard peer.isPresent else { return }
            for kind in peer.keyKinds {
                InteropSummary.count(peer, "client certificate of every kind", "\(kind)") {
                    // A server of its own, so that its log speaks of this certificate only.
                    let server = try server(peer, .required)
                    let credential = try InteropCertificates.credential(kind)
                    let socket = try InteropClient.connect(to: server) { $0.credentials = .fixed([credential]) }
                    try socket.exchange("signed with \(kind)", with: server)
                    let info = try socket.tls
                    try equal(info.clientCertificateRequested, true, "requested")
                    try equal(info.clientCertificateSent, true, "sent")
                    let name = InteropCertificates.clientName(kind)
                    try server.child.waitForOutput("the client's name") { $0.contains(name) }
                    try socket.finish()
                }
            }
        }

        @Test("RFC 8446 §4.4.3: a key outside the process signs", arguments: Peer.allCases)
        func externalKey(peer: Peer) throws {
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "client certificate with a key elsewhere") {
                let server = try server(peer, .required)
                let key = try PrivateKeyFile.parse(pem: InteropCertificates.bytes("p384.key"))
                let certificates = try Certificate.parse(pem: InteropCertificates.bytes("client-p384.pem"))
                let credential = try Credential(
                    certificates: certificates, externalSchemes: [.ecdsaSecp384r1SHA384])
                let socket = try InteropClient.connect(to: server) {
                    $0.credentials = .fixed([credential])
                    $0.signer = { request, answer in
                        answer(try? key.sign(request.message.span, using: .ecdsa(.sha384)))
                    }
                }
                try socket.exchange("signed elsewhere", with: server)
                try equal(try socket.tls.clientCertificateSent, true, "sent")
                try socket.finish()
            }
        }

        @Test("RFC 8446 §4.4.2: without a credential an empty list goes out", arguments: Peer.allCases)
        func optional(peer: Peer) throws {
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "empty list where a certificate is optional") {
                let server = try server(peer, .asked)
                let socket = try InteropClient.connect(to: server)
                try socket.exchange("nobody in particular", with: server)
                let info = try socket.tls
                try equal(info.clientCertificateRequested, true, "requested")
                try equal(info.clientCertificateSent, false, "sent")
                try socket.finish()
            }
        }

        @Test(
            "RFC 8446 §4.4.2.4: a server that insists answers the empty list, and we say what to change",
            arguments: Peer.allCases)
        func refusedWithout(peer: Peer) throws {
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "empty list where a certificate is required") {
                let error = try InteropClient.failure(connectingTo: try server(peer, .required))
                try equal(error.origin, .peer, "who refused")
                try equal(error.alert, .certificateRequired, "alert")
                try holds(error.explanation.advice.contains("credential"), "advice: \(error.explanation.advice)")
            }
        }

        @Test("RFC 8446 §6.2: a certificate the server does not trust ends in its alert", arguments: Peer.allCases)
        func untrusted(peer: Peer) throws {
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "client certificate of nobody they trust") {
                let credential = try Credential(
                    certificates: Certificate.parse(pem: InteropCertificates.bytes("selfsigned.pem")),
                    key: PrivateKeyFile.parse(pem: InteropCertificates.bytes("p256.key")))
                let error = try InteropClient.failure(connectingTo: try server(peer, .required)) {
                    $0.credentials = .fixed([credential])
                }
                try equal(error.origin, .peer, "who refused")
                let alerts: [AlertDescription] = [.unknownCA, .badCertificate, .certificateUnknown, .accessDenied]
                try holds(error.alert.map(alerts.contains) ?? false, "alert \(error.alert, default: "none")")
                try holds(
                    error.explanation.advice.contains("refused our certificate"), "advice: \(error.explanation.advice)")
            }
        }
    }
}
