// Syscalls.swift — descriptors and stream sockets: with the Syscalls+ files, the only code that calls the system.
// POSIX.1-2017 (recv, send, connect, shutdown); RFC 9293 §3.9.1 for what they mean to TCP.
// Next: Syscalls+Addresses.swift.

import Glibc

/// An errno value.
package struct Errno: Error, Equatable, Sendable {
    let code: Int32

    init(_ code: Int32) { self.code = code }

    static var current: Errno { Errno(errno) }
    static let connectionRefused = Errno(ECONNREFUSED)
    static let connectionReset = Errno(ECONNRESET)
    static let timedOut = Errno(ETIMEDOUT)

    /// The text of the C library, `Connection refused`.
    var text: String {
        // Since glibc 2.32 the text of an unknown code is kept per thread, so this is safe to call from any.
        guard let text = unsafe strerror(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }
}

/// What a call on a non-blocking descriptor came to.
enum IOResult: Equatable, Sendable {
    /// So many octets were moved; never 0.
    case count(Int)
    /// Nothing can be moved now: wait for readiness.
    case wouldBlock
    /// The peer sent FIN and everything before it has been read.
    case endOfFile
}

/// What a connection attempt came to.
enum ConnectResult: Equatable, Sendable {
    case connected
    case inProgress
}

/// An open file descriptor, closed exactly once, when its owner goes.
struct Descriptor: ~Copyable, Sendable {
    let number: Int32

    /// Takes over what a system call returned.
    init(_ result: Int32) throws(Errno) {
        guard result >= 0 else { throw Errno.current }
        number = result
    }

    deinit {
        // Linux frees the number even when close is interrupted: calling it again could close somebody else's.
        _ = close(number)
    }
}

extension Descriptor {
    /// A TCP socket that never blocks, is not inherited over exec, and sends small segments at once: records are whole
    /// already, so waiting to fill a segment only adds delay.
    static func stream(_ family: AddressFamily) throws(Errno) -> Descriptor {
        let domain = family == .ipv4 ? AF_INET : AF_INET6
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = try Descriptor(socket(domain, kind, Int32(IPPROTO_TCP)))
        try descriptor.setOption(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        return descriptor
    }

    /// Starts to connect, or asks how a started attempt stands: the kernel answers a repeated call with its outcome.
    func connect(to address: SocketAddress) throws(Errno) -> ConnectResult {
        let result = unsafe withSystemAddress(address) { pointer, length in
            unsafe Glibc.connect(number, pointer, length)
        }
        if result == 0 { return .connected }
        let failure = Errno.current
        switch failure.code {
        case EISCONN: return .connected
        // A connect that a signal interrupts goes on in the background like any other.
        case EINPROGRESS, EALREADY, EINTR: return .inProgress
        default: throw failure
        }
    }

    /// Reads what is there, at most as much as `bytes` holds.
    func receive(into bytes: inout MutableSpan<UInt8>) throws(Errno) -> IOResult {
        while true {
            let count = unsafe bytes.withUnsafeMutableBytes { room in
                unsafe recv(number, room.baseAddress, room.count, 0)
            }
            if count > 0 { return .count(count) }
            if count == 0 { return .endOfFile }
            let failure = Errno.current
            switch failure.code {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            default: throw failure
            }
        }
    }

    /// Hands over as many octets as the kernel takes. A connection that is gone is an error, never SIGPIPE.
    func send(_ bytes: Span<UInt8>) throws(Errno) -> IOResult {
        while true {
            let count = unsafe bytes.withUnsafeBytes { source in
                unsafe Glibc.send(number, source.baseAddress, source.count, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 { return .count(count) }
            let failure = Errno.current
            switch failure.code {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            default: throw failure
            }
        }
    }

    /// Sends FIN after what is queued. Fails quietly: a connection that is gone needs no FIN.
    func shutdownSending() { _ = shutdown(number, Int32(SHUT_WR)) }

    /// Ends both directions and wakes whoever waits on the descriptor.
    func shutdownBoth() { _ = shutdown(number, Int32(SHUT_RDWR)) }

    func setOption(_ level: Int32, _ option: Int32, _ value: Int32) throws(Errno) {
        var value = value
        let result = unsafe setsockopt(number, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        guard result == 0 else { throw Errno.current }
    }
}

/// The classes of errno that ``SocketError`` tells apart.
enum SystemFailureKind: Sendable {
    case refused, reset, aborted, timedOut, hostUnreachable, networkUnreachable, denied, addressUnavailable,
        addressInUse
    case exhausted
    case other

    init(_ errno: Errno) {
        switch errno.code {
        case ECONNREFUSED: self = .refused
        case ECONNRESET, EPIPE: self = .reset
        case ECONNABORTED: self = .aborted
        case ETIMEDOUT: self = .timedOut
        case EHOSTUNREACH, EHOSTDOWN: self = .hostUnreachable
        case ENETUNREACH, ENETDOWN: self = .networkUnreachable
        case EACCES, EPERM: self = .denied
        case EADDRNOTAVAIL, EAFNOSUPPORT: self = .addressUnavailable
        case EADDRINUSE: self = .addressInUse
        case EMFILE, ENFILE, ENOBUFS, ENOMEM, EAGAIN: self = .exhausted
        default: self = .other
        }
    }
}
