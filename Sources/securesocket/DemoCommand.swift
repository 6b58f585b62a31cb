// DemoCommand.swift — `securesocket demo`: the four steps against openssl s_server, each printed.
// Next: DemoServer.swift.

import ArgumentParser
import Foundation
import SocketProvider

struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Enumerate, select, configure and connect to openssl s_server, and say what was negotiated and why.",
        discussion: """
            Makes a throw-away certification authority and a certificate with the openssl command, starts openssl s_server \
            on a free loopback port, goes through the four steps, exchanges a message, half-closes, and cleans up.

            EXAMPLES
              securesocket demo
            """
    )

    func run() throws {
        let server = try DemoServer()
        defer { server.stop() }
        do throws(SocketError) {
            try goThroughTheSteps(with: server)
        } catch {
            throw CommandFailure(error, peer: "localhost:\(server.port)")
        }
    }

    private func goThroughTheSteps(with server: DemoServer) throws(SocketError) {
        print("openssl s_server, process \(server.processIdentifier), listens on 127.0.0.1:\(server.port)")

        print("\n1. enumerate — ProviderCatalog.enumerate()")
        let catalogue = ProviderCatalog.standard
        print(ProviderTable.text(of: catalogue.enumerate()))

        print("\n2. select — the first that speaks TLS, over every address family")
        let provider = try catalogue.select(scheme: .tls)
        print(provider.descriptors.map(\.name).joined(separator: " and "))

        print("\n3. configure — get the defaults, set what is to be different")
        var options = provider.defaultOptions
        print(OptionsText.text(of: options))
        options.trust = .file(server.authorityFile)
        options.reportsDecisions = true
        print("set: trust = the authority of this demo alone; reportsDecisions = true")
        let socket = try provider.configure(options).makeSocket()

        print("\n4. connect — TCP, the handshake, and the verification of who answers")
        try socket.connect(to: .name("localhost", port: server.port))
        defer { socket.close() }
        var report = ConnectionReport(peer: "localhost:\(server.port)")
        report.update(from: socket.information)
        print(report.handshakeText)

        try exchange(with: server, over: socket)
        report.update(from: socket.information)
        print(report.trafficText)
    }

    private func exchange(with server: DemoServer, over socket: SecureSocket) throws(SocketError) {
        print("\na message each way, then close_notify each way")
        let greeting = "hello from securesocket"
        try socket.send(Array("\(greeting)\n".utf8))
        print("sent:      \(greeting)")
        if server.waits(for: greeting) { print("openssl:   received it") }
        server.say("hello from openssl")
        print("received:  \(try line(from: socket))")
        try socket.closeSending()
        print("closed our direction; receiving goes on")
        while try !socket.receive(upTo: 1024).isEmpty {}
        print("the peer closed its direction with close_notify: nothing was cut off")
    }

    /// Receives until the end of a line.
    private func line(from socket: SecureSocket) throws(SocketError) -> String {
        var octets: [UInt8] = []
        while octets.last != UInt8(ascii: "\n") {
            let more = try socket.receive(upTo: 1024)
            if more.isEmpty { break }
            octets += more
        }
        return String(decoding: octets, as: UTF8.self).trimmingCharacters(in: .newlines)
    }
}
