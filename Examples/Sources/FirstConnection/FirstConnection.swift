// FirstConnection.swift — README's client: enumerate, select, configure, connect; and the same in five lines.
// Run by scripts/run-examples against openssl s_server, then against FirstServer.

import SocketProvider

@main
struct FirstConnection {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let port = UInt16(arguments[2]) else {
            print("Usage: FirstConnection HOST PORT AUTHORITIES.pem")
            return
        }
        try connect(to: arguments[1], port, trusting: arguments[3])
    }

    /// Built, and not run: it needs example.org.
    static func inFiveLines() throws {
        // README begins: five lines
        let provider = try ProviderCatalog.standard.select(scheme: .tls)
        let socket = try provider.configure().makeSocket()
        try socket.connect(to: .name("example.org", port: 443))  // verified: it is example.org
        try socket.send(Array("GET / HTTP/1.0\r\nHost: example.org\r\n\r\n".utf8))
        print(String(decoding: try socket.receive(upTo: 16_384), as: UTF8.self))
        // README ends: five lines
    }

    static func connect(to host: String, _ port: UInt16, trusting authorities: String) throws {
        // README begins
        let catalogue = ProviderCatalog.standard
        for descriptor in catalogue.enumerate() {  // enumerate
            print(descriptor.name, descriptor.versions, descriptor.backend?.version ?? "")
        }
        let provider = try catalogue.select(scheme: .tls)  // select: TLS over IPv6 and IPv4

        var options = provider.defaultOptions  // configure: get before set
        options.trust = .file(authorities)  // or leave it: the system's authorities
        options.alpnProtocols = ["http/1.1"]
        let socket = try provider.configure(options).makeSocket()

        try socket.connect(to: .name(host, port: port))  // connect: TCP, handshake, verification
        print(socket.information.security?.summary ?? "")
        try socket.send(Array("GET / HTTP/1.0\r\n\r\n".utf8))
        try socket.closeSending()
        while case let bytes = try socket.receive(upTo: 16_384), !bytes.isEmpty {
            print(String(decoding: bytes, as: UTF8.self), terminator: "")
        }
        socket.close()
        // README ends
    }
}
