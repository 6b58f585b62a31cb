// RefusalTests.swift — servers whose certificate must be refused, and the alert that they get to see.
// RFC 8446 §4.4.2.4, §6.2; RFC 5280 §6.1; RFC 9525 §6.
// Next: ConcurrencyTests.swift.

import Certificates
import Handshake
import SocketProvider
import TLS
import Testing
import WireFormat

extension Interop {
    @Suite("refused certificates")
    struct RefusalTests {
        struct Refusal: Sendable, CustomTestStringConvertible {
            let testDescription: String
            let certificate: String
            /// Nil when the address is what has to be proved.
            var peerName: String? = "localhost"
            var anchors = "ca.pem"
            let rule: CertificateError.Rule
            let alert: AlertDescription
        }

        static let refusals: [Refusal] = [
            Refusal(
                testDescription: "another name than the one asked for", certificate: "p256", peerName: "other.example",
                rule: .nameMatch, alert: .badCertificate),
            Refusal(
                testDescription: "a certificate for elsewhere", certificate: "wrongname", rule: .nameMatch,
                alert: .badCertificate),
            Refusal(
                testDescription: "an address that the certificate does not have", certificate: "wrongname",
                peerName: nil, rule: .nameMatch, alert: .badCertificate),
            Refusal(
                testDescription: "an authority that nobody configured", certificate: "p256", anchors: "other-ca.pem",
                rule: .unknownIssuer, alert: .unknownCA),
            Refusal(
                testDescription: "a certificate that signs itself", certificate: "selfsigned", rule: .unknownIssuer,
                alert: .unknownCA),
            Refusal(
                testDescription: "an expired certificate", certificate: "expired", rule: .expired,
                alert: .certificateExpired),
            Refusal(
                testDescription: "a certificate of the future", certificate: "future", rule: .notYetValid,
                alert: .certificateExpired),
            Refusal(
                testDescription: "a client's certificate", certificate: "clientonly", rule: .extendedKeyUsage,
                alert: .unsupportedCertificate),
        ]

        private func setup(_ certificate: String, key: String?, _ peer: Peer) -> PeerSetup {
            var setup = PeerSetup(certificate: certificate, key: key)
            // Without it gnutls-serv does not say which alert came.
            if peer == .gnutls { setup.more = ["--debug", "5"] }
            return setup
        }

        @Test(
            "RFC 8446 §4.4.2.4: a certificate that does not prove the peer is refused, and the server sees why",
            arguments: Peer.allCases, refusals)
        func refused(peer: Peer, refusal: Refusal) throws {
            guard peer.isPresent else { return }
            InteropSummary.count(peer, "certificates that must be refused", refusal.testDescription) {
                let key = refusal.certificate == "p256" ? nil : "p256"
                let server = try PeerServer(peer, setup(refusal.certificate, key: key, peer))
                let error = try InteropClient.failure(connectingTo: server) {
                    $0.peerName = refusal.peerName
                    $0.trust = .anchors(try InteropCertificates.anchors(refusal.anchors))
                }
                try equal(error.origin, .local, "who refused")
                guard case .handshake(.certificate(let reason)) = error.reason else {
                    throw InteropFailure("refused for another reason: \(error)")
                }
                try equal(reason.rule, refusal.rule, "rule")
                try equal(error.alert, refusal.alert, "alert")
                try holds(!error.explanation.advice.isEmpty, "no advice")
                let alert = refusal.alert
                try server.child.waitForOutput("the alert \(alert)") { server.sawAlert(alert, in: $0) }
            }
        }

        @Test(
            "RFC 8446 §4.4.2.4: a callback of the application can refuse, and can take over", arguments: Peer.allCases)
        func callbacks(peer: Peer) throws {
            guard peer.isPresent else { return }
            let server = try PeerServer(peer, PeerSetup(certificate: "selfsigned", key: "p256"))
            InteropSummary.count(peer, "verification callback", "takes over") {
                let socket = try InteropClient.connect(to: server) {
                    $0.verification = .takeOver { request, answer in
                        answer(request.certificates.count == 1 ? .accept : .reject(reason: "not the one"))
                    }
                }
                try socket.exchange("pinned", with: server)
                try equal(try socket.tls.validatedPath.count, 0, "certificates in the validated path")
                try socket.finish()
            }
            InteropSummary.count(peer, "verification callback", "cannot be less than the standard check") {
                let error = try InteropClient.failure(connectingTo: server) {
                    $0.verification = .additional { _, answer in answer(.accept) }
                }
                try equal(error.alert, .unknownCA, "alert")
            }
            let proper = try PeerServer(peer, setup("p256", key: nil, peer))
            InteropSummary.count(peer, "verification callback", "refuses") {
                let error = try InteropClient.failure(connectingTo: proper) {
                    $0.verification = .additional { _, answer in answer(.reject(reason: "not today")) }
                }
                try equal(error.alert, .certificateUnknown, "alert")
                try holds(error.explanation.found.contains("not today"), "found: \(error.explanation.found)")
                try proper.child.waitForOutput("the alert") { proper.sawAlert(.certificateUnknown, in: $0) }
            }
        }
    }
}
