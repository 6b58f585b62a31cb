// DemoCommand.swift — `securesocket demo`: the four steps with a server of our own, then the same client against openssl's.
// Next: DemoOwnServer.swift.

import ArgumentParser
import Foundation
import SocketProvider
import TLS

struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract:
            "Enumerate, select, configure and connect to a server of our own, and say what was negotiated and why.",
        discussion: """
            Makes a throw-away certification authority and a certificate in memory, serves with them on a free loopback port, \
            goes through the four steps, exchanges a message, half-closes, and connects again to resume the session. Then \
            the same client connects to openssl s_server, when there is an openssl command.

            EXAMPLES
              securesocket demo
            """
    )

    func run() throws {
        do throws(SocketError) {
            try showOwnServer()
        } catch {
            throw CommandFailure(error, peer: "localhost")
        }
        print("\n\nthe same client against openssl s_server")
        let server: DemoServer
        do throws(CommandFailure) {
            server = try DemoServer()
        } catch {
            guard error.status == .done else { throw error }
            return print(error.text)
        }
        defer { server.stop() }
        do throws(SocketError) {
            try showOpenSSL(server)
        } catch {
            throw CommandFailure(error, peer: "localhost:\(server.port)")
        }
    }

    // MARK: Our own server

    private func showOwnServer() throws(SocketError) {
        print("1. enumerate — ProviderCatalog.enumerate()")
        let catalogue = ProviderCatalog.standard
        print(ProviderTable.text(of: catalogue.enumerate()))

        print("\n2. select — the first that speaks TLS, over every address family; it can connect and accept")
        let provider = try catalogue.select(scheme: .tls, capabilities: [.client, .server])
        print(provider.descriptors.map(\.name).joined(separator: " and "))

        print("\n3. configure — get the defaults, set what is to be different")
        let server = try DemoOwnServer(provider)
        print("the server: credentials = a certificate for localhost, made a moment ago; the rest is the default")
        var options = provider.defaultOptions
        print(OptionsText.text(of: options))
        options.trust = .certificates([server.authority])
        options.reportsDecisions = true
        print("set: trust = the authority of this demo alone; reportsDecisions = true")
        let configured = try provider.configure(options)

        print("\n4. connect — TCP, the handshake, and the verification of who answers")
        print("our own server listens on 127.0.0.1:\(server.port)")
        let socket = configured.makeSocket()
        try socket.connect(to: .name("localhost", port: server.port))
        var report = ConnectionReport(peer: "localhost:\(server.port)")
        report.update(from: socket.information)
        print(report.handshakeText)
        try exchange(over: socket, peer: "server", hasReceived: { server.waits(for: $0) }, say: { _ in })
        report.update(from: socket.information)
        print(report.trafficText)
        socket.close()

        print("\nand once more: the session of a moment ago is resumed")
        let again = configured.makeSocket()
        let start = ContinuousClock.now
        try again.connect(to: .name("localhost", port: server.port))
        let spent = ConnectionReport.Attempt(
            isResumed: again.information.tls?.isResumed ?? false, ContinuousClock.now - start)
        print("\(spent.resumed ? "resumed" : "NOT RESUMED") in \(spent.milliseconds) ms")
        again.close()
        server.stop()
    }

    // MARK: openssl's

    private func showOpenSSL(_ server: DemoServer) throws(SocketError) {
        print("openssl s_server, process \(server.processIdentifier), listens on 127.0.0.1:\(server.port)")
        let provider = try ProviderCatalog.standard.select(scheme: .tls)
        var options = provider.defaultOptions
        options.trust = .file(server.authorityFile)
        let socket = try provider.configure(options).makeSocket()
        try socket.connect(to: .name("localhost", port: server.port))
        defer { socket.close() }
        var report = ConnectionReport(peer: "localhost:\(server.port)")
        report.update(from: socket.information)
        print(report.handshakeText)
        try exchange(
            over: socket, peer: "openssl", hasReceived: { server.waits(for: $0) },
            say: { server.say($0) })
        report.update(from: socket.information)
        print(report.trafficText)
    }

    private func exchange(
        over socket: SecureSocket, peer: String, hasReceived: (String) -> Bool, say: (String) -> Void
    ) throws(SocketError) {
        print("\na message each way, then close_notify each way")
        let greeting = "hello from securesocket"
        try socket.send(Array("\(greeting)\n".utf8))
        print("sent:      \(greeting)")
        if hasReceived(greeting) {
            let label = "\(peer):".padding(toLength: 11, withPad: " ", startingAt: 0)
            print(label + "received it")
        }
        say("hello from \(peer)")
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
