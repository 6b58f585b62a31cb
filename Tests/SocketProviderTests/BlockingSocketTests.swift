// BlockingSocketTests.swift — the blocking front on plain TCP: data, ends, failures, deadlines, signals.
// RFC 9293 §3.6, §3.10.
// Next: NonBlockingSocketTests.swift.

import Foundation
import SocketProvider
import Synchronization
import Testing

@Suite("SecureSocket, blocking", .timeLimit(.minutes(10)))
struct BlockingSocketTests {
    private func connected(
        to listener: TestListener, _ change: (inout Timeouts) -> Void = { _ in }
    ) async throws -> (SecureSocket, TestPeer) {
        let socket = try plainSocket(change)
        let peer = try await onThread {
            try socket.connect(to: listener.endpoint)
            return try listener.accept()
        }
        return (socket, peer)
    }

    // Without IPv6 on loopback the second case has nothing to connect to.
    @Test("data comes back from an echo over 127.0.0.1 and ::1", arguments: AddressFamily.allCases)
    func echo(family: AddressFamily) async throws {
        guard family == .ipv4 || TestListener.hasIPv6 else { return print("skipped: no IPv6 on loopback") }
        let listener = try TestListener(family)
        listener.serve { try $0.echo() }
        let socket = try plainSocket()
        try await onThread {
            try socket.connect(to: .name(listener.address.host, port: listener.port))
            #expect(socket.state == .open)
            try socket.send(Array("hello".utf8))
            #expect(try socket.receive(upTo: 100) == Array("hello".utf8))
            let information = socket.information
            #expect(information.peerAddress == listener.address)
            #expect(information.provider?.addressFamily == family)
            #expect(information.security?.summary == "no security")
            try socket.closeSending()
            #expect(try socket.receive(upTo: 100) == [])
            #expect(try socket.receive(upTo: 100) == [])
            socket.close()
            #expect(socket.state == .closed)
            #expect(socket.fileDescriptor == nil)
            #expect(throws: SocketError.closed) { try socket.send([1]) }
            #expect(throws: SocketError.closed) { try socket.receive(upTo: 1) }
        }
    }

    @Test("RFC 8305: a name is tried address by address until one answers")
    func fallback() async throws {
        let listener = try TestListener(.ipv4)
        listener.serve { try $0.echo() }
        let socket = try plainSocket()
        try await onThread {
            try socket.connect(to: .name("localhost", port: listener.port))
            let information = socket.information
            #expect(information.peerAddress == listener.address)
            // Where localhost has an IPv6 address as well, that one came first or not at all.
            for attempt in information.failedAttempts {
                #expect(attempt.address.family == .ipv6)
                #expect(attempt.error.systemFailure != nil)
            }
            socket.close()
        }
    }

    @Test("a provider of one family does not use the other one")
    func oneFamily() async throws {
        let listener = try TestListener(.ipv4)
        let provider = try ProviderCatalog(packages: [PlainPackage()]).select(scheme: .none, family: .ipv6)
        let configured = try provider.configure()
        try await onThread {
            #expect(throws: SocketError.self) { try configured.makeSocket().connect(to: listener.endpoint) }
            #expect(throws: SocketError.self) {
                try configured.makeSocket().connect(to: .name("localhost", port: listener.port))
            }
        }
    }

    @Test("a name that does not exist is a resolution error with the resolver's code")
    func unknownName() async throws {
        let socket = try plainSocket { $0.connect = .seconds(20) }
        try await onThread {
            do throws(SocketError) {
                // RFC 6761 §6.4: names under .invalid never exist.
                try socket.connect(to: .name("no-such-host.invalid", port: 1))
                Issue.record("a name under .invalid was found")
            } catch {
                switch error {
                case .nameNotFound(let resolution), .resolverFailed(let resolution):
                    #expect(resolution.host == "no-such-host.invalid")
                    #expect(resolution.code != 0)
                    #expect([11001, 11002, 11003].contains(error.winsock.value))
                case .timedOut(.resolution): print("skipped: the resolver of this machine does not answer")
                default: Issue.record("\(error)")
                }
                #expect(socket.state == .failed(error))
            }
        }
    }

    @Test("RFC 9293 §3.6: each direction is closed by itself, by either end")
    func halfClose() async throws {
        let listener = try TestListener()
        let (socket, peer) = try await connected(to: listener)
        try await onThread {
            // The peer closes first and goes on reading.
            try peer.send([1, 2, 3])
            peer.shutdownSending()
            #expect(try socket.receive(upTo: 10) == [1, 2, 3])
            #expect(try socket.receive(upTo: 10) == [])
            try socket.send([4, 5])
            try socket.closeSending()
            try socket.closeSending()
            #expect(throws: SocketError.closedForSending) { try socket.send([6]) }
            #expect(try peer.receiveToEnd() == [4, 5])
        }
        let (second, other) = try await connected(to: listener)
        try await onThread {
            // We close first and go on reading.
            try second.closeSending()
            #expect(try other.receiveToEnd() == [])
            try other.send([7])
            other.close()
            #expect(try second.receive(upTo: 10) == [7])
            #expect(try second.receive(upTo: 10) == [])
        }
    }

    @Test("a send larger than all buffers goes out whole although the kernel takes it in parts")
    func partialWrites() async throws {
        let listener = try TestListener(receiveBuffer: 4096)
        let (socket, peer) = try await connected(to: listener)
        let number = try #require(socket.fileDescriptor)
        var size: Int32 = 4096
        unsafe setsockopt(number, SOL_SOCKET, SO_SNDBUF, &size, 4)
        let data = pattern(1_000_003, seed: 7)
        async let received = onThread { () -> [UInt8] in
            Thread.sleep(forTimeInterval: 0.05)
            return try peer.receiveToEnd()
        }
        try await onThread {
            try socket.send(data)
            socket.close()
        }
        #expect(try await received == data)
    }

    @Test("ECONNREFUSED is connectionRefused, and the socket stays failed")
    func refused() async throws {
        let port = try TestListener().port
        let address = try #require(SocketAddress("127.0.0.1", port: port))
        let socket = try plainSocket()
        try await onThread {
            let expected = SocketError.connectionRefused(.init(errno: ECONNREFUSED, phase: .connect, peer: address))
            #expect(throws: expected) { try socket.connect(to: .address(address)) }
            #expect(expected.winsock.name == "WSAECONNREFUSED")
            #expect(socket.information.failedAttempts.map(\.error) == [expected])
            #expect(socket.information.failedAttempts.map(\.address) == [address])
            #expect(socket.state == .failed(expected))
            #expect(throws: expected) { try socket.connect(to: .address(address)) }
            #expect(throws: expected) { try socket.send([1]) }
            socket.close()
            #expect(throws: expected) { try socket.receive(upTo: 1) }
        }
    }

    @Test("ECONNRESET is connectionReset with the errno, for who receives")
    func reset() async throws {
        let listener = try TestListener()
        let (socket, peer) = try await connected(to: listener)
        try await onThread {
            peer.reset()
            do throws(SocketError) {
                _ = try socket.receive(upTo: 1)
                Issue.record("a reset went unnoticed")
            } catch {
                guard case .connectionReset(let system) = error else { return wrong(error) }
                #expect(system.errno == ECONNRESET && system.phase == .receive)
                #expect(error.winsock.value == 10054)
                #expect(throws: error) { try socket.receive(upTo: 1) }
                #expect(throws: error) { try socket.send([1]) }
            }
        }
    }

    @Test("sending to a peer that is gone is an error, and no SIGPIPE is raised")
    func brokenPipe() async throws {
        SignalCounter.install(SIGPIPE)
        let listener = try TestListener()
        let (socket, peer) = try await connected(to: listener)
        try await onThread {
            SignalCounter.unblock(SIGPIPE)
            peer.reset()
            // So that the send runs into EPIPE or ECONNRESET.
            try awaitReset(socket.fileDescriptor)
            var failure: SocketError?
            for _ in 0..<100 where failure == nil {
                do throws(SocketError) {
                    try socket.send([UInt8](repeating: 0, count: 10_000))
                } catch { failure = error }
            }
            guard case .connectionReset(let system) = failure else { return wrong(failure) }
            #expect(system.errno == EPIPE || system.errno == ECONNRESET)
            let again = #expect(throws: SocketError.self) { try socket.send([1]) }
            #expect(again == failure)
        }
        #expect(SignalCounter.count(SIGPIPE) == 0)
    }

    @Test("a read timeout is an error that can be tried again")
    func readTimeout() async throws {
        let listener = try TestListener()
        let (socket, peer) = try await connected(to: listener) { $0.read = .milliseconds(80) }
        try await onThread {
            let start = ContinuousClock.now
            #expect(throws: SocketError.timedOut(.receive)) { try socket.receive(upTo: 1) }
            let elapsed = ContinuousClock.now - start
            #expect(elapsed >= .milliseconds(80) && elapsed < .seconds(10))
            try peer.send([9])
            #expect(try socket.receive(upTo: 1) == [9])
        }
    }

    @Test("a write timeout ends the socket: part of the data may have gone out")
    func writeTimeout() async throws {
        let listener = try TestListener(receiveBuffer: 4096)
        let (socket, peer) = try await connected(to: listener) {
            $0.write = .milliseconds(80)
            $0.close = .milliseconds(50)
        }
        try await onThread {
            let data = [UInt8](repeating: 1, count: 20_000_000)
            #expect(throws: SocketError.timedOut(.send)) { try socket.send(data) }
            #expect(socket.state == .failed(.timedOut(.send)))
            #expect(throws: SocketError.timedOut(.send)) { try socket.receive(upTo: 1) }
        }
        peer.close()
    }

    @Test("a connect timeout holds when nobody answers")
    func connectTimeout() async throws {
        // A listener whose queue is full drops what comes: Linux answers no SYN then.
        let listener = try TestListener(backlog: 0)
        var fillers: [SecureSocket] = []
        for _ in 0..<4 {
            let filler = try plainSocket()
            _ = try filler.nonBlocking.connect(to: listener.endpoint)
            fillers.append(filler)
        }
        let socket = try plainSocket { $0.connect = .milliseconds(150) }
        try await onThread {
            Thread.sleep(forTimeInterval: 0.05)
            let start = ContinuousClock.now
            #expect(throws: SocketError.timedOut(.connect)) { try socket.connect(to: listener.endpoint) }
            #expect(ContinuousClock.now - start >= .milliseconds(150))
        }
        for filler in fillers { filler.close() }
    }

    @Test("EINTR: signals interrupt neither connecting nor receiving nor sending")
    func interrupted() async throws {
        SignalCounter.install(SIGUSR1)
        let listener = try TestListener(receiveBuffer: 4096)
        let (socket, peer) = try await connected(to: listener)
        let before = SignalCounter.count(SIGUSR1)
        let thread = Mutex<UInt?>(nil)
        let data = pattern(2_000_000, seed: 3)
        async let received = onThread { () -> [UInt8] in
            // Signals hit the blocked thread while it receives …
            Self.signal(thread, times: 20)
            try peer.send([1, 2, 3])
            // … and while it sends.
            Self.signal(thread, times: 20)
            return try peer.receiveToEnd()
        }
        let first = try await onThread { () -> [UInt8] in
            SignalCounter.unblock(SIGUSR1)
            thread.withLock { $0 = UInt(bitPattern: Int(pthread_self())) }
            let first = try socket.receive(upTo: 10)
            try socket.send(data)
            socket.close()
            thread.withLock { $0 = nil }
            return first
        }
        #expect(first == [1, 2, 3])
        #expect(try await received == data)
        #expect(SignalCounter.count(SIGUSR1) > before)
    }

    private static func signal(_ thread: borrowing Mutex<UInt?>, times: Int) {
        for _ in 0..<times {
            Thread.sleep(forTimeInterval: 0.002)
            thread.withLock { if let number = $0 { pthread_kill(pthread_t(number), SIGUSR1) } }
        }
    }

    @Test("closing wakes a thread that waits, which gets `closed`")
    func closeWakes() async throws {
        let listener = try TestListener()
        let (socket, peer) = try await connected(to: listener)
        async let outcome = onThread { () -> SocketError? in
            do throws(SocketError) {
                _ = try socket.receive(upTo: 1)
                return nil
            } catch { return error }
        }
        try await Task.sleep(for: .milliseconds(50))
        try await onThread { socket.close() }
        #expect(try await outcome == .closed)
        #expect(try await onThread { try peer.receiveToEnd() } == [])
    }

    @Test("a second reader and a second writer are refused while the first ones wait")
    func oneReaderOneWriter() async throws {
        let listener = try TestListener(receiveBuffer: 4096)
        let (socket, peer) = try await connected(to: listener)
        let data = [UInt8](repeating: 2, count: 8_000_000)
        let started = DispatchSemaphore(value: 0)
        async let reading = onThread { () -> [UInt8] in
            started.signal()
            return try socket.receive(upTo: 1)
        }
        async let writing: Void = onThread { try socket.send(data) }
        // The writer has begun when its first octet arrives, the reader a moment after it says so.
        try await onThread { () throws -> Void in
            let first = try peer.receive(exactly: 1)
            #expect(first == [2])
            started.wait()
            Thread.sleep(forTimeInterval: 0.3)
        }
        #expect(throws: SocketError.operationInProgress(.receive)) { try socket.receive(upTo: 1) }
        #expect(throws: SocketError.operationInProgress(.send)) { try socket.send([1]) }
        #expect(throws: SocketError.operationInProgress(.send)) { try socket.closeSending() }
        let received = try await onThread { () -> Int in
            try peer.send([1])
            return try peer.receive(exactly: 7_999_999).count
        }
        #expect(received == 7_999_999)
        #expect(try await reading == [1])
        try await writing
        socket.close()
    }

    @Test("a socket cannot be used before it is connected, connected twice, or asked for nothing")
    func misuse() async throws {
        let listener = try TestListener()
        let fresh = try plainSocket()
        #expect(throws: SocketError.notConnected) { try fresh.send([1]) }
        #expect(throws: SocketError.notConnected) { try fresh.receive(upTo: 1) }
        #expect(throws: SocketError.self) { try fresh.receive(upTo: 0) }
        let (socket, _) = try await connected(to: listener)
        #expect(throws: SocketError.alreadyConnected) { try socket.connect(to: listener.endpoint) }
        #expect(throws: SocketError.unsupported("key updates")) { try socket.updateKeys() }
        #expect(throws: SocketError.unsupported("keying material exporters")) {
            _ = try socket.exportKeyingMaterial(label: "x", context: [], length: 1).count
        }
        #expect(socket.state == .open)
        fresh.close()
        #expect(throws: SocketError.closed) { try fresh.connect(to: listener.endpoint) }
    }
}

/// Counts signals instead of dying of them, without restarting what they interrupt.
enum SignalCounter {
    private static let pipe = Atomic(0)
    private static let user = Atomic(0)

    static func install(_ signal: Int32) {
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_handler = { number in
            if number == SIGPIPE {
                SignalCounter.pipe.add(1, ordering: .relaxed)
            } else {
                SignalCounter.user.add(1, ordering: .relaxed)
            }
        }
        unsafe sigaction(signal, &action, nil)
    }

    /// Lets the signal through to this thread: threads that descend from those of tasks have all signals blocked.
    static func unblock(_ signal: Int32) {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        unsafe sigaddset(&set, signal)
        unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }

    static func count(_ signal: Int32) -> Int {
        signal == SIGPIPE ? pipe.load(ordering: .relaxed) : user.load(ordering: .relaxed)
    }
}
