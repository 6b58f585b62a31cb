// SecurePair.swift — a listener and its connections in this process, threads for what blocks, and a proxy between.
// Next: TestProxy.swift.

import CSecureWinSock
import Foundation
import Glibc
import Synchronization
import TestSupport

/// Files of TestVectors/certificates.
enum TestFile {
    static let folder = SharedFolder.testVectors + "/certificates/"
    static let root = folder + "root.pem"
    static let certificate = folder + "server-p256.pem"
    static let key = folder + "server-p256.key.pem"

    static func contents(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }
}

extension sockaddr_in {
    init(loopback port: UInt16) {
        self.init()
        sin_family = sa_family_t(AF_INET)
        sin_port = port.bigEndian
        sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    }
}

/// A value as it lies in memory.
func octets<Value: BitwiseCopyable>(of value: Value) -> [UInt8] {
    unsafe withUnsafeBytes(of: value) { unsafe [UInt8]($0) }
}

/// Octets of which no two blocks are alike. Made in blocks, because a debug build counts slowly.
func pattern(_ count: Int) -> [UInt8] {
    let block = (0..<1021).map { UInt8(truncatingIfNeeded: $0 &* 167 ^ $0 >> 3) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 2 * block.count)
    while bytes.count < count {
        bytes += octets(of: UInt32(bytes.count))
        bytes += block
    }
    bytes.removeLast(bytes.count - count)
    return bytes
}

/// Runs what blocks on a thread of its own: the threads of tasks are few, and the library needs them.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
}

/// Work on another thread, whose outcome is waited for.
final class Background<Value: Sendable>: Sendable {
    private let done = DispatchSemaphore(value: 0)
    private let result = Mutex<Result<Value, any Error>?>(nil)

    init(_ body: @escaping @Sendable () throws -> Value) {
        Thread.detachNewThread { [done, self] in
            let outcome = Result { try body() }
            result.withLock { $0 = outcome }
            done.signal()
        }
    }

    /// The outcome, once.
    func value(within seconds: Int = 120) throws -> Value {
        guard done.wait(timeout: .now() + .seconds(seconds)) == .success, let outcome = result.withLock({ $0 }) else {
            throw StepFailure("a thread did not end in \(seconds) s")
        }
        return try outcome.get()
    }
}

/// A secure listener on a loopback port, with the certificate of localhost and 127.0.0.1.
final class SecureListener: Sendable {
    let socket: TestSocket
    let port: UInt16

    init(_ change: (TestSocket) throws -> Void = { _ in }) throws {
        socket = try TestSocket()
        try socket.check("flags", socket.set(SO_SSL_SET_FLAGS, DWORD(SSL_FLAG_ENABLE | SSL_FLAG_SERVER)))
        try socket.check(
            "credentials", socket.setCredentials(Array(TestFile.certificate.utf8), Array(TestFile.key.utf8)))
        try change(socket)
        port = try Self.listen(socket)
    }

    /// Binds to a free port of loopback and listens.
    static func listen(_ socket: TestSocket) throws -> UInt16 {
        var address = sockaddr_in(loopback: 0)
        var length = Int32(MemoryLayout<sockaddr_in>.size)
        try unsafe withUnsafeMutablePointer(to: &address) { pointer in
            let general = unsafe UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: sockaddr.self)
            try socket.check("bind", Winsock.error(unsafe securewinsock_bind(socket.number, general, length)))
            try socket.check("listen", Winsock.error(securewinsock_listen(socket.number, 512)))
            try socket.check(
                "getsockname", Winsock.error(unsafe securewinsock_getsockname(socket.number, general, &length)))
        }
        return UInt16(bigEndian: address.sin_port)
    }

    func accept() throws -> TestSocket { try TestSocket(adopting: securewinsock_accept(socket.number, nil, nil)) }

    /// A connection of this process with itself.
    func pair(name: String? = "localhost") throws -> (client: TestSocket, server: TestSocket) {
        let client = try TestSocket.client(name)
        try client.check("connect", client.connect(port))
        return (client, try accept())
    }

    static func pair() throws -> (client: TestSocket, server: TestSocket) { try SecureListener().pair() }
}

/// A plain TCP listener: what the other side of a test speaks itself.
final class PlainListener: Sendable {
    let port: UInt16
    private let number: Int32

    init() throws {
        let number = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        self.number = number
        var address = sockaddr_in(loopback: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            let general = unsafe UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: sockaddr.self)
            let isBound = unsafe Glibc.bind(number, general, length) == 0 && Glibc.listen(number, 16) == 0
            return unsafe isBound && Glibc.getsockname(number, general, &length) == 0
        }
        guard isListening else { throw StepFailure("no plain listener: errno \(errno)") }
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { Glibc.close(number) }

    func accept() throws -> PlainPeer { try PlainPeer(Glibc.accept(number, nil, nil)) }

    /// A port where nobody listens.
    static func freePort() throws -> UInt16 { try PlainListener().port }
}

/// One plain TCP connection, closed when it is let go.
final class PlainPeer: Sendable {
    let number: Int32
    private let isClosed = Atomic(false)

    init(_ number: Int32) throws {
        guard number >= 0, fcntl(number, F_SETFD, FD_CLOEXEC) == 0 else {
            throw StepFailure("no connection: errno \(errno)")
        }
        self.number = number
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        unsafe setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    convenience init(to port: UInt16) throws {
        try self.init(Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0))
        var address = sockaddr_in(loopback: port)
        let result = unsafe withUnsafeBytes(of: &address) { raw in
            unsafe Glibc.connect(
                number, raw.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t(raw.count))
        }
        guard result == 0 else { throw StepFailure("connect: errno \(errno)") }
    }

    deinit { close() }

    func receive(upTo limit: Int = 65_536) throws -> [UInt8] {
        try unsafe [UInt8](unsafeUninitializedCapacity: limit) { room, count in
            let result = unsafe Glibc.recv(number, room.baseAddress, limit, 0)
            guard result >= 0 else { throw StepFailure("recv: errno \(errno)") }
            count = result
        }
    }

    /// A line without its end; nothing that came after it is taken.
    func line() throws -> String {
        var bytes: [UInt8] = []
        while bytes.last != 10 {
            let more = try receive(upTo: 1)
            guard !more.isEmpty else { throw StepFailure("the end after \(bytes.count) octets of a line") }
            bytes += more
        }
        return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { raw in
                unsafe Glibc.send(number, raw.baseAddress, raw.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw StepFailure("send: errno \(errno)") }
            rest = rest.dropFirst(count)
        }
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Ends both directions, so that whoever waits in a call of it goes on; the number is given back later.
    func cut() { Glibc.shutdown(number, Int32(SHUT_RDWR)) }

    func close() {
        guard !isClosed.exchange(true, ordering: .relaxed) else { return }
        Glibc.close(number)
    }
}
