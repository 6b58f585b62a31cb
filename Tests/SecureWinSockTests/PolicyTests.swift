// PolicyTests.swift — an administrator's policy: who may write it, what it says, and that it cannot be loosened.
// docs/winsock.md.
// Next: ListingTests.swift.

import CSecureWinSock
import Foundation
import Glibc
import SecureWinSock
import SocketProvider
import TestSupport
import Testing

@Suite("The administrator's policy")
struct PolicyTests {
    /// A folder and a file of root alone, gone afterwards; nil for who is not root.
    static func withFile(
        _ contents: String, mode: mode_t = 0o644, folder folderMode: mode_t = 0o755, _ body: (String) throws -> Void
    ) throws {
        guard geteuid() == 0 else {
            print("skipped: only root can make a policy file")
            return
        }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("policy-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("policy.json").path
        try Data(contents.utf8).write(to: URL(fileURLWithPath: path))
        #expect(unsafe chmod(path, mode) == 0)
        #expect(unsafe chmod(folder.path, folderMode) == 0)
        try body(path)
    }

    @Test("No file is no policy")
    func absent() throws {
        #expect(try Policy.load("/nowhere/policy.json") == nil)
    }

    @Test("What is said of a program takes the place of what is said of all")
    func programs() throws {
        let program = SystemProcess.executablePath
        #expect(program.hasPrefix("/"))
        let text = """
            {"default": {"minimumVersion": "TLS 1.2", "cacheTimeout": 300},
             "programs": {"\(program)": {"minimumVersion": "TLS 1.3"}, "/bin/other": {"cacheTimeout": 1}}}
            """
        try Self.withFile(text) { path in
            let policy = try #require(try Policy.load(path))
            #expect(policy.minimumVersion == "TLS 1.3")
            #expect(policy.cacheTimeout == 300)
            #expect(policy.trust == nil)
            #expect(policy.text == #"{"cacheTimeout":300,"minimumVersion":"TLS 1.3"}"#)
        }
    }

    @Test("A file, or a folder, that others than root can write is refused", arguments: [mode_t(0o664), 0o646, 0o666])
    func writable(_ mode: mode_t) throws {
        try Self.withFile("{}", mode: mode) { path in
            let error = #expect(throws: PolicyError.self) { try Policy.load(path) }
            #expect(error?.reason.contains("root") == true)
        }
        try Self.withFile("{}", folder: mode | 0o111) { path in
            #expect(throws: PolicyError.self) { try Policy.load(path) }
        }
    }

    @Test("A file of somebody else is refused")
    func foreign() throws {
        try Self.withFile("{}") { path in
            #expect(unsafe chown(path, 1000, 1000) == 0)
            #expect(throws: PolicyError.self) { try Policy.load(path) }
        }
    }

    @Test(
        "What cannot be understood is refused, and not passed over",
        arguments: [
            "", "[]", "{", #"{"default": {"minimumVersion": "TLS 1.1"}}"#, #"{"default": {"minimumVersion": 13}}"#,
            #"{"default": {"cacheTimeout": -1}}"#, #"{"default": {"cacheTimeout": 604801}}"#, #"{"programs": []}"#,
            #"{"default": {"minimumVersoin": "TLS 1.3"}}"#, #"{"defaults": {}}"#,
            #"{"default": {"trust": "authorities.pem"}}"#, #"{"programs": {"/bin/a": {"trust": "./a.pem"}}}"#,
        ])
    func malformed(_ text: String) throws {
        try Self.withFile(text) { path in
            #expect(throws: PolicyError.self) { try Policy.load(path) }
        }
    }

    /// Whether a test can have a policy of its own: only root can make one, and only a debug build reads another than the
    /// installed one.
    private static func canBeElsewhere() -> Bool {
        #if DEBUG
        if geteuid() == 0 { return true }
        print("skipped: only root can make a policy file")
        #else
        print("skipped: this build reads the installed policy alone")
        #endif
        return false
    }

    #if !DEBUG
    @Test("The environment does not name another policy")
    func environment() async {
        await #expect(processExitsWith: .success) {
            try PolicyTests.withFile("{", mode: 0o644) { path in
                #expect(unsafe setenv("SECUREWINSOCK_TEST_POLICY", path, 1) == 0)
                var data = unsafe WSADATA()
                // The file that it names could not be obeyed.
                #expect(unsafe WSAStartup(0x0202, &data) == 0)
                #expect(WSACleanup() == 0)
            }
        }
    }
    #endif

    @Test("A program that would fall below the policy is refused; one that asks for nothing is tightened")
    func obeyed() async throws {
        guard PolicyTests.canBeElsewhere() else { return }
        await #expect(processExitsWith: .success) {
            try PolicyTests.withFile(#"{"default": {"minimumVersion": "TLS 1.3", "cacheTimeout": 60}}"#) { path in
                #expect(unsafe setenv("SECUREWINSOCK_TEST_POLICY", path, 1) == 0)
                var data = unsafe WSADATA()
                try #require(unsafe WSAStartup(0x0202, &data) == 0)
                let socket = try PolicyTests.secureSocket()
                var text = [CChar](repeating: 0, count: 256)
                try #require(
                    unsafe WSAIoctl(socket, 0x5073_004a, nil, 0, &text, DWORD(text.count), nil, nil, nil) == 0)
                let end = text.firstIndex(of: 0) ?? 0
                #expect(
                    String(decoding: text[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
                        == #"{"cacheTimeout":60,"minimumVersion":"TLS 1.3"}"#)
                // TLS 1.2 alone.
                var protocols: [DWORD] = [1, DWORD(SSL_PROTOCOL_TLS1_2), 0x0303, 0]
                try #require(
                    unsafe WSAIoctl(socket, 0x9073_0003, &protocols, 16, nil, 0, nil, nil, nil) == 0)
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_port = in_port_t(9).bigEndian
                address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
                let result = unsafe withUnsafePointer(to: &address) { pointer in
                    unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        unsafe securewinsock_connect(socket, $0, Int32(MemoryLayout<sockaddr_in>.size))
                    }
                }
                #expect(result == SOCKET_ERROR)
                #expect(WSAGetLastError() == WSAEACCES)
                #expect(closesocket(socket) == 0)
                #expect(WSACleanup() == 0)
            }
        }
    }

    @Test("With a policy that cannot be obeyed WSAStartup fails")
    func refusesToStart() async throws {
        guard PolicyTests.canBeElsewhere() else { return }
        await #expect(processExitsWith: .success) {
            try PolicyTests.withFile("{", mode: 0o644) { path in
                #expect(unsafe setenv("SECUREWINSOCK_TEST_POLICY", path, 1) == 0)
                var data = unsafe WSADATA()
                #expect(unsafe WSAStartup(0x0202, &data) == WSASYSNOTREADY)
            }
        }
    }

    /// A policy in a process of its own, which is told to obey it, and what it does then.
    private static func inForce(_ text: String, _ body: () throws -> Void) throws {
        try PolicyTests.withFile(text) { path in
            #expect(unsafe setenv("SECUREWINSOCK_TEST_POLICY", path, 1) == 0)
            try #require(Winsock.started == 0)
            try body()
        }
    }

    @Test("Where a policy says whom to trust, a program may trust part of it, and a hook refuses and does not accept")
    func trust() async throws {
        guard PolicyTests.canBeElsewhere() else { return }
        await #expect(processExitsWith: .success) {
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("trust-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let trusted = folder.appendingPathComponent("anchors.pem").path
            try Data(try TestFile.contents(TestFile.root)).write(to: URL(fileURLWithPath: trusted))
            #expect(unsafe chmod(trusted, 0o644) == 0 && chmod(folder.path, 0o755) == 0)
            try PolicyTests.inForce(#"{"default": {"trust": "\#(trusted)"}}"#) {
                let accepting = unsafe SSLVALIDATECERTHOOK(HookFunc: { _, _, _, _, _ in SSL_ERR_OKAY }, pvArg: nil)
                let refusing = unsafe SSLVALIDATECERTHOOK(HookFunc: { _, _, _, _, _ in SSL_ERR_FAILED }, pvArg: nil)
                let listener = try SecureListener()
                let stranger = try MadeIdentity()
                let strange = try stranger.listen()
                func connect(_ port: UInt16, _ prepare: (TestSocket) throws -> Void = { _ in }) throws -> Int32 {
                    let client = try TestSocket()
                    try client.check("name", client.set(SO_SSL_SET_PEERNAME, text: "localhost"))
                    try prepare(client)
                    return client.connect(port)
                }
                let standard = try connect(listener.port)
                #expect(standard == 0)
                let system = try connect(listener.port) { #expect($0.setTrust("", SSL_TYPE_SYSTEM) == 0) }
                #expect(system == 0)
                let refused = try connect(listener.port) {
                    #expect(unsafe $0.set(SO_SSL_SET_VALIDATE_CERT_HOOK, refusing) == 0)
                }
                #expect(refused == WSAECONNABORTED)
                // Neither a hook nor trust of its own lets a program trust anybody else.
                let hooked = try connect(strange.port) {
                    #expect(unsafe $0.set(SO_SSL_SET_VALIDATE_CERT_HOOK, accepting) == 0)
                }
                #expect(hooked == WSAECONNABORTED)
                let own = try connect(strange.port) {
                    #expect($0.setTrust(String(decoding: stranger.authority, as: UTF8.self), SSL_TYPE_PEM) == 0)
                }
                #expect(own == WSAEACCES)
                // Whoever can write the file decides who is trusted.
                #expect(unsafe chmod(trusted, 0o666) == 0)
                let writable = try connect(listener.port)
                #expect(writable != 0)
            }
        }
    }

    @Test("A policy's cache timeout ends sessions that a program would resume")
    func cacheTimeout() async throws {
        guard PolicyTests.canBeElsewhere() else { return }
        await #expect(processExitsWith: .success) {
            try PolicyTests.inForce(#"{"default": {"cacheTimeout": 1}}"#) {
                let listener = try SecureListener()
                func isResumed() throws -> Bool {
                    let (client, server) = try listener.pair()
                    try server.sendAll([1])
                    _ = try client.receive(exactly: 1)
                    let info = try client.get(SO_SSL_GET_SESSION_INFO, SSLSESSIONINFO.self)
                    return info.dwFlags & DWORD(SSL_SESSION_RESUMED) != 0
                }
                let first = try isResumed()
                let second = try isResumed()
                usleep(2_100_000)
                let third = try isResumed()
                #expect([first, second, third] == [false, true, false])
            }
        }
    }

    static func secureSocket() throws -> SOCKET {
        var list = [WSAPROTOCOL_INFO](repeating: WSAPROTOCOL_INFO(), count: 8)
        var length = DWORD(list.count * MemoryLayout<WSAPROTOCOL_INFO>.stride)
        let count = unsafe WSAEnumProtocols(nil, &list, &length)
        var info = try #require(
            list.prefix(Int(max(0, count))).first {
                $0.iSecurityScheme == SECURITY_PROTOCOL_SSL && $0.iAddressFamily == AF_INET
            })
        let socket = unsafe WSASocket(-1, -1, -1, &info, 0, 0)
        try #require(socket != INVALID_SOCKET)
        return socket
    }
}
