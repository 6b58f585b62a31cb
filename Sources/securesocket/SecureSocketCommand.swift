// SecureSocketCommand.swift — the command `securesocket`: its sub-commands and how it ends.
// Next: ExitStatus.swift.

import ArgumentParser
import Foundation

@main
struct SecureSocketCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "securesocket",
        abstract: "Connect and serve with TLS, and see why each choice was made.",
        discussion: """
            Clients and servers for TLS 1.3 and TLS 1.2 with libgcrypt. Certificates are always verified.

            EXAMPLES
              securesocket demo
              securesocket providers
              securesocket connect example.org:443 --alpn http/1.1
              securesocket connect '[::1]:4433' --ca ca.pem --server-name localhost < request > answer
              securesocket make-cert --out certs
              securesocket serve --listen 127.0.0.1:4433 --cert certs/cert.pem --key certs/key.pem --http .

            EXIT STATUS
              0  done
              1  the TLS handshake, a certificate or the protection of the data failed
              2  the command line, or a file that it names, cannot be used
              3  the network failed
            """,
        version: "0.1.0",
        subcommands: [
            ProvidersCommand.self, ConnectCommand.self, ServeCommand.self, VerifyCommand.self, InspectCommand.self,
            MakeCertificateCommand.self,
            DemoCommand.self,
        ]
    )

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let failure as CommandFailure {
            if !failure.text.isEmpty { StandardError.write(failure.text) }
            Foundation.exit(failure.status.rawValue)
        } catch {
            // Help and the version come this way too; anything else is a command line that cannot be used.
            guard exitCode(for: error).isSuccess else {
                StandardError.write(fullMessage(for: error))
                Foundation.exit(ExitStatus.usage.rawValue)
            }
            exit(withError: error)
        }
    }
}
