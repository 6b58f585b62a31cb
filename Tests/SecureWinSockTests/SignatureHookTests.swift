// SignatureHookTests.swift — a key that is elsewhere: credentials without one, and a function of the program that signs.
// Microsoft's sslsock.h; RFC 8446 §4.4.3.
// Next: WinsockTransferTests.swift.

import CSecureWinSock
import Glibc
import SocketProvider
import TestSupport
import Testing

/// The key of the tests' server, which the library is not given.
private let distantKey: SigningKey? = try? TestIdentity.serverP256().key

/// Signs what it is asked to with ECDSA over P-256, unless the number that the argument points at is another answer.
private func sign(
    _ type: DWORD, _ argument: UnsafeMutableRawPointer?, _ source: UnsafePointer<BYTE>?, _ length: DWORD,
    _ flags: DWORD, _ destination: UnsafeMutablePointer<BYTE>?, _ room: UnsafeMutablePointer<DWORD>?
) -> Int32 {
    guard let answer = unsafe argument?.assumingMemoryBound(to: Int32.self), let destination = unsafe destination,
        let room = unsafe room
    else { return SSL_ERR_BAD_DATA }
    guard unsafe answer.pointee == SSL_ERR_OKAY else { return unsafe answer.pointee }
    let message = unsafe [UInt8](UnsafeBufferPointer(start: source, count: Int(length)))
    guard type == 0x0403, let key = distantKey,
        let signature = try? key.sign(message.span, using: .ecdsa(.sha256))
    else { return SSL_ERR_SIGNATURE }
    guard unsafe signature.count <= Int(room.pointee) else { return SSL_ERR_BAD_LEN }
    unsafe destination.update(from: signature, count: signature.count)
    unsafe room.pointee = DWORD(signature.count)
    return SSL_ERR_OKAY
}

@Suite("WinSock signature hook", .timeLimit(.minutes(5)))
struct SignatureHookTests {
    /// A connection to a server whose key is behind the hook: the client's error.
    private func connect(answer: Int32) throws -> Int32 {
        let argument = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
        unsafe argument.initialize(to: answer)
        defer { unsafe argument.deallocate() }
        let listener = try SecureListener { socket in
            let certificate = Array(TestFile.certificate.utf8)
            try socket.check("credentials", socket.setCredentials(certificate, []))
            let hook = unsafe SSLSIGNATUREHOOK(HookFunc: sign, pvArg: UnsafeMutableRawPointer(argument))
            try socket.check("hook", unsafe socket.set(SO_SSL_SET_SIGNATURE_HOOK, hook))
        }
        let client = try TestSocket.client()
        // Who resumes needs no signature.
        let none = SSLCLIENTOPTS(CacheTimeout: 0, dwCacheEntries: 0, dwFlags: 0)
        try client.check("options", client.set(SO_SSL_SET_CLIENT_OPTS, none))
        let error = client.connect(listener.port)
        guard error == 0 else { return error }
        let server = try listener.accept()
        try client.sendAll([1, 2, 3])
        #expect(try server.receive(exactly: 3) == [1, 2, 3])
        client.close()
        server.close()
        return 0
    }

    @Test("a server proves itself with what the hook signed")
    func signs() async throws {
        #expect(try await onThread { try connect(answer: SSL_ERR_OKAY) == 0 })
    }

    @Test("a hook that does not sign ends the handshake", arguments: [SSL_ERR_FAILED, SSL_ERR_SIGNATURE, -1])
    func refuses(answer: Int32) async throws {
        #expect(try await onThread { try connect(answer: answer) == WSAECONNABORTED })
    }
}
