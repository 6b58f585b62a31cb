// Syscalls+Listening.swift — bind, listen, accept.
// POSIX.1-2017 (bind, listen, accept); Linux accept4(2), ipv6(7); RFC 3493 §5.3 (IPV6_V6ONLY).
// Next: Syscalls+Waiting.swift.

import CLinux
import Glibc

/// What asking for the next connection came to.
enum AcceptResult: ~Copyable {
    /// A connection, and who it is from.
    case connection(Descriptor, from: SocketAddress)
    /// None is waiting.
    case wouldBlock
    /// One was waiting and has failed: the next may be better.
    case gone
}

extension Descriptor {
    /// Gives the socket its own address. The port may be one whose last connections are still being forgotten
    /// (TIME-WAIT), but none that somebody listens on.
    ///
    /// - Parameter acceptsIPv4: whether an IPv6 socket takes IPv4 connections too.
    func bind(to address: SocketAddress, acceptsIPv4: Bool) throws(Errno) {
        try setOption(SOL_SOCKET, SO_REUSEADDR, 1)
        if address.family == .ipv6 {
            // The default is a setting of the machine, so it is always said.
            try setOption(Int32(IPPROTO_IPV6), IPV6_V6ONLY, acceptsIPv4 ? 0 : 1)
        }
        let result = unsafe withSystemAddress(address) { pointer, length in
            unsafe Glibc.bind(number, pointer, length)
        }
        guard result == 0 else { throw Errno.current }
    }

    /// Lets connections come; the kernel keeps at most `backlog` of them, or its own limit, until they are accepted.
    func listen(backlog: Int32) throws(Errno) {
        guard Glibc.listen(number, backlog) == 0 else { throw Errno.current }
    }

    /// Takes the next connection; it never blocks, is not inherited over exec, and sends small segments at once, which it
    /// has from the listener (Linux tcp(7)).
    func accept() throws(Errno) -> AcceptResult {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let (result, address) = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            let raw = UnsafeMutableRawPointer(pointer)
            let result = unsafe accept4(number, raw.assumingMemoryBound(to: sockaddr.self), &length, flags)
            return (result, result < 0 ? nil : unsafe socketAddress(raw, length))
        }
        guard result < 0 else {
            let descriptor = try Descriptor(result)
            // A peer without an address that could be told is no peer of TCP.
            guard let address else { return .gone }
            return .connection(descriptor, from: address.unmapped)
        }
        let failure = Errno.current
        switch failure.code {
        case EAGAIN: return .wouldBlock
        // accept(2), "Error handling": what the network did to the connection while it waited is told here.
        case ECONNABORTED, EINTR, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, EOPNOTSUPP,
            ENETUNREACH, EPERM, ETIMEDOUT, ECONNRESET:
            return .gone
        default: throw failure
        }
    }
}

/// accept(2) for a program that has the system's own descriptor: the connection is not inherited over exec.
@unsafe
package func acceptForProgram(
    _ listener: Int32, _ address: UnsafeMutableRawPointer?, _ length: UnsafeMutablePointer<UInt32>?
) -> Int32 {
    unsafe accept4(
        listener, address?.assumingMemoryBound(to: sockaddr.self), length, Int32(SOCK_CLOEXEC.rawValue))
}
