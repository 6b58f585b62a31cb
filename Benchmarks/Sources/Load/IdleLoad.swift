// IdleLoad.swift — connections that are held and say nothing; and very many that are short.
// Next: ThreadScaling.swift.

import Foundation
import SocketProvider
import TLS

/// Connects, sends an octet and gets it back.
private func exchange(_ clients: ConfiguredProvider, _ endpoint: Endpoint) async throws -> AsynchronousSocket {
    let socket = clients.makeSocket().asynchronous
    try await socket.connect(to: endpoint)
    try await socket.send([1])
    guard try await socket.receive(upTo: 1) == [1] else { throw LoadFailure("no echo") }
    return socket
}

enum IdleLoad {
    /// Holds `count` connections at once and says what each costs the server.
    static func run(_ count: Int) async throws {
        let server = try ServerProcess()
        let clients = try server.clients()
        let endpoint = server.endpoint
        // What is made once is made before.
        for _ in 0..<100 { try await exchange(clients, endpoint).close() }
        try await Task.sleep(for: .seconds(2))
        let before = try server.facts()
        let start = ContinuousClock.now
        let sockets = try await withThrowingTaskGroup(of: [AsynchronousSocket].self) { group in
            let lanes = 20
            for _ in 0..<lanes {
                group.addTask {
                    var sockets: [AsynchronousSocket] = []
                    for _ in 0..<count / lanes { sockets.append(try await exchange(clients, endpoint)) }
                    return sockets
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let spent = (ContinuousClock.now - start) / .seconds(1)
        // Idle readers let their buffers go after a second.
        try await Task.sleep(for: .seconds(3))
        let held = try server.facts()
        guard held.open == sockets.count else { throw LoadFailure("\(held.open) of \(sockets.count) are open") }
        let each = Double(held.residentKiB - before.residentKiB) / Double(sockets.count)
        print("idle: \(held.open) connections held at once, made in \(spent.rounded()) s")
        print("idle: \((each * 10).rounded() / 10) KiB resident for each in the server's process")
        // They are all alive.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for socket in sockets {
                group.addTask {
                    try await socket.send([2])
                    guard try await socket.receive(upTo: 1) == [2] else { throw LoadFailure("one is not alive") }
                    await socket.close()
                }
            }
            try await group.waitForAll()
        }
        try await Task.sleep(for: .seconds(2))
        let after = try server.facts()
        print("idle: after closing \(after.open) open, \(after.descriptors - before.descriptors) descriptors more")
        guard after.open == 0, after.descriptors <= before.descriptors else { throw LoadFailure("descriptors leak") }
    }
}

enum ShortLoad {
    /// Makes `count` connections one after another in a few lanes; the server must not grow.
    static func run(_ count: Int) async throws {
        let server = try ServerProcess()
        let clients = try server.clients()
        let endpoint = server.endpoint
        var first: ServerProcess.Facts?
        var last: ServerProcess.Facts?
        let start = ContinuousClock.now
        let rounds = 10
        for round in 1...rounds {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        for _ in 0..<count / rounds / 16 { try await exchange(clients, endpoint).close() }
                    }
                }
                try await group.waitForAll()
            }
            try await Task.sleep(for: .milliseconds(500))
            let facts = try server.facts()
            // The first two rounds fill pools and caches.
            if round == 2 { first = facts }
            last = facts
            print(
                "short: \(count / rounds / 16 * 16 * round) connections, \(facts.residentKiB) KiB, \(facts.descriptors) descriptors"
            )
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1) - 0.5 * Double(rounds)
        guard let first, let last else { return }
        let growth = last.residentKiB - first.residentKiB
        print("short: \(Int(Double(count) / seconds)) a second; grown by \(growth) KiB; \(last.failed) failed")
        guard last.open == 0, last.failed == 0 else { throw LoadFailure("\(last.open) open, \(last.failed) failed") }
        guard last.descriptors <= first.descriptors else { throw LoadFailure("descriptors leak") }
        // Fragmentation moves it by some; a leak of 100 octets for each connection would be more.
        guard growth < max(2048, count / 20) else { throw LoadFailure("memory leaks") }
    }
}
