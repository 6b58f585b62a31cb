// HookTests.swift — functions of the program that judge a peer, and the options for certificates of clients.
// Microsoft's sslsock.h; RFC 8446 §4.3.2, §4.4.2.4.
// Next: SignatureHookTests.swift.

import CSecureWinSock
import Foundation
import Glibc
import Synchronization
import Testing

/// What a hook is to answer, and what it saw: the argument of the hook points at it.
private struct HookRecord {
    var answer: Int32 = 0
    var calls = 0
    var type: DWORD = 0
    var chainLength: DWORD = 0
    var leafLength: ULONG = 0
    var flags: DWORD = 0
    /// What the interface said to a call from within.
    var entriesInside = 0
}

/// Looks at the chain, uses the interface, and answers as the record says.
private func judge(
    _ type: DWORD, _ argument: UnsafeMutableRawPointer?, _ count: DWORD, _ chain: UnsafeMutablePointer<BLOB>?,
    _ flags: DWORD
) -> Int32 {
    guard let record = unsafe argument?.assumingMemoryBound(to: HookRecord.self) else { return SSL_ERR_FAILED }
    unsafe record.pointee.calls += 1
    unsafe record.pointee.type = type
    unsafe record.pointee.chainLength = count
    unsafe record.pointee.leafLength = chain?.pointee.cbSize ?? 0
    unsafe record.pointee.flags = flags
    let inside = (try? TestSocket()).map { $0.set(SO_SSL_SET_PEERNAME, text: "inside.example") }
    unsafe record.pointee.entriesInside = inside == 0 ? Winsock.entries().count : -1
    return unsafe record.pointee.answer
}

@Suite("WinSock hooks", .timeLimit(.minutes(5)))
struct HookTests {
    /// Connects to a server with a hook that gives this answer: the error, the alert's number, and what the hook saw.
    private func connect(
        answer: Int32, name: String = "localhost", trusting file: String = TestFile.root
    ) throws -> (error: Int32, alert: DWORD, seen: HookRecord) {
        let record = UnsafeMutablePointer<HookRecord>.allocate(capacity: 1)
        unsafe record.initialize(to: HookRecord(answer: answer))
        defer { unsafe record.deallocate() }
        let listener = try SecureListener()
        let client = try TestSocket.client(name)
        try client.check("trust", client.setTrust(file))
        let hook = unsafe SSLVALIDATECERTHOOK(HookFunc: judge, pvArg: UnsafeMutableRawPointer(record))
        try client.check("hook", unsafe client.set(SO_SSL_SET_VALIDATE_CERT_HOOK, hook))
        let error = client.connect(listener.port)
        let alert = try client.get(SO_SSL_GET_LAST_ALERT, SSLALERT.self).dwAlert
        // The argument is the hook's until the socket is closed.
        client.close()
        return unsafe (error, alert, record.pointee)
    }

    @Test("a hook that has nothing against the peer is asked once, with the chain, and may use the interface")
    func accepts() async throws {
        try await onThread {
            let (error, _, seen) = try connect(answer: SSL_ERR_OKAY)
            #expect(error == 0)
            #expect(seen.calls == 1)
            #expect(seen.type == DWORD(SSL_CERT_X509))
            #expect(seen.chainLength >= 1)
            #expect(seen.leafLength > 200)
            #expect(seen.flags == 0)
            #expect(seen.entriesInside == 4)
        }
    }

    /// Answers of hooks and the alerts they come to.
    private static let refusals: [(Int32, DWORD)] = [
        (SSL_ERR_FAILED, 42), (SSL_ERR_CERT_EXPIRED, 45), (SSL_ERR_CERT_REVOKED, 44), (SSL_ERR_CERT_UNKNOWN, 46),
        (-1, 42), (4711, 42),
    ]

    @Test("a hook's refusal ends the handshake with the alert of its reason", arguments: refusals)
    func refuses(answer: Int32, alert: DWORD) async throws {
        try await onThread {
            let outcome = try connect(answer: answer)
            #expect(outcome.error == WSAECONNABORTED)
            #expect(outcome.alert == alert)
            #expect(outcome.seen.calls == 1)
        }
    }

    @Test("a hook tells a wrong name from an authority that is not trusted, and may accept either")
    func reasons() async throws {
        try await onThread {
            let name = try connect(answer: SSL_ERR_OKAY, name: "other.example.org")
            #expect(name.seen.flags == DWORD(SSL_CERT_FLAG_WRONG_NAME))
            #expect(name.error == 0)
            let issuer = try connect(answer: SSL_ERR_OKAY, trusting: TestFile.folder + "server-rsa2048.pem")
            #expect(issuer.seen.flags == DWORD(SSL_CERT_FLAG_ISSUER_UNKNOWN))
            #expect(issuer.error == 0)
            #expect(try connect(answer: SSL_ERR_FAILED, name: "other.example.org").error == WSAECONNABORTED)
        }
    }

    @Test("hooks are what was set; none is set at first; the wrong size and NULL are refused")
    func controls() throws {
        let socket = try TestSocket()
        for (get, set) in [
            (SO_SSL_GET_VALIDATE_CERT_HOOK, SO_SSL_SET_VALIDATE_CERT_HOOK),
            (SO_SSL_GET_SIGNATURE_HOOK, SO_SSL_SET_SIGNATURE_HOOK),
        ] {
            #expect(socket.get(get, room: 16) == (0, [UInt8](repeating: 0, count: 16), 16))
            #expect(socket.get(get, room: 15).error == WSAEFAULT)
            #expect(socket.set(set, bytes: [UInt8](repeating: 0, count: 15)) == WSAEINVAL)
            #expect(socket.set(set, bytes: nil) == WSAEFAULT)
            #expect(socket.set(set, bytes: [UInt8](repeating: 0, count: 16)) == 0)
        }
        let hook = unsafe SSLVALIDATECERTHOOK(HookFunc: judge, pvArg: nil)
        let bytes = unsafe withUnsafeBytes(of: hook) { unsafe [UInt8]($0) }
        #expect(socket.set(SO_SSL_SET_VALIDATE_CERT_HOOK, bytes: bytes) == 0)
        #expect(socket.get(SO_SSL_GET_VALIDATE_CERT_HOOK, room: 16).bytes == bytes)
        let none = [UInt8](repeating: 0, count: 16)
        #expect(socket.set(SO_SSL_SET_VALIDATE_CERT_HOOK, bytes: none) == 0)
        #expect(socket.get(SO_SSL_GET_VALIDATE_CERT_HOOK, room: 16).bytes == none)
    }

    // MARK: Certificates of clients

    /// SSLCLIENTAUTHOPTS without issuers.
    private func options(_ request: Int32, redo: DWORD = 0, type: Int32 = SSL_CERT_X509, flags: DWORD = 0) -> [UInt8] {
        let value = unsafe SSLCLIENTAUTHOPTS(
            dwRequestClientAuth: DWORD(request), dwRedoHandshake: redo, dwType: DWORD(type), dwIssuerCount: 0,
            pIssuerList: nil, dwFlags: flags)
        return unsafe withUnsafeBytes(of: value) { unsafe [UInt8]($0) }
    }

    @Test("options for certificates of clients are what was set, and nothing is renegotiated")
    func clientAuthControls() throws {
        let socket = try TestSocket()
        for request in [SSL_AUTH_OPTIONAL, SSL_AUTH_REQUIRED, SSL_AUTH_NONE, SSL_AUTH_REQUIRED] {
            #expect(socket.set(SO_SSL_SET_CLIENT_AUTH_OPTS, bytes: options(request)) == 0)
            #expect(socket.get(SO_SSL_GET_CLIENT_AUTH_OPTS, room: 32).bytes.prefix(4) == [UInt8(request), 0, 0, 0])
        }
        #expect(socket.set(SO_SSL_SET_CLIENT_AUTH_OPTS, bytes: options(1, redo: 1)) == WSAEOPNOTSUPP)
        #expect(socket.set(SO_SSL_SET_CLIENT_AUTH_OPTS, bytes: options(3)) == WSAEINVAL)
        #expect(socket.set(SO_SSL_SET_CLIENT_AUTH_OPTS, bytes: options(1, type: 2)) == WSAEINVAL)
        #expect(socket.set(SO_SSL_SET_CLIENT_AUTH_OPTS, bytes: options(1, flags: 1)) == WSAEINVAL)
        #expect(socket.set(SO_SSL_SET_CLIENT_AUTH_OPTS, bytes: Array(options(1).dropLast())) == WSAEINVAL)
        #expect(socket.set(SO_SSL_SET_CLIENT_AUTH_OPTS, bytes: nil) == WSAEFAULT)
        #expect(socket.get(SO_SSL_GET_CLIENT_AUTH_OPTS, room: 31).error == WSAEFAULT)
        #expect(socket.get(SO_SSL_GET_CLIENT_AUTH_OPTS, room: 32).bytes.first == UInt8(SSL_AUTH_REQUIRED))
    }

    @Test("a server that requires a certificate gets the client's, and talks to no client without one")
    func clientCertificates() async throws {
        try await onThread {
            let listener = try SecureListener { socket in
                let flags = SSL_FLAG_ENABLE | SSL_FLAG_SERVER | SSL_FLAG_AUTH_CLIENT
                try socket.check("flags", socket.set(SO_SSL_SET_FLAGS, DWORD(flags)))
                try socket.check("trust", socket.setTrust(TestFile.root))
                try socket.check("auth", socket.set(SO_SSL_SET_CLIENT_AUTH_OPTS, bytes: options(SSL_AUTH_REQUIRED)))
            }
            // TLS 1.3: a client learns of its refusal with the first data.
            let stranger = try TestSocket.client()
            if stranger.connect(listener.port) == 0 { #expect(stranger.receive().error != 0) }
            let client = try TestSocket.client()
            let files = ["client-p256.pem", "client-p256.key.pem"].map { Array((TestFile.folder + $0).utf8) }
            try client.check("credentials", client.setCredentials(files[0], files[1]))
            try client.check("connect", client.connect(listener.port))
            let server = try listener.accept()
            try client.sendAll([1])
            #expect(try server.receive(exactly: 1) == [1])
            let certificates = server.get(SO_SSL_GET_PEER_CERTS, room: 9000)
            #expect(certificates.error == 0)
            #expect(certificates.returned > 200)
        }
    }

    @Test("the policy in force is an object of JSON")
    func policy() throws {
        let text = try TestSocket().text(SO_SSL_GET_POLICY)
        #expect(try JSONSerialization.jsonObject(with: Data(text.utf8)) is [String: Any])
    }
}
