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
              Resume a session that an earlier run left in a directory of yours:
                securesocket connect example.org:443 --session-cache ~/.cache/tls-sessions < request
              Ten connections in turn, to see which are resumed and how long each takes:
                securesocket connect 127.0.0.1:4433 --ca ca.pem --server-name localhost --reconnect 10 < /dev/null
              A request that does no harm when it is replayed, in the first flight of a resumed connection:
                securesocket connect example.org:443 --session-cache ~/.cache/tls-sessions --early-data get.txt < /dev/null
              A device that speaks TLS 1.2 with CBC only:
                securesocket connect device.local:443 --max-version 1.2 --accept-weakness cbc-padding-timing
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

    @Option(help: ArgumentHelp("The oldest version to accept, 1.2 or 1.3.", valueName: "version"))
    var minVersion = VersionArgument.tls12

    @Option(help: ArgumentHelp("The newest version to accept, 1.2 or 1.3.", valueName: "version"))
    var maxVersion = VersionArgument.tls13

    @Option(
        help: ArgumentHelp("A cipher suite to offer; repeat it, best first.", valueName: "suite"),
        transform: NamedArgument.cipherSuite)
    var cipherSuite: [CipherSuite] = []

    @Option(
        help: ArgumentHelp(
            "A weakness of TLS 1.2 suites to put up with; the suites that have it are offered last. Repeat it. "
                + "cbc-padding-timing: CBC suites. group-chosen-by-server: DHE suites. no-forward-secrecy: RSA key "
                + "transport, which whoever gets the server's key can read later.",
            valueName: "weakness"))
    var acceptWeakness: [WeaknessArgument] = []

    @Option(
        help: ArgumentHelp("A key exchange group to offer; repeat it, best first.", valueName: "group"),
        transform: NamedArgument.group)
    var group: [NamedGroup] = []

    @Option(help: ArgumentHelp("An application protocol to offer; repeat it, best first.", valueName: "protocol"))
    var alpn: [String] = []

    @Option(
        name: .customLong("cert"),
        help: ArgumentHelp(
            "PEM file of the client's certificate and its issuers, or DER file of the certificate.", valueName: "file"))
    var certificate: String?

    @Option(help: ArgumentHelp("PEM or DER file of the client's private key.", valueName: "file"))
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
            "Keep sessions in this directory, for later runs to resume; it is made when it is not there. The files hold "
                + "secrets, unencrypted.",
            valueName: "directory"))
    var sessionCache: String?

    @Option(
        help: ArgumentHelp("For how long a session may be resumed; 0 keeps none. 600 by default.", valueName: "seconds")
    )
    var sessionTimeout: Int?

    @Flag(help: "Make a full handshake, whatever sessions there are.")
    var noResume = false

    @Option(
        help: ArgumentHelp(
            "Connect so many times in all, one after the other. Standard input is read first and sent on each "
                + "connection; a line says of each whether it was resumed and how long it took.",
            valueName: "times"))
    var reconnect: Int?

    @Option(
        help: ArgumentHelp(
            "Send this file before the server has answered, when a session allows it, and first of all otherwise. "
                + "Whoever records it can make the server see it again.",
            valueName: "file"))
    var earlyData: String?

    @Option(
        help: ArgumentHelp(
            "How long to wait for the connection, for the handshake, and then each time for the peer.",
            valueName: "seconds"))
    var timeout: Double?

    @OptionGroup(title: "Broken versions")
    var legacy: LegacyArguments

    func validate() throws {
        guard minVersion.version <= maxVersion.version else {
            throw ValidationError("--min-version is newer than --max-version.")
        }
        if let sessionTimeout, !(0...604_800).contains(sessionTimeout) {
            throw ValidationError("--session-timeout has to be 0 to 604800 seconds: seven days.")
        }
        if let reconnect, !(1...1_000_000).contains(reconnect) {
            throw ValidationError("--reconnect has to be 1 to 1000000 times.")
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
        let (catalogue, package) = try legacy.catalogue(suites: cipherSuite)
        let provider = try catalogue.select(scheme: .tls, package: package)
        var options = try options(of: provider)
        let log: KeyLogFile? = if let keyLog { try KeyLogFile(path: keyLog) } else { nil }
        options.keyLog = log
        if let sessionCache {
            options.sessionStore = try SessionFileStore(directory: sessionCache) { problem in
                StandardError.write("session cache: \(problem)")
            }
        }
        let early = if let earlyData { try SystemFile.read(earlyData, limit: Self.mostEarlyData) } else { [UInt8]() }
        let configured = try provider.configure(options)
        if let reconnect {
            let isTerminal = isatty(FileHandle.standardInput.fileDescriptor) != 0
            let input = isTerminal ? [] : [UInt8](FileHandle.standardInput.readDataToEndOfFile())
            for _ in 1...reconnect { try connectOnce(configured, early, sending: input, &outcome) }
        } else {
            try connectOnce(configured, early, sending: nil, &outcome)
        }
        if let failure = log?.writeFailure { throw failure }
    }

    /// One connection from start to end.
    private func connectOnce(
        _ configured: ConfiguredProvider, _ early: [UInt8], sending octets: [UInt8]?, _ outcome: inout ConnectionReport
    ) throws(SocketError) {
        let socket = configured.makeSocket()
        defer {
            socket.close()
            outcome.update(from: socket.information)
        }
        let start = ContinuousClock.now
        try socket.connect(to: .name(peer.host, port: peer.port), earlyData: early)
        let spent = ContinuousClock.now - start
        outcome.update(from: socket.information)
        if octets != nil {
            let line = outcome.add(ConnectionReport.Attempt(isResumed: outcome.negotiated?.resumed ?? false, spent))
            if report != .json || reportFile != nil { StandardError.write(line) }
        } else if writesAsItGoes {
            StandardError.write(outcome.handshakeText)
        }
        try Conversation(over: socket, sending: octets).run()
    }

    /// More than servers take.
    private static let mostEarlyData = 1024 * 1024
}

// MARK: - Configure

extension ConnectCommand {
    private func options(of provider: Provider) throws(SocketError) -> ClientOptions {
        var options = provider.defaultOptions
        options.versions = legacy.versions(minVersion.version...maxVersion.version)
        options.acceptedTLS12Weaknesses = Set(acceptWeakness.map(\.weakness))
        if cipherSuite.isEmpty {
            let possible = provider.descriptors.first?.cipherSuites ?? []
            options.cipherSuites += possible.filter {
                !$0.weaknesses.isEmpty && $0.weaknesses.isSubset(of: options.acceptedTLS12Weaknesses)
            }
        } else if !legacy.legacyOnly {
            options.cipherSuites = cipherSuite
        }
        if let sessionTimeout { options.sessionCacheTimeout = sessionTimeout }
        if noResume { options.reuse = .off }
        if let first = group.first {
            options.groups = group
            options.keyShareGroups = [first]
        }
        options.alpnProtocols = alpn
        options.peerName = serverName
        if let authorities { options.trust = .file(authorities) }
        if let certificate, let key { options.credentials = .fixed([try CredentialFiles.read(certificate, key)]) }
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
}

// MARK: - The report

extension ConnectCommand {
    /// Text on standard error comes in two parts: the handshake's as soon as it is known, the rest at the end.
    private var writesAsItGoes: Bool { report != .json && reportFile == nil }

    private func write(_ outcome: ConnectionReport) throws {
        if writesAsItGoes {
            // Of many connections, what was agreed on is said of the last.
            if outcome.error == nil { StandardError.write(reconnect == nil ? outcome.trafficText : outcome.text) }
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
