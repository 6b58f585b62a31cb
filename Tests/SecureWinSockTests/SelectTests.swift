// SelectTests.swift — select as WinSock programs call it: with 0 for the number of descriptors.
// Windows Sockets 2 API, "select".
// Next: SocketCallTests.swift.

import CSecureWinSock
import Foundation
import Glibc
import Testing

extension fd_set {
    /// A set of these descriptors.
    init(_ numbers: [SOCKET]) {
        self.init()
        unsafe withUnsafeMutableBytes(of: &self) { octets in
            for number in numbers { unsafe octets[Int(number) / 8] |= 1 << UInt8(number % 8) }
        }
    }

    func contains(_ number: SOCKET) -> Bool {
        unsafe withUnsafeBytes(of: self) { unsafe $0[Int(number) / 8] >> UInt8(number % 8) & 1 == 1 }
    }
}

@Suite("WinSock select", .timeLimit(.minutes(5)))
struct SelectTests {
    /// What select says with nothing for nfds: the count or the error, negative, and the sets afterwards.
    private func select(
        read: [SOCKET] = [], write: [SOCKET] = [], microseconds: Int = 0
    ) -> (count: Int32, read: fd_set, write: fd_set) {
        var (readable, writable, exceptional) = (fd_set(read), fd_set(write), fd_set(read + write))
        let time = timeval(tv_sec: microseconds / 1_000_000, tv_usec: microseconds % 1_000_000)
        let count = unsafe withUnsafePointer(to: time) {
            unsafe securewinsock_select(0, &readable, &writable, &exceptional, $0)
        }
        return (count < 0 ? -WSAGetLastError() : count, readable, writable)
    }

    /// Sockets with numbers that a set has room for, once other tests have closed theirs.
    private func pair() throws -> (listener: SecureListener, client: TestSocket, server: TestSocket) {
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end {
            let listener = try SecureListener()
            let (client, server) = try listener.pair()
            if [listener.socket, client, server].allSatisfy({ $0.number < 1024 }) { return (listener, client, server) }
            usleep(100_000)
        }
        throw StepFailure("no low numbers")
    }

    @Test("a connection is writable; readable when data is there, or the end; a listener when a connection is")
    func ready() async throws {
        try await onThread {
            let (listener, client, server) = try pair()
            #expect(select(read: [listener.socket.number]).count == 0)
            let second = try TestSocket.client()
            try second.check("connect", second.connect(listener.port))
            let waiting = select(read: [client.number, listener.socket.number], microseconds: 30_000_000)
            #expect(waiting.count == 1)
            #expect(waiting.read.contains(listener.socket.number) && !waiting.read.contains(client.number))
            let both = [client.number, server.number]
            let idle = select(read: both, write: both)
            #expect(idle.count == 2)
            #expect(both.allSatisfy { idle.write.contains($0) && !idle.read.contains($0) })
            try client.sendAll([1])
            let data = select(read: both, microseconds: 30_000_000)
            #expect(data.count == 1)
            #expect(data.read.contains(server.number) && !data.read.contains(client.number))
            #expect(try server.receive(exactly: 1) == [1])
            #expect(server.close() == 0)
            #expect(select(read: [client.number], microseconds: 30_000_000).count == 1)
            #expect(client.receive() == (0, []))
        }
    }

    @Test("the time passes, and is what it was afterwards")
    func timeout() async throws {
        try await onThread {
            let (listener, client, server) = try pair()
            let start = ContinuousClock.now
            var readable = fd_set([client.number, server.number])
            var time = timeval(tv_sec: 0, tv_usec: 200_000)
            unsafe #expect(securewinsock_select(0, &readable, nil, nil, &time) == 0)
            #expect(ContinuousClock.now - start >= .milliseconds(200))
            #expect(time.tv_usec == 200_000)
            #expect(!readable.contains(client.number))
            withExtendedLifetime(listener) {}
        }
    }

    @Test("without a time it waits until something comes")
    func noTime() async throws {
        try await onThread {
            let (_, client, server) = try pair()
            let sending = Background {
                usleep(100_000)
                try server.sendAll([1])
            }
            var readable = fd_set([client.number])
            unsafe #expect(securewinsock_select(-1, &readable, nil, nil, nil) == 1)
            try sending.value()
        }
    }

    @Test("sets of nothing, what is no descriptor, and no time that there is, are errors")
    func errors() async throws {
        try await onThread {
            let (_, socket, _) = try pair()
            var empty = fd_set()
            var time = timeval()
            #expect(Winsock.error(securewinsock_select(0, nil, nil, nil, nil)) == WSAEINVAL)
            unsafe #expect(Winsock.error(securewinsock_select(64, &empty, nil, nil, &time)) == WSAEINVAL)
            try waitUntil("a number that is no descriptor") { fcntl(1023, F_GETFD) < 0 }
            #expect(select(read: [1023]).count == -WSAENOTSOCK)
            time.tv_sec = -1
            var readable = fd_set([socket.number])
            unsafe #expect(Winsock.error(securewinsock_select(0, &readable, nil, nil, &time)) == WSAEINVAL)
        }
    }
}
