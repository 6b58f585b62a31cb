// ReloadTests.swift — options are replaced while connections run, and nobody is dropped.
// Next: TLSListenerTests.swift.

import Foundation
import SocketProvider
import Testing

@Suite("ListeningSocket.reload", .timeLimit(.minutes(10)))
struct ReloadTests {
    private func connect(_ listener: ListeningSocket) async throws -> (AsynchronousSocket, AsynchronousSocket) {
        let client = try ToyPackage().makeSocket().asynchronous
        async let accepted = listener.asynchronous.accept()
        try await client.connect(to: try listener.endpoint)
        return (client, try await accepted)
    }

    private func generation(_ socket: AsynchronousSocket) -> String? {
        (socket.socket.information.security as? ToyInformation)?.target.name
    }

    @Test("connections keep the options they came in with; those that come later get the new ones")
    func keepsConnections() async throws {
        let listener = try ToyPackage().makeListener { $0.sessionCacheTimeout = 1 }
        let (firstClient, first) = try await connect(listener)
        var options = listener.options
        options.sessionCacheTimeout = 2
        try listener.reload(options)
        #expect(listener.options.sessionCacheTimeout == 2)
        let (secondClient, second) = try await connect(listener)
        #expect(generation(first) == "generation 1" && generation(second) == "generation 2")
        #expect(first.socket.serverOptions?.sessionCacheTimeout == 1)
        #expect(second.socket.serverOptions?.sessionCacheTimeout == 2)
        for (client, socket) in [(firstClient, first), (secondClient, second)] {
            try await client.send([1])
            #expect(try await socket.receive(upTo: 1) == [1])
            try await socket.send([2])
            #expect(try await client.receive(upTo: 1) == [2])
        }
    }

    @Test("options that cannot be used leave the old ones in force")
    func refusedReload() async throws {
        let listener = try ToyPackage().makeListener()
        var options = listener.options
        options.alpnProtocols = ["x"]
        let refused = options
        #expect(throws: SocketError.self) { try listener.reload(refused) }
        #expect(listener.options.alpnProtocols.isEmpty)
        let (_, socket) = try await connect(listener)
        #expect(generation(socket) == "generation 1")
    }

    @Test("a thousand connections under reload after reload: none is lost, each has one set of options")
    func underLoad() async throws {
        let listener = try ToyPackage().makeListener()
        let endpoint = try listener.endpoint
        let reloading = Task { () throws in
            var count = 0
            while !Task.isCancelled {
                try listener.reload(listener.options)
                count += 1
                try? await Task.sleep(for: .milliseconds(1))
            }
            return count
        }
        let server = Task {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<1000 {
                    guard let socket = try? await listener.asynchronous.accept() else { return }
                    group.addTask {
                        if let bytes = try? await socket.receive(upTo: 4096) { try? await socket.send(bytes) }
                        await socket.close()
                    }
                }
            }
        }
        let answered = try await withThrowingTaskGroup(of: Int.self) { group in
            for lane in 0..<20 {
                group.addTask {
                    var answered = 0
                    for round in 0..<50 {
                        let message = pattern(100, seed: UInt64(lane * 50 + round + 1))
                        let socket = try ToyPackage().makeSocket().asynchronous
                        try await socket.connect(to: endpoint)
                        try await socket.send(message)
                        if try await socket.receive(upTo: 4096) == message { answered += 1 }
                        await socket.close()
                    }
                    return answered
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(answered == 1000)
        await server.value
        reloading.cancel()
        #expect(try await reloading.value > 10)
        #expect(listener.statistics.failed == 0)
    }
}
