// ControlTests.swift — WSAIoctl before a connection: what each code takes, gives and refuses.
// Microsoft's sslsock.h; a call that fails changes nothing.
// Next: ControlTable.swift.

import CSecureWinSock
import Foundation
import Glibc
import Testing

@Suite("WinSock controls", .timeLimit(.minutes(5)))
struct ControlTests {
    /// Codes that take a structure of one size.
    private static let structures: [(code: DWORD, size: Int)] = [
        (SO_SSL_SET_FLAGS, 4), (SO_SSL_SET_CLIENT_OPTS, 16), (SO_SSL_SET_SERVER_OPTS, 16),
        (SO_SSL_SET_CREDENTIALS, 40), (SO_SSL_SET_TRUST, 24),
    ]
    /// Codes that give a structure of one size before there is a connection.
    private static let answers: [(code: DWORD, size: Int)] = [
        (SO_SSL_GET_CAPABILITIES, 4), (SO_SSL_GET_FLAGS, 4), (SO_SSL_GET_PROTOCOLS, 28), (SO_SSL_GET_CLIENT_OPTS, 16),
        (SO_SSL_GET_SERVER_OPTS, 16), (SO_SSL_GET_LAST_ALERT, 8),
    ]

    @Test("a structure of the wrong size, or none, is refused")
    func wrongSizes() throws {
        let socket = try TestSocket()
        let before = snapshot(socket)
        for (code, size) in Self.structures {
            for wrong in [1, size - 1, size + 1, 2 * size] {
                #expect(socket.set(code, bytes: [UInt8](repeating: 0, count: wrong)) == WSAEINVAL)
            }
            #expect(socket.set(code, bytes: nil) == WSAEFAULT)
        }
        for code in [SO_SSL_SET_PEERNAME, SO_SSL_SET_ALPN, SO_SSL_SET_PROTOCOLS, SO_SSL_SET_CIPHERS] {
            #expect(socket.set(code, bytes: nil) == WSAEFAULT)
        }
        #expect(snapshot(socket) == before)
    }

    @Test("NULL with a size is a wrong address, in both directions")
    func nullWithASize() throws {
        let socket = try TestSocket()
        for code in [SO_SSL_SET_FLAGS, SO_SSL_SET_PEERNAME, SO_SSL_SET_ALPN, SO_SSL_PERFORM_HANDSHAKE] {
            #expect(Winsock.error(WSAIoctl(socket.number, code, nil, 4, nil, 0, nil, nil, nil)) == WSAEFAULT)
        }
        for (code, size) in Self.answers {
            #expect(
                Winsock.error(WSAIoctl(socket.number, code, nil, 0, nil, DWORD(size), nil, nil, nil)) == WSAEFAULT)
        }
    }

    @Test("too little room gives the size that is needed, and touches nothing")
    func tooLittleRoom() throws {
        let socket = try TestSocket()
        for (code, size) in Self.answers {
            #expect(socket.get(code, room: 0).error == WSAEFAULT)
            let short = socket.get(code, room: size - 1)
            #expect(short.error == WSAEFAULT)
            #expect(short.returned == size)
            #expect(short.bytes.allSatisfy { $0 == 0xa5 })
            let exact = socket.get(code, room: size)
            #expect(exact.error == 0)
            #expect(exact.returned == size)
            #expect(socket.get(code, room: size + 9).returned == size)
        }
    }

    @Test("the number of octets need not be asked for")
    func noReturnedCount() throws {
        let socket = try TestSocket()
        var flags: DWORD = 99
        let result = unsafe WSAIoctl(socket.number, SO_SSL_GET_FLAGS, nil, 0, &flags, 4, nil, nil, nil)
        #expect(Winsock.error(result) == 0)
        #expect(flags == DWORD(SSL_FLAG_ENABLE))
    }

    @Test("what needs a connection says that there is none")
    func notConnected() throws {
        let socket = try TestSocket()
        for code in [
            SO_SSL_GET_CONNECTION_INFO, SO_SSL_GET_PEER_CERTS, SO_SSL_GET_ALPN, SO_SSL_GET_SESSION_INFO,
            SO_SSL_RENEGOTIATE, SO_SSL_SEND_CLOSE_NOTIFY,
        ] {
            #expect(socket.get(code, room: 4096).error == WSAENOTCONN)
        }
        #expect(socket.set(SO_SSL_PERFORM_HANDSHAKE, bytes: nil) == WSAEINVAL)
        for code in [SO_SSL_RENEGOTIATE, SO_SSL_SEND_CLOSE_NOTIFY, SO_SSL_PURGE_SESSIONS] {
            #expect(socket.set(code, bytes: [0]) == WSAEINVAL)
        }
    }

    @Test("a plain socket has none of the codes, and what is no socket is none")
    func otherDescriptors() throws {
        let plain = try TestSocket(SECURITY_PROTOCOL_NONE)
        #expect(plain.set(SO_SSL_SET_FLAGS, DWORD(SSL_FLAG_ENABLE)) == WSAEOPNOTSUPP)
        #expect(plain.get(SO_SSL_GET_FLAGS, room: 4).error == WSAEOPNOTSUPP)
        var output: [UInt8] = [0, 0, 0, 0]
        var returned: DWORD = 0
        for number in [SOCKET(-1), 1_000_000] {
            let error = Winsock.control(number, SO_SSL_GET_FLAGS, nil, &output, returned: &returned)
            #expect(error == WSAENOTSOCK)
        }
        let file = unsafe open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(file) }
        #expect(Winsock.control(file, SO_SSL_GET_FLAGS, nil, &output, returned: &returned) == WSAENOTSOCK)
    }

    @Test("a number that libc closed and gave to a file is no longer the secure socket")
    func reusedNumber() throws {
        let socket = try TestSocket()
        let file = unsafe open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(file) }
        try #require(dup2(file, socket.number) == socket.number)
        #expect(socket.get(SO_SSL_GET_FLAGS, room: 4).error == WSAENOTSOCK)
    }

    // MARK: One by one

    @Test("the capabilities are both sides and client certificates")
    func capabilities() throws {
        let expected = SSL_CAPABILITY_CLIENT | SSL_CAPABILITY_SERVER | SSL_CAPABILITY_CLIENT_AUTH
        #expect(try TestSocket().get(SO_SSL_GET_CAPABILITIES, DWORD.self) == DWORD(expected))
    }

    @Test("flags are what was set, and combinations without a meaning are refused")
    func flags() throws {
        let socket = try TestSocket()
        #expect(try socket.get(SO_SSL_GET_FLAGS, DWORD.self) == DWORD(SSL_FLAG_ENABLE))
        for good: DWORD in [1 | 8, 1 | 2, 1 | 2 | 4, 1] {
            #expect(socket.set(SO_SSL_SET_FLAGS, good) == 0)
            #expect(try socket.get(SO_SSL_GET_FLAGS, DWORD.self) == good)
        }
        // Without ENABLE; of nobody; a client that asks for client certificates; a server that defers.
        for (bad, error) in [
            (DWORD(0), WSAEOPNOTSUPP), (2, WSAEOPNOTSUPP), (1 | 16, WSAEINVAL), (.max, WSAEINVAL), (1 | 4, WSAEINVAL),
            (1 | 2 | 8, WSAEOPNOTSUPP),
        ] {
            #expect(socket.set(SO_SSL_SET_FLAGS, bad) == error)
            #expect(try socket.get(SO_SSL_GET_FLAGS, DWORD.self) == 1)
        }
    }

    @Test("protocols are what was set; none is every one; what is old is refused")
    func protocols() throws {
        let socket = try TestSocket()
        let both: [DWORD] = [2, 6, 0x0303, 0, 7, 0x0304, 0]
        #expect(numbers(socket.get(SO_SSL_GET_PROTOCOLS, room: 400).bytes) == both)
        #expect(socket.set(SO_SSL_SET_PROTOCOLS, bytes: list([1, 7, 0x0304, 0])) == 0)
        #expect(numbers(socket.get(SO_SSL_GET_PROTOCOLS, room: 400).bytes) == [1, 7, 0x0304, 0])
        for old: DWORD in [0, 1, 2, 3, 4, 5, 8] {
            #expect(socket.set(SO_SSL_SET_PROTOCOLS, bytes: list([1, old, 0, 0])) == WSAEPROTONOSUPPORT)
        }
        // Fewer entries than announced, and more than there can be.
        #expect(socket.set(SO_SSL_SET_PROTOCOLS, bytes: list([2, 6, 0x0303, 0])) == WSAEINVAL)
        #expect(socket.set(SO_SSL_SET_PROTOCOLS, bytes: list([.max, 6, 0x0303, 0])) == WSAEINVAL)
        #expect(socket.set(SO_SSL_SET_PROTOCOLS, bytes: [1, 0]) == WSAEINVAL)
        #expect(numbers(socket.get(SO_SSL_GET_PROTOCOLS, room: 400).bytes) == [1, 7, 0x0304, 0])
        #expect(socket.set(SO_SSL_SET_PROTOCOLS, bytes: list([0])) == 0)
        #expect(numbers(socket.get(SO_SSL_GET_PROTOCOLS, room: 400).bytes) == both)
    }

    @Test("cipher suites are what was set, of the protocol that they are of", arguments: [DWORD(6), 7])
    func ciphers(protocolNumber: DWORD) throws {
        let socket = try TestSocket()
        let input = list([protocolNumber, 0, 0])
        let standard = numbers(socket.get(SO_SSL_GET_CIPHERS, room: 4096, input).bytes)
        try #require(standard.count > 4)
        #expect(standard[0] == protocolNumber)
        #expect(standard.count == 2 + Int(standard[1]))
        let is13 = standard.dropFirst(2).allSatisfy { $0 >> 8 == 0x13 }
        #expect(is13 == (protocolNumber == 7))
        // Two of them, the other way round.
        let chosen = [protocolNumber, 2, standard[3], standard[2]]
        #expect(socket.set(SO_SSL_SET_CIPHERS, bytes: list(chosen)) == 0)
        #expect(numbers(socket.get(SO_SSL_GET_CIPHERS, room: 4096, input).bytes) == chosen)
        // None; twice the same; unknown; of the other protocol; fewer than announced.
        let other: DWORD = protocolNumber == 7 ? 0xc02b : 0x1301
        for bad in [
            [protocolNumber, 0, 0], [protocolNumber, 2, standard[2], standard[2]], [protocolNumber, 1, 0x0a0a],
            [protocolNumber, 1, other], [protocolNumber, 2, standard[2]], [protocolNumber, .max, standard[2]],
        ] {
            #expect(socket.set(SO_SSL_SET_CIPHERS, bytes: list(bad)) == WSAEINVAL)
        }
        #expect(numbers(socket.get(SO_SSL_GET_CIPHERS, room: 4096, input).bytes) == chosen)
        #expect(socket.set(SO_SSL_SET_CIPHERS, bytes: list([3, 1, 0x0005])) == WSAEPROTONOSUPPORT)
        #expect(socket.get(SO_SSL_GET_CIPHERS, room: 4096, list([3])).error == WSAEPROTONOSUPPORT)
        #expect(socket.get(SO_SSL_GET_CIPHERS, room: 4096, [7]).error == WSAEINVAL)
        #expect(socket.get(SO_SSL_GET_CIPHERS, room: 4096).error == WSAEFAULT)
        let short = socket.get(SO_SSL_GET_CIPHERS, room: 15, input)
        #expect(short.error == WSAEFAULT)
        #expect(short.returned == 16)
    }

    @Test("options of the session caches are what was set", arguments: [true, false])
    func cacheOptions(isClient: Bool) throws {
        let socket = try TestSocket()
        let set = isClient ? SO_SSL_SET_CLIENT_OPTS : SO_SSL_SET_SERVER_OPTS
        let get = isClient ? SO_SSL_GET_CLIENT_OPTS : SO_SSL_GET_SERVER_OPTS
        func current() throws -> [Int] {
            let value = try socket.get(get, SSLCLIENTOPTS.self)
            return [value.CacheTimeout, Int(value.dwCacheEntries), Int(value.dwFlags)]
        }
        let standard = try current()
        #expect(standard[0] > 0 && standard[1] > 0 && standard[2] == 0)
        let good = SSLCLIENTOPTS(CacheTimeout: 777, dwCacheEntries: 12, dwFlags: DWORD(SSL_OPTS_NO_REUSE))
        #expect(socket.set(set, good) == 0)
        #expect(try current() == [777, 12, 1])
        for bad in [
            SSLCLIENTOPTS(CacheTimeout: -1, dwCacheEntries: 1, dwFlags: 0),
            SSLCLIENTOPTS(CacheTimeout: 604_801, dwCacheEntries: 1, dwFlags: 0),
            SSLCLIENTOPTS(CacheTimeout: .max, dwCacheEntries: 1, dwFlags: 0),
            SSLCLIENTOPTS(CacheTimeout: 1, dwCacheEntries: .max, dwFlags: 0),
            SSLCLIENTOPTS(CacheTimeout: 1, dwCacheEntries: 1, dwFlags: 2),
        ] {
            #expect(socket.set(set, bad) == WSAEINVAL)
        }
        #expect(try current() == [777, 12, 1])
        for edge in [0, 604_800] {
            #expect(socket.set(set, SSLCLIENTOPTS(CacheTimeout: edge, dwCacheEntries: 0, dwFlags: 0)) == 0)
            #expect(try current() == [edge, 0, 0])
        }
        // The other side's are not touched.
        let other = try socket.get(isClient ? SO_SSL_GET_SERVER_OPTS : SO_SSL_GET_CLIENT_OPTS, SSLCLIENTOPTS.self)
        #expect(other.CacheTimeout == standard[0])
    }

    @Test("a peer's name is a host name or an address", arguments: ["localhost", "127.0.0.1", "::1", "a.example"])
    func peerName(name: String) throws {
        let socket = try TestSocket()
        #expect(socket.set(SO_SSL_SET_PEERNAME, text: name) == 0)
        #expect(socket.set(SO_SSL_SET_PEERNAME, bytes: Array(name.utf8)) == 0)
    }

    @Test("what is no name is refused", arguments: ["", "a b", "*", "a\u{0}b", "m\u{fc}ller", "x..y", "-"])
    func noPeerName(name: String) throws {
        #expect(try TestSocket().set(SO_SSL_SET_PEERNAME, text: name) == WSAEINVAL)
        #expect(try TestSocket().set(SO_SSL_SET_PEERNAME, text: String(repeating: "a", count: 300)) == WSAEINVAL)
    }

    @Test("names of ALPN come with their lengths")
    func alpn() throws {
        let socket = try TestSocket()
        #expect(socket.set(SO_SSL_SET_ALPN, bytes: [2] + Array("h2".utf8) + [8] + Array("http/1.1".utf8)) == 0)
        for bad: [UInt8] in [[0], [3, 0x68, 0x32], [2, 0x68, 0x32, 0], [1, 0xff], [200]] {
            #expect(socket.set(SO_SSL_SET_ALPN, bytes: bad) == WSAEINVAL)
        }
    }

    // MARK: Helpers

    private func list(_ numbers: [DWORD]) -> [UInt8] { numbers.flatMap { octets(of: $0) } }

    private func numbers(_ bytes: [UInt8]) -> [DWORD] {
        stride(from: 0, to: bytes.count - 3, by: 4).map { start in
            (0..<4).reduce(DWORD(0)) { $0 | DWORD(bytes[start + $1]) << (8 * DWORD($1)) }
        }
    }

    /// Everything that can be asked of a socket that is not connected.
    private func snapshot(_ socket: TestSocket) -> [[UInt8]] {
        Self.answers.map { socket.get($0.code, room: 400).bytes }
            + [6, 7].map { socket.get(SO_SSL_GET_CIPHERS, room: 400, list([$0])).bytes }
    }
}
