// PeerServer.swift — a running server of a peer, on a free port of the loopback interface.
// Next: InteropClient.swift.

import Foundation
import Glibc
import SocketProvider
import WireFormat

/// How a server is started.
struct PeerSetup {
    enum ClientCertificate { case notAsked, asked, required }

    /// What a server does with what it receives.
    enum Service {
        /// Answers every line: openssl with the line reversed, the others with the line.
        case lines
        /// openssl alone: standard input to the client, the client to standard output, `k` and `K` on a line of their own
        /// send a KeyUpdate.
        case interactive
        /// openssl alone: as `interactive`, byte for byte.
        case pipe
    }

    /// The name of the certificate, and of its key unless `key` says otherwise.
    var certificate = "p256"
    var key: String?
    var service = Service.lines
    var family = AddressFamily.ipv4
    /// Certificates to send after it. GnuTLS and Go find them in the certificate's file.
    var chain: String?
    /// The groups it accepts; all it has when nil.
    var groups: [NamedGroup]?
    var clientCertificate = ClientCertificate.notAsked
    var alpnProtocols: [String] = []
    var exportLabel: String?
    /// Arguments that only this peer knows.
    var more: [String] = []

    init(certificate: String = "p256", key: String? = nil) {
        self.certificate = certificate
        self.key = key
    }

    init(_ kind: KeyKind) { certificate = kind.rawValue }
}

/// A running server.
final class PeerServer: Sendable {
    let peer: Peer
    let address: SocketAddress
    let child: ChildProcess

    init(_ peer: Peer, _ setup: PeerSetup = PeerSetup()) throws {
        self.peer = peer
        switch peer {
        case .openssl: (child, address) = try Self.startOpenSSL(setup)
        case .gnutls: (child, address) = try Self.startGnuTLS(setup)
        case .go: (child, address) = try Self.startGo(setup)
        }
    }

    deinit { child.end() }

    /// What comes back for a line.
    func reply(to line: String) -> String { peer == .openssl ? String(line.reversed()) : line }

    /// Whether the log says that this alert came from the client.
    func sawAlert(_ alert: AlertDescription, in log: String) -> Bool {
        switch peer {
        case .openssl: log.contains("SSL alert number \(alert.rawValue)\n")
        case .gnutls: log.contains("Alert[2|\(alert.rawValue)]")
        case .go: log.contains("remote error: tls: \(Self.goName(alert))")
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

    // MARK: Starting

    private static func startOpenSSL(_ setup: PeerSetup) throws -> (ChildProcess, SocketAddress) {
        let host = setup.family == .ipv4 ? "127.0.0.1" : "[::1]"
        // When it is quiet it does not tell its port.
        let chosen = setup.service == .pipe ? try FreePort.find() : 0
        var command = [
            "openssl", "s_server", "-accept", "\(host):\(chosen)", "-tls1_3",
            "-cert", try InteropCertificates.file(setup.certificate + ".pem"),
            "-key", try InteropCertificates.file((setup.key ?? setup.certificate) + ".key"),
            "-ciphersuites", CipherSuite.named.map(\.description).joined(separator: ":"),
            // For CCM-8, whose short tag is below the default level.
            "-cipher", "ALL:@SECLEVEL=0",
            "-groups", (setup.groups ?? NamedGroup.named).map(opensslName).joined(separator: ":"),
        ]
        switch setup.service {
        case .lines: command.append("-rev")
        case .interactive: break
        case .pipe: command.append("-quiet")
        }
        if let chain = setup.chain { command += ["-cert_chain", try InteropCertificates.file(chain + ".pem")] }
        if setup.clientCertificate != .notAsked {
            command += ["-CAfile", try InteropCertificates.file("ca.pem"), "-verify_return_error"]
            command += [setup.clientCertificate == .required ? "-Verify" : "-verify", "2"]
        }
        if !setup.alpnProtocols.isEmpty { command += ["-alpn", setup.alpnProtocols.joined(separator: ",")] }
        if let label = setup.exportLabel { command += ["-keymatexport", label, "-keymatexportlen", "32"] }
        command += setup.more
        let child = try ChildProcess(command, keepsErrors: setup.service != .pipe)
        guard setup.service != .pipe else {
            try FreePort.waitForListener(on: chosen, child)
            return (child, try address(setup.family, chosen))
        }
        let log = try child.waitForOutput("its port") { port(in: $0, after: "ACCEPT ") != nil }
        return (child, try address(setup.family, port(in: log, after: "ACCEPT ")))
    }

    private static func startGnuTLS(_ setup: PeerSetup) throws -> (ChildProcess, SocketAddress) {
        let groups = (setup.groups ?? NamedGroup.named).map { "+GROUP-\("\($0)".uppercased())" }
        let priority =
            ["NORMAL", "-VERS-ALL", "+VERS-TLS1.3", "-CIPHER-ALL"]
            + ["+AES-128-GCM", "+AES-256-GCM", "+CHACHA20-POLY1305", "+AES-128-CCM", "+AES-128-CCM-8"]
            + ["-GROUP-ALL"] + groups
        var command = [
            "gnutls-serv", "--echo", "--priority", priority.joined(separator: ":"),
            "--x509certfile", try InteropCertificates.file(setup.certificate + ".pem"),
            "--x509keyfile", try InteropCertificates.file((setup.key ?? setup.certificate) + ".key"),
        ]
        switch setup.clientCertificate {
        case .notAsked: command.append("--disable-client-cert")
        case .asked: command.append("--verify-client-cert")
        case .required: command += ["--require-client-cert", "--verify-client-cert"]
        }
        if setup.clientCertificate != .notAsked {
            command += ["--x509cafile", try InteropCertificates.file("ca.pem")]
        }
        if !setup.alpnProtocols.isEmpty { command += setup.alpnProtocols.map { "--alpn=\($0)" } + ["--alpn-fatal"] }
        if let label = setup.exportLabel { command += ["--keymatexport", label, "--keymatexportsize", "32"] }
        command += setup.more
        // It takes a port number only, and another program may take that port between our look and its start.
        for attempt in 1... {
            let port = try FreePort.find()
            let child = try ChildProcess(command + ["--port", "\(port)"])
            do {
                let family = setup.family == .ipv4 ? "IPv4" : "IPv6"
                try child.waitForOutput("that it listens") {
                    $0.contains("\n") && $0.contains("\(family) ") && $0.contains("port \(port)...done")
                }
                return (child, try address(setup.family, port))
            } catch {
                child.end()
                guard attempt < 5 else { throw error }
            }
        }
        throw InteropFailure("no free port")
    }

    private static func startGo(_ setup: PeerSetup) throws -> (ChildProcess, SocketAddress) {
        guard setup.family == .ipv4 else { throw InteropFailure("the Go server listens on IPv4 only") }
        var command = [
            try GoBuild.program, "-certificate", try InteropCertificates.file(setup.certificate + ".pem"),
            "-key", try InteropCertificates.file((setup.key ?? setup.certificate) + ".key"),
        ]
        if let groups = setup.groups { command += ["-groups", groups.map(\.description).joined(separator: ",")] }
        if setup.clientCertificate != .notAsked { command += ["-client-ca", try InteropCertificates.file("ca.pem")] }
        if setup.clientCertificate == .required { command.append("-require-client-certificate") }
        if !setup.alpnProtocols.isEmpty { command += ["-alpn", setup.alpnProtocols.joined(separator: ",")] }
        if let label = setup.exportLabel { command += ["-export-label", label] }
        let child = try ChildProcess(command + setup.more)
        let log = try child.waitForOutput("its port") { port(in: $0, after: "listening on ") != nil }
        return (child, try address(setup.family, port(in: log, after: "listening on ")))
    }

    private static func opensslName(_ group: NamedGroup) -> String {
        switch group {
        case .secp256r1: "P-256"
        case .secp384r1: "P-384"
        case .secp521r1: "P-521"
        case .x25519: "X25519"
        case .x448: "X448"
        default: "\(group)"
        }
    }

    /// The number at the end of the line that begins with `prefix`.
    private static func port(in log: String, after prefix: String) -> UInt16? {
        // A line that is still being written has no end yet.
        let lines = log.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        guard let line = lines.first(where: { $0.hasPrefix(prefix) }) else { return nil }
        return line.split(separator: ":").last.flatMap { UInt16($0) }
    }

    private static func address(_ family: AddressFamily, _ port: UInt16?) throws -> SocketAddress {
        guard let port, let address = SocketAddress(family == .ipv4 ? "127.0.0.1" : "::1", port: port) else {
            throw InteropFailure("no address")
        }
        return address
    }
}

/// Ports of the loopback interface for servers that cannot choose one themselves.
private enum FreePort {
    /// A port that nobody listened on a moment ago.
    static func find() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw InteropFailure("socket: errno \(errno)") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard isBound else { throw InteropFailure("bind: errno \(errno)") }
        return UInt16(bigEndian: address.sin_port)
    }

    /// Waits until the kernel lists a listener; connecting to find out would use up a connection of the server.
    static func waitForListener(on port: UInt16, _ child: ChildProcess) throws {
        let wanted = String(format: ":%04X", port)
        let end = ContinuousClock.now + .seconds(10)
        while child.isRunning, ContinuousClock.now < end {
            for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
                let text = String(decoding: FileManager.default.contents(atPath: table) ?? Data(), as: UTF8.self)
                for line in text.split(separator: "\n").dropFirst() {
                    let fields = line.split(separator: " ")
                    // The local address, and 0A for a listener.
                    if fields.count > 3, fields[1].hasSuffix(wanted), fields[3] == "0A" { return }
                }
            }
            usleep(3_000)
        }
        throw InteropFailure("nobody listens on port \(port)")
    }
}
