// AsynchronousSocketTests.swift — the async front: many tasks, deadlines, cancellation.
// Linux epoll(7).
// Next: FullDuplexTests.swift.

import Foundation
import SocketProvider
import Testing

@Suite("AsynchronousSocket", .timeLimit(.minutes(10)))
struct AsynchronousSocketTests {
    private func failure(_ body: () async throws -> Void) async -> SocketError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? SocketError
        }
    }

    @Test("fifty tasks talk to an echo at the same time")
    func manyTasks() async throws {
        let listener = try TestListener()
        listener.serve(50) { try $0.echo() }
        let endpoint = listener.endpoint
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<50 {
                group.addTask {
                    let socket = try plainSocket().asynchronous
                    try await socket.connect(to: endpoint)
                    for round in 0..<20 {
                        let message = pattern(1000 + number * 10 + round, seed: UInt64(number * 100 + round + 1))
                        try await socket.send(message)
                        var received: [UInt8] = []
                        while received.count < message.count { received += try await socket.receive(upTo: 4096) }
                        guard received == message else { return false }
                    }
                    try await socket.closeSending()
                    let end = try await socket.receive(upTo: 1)
                    await socket.close()
                    return end.isEmpty
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }

    @Test("a name is looked up and tried address by address while no thread waits")
    func byName() async throws {
        let listener = try TestListener()
        listener.serve { try $0.echo() }
        let socket = try plainSocket().asynchronous
        try await socket.connect(to: .name("localhost", port: listener.port))
        try await socket.send([1])
        #expect(try await socket.receive(upTo: 1) == [1])
        await socket.close()
        #expect(socket.socket.state == .closed)
    }

    @Test("a cancelled receive throws, loses nothing, and can be tried again")
    func cancelReceive() async throws {
        let listener = try TestListener()
        let socket = try plainSocket().asynchronous
        try await socket.connect(to: listener.endpoint)
        let peer = try await onThread { try listener.accept() }
        let task = Task { try await socket.receive(upTo: 10) }
        try await Task.sleep(for: .milliseconds(50))
        task.cancel()
        let outcome = await task.result
        #expect(throws: SocketError.cancelled(.receive)) { try outcome.get() }
        #expect(socket.socket.state == .open)
        try await onThread { try peer.send([5]) }
        #expect(try await socket.receive(upTo: 10) == [5])
        await socket.close()
    }

    @Test("a task that is cancelled before it starts does nothing")
    func cancelledBefore() async throws {
        let socket = try plainSocket().asynchronous
        let listener = try TestListener()
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            try await socket.connect(to: listener.endpoint)
        }
        task.cancel()
        let outcome = await task.result
        #expect(throws: SocketError.cancelled(.connect)) { try outcome.get() }
        #expect(socket.socket.state == .unconnected)
    }

    @Test("a cancelled connect ends the socket")
    func cancelConnect() async throws {
        let listener = try TestListener(backlog: 0)
        var fillers: [SecureSocket] = []
        for _ in 0..<4 {
            let filler = try plainSocket()
            _ = try filler.nonBlocking.connect(to: listener.endpoint)
            fillers.append(filler)
        }
        try await Task.sleep(for: .milliseconds(50))
        let socket = try plainSocket().asynchronous
        let task = Task { try await socket.connect(to: listener.endpoint) }
        try await Task.sleep(for: .milliseconds(50))
        task.cancel()
        let outcome = await task.result
        #expect(throws: SocketError.cancelled(.connect)) { try outcome.get() }
        #expect(socket.socket.state == .failed(.cancelled(.connect)))
        #expect(socket.socket.fileDescriptor == nil)
        for filler in fillers { filler.close() }
    }

    @Test("a cancelled send ends the socket: part of the data has gone out")
    func cancelSend() async throws {
        let listener = try TestListener(receiveBuffer: 4096)
        let socket = try plainSocket().asynchronous
        try await socket.connect(to: listener.endpoint)
        let peer = try await onThread { try listener.accept() }
        let data = [UInt8](repeating: 0, count: 20_000_000)
        let task = Task { try await socket.send(data) }
        try await onThread { _ = try peer.receive(exactly: 1) }
        try await Task.sleep(for: .milliseconds(50))
        task.cancel()
        let outcome = await task.result
        #expect(throws: SocketError.cancelled(.send)) { try outcome.get() }
        #expect(await failure { _ = try await socket.receive(upTo: 1) } == .cancelled(.send))
        peer.close()
    }

    @Test("the read and connect timeouts hold")
    func deadlines() async throws {
        let listener = try TestListener(backlog: 0)
        let socket = try plainSocket { $0.read = .milliseconds(60) }.asynchronous
        try await socket.connect(to: listener.endpoint)
        let start = ContinuousClock.now
        #expect(await failure { _ = try await socket.receive(upTo: 1) } == .timedOut(.receive))
        #expect(ContinuousClock.now - start >= .milliseconds(60))
        #expect(socket.socket.state == .open)
        var fillers: [SecureSocket] = []
        for _ in 0..<4 {
            let filler = try plainSocket()
            _ = try filler.nonBlocking.connect(to: listener.endpoint)
            fillers.append(filler)
        }
        try await Task.sleep(for: .milliseconds(50))
        let late = try plainSocket { $0.connect = .milliseconds(100) }.asynchronous
        #expect(await failure { try await late.connect(to: listener.endpoint) } == .timedOut(.connect))
        for filler in fillers { filler.close() }
        await socket.close()
    }

    @Test("closing resumes a waiting task, which gets `closed`")
    func closeResumes() async throws {
        let listener = try TestListener()
        let socket = try plainSocket().asynchronous
        try await socket.connect(to: listener.endpoint)
        let task = Task { try await socket.receive(upTo: 10) }
        try await Task.sleep(for: .milliseconds(50))
        await socket.close()
        let outcome = await task.result
        #expect(throws: SocketError.closed) { try outcome.get() }
    }

    @Test("an idle reader outlives the moment at which its buffers are given back")
    func idleReader() async throws {
        let listener = try TestListener()
        let socket = try plainSocket { $0.read = .seconds(20) }.asynchronous
        try await socket.connect(to: listener.endpoint)
        let peer = try await onThread { try listener.accept() }
        let task = Task { try await socket.receive(upTo: 10) }
        try await Task.sleep(for: .milliseconds(1300))
        try await onThread { try peer.send([1, 2]) }
        #expect(try await task.value == [1, 2])
        await socket.close()
    }
}
