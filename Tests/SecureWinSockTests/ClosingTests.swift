// ClosingTests.swift — how a secure socket ends: with data that nobody read, with copies, while it sends.
// Windows Sockets 2 API; RFC 8446 §6.1: close_notify comes after the last data.
// Next: CrowdTests.swift.

import CSecureWinSock
import Foundation
import Glibc
import Synchronization
import Testing

@Suite("WinSock closing", .timeLimit(.minutes(5)))
struct ClosingTests {
    @Test(
        "a socket that is closed with data unread still says everything, and farewell",
        arguments: [true, false], [0, 5, 100_000])
    func unreadData(throughSystem: Bool, lastWords: Int) async throws {
        try await onThread {
            let (client, server) = try SecureListener.pair()
            try server.sendAll(Array("hello".utf8))
            #expect(client.poll(Int32(POLLIN), within: 20_000) & Int32(POLLIN) != 0)
            if lastWords > 0 { try client.sendAll(pattern(lastWords)) }
            let reading = Background { try server.receiveToEnd() }
            let start = ContinuousClock.now
            if throughSystem { client.closeWithSystem() } else { client.close() }
            #expect(ContinuousClock.now - start < .seconds(4))
            // An end that nobody could have forged: anything else is thrown.
            #expect(try reading.value(within: 20) == pattern(lastWords))
            #expect(server.close() == 0)
        }
    }

    @Test("closesocket ends the connection whoever else has the descriptor, after what was written")
    func copies() async throws {
        try await onThread {
            let (client, server) = try SecureListener.pair()
            let copy = dup(client.number)
            defer { Glibc.close(copy) }
            try client.sendAll(pattern(50_000))
            let reading = Background { try server.receiveToEnd() }
            let start = ContinuousClock.now
            client.close()
            #expect(ContinuousClock.now - start < .seconds(4))
            #expect(try reading.value(within: 20) == pattern(50_000))
            var octet: UInt8 = 1
            #expect(unsafe Glibc.send(copy, &octet, 1, Int32(MSG_NOSIGNAL)) < 0)
        }
    }

    @Test("what a peer sent before it left is received, though sending to it fails first")
    func failedSend() async throws {
        try await onThread {
            // A little more than the pair holds, so that the rest is in the hands of the pump and of TCP.
            let count = 230_000
            let listener = try SecureListener()
            let relay = try Relay(to: listener.port)
            let client = try TestSocket.client()
            try client.check("connect", client.connect(relay.port))
            let server = try listener.accept()
            // So that nothing of the handshake is on its way.
            try client.sendAll([1])
            #expect(try server.receive(exactly: 1) == [1])
            relay.stopForwarding()
            let sending = Background {
                let piece = pattern(65_536)
                while true {
                    let result = client.send(piece)
                    if result < 0 { return Int32(-result) }
                }
            }
            try server.sendAll(pattern(count))
            server.close()
            // The client has read nothing yet; the relay resets the connection once all is on the way to it.
            try relay.reset()
            #expect([WSAECONNRESET, WSAECONNABORTED].contains(try sending.value(within: 30)))
            let receiving = Background { try client.receive(exactly: count) }
            let isSame = try receiving.value(within: 30) == pattern(count)
            #expect(isSame)
            #expect([WSAECONNRESET, WSAECONNABORTED].contains(client.receive().error))
        }
    }

    @Test("libc's read after a failed STARTTLS gives ECONNRESET, and no end of data")
    func failedUpgrade() async throws {
        try await onThread {
            let listener = try PlainListener()
            let serving = Background {
                let peer = try listener.accept()
                _ = try peer.receive()
                try peer.send("550 no\r\n")
                return peer
            }
            let client = try TestSocket.client("localhost", flags: SSL_FLAG_ENABLE | SSL_FLAG_DEFER_HANDSHAKE)
            try client.check("connect", client.connect(listener.port))
            let handshake = Background { client.set(SO_SSL_PERFORM_HANDSHAKE, bytes: nil) }
            #expect(try handshake.value(within: 30) == WSAECONNABORTED)
            _ = try serving.value()
            var octet: UInt8 = 0
            let count = unsafe Glibc.read(client.number, &octet, 1)
            #expect(count == -1 && errno == ECONNRESET)
            #expect(client.receive().error == WSAECONNABORTED)
        }
    }

    // MARK: Listeners

    @Test("an accept without room for the address takes nothing")
    func shortAddress() async throws {
        try await onThread {
            let listener = try SecureListener()
            let client = try TestSocket.client()
            try client.check("connect", client.connect(listener.port))
            var address = sockaddr_in()
            var length: Int32 = 4
            let refused = unsafe withUnsafeMutablePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Winsock.error(unsafe securewinsock_accept(listener.socket.number, $0, &length))
                }
            }
            #expect(refused == WSAEFAULT)
            #expect(listener.socket.poll(Int32(POLLIN), within: 10_000) & Int32(POLLIN) != 0)
            let server = try Background { try listener.accept() }.value(within: 20)
            try client.sendAll([3])
            #expect(try server.receive(exactly: 1) == [3])
        }
    }

    @Test("of two threads that listen with one socket, one does")
    func listenTwice() async throws {
        try await onThread {
            for _ in 0..<10 {
                let socket = try TestSocket()
                try socket.check("flags", socket.set(SO_SSL_SET_FLAGS, DWORD(SSL_FLAG_ENABLE | SSL_FLAG_SERVER)))
                try socket.check(
                    "credentials", socket.setCredentials(Array(TestFile.certificate.utf8), Array(TestFile.key.utf8)))
                var address = sockaddr_in(loopback: 0)
                let bound = unsafe withUnsafeBytes(of: &address) { raw in
                    Winsock.error(
                        unsafe securewinsock_bind(
                            socket.number, raw.assumingMemoryBound(to: sockaddr.self).baseAddress, Int32(raw.count)))
                }
                try socket.check("bind", bound)
                let listening = (0..<4).map { _ in
                    Background { Winsock.error(securewinsock_listen(socket.number, 5)) }
                }
                let errors = try listening.map { try $0.value(within: 30) }.sorted()
                #expect(errors == [0, WSAEINVAL, WSAEINVAL, WSAEINVAL])
            }
        }
    }

    @Test("a plain connection that is accepted is not inherited over exec")
    func plainAccept() async throws {
        try await onThread {
            let socket = try TestSocket(SECURITY_PROTOCOL_NONE)
            let port = try SecureListener.listen(socket)
            let peer = try PlainPeer(to: port)
            let accepted = try TestSocket(adopting: securewinsock_accept(socket.number, nil, nil))
            #expect(fcntl(accepted.number, F_GETFD) & FD_CLOEXEC != 0)
            peer.close()
        }
    }
}

/// Stands between a client and a server, and resets the client's connection when it has handed everything to it.
private final class Relay: Sendable {
    private final class Flag: Sendable { let isSet = Atomic(false) }

    let port: UInt16
    private let serving: Background<PlainPeer>
    private let stop: Flag

    init(to target: UInt16) throws {
        let listener = try PlainListener()
        let stop = Flag()
        port = listener.port
        self.stop = stop
        serving = Background {
            let client = try listener.accept()
            let server = try PlainPeer(to: target)
            let forward = Background {
                while !stop.isSet.load(ordering: .relaxed), case let bytes = try client.receive(), !bytes.isEmpty {
                    if !stop.isSet.load(ordering: .relaxed) { try server.send(bytes) }
                }
            }
            while case let bytes = try server.receive(), !bytes.isEmpty { try client.send(bytes) }
            try forward.value()
            return client
        }
    }

    /// What the client sends from now on stays unread.
    func stopForwarding() { stop.isSet.store(true, ordering: .relaxed) }

    /// Waits until the server has ended. What is unread makes TCP reset the connection.
    func reset() throws {
        let peer = try serving.value(within: 30)
        // What the client's system has not taken would go with the reset (SIOCOUTQ).
        try waitUntil("all octets") {
            var count: Int32 = 0
            return unsafe ioctl(peer.number, 0x5411, &count) == 0 && count == 0
        }
        peer.close()
    }
}
