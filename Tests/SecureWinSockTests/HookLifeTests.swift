// HookLifeTests.swift — hooks that wait, that use their own socket, that close it; and none after closesocket.
// docs/winsock.md.
// Next: AuthRequestHookTests.swift.

import CSecureWinSock
import Foundation
import Glibc
import Synchronization
import Testing

/// What a hook does; the argument of the hook holds one.
private final class Script: Sendable {
    let act: @Sendable () -> Int32
    let calls = Atomic(0)
    let ended = Atomic(0)

    init(_ act: @escaping @Sendable () -> Int32) { self.act = act }

    /// The hook with this script. The script has to outlive the socket.
    var hook: SSLVALIDATECERTHOOK {
        unsafe SSLVALIDATECERTHOOK(HookFunc: play, pvArg: Unmanaged.passUnretained(self).toOpaque())
    }
}

private func play(
    _ type: DWORD, _ argument: UnsafeMutableRawPointer?, _ count: DWORD, _ chain: UnsafeMutablePointer<BLOB>?,
    _ flags: DWORD
) -> Int32 {
    guard let argument = unsafe argument else { return SSL_ERR_BAD_DATA }
    let script = unsafe Unmanaged<Script>.fromOpaque(argument).takeUnretainedValue()
    script.calls.add(1, ordering: .relaxed)
    defer { script.ended.add(1, ordering: .relaxed) }
    return script.act()
}

@Suite("WinSock hooks: their life", .timeLimit(.minutes(5)))
struct HookLifeTests {
    private static func client(_ script: Script) throws -> TestSocket {
        let client = try TestSocket.client()
        try client.check("hook", unsafe client.set(SO_SSL_SET_VALIDATE_CERT_HOOK, script.hook))
        return client
    }

    private static func eventually(_ condition: () -> Bool) -> Bool {
        for _ in 0..<2000 where !condition() { usleep(5000) }
        return condition()
    }

    @Test("hooks that connect and wait hold nobody up, however many there are")
    func waiting() async throws {
        try await onThread {
            let listener = try SecureListener()
            let inner = try SecureListener()
            let acceptors = [listener, inner].map { listener in
                Background { while let socket = try? listener.accept(), socket.send([1]) == 1 {} }
            }
            let port = inner.port
            let script = Script {
                guard let socket = try? TestSocket.client(), socket.connect(port) == 0 else { return SSL_ERR_FAILED }
                return socket.receive(upTo: 1).bytes == [1] ? SSL_ERR_OKAY : SSL_ERR_FAILED
            }
            let clients = try (0..<8).map { _ in try Self.client(script) }
            for client in clients {
                try client.setNonBlocking()
                #expect(client.connect(listener.port) == WSAEWOULDBLOCK)
            }
            for client in clients {
                #expect(client.poll(POLLOUT, within: 60_000) & POLLOUT != 0)
                #expect(client.text(SO_SSL_GET_ERROR_TEXT) == "")
            }
            #expect(script.ended.load(ordering: .relaxed) == 8)
            for client in clients { client.close() }
            listener.socket.close()
            inner.socket.close()
            for acceptor in acceptors { try acceptor.value() }
        }
    }

    @Test("a hook may ask its own socket, and what is set there comes too late")
    func ownSocket() async throws {
        try await onThread {
            let number = Mutex<SOCKET>(INVALID_SOCKET)
            let errors = Mutex<[Int32]>([])
            let script = Script {
                let number = number.withLock { $0 }
                var output = [UInt8](repeating: 0, count: 4)
                var returned: DWORD = 0
                let codes: [(DWORD, [UInt8]?)] = [
                    (SO_SSL_GET_FLAGS, nil), (SO_SSL_SET_PEERNAME, Array("a.example\0".utf8)),
                    (SO_SSL_GET_CONNECTION_INFO, nil), (SO_SSL_PERFORM_HANDSHAKE, nil),
                ]
                let found = codes.map { Winsock.control(number, $0.0, $0.1, &output, returned: &returned) }
                errors.withLock { $0 = found }
                return SSL_ERR_OKAY
            }
            let listener = try SecureListener()
            let client = try Self.client(script)
            number.withLock { $0 = client.number }
            #expect(client.connect(listener.port) == 0)
            #expect(errors.withLock { $0 } == [0, WSAEINVAL, WSAENOTCONN, WSAEINVAL])
            try listener.accept().sendAll([7])
            #expect(try client.receive(exactly: 1) == [7])
            client.close()
        }
    }

    @Test("a hook may close its own socket: the connection fails, whatever the hook answers", arguments: [true, false])
    func closesItself(isBlocking: Bool) async throws {
        try await onThread {
            let number = Mutex<SOCKET>(INVALID_SOCKET)
            let script = Script {
                let number = number.withLock { $0 }
                return closesocket(number) == 0 ? SSL_ERR_OKAY : SSL_ERR_FAILED
            }
            let listener = try SecureListener()
            let client = try Self.client(script)
            number.withLock { $0 = client.number }
            if !isBlocking { try client.setNonBlocking() }
            #expect(client.connect(listener.port) != 0)
            #expect(Self.eventually { script.ended.load(ordering: .relaxed) == 1 })
            client.abandon()
        }
    }

    @Test("closesocket waits for a hook that runs, and none is called afterwards")
    func closedMeanwhile() async throws {
        try await onThread {
            let script = Script {
                usleep(300_000)
                return SSL_ERR_OKAY
            }
            let listener = try SecureListener()
            // Whenever it is closed; the last time while the hook runs, for sure.
            for delay in [UInt32(0), 2000, 20_000, 100_000, nil] {
                let client = try Self.client(script)
                try client.setNonBlocking()
                #expect(client.connect(listener.port) == WSAEWOULDBLOCK)
                let before = script.calls.load(ordering: .relaxed)
                if let delay {
                    usleep(delay)
                } else {
                    #expect(Self.eventually { script.calls.load(ordering: .relaxed) > before })
                }
                client.close()
                let calls = script.calls.load(ordering: .relaxed)
                #expect(script.ended.load(ordering: .relaxed) == calls)
                usleep(200_000)
                #expect(script.calls.load(ordering: .relaxed) == calls)
            }
        }
    }

    @Test("a hook with an argument judges each connection: what the argument points at may have changed")
    func changedArgument() async throws {
        try await onThread {
            let answer = Mutex(SSL_ERR_OKAY)
            let script = Script { answer.withLock { $0 } }
            let listener = try SecureListener()
            for expected in [0, 0, WSAECONNABORTED] {
                if expected != 0 { answer.withLock { $0 = SSL_ERR_FAILED } }
                let client = try Self.client(script)
                #expect(client.connect(listener.port) == expected)
                guard expected == 0 else { continue }
                let server = try listener.accept()
                try server.sendAll([1])
                #expect(try client.receive(exactly: 1) == [1])
            }
            #expect(script.calls.load(ordering: .relaxed) == 3)
        }
    }
}
