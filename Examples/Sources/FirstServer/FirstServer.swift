// FirstServer.swift — README's server: select, configure, listen, accept, and send back what comes.
// Run by scripts/run-examples against FirstConnection.

import SocketProvider

@main
struct FirstServer {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let port = UInt16(arguments[1]) else {
            print("Usage: FirstServer PORT CERTIFICATES.pem KEY.pem")
            return
        }
        try await serve(on: port, arguments[2], arguments[3])
    }

    static func serve(on port: UInt16, _ certificates: String, _ key: String) async throws {
        // README begins
        let provider = try ProviderCatalog.standard.select(scheme: .tls, capabilities: [.server])
        var options = provider.defaultServerOptions
        let credential = try Credential(
            certificates: Certificate.parse(pem: SystemFile.read(certificates)),
            key: PrivateKeyFile.parse(file: SystemFile.readSecret(key)))
        options.credentials = .fixed([credential])
        let listener = try provider.configure(server: options).makeListener()
        try listener.bind(to: .loopback(.ipv4, port: port))  // or .any(.ipv6, port: port): every address
        try listener.listen()
        while true {
            let socket = try await listener.asynchronous.accept()  // its handshake is done
            Task {
                do {
                    while case let bytes = try await socket.receive(upTo: 16_384), !bytes.isEmpty {
                        try await socket.send(bytes)
                    }
                } catch {
                    print(error)
                }
                await socket.close()
            }
        }
        // README ends
    }
}
