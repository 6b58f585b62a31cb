// CrowdTests.swift — many sockets in one loop, and many threads at once.
// POSIX poll; Windows Sockets 2 API: every function may be called from any thread.
// Next: DeferredHandshakeTests.swift.

import CSecureWinSock
import Foundation
import Glibc
import Testing

@Suite("WinSock crowds", .timeLimit(.minutes(10)))
struct CrowdTests {
    @Test("one loop of poll serves 200 connections from both ends")
    func pollLoop() async throws {
        try await onThread {
            let count = 200
            let listener = try SecureListener()
            // The clients connect without waiting; the loop sees each of them become writable.
            var clients: [TestSocket] = []
            for _ in 0..<count {
                let client = try TestSocket.client()
                try client.setNonBlocking()
                try #require(client.connect(listener.port) == WSAEWOULDBLOCK)
                clients.append(client)
            }
            try listener.socket.setNonBlocking()
            var servers: [TestSocket] = []
            var hasSent = [Bool](repeating: false, count: count)
            var answers = [[UInt8]](repeating: [], count: count)
            let end = ContinuousClock.now + .seconds(240)
            while answers.contains(where: { $0.count < 5 }) {
                try #require(ContinuousClock.now < end, "\(answers.count { $0.count == 5 }) of \(count)")
                var entries = [pollfd(fd: listener.socket.number, events: Int16(POLLIN), revents: 0)]
                entries += servers.map { pollfd(fd: $0.number, events: Int16(POLLIN), revents: 0) }
                entries += clients.indices.map { index in
                    pollfd(fd: clients[index].number, events: Int16(hasSent[index] ? POLLIN : POLLOUT), revents: 0)
                }
                try #require(unsafe poll(&entries, nfds_t(entries.count), 60_000) > 0)
                for (index, entry) in entries.dropFirst().prefix(servers.count).enumerated() where entry.revents != 0 {
                    let piece = servers[index].receive()
                    try #require(piece.error == 0)
                    try #require(servers[index].send(piece.bytes) == piece.bytes.count)
                }
                for (index, entry) in entries.suffix(count).enumerated() where entry.revents != 0 {
                    if hasSent[index] {
                        if answers[index].count == 5 { continue }
                        let piece = clients[index].receive()
                        try #require(piece.error == 0 && !piece.bytes.isEmpty)
                        answers[index] += piece.bytes
                    } else {
                        try #require(clients[index].send(message(index)) == 5)
                        hasSent[index] = true
                    }
                }
                if entries[0].revents != 0 {
                    let server = try listener.accept()
                    try server.setNonBlocking()
                    servers.append(server)
                }
            }
            #expect(servers.count == count)
            for index in 0..<count { #expect(answers[index] == message(index)) }
        }
    }

    private func message(_ index: Int) -> [UInt8] { [77] + octets(of: UInt32(index)) }

    @Test("64 threads make, set, connect, use and close sockets at once")
    func threads() async throws {
        try await onThread {
            let count = 64
            let listener = try SecureListener()
            let accepting = Background {
                try (0..<count).map { _ in
                    let server = try listener.accept()
                    return Background {
                        while case let piece = server.receive(), piece.error == 0, !piece.bytes.isEmpty {
                            try server.sendAll(piece.bytes)
                        }
                        return server.close()
                    }
                }
            }
            let clients = (0..<count).map { index in Background { try use(listener, index) } }
            for client in clients { #expect(try client.value(within: 300)) }
            for server in try accepting.value(within: 300) { #expect(try server.value() == 0) }
        }
    }

    /// One thread's work; whether everything was as it has to be.
    private func use(_ listener: SecureListener, _ index: Int) throws -> Bool {
        WSASetLastError(Int32(index))
        guard Winsock.entries().count == 4, WSAGetLastError() == Int32(index) else { return false }
        let client = try TestSocket.client()
        let options = SSLCLIENTOPTS(CacheTimeout: 100 + index, dwCacheEntries: DWORD(index % 3), dwFlags: 0)
        try client.check("options", client.set(SO_SSL_SET_CLIENT_OPTS, options))
        try client.check("connect", client.connect(listener.port))
        let octets = pattern(20_000 + index)
        try client.sendAll(octets)
        guard try client.receive(exactly: octets.count) == octets else { return false }
        let kept = try client.get(SO_SSL_GET_CLIENT_OPTS, SSLCLIENTOPTS.self)
        guard kept.CacheTimeout == 100 + index else { return false }
        // An error of this thread's own, among those of the others.
        guard client.set(DWORD(index), bytes: nil) == WSAEOPNOTSUPP, client.close() == 0 else { return false }
        return WSAGetLastError() == WSAEOPNOTSUPP
    }

    @Test("a socket that is closed in another thread ends who waits in it")
    func closedByAnother() async throws {
        try await onThread {
            let (client, server) = try SecureListener.pair()
            let waiting = Background { client.receive() }
            try server.sendAll([1])
            #expect(try waiting.value().bytes == [1])
            let again = Background { client.receive() }
            #expect(Winsock.error(securewinsock_shutdown(client.number, SD_BOTH)) == 0)
            #expect(try again.value().bytes == [])
        }
    }
}
