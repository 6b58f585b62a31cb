// SessionCacheTests.swift — sessions that are resumed: CLIENT_OPTS, SERVER_OPTS, and to purge.
// RFC 5246 App. F.1.4; RFC 8446 §4.6.1.
// Next: SelectTests.swift.

import CSecureWinSock
import Foundation
import Glibc
import SecureWinSock
import Testing

// One after another: to purge is felt by every socket of the process.
@Suite("WinSock sessions", .serialized, .timeLimit(.minutes(5)))
struct SessionCacheTests {
    private static let resumed = DWORD(SSL_SESSION_RESUMED)

    /// A list of one protocol.
    private static func only(_ version: DWORD) -> [UInt8] {
        [DWORD(1), version, version == 6 ? 0x0303 : 0x0304, 0].flatMap { octets(of: $0) }
    }

    /// A server of one version with these options; a store of its own comes with a size of its own.
    private static func listener(
        _ version: DWORD, _ options: SSLCLIENTOPTS, _ change: (TestSocket) throws -> Void = { _ in }
    ) throws -> SecureListener {
        try SecureListener { socket in
            try change(socket)
            try socket.check("protocols", socket.set(SO_SSL_SET_PROTOCOLS, bytes: only(version)))
            try socket.check("options", socket.set(SO_SSL_SET_SERVER_OPTS, options))
        }
    }

    /// Whether a new connection is resumed, as both sides say.
    private static func connect(
        _ listener: SecureListener, entries: DWORD, timeout: Int = 600, flags: Int32 = 0
    ) throws -> DWORD {
        let client = try TestSocket.client()
        let options = SSLCLIENTOPTS(CacheTimeout: timeout, dwCacheEntries: entries, dwFlags: DWORD(flags))
        try client.check("options", client.set(SO_SSL_SET_CLIENT_OPTS, options))
        try client.check("connect", client.connect(listener.port))
        let server = try listener.accept()
        // The ticket comes before the first data.
        try server.sendAll([1])
        _ = try client.receive(exactly: 1)
        let sides = try [client, server].map { try $0.get(SO_SSL_GET_SESSION_INFO, SSLSESSIONINFO.self).dwFlags }
        #expect(sides[0] == sides[1])
        return sides[0]
    }

    @Test("a session is resumed, and no longer when they were purged or reuse is off", arguments: [DWORD(6), 7])
    func purge(version: DWORD) async throws {
        try await onThread {
            let entries: DWORD = 30 + version
            let options = SSLCLIENTOPTS(CacheTimeout: 600, dwCacheEntries: entries, dwFlags: 0)
            let listener = try Self.listener(version, options)
            #expect(try Self.connect(listener, entries: entries) == 0)
            #expect(try Self.connect(listener, entries: entries) == Self.resumed)
            #expect(try Self.connect(listener, entries: entries, flags: SSL_OPTS_NO_REUSE) == 0)
            let any = try TestSocket()
            #expect(any.set(SO_SSL_PURGE_SESSIONS, bytes: nil) == 0)
            #expect(try Self.connect(listener, entries: entries) == 0)
        }
    }

    @Test("sockets of every state purge, with nothing given and nothing given back")
    func purgeEverywhere() async throws {
        try await onThread {
            try StateSockets().visit { state, socket in
                #expect(socket.set(SO_SSL_PURGE_SESSIONS, bytes: nil) == 0, "\(state)")
                #expect(socket.set(SO_SSL_PURGE_SESSIONS, bytes: [0]) == WSAEINVAL, "\(state)")
                #expect(socket.get(SO_SSL_PURGE_SESSIONS, room: 8) == (0, [], 0), "\(state)")
                let error = Winsock.error(WSAIoctl(socket.number, SO_SSL_PURGE_SESSIONS, nil, 4, nil, 0, nil, nil, nil))
                #expect(error == WSAEFAULT)
            }
        }
    }

    @Test("servers with as many entries and one certificate resume each other's sessions", arguments: [DWORD(6), 7])
    func shared(version: DWORD) async throws {
        try await onThread {
            let entries: DWORD = 40 + version
            let options = SSLCLIENTOPTS(CacheTimeout: 600, dwCacheEntries: entries, dwFlags: 0)
            // Clients know a server by its name alone.
            for (round, expected) in [0, Self.resumed].enumerated() {
                let listener = try Self.listener(version, options)
                #expect(try Self.connect(listener, entries: entries) == expected, "\(round)")
            }
            // Whoever has another certificate proves that: a session would say what the other one was.
            let other = try Self.listener(version, options) { socket in
                let files = ["server-p384.pem", "server-p384.key.pem"].map { Array((TestFile.folder + $0).utf8) }
                try socket.check("credentials", socket.setCredentials(files[0], files[1]))
            }
            #expect(try Self.connect(other, entries: entries) == 0)
        }
    }

    @Test("a server keeps as many sessions as it says, and none when that is 0", arguments: [DWORD(6), 7])
    func entries(version: DWORD) async throws {
        try await onThread {
            let none = try Self.listener(version, SSLCLIENTOPTS(CacheTimeout: 600, dwCacheEntries: 0, dwFlags: 0))
            for _ in 0..<3 { #expect(try Self.connect(none, entries: 51) == 0) }
            // Clients of two stores, and room for the last one's sessions only.
            let few = try Self.listener(version, SSLCLIENTOPTS(CacheTimeout: 600, dwCacheEntries: 2, dwFlags: 0))
            #expect(try Self.connect(few, entries: 52 + version) == 0)
            for _ in 0..<2 { _ = try Self.connect(few, entries: 62 + version, flags: SSL_OPTS_NO_REUSE) }
            #expect(try Self.connect(few, entries: 52 + version) == 0)
        }
    }

    @Test("a server resumes no session that is older than its own timeout, whatever the client thinks")
    func serverTimeout() async throws {
        try await onThread {
            // A session ID has no lifetime with it, so that a client of TLS 1.2 offers it.
            let listener = try Self.listener(6, SSLCLIENTOPTS(CacheTimeout: 2, dwCacheEntries: 71, dwFlags: 0))
            #expect(try Self.connect(listener, entries: 71) == 0)
            #expect(try Self.connect(listener, entries: 71) == Self.resumed)
            sleep(3)
            #expect(try Self.connect(listener, entries: 71) == 0)
            let never = try Self.listener(6, SSLCLIENTOPTS(CacheTimeout: 0, dwCacheEntries: 72, dwFlags: 0))
            for _ in 0..<2 { #expect(try Self.connect(never, entries: 72) == 0) }
            let unused = SSLCLIENTOPTS(CacheTimeout: 600, dwCacheEntries: 73, dwFlags: DWORD(SSL_OPTS_NO_REUSE))
            let without = try Self.listener(6, unused)
            for _ in 0..<2 { #expect(try Self.connect(without, entries: 73) == 0) }
        }
    }

    @Test("stores are as many as there may be, one for each size")
    func stores() {
        final class Store: Sendable {}
        let stores = StoresBySize(limit: 2) { _ in Store() }
        let first = stores.store(entries: 1)
        #expect(first != nil && stores.store(entries: 1) === first)
        #expect(stores.store(entries: 2) != nil && stores.store(entries: 2) !== first)
        #expect(stores.store(entries: 3) == nil)
        #expect(stores.store(entries: 1) === first)
        #expect(stores.all.count == 2)
    }
}
