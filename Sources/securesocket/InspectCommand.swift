// InspectCommand.swift — `securesocket inspect`: prints certificates of a file or of a server for people.
// RFC 5280 §4.1, §4.2.
// Next: DemoCommand.swift.

import ArgumentParser
import Foundation
import SocketProvider
import TLS

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Print what certificates say: those of a file, or those that a server sends.",
        discussion: """
            Nothing is verified: `securesocket verify` and `securesocket connect` do that. What a certificate says is \
            escaped, so that none can write to your terminal.

            EXAMPLES
              securesocket inspect certs/cert.pem
              securesocket inspect example.org:443
              securesocket inspect '[::1]:4433' --server-name localhost --json
            """
    )

    @Argument(help: ArgumentHelp("A file in PEM or DER, or HOST:PORT.", valueName: "file or host:port"))
    var source: String

    @Option(help: ArgumentHelp("The name to ask the server for; the host by default.", valueName: "name"))
    var serverName: String?

    @Option(help: ArgumentHelp("How long to wait for the server.", valueName: "seconds"))
    var timeout = 10.0

    @Flag(help: "Write the certificates as JSON.")
    var json = false

    func validate() throws {
        guard timeout > 0, timeout <= 1_000_000 else {
            throw ValidationError("--timeout has to be more than 0 and at most 1000000 seconds.")
        }
    }

    func run() throws {
        let certificates: [Certificate]
        if !FileManager.default.fileExists(atPath: source), let peer = HostAndPort(argument: source) {
            do throws(SocketError) { certificates = try sent(by: peer) } catch {
                throw CommandFailure(error, peer: "\(peer)")
            }
            StandardError.write("\(peer) sent \(certificates.count) certificates; nothing was verified")
        } else {
            certificates = try CertificateFiles.certificates(source)
        }
        let facts = try certificates.map { certificate throws(CertificateError) in try certificate.facts }
        if json {
            print(try JSONText.of(facts.map { Dictionary(uniqueKeysWithValues: $0.map { ($0.name, $0.values) }) }))
            return
        }
        for (index, facts) in facts.enumerated() {
            if index > 0 { print("") }
            print("certificate \(index + 1) of \(certificates.count)")
            let rows = facts.flatMap { fact in
                fact.values.enumerated().map { [$0.offset == 0 ? fact.name : "", $0.element] }
            }
            for line in TextTable.text(rows).split(separator: "\n") { print("  \(line)") }
        }
    }

    /// What the server sends. It is asked for no proof but its signature, and the connection ends at once.
    private func sent(by peer: HostAndPort) throws(SocketError) -> [Certificate] {
        let provider = try ProviderCatalog.standard.select(scheme: .tls)
        var options = provider.defaultOptions
        options.trust = .anchors(TrustAnchors([]))
        options.verification = .takeOver({ _, answer in answer(.accept) })
        options.peerName = serverName
        options.reuse = .off
        options.timeouts.connect = .seconds(timeout)
        options.timeouts.handshake = .seconds(timeout)
        let socket = try provider.configure(options).makeSocket()
        defer { socket.close() }
        try socket.connect(to: .name(peer.host, port: peer.port))
        return socket.information.tls?.peerCertificates ?? []
    }
}
