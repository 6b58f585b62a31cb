// PeerServer.swift — a running server of a peer, on a free port, and what it answers.
// Next: PeerCommands.swift.

import Foundation
import SocketProvider
import WireFormat

/// How a server is started.
struct PeerSetup {
    enum ClientCertificate { case notAsked, asked, required }

    /// What a server does with what it receives.
    enum Service {
        /// Answers every line: openssl with the line reversed, NSS once, in HTTP, the others with the line.
        case lines
        /// openssl alone: standard input to the client, the client to standard output, `k` and `K` on a line of their own
        /// send a KeyUpdate.
        case interactive
        /// openssl alone: as `interactive`, byte for byte.
        case pipe
    }

    /// A secret that both ends have from elsewhere.
    struct PreSharedKey {
        var identity: String
        var secret: [UInt8]
        /// GnuTLS: whether it is used together with a key exchange.
        var withKeyExchange = true
        var hexadecimal: String { secret.map { String(format: "%02x", $0) }.joined() }
    }

    /// The name of the certificate, and of its key unless `key` says otherwise.
    var certificate = "p256"
    var key: String?
    var service = Service.lines
    var family = AddressFamily.ipv4
    /// The versions it speaks.
    var versions: ClosedRange<ProtocolVersion> = .tls13 ... .tls13
    /// Certificates to send after it. The others find them in the certificate's file.
    var chain: String?
    /// The groups it accepts; all it has when nil.
    var groups: [NamedGroup]?
    /// TLS 1.2, openssl and GnuTLS: a file with the group for DHE; the peer's own choice when nil.
    var dhParameters: String?
    var clientCertificate = ClientCertificate.notAsked
    var alpnProtocols: [String] = []
    var exportLabel: String?
    /// A file with the OCSP response to staple.
    var ocspResponse: String?
    /// TLS 1.2: whether it speaks RFC 7627.
    var extendedMasterSecret = true
    /// TLS 1.2: whether it speaks RFC 7366.
    var encryptThenMAC = true
    /// Whether sessions are in tickets; else the server keeps them itself.
    var tickets = true
    /// Octets of early data it takes; none when nil.
    var earlyData: Int?
    var preSharedKey: PreSharedKey?
    /// GnuTLS: the name of the key it has without a certificate too (RFC 7250); it requires one of clients then.
    var rawPublicKey: String?
    /// Arguments that only this peer knows.
    var more: [String] = []

    init(certificate: String = "p256", key: String? = nil) {
        self.certificate = certificate
        self.key = key
    }

    init(_ kind: KeyKind) { certificate = kind.rawValue }

    /// A server of TLS 1.2 alone.
    static func tls12(_ kind: KeyKind = .p256) -> PeerSetup {
        var setup = PeerSetup(kind)
        setup.versions = .tls12 ... .tls12
        return setup
    }
}

/// A running server.
final class PeerServer: Sendable {
    let peer: Peer
    let address: SocketAddress
    let child: ChildProcess

    init(_ peer: Peer, _ setup: PeerSetup = PeerSetup()) throws {
        self.peer = peer
        switch peer {
        case .openssl: (child, address) = try PeerCommand.startOpenSSL(setup)
        case .gnutls: (child, address) = try PeerCommand.startGnuTLS(setup)
        case .go: (child, address) = try PeerCommand.startGo(setup)
        case .nss: (child, address) = try PeerCommand.startNSS(setup)
        case .jsse: (child, address) = try PeerCommand.startJSSE(setup)
        }
    }

    deinit { child.end() }

    /// What comes back for a line.
    func reply(to line: String) -> String { peer == .openssl ? String(line.reversed()) : line }

    /// What has to be sent to get a line back, and all that comes back.
    func exchange(of line: String) -> (sent: String, answered: String) {
        guard peer == .nss else { return (line + "\n", reply(to: line) + "\n") }
        // selfserv reads a request of HTTP, sends it back and closes.
        let request = "GET / HTTP/1.0\r\nLine: \(line)\r\n\r\n"
        let header =
            "HTTP/1.0 200 OK\r\nServer: Generic Web Server\r\nDate: Tue, 26 Aug 1997 22:10:05 GMT\r\n"
            + "Content-type: text/plain\r\n\r\n"
        return (request, header + request + "EOF\r\n\r\n\r\n")
    }

    /// Whether the log says that this alert came from the client.
    func sawAlert(_ alert: AlertDescription, in log: String) -> Bool {
        switch peer {
        case .openssl: log.contains("SSL alert number \(alert.rawValue)\n")
        case .gnutls: log.contains("Alert[2|\(alert.rawValue)]") || log.contains("Alert[1|\(alert.rawValue)]")
        case .go: log.contains("remote error: tls: \(Self.goName(alert))")
        case .nss: log.contains("error \(Self.nssNumber(alert)):")
        case .jsse: log.contains("Received fatal alert: \(alert)\"")
        }
    }

    /// crypto/tls's words for the alerts that the tests look for.
    private static func goName(_ alert: AlertDescription) -> String {
        switch alert {
        case .badCertificate: "bad certificate"
        case .certificateExpired: "expired certificate"
        case .certificateUnknown: "unknown certificate"
        case .unknownCA: "unknown certificate authority"
        case .unsupportedCertificate: "unsupported certificate"
        default: "\(alert)"
        }
    }

    /// NSS's error codes for them (sslerr.h).
    private static func nssNumber(_ alert: AlertDescription) -> Int {
        switch alert {
        case .badCertificate: -12271
        case .certificateExpired: -12269
        case .certificateUnknown: -12224
        case .unknownCA: -12195
        case .unsupportedCertificate: -12225
        default: 0
        }
    }
}
