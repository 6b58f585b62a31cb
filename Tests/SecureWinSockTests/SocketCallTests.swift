// SocketCallTests.swift — options of sockets, IPv6, what accept and connect are given besides, and libc's close.
// Windows Sockets 2 API; RFC 8446 §6.1 for the end.
// Next: ExtremeValueTests.swift.

import CSecureWinSock
import Foundation
import Glibc
import Testing

@Suite("WinSock calls of sockets", .timeLimit(.minutes(5)))
struct SocketCallTests {
    // MARK: Options

    /// The error of getsockopt, the number it gave, and the length it said.
    private func option(
        _ socket: TestSocket, _ option: Int32, level: Int32 = SOL_SOCKET, room: Int32 = 4
    ) -> (error: Int32, value: Int32, length: Int32) {
        var (value, length) = (Int32(-7), room)
        let error = unsafe withUnsafeMutableBytes(of: &value) { octets in
            unsafe Winsock.error(
                securewinsock_getsockopt(
                    socket.number, level, option, octets.assumingMemoryBound(to: CChar.self).baseAddress, &length))
        }
        return (error, value, length)
    }

    private func set<Value: BitwiseCopyable>(
        _ socket: TestSocket, _ option: Int32, _ value: Value, level: Int32 = SOL_SOCKET
    ) -> Int32 {
        unsafe withUnsafeBytes(of: value) { octets in
            unsafe Winsock.error(
                securewinsock_setsockopt(
                    socket.number, level, option, octets.assumingMemoryBound(to: CChar.self).baseAddress,
                    Int32(octets.count)))
        }
    }

    @Test("SO_ERROR is why a connection failed, SO_TYPE a stream; what an end of a pair cannot do is no option")
    func options() async throws {
        try await onThread {
            let socket = try TestSocket.client()
            #expect(option(socket, SO_ERROR) == (0, 0, 4))
            #expect(option(socket, SO_ERROR, room: 3).error == WSAEFAULT)
            #expect(option(socket, SO_TYPE) == (0, Int32(SOCK_STREAM.rawValue), 4))
            #expect(socket.connect(try PlainListener.freePort()) == WSAECONNREFUSED)
            for _ in 0..<2 { #expect(option(socket, SO_ERROR) == (0, WSAECONNREFUSED, 4)) }
            for unknown in [SO_KEEPALIVE, SO_REUSEADDR, SO_SNDBUF, -1] {
                #expect(option(socket, unknown).error == WSAENOPROTOOPT)
                #expect(set(socket, unknown, Int32(1)) == WSAENOPROTOOPT)
            }
            #expect(set(socket, TCP_NODELAY, Int32(1), level: Int32(IPPROTO_TCP)) == WSAENOPROTOOPT)
            // To be told, and not to be set.
            for told in [SO_ERROR, SO_TYPE] { #expect(set(socket, told, Int32(0)) == WSAENOPROTOOPT) }
            var length: Int32 = 4
            unsafe #expect(
                Winsock.error(securewinsock_getsockopt(socket.number, SOL_SOCKET, SO_ERROR, nil, &length)) == WSAEFAULT)
            var value = [CChar](repeating: 0, count: 4)
            unsafe #expect(
                Winsock.error(securewinsock_getsockopt(socket.number, SOL_SOCKET, SO_ERROR, &value, nil)) == WSAEFAULT)
            #expect(
                Winsock.error(securewinsock_setsockopt(socket.number, SOL_SOCKET, SO_RCVTIMEO, nil, 4)) == WSAEFAULT)
            unsafe #expect(
                Winsock.error(securewinsock_setsockopt(-1, SOL_SOCKET, SO_RCVTIMEO, value, 4)) == WSAENOTSOCK)
        }
    }

    @Test("a plain socket has the system's options")
    func plainOptions() throws {
        let plain = try TestSocket(SECURITY_PROTOCOL_NONE)
        #expect(set(plain, SO_KEEPALIVE, Int32(1)) == 0)
        #expect(option(plain, SO_KEEPALIVE) == (0, 1, 4))
        #expect(set(plain, TCP_NODELAY, Int32(1), level: Int32(IPPROTO_TCP)) == 0)
        #expect(option(plain, TCP_NODELAY, level: Int32(IPPROTO_TCP)).value != 0)
        #expect(option(plain, 9999).error == WSAENOPROTOOPT)
    }

    @Test("a receive that takes too long gives up, and the connection goes on")
    func receiveTimeout() async throws {
        try await onThread {
            let (client, server) = try SecureListener.pair()
            #expect(set(client, SO_RCVTIMEO, timeval(tv_sec: 0, tv_usec: 100_000)) == 0)
            let start = ContinuousClock.now
            #expect(client.receive().error == WSAETIMEDOUT)
            #expect(ContinuousClock.now - start >= .milliseconds(90))
            try server.sendAll([1])
            #expect(set(client, SO_RCVTIMEO, timeval()) == 0)
            #expect(try client.receive(exactly: 1) == [1])
        }
    }

    // MARK: Addresses

    @Test("IPv6: a server at ::1 proves its name, and both ends know each other's address")
    func ipv6() async throws {
        try await onThread {
            let listener = try TestSocket(SECURITY_PROTOCOL_SSL, AF_INET6)
            #expect(listener.set(SO_SSL_SET_FLAGS, DWORD(SSL_FLAG_ENABLE | SSL_FLAG_SERVER)) == 0)
            #expect(listener.setCredentials(Array(TestFile.certificate.utf8), Array(TestFile.key.utf8)) == 0)
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            unsafe withUnsafeMutableBytes(of: &address.sin6_addr) { unsafe $0[15] = 1 }
            let size = Int32(MemoryLayout<sockaddr_in6>.size)
            try unsafe withAddress(&address) { name, length in
                try unsafe listener.check("bind", Winsock.error(securewinsock_bind(listener.number, name, size)))
                try listener.check("listen", Winsock.error(securewinsock_listen(listener.number, 4)))
                try unsafe listener.check(
                    "getsockname", Winsock.error(securewinsock_getsockname(listener.number, name, length)))
                unsafe #expect(length.pointee == size)
            }
            let port = address.sin6_port
            #expect(port != 0)
            let client = try TestSocket(SECURITY_PROTOCOL_SSL, AF_INET6)
            #expect(client.setTrust(TestFile.root) == 0)
            #expect(client.set(SO_SSL_SET_PEERNAME, text: "localhost") == 0)
            // An address of the other family is none of this socket's.
            #expect(client.connect(9) == WSAEAFNOSUPPORT)
            try unsafe withAddress(&address) { name, _ in
                try unsafe client.check("connect", Winsock.error(securewinsock_connect(client.number, name, size)))
            }
            var peer = sockaddr_in6()
            let server = try unsafe withAddress(&peer) { name, length in
                try unsafe TestSocket(adopting: securewinsock_accept(listener.number, name, length))
            }
            var own = sockaddr_in6()
            unsafe withAddress(&own) { name, length in
                unsafe #expect(Winsock.error(securewinsock_getsockname(client.number, name, length)) == 0)
            }
            #expect(raw(own) == raw(peer) && own.sin6_port != 0 && own.sin6_port != port)
            var other = sockaddr_in6()
            unsafe withAddress(&other) { name, length in
                unsafe #expect(Winsock.error(securewinsock_getpeername(client.number, name, length)) == 0)
            }
            #expect(raw(other) == raw(address))
            try client.sendAll([1, 2, 3])
            #expect(try server.receive(exactly: 3) == [1, 2, 3])
        }
    }

    private func raw<Address>(_ address: Address) -> [UInt8] {
        unsafe withUnsafeBytes(of: address) { unsafe [UInt8]($0) }
    }

    /// Lends an address, and a place with its length.
    private func withAddress<Address, Result>(
        _ address: inout Address,
        _ body: (UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<Int32>) throws -> Result
    ) rethrows -> Result {
        var length = Int32(MemoryLayout<Address>.size)
        return try unsafe withUnsafeMutableBytes(of: &address) { raw in
            try unsafe body(raw.assumingMemoryBound(to: sockaddr.self).baseAddress, &length)
        }
    }

    @Test("WSAAccept tells who came; a condition is not taken; too little room loses nobody")
    func accept() async throws {
        try await onThread {
            let listener = try SecureListener()
            let client = try TestSocket.client()
            try client.check("connect", client.connect(listener.port))
            let number = listener.socket.number
            let condition: LPCONDITIONPROC = { _, _, _, _, _, _, _, _ in 0 }
            unsafe #expect(Winsock.error(WSAAccept(number, nil, nil, condition, 7)) == WSAEOPNOTSUPP)
            var peer = sockaddr_in()
            unsafe withAddress(&peer) { name, length in
                unsafe length.pointee = 15
                unsafe #expect(Winsock.error(WSAAccept(number, name, length, nil, 0)) == WSAEFAULT)
                unsafe #expect(Winsock.error(WSAAccept(number, name, nil, nil, 0)) == WSAEFAULT)
            }
            let server = try unsafe withAddress(&peer) { name, length in
                let accepted = try unsafe TestSocket(adopting: WSAAccept(number, name, length, nil, 0))
                unsafe #expect(length.pointee == 16)
                return accepted
            }
            var own = sockaddr_in()
            unsafe withAddress(&own) { name, length in
                unsafe #expect(Winsock.error(securewinsock_getsockname(client.number, name, length)) == 0)
            }
            #expect(raw(own) == raw(peer) && own.sin_port != 0)
            try server.sendAll([1])
            #expect(try client.receive(exactly: 1) == [1])
        }
    }

    @Test("WSAConnect carries no data of the caller's, and can be called again without")
    func callerData() async throws {
        try await onThread {
            let listener = try SecureListener()
            let client = try TestSocket.client()
            var address = sockaddr_in(loopback: listener.port)
            var octets: [CChar] = [1, 2]
            unsafe octets.withUnsafeMutableBufferPointer { octets in
                var data = unsafe WSABUF(len: 2, buf: octets.baseAddress)
                unsafe withAddress(&address) { name, length in
                    let result = unsafe WSAConnect(client.number, name, length.pointee, &data, nil, nil, nil)
                    #expect(Winsock.error(result) == WSAEOPNOTSUPP)
                }
            }
            #expect(client.connect(listener.port) == 0)
        }
    }

    // MARK: libc

    @Test("libc's close sends what was written, and close_notify after it", arguments: [3, 1 << 20])
    func libcClose(count: Int) async throws {
        try await onThread {
            let (client, server) = try SecureListener.pair()
            let sent = pattern(count)
            // Receives while the other end still writes: more than fits anywhere.
            let receiving = Background { try server.receiveToEnd() == sent }
            try client.sendAll(sent)
            #expect(client.closeWithLibc() == 0)
            // An end without close_notify would be an error here, and not an end.
            #expect(try receiving.value(within: 60))
            #expect(server.text(SO_SSL_GET_ERROR_TEXT) == "")
        }
    }
}
