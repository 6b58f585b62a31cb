// BrokenConnectionTests.swift — connections that are refused, cut off or not trusted: which error each gives.
// Windows Sockets Error Codes; RFC 8446 §6 for the alerts.
// Next: ClosingTests.swift.

import CSecureWinSock
import Foundation
import Glibc
import Testing

@Suite("WinSock errors of a connection", .timeLimit(.minutes(5)))
struct BrokenConnectionTests {
    /// What one recv of libc said: the count, or errno, negative.
    private func systemReceive(_ socket: TestSocket) -> Int {
        var room = [UInt8](repeating: 0, count: 4096)
        let count = unsafe room.withUnsafeMutableBytes { unsafe Glibc.recv(socket.number, $0.baseAddress, $0.count, 0) }
        return count < 0 ? -Int(errno) : count
    }

    @Test("a connection that is cut off never looks like its end", arguments: [true, false])
    func cutOff(throughLibc: Bool) async throws {
        try await onThread {
            let listener = try SecureListener()
            let proxy = try TestProxy(to: listener.port)
            let client = try TestSocket.client()
            try client.check("connect", client.connect(proxy.port))
            let server = try listener.accept()
            try server.sendAll([1, 2, 3])
            #expect(try client.receive(exactly: 3) == [1, 2, 3])
            proxy.cut()
            if throughLibc {
                #expect(systemReceive(client) == -Int(ECONNRESET))
            } else {
                #expect([WSAECONNABORTED, WSAECONNRESET].contains(client.receive().error))
            }
            // And so it stays, for this interface, which knows why.
            for _ in 0..<3 { #expect([WSAECONNABORTED, WSAECONNRESET].contains(client.receive().error)) }
            #expect(client.text(SO_SSL_GET_ERROR_TEXT) != "")
            #expect([WSAECONNABORTED, WSAECONNRESET].contains(server.receive().error))
        }
    }

    @Test("data that came before the cut is received before the error")
    func dataBeforeTheCut() async throws {
        try await onThread {
            let listener = try SecureListener()
            let proxy = try TestProxy(to: listener.port)
            let client = try TestSocket.client()
            try client.check("connect", client.connect(proxy.port))
            let server = try listener.accept()
            try server.sendAll(pattern(10_000))
            // All of it is there before the connection goes.
            try waitUntil("the data") { waiting(client) == 10_000 }
            proxy.cut()
            #expect(client.poll(peerClosed, within: 20_000) != 0)
            #expect(try client.receive(exactly: 10_000) == pattern(10_000))
            #expect([WSAECONNABORTED, WSAECONNRESET].contains(client.receive().error))
        }
    }

    @Test("a cut while this side writes is an error, and no end for this interface", arguments: 0..<8)
    func cutWhileWriting(round: Int) async throws {
        try await onThread {
            let listener = try SecureListener()
            let proxy = try TestProxy(to: listener.port)
            let client = try TestSocket.client()
            try client.check("connect", client.connect(proxy.port))
            let server = try listener.accept()
            let writing = Background {
                let piece = pattern(100 + round * 1000)
                while true {
                    let count = unsafe piece.withUnsafeBytes { raw in
                        unsafe Glibc.send(client.number, raw.baseAddress, raw.count, Int32(MSG_NOSIGNAL))
                    }
                    if count < 0 { return errno }
                }
            }
            _ = try server.receive(exactly: 30_000)
            let reading = Background { while server.receive().bytes.count > 0 {} }
            proxy.cut()
            // The system tells each error once, to whichever direction asks first.
            let received = systemReceive(client)
            let wasTold = try writing.value() == ECONNRESET
            #expect(received == -Int(ECONNRESET) || received == 0 && wasTold)
            #expect([WSAECONNABORTED, WSAECONNRESET].contains(client.receive().error))
            try reading.value()
        }
    }

    @Test("a port where nobody listens refuses")
    func refused() async throws {
        try await onThread {
            let client = try TestSocket.client()
            #expect(client.connect(try PlainListener.freePort()) == WSAECONNREFUSED)
            #expect(client.text(SO_SSL_GET_ERROR_TEXT) != "")
            // A socket that failed stays failed.
            #expect(client.connect(try PlainListener.freePort()) == WSAECONNREFUSED)
            #expect(client.receive().error == WSAECONNREFUSED)
            #expect(client.send([1]) == -Int(WSAECONNREFUSED))
            #expect(client.set(SO_SSL_SET_PEERNAME, text: "localhost") == WSAEINVAL)
        }
    }

    @Test("a server of another name is not the one that was asked for")
    func wrongName() async throws {
        try await onThread {
            let listener = try SecureListener()
            let client = try TestSocket.client("other.example.org")
            #expect(client.connect(listener.port) == WSAECONNABORTED)
            #expect(client.text(SO_SSL_GET_ERROR_TEXT).contains("other.example.org"))
            let alert = try client.get(SO_SSL_GET_LAST_ALERT, SSLALERT.self)
            #expect(alert.dwOrigin == DWORD(SSL_ALERT_SENT))
            #expect(alert.dwAlert == 42)
            #expect(client.receive().error == WSAECONNABORTED)
        }
    }

    @Test("with no name the address is what the certificate must carry")
    func noName() async throws {
        try await onThread {
            let (client, server) = try SecureListener().pair(name: nil)
            try client.sendAll([9])
            #expect(try server.receive(exactly: 1) == [9])
            // This one is for a name, and has no address.
            let folder = TestFile.folder
            let other = try SecureListener { socket in
                let files = ["client-p256.pem", "client-p256.key.pem"].map { Array((folder + $0).utf8) }
                try socket.check("credentials", socket.setCredentials(files[0], files[1]))
            }
            let stranger = try TestSocket.client(nil)
            #expect(stranger.connect(other.port) == WSAECONNABORTED)
        }
    }

    @Test("an authority that is not trusted is named in the error and the alert")
    func untrusted() async throws {
        try await onThread {
            let listener = try SecureListener()
            let client = try TestSocket()
            let other = String(decoding: try Self.stranger(), as: UTF8.self)
            try client.check("trust", client.setTrust(other, SSL_TYPE_PEM))
            #expect(client.connect(listener.port) == WSAECONNABORTED)
            #expect(client.text(SO_SSL_GET_ERROR_TEXT) != "")
            let alert = try client.get(SO_SSL_GET_LAST_ALERT, SSLALERT.self)
            #expect(alert.dwOrigin == DWORD(SSL_ALERT_SENT))
            #expect(alert.dwAlert == 48)
        }
    }

    /// A certificate that issued none of the others.
    private static func stranger() throws -> [UInt8] { try TestFile.contents(TestFile.folder + "server-rsa2048.pem") }

    @Test("the alert that a peer sent is told with its origin")
    func receivedAlert() async throws {
        try await onThread {
            let listener = try SecureListener { socket in
                let only13: [UInt8] = [1, 0, 0, 0, 7, 0, 0, 0, 4, 3, 0, 0, 0, 0, 0, 0]
                try socket.check("protocols", socket.set(SO_SSL_SET_PROTOCOLS, bytes: only13))
            }
            let client = try TestSocket.client()
            let only12: [UInt8] = [1, 0, 0, 0, 6, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0]
            #expect(client.set(SO_SSL_SET_PROTOCOLS, bytes: only12) == 0)
            #expect(client.connect(listener.port) == WSAECONNABORTED)
            let alert = try client.get(SO_SSL_GET_LAST_ALERT, SSLALERT.self)
            #expect(alert.dwOrigin == DWORD(SSL_ALERT_RECEIVED))
            #expect(alert.dwAlert == 70)
        }
    }

    @Test("a handshake that a server could not finish is none of its program's")
    func failedHandshakeIsNotAccepted() async throws {
        try await onThread {
            let listener = try SecureListener()
            #expect(try TestSocket.client("other.example.org").connect(listener.port) == WSAECONNABORTED)
            let (client, server) = try listener.pair()
            try client.sendAll([7])
            #expect(try server.receive(exactly: 1) == [7])
        }
    }

    // MARK: Without waiting

    @Test("a connect that does not wait goes on by itself, and is writable when it is done")
    func nonBlocking() async throws {
        try await onThread {
            let listener = try SecureListener()
            let client = try TestSocket.client()
            try client.setNonBlocking()
            #expect(client.connect(listener.port) == WSAEWOULDBLOCK)
            #expect(client.poll(Int32(POLLOUT), within: 30_000) == Int32(POLLOUT))
            #expect(client.connect(listener.port) == WSAEISCONN)
            let server = try listener.accept()
            #expect(client.receive().error == WSAEWOULDBLOCK)
            #expect(client.send([5]) == 1)
            #expect(try server.receive(exactly: 1) == [5])
            try server.sendAll([6])
            #expect(client.poll(Int32(POLLIN), within: 30_000) & Int32(POLLIN) != 0)
            #expect(client.receive() == (0, [6]))
        }
    }

    @Test("a connect that fails later says why to whoever asks")
    func nonBlockingFailure() async throws {
        try await onThread {
            let listener = try SecureListener()
            for (name, port, error) in [
                ("other.example.org", listener.port, WSAECONNABORTED),
                ("localhost", try PlainListener.freePort(), WSAECONNREFUSED),
            ] {
                let client = try TestSocket.client(name)
                try client.setNonBlocking()
                #expect(client.connect(port) == WSAEWOULDBLOCK)
                #expect(client.poll(Int32(POLLOUT | POLLIN), within: 30_000) & Int32(POLLERR | POLLHUP) != 0)
                #expect(client.send([1]) == -Int(error))
                #expect(client.receive().error == error)
                #expect(client.text(SO_SSL_GET_ERROR_TEXT) != "")
            }
        }
    }

    @Test("before the connection there is nothing to send to or to receive from")
    func notConnected() async throws {
        try await onThread {
            let client = try TestSocket.client()
            try client.setNonBlocking()
            #expect(client.send([1]) == -Int(WSAENOTCONN))
            #expect(client.receive().error == WSAENOTCONN)
        }
    }

    @Test("a number that is no socket says so everywhere")
    func noSocket() {
        _ = Winsock.started
        #expect(Winsock.error(closesocket(-1)) == WSAENOTSOCK)
        #expect(Winsock.error(securewinsock_shutdown(-1, SD_SEND)) == WSAENOTSOCK)
        unsafe #expect(Winsock.error(securewinsock_send(-1, "", 0, 0)) == WSAENOTSOCK)
        #expect(Winsock.error(securewinsock_listen(-1, 1)) == WSAENOTSOCK)
        #expect(Winsock.error(securewinsock_accept(-1, nil, nil)) == WSAENOTSOCK)
    }

    private func waiting(_ socket: TestSocket) -> Int {
        var count: Int32 = 0
        return unsafe ioctl(socket.number, UInt(FIONREAD), &count) == 0 ? Int(count) : -1
    }
}

/// Waits for a condition that nothing tells of; a quarter of a minute at most.
func waitUntil(_ what: String, _ condition: () -> Bool) throws {
    let end = ContinuousClock.now + .seconds(15)
    while !condition() {
        guard ContinuousClock.now < end else { throw StepFailure("\(what) did not come") }
        usleep(1_000)
    }
}
