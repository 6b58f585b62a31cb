// TestProxy.swift — a plain TCP proxy before a secure listener: it may talk first, and cuts a connection when told.
// Next: SessionCacheTests.swift.

import Foundation
import Glibc
import Synchronization

/// Forwards one connection to a port, both ways, after `prelude` has had the client's end to itself.
final class TestProxy: Sendable {
    let port: UInt16
    private let peers = Mutex<[PlainPeer]>([])
    private let serving = Mutex<Background<Void>?>(nil)

    init(to target: UInt16, prelude: @escaping @Sendable (PlainPeer) throws -> Void = { _ in }) throws {
        let listener = try PlainListener()
        port = listener.port
        let serving = Background { [weak self] in
            let client = try listener.accept()
            self?.peers.withLock { $0.append(client) }
            try prelude(client)
            let server = try PlainPeer(to: target)
            self?.peers.withLock { $0.append(server) }
            let back = Background { try? Self.forward(from: server, to: client) }
            try? Self.forward(from: client, to: server)
            try back.value()
        }
        self.serving.withLock { $0 = serving }
    }

    private static func forward(from source: PlainPeer, to destination: PlainPeer) throws {
        defer { Glibc.shutdown(destination.number, Int32(SHUT_WR)) }
        while case let bytes = try source.receive(), !bytes.isEmpty { try destination.send(bytes) }
    }

    /// Ends both connections without a farewell.
    func cut() { for peer in peers.withLock({ $0 }) { peer.cut() } }

    /// Waits for the end, and throws what the prelude did.
    func value() throws { try serving.withLock { $0 }?.value() }
}
