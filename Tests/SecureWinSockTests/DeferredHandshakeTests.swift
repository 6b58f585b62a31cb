// DeferredHandshakeTests.swift — STARTTLS: connect, talk plain, then SO_SSL_PERFORM_HANDSHAKE.
// RFC 3207; CVE-2011-0411: what came before the handshake must not be taken for what comes after it.
// Next: ListingTests.swift.

import CSecureWinSock
import Foundation
import Glibc
import Testing

@Suite("WinSock deferred handshake", .timeLimit(.minutes(5)))
struct DeferredHandshakeTests {
    private static let flags = SSL_FLAG_ENABLE | SSL_FLAG_DEFER_HANDSHAKE

    /// A mail server of a few words before the secure listener.
    private func server(_ listener: SecureListener, answer: String = "220 go ahead\r\n") throws -> TestProxy {
        try TestProxy(to: listener.port) { peer in
            try peer.send("220 mail.example.org\r\n")
            guard try peer.line() == "EHLO me" else { throw StepFailure("no greeting") }
            try peer.send("250 STARTTLS\r\n")
            guard try peer.line() == "STARTTLS" else { throw StepFailure("no STARTTLS") }
            try peer.send(answer)
        }
    }

    /// A line of the server's, without what comes after it.
    private func line(_ socket: TestSocket) throws -> String {
        var bytes: [UInt8] = []
        while bytes.last != 10 { bytes += try socket.receive(exactly: 1) }
        return String(decoding: bytes.dropLast(2), as: UTF8.self)
    }

    /// Talks until the handshake can begin.
    private func greet(_ client: TestSocket, _ port: UInt16) throws {
        try client.check("connect", client.connect(port))
        #expect(try line(client) == "220 mail.example.org")
        try client.sendAll(Array("EHLO me\r\n".utf8))
        #expect(try line(client) == "250 STARTTLS")
        try client.sendAll(Array("STARTTLS\r\n".utf8))
        #expect(try line(client) == "220 go ahead")
    }

    @Test(
        "the handshake comes when it is asked for, with the name that is given then or before, or the address",
        arguments: [["localhost", nil], [nil, "localhost"], ["other.example.org", "localhost"], [nil, nil]])
    func starttls(names: [String?]) async throws {
        try await onThread {
            let listener = try SecureListener()
            let proxy = try server(listener)
            let client = try TestSocket.client(names[0], flags: Self.flags)
            try greet(client, proxy.port)
            #expect(client.get(SO_SSL_GET_CONNECTION_INFO, room: 100).error == WSAENOTCONN)
            let name = names[1].map { Array($0.utf8) + [0] }
            try client.check("handshake", client.set(SO_SSL_PERFORM_HANDSHAKE, bytes: name))
            let accepted = try listener.accept()
            try client.sendAll(pattern(100_000))
            #expect(try accepted.receive(exactly: 100_000) == pattern(100_000))
            try accepted.sendAll([1, 2])
            #expect(try client.receive(exactly: 2) == [1, 2])
            #expect(try client.get(SO_SSL_GET_SESSION_INFO, SSLSESSIONINFO.self).dwVersion == 0x0304)
            #expect(client.set(SO_SSL_PERFORM_HANDSHAKE, bytes: nil) == WSAEINVAL)
            #expect(client.close() == 0)
            #expect(try accepted.receiveToEnd() == [])
            #expect(accepted.close() == 0)
            try proxy.value()
        }
    }

    @Test("settings can still be made between the connection and the handshake; flags cannot")
    func settingsInBetween() async throws {
        try await onThread {
            let listener = try SecureListener()
            let proxy = try server(listener)
            let client = try TestSocket()
            #expect(client.set(SO_SSL_SET_FLAGS, DWORD(Self.flags)) == 0)
            try greet(client, proxy.port)
            #expect(client.setTrust(TestFile.root) == 0)
            #expect(client.set(SO_SSL_SET_PEERNAME, text: "localhost") == 0)
            #expect(client.set(SO_SSL_SET_FLAGS, DWORD(SSL_FLAG_ENABLE)) == WSAEINVAL)
            #expect(client.connect(proxy.port) == WSAEISCONN)
            #expect(client.set(SO_SSL_PERFORM_HANDSHAKE, bytes: [0]) == WSAEINVAL)
            try client.check("handshake", client.set(SO_SSL_PERFORM_HANDSHAKE, bytes: nil))
            #expect(client.setTrust(TestFile.root) == WSAEINVAL)
        }
    }

    @Test("a wrong name fails the handshake, and the connection does not go on plain")
    func wrongName() async throws {
        try await onThread {
            let listener = try SecureListener()
            let proxy = try server(listener)
            let client = try TestSocket.client("localhost", flags: Self.flags)
            try greet(client, proxy.port)
            #expect(client.set(SO_SSL_PERFORM_HANDSHAKE, text: "other.example.org") == WSAECONNABORTED)
            #expect(client.text(SO_SSL_GET_ERROR_TEXT).contains("other.example.org"))
            #expect(try client.get(SO_SSL_GET_LAST_ALERT, SSLALERT.self).dwAlert == 42)
            #expect(client.send([1]) == -Int(WSAECONNABORTED))
            #expect(client.receive().error == WSAECONNABORTED)
            #expect(client.set(SO_SSL_PERFORM_HANDSHAKE, text: "localhost") == WSAEINVAL)
        }
    }

    @Test("plain data that came before the handshake refuses it, and the connection goes on plain")
    func injection() async throws {
        try await onThread {
            let listener = try PlainListener()
            let serving = Background {
                let peer = try listener.accept()
                try peer.send("220 go ahead\r\n250 injected\r\n")
                return [try peer.line(), try peer.line()]
            }
            let client = try TestSocket.client("localhost", flags: Self.flags)
            try client.check("connect", client.connect(listener.port))
            #expect(try line(client) == "220 go ahead")
            // The rest came with it and lies with the program, unread.
            #expect(client.poll(Int32(POLLIN), within: 20_000) & Int32(POLLIN) != 0)
            for _ in 0..<3 { #expect(client.set(SO_SSL_PERFORM_HANDSHAKE, bytes: nil) == WSAEINVAL) }
            try client.sendAll(Array("NOOP\r\n".utf8))
            #expect(try line(client) == "250 injected")
            try client.sendAll(Array("QUIT\r\n".utf8))
            #expect(try serving.value() == ["NOOP", "QUIT"])
        }
    }

    @Test("as much unread data as fits nowhere refuses the handshake at once, and none of it is lost")
    func flood() async throws {
        try await onThread {
            let listener = try PlainListener()
            let octets = pattern(3 << 20)
            let serving = Background {
                let peer = try listener.accept()
                try peer.send(octets)
            }
            let client = try TestSocket.client("localhost", flags: Self.flags)
            try client.check("connect", client.connect(listener.port))
            #expect(try client.receive(exactly: 10) == Array(octets.prefix(10)))
            // Until the pump can put no more into the program's end.
            var (waiting, rounds) = (Int32(0), 0)
            try waitUntil("the program's end to be full") {
                var now: Int32 = 0
                guard unsafe ioctl(client.number, UInt(FIONREAD), &now) == 0 else { return false }
                rounds = now == waiting ? rounds + 1 : 0
                waiting = now
                return now > 100_000 && rounds > 200
            }
            let refusal = Background { client.set(SO_SSL_PERFORM_HANDSHAKE, bytes: nil) }
            #expect(try refusal.value(within: 20) == WSAEINVAL)
            let isSame = try client.receive(exactly: octets.count - 10) == Array(octets.dropFirst(10))
            #expect(isSame)
            try serving.value()
        }
    }

    @Test("a peer that ends before the handshake gives an error, not a connection")
    func endBeforeHandshake() async throws {
        try await onThread {
            let listener = try PlainListener()
            let serving = Background { try listener.accept().send("220 go ahead\r\n") }
            let client = try TestSocket.client("localhost", flags: Self.flags)
            try client.check("connect", client.connect(listener.port))
            #expect(try line(client) == "220 go ahead")
            try serving.value()
            let handshake = Background { client.set(SO_SSL_PERFORM_HANDSHAKE, bytes: nil) }
            #expect(try handshake.value(within: 30) != 0)
        }
    }

    @Test("what is not connected, or not deferred, has no handshake to perform")
    func wrongState() async throws {
        try await onThread {
            let fresh = try TestSocket.client("localhost", flags: Self.flags)
            #expect(fresh.set(SO_SSL_PERFORM_HANDSHAKE, bytes: nil) == WSAEINVAL)
            let (client, server) = try SecureListener.pair()
            #expect(client.set(SO_SSL_PERFORM_HANDSHAKE, text: "localhost") == WSAEINVAL)
            #expect(server.set(SO_SSL_PERFORM_HANDSHAKE, bytes: nil) == WSAEINVAL)
        }
    }
}
