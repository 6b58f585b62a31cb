// LoopbackSocket.swift — TCP on the loopback interface with blocking calls.
// Next: InteropClient.swift.

import Glibc

/// A TCP connection with blocking calls, each bounded by half a minute. Closed with its last copy. Used by one thread at
/// a time.
final class LoopbackSocket: @unchecked Sendable {
    private var descriptor: Int32

    init(_ port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw InteropFailure("socket: errno \(errno)") }
        bound()
        var address = sockaddr_in.loopback(port)
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe Glibc.connect(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            // What was opened is closed with this object.
            throw InteropFailure("connect: errno \(errno)")
        }
    }

    /// A connection that was accepted.
    fileprivate init(accepted: Int32) {
        descriptor = accepted
        bound()
        var yes: Int32 = 1
        _ = unsafe setsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    }

    /// No call lasts longer than this.
    private func bound() {
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    }

    deinit { close() }

    func close() {
        guard descriptor >= 0 else { return }
        Glibc.close(descriptor)
        descriptor = -1
    }

    /// Closes when the other end has: closing over octets that nobody read would be a reset, which can overtake an alert.
    func closeInOrder() {
        guard descriptor >= 0 else { return }
        shutdown(descriptor, Int32(SHUT_WR))
        var limit = timeval(tv_sec: 3, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        while let rest = try? receive(), !rest.isEmpty {}
        close()
    }

    func send(_ octets: [UInt8]) throws {
        var sent = 0
        while sent < octets.count {
            let count = unsafe octets.withUnsafeBytes { bytes in
                unsafe Glibc.send(
                    descriptor, bytes.baseAddress?.advanced(by: sent), octets.count - sent, Int32(MSG_NOSIGNAL)
                )
            }
            guard count > 0 else { throw InteropFailure("send: errno \(errno)") }
            sent += count
        }
    }

    /// Some octets; none at the end.
    func receive() throws -> [UInt8] {
        var room = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe room.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else { throw InteropFailure("recv: errno \(errno)") }
        return Array(room.prefix(count))
    }
}

/// A listening socket on a free port of 127.0.0.1.
final class LoopbackListener: Sendable {
    private let descriptor: Int32
    let port: UInt16

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw InteropFailure("socket: errno \(errno)") }
        var address = sockaddr_in.loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe bind(descriptor, generic, length) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard isBound else {
            let code = errno
            close(descriptor)
            throw InteropFailure("bind: errno \(code)")
        }
        self.descriptor = descriptor
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }

    /// The next connection; nil after `stop`.
    func accept() -> LoopbackSocket? {
        while true {
            let accepted = Glibc.accept(descriptor, nil, nil)
            if accepted >= 0 {
                _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
                return LoopbackSocket(accepted: accepted)
            }
            if errno != EINTR && errno != ECONNABORTED { return nil }
        }
    }

    /// Ends the accepting, on whatever thread it waits.
    func stop() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}

extension sockaddr_in {
    fileprivate static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }
}
