// ServeCommand.swift — `securesocket serve`: enumerate, select, configure, listen, and serve until told to stop.
// Next: ServeCommand+Options.swift.

import ArgumentParser
import Foundation
import SocketProvider
import TLS

struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Accept TLS connections: send back what comes, or serve the files of a directory over HTTP.",
        discussion: """
            One line says of each connection who came, what was agreed on and what it came to; a summary follows at the end. \
            Control-C, or SIGTERM, ends it: nobody gets in any more, answers that are being sent are finished. SIGHUP reads \
            certificates, keys and authorities again, while connections run.

            HTTP is HTTP/1.1 with keep-alive, GET and HEAD, for the files below one directory and nothing else: enough for \
            a browser, curl or a load generator.

            EXAMPLES
              Make a certificate, and serve a directory on this machine alone:
                securesocket make-cert --out certs
                securesocket serve --listen 127.0.0.1:4433 --cert certs/cert.pem --key certs/key.pem --http .
                curl --cacert certs/ca.pem https://localhost:4433/README.md
              Send back whatever comes, on every address of this machine:
                securesocket serve --listen '*:4433' --cert certs/cert.pem --key certs/key.pem --echo
              Ask clients for certificates of an authority:
                securesocket serve --listen '[::1]:4433' --cert cert.pem --key key.pem --client-ca ca.pem
              Two certificates; each client gets the one for the name that it asks for:
                securesocket serve --listen '*:443' --cert a.pem --key a.key --cert b.pem --key b.key --http /srv/www
            """
    )

    enum ClientAuthenticationArgument: String, ExpressibleByArgument, CaseIterable { case optional, required }

    @Option(
        help: ArgumentHelp(
            "Where to listen: an address and a port, as 127.0.0.1:4433, [::1]:4433, or *:4433 for every address. Port 0 "
                + "lets the system choose.", valueName: "address:port"))
    var listen: ListenAddress

    @Option(
        name: .customLong("cert"),
        help: ArgumentHelp(
            "PEM file of the server's certificate and its issuers, or DER file of the certificate; repeat it, each time with --key, for other names or "
                + "other kinds of keys.", valueName: "file"))
    var certificate: [String] = []

    @Option(help: ArgumentHelp("PEM or DER file of the certificate's private key.", valueName: "file"))
    var key: [String] = []

    @Option(
        name: .customLong("ocsp"),
        help: ArgumentHelp("OCSP response to staple for the first certificate, DER.", valueName: "file"))
    var ocspResponse: String?

    @Option(
        name: .customLong("client-ca"),
        help: ArgumentHelp(
            "PEM file of the authorities whose certificates clients have to show.", valueName: "file"))
    var clientAuthorities: String?

    @Option(
        name: .customLong("client-auth"),
        help: ArgumentHelp(
            "With --client-ca: whether a client has to have a certificate, or may.", valueName: "required|optional"))
    var clientAuthentication = ClientAuthenticationArgument.required

    @Flag(help: "Send back whatever comes. This is what happens without --http too.")
    var echo = false

    @Option(help: ArgumentHelp("Serve the files below this directory over HTTP.", valueName: "directory"))
    var http: String?

    @Option(
        help: ArgumentHelp(
            "An application protocol to accept; repeat it, best first. http/1.1 with --http.", valueName: "protocol"))
    var alpn: [String] = []

    @Option(help: ArgumentHelp("The oldest version to accept, 1.2 or 1.3.", valueName: "version"))
    var minVersion = VersionArgument.tls12

    @Option(help: ArgumentHelp("The newest version to accept, 1.2 or 1.3.", valueName: "version"))
    var maxVersion = VersionArgument.tls13

    @Option(
        help: ArgumentHelp("A cipher suite to accept; repeat it, best first.", valueName: "suite"),
        transform: NamedArgument.cipherSuite)
    var cipherSuite: [CipherSuite] = []

    @Option(
        help: ArgumentHelp(
            "A weakness of TLS 1.2 suites to put up with, as connect has it; the suites that have it come last. Repeat it.",
            valueName: "weakness"))
    var acceptWeakness: [WeaknessArgument] = []

    @Option(
        help: ArgumentHelp("A key exchange group to accept; repeat it, best first.", valueName: "group"),
        transform: NamedArgument.group)
    var group: [NamedGroup] = []

    @Option(
        name: .customLong("keylog"),
        help: ArgumentHelp(
            "Append the secrets of the connections to this file: who reads it can read the traffic.",
            valueName: "file"))
    var keyLog: String?

    @Option(
        help: ArgumentHelp(
            "For how long a session may be resumed; 0 resumes none. 600 by default.", valueName: "seconds")
    )
    var sessionTimeout: Int?

    @Flag(help: "Give no session tickets to clients.")
    var noTickets = false

    @Flag(help: "Make a full handshake each time, whatever sessions clients have.")
    var noResume = false

    @Option(
        help: ArgumentHelp(
            "How much early data a client may send with a resumed session. Whoever records it can send it again; it may "
                + "be seen twice by another server with the same keys.", valueName: "octets"))
    var earlyData = 0

    @Option(
        help: ArgumentHelp("How long a client may take for its handshake, 10 s by default.", valueName: "seconds"))
    var handshakeTimeout: Double?

    @Option(
        help: ArgumentHelp("How long a client may be silent, or not read, 60 s by default.", valueName: "seconds"))
    var timeout = 60.0

    @Option(help: ArgumentHelp("How many handshakes may go on at a time; the oldest gives way.", valueName: "number"))
    var maxHandshakes: Int?

    @Option(help: ArgumentHelp("End after so many connections.", valueName: "number"))
    var connections: Int?

    @Flag(help: "Say nothing of connections; the summary stays.")
    var quiet = false

    @OptionGroup(title: "Broken versions")
    var legacy: LegacyArguments

    func validate() throws {
        guard minVersion.version <= maxVersion.version else {
            throw ValidationError("--min-version is newer than --max-version.")
        }
        guard !certificate.isEmpty, certificate.count == key.count else {
            throw ValidationError("--cert and --key belong together; at least one pair is needed.")
        }
        guard !(echo && http != nil) else { throw ValidationError("--echo and --http exclude each other.") }
        for (name, seconds) in [("--timeout", timeout), ("--handshake-timeout", handshakeTimeout ?? 1)]
        where !(seconds > 0 && seconds <= 1_000_000) {
            throw ValidationError("\(name) has to be more than 0 and at most 1000000 seconds.")
        }
        if let connections, connections < 1 { throw ValidationError("--connections has to be at least 1.") }
    }

    func run() throws {
        SystemSignal.hold()
        do throws(SocketError) {
            try serve()
        } catch {
            throw CommandFailure(error, peer: "\(listen)")
        }
    }

    /// The four steps, and then connections until the end.
    private func serve() throws(SocketError) {
        let (catalogue, package) = try legacy.catalogue(suites: cipherSuite)
        let provider = try catalogue.select(scheme: .tls, package: package, capabilities: [.server])
        let log: KeyLogFile? = if let keyLog { try KeyLogFile(path: keyLog) } else { nil }
        let listener = try provider.configure(server: try options(of: provider, keyLog: log)).makeListener()
        try listener.bind(to: listen)
        try listener.listen()
        let handler: any ConnectionHandler = if let http { try HTTPFiles(root: http) } else { EchoHandler() }
        let service = Service(listener, handler, isQuiet: quiet, connections: connections)
        if let address = listener.localAddress {
            let backend = provider.descriptors.first?.backend.map { ", by \($0.name) \($0.version)" } ?? ""
            StandardOutput.write("listening on \(address)\(backend)")
            if let warning = legacy.warning { StandardOutput.write(warning) }
        }
        service.start()
        waitForTheEnd(of: service, listener, provider, log)
        StandardOutput.write(service.summary)
        if let failure = log?.writeFailure { throw failure }
    }

    /// Waits for signals: one ends the service, another one at once.
    private func waitForTheEnd(
        of service: Service, _ listener: ListeningSocket, _ provider: Provider, _ log: KeyLogFile?
    ) {
        while true {
            switch SystemSignal.next() {
            case .hangUp: reload(listener, provider, log)
            case .interrupt, .terminate:
                if service.stop() { return }
            }
        }
    }

    /// Reads the files again. What cannot be read leaves everything as it was.
    private func reload(_ listener: ListeningSocket, _ provider: Provider, _ log: KeyLogFile?) {
        do throws(SocketError) {
            try listener.reload(try options(of: provider, keyLog: log))
            StandardOutput.write("reloaded: connections from now on get the certificates as they are now")
        } catch {
            StandardError.write("NOT reloaded, the certificates from before stay: \(error)")
        }
    }
}
