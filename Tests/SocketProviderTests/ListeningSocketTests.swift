// ListeningSocketTests.swift — bind, listen and accept in the three fronts.
// RFC 9293 §3.9.1 (passive OPEN); RFC 3493 §5.3 (both families on one socket).
// Next: ListenerLimitsTests.swift.

import Foundation
import SocketProvider
import Testing

/// A plain listener on a loopback port of the system's choice.
func plainListener(_ change: (inout ServerOptions) -> Void = { _ in }) throws -> ListeningSocket {
    let provider = try ProviderCatalog(packages: [PlainPackage()]).select(scheme: .none, capabilities: [.server])
    var options = provider.defaultServerOptions
    change(&options)
    let listener = try provider.configure(server: options).makeListener()
    try listener.bind(to: .loopback(.ipv4, port: 0))
    try listener.listen()
    return listener
}

extension ListeningSocket {
    /// Where clients reach it.
    var endpoint: Endpoint { get throws { .address(try #require(localAddress)) } }
}

@Suite("ListeningSocket", .timeLimit(.minutes(10)))
struct ListeningSocketTests {
    private func failure(_ body: () throws -> Void) -> SocketError? {
        do {
            try body()
            return nil
        } catch {
            return error as? SocketError
        }
    }

    @Test("blocking: an accepted socket carries data both ways, knows both addresses and has the listener's options")
    func blocking() async throws {
        let listener = try plainListener {
            $0.timeouts.read = .seconds(7)
            $0.sessionCacheTimeout = 77
        }
        let endpoint = try listener.endpoint
        let client = try plainSocket()
        try await onThread { try client.connect(to: endpoint) }
        let socket = try await onThread { try listener.accept() }
        try await onThread {
            try client.send([1, 2, 3])
            #expect(try socket.receive(upTo: 10) == [1, 2, 3])
            try socket.send([4])
            #expect(try client.receive(upTo: 10) == [4])
            try client.closeSending()
            #expect(try socket.receive(upTo: 10).isEmpty)
        }
        #expect(socket.serverOptions?.sessionCacheTimeout == 77)
        #expect(socket.options.timeouts.read == .seconds(7))
        #expect(client.serverOptions == nil)
        let information = socket.information
        #expect(information.peerAddress == client.information.localAddress)
        #expect(information.localAddress == listener.localAddress)
        #expect(information.provider?.name == "TCP/IPv4")
        #expect(failure { try socket.configure(socket.options) } == .optionTooLate("options"))
        #expect(failure { try socket.connect(to: endpoint) } == .alreadyConnected)
        client.close()
        socket.close()
    }

    @Test("async: fifty connections are accepted and served at the same time")
    func asynchronous() async throws {
        let listener = try plainListener()
        let endpoint = try listener.endpoint
        let server = Task {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<50 {
                    guard let socket = try? await listener.asynchronous.accept() else { return }
                    group.addTask {
                        while let bytes = try? await socket.receive(upTo: 4096), !bytes.isEmpty {
                            try? await socket.send(bytes)
                        }
                        await socket.close()
                    }
                }
            }
        }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<50 {
                group.addTask {
                    let socket = try plainSocket().asynchronous
                    try await socket.connect(to: endpoint)
                    let message = pattern(20_000, seed: UInt64(number + 1))
                    try await socket.send(message)
                    var received: [UInt8] = []
                    while received.count < message.count { received += try await socket.receive(upTo: 4096) }
                    await socket.close()
                    return received == message
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
        await server.value
        let statistics = listener.statistics
        #expect(statistics.accepted == 50 && statistics.established == 50 && statistics.failed == 0)
        #expect(statistics.handshaking == 0 && statistics.waiting == 0)
    }

    @Test("non-blocking: an accept never waits, and the handshake is the caller's own")
    func nonBlocking() async throws {
        let listener = try ToyPackage().makeListener()
        let endpoint = try listener.endpoint
        guard case .wouldBlock(.read) = try listener.nonBlocking.accept() else { return wrong("accepted nothing") }
        let client = Task { () throws in
            let socket = try ToyPackage().makeSocket().asynchronous
            try await socket.connect(to: endpoint)
            try await socket.send([9])
            let end = try await socket.receive(upTo: 1)
            await socket.close()
            return end
        }
        let socket = try await onThread { () throws in
            var entry = pollfd(
                fd: try #require(listener.nonBlocking.fileDescriptor), events: Int16(POLLIN), revents: 0)
            _ = unsafe poll(&entry, 1, 10_000)
            guard case .done(let socket) = try listener.nonBlocking.accept() else { throw TestFailure("accept") }
            return socket
        }
        #expect(socket.state == .connecting)
        #expect(listener.statistics.handshaking == 1)
        try await onThread {
            while case .wouldBlock = try socket.nonBlocking.handshake() { usleep(1000) }
            #expect(try socket.receive(upTo: 1) == [9])
            socket.close()
        }
        #expect(try await client.value.isEmpty)
        #expect(listener.statistics.handshaking == 0)
    }

    @Test("an address in use, of another family, or a second one is refused, and names what is wrong")
    func bindRefusals() throws {
        let first = try plainListener()
        let address = try #require(first.localAddress)
        let provider = try ProviderCatalog(packages: [PlainPackage()]).select(scheme: .none, family: .ipv4)
        let server = try provider.configure(server: provider.defaultServerOptions)
        let second = server.makeListener()
        guard case .addressInUse(let system) = failure({ try second.bind(to: address) }) else {
            return wrong("bound twice")
        }
        #expect(system.phase == .bind && system.peer == address)
        guard case .invalidArgument = failure({ try second.bind(to: .loopback(.ipv6, port: 0)) }) else {
            return wrong("bound to a family that was not selected")
        }
        guard case .invalidArgument = failure({ try second.listen() }) else { return wrong("listens without address") }
        #expect(second.state == .unbound && second.localAddress == nil)
        try second.bind(to: .loopback(.ipv4, port: 0))
        #expect(second.state == .bound)
        guard case .invalidArgument = failure({ try second.bind(to: .loopback(.ipv4, port: 0)) }) else {
            return wrong("bound twice")
        }
        #expect(failure { _ = try second.accept() } == .notListening)
        try second.listen()
        #expect(second.state == .listening)
        // An accept that came too early has spoilt nothing.
        #expect(failure { _ = try second.accept(within: .milliseconds(20)) } == .timedOut(.accept))
        second.close()
        #expect(second.state == .closed)
        #expect(failure { _ = try second.accept() } == .closed)
        #expect(failure { _ = try second.nonBlocking.accept() } == .closed)
    }

    @Test(
        "RFC 3493 §5.3: an IPv6 listener takes IPv4 connections when both families were selected, and not otherwise",
        .enabled(if: TestListener.hasIPv6))
    func bothFamilies() async throws {
        let catalogue = ProviderCatalog(packages: [PlainPackage()])
        let both = try catalogue.select(scheme: .none)
        let listener = try both.configure(server: both.defaultServerOptions).makeListener()
        try listener.bind(to: .any(.ipv6, port: 0))
        try listener.listen()
        let port = try #require(listener.localAddress).port
        for family in AddressFamily.allCases {
            let client = try plainSocket()
            try await onThread { try client.connect(to: .address(.loopback(family, port: port))) }
            let socket = try await onThread { try listener.accept(within: .seconds(10)) }
            // An IPv4 peer is shown as one, not as a mapped address.
            #expect(socket.information.peerAddress == client.information.localAddress)
            #expect(socket.information.localAddress?.family == family)
            #expect(socket.information.provider?.addressFamily == family)
        }
        let only = try catalogue.select(scheme: .none, family: .ipv6)
        let strict = try only.configure(server: only.defaultServerOptions).makeListener()
        try strict.bind(to: .any(.ipv6, port: 0))
        try strict.listen()
        let strictPort = try #require(strict.localAddress).port
        let client = try plainSocket()
        let outcome = try await onThread { () -> SocketError? in
            do throws(SocketError) {
                try client.connect(to: .address(.loopback(.ipv4, port: strictPort)))
                return nil
            } catch {
                return error
            }
        }
        guard case .connectionRefused = outcome else { return wrong(outcome) }
    }

    @Test("an accept with a time limit ends in time, and the next one gets the connection")
    func acceptTimeout() async throws {
        let listener = try plainListener()
        let outcome = try await onThread { () -> SocketError? in
            do throws(SocketError) {
                _ = try listener.accept(within: .milliseconds(50))
                return nil
            } catch {
                return error
            }
        }
        #expect(outcome == .timedOut(.accept))
        let client = try plainSocket()
        let endpoint = try listener.endpoint
        try await onThread {
            try client.connect(to: endpoint)
            _ = try listener.accept(within: .seconds(10))
        }
    }

    @Test("a cancelled accept loses no connection")
    func cancelAccept() async throws {
        let listener = try plainListener()
        let task = Task { try await listener.asynchronous.accept() }
        try await Task.sleep(for: .milliseconds(50))
        task.cancel()
        let outcome = await task.result
        #expect(throws: SocketError.cancelled(.accept)) { try outcome.get() }
        let client = try plainSocket().asynchronous
        try await client.connect(to: try listener.endpoint)
        let socket = try await listener.asynchronous.accept()
        try await client.send([5])
        #expect(try await socket.receive(upTo: 1) == [5])
    }

    @Test("closing wakes everybody who waits in an accept; connections that were accepted go on")
    func closeWakes() async throws {
        let listener = try plainListener()
        let endpoint = try listener.endpoint
        let client = try plainSocket().asynchronous
        try await client.connect(to: endpoint)
        let socket = try await listener.asynchronous.accept()
        let waiting = Task { try await listener.asynchronous.accept() }
        async let blocked = onThread { () -> SocketError? in
            do throws(SocketError) {
                _ = try listener.accept()
                return nil
            } catch {
                return error
            }
        }
        try await Task.sleep(for: .milliseconds(50))
        listener.close()
        let outcome = await waiting.result
        #expect(throws: SocketError.closed) { try outcome.get() }
        let blockedOutcome = try await blocked
        #expect(blockedOutcome == .closed)
        try await socket.send([1, 2])
        #expect(try await client.receive(upTo: 2) == [1, 2])
        let late = try plainSocket().asynchronous
        await #expect(throws: SocketError.self) { try await late.connect(to: endpoint) }
    }

    @Test("a listener that is let go is closed")
    func letGo() async throws {
        var listener: ListeningSocket? = try plainListener()
        let endpoint = try #require(try listener?.endpoint)
        let client = try plainSocket().asynchronous
        try await client.connect(to: endpoint)
        _ = try await listener?.asynchronous.accept()
        listener = nil
        let late = try plainSocket().asynchronous
        await #expect(throws: SocketError.self) { try await late.connect(to: endpoint) }
    }

    @Test("a package for clients alone cannot listen, and the catalogue says so")
    func clientsOnly() throws {
        struct ClientPackage: SecurityPackage {
            let name = "client"
            let scheme = SecurityScheme(rawValue: 0x63)
            func makeClientCredentials(_ options: ClientOptions) throws(SocketError) -> any SecurityCredentials {
                throw .unsupported("this")
            }
        }
        let catalogue = ProviderCatalog(packages: [ClientPackage(), PlainPackage()])
        #expect(try catalogue.select { $0.supports(.server) }.packageName == "none")
        #expect(throws: SocketError.noSuchProvider("of the kind scheme 99, server")) {
            try catalogue.select(scheme: SecurityScheme(rawValue: 0x63), capabilities: [.server])
        }
        let provider = try catalogue.select(scheme: SecurityScheme(rawValue: 0x63))
        #expect(throws: SocketError.unsupported("accepting connections")) {
            try provider.configure(server: provider.defaultServerOptions)
        }
    }
}
