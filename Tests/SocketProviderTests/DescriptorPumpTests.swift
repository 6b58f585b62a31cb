// DescriptorPumpTests.swift — a program's descriptor and what moves its data: numbers used again, and peers that do not read.
// Linux unix(7).
// Next: SecurityPackageTests.swift.

import Foundation
import Glibc
import SocketProvider
import Synchronization
import Testing

@Suite("Descriptor pump", .timeLimit(.minutes(5)))
struct DescriptorPumpTests {
    /// A pump, what it moves data for, and the peer, which reads nothing yet.
    private func started(
        lingerTime: Duration = .seconds(30), _ change: (inout Timeouts) -> Void = { _ in }
    ) throws -> (pump: DescriptorPump, socket: SecureSocket, peer: TestPeer) {
        let listener = try TestListener(receiveBuffer: 4096)
        let socket = try plainSocket(change)
        try socket.connect(to: listener.endpoint)
        var least: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        let result = unsafe setsockopt(try #require(socket.fileDescriptor), SOL_SOCKET, SO_SNDBUF, &least, size)
        guard result == 0 else { throw TestFailure("setsockopt") }
        let pump = try DescriptorPump(lingerTime: lingerTime)
        pump.start(socket)
        return (pump, socket, try listener.accept())
    }

    private let piece = pattern(60_000, seed: 7)

    /// Writes pieces of which the connection does not hold one, as long as its peer does not read; up to three fit into
    /// the pair.
    private func write(to pump: DescriptorPump, pieces: Int = 3) throws {
        for _ in 0..<pieces {
            let count = unsafe piece.withUnsafeBytes { raw in
                unsafe Glibc.send(pump.descriptor, raw.baseAddress, raw.count, Int32(MSG_NOSIGNAL))
            }
            guard count == piece.count else { throw TestFailure("send") }
        }
    }

    /// What the pump has not taken of what the program wrote (SIOCOUTQ).
    private func untaken(_ pump: DescriptorPump) -> Int32 {
        var count: Int32 = 0
        _ = unsafe ioctl(pump.descriptor, 0x5411, &count)
        return count
    }

    private func sendBuffer(_ number: Int32) -> Int32 {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        unsafe getsockopt(number, SOL_SOCKET, SO_SNDBUF, &value, &size)
        return value
    }

    @Test("a number that is another file's by now is left alone")
    func reusedNumber() async throws {
        try await onThread {
            let listener = try TestListener()
            let socket = try plainSocket()
            try socket.connect(to: listener.endpoint)
            let pump = try DescriptorPump()
            let other = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(other) }
            // At once, so that nobody else gets the number in between.
            try #require(dup2(other, pump.descriptor) == pump.descriptor)
            defer { close(pump.descriptor) }
            let before = sendBuffer(other)
            pump.start(socket)
            #expect(try listener.accept().receiveToEnd() == [])
            #expect(sendBuffer(other) == before)
            #expect(pump.waitUntilFinished(within: .seconds(20)))
        }
    }

    @Test("a handshake that cannot begin because a peer does not read is given up in time, and nothing is lost")
    func upgradeWhileSending() async throws {
        try await onThread {
            let (pump, socket, peer) = try started { $0.handshake = .milliseconds(500) }
            defer { close(pump.descriptor) }
            try write(to: pump, pieces: 1)
            // The pump has more in its hands then than the connection holds. The rest may still be in the pair: a pump that is
            // fast takes what is there before the write is over.
            let end = ContinuousClock.now + .seconds(20)
            while untaken(pump) > piece.count / 2, ContinuousClock.now < end { usleep(500) }
            try #require(untaken(pump) <= piece.count / 2)
            let outcome = Mutex<SocketError?>(nil)
            let done = DispatchSemaphore(value: 0)
            Thread.detachNewThread {
                do throws(SocketError) {
                    _ = try pump.upgrade(socket) { () throws(SocketError) in throw .invalidArgument("nothing waits") }
                } catch {
                    outcome.withLock { $0 = error }
                }
                done.signal()
            }
            try #require(done.wait(timeout: .now() + 20) == .success)
            #expect(outcome.withLock { $0 } == .operationInProgress(.send))
            // The connection goes on, in both directions.
            let isSame = try peer.receive(exactly: piece.count) == piece
            #expect(isSame)
            try peer.send([7])
            var octet: UInt8 = 0
            #expect(unsafe recv(pump.descriptor, &octet, 1, 0) == 1 && octet == 7)
        }
    }

    @Test(
        "a peer that does not read what was written before the close is left after a while", arguments: [true, false])
    func slowReader(throughSystem: Bool) async throws {
        try await onThread {
            let (pump, socket, peer) = try started(lingerTime: .milliseconds(300))
            try write(to: pump)
            // While the program has its end, there is no hurry.
            #expect(!pump.waitUntilFinished(within: .milliseconds(600)))
            if throughSystem { close(pump.descriptor) } else { pump.close() }
            #expect(!pump.waitUntilFinished(within: .milliseconds(100)))
            #expect(pump.waitUntilFinished(within: .seconds(20)))
            #expect(socket.fileDescriptor == nil)
            #expect(pump.failure == .timedOut(.close))
            peer.close()
        }
    }

    @Test("whoever waits for all pumps waits once, and not for those that are in use")
    func waitForAll() async throws {
        try await onThread {
            let stuck = try (0..<3).map { _ in try started(lingerTime: .seconds(30)) }
            let (used, _, _) = try started()
            for (pump, _, _) in stuck {
                try write(to: pump)
                pump.close()
            }
            let start = ContinuousClock.now
            #expect(!UnfinishedPumps.wait(within: .milliseconds(500)))
            #expect(ContinuousClock.now - start < .seconds(3))
            for (_, _, peer) in stuck { peer.reset() }
            // Other tests have pumps too, which they do not leave for long.
            for (pump, _, _) in stuck { #expect(pump.waitUntilFinished(within: .seconds(20))) }
            #expect(UnfinishedPumps.wait(within: .seconds(60)))
            #expect(used.isCurrent)
            used.close()
        }
    }

    @Test("the close of a descriptor is noticed, before the connection and after", arguments: [true, false])
    func closeIsNoticed(isStarted: Bool) async throws {
        try await onThread {
            let closed = DispatchSemaphore(value: 0)
            let (pump, peer): (DescriptorPump, TestPeer?)
            if isStarted {
                let all = try started()
                (pump, peer) = (all.pump, all.peer)
            } else {
                (pump, peer) = (try DescriptorPump(), nil)
            }
            pump.onClose { closed.signal() }
            // That both directions have ended does not mean that the number is free.
            if !isStarted { #expect(shutdown(pump.descriptor, Int32(SHUT_RDWR)) == 0) }
            #expect(closed.wait(timeout: .now() + .milliseconds(200)) == .timedOut)
            close(pump.descriptor)
            #expect(closed.wait(timeout: .now() + 20) == .success)
            peer?.close()
        }
    }
}
