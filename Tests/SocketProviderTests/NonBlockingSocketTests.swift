// NonBlockingSocketTests.swift — the non-blocking front in loops over poll(2).
// POSIX poll(2).
// Next: AsynchronousSocketTests.swift.

import Foundation
import SocketProvider
import Synchronization
import Testing

/// A small event loop: drives calls that would block until they are done.
struct PollLoop {
    let socket: NonBlockingSocket
    private let bell = Bell()

    /// Makes a pipe readable when the socket has an answer.
    private final class Bell: Sendable {
        let ends: (Int32, Int32)

        init() {
            var numbers: [Int32] = [-1, -1]
            _ = unsafe numbers.withUnsafeMutableBufferPointer { unsafe pipe($0.baseAddress) }
            ends = (numbers[0], numbers[1])
        }

        deinit {
            close(ends.0)
            close(ends.1)
        }

        func ring() {
            var octet: UInt8 = 1
            _ = unsafe write(ends.1, &octet, 1)
        }
    }

    init(_ socket: SecureSocket) {
        self.socket = socket.nonBlocking
        let bell = bell
        self.socket.setNotificationHandler { bell.ring() }
    }

    /// A loop for a socket whose answers somebody else waits for.
    init(readOnly socket: SecureSocket) { self.socket = socket.nonBlocking }

    func wait(_ readiness: Readiness) throws {
        var entries: [pollfd] = []
        if readiness.contains(.answer) {
            entries.append(pollfd(fd: bell.ends.0, events: Int16(POLLIN), revents: 0))
        }
        if let number = socket.fileDescriptor, !readiness.isDisjoint(with: [.read, .write]) {
            var events: Int16 = 0
            if readiness.contains(.read) { events |= Int16(POLLIN) }
            if readiness.contains(.write) { events |= Int16(POLLOUT) }
            entries.append(pollfd(fd: number, events: events, revents: 0))
        }
        let left = socket.timeUntilDeadline.map { Int32($0 / .milliseconds(1)) + 1 } ?? 20_000
        let count = unsafe entries.withUnsafeMutableBufferPointer { room in
            unsafe poll(room.baseAddress, nfds_t(room.count), left)
        }
        if count < 0 && errno != EINTR { throw TestFailure("poll") }
    }

    func drive<Value>(_ attempt: () throws -> Attempt<Value>) throws -> Value {
        while true {
            switch try attempt() {
            case .done(let value): return value
            case .wouldBlock(let readiness): try wait(readiness)
            }
        }
    }

    func connect(to endpoint: Endpoint) throws {
        if case .wouldBlock(let readiness) = try socket.connect(to: endpoint) {
            try wait(readiness)
            try drive { try socket.continueConnecting() }
        }
    }

    func receive(upTo limit: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = try drive {
            var span = bytes.mutableSpan
            return try socket.receive(into: &span)
        }
        return Array(bytes[..<count])
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            sent += try drive { try socket.send(bytes.span.extracting(droppingFirst: sent)) }
        }
        try drive { try socket.flush() }
    }
}

@Suite("NonBlockingSocket", .timeLimit(.minutes(10)))
struct NonBlockingSocketTests {
    @Test("nothing waits: a loop over poll connects, sends, receives and closes")
    func loop() async throws {
        let listener = try TestListener()
        listener.serve { try $0.echo() }
        let socket = try plainSocket()
        try await onThread {
            let loop = PollLoop(socket)
            try loop.connect(to: listener.endpoint)
            var bytes: [UInt8] = [0, 0, 0, 0]
            do {
                var span = bytes.mutableSpan
                #expect(try loop.socket.receive(into: &span) == .wouldBlock(.read))
            }
            try loop.send([1, 2, 3])
            bytes = try loop.receive(upTo: 10)
            #expect(bytes == [1, 2, 3])
            try loop.drive { try loop.socket.closeSending() }
            #expect(try loop.receive(upTo: 10) == [])
            try loop.drive { loop.socket.close() }
            #expect(loop.socket.fileDescriptor == nil)
        }
    }

    @Test("a name is looked up without blocking; the notification handler tells when")
    func byName() async throws {
        let listener = try TestListener()
        listener.serve { try $0.echo() }
        let socket = try plainSocket()
        try await onThread {
            let bell = DispatchSemaphore(value: 0)
            socket.nonBlocking.setNotificationHandler { bell.signal() }
            var outcome = try socket.nonBlocking.connect(to: .name("localhost", port: listener.port))
            #expect(throws: SocketError.alreadyConnected) { try socket.nonBlocking.connect(to: listener.endpoint) }
            let loop = PollLoop(readOnly: socket)
            while case .wouldBlock(let readiness) = outcome {
                if readiness.contains(.answer) {
                    #expect(socket.state == .connecting)
                    #expect(socket.nonBlocking.timeUntilDeadline != nil)
                    #expect(bell.wait(timeout: .now() + 20) == .success)
                } else {
                    try loop.wait(readiness)
                }
                outcome = try socket.nonBlocking.continueConnecting()
            }
            #expect(socket.state == .open)
            socket.close()
        }
    }

    @Test("a send takes what fits, says how much, and `flush` hands over the rest")
    func takesPart() async throws {
        let listener = try TestListener(receiveBuffer: 4096)
        let socket = try plainSocket()
        let data = pattern(12_000_000, seed: 11)
        let received = try await onThread { () -> [UInt8] in
            let loop = PollLoop(socket)
            try loop.connect(to: listener.endpoint)
            let peer = try listener.accept()
            var sent = 0
            // Until the kernel is full.
            while case .done(let count) = try loop.socket.send(data.span.extracting(droppingFirst: sent)) {
                #expect(count > 0)
                sent += count
            }
            #expect(loop.socket.pendingOutput > 0 && sent < data.count)
            #expect(try loop.socket.flush() == .wouldBlock(.write))
            let reader = Mutex<[UInt8]>([])
            let done = DispatchSemaphore(value: 0)
            Thread.detachNewThread {
                let bytes = (try? peer.receiveToEnd()) ?? []
                reader.withLock { $0 = bytes }
                done.signal()
            }
            try loop.send(Array(data[sent...]))
            #expect(loop.socket.pendingOutput == 0)
            try loop.drive { loop.socket.close() }
            done.wait()
            return reader.withLock { $0 }
        }
        #expect(received == data)
    }

    @Test("failures are the same as in the other fronts: refused, reset, timed out")
    func failures() async throws {
        let gone = try TestListener().endpoint
        let listener = try TestListener()
        try await onThread {
            let refused = PollLoop(try plainSocket())
            do {
                try refused.connect(to: gone)
                Issue.record("nobody listens there")
            } catch let error as SocketError {
                guard case .connectionRefused = error else { return wrong(error) }
            }
            let reset = PollLoop(try plainSocket())
            try reset.connect(to: listener.endpoint)
            try listener.accept().reset()
            do {
                _ = try reset.receive(upTo: 1)
                Issue.record("a reset went unnoticed")
            } catch let error as SocketError {
                guard case .connectionReset = error else { return wrong(error) }
            }
        }
    }
}

extension Attempt where Value == Void {
    static func == (left: Attempt, right: Attempt) -> Bool {
        switch (left, right) {
        case (.done, .done): true
        case (.wouldBlock(let one), .wouldBlock(let other)): one == other
        default: false
        }
    }
}
