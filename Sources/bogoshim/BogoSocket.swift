// BogoSocket.swift — the runner's end of the wire: a plain TCP connection with blocking calls.
// Next: BogoConnection.swift.

import SocketProvider
import TLS

/// A connection of the security package `none`.
final class BogoSocket: Sendable {
    private let socket: SecureSocket

    /// Connects to the runner, which listens on one of the loopback addresses.
    init(port: Int) throws(BogoFailure) {
        guard let port = UInt16(exactly: port), port > 0 else { throw .failed("there is no port \(port)") }
        do throws(SocketError) {
            let provider = try ProviderCatalog.standard.select(scheme: .none)
            var options = provider.defaultOptions
            // The runner gives up earlier.
            options.timeouts.read = .seconds(60)
            let configured = try provider.configure(options)
            let first = configured.makeSocket()
            do throws(SocketError) {
                try first.connect(to: .name("::1", port: port))
                socket = first
            } catch {
                socket = configured.makeSocket()
                try socket.connect(to: .name("127.0.0.1", port: port))
            }
        } catch { throw .failed("the runner cannot be reached: \(error)") }
    }

    func send(_ octets: [UInt8]) throws(BogoFailure) {
        do throws(SocketError) { try socket.send(octets) } catch { throw .failed("sending: \(error)") }
    }

    /// Some octets; none at the end.
    func receive() throws(BogoFailure) -> [UInt8] {
        do throws(SocketError) { return try socket.receive(upTo: 1 << 16) } catch {
            throw .failed("receiving: \(error)")
        }
    }

    /// Sends FIN and takes what still comes: a socket that is closed with something unread resets the connection, and with
    /// that the runner might lose the alert it waits for.
    func leave() {
        try? socket.closeSending()
        while let octets = try? socket.receive(upTo: 1 << 16), !octets.isEmpty {}
        socket.close()
    }
}
