// ConnectCommand.swift — `securesocket connect`: enumerate, select, configure, connect, talk, report.
// Next: DemoCommand.swift.

import ArgumentParser
import Foundation
import SocketProvider
import TLS

struct ConnectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Connect, carry standard input to the peer and the peer to standard output.",
        discussion: """
            Octets pass unchanged in both directions at the same time. The end of standard input closes that direction \
            only; the command ends when the peer has closed too. The report of what was negotiated, and why, goes to \
            standard error or to the file of --report-file.

            EXAMPLES
              Ask a web server:
                printf 'GET / HTTP/1.1\\r\\nHost: example.org\\r\\nConnection: close\\r\\n\\r\\n' |
                  securesocket connect example.org:443 --alpn http/1.1
              A server of your own, with its own authority:
                securesocket connect 127.0.0.1:4433 --ca ca.pem --server-name localhost < request > answer
              A client certificate, one suite, one group, and the report as JSON:
                securesocket connect '[::1]:4433' --ca ca.pem --cert me.pem --key me.key \\
                  --cipher-suite TLS_AES_256_GCM_SHA384 --group secp384r1 --report json --report-file report.json
            """
    )

    enum ReportFormat: String, ExpressibleByArgument, CaseIterable { case text, json }

    @Argument(help: "The peer; an IPv6 address stands in brackets, as in [::1]:443.")
    var peer: HostAndPort

    @Option(
        name: .customLong("ca"),
        help: ArgumentHelp("PEM file of the authorities to trust instead of the system's.", valueName: "file"))
    var authorities: String?

    @Option(
        help: ArgumentHelp("The name or address the certificate must have, when it is not HOST.", valueName: "name"))
    var serverName: String?

    @Option(help: ArgumentHelp("The oldest version to accept. TLS 1.3 is the oldest there is.", valueName: "version"))
    var minVersion = VersionArgument.tls12

    @Option(help: ArgumentHelp("The newest version to accept.", valueName: "version"))
    var maxVersion = VersionArgument.tls13

    @Option(
        help: ArgumentHelp("A cipher suite to offer; repeat it, best first.", valueName: "suite"),
        transform: NamedArgument.cipherSuite)
    var cipherSuite: [CipherSuite] = []

    @Option(
        help: ArgumentHelp("A key exchange group to offer; repeat it, best first.", valueName: "group"),
        transform: NamedArgument.group)
    var group: [NamedGroup] = []

    @Option(help: ArgumentHelp("An application protocol to offer; repeat it, best first.", valueName: "protocol"))
    var alpn: [String] = []

    @Option(
        name: .customLong("cert"),
        help: ArgumentHelp("PEM file of the client's certificate and its issuers.", valueName: "file"))
    var certificate: String?

    @Option(help: ArgumentHelp("PEM file of the client's private key.", valueName: "file"))
    var key: String?

    @Option(
        name: .customLong("keylog"),
        help: ArgumentHelp(
            "Append the connection's secrets to this file: who reads it can read the traffic.", valueName: "file"))
    var keyLog: String?

    @Option(
        help: ArgumentHelp(
            "Report why each choice was made too, as text or JSON. Without it what was negotiated is said in short.",
            valueName: "text|json"))
    var report: ReportFormat?

    @Option(help: ArgumentHelp("Write the whole report to this file, not to standard error.", valueName: "file"))
    var reportFile: String?

    @Option(
        help: ArgumentHelp(
            "How long to wait for the connection, for the handshake, and then each time for the peer.",
            valueName: "seconds"))
    var timeout: Double?

    func validate() throws {
        guard maxVersion != .tls12 else {
            throw ValidationError(
                "TLS 1.2 is not there yet: only TLS 1.3 can be spoken, so --max-version has to be 1.3.")
        }
        guard (certificate == nil) == (key == nil) else {
            throw ValidationError("--cert and --key belong together.")
        }
        if let timeout, !(timeout > 0 && timeout <= 1_000_000) {
            throw ValidationError("--timeout has to be more than 0 and at most 1000000 seconds.")
        }
    }

    func run() throws {
        var outcome = ConnectionReport(peer: "\(peer)")
        do throws(SocketError) {
            try connectAndTalk(&outcome)
        } catch {
            let failure = CommandFailure(error, peer: "\(peer)")
            outcome.take(error, failure)
            try write(outcome)
            // JSON on standard error stays JSON alone; the explanation is in it.
            throw report == .json && reportFile == nil ? CommandFailure(status: failure.status, text: "") : failure
        }
        try write(outcome)
    }

    /// The four steps, and then data until both directions have ended.
    private func connectAndTalk(_ outcome: inout ConnectionReport) throws(SocketError) {
        let provider = try ProviderCatalog.standard.select(scheme: .tls)
        var options = try options(of: provider)
        let log: KeyLogFile? = if let keyLog { try KeyLogFile(path: keyLog) } else { nil }
        options.keyLog = log
        let socket = try provider.configure(options).makeSocket()
        defer {
            socket.close()
            outcome.update(from: socket.information)
        }
        try socket.connect(to: .name(peer.host, port: peer.port))
        if writesAsItGoes {
            outcome.update(from: socket.information)
            StandardError.write(outcome.handshakeText)
        }
        try Conversation(over: socket).run()
        if let failure = log?.writeFailure { throw failure }
    }
}

// MARK: - Configure

extension ConnectCommand {
    private func options(of provider: Provider) throws(SocketError) -> ClientOptions {
        var options = provider.defaultOptions
        options.versions = .tls13 ... .tls13
        if !cipherSuite.isEmpty { options.cipherSuites = cipherSuite }
        if let first = group.first {
            options.groups = group
            options.keyShareGroups = [first]
        }
        options.alpnProtocols = alpn
        options.peerName = serverName
        if let authorities { options.trust = .file(authorities) }
        if let certificate, let key { options.credential = try Self.credential(certificate, key) }
        if let timeout {
            let duration = Duration.seconds(timeout)
            options.timeouts.connect = duration
            options.timeouts.handshake = duration
            options.timeouts.read = duration
            options.timeouts.write = duration
        }
        options.reportsDecisions = report != nil || reportFile != nil
        return options
    }

    /// Reads the client's certificate and its key.
    private static func credential(_ certificate: String, _ key: String) throws(SocketError) -> ClientCredential {
        let (chain, secret) = (try SystemFile.read(certificate), try SystemFile.read(key))
        var path = certificate
        do {
            let certificates = try Certificate.parse(pem: chain)
            path = key
            return try ClientCredential(certificates: certificates, key: try PrivateKeyFile.parse(pem: secret))
        } catch {
            throw .fileContents(path: path, reason: "\(error)")
        }
    }
}

// MARK: - The report

extension ConnectCommand {
    /// Text on standard error comes in two parts: the handshake's as soon as it is known, the rest at the end.
    private var writesAsItGoes: Bool { report != .json && reportFile == nil }

    private func write(_ outcome: ConnectionReport) throws {
        if writesAsItGoes {
            if outcome.error == nil { StandardError.write(outcome.trafficText) }
            return
        }
        let text = report == .json ? try JSONText.of(outcome) : outcome.text
        guard let reportFile else { return StandardError.write(text) }
        do {
            try Data((text + "\n").utf8).write(to: URL(fileURLWithPath: reportFile))
        } catch {
            throw CommandFailure(status: .usage, text: "the report cannot be written to \(reportFile): \(error)")
        }
    }
}
