// ExtremeValueTests.swift — numbers that no honest program gives: each has an error, and none ends the process.
// Windows Sockets 2 API.
// Next: LayoutTests.swift.

import CSecureWinSock
import Foundation
import Glibc
import Testing

@Suite("WinSock extreme values", .timeLimit(.minutes(5)))
struct ExtremeValueTests {
    private static let schemes = [SECURITY_PROTOCOL_NONE, SECURITY_PROTOCOL_SSL]

    /// Lends an address of loopback, and a place for its length.
    private func withAddress<Result>(
        _ length: Int32, _ body: (UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<Int32>) -> Result
    ) -> Result {
        var address = sockaddr_in(loopback: 9)
        var length = length
        return unsafe withUnsafeMutableBytes(of: &address) { raw in
            unsafe body(raw.assumingMemoryBound(to: sockaddr.self).baseAddress, &length)
        }
    }

    @Test("an address of a negative length is a wrong address", arguments: schemes, [Int32.min, -1])
    func negativeAddress(scheme: Int32, length: Int32) throws {
        let socket = try TestSocket(scheme)
        unsafe withAddress(length) { name, place in
            unsafe #expect(Winsock.error(securewinsock_bind(socket.number, name, length)) == WSAEFAULT)
            unsafe #expect(Winsock.error(securewinsock_connect(socket.number, name, length)) == WSAEFAULT)
            unsafe #expect(
                Winsock.error(WSAConnect(socket.number, name, length, nil, nil, nil, nil)) == WSAEFAULT)
            unsafe #expect(Winsock.error(securewinsock_getsockname(socket.number, name, place)) != 0)
            unsafe #expect(Winsock.error(securewinsock_getpeername(socket.number, name, place)) != 0)
            unsafe #expect(securewinsock_accept(socket.number, name, place) == INVALID_SOCKET)
        }
    }

    @Test("an address of an absurd length is refused or cut", arguments: schemes)
    func longAddress(scheme: Int32) throws {
        let socket = try TestSocket(scheme)
        unsafe withAddress(.max) { name, place in
            unsafe #expect(securewinsock_getpeername(socket.number, name, place) == SOCKET_ERROR)
            unsafe #expect(securewinsock_accept(socket.number, name, place) == INVALID_SOCKET)
        }
    }

    @Test("no address is a wrong address, for every socket alike")
    func noAddress() async throws {
        try await onThread {
            let (client, server) = try SecureListener.pair()
            let plain = try TestSocket(SECURITY_PROTOCOL_NONE)
            let listener = try SecureListener()
            #expect(plain.connect(listener.port) == 0)
            for socket in [client, server, plain] {
                unsafe withAddress(16) { name, place in
                    unsafe #expect(Winsock.error(securewinsock_getpeername(socket.number, nil, place)) == WSAEFAULT)
                    unsafe #expect(Winsock.error(securewinsock_getpeername(socket.number, name, nil)) == WSAEFAULT)
                    unsafe #expect(Winsock.error(securewinsock_getsockname(socket.number, nil, place)) == WSAEFAULT)
                    unsafe #expect(Winsock.error(securewinsock_getsockname(socket.number, name, nil)) == WSAEFAULT)
                }
                #expect(Winsock.error(securewinsock_getpeername(socket.number, nil, nil)) == WSAEFAULT)
                #expect(Winsock.error(securewinsock_bind(socket.number, nil, 16)) == WSAEFAULT)
                #expect(Winsock.error(securewinsock_connect(socket.number, nil, 16)) == WSAEFAULT)
            }
        }
    }

    @Test("a negative number of octets is refused", arguments: [Int32.min, -1])
    func negativeTransfer(length: Int32) async throws {
        try await onThread {
            let (client, _) = try SecureListener.pair()
            var octets: [CChar] = [1, 2, 3]
            unsafe #expect(Winsock.error(securewinsock_send(client.number, octets, length, 0)) == WSAEINVAL)
            unsafe #expect(Winsock.error(securewinsock_recv(client.number, &octets, length, 0)) == WSAEINVAL)
            unsafe #expect(
                Winsock.error(securewinsock_setsockopt(client.number, SOL_SOCKET, SO_RCVTIMEO, octets, length))
                    == WSAEINVAL)
            var size = length
            for option in [SO_ERROR, SO_TYPE] {
                _ = unsafe securewinsock_getsockopt(client.number, SOL_SOCKET, option, &octets, &size)
                size = length
            }
            #expect(octets == [1, 2, 3])
        }
    }

    @Test("flags and directions that are none are refused", arguments: [Int32.min, -1, .max])
    func flags(flags: Int32) async throws {
        try await onThread {
            let (client, _) = try SecureListener.pair()
            var octets: [CChar] = [1, 2, 3]
            unsafe #expect(Winsock.error(securewinsock_send(client.number, octets, 1, flags)) == WSAEOPNOTSUPP)
            unsafe #expect(Winsock.error(securewinsock_recv(client.number, &octets, 1, flags)) == WSAEOPNOTSUPP)
            #expect(Winsock.error(securewinsock_shutdown(client.number, flags)) == WSAEINVAL)
            #expect(Winsock.error(securewinsock_listen(flags, flags)) == WSAENOTSOCK)
            var argument: UInt = 0
            unsafe #expect(Winsock.error(ioctlsocket(client.number, Int(flags), &argument)) == WSAEOPNOTSUPP)
        }
    }

    @Test("a list of buffers has 1 to 1024 of them", arguments: [DWORD(0), 1025, 1 << 31, .max])
    func bufferCounts(count: DWORD) async throws {
        try await onThread {
            let (client, _) = try SecureListener.pair()
            var buffer = unsafe WSABUF(len: 0, buf: nil)
            var (moved, flags): (DWORD, DWORD) = (0, 0)
            unsafe #expect(
                Winsock.error(WSASend(client.number, &buffer, count, &moved, 0, nil, nil)) == WSAEINVAL)
            unsafe #expect(
                Winsock.error(WSARecv(client.number, &buffer, count, &moved, &flags, nil, nil)) == WSAEINVAL)
            unsafe #expect(
                Winsock.error(WSASend(client.number, &buffer, 1, &moved, .max, nil, nil)) == WSAEOPNOTSUPP)
            flags = .max
            unsafe #expect(
                Winsock.error(WSARecv(client.number, &buffer, 1, &moved, &flags, nil, nil)) == WSAEOPNOTSUPP)
        }
    }

    @Test("events are 1 to 64 and are there; no time is too long to be told", arguments: [DWORD(0), 65, .max])
    func events(count: DWORD) throws {
        _ = Winsock.started
        let event = unsafe WSACreateEvent()
        defer { unsafe WSACloseEvent(event) }
        var list = unsafe [event]
        unsafe #expect(WSAWaitForMultipleEvents(count, &list, 0, 0, 0) == DWORD(WSA_WAIT_FAILED))
        #expect(WSAGetLastError() == WSA_INVALID_PARAMETER)
        #expect(unsafe WSASetEvent(event) == 1)
        for time in [0, 1 << 31, DWORD.max - 1, .max] {
            unsafe #expect(WSAWaitForMultipleEvents(1, &list, 0, time, 0) == DWORD(WSA_WAIT_EVENT_0))
        }
        unsafe list = [WSAEVENT(bitPattern: UInt.max)]
        unsafe #expect(WSAWaitForMultipleEvents(1, &list, 0, .max, 0) == DWORD(WSA_WAIT_FAILED))
        #expect(WSAGetLastError() == WSA_INVALID_HANDLE)
    }

    @Test("a control with more octets than there can be reads none of them", arguments: [DWORD(1 << 31), .max])
    func controls(size: DWORD) throws {
        let socket = try TestSocket()
        var octets = [UInt8](repeating: 0x61, count: 64)
        // Codes that take octets of any number.
        let codes = [SO_SSL_SET_PEERNAME, SO_SSL_SET_ALPN, SO_SSL_SET_FLAGS, SO_SSL_PERFORM_HANDSHAKE]
        for code in codes {
            unsafe #expect(
                Winsock.error(WSAIoctl(socket.number, code, &octets, size, nil, 0, nil, nil, nil)) == WSAEINVAL)
        }
        // Room that is said to be more than there is holds what is put there.
        unsafe #expect(
            Winsock.error(WSAIoctl(socket.number, SO_SSL_GET_FLAGS, nil, 0, &octets, size, nil, nil, nil)) == 0)
    }

    @Test("memory that nobody has is not there", arguments: [Int.min, -1, .max])
    func memory(size: Int) {
        // size_t comes to Swift as Int: 2^63 and more are negative.
        for flags in [UINT(LMEM_FIXED), UINT(LMEM_ZEROINIT)] {
            WSASetLastError(0)
            #expect(unsafe LocalAlloc(flags, size) == nil)
            #expect(WSAGetLastError() == WSA_NOT_ENOUGH_MEMORY)
        }
    }

    @Test("what is no socket is not closed")
    func notASocket() throws {
        _ = Winsock.started
        let file = unsafe open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(file) }
        for number in [file, -1, .min, .max] { #expect(Winsock.error(closesocket(number)) == WSAENOTSOCK) }
        #expect(fcntl(file, F_GETFD) >= 0)
    }

    @Test("names for ALPN are as many as a ClientHello has room for")
    func alpn() async throws {
        try await onThread {
            // No two are the same, and each takes 256 octets with its length.
            func names(_ count: Int) -> [UInt8] {
                var list: [UInt8] = []
                for index in 0..<count {
                    list += [255, UInt8(0x41 + index % 26), UInt8(0x41 + index / 26)]
                    list += [UInt8](repeating: 0x61, count: 253)
                }
                return list
            }
            let listener = try SecureListener()
            let client = try TestSocket.client()
            #expect(client.set(SO_SSL_SET_ALPN, bytes: names(257)) == WSAEINVAL)
            #expect(client.set(SO_SSL_SET_ALPN, bytes: names(65)) == WSAEINVAL)
            // The most there can be is offered, and not only taken.
            #expect(client.set(SO_SSL_SET_ALPN, bytes: names(64)) == 0)
            #expect(client.connect(listener.port) == 0, "\(client.text(SO_SSL_GET_ERROR_TEXT))")
        }
    }
}
