// AuthRequestHookTests.swift — a function of the program that chooses a client's certificate when a server asks for one.
// Microsoft's sslsock.h; RFC 8446 §4.3.2, §4.4.2; RFC 5246 §7.4.4, §7.4.6.
// Next: KeyExchangeHookTests.swift.

import CSecureWinSock
import Glibc
import SocketProvider
import TestSupport
import Testing

/// What the hook gives, and what it saw.
@safe
private final class Choice {
    /// Each in memory of its own, as a program has it.
    let list: UnsafeMutableBufferPointer<BLOB>
    var answer = SSL_ERR_OKAY
    var count: DWORD
    var calls = 0
    var issuers: [[UInt8]] = []

    init(_ chain: [[UInt8]]) {
        unsafe list = .allocate(capacity: chain.count)
        for (index, octets) in chain.enumerated() {
            let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, octets.count))
            _ = unsafe copy.initialize(from: octets)
            unsafe list.initializeElement(at: index, to: BLOB(cbSize: ULONG(octets.count), pBlobData: copy.baseAddress))
        }
        count = DWORD(chain.count)
    }

    deinit {
        for index in unsafe list.indices { unsafe list[index].pBlobData.deallocate() }
        unsafe list.deallocate()
    }

    var hook: SSLAUTHREQUESTHOOK {
        unsafe SSLAUTHREQUESTHOOK(HookFunc: choose, pvArg: Unmanaged.passUnretained(self).toOpaque())
    }
}

private func choose(
    _ type: DWORD, _ argument: UnsafeMutableRawPointer?, _ issuerCount: DWORD, _ issuers: UnsafeMutablePointer<BLOB>?,
    _ flags: DWORD, _ chainLength: UnsafeMutablePointer<DWORD>?,
    _ chain: UnsafeMutablePointer<UnsafeMutablePointer<BLOB>?>?
) -> Int32 {
    guard type == DWORD(SSL_CERT_X509), let argument = unsafe argument else { return SSL_ERR_BAD_TYPE }
    let choice = unsafe Unmanaged<Choice>.fromOpaque(argument).takeUnretainedValue()
    choice.calls += 1
    choice.issuers = (0..<Int(issuerCount)).map { index in
        guard let blob = unsafe issuers?[index] else { return [] }
        return unsafe [UInt8](UnsafeBufferPointer(start: blob.pBlobData, count: Int(blob.cbSize)))
    }
    unsafe chainLength?.pointee = choice.count
    unsafe chain?.pointee = choice.list.baseAddress
    return choice.answer
}

/// The key of the tests' client, which the library is not given.
private let distantKey: SigningKey? = try? TestIdentity.clientP256().key

/// SSLSIGNATUREHOOK with that key.
private func sign(
    _ type: DWORD, _ argument: UnsafeMutableRawPointer?, _ source: UnsafePointer<BYTE>?, _ length: DWORD,
    _ flags: DWORD, _ destination: UnsafeMutablePointer<BYTE>?, _ room: UnsafeMutablePointer<DWORD>?
) -> Int32 {
    let message = unsafe [UInt8](UnsafeBufferPointer(start: source, count: Int(length)))
    guard type == 0x0403, let signature = try? distantKey?.sign(message.span, using: .ecdsa(.sha256)) else {
        return SSL_ERR_SIGNATURE
    }
    unsafe destination?.update(from: signature, count: signature.count)
    unsafe room?.pointee = DWORD(signature.count)
    return SSL_ERR_OKAY
}

@Suite("WinSock auth-request hook", .timeLimit(.minutes(5)))
struct AuthRequestHookTests {
    /// TLS 1.2 and TLS 1.3, as SSLPROTOCOLS says it.
    static let protocols: [DWORD] = [DWORD(SSL_PROTOCOL_TLS1_2), DWORD(SSL_PROTOCOL_TLS1_3)]

    /// A server that asks for certificates, and one connection: the certificates that the server got; nil when it refused.
    private static func connect(
        _ protocolNumber: DWORD, _ choice: Choice, isRequired: Bool = true, isRefused: Bool = false,
        _ prepare: (TestSocket) throws -> Void = { _ in }
    ) throws -> [UInt8]? {
        let listener = try SecureListener { socket in
            let flags = SSL_FLAG_ENABLE | SSL_FLAG_SERVER | SSL_FLAG_AUTH_CLIENT
            try socket.check("flags", socket.set(SO_SSL_SET_FLAGS, DWORD(flags)))
            try socket.check("trust", socket.setTrust(TestFile.root))
            guard !isRequired else { return }
            let options = unsafe SSLCLIENTAUTHOPTS(
                dwRequestClientAuth: DWORD(SSL_AUTH_OPTIONAL), dwRedoHandshake: 0, dwType: DWORD(SSL_CERT_X509),
                dwIssuerCount: 0, pIssuerList: nil, dwFlags: 0)
            try socket.check("auth", unsafe socket.set(SO_SSL_SET_CLIENT_AUTH_OPTS, options))
        }
        let client = try TestSocket.client()
        let versions = [DWORD(1), protocolNumber, 0, 0].flatMap { octets(of: $0) }
        try client.check("protocols", client.set(SO_SSL_SET_PROTOCOLS, bytes: versions))
        try client.check("hook", unsafe client.set(SO_SSL_SET_AUTH_REQUEST_HOOK, choice.hook))
        try prepare(client)
        defer { client.close() }
        guard client.connect(listener.port) == 0 else { return nil }
        // TLS 1.3: a client learns of its refusal with the first data.
        guard !isRefused else { return client.receive(upTo: 1).error != 0 ? nil : [] }
        try client.sendAll([1])
        let server = try listener.accept()
        #expect(try server.receive(exactly: 1) == [1])
        let found = server.get(SO_SSL_GET_PEER_CERTS, room: 9000)
        try server.check("peer's certificates", found.error)
        let header = unsafe 8 + MemoryLayout<BLOB>.stride
        return found.bytes.count > header ? Array(found.bytes.dropFirst(header)) : []
    }

    @Test(
        "the hook learns whom the server accepts; the key of the credentials signs for their certificate",
        arguments: protocols)
    func ownKey(protocolNumber: DWORD) async throws {
        try await onThread {
            let own = try TestIdentity.clientP256().certificates.map(\.derEncoded)
            let choice = Choice(own)
            let received = try Self.connect(protocolNumber, choice) { client in
                let files = ["client-p256.pem", "client-p256.key.pem"].map { Array((TestFile.folder + $0).utf8) }
                try client.check("credentials", client.setCredentials(files[0], files[1]))
            }
            #expect(received == own.first)
            #expect(choice.calls == 1)
            #expect(choice.issuers == (try TestCertificates.trust().certificates.map(\.subject.derEncoded)))
        }
    }

    @Test("for any other certificate the signature hook signs", arguments: protocols)
    func signatureHook(protocolNumber: DWORD) async throws {
        try await onThread {
            let own = try TestIdentity.clientP256().certificates.map(\.derEncoded)
            let received = try Self.connect(protocolNumber, Choice(own)) { client in
                let hook = unsafe SSLSIGNATUREHOOK(HookFunc: sign, pvArg: nil)
                try client.check("hook", unsafe client.set(SO_SSL_SET_SIGNATURE_HOOK, hook))
            }
            #expect(received == own.first)
            // Without one there is nobody who signs.
            #expect(try Self.connect(protocolNumber, Choice(own), isRefused: true) == nil)
        }
    }

    @Test("a hook without a certificate leaves the client without one", arguments: protocols)
    func none(protocolNumber: DWORD) async throws {
        try await onThread {
            let own = try TestIdentity.clientP256().certificates.map(\.derEncoded)
            for answer in [SSL_ERR_NO_CERT, SSL_ERR_FAILED, -1] {
                let choice = Choice(own)
                choice.answer = answer
                #expect(try Self.connect(protocolNumber, choice, isRequired: false) == [])
                #expect(choice.calls == 1)
            }
            // What is no chain is none: nothing, no certificate, no octets, and more than there can be.
            let empty = Choice([])
            for choice in [empty, Choice([[1, 2, 3]]), Choice([own[0], []])] {
                #expect(try Self.connect(protocolNumber, choice, isRequired: false) == [])
            }
            let long = Choice(own)
            long.count = .max
            #expect(try Self.connect(protocolNumber, long, isRequired: false) == [])
            let refused = Choice(own)
            refused.answer = SSL_ERR_NO_CERT
            #expect(try Self.connect(protocolNumber, refused, isRefused: true) == nil)
        }
    }
}
