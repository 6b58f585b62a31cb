// WinsockTransferTests.swift — data over a secure pair: this interface's calls, libc's own, and the ends of both.
// Windows Sockets 2 API; RFC 8446 §6.1 for the end.
// Next: BrokenConnectionTests.swift.

import CSecureWinSock
import Foundation
import Glibc
import Testing

@Suite("WinSock transfer", .timeLimit(.minutes(5)))
struct WinsockTransferTests {
    @Test("two megabytes come back as they went")
    func echo() async throws {
        try await onThread {
            let (client, server) = try SecureListener.pair()
            let echo = Background {
                while true {
                    let piece = server.receive()
                    guard piece.error == 0 else { throw StepFailure("recv: \(piece.error)") }
                    if piece.bytes.isEmpty { break }
                    try server.sendAll(piece.bytes)
                }
                #expect(server.close() == 0)
            }
            let octets = pattern(2 << 20)
            let sending = Background {
                try client.sendAll(octets)
                try client.check("shutdown", Winsock.error(securewinsock_shutdown(client.number, SD_SEND)))
            }
            let isSame = try client.receiveToEnd() == octets
            #expect(isSame)
            try sending.value()
            try echo.value()
        }
    }

    @Test("both directions are full at once")
    func fullDuplex() async throws {
        try await onThread {
            let (client, server) = try SecureListener.pair()
            let octets = pattern(1 << 20)
            let sending = [client, server].map { socket in Background { try socket.sendAll(octets) } }
            let receiving = [client, server].map { socket in
                Background { try socket.receive(exactly: octets.count) == octets }
            }
            for direction in sending { try direction.value() }
            for direction in receiving { #expect(try direction.value()) }
        }
    }

    @Test("several buffers are sent as one and received into several")
    func vectors() async throws {
        try await onThread {
            let (client, server) = try SecureListener.pair()
            let pieces = [pattern(5), [], pattern(1000), pattern(77)]
            #expect(send(client.number, pieces) == (0, 1082))
            let all = pieces.flatMap { $0 }
            var received: [UInt8] = []
            while received.count < all.count {
                let (error, parts) = receive(server.number, [3, 900, 400])
                try #require(error == 0)
                for part in parts { received += part }
            }
            #expect(received == all)
            #expect(send(client.number, []).error == WSAEINVAL)
            #expect(send(client.number, pieces, flags: 1).error == WSAEOPNOTSUPP)
            #expect(Winsock.error(WSASend(client.number, nil, 1, nil, 0, nil, nil)) == WSAEFAULT)
            #expect(Winsock.error(WSARecv(client.number, nil, 1, nil, nil, nil, nil)) == WSAEFAULT)
        }
    }

    /// WSASend of these buffers: the error, and how many octets went.
    private func send(_ number: SOCKET, _ pieces: [[UInt8]], flags: DWORD = 0) -> (error: Int32, count: DWORD) {
        var joined = Array(pieces.joined()) + [0]
        var sent: DWORD = 0
        let error = unsafe joined.withUnsafeMutableBytes { all in
            let start = unsafe all.assumingMemoryBound(to: CChar.self).baseAddress
            var offset = 0
            var buffers = unsafe [WSABUF]()
            for piece in pieces {
                unsafe buffers.append(WSABUF(len: ULONG(piece.count), buf: start.map { unsafe $0 + offset }))
                offset += piece.count
            }
            if pieces.isEmpty { unsafe buffers.append(WSABUF()) }
            return unsafe Winsock.error(
                WSASend(number, &buffers, DWORD(pieces.count), &sent, flags, nil, nil))
        }
        return (error, sent)
    }

    /// WSARecv into buffers of these sizes: the error, and what is in each.
    private func receive(_ number: SOCKET, _ sizes: [Int]) -> (error: Int32, parts: [ArraySlice<UInt8>]) {
        var room = [UInt8](repeating: 0, count: sizes.reduce(0, +))
        var count: DWORD = 0
        var flags: DWORD = 0
        let error = unsafe room.withUnsafeMutableBytes { all in
            let start = unsafe all.assumingMemoryBound(to: CChar.self).baseAddress
            var offset = 0
            var buffers = unsafe [WSABUF]()
            for size in sizes {
                unsafe buffers.append(WSABUF(len: ULONG(size), buf: start.map { unsafe $0 + offset }))
                offset += size
            }
            return unsafe Winsock.error(WSARecv(number, &buffers, DWORD(sizes.count), &count, &flags, nil, nil))
        }
        var parts: [ArraySlice<UInt8>] = []
        var rest = room.prefix(Int(count))
        for size in sizes {
            parts.append(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
        return (error, parts)
    }

    @Test("libc's own write and read on the descriptor are sealed and opened")
    func libc() async throws {
        try await onThread {
            let (client, server) = try SecureListener.pair()
            let octets = pattern(3000)
            let written = unsafe octets.withUnsafeBytes { unsafe Glibc.write(client.number, $0.baseAddress, $0.count) }
            #expect(written == octets.count)
            // The server's end is TLS: what was not sealed could not be received here.
            #expect(try server.receive(exactly: octets.count) == octets)
            try server.sendAll(octets)
            var room = [UInt8](repeating: 0, count: 3000)
            var count = 0
            while count < room.count {
                let more = unsafe room.withUnsafeMutableBytes { place in
                    unsafe Glibc.read(client.number, place.baseAddress.map { unsafe $0 + count }, place.count - count)
                }
                try #require(more > 0)
                count += more
            }
            #expect(room == octets)
        }
    }

    @Test("peeking leaves the data, waiting for all of it gives all, other flags are refused")
    func flags() async throws {
        try await onThread {
            let (client, server) = try SecureListener.pair()
            try client.sendAll([1, 2, 3])
            #expect(server.poll(Int32(POLLIN), within: 20_000) & Int32(POLLIN) != 0)
            #expect(server.receive(upTo: 2, flags: Int32(MSG_PEEK)).bytes == [1, 2])
            let sending = Background { try client.sendAll(pattern(100_000)) }
            #expect(server.receive(upTo: 100_003, flags: Int32(MSG_WAITALL)).bytes.count == 100_003)
            try sending.value()
            #expect(server.receive(flags: 1).error == WSAEOPNOTSUPP)
        }
    }

    @Test("a direction that is shut for sending gives the peer the end, and the other goes on")
    func halfClose() async throws {
        try await onThread {
            let (client, server) = try SecureListener.pair()
            try client.sendAll(pattern(70_000))
            #expect(Winsock.error(securewinsock_shutdown(client.number, SD_SEND)) == 0)
            #expect(try server.receiveToEnd() == pattern(70_000))
            #expect(client.send([1]) == -Int(WSAESHUTDOWN))
            let sending = Background {
                try server.sendAll(pattern(300_000))
                return server.close()
            }
            #expect(try client.receiveToEnd() == pattern(300_000))
            #expect(try sending.value() == 0)
            #expect(Winsock.error(securewinsock_shutdown(client.number, 3)) == WSAEINVAL)
            let fresh = try TestSocket()
            #expect(Winsock.error(securewinsock_shutdown(fresh.number, SD_SEND)) == WSAENOTCONN)
        }
    }

    @Test("a close right after a megabyte loses none of it, and ends properly", arguments: [false, true])
    func closeFlushes(nonBlocking: Bool) async throws {
        try await onThread {
            let (client, server) = try SecureListener.pair()
            let octets = pattern(1 << 20)
            let receiving = Background { try server.receiveToEnd() == octets }
            try client.sendAll(octets)
            if nonBlocking { try client.setNonBlocking() }
            #expect(client.close() == 0)
            #expect(try receiving.value())
            #expect(server.text(SO_SSL_GET_ERROR_TEXT) == "")
        }
    }

    @Test("what came before a close is read after it by a socket that is not closed itself")
    func dataBeforeTheEnd() async throws {
        try await onThread {
            let (client, server) = try SecureListener.pair()
            try server.sendAll(pattern(50_000))
            #expect(server.close() == 0)
            #expect(client.poll(peerClosed, within: 20_000) & peerClosed != 0)
            #expect(try client.receiveToEnd() == pattern(50_000))
            #expect(client.receive() == (0, []))
            #expect(client.receive() == (0, []))
        }
    }

    @Test("a peer that does not read stops a sender after a bounded number of octets")
    func backpressure() async throws {
        try await onThread {
            let (client, server) = try SecureListener.pair()
            try client.setNonBlocking()
            let piece = pattern(16_384)
            let bound = 64 << 20
            var sent = 0
            // Full is what stays full for a while: the pump may only be busy.
            while sent < bound {
                let count = client.send(piece)
                if count > 0 {
                    sent += count
                    continue
                }
                try #require(count == -Int(WSAEWOULDBLOCK))
                if client.poll(Int32(POLLOUT), within: 1_000) == 0 { break }
            }
            #expect(sent < bound)
            // When the peer reads, there is room again.
            let total = sent
            let reading = Background { try server.receive(exactly: total).count }
            #expect(client.poll(Int32(POLLOUT), within: 60_000) & Int32(POLLOUT) != 0)
            #expect(try reading.value() == sent)
        }
    }

    @Test("octets that wait are counted, and other ioctls are refused")
    func ioctls() async throws {
        try await onThread {
            let (client, server) = try SecureListener.pair()
            try client.sendAll([1, 2, 3, 4])
            #expect(server.poll(Int32(POLLIN), within: 20_000) & Int32(POLLIN) != 0)
            var count: UInt = 0
            #expect(Winsock.error(unsafe ioctlsocket(server.number, Int(FIONREAD), &count)) == 0)
            #expect(count == 4)
            #expect(Winsock.error(unsafe ioctlsocket(server.number, 1, &count)) == WSAEOPNOTSUPP)
            #expect(Winsock.error(ioctlsocket(server.number, Int(FIONREAD), nil)) == WSAEFAULT)
        }
    }

    @Test("both ends know both addresses")
    func addresses() async throws {
        try await onThread {
            let listener = try SecureListener()
            let (client, server) = try listener.pair()
            unsafe #expect(try port(client, securewinsock_getpeername) == listener.port)
            unsafe #expect(try port(server, securewinsock_getsockname) == listener.port)
            unsafe #expect(try port(client, securewinsock_getsockname) == port(server, securewinsock_getpeername))
            let fresh = try TestSocket()
            unsafe #expect((try? port(fresh, securewinsock_getpeername)) == nil)
        }
    }

    private func port(
        _ socket: TestSocket, _ call: (SOCKET, UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<Int32>?) -> Int32
    ) throws -> UInt16 {
        var address = sockaddr_in()
        var length = Int32(MemoryLayout<sockaddr_in>.size)
        try unsafe withUnsafeMutablePointer(to: &address) { pointer in
            let general = unsafe UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: sockaddr.self)
            try socket.check("address", Winsock.error(unsafe call(socket.number, general, &length)))
        }
        return UInt16(bigEndian: address.sin_port)
    }
}
