// KeyExchangeHookTests.swift — a function of the program that decrypts for TLS 1.2 without forward secrecy; weaknesses.
// Microsoft's sslsock.h; RFC 5246 §7.4.7.1; RFC 9325 §4.1.
// Next: SignatureHookTests.swift.

import CSecureWinSock
import Foundation
import Glibc
import TestSupport
import Testing

/// What the hook does with what openssl decrypted.
private enum Decryption: Int32 {
    case right, wrong, tooShort, failed
}

/// The bare RSA operation with the key of the tests' server, by openssl.
private func decrypt(_ encrypted: [UInt8]) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
        "openssl", "pkeyutl", "-decrypt", "-inkey", TestFile.folder + "server-rsa2048-encipherment.key.pem", "-pkeyopt",
        "rsa_padding_mode:none",
    ]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.runAlone()
    try input.fileHandleForWriting.write(contentsOf: Data(encrypted))
    try input.fileHandleForWriting.close()
    let decrypted = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return [UInt8](decrypted)
}

/// SSLKEYEXCHANGEHOOK.
private func exchange(
    _ type: DWORD, _ argument: UnsafeMutableRawPointer?, _ source: UnsafePointer<BYTE>?, _ length: DWORD,
    _ flags: DWORD, _ destination: UnsafeMutablePointer<BYTE>?, _ room: UnsafeMutablePointer<DWORD>?
) -> Int32 {
    guard type == DWORD(EXCH_RSADECRYPT), length == 256, let room = unsafe room, unsafe room.pointee >= 256,
        let kind = unsafe argument?.assumingMemoryBound(to: Int32.self).pointee
    else { return SSL_ERR_BAD_TYPE }
    guard var octets = unsafe try? decrypt([UInt8](UnsafeBufferPointer(start: source, count: Int(length)))) else {
        return SSL_ERR_FAILED
    }
    switch Decryption(rawValue: kind) {
    case .right: break
    case .wrong: octets[255] ^= 1
    case .tooShort: octets.removeFirst()
    case .failed, nil: return SSL_ERR_FAILED
    }
    unsafe destination?.update(from: octets, count: octets.count)
    unsafe room.pointee = DWORD(octets.count)
    return SSL_ERR_OKAY
}

@Suite("WinSock key-exchange hook", .timeLimit(.minutes(5)))
struct KeyExchangeHookTests {
    private static let suite: DWORD = 0x009c  // TLS_RSA_WITH_AES_128_GCM_SHA256

    private static func acceptRSA(_ socket: TestSocket) throws {
        try socket.check("weaknesses", socket.set(SO_SSL_SET_WEAKNESSES, DWORD(SSL_WEAK_NO_FORWARD_SECRECY)))
        let suites = [DWORD(SSL_PROTOCOL_TLS1_2), 1, suite].flatMap { octets(of: $0) }
        try socket.check("ciphers", socket.set(SO_SSL_SET_CIPHERS, bytes: suites))
        let versions = [DWORD(1), DWORD(SSL_PROTOCOL_TLS1_2), 0, 0].flatMap { octets(of: $0) }
        try socket.check("protocols", socket.set(SO_SSL_SET_PROTOCOLS, bytes: versions))
    }

    /// A connection to a server whose key is behind the hook: the client's error.
    private static func connect(_ kind: Decryption) throws -> Int32 {
        let argument = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
        unsafe argument.initialize(to: kind.rawValue)
        defer { unsafe argument.deallocate() }
        let listener = try SecureListener { socket in
            try acceptRSA(socket)
            let hook = unsafe SSLKEYEXCHANGEHOOK(HookFunc: exchange, pvArg: UnsafeMutableRawPointer(argument))
            try socket.check("hook", unsafe socket.set(SO_SSL_SET_KEY_EXCH_HOOK, hook))
            let certificate = Array((TestFile.folder + "server-rsa2048-encipherment.pem").utf8)
            try socket.check("credentials", socket.setCredentials(certificate, []))
        }
        defer { listener.socket.close() }
        let client = try TestSocket.client()
        try acceptRSA(client)
        // Who resumes needs no key.
        let none = SSLCLIENTOPTS(CacheTimeout: 0, dwCacheEntries: 0, dwFlags: 0)
        try client.check("options", client.set(SO_SSL_SET_CLIENT_OPTS, none))
        let error = client.connect(listener.port)
        guard error == 0 else { return error }
        let server = try listener.accept()
        let info = try server.get(SO_SSL_GET_SESSION_INFO, SSLSESSIONINFO.self)
        #expect(info.dwCipherSuite == suite)
        #expect(try client.get(SO_SSL_GET_CONNECTION_INFO, SSLCONNECTIONINFO.self).aiExch == DWORD(CALG_RSA_KEYX))
        try client.sendAll([1, 2, 3])
        #expect(try server.receive(exactly: 3) == [1, 2, 3])
        client.close()
        server.close()
        return 0
    }

    @Test("a server decrypts with what the hook gave, and with anything else the handshake ends at Finished")
    func decrypts() async throws {
        try await onThread {
            guard (try? decrypt([UInt8](repeating: 1, count: 256)).count) == 256 else {
                print("skipped: openssl is not installed")
                return
            }
            let error = try Self.connect(.right)
            #expect(error == 0)
            for kind in [Decryption.wrong, .tooShort, .failed] {
                let error = try Self.connect(kind)
                #expect(error == WSAECONNABORTED, "\(kind)")
            }
        }
    }

    @Test("suites that have a weakness are taken when it is accepted, and it cannot be taken back then")
    func weaknesses() throws {
        let socket = try TestSocket()
        let suites = [DWORD(SSL_PROTOCOL_TLS1_2), 1, Self.suite].flatMap { octets(of: $0) }
        #expect(try socket.get(SO_SSL_GET_WEAKNESSES, DWORD.self) == 0)
        #expect(socket.set(SO_SSL_SET_CIPHERS, bytes: suites) == WSAEINVAL)
        for bad: DWORD in [8, .max] { #expect(socket.set(SO_SSL_SET_WEAKNESSES, bad) == WSAEINVAL) }
        #expect(try socket.get(SO_SSL_GET_WEAKNESSES, DWORD.self) == 0)
        for other in [SSL_WEAK_CBC_PADDING_TIMING, SSL_WEAK_GROUP_CHOSEN_BY_SERVER] {
            #expect(socket.set(SO_SSL_SET_WEAKNESSES, DWORD(other)) == 0)
            #expect(socket.set(SO_SSL_SET_CIPHERS, bytes: suites) == WSAEINVAL)
        }
        #expect(socket.set(SO_SSL_SET_WEAKNESSES, DWORD(7)) == 0)
        #expect(socket.set(SO_SSL_SET_CIPHERS, bytes: suites) == 0)
        #expect(socket.set(SO_SSL_SET_WEAKNESSES, DWORD(3)) == WSAEINVAL)
        #expect(socket.set(SO_SSL_SET_WEAKNESSES, DWORD(SSL_WEAK_NO_FORWARD_SECRECY)) == 0)
        #expect(try socket.get(SO_SSL_GET_WEAKNESSES, DWORD.self) == DWORD(SSL_WEAK_NO_FORWARD_SECRECY))
    }
}
