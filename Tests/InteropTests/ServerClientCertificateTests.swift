// ServerClientCertificateTests.swift — our server asks clients who they are.
// RFC 8446 §4.3.2, §4.4.2, §4.4.2.4, §4.4.3; RFC 5246 §7.4.4, §7.4.6, §7.4.8.
// Next: ServerRefusalTests.swift.

import Certificates
import Foundation
import Handshake
import TLS
import Testing
import WireFormat

extension Interop {
    @Suite("our server: client certificates")
    struct ServerClientCertificateTests {
        private static let versions: [ProtocolVersion] = [.tls12, .tls13]

        @Test(
            "RFC 8446 §4.4.3, RFC 5246 §7.4.8: a certificate of every kind is verified",
            arguments: ClientPeer.allCases, versions)
        func required(peer: ClientPeer, version: ProtocolVersion) throws {
            guard peer.isPresent else { return }
            let trust = try InteropCertificates.anchors()
            let server = try EngineServer([.p256], peer.service) {
                $0.clientAuthentication = .required(.init(trust: trust))
            }
            for kind in peer.clientKeyKinds {
                InteropSummary.count(peer, "\(version): client certificate of every kind", "\(kind)") {
                    var task = ClientTask(version)
                    task.present(kind)
                    let info = try peer.meet(server, task).server.info
                    let subject = info.peerCertificates.first.map { "\($0.subject)" } ?? ""
                    try holds(subject.contains(InteropCertificates.clientName(kind)), "the client is \(subject)")
                    try equal(info.validatedPath.count, 2, "certificates in the validated path")
                    let schemes = version == .tls13 ? kind.schemes : kind.tls12Schemes
                    try holds(
                        info.peerSignatureScheme.map(schemes.contains) ?? false,
                        "the scheme of its signature is \(info.peerSignatureScheme, default: "none")")
                }
            }
        }

        @Test(
            "RFC 8446 §4.4.2.4, RFC 5246 §7.4.6: no certificate, where one is optional and where required",
            arguments: ClientPeer.allCases, versions)
        func without(peer: ClientPeer, version: ProtocolVersion) throws {
            guard peer.isPresent else { return }
            let policy = ClientAuthenticationPolicy(trust: try InteropCertificates.anchors())
            InteropSummary.count(peer, "\(version): no client certificate", "optional") {
                let server = try EngineServer([.p256], peer.service) { $0.clientAuthentication = .optional(policy) }
                let info = try peer.meet(server, ClientTask(version)).server.info
                try equal(info.peerCertificates.count, 0, "certificates")
            }
            InteropSummary.count(peer, "\(version): no client certificate", "required") {
                let server = try EngineServer([.p256], peer.service) { $0.clientAuthentication = .required(policy) }
                let alert: AlertDescription = version == .tls13 ? .certificateRequired : .handshakeFailure
                try peer.isRefused(by: server, ClientTask(version), with: alert)
            }
        }

        /// JSSE sends no certificate whose issuer is not among those that the server names, so none is named.
        @Test(
            "RFC 8446 §6.2: a certificate that our server does not trust", arguments: ClientPeer.allCases, versions)
        func untrusted(peer: ClientPeer, version: ProtocolVersion) throws {
            guard peer.isPresent else { return }
            var policy = ClientAuthenticationPolicy(trust: try InteropCertificates.anchors("other-ca.pem"))
            policy.sendsAuthorities = false
            for authentication in [ClientAuthentication.required(policy), .optional(policy)] {
                let name = authentication.isRequired ? "required" : "optional"
                InteropSummary.count(peer, "\(version): client certificate of nobody we trust", name) {
                    let server = try EngineServer([.p256], peer.service) { $0.clientAuthentication = authentication }
                    var task = ClientTask(version)
                    task.present(.p256)
                    try peer.isRefused(by: server, task, with: .unknownCA)
                }
            }
        }

        @Test("RFC 5280 §4.2.1.12: a server's certificate is none for a client", arguments: versions)
        func wrongPurpose(version: ProtocolVersion) throws {
            let peer = ClientPeer.openssl
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "\(version): client certificate for another purpose") {
                let trust = try InteropCertificates.anchors()
                let server = try EngineServer { $0.clientAuthentication = .required(.init(trust: trust)) }
                var task = ClientTask(version)
                (task.certificate, task.key) = ("p256", "p256")
                let client = try peer.connect(to: server, task)
                try holds(client.error != nil, "the client is content: \(client)")
                let failure = try server.next().failure
                try equal(failure.origin, .local, "who refused")
                try equal(failure.explanation.topic, .certificateUsage, "topic of \(failure)")
            }
        }

        @Test(
            "RFC 8446 §4.2.4, RFC 5246 §7.4.4: clients choose by the authorities that our server names",
            arguments: [ClientPeer.jsse], versions)
        func authorities(peer: ClientPeer, version: ProtocolVersion) throws {
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "\(version): authorities are named") {
                // A certificate of another authority stays at home.
                let trust = try InteropCertificates.anchors("other-ca.pem")
                let server = try EngineServer { $0.clientAuthentication = .optional(.init(trust: trust)) }
                var task = ClientTask(version)
                task.present(.p256)
                try equal(try peer.meet(server, task).server.info.peerCertificates.count, 0, "certificates")
            }
        }

        @Test("A callback judges the client, now or later", arguments: [true, false])
        func callback(accepts: Bool) throws {
            let peer = ClientPeer.openssl
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "a callback judges the client", "\(accepts)") {
                var policy = ClientAuthenticationPolicy(trust: try InteropCertificates.anchors())
                policy.verification = .additional({ _ in .later })
                let authentication = ClientAuthentication.required(policy)
                let configuration = try EngineServer.configuration { $0.clientAuthentication = authentication }
                let server = try EngineServer(
                    configuration,
                    answer: { operation in
                        guard case .verifyPeer = operation else { throw InteropFailure("asked for \(operation)") }
                        return accepts ? .peerAccepted : .peerRejected(reason: "not today")
                    })
                var task = ClientTask()
                task.present(.p256)
                guard !accepts else {
                    _ = try peer.meet(server, task)
                    return
                }
                let client = try peer.connect(to: server, task)
                try holds(client.error != nil, "the client is content: \(client)")
                try equal(try server.next().failure.origin, .local, "who refused")
            }
        }
    }
}
