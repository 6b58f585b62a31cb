// DemoOwnServer.swift — a TLS server in this process, with a certificate made for it.
// Next: DemoServer.swift.

import Foundation
import SocketProvider
import Synchronization
import TLS

/// Accepts on a free loopback port, answers each line with a greeting, and closes when its client does.
final class DemoOwnServer: Sendable {
    /// The trust anchor for this server.
    let authority: Certificate
    /// Where it listens, on 127.0.0.1.
    let port: UInt16

    private let listener: ListeningSocket
    private let received = Mutex("")
    private let arrival = DispatchSemaphore(value: 0)

    /// Makes the certificates and starts to accept.
    init(_ provider: Provider) throws(SocketError) {
        let authority = try TestAuthority(.ec(.p256), days: 2)
        let names = TestIdentity.localNames.map(TestIdentity.generalName)
        let identity = try TestIdentity(.ec(.p256), names: names, days: 2, issuedBy: authority)
        var options = provider.defaultServerOptions
        do throws(HandshakeError) {
            options.credentials = .fixed([try Credential(certificates: [identity.certificate], key: identity.key)])
        } catch {
            throw .invalidOption(name: "credentials", reason: "\(error)")
        }
        let listener = try provider.configure(server: options).makeListener()
        try listener.bind(to: .loopback(.ipv4, port: 0))
        try listener.listen()
        self.authority = authority.certificate
        self.listener = listener
        port = listener.localAddress?.port ?? 0
        Thread.detachNewThread {
            // Ends when the listener is closed.
            while let socket = try? listener.accept() { Thread.detachNewThread { self.serve(socket) } }
        }
    }

    private func serve(_ socket: SecureSocket) {
        defer { socket.close() }
        while let bytes = try? socket.receive(upTo: 4096), !bytes.isEmpty {
            received.withLock { $0 += String(decoding: bytes, as: UTF8.self) }
            arrival.signal()
            if bytes.last == UInt8(ascii: "\n") { try? socket.send(Array("hello from our own server\n".utf8)) }
        }
    }

    /// Waits until the server has received `text`, ten seconds at most.
    func waits(for text: String) -> Bool {
        while !received.withLock({ $0.contains(text) }) {
            guard arrival.wait(timeout: .now() + 10) == .success else { return false }
        }
        return true
    }

    func stop() { listener.close() }
}
