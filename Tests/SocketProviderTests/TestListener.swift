// TestListener.swift — the other end of the tests: a listener and peers on plain blocking sockets.
// Written on the C library alone, so that a mistake of the module under test is not repeated here.
// Next: ToyPackage.swift.

import Foundation
import SocketProvider
import Synchronization
import Testing

/// A system call of the test's own end that failed.
struct TestFailure: Error, CustomStringConvertible {
    let description: String
    init(_ call: String) { description = "\(call): \(unsafe String(cString: strerror(errno)))" }
}

/// Listens on a loopback port of the system's choice.
final class TestListener: Sendable {
    let address: SocketAddress
    private let number: Int32

    init(_ family: AddressFamily = .ipv4, backlog: Int32 = 128, receiveBuffer: Int32? = nil) throws {
        let number = socket(
            family == .ipv4 ? AF_INET : AF_INET6, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw TestFailure("socket") }
        self.number = number
        if var size = receiveBuffer { unsafe setsockopt(number, SOL_SOCKET, SO_RCVBUF, &size, 4) }
        let port = family == .ipv4 ? try Self.bindIPv4(number) : try Self.bindIPv6(number)
        guard listen(number, backlog) == 0 else { throw TestFailure("listen") }
        guard let address = SocketAddress(family == .ipv4 ? "127.0.0.1" : "::1", port: port) else {
            throw TestFailure("address")
        }
        self.address = address
    }

    private static func bindIPv4(_ number: Int32) throws -> UInt16 {
        var system = sockaddr_in()
        system.sin_family = sa_family_t(AF_INET)
        system.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        try unsafe withUnsafeMutablePointer(to: &system) { pointer in
            try unsafe bind(number, UnsafeMutableRawPointer(pointer), MemoryLayout<sockaddr_in>.size)
        }
        return UInt16(bigEndian: system.sin_port)
    }

    private static func bindIPv6(_ number: Int32) throws -> UInt16 {
        var system = sockaddr_in6()
        system.sin6_family = sa_family_t(AF_INET6)
        system.sin6_addr = in6addr_loopback
        try unsafe withUnsafeMutablePointer(to: &system) { pointer in
            try unsafe bind(number, UnsafeMutableRawPointer(pointer), MemoryLayout<sockaddr_in6>.size)
        }
        return UInt16(bigEndian: system.sin6_port)
    }

    private static func bind(_ number: Int32, _ raw: UnsafeMutableRawPointer, _ size: Int) throws {
        let address = unsafe raw.assumingMemoryBound(to: sockaddr.self)
        var length = socklen_t(size)
        guard unsafe Glibc.bind(number, address, length) == 0 else { throw TestFailure("bind") }
        guard unsafe getsockname(number, address, &length) == 0 else { throw TestFailure("getsockname") }
    }

    deinit { close(number) }

    var port: UInt16 { address.port }
    var endpoint: Endpoint { .address(address) }

    /// The next connection; waits for it.
    func accept() throws -> TestPeer {
        let accepted = Glibc.accept(number, nil, nil)
        guard accepted >= 0 else { throw TestFailure("accept") }
        // A child that other tests start must not keep the connection open.
        guard fcntl(accepted, F_SETFD, FD_CLOEXEC) == 0 else { throw TestFailure("fcntl") }
        return TestPeer(accepted)
    }

    /// Accepts `count` connections on a thread of its own and gives each to `body` on another thread.
    func serve(_ count: Int = 1, _ body: @escaping @Sendable (TestPeer) throws -> Void) {
        Thread.detachNewThread {
            for _ in 0..<count {
                guard let peer = try? self.accept() else { return }
                Thread.detachNewThread { try? body(peer) }
            }
        }
    }

    /// Whether this machine has IPv6 on loopback.
    static let hasIPv6 = (try? TestListener(.ipv6)) != nil
}

/// One accepted connection, closed when it is let go.
final class TestPeer: Sendable {
    private let number: Int32
    private let isClosed = Atomic(false)

    init(_ number: Int32) { self.number = number }
    deinit { close() }

    /// What is there, at most `limit` octets; none at the end.
    func receive(upTo limit: Int = 65_536) throws -> [UInt8] {
        try unsafe [UInt8](unsafeUninitializedCapacity: limit) { room, count in
            let result = unsafe recv(number, room.baseAddress, limit, 0)
            guard result >= 0 else { throw TestFailure("recv") }
            count = result
        }
    }

    /// Exactly `count` octets.
    func receive(exactly count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let more = try receive(upTo: count - bytes.count)
            guard !more.isEmpty else { throw TestFailure("end after \(bytes.count) of \(count) octets") }
            bytes += more
        }
        return bytes
    }

    func receiveToEnd() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let more = try receive()
            if more.isEmpty { return bytes }
            bytes += more
        }
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let result = unsafe bytes.withUnsafeBytes { raw in
                unsafe Glibc.send(
                    number, raw.baseAddress.map { unsafe $0 + sent }, raw.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard result >= 0 else { throw TestFailure("send") }
            sent += result
        }
    }

    func shutdownSending() { shutdown(number, Int32(SHUT_WR)) }

    func close() {
        guard !isClosed.exchange(true, ordering: .relaxed) else { return }
        Glibc.close(number)
    }

    /// Ends the connection with a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(number, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    /// Sends back whatever comes until the end.
    func echo() throws {
        while true {
            let bytes = try receive()
            if bytes.isEmpty { return }
            try send(bytes)
        }
    }
}

/// Runs what blocks on a thread of its own: the threads of tasks are few and belong to everybody.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
}

/// Octets of which no two blocks are alike: the same for the same seed. Made in blocks, because a debug build counts
/// slowly.
func pattern(_ count: Int, seed: UInt64) -> [UInt8] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    let block = (0..<4096).map { _ -> UInt8 in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + block.count)
    while bytes.count < count {
        bytes += (0..<4).map { UInt8(truncatingIfNeeded: bytes.count >> ($0 * 8)) }
        bytes += block
    }
    bytes.removeLast(bytes.count - count)
    return bytes
}

/// A plain TCP socket with these timeouts.
func plainSocket(_ change: (inout Timeouts) -> Void = { _ in }) throws -> SecureSocket {
    let provider = try ProviderCatalog(packages: [PlainPackage()]).select(scheme: .none)
    var options = provider.defaultOptions
    change(&options.timeouts)
    return try provider.configure(options).makeSocket()
}

/// Records that something came out other than it should.
func wrong(_ outcome: SocketError?, sourceLocation: SourceLocation = #_sourceLocation) {
    Issue.record("\(String(describing: outcome))", sourceLocation: sourceLocation)
}

/// Records that something came out other than it should.
func wrong(_ what: String, sourceLocation: SourceLocation = #_sourceLocation) {
    Issue.record("\(what)", sourceLocation: sourceLocation)
}

/// Waits until the descriptor's peer has reset the connection: a child that is being started at that moment may hold a
/// copy of the peer's end for a while. Seconds, at most.
func awaitReset(_ number: Int32?, within seconds: Int32 = 20) throws {
    var entry = pollfd(fd: try #require(number), events: 0, revents: 0)
    guard unsafe poll(&entry, 1, seconds * 1000) == 1 else { throw TestFailure("poll: no reset") }
}
